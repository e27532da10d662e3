package show

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
)

// What Fits returns has all that tables are made of.
func TestFitsOfAnOwnTier(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	t.Setenv("DCGMM_NOTEBOOK", "smoke")
	defer func() { notice = "" }()
	own := suite.Tier{Name: "own", Images: 200, Seeds: []uint64{1, 2}, LeaveOut: []int{4},
		Models: []suite.Model{suite.KMeans(4, 2), suite.Network("F8/4 G4 F6 G4", 1).As("mine", "mine")}}.On("mnist")
	set, err := Fits(own, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Fits) != 8 || len(set.Of("mine", 4)) != 2 {
		t.Errorf("%d cells, %d of the second model without a class", len(set.Fits), len(set.Of("mine", 4)))
	}
	found := false
	for _, table := range analysis.Tables(set) {
		if _, ok := table.Lookup("mine", "purity"); table.ID == analysis.ClusteringID {
			found = ok
		}
	}
	if !found {
		t.Error("T2 has no row of the second model")
	}
	one, err := Fits(own, func(c suite.Cell) bool { return c.ID == "mine" && c.LeaveOut == cell.NoClass && c.Seed == 2 })
	if err != nil || len(one.Fits) != 1 || one.Fits[0].Seconds != set.Find("mine", 2, cell.NoClass).Seconds {
		t.Errorf("one cell, from the cache: %v, %+v", err, one)
	}
}

func TestColumns(t *testing.T) {
	all := report.Table{ID: "x", Note: "of all", Columns: []report.Column{{Name: "model"}, {ID: "a", Name: "A"}, {ID: "b", Name: "B"}},
		IDs: []string{"m"}, Rows: [][]report.Value{{report.Text("m"), report.Num(1), report.Num(2)}}}
	got := Columns(all, "none", "b")
	if v, ok := got.Lookup("m", "b"); len(got.Columns) != 2 || len(got.Rows[0]) != 2 || !ok || v != report.Num(2) || got.Note != "" || len(all.Rows[0]) != 3 {
		t.Errorf("%+v", got)
	}
}

func TestPaperSections(t *testing.T) {
	root := t.TempDir()
	t.Setenv("DCGMM_ROOT", root)
	if _, err := Paper("5.2"); err == nil || !strings.Contains(err.Error(), "make paper") {
		t.Errorf("without a paper: %v", err)
	}
	const text = "# T\n\n## 5. R\n\nIntro.\n\n### 5.2 C\n\n#1 sees [a](results/a.md) and [b](docs/b.md).\n\n### 5.20 D\n\nNo.\n"
	if err := os.WriteFile(filepath.Join(root, "paper.md"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for section, want := range map[string]string{"5.2 ": "#1 sees [a](../results/a.md) and [b](../docs/b.md).", "5. R": "Intro."} {
		if got, err := Paper(section); err != nil || got != want {
			t.Errorf("%s: %q, %v", section, got, err)
		}
	}
	if _, err := Paper("6"); err == nil || !strings.Contains(err.Error(), `no section "6"`) {
		t.Errorf("a section that is not there: %v", err)
	}
}

// The forest needs tables of verdicts with at least one advantage.
func TestForestOfVerdicts(t *testing.T) {
	dir := t.TempDir()
	if err := Forest(dir, "mnist"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("without tables: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "mnist"), 0o777); err != nil {
		t.Fatal(err)
	}
	table := report.Table{ID: analysis.VerdictsID, Columns: []report.Column{{ID: "claim"}, {ID: "answer"}, {ID: "advantage"}}}
	for want, advantage := range map[string]report.Value{"no verdicts with intervals": report.None(), "": report.NumCI(0.2, 0.1, 0.3)} {
		table.IDs, table.Rows = nil, nil
		table.Add(analysis.VerdictID("C3", "deep"), report.Text("C3"), report.Text("yes"), advantage)
		if err := table.Write(filepath.Join(dir, "mnist")); err != nil {
			t.Fatal(err)
		}
		if err := Forest(dir, "mnist"); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
