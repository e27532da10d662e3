package pipeline

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/experiments/artefact"
	"deepgmm/experiments/report"
	"deepgmm/internal/machine"
)

// written is a result folder of one table, and a manifest that a test may change.
func written(t *testing.T, rows [][]report.Value, change func(dir string, m *artefact.Manifest)) string {
	t.Helper()
	dir := t.TempDir()
	table := report.Table{ID: "T9-test", Title: "T9", Columns: []report.Column{{Name: "model"}, {Name: "exact", Decimals: 2}, {Name: "mean", Decimals: 2}, {Name: "training", Unit: "s"}}, Rows: rows}
	m := &artefact.Manifest{Tier: "test", Data: []artefact.Data{{Name: "glyphs"}}, Commit: "abc", Machine: machine.Info{Cores: 2}, Files: map[string]string{}}
	if err := m.Put(dir, "mnist", table.ID, &table); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(dir, m)
	}
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDiff(t *testing.T) {
	t.Parallel()
	row := func(exact float64, mean report.Value, seconds float64) [][]report.Value {
		return [][]report.Value{{report.Text("k-means"), report.Num(exact), mean, report.Num(seconds)}}
	}
	base := row(0.5, report.NumCI(0.8, 0.7, 0.9), 3)
	for _, c := range []struct {
		name  string
		other [][]report.Value
		moved string
	}{
		{"the same", row(0.5, report.NumCI(0.8, 0.7, 0.9), 3), ""},
		{"another time", row(0.5, report.NumCI(0.8, 0.7, 0.9), 30), ""},
		{"the last bit", row(0.5*(1+1e-12), report.NumCI(0.8, 0.7, 0.9), 3), ""},
		{"an exact value", row(0.51, report.NumCI(0.8, 0.7, 0.9), 3), "mnist/T9-test: k-means, exact: 0.50, 0.51"},
		{"within the interval", row(0.5, report.NumCI(0.85, 0.83, 0.87), 3), ""},
		{"within the other's interval", row(0.5, report.NumCI(0.95, 0.75, 0.99), 3), ""},
		{"outside of both", row(0.5, report.NumCI(0.95, 0.91, 0.99), 3), "mean: 0.80 [0.70, 0.90], 0.95 [0.91, 0.99]"},
		{"the interval lost", row(0.5, report.Num(0.81), 3), "mean: 0.80 [0.70, 0.90], 0.81"},
		{"missing", row(0.5, report.None(), 3), "mean: 0.80 [0.70, 0.90], –"},
		{"a row more", append(slices.Clone(base), row(1, report.None(), 1)...), "1 rows, 2 rows"},
	} {
		d, err := Diff(written(t, base, nil), written(t, c.other, nil))
		if err != nil {
			t.Fatal(err)
		}
		if (c.moved == "") != d.Same() || !strings.Contains(strings.Join(d.Moved, "\n"), c.moved) {
			t.Errorf("%s: moved %q, want %q", c.name, d.Moved, c.moved)
		}
	}
}

func TestDiffNamesFilesAndMachines(t *testing.T) {
	t.Parallel()
	rows := [][]report.Value{{report.Text("k-means"), report.Num(1), report.None(), report.None()}}
	figures := func(dir string, m *artefact.Manifest, words map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(words)) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(words[name]), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := m.Enter(dir, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := written(t, rows, func(dir string, m *artefact.Manifest) {
		figures(dir, m, map[string]string{"mnist/F1.png": "1", "mnist/F2.png": "2"})
	})
	b := written(t, rows, func(dir string, m *artefact.Manifest) {
		m.Commit, m.Machine.Cores = "def", 64
		figures(dir, m, map[string]string{"mnist/F2.png": "other", "mnist/F3.png": "3"})
	})
	d, err := Diff(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"commit: abc, def", "cores: 2, 64", "mnist/F1.png: only in " + a, "mnist/F3.png: only in " + b, "mnist/F2.png: differs", "nothing moved"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if _, err := Diff(a, t.TempDir()); err == nil || !strings.Contains(err.Error(), artefact.ManifestFile) {
		t.Errorf("no results: %v", err)
	}
}

// Manifests may agree where the files do not: files that were edited, emptied or lost have moved, and so has a table
// that only one run wrote. Tiers do not compare.
func TestDiffLooksAtTheFiles(t *testing.T) {
	t.Parallel()
	rows := [][]report.Value{{report.Text("k-means"), report.Num(1), report.None(), report.None()}}
	for name, c := range map[string]struct {
		harm func(dir string, m *artefact.Manifest) error
		want string
	}{
		"edited": {func(dir string, m *artefact.Manifest) error {
			return os.WriteFile(filepath.Join(dir, "mnist/T9-test.md"), []byte("better"), 0o666)
		}, "mnist/T9-test.md: missing, or not as the run wrote it, in "},
		"lost": {func(dir string, m *artefact.Manifest) error { return os.RemoveAll(filepath.Join(dir, "mnist")) }, "mnist/T9-test.json: missing"},
		"a table fewer": {func(dir string, m *artefact.Manifest) error {
			m.Files = map[string]string{}
			return nil
		}, "mnist/T9-test: only in "},
	} {
		harmed := written(t, rows, func(dir string, m *artefact.Manifest) {
			if err := c.harm(dir, m); err != nil {
				t.Fatal(err)
			}
		})
		for _, pair := range [][2]string{{written(t, rows, nil), harmed}, {harmed, written(t, rows, nil)}} {
			if d, err := Diff(pair[0], pair[1]); err != nil || d.Same() || !strings.Contains(strings.Join(d.Moved, "\n"), c.want) {
				t.Errorf("%s: %v, moved %q, want %q", name, err, d.Moved, c.want)
			}
		}
	}
	other := written(t, rows, func(_ string, m *artefact.Manifest) { m.Tier = "other" })
	if _, err := Diff(written(t, rows, nil), other); err == nil || !strings.Contains(err.Error(), "compare two folders of one tier") {
		t.Errorf("two tiers: %v", err)
	}
}
