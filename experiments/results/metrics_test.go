package results

import (
	"testing"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
)

// Two metrics of a table have two ids and two names, and a sharpened row is measured on sharpened samples.
func TestMetricsOfSamples(t *testing.T) {
	g := func(x float64) *eval.Generative { return &eval.Generative{Frechet: eval.Interval{N: 9, Mean: x}} }
	r := &cell.Result{Drawn: &cell.Drawn{Raw: g(2), Sharp: g(1)}}
	for variant, want := range map[Variant]float64{Raw: 2, Sharpened: 1} {
		if got := Frechet.Mean(Cell{Key{"em", variant}, r}); got != want {
			t.Errorf("variant %q: %v, want %v", variant, got, want)
		}
	}
	for _, table := range [][]Metric{Generative, Sharpening, {Purity, NMI, ARI, Accuracy, DaviesBouldin, Dunn, Silhouette, ClusterSize}, {Parameters, Scoring, Epoch, Training, Memory, UsedLowest, UsedTop, Arithmetic, LogLik}} {
		seen := map[string]bool{}
		for _, m := range table {
			if m.ID == "" || seen[m.ID] || seen[m.Name] {
				t.Errorf("metric %q, %q is there twice", m.ID, m.Name)
			}
			seen[m.ID], seen[m.Name] = true, true
		}
	}
}

// A metric that one cell of a row lacks leaves no values; a key is the id of a row.
func TestValuesAreWhole(t *testing.T) {
	s := &Set{}
	for seed := range uint64(2) {
		s.Fits = append(s.Fits, Cell{Key{Model: "em"}, &cell.Result{Spec: cell.Spec{Seed: seed, LeaveOut: cell.NoClass}, Clusters: &cell.Clusters{Purity: float64(seed)}}})
	}
	row := Key{Model: "em"}
	if got := s.Values(row, []uint64{1, 0}, []int{cell.NoClass}, Purity); len(got) != 2 || got[0][0] != 1 || got[1][0] != 0 {
		t.Errorf("values %v", got)
	}
	for name, got := range map[string][][]float64{"seed": s.Values(row, []uint64{2}, []int{cell.NoClass}, Purity), "class": s.Values(row, []uint64{1}, []int{3}, Purity), "metric": s.Values(row, []uint64{1}, []int{cell.NoClass}, Dunn)} {
		if got != nil {
			t.Errorf("without a %s there are %v", name, got)
		}
	}
	if got := (Key{"em", Sharpened}).String(); got != "em+sharpened" {
		t.Errorf("key %s", got)
	}
}
