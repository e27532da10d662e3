package show

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

func TestRowsOfWordsAndNumbers(t *testing.T) {
	want := []report.Value{report.Text("a"), report.Num(3), report.Num(0.5)}
	if got := Row("a", 3, 0.5); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	defer func() {
		if s, _ := recover().(string); !strings.Contains(s, "bool in a row") {
			t.Errorf("a bool: %q", s)
		}
	}()
	Row(true)
}

func TestHistogramsOfTheScoreThatIsWanted(t *testing.T) {
	h := &cell.Histogram{Low: 10, High: 14, In: []int{1, 3}, Out: []int{0, 0}}
	result := func(name string, score string) *cell.Result {
		return &cell.Result{Spec: cell.Spec{LeaveOut: 1, Model: cell.Model{Name: name}},
			Outliers: []cell.Outlier{{Score: score, AUC: 0.25, Histogram: h}, {Score: "old"}}}
	}
	set := &dataset.Set{ClassNames: []string{"zero", "one"}}
	all := []*cell.Result{result("a", "top"), result("b", "other")}
	panels := Histograms(set, "top", all...)
	if len(panels) != 1 || len(Histograms(set, "old", all...)) != 0 {
		t.Fatalf("%v", panels)
	}
	p := panels[0]
	if p.Title != "a: AUC 0.250" || p.Lines[1].Name != "class one, not seen in training" {
		t.Errorf("%+v", p)
	}
	if got := p.Lines[0]; !slices.Equal(got.X, report.Numbers{10, 12, 12, 14}) || !slices.Equal(got.Y, report.Numbers{25, 25, 75, 75}) {
		t.Errorf("the known: %v", got)
	}
	if got := p.Lines[1]; !slices.Equal(got.Y, report.Numbers{0, 0, 0, 0}) {
		t.Errorf("none: %v", got)
	}
}

func TestBinnedMeans(t *testing.T) {
	x, y := []float64{3, 1, 2, 9, 5}, []float64{30, 10, 20, 90, 50}
	for n, want := range map[int]report.Line{
		1: {X: report.Numbers{4}, Y: report.Numbers{40}},
		2: {X: report.Numbers{1.5, 17. / 3}, Y: report.Numbers{15, 170. / 3}},
		9: {X: report.Numbers{1, 2, 3, 5, 9}, Y: report.Numbers{10, 20, 30, 50, 90}},
	} {
		if got := Binned("n", x, y, n); !slices.Equal(got.X, want.X) || !slices.Equal(got.Y, want.Y) || !got.Marked {
			t.Errorf("%d groups: %v", n, got)
		}
	}
	if got := Binned("n", nil, nil, 3); len(got.X) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestOrderOfValues(t *testing.T) {
	if got := Order([]float64{3, 1, 2, 1}); !slices.Equal(got, []int{1, 3, 2, 0}) {
		t.Errorf("%v", got)
	}
}

func TestShiftedImages(t *testing.T) {
	set := &dataset.Set{N: 2, H: 2, W: 2, C: 1, Pix: []uint8{1, 2, 3, 4, 5, 6, 7, 8}}
	for shift, want := range map[[2]int][]uint8{
		{0, 0}:  {1, 2, 3, 4, 5, 6, 7, 8},
		{1, 0}:  {0, 1, 0, 3, 0, 5, 0, 7},
		{-1, 0}: {2, 0, 4, 0, 6, 0, 8, 0},
		{0, 1}:  {0, 0, 1, 2, 0, 0, 5, 6},
		{1, -1}: {0, 3, 0, 0, 0, 7, 0, 0},
		{5, 0}:  {0, 0, 0, 0, 0, 0, 0, 0},
	} {
		if got := Shifted(set, shift[0], shift[1]); !slices.Equal(got.Pix, want) {
			t.Errorf("%v: %v, want %v", shift, got.Pix, want)
		}
	}
	if set.Pix[0] != 1 {
		t.Error("the set itself is moved")
	}
	colour := &dataset.Set{N: 1, H: 1, W: 2, C: 3, Pix: []uint8{1, 2, 3, 4, 5, 6}}
	if got := Shifted(colour, 1, 0); !slices.Equal(got.Pix, []uint8{0, 0, 0, 1, 2, 3}) {
		t.Errorf("in colour: %v", got.Pix)
	}
}

func TestScoresOfModels(t *testing.T) {
	result := func(name string, without int, auc ...float64) *cell.Result {
		r := &cell.Result{Spec: cell.Spec{LeaveOut: without, Model: cell.Model{Name: name}}}
		for i, v := range auc {
			r.Outliers = append(r.Outliers, cell.Outlier{Score: []string{"top", "pathway"}[i], AUC: v})
		}
		return r
	}
	got := ScoreTable("t", []string{"top", "pathway"}, result("flat", 0, 0.5), result("flat", 1, 0.7), result("flat", cell.NoClass),
		result("deep", 0, 0.9, 0.8), result("deep", 1, 0.7, 0.6), result("other", cell.NoClass))
	want := [][]report.Value{
		{report.Text("flat"), report.Num(0.6), report.None()},
		{report.Text("deep"), report.Num(0.8), report.Num(0.7)},
		{report.Text("other"), report.None(), report.None()},
	}
	for i, row := range want {
		for j, v := range row {
			if g := got.Rows[i][j]; g.Text(6) != v.Text(6) {
				t.Errorf("row %d, column %d: %s, want %s", i, j, g.Text(6), v.Text(6))
			}
		}
	}
	if len(got.Rows) != len(want) {
		t.Errorf("%d rows", len(got.Rows))
	}
}

func TestValuesByClass(t *testing.T) {
	set := &dataset.Set{N: 3, H: 1, W: 1, C: 1, Pix: []uint8{1, 2, 3}, Labels: []uint8{4, 1, 4}}
	others, of := SplitByClass(set, []float64{10, 20, 30}, 4)
	if !slices.Equal(others, []float64{20}) || !slices.Equal(of, []float64{10, 30}) {
		t.Errorf("%v, %v", others, of)
	}
	defer func() {
		if recover() == nil {
			t.Error("too few values are taken")
		}
	}()
	SplitByClass(set, nil, 4)
}
