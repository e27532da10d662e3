package show

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"

	"deepgmm"
	"deepgmm/experiments"
	"deepgmm/experiments/dataset"
	"deepgmm/experiments/report"
)

// Results is the folder of the results that the paper is written from: of the largest tier in results/ of the checkout. In the quick test
// of the notebooks it is that of the tier smoke, which is computed first. The error says what to run.
func Results() (string, error) {
	if Smoke() {
		return smokeResults()
	}
	return experiments.BestResults(filepath.Join(Root(), "results"))
}

// smokeResults are computed by the first cell that wants them.
func smokeResults() (string, error) {
	dir := filepath.Join(reproduced(""), "results", "smoke")
	if m, err := experiments.ReadManifest(dir); err == nil && m.Source == deepgmm.SourceHash() && len(m.Altered(dir)) == 0 {
		return dir, nil
	}
	return Reproduce("smoke", "", 0)
}

// reproduced is the folder of one Reproduce.
func reproduced(name string) string { return filepath.Join(Cache(), "reproduce", name) }

// Reproduce runs a tier of the pipeline with a live display and returns the folder of its results. Everything stays below the folder name in
// Cache, results and finished cells: another name computes all of it anew. When the kernel is interrupted, the next run of the cell goes on.
// workers is the number of goroutines, 0 for as many as processors.
func Reproduce(tier, name string, workers int) (string, error) {
	t, err := experiments.TierByName(tier)
	if err != nil {
		return "", err
	}
	home := reproduced(name)
	live := &lines{bar: NewProgress("tier " + tier)}
	said := new(bytes.Buffer) // of data that are not there
	dir, err := experiments.Reproduce(Context(), t, experiments.Options{Results: filepath.Join(home, "results"), Cache: home, Workers: workers, Out: said, Log: live,
		Data: dataset.Options{Dirs: dataFolders()}})
	live.bar.Close("")
	if err != nil {
		return "", err
	}
	if strings.Contains(said.String(), "***") {
		notice = "generated glyphs, the data were not found"
	}
	return dir, nil
}

// lines shows the last line of what is written.
type lines struct{ bar *Progress }

func (l *lines) Write(p []byte) (int, error) {
	l.bar.Set(0, strings.TrimSpace(string(p)))
	return len(p), nil
}

// claimsTable is the pipeline's table of claims.
const claimsTable = "C-claims"

// Claims are the paper's claims on one data set of the results in dir. If the pipeline has judged them, they are its table, and judged is true.
// Else they are the comparisons that the claims rest on, the best deep model against the flat mixture by EM, and nobody's verdict.
func Claims(dir, set string) (t *report.Table, judged bool, err error) {
	t, err = report.ReadTable(filepath.Join(dir, set, claimsTable+".json"))
	if !errors.Is(err, fs.ErrNotExist) {
		return t, err == nil, err
	}
	t, err = duels(filepath.Join(dir, set))
	return t, false, err
}

// duels compares the best deep model with the paper's rival in each figure of merit.
func duels(dir string) (*report.Table, error) {
	t := &report.Table{Title: "The best deep model against the flat mixture by EM", Columns: []report.Column{{Name: "figure of merit"}, {Name: "better is"}, {Name: "best deep model"},
		{Name: "deep", Decimals: 3}, {Name: "flat", Decimals: 3}, {Name: "advantage of the deep one", Decimals: 3}},
		Note: "These results have no table of verdicts. The best of several models has an advantage by chance: this is a comparison, not a verdict."}
	architectures, err := report.ReadTable(filepath.Join(dir, "T1-architectures.json"))
	if err != nil {
		return nil, err
	}
	for _, d := range []struct {
		table, name string
		column      string // "": the last one
		sign        float64
	}{{"T2-clustering", "purity", "purity", 1}, {"T3-outliers", "AUC, mean of the classes left out", "", 1}, {"T4-samples", "Fréchet distance of samples", "Fréchet distance", -1}} {
		results, err := report.ReadTable(filepath.Join(dir, d.table+".json"))
		if err != nil {
			return nil, err
		}
		if d.column == "" {
			d.column = results.Columns[len(results.Columns)-1].Name
		}
		row, err := duel(results, architectures, d.column, d.sign)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, d.table+".json"), err)
		}
		t.Rows = append(t.Rows, append([]report.Value{report.Text(d.name), report.Text(map[float64]string{1: "more", -1: "less"}[d.sign])}, row...))
	}
	return t, nil
}

// flatByEM names the paper's rival in the tables.
const flatByEM = "flat GMM, EM"

// duel is the best deep model by a column, its value, that of the rival, and the difference in its favour.
func duel(results, architectures *report.Table, column string, sign float64) ([]report.Value, error) {
	v, _ := results.Lookup(flatByEM, column)
	flat, ok := v.Float()
	if !ok {
		return nil, fmt.Errorf("there is no %q of %q", column, flatByEM)
	}
	best, name := math.Inf(-1), ""
	for _, row := range results.Rows {
		model := strings.TrimSuffix(row[0].String(), ", sharpened")
		shapes, _ := architectures.Lookup(model, "shapes")
		v, _ := results.Lookup(row[0].String(), column)
		if x, ok := v.Float(); ok && sign*x > best && strings.Contains(shapes.String(), "→") {
			best, name = sign*x, row[0].String()
		}
	}
	if name == "" {
		return nil, fmt.Errorf("there is no %q of a deep model", column)
	}
	return []report.Value{report.Text(name), report.Num(sign * best), report.Num(flat), report.Num(best - sign*flat)}, nil
}
