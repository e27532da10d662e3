package analysis

import (
	"testing"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// A row has the values that the same model has in T2, and a metric of one's own stands beside them.
func TestCompareHasTheRowsOfTheTables(t *testing.T) {
	tier := suite.Tier{Name: "test", Seeds: []uint64{1, 2, 3}, Models: []suite.Model{suite.KMeans(4, 0), suite.EM(4, 0)}}
	m := &made{}
	for _, seed := range tier.Seeds {
		r := &cell.Result{Spec: cell.Spec{LeaveOut: cell.NoClass, Seed: seed}, Layers: []cell.Layer{{K: 4}}, Clusters: &cell.Clusters{Purity: 0.6 + 0.01*float64(seed*seed)}}
		m.Fits = append(m.Fits, results.Cell{Key: results.Key{Model: "k-means"}, Result: r}, results.Cell{Key: results.Key{Model: "em"}, Result: r})
	}
	own := results.Metric{Column: report.Column{ID: "own", Name: "twice"}, Of: func(c results.Cell) (eval.Interval, bool) {
		return eval.Interval{Mean: 2 * c.Clusters.Purity}, c.Model == "em"
	}}
	set := m.on(tier)
	got := Compare(set, cell.NoClass, append(tier.Models, suite.PCA(4, 2, 1)), results.Purity, own)
	var t2 report.Table
	clustering(set, &t2)
	if len(got.Rows) != 2 {
		t.Fatalf("%d rows; the third model has no cells", len(got.Rows))
	}
	for _, id := range []string{"k-means", "em"} {
		want, _ := t2.Lookup(id, "purity")
		if v, ok := got.Lookup(id, "purity"); !ok || v != want {
			t.Errorf("%s: %v, in T2 %v", id, v, want)
		}
	}
	none, _ := got.Lookup("k-means", "own")
	twice, _ := got.Lookup("em", "own")
	if x, ok := twice.Float(); none != report.None() || !ok || x < 1.29 || x > 1.30 {
		t.Errorf("the own metric is %v and %v", none, twice)
	}
	if len(Compare(set, 3, tier.Models, own).Rows) != 0 {
		t.Error("rows without cells")
	}
}
