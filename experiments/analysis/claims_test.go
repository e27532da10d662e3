package analysis

import (
	"math"
	"strings"
	"testing"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

func TestVerdictOfAnInterval(t *testing.T) {
	for _, c := range []struct {
		name    string
		a       advantage
		classes int
		want    Verdict
	}{
		{"above 0", advantage{Low: 0.01, High: 0.2, Seeds: 3, Classes: 1}, 1, Reproduced},
		{"below 0", advantage{Low: -0.2, High: -0.01, Seeds: 5, Classes: 10}, 5, NotReproduced},
		{"around 0", advantage{Low: -0.01, High: 0.2, Seeds: 5, Classes: 10}, 5, Undecided},
		{"touching 0", advantage{Low: 0, High: 0.2, Seeds: 5, Classes: 10}, 5, Undecided},
		{"two seeds", advantage{Low: 0.01, High: 0.2, Seeds: 2, Classes: 10}, 5, Undecided},
		{"four classes", advantage{Low: 0.01, High: 0.2, Seeds: 5, Classes: 4}, 5, Undecided},
		{"two seeds, below", advantage{Low: -0.2, High: -0.1, Seeds: 2, Classes: 1}, 1, Undecided},
	} {
		if got := ofInterval(c.a, c.classes); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestVerdictOfAClaim(t *testing.T) {
	f := func(v Verdict, aside bool) finding { return finding{verdict: v, aside: aside} }
	for _, c := range []struct {
		findings []finding
		want     Verdict
	}{
		{nil, Undecided},
		{[]finding{f(Reproduced, false), f(Reproduced, false)}, Reproduced},
		{[]finding{f(Reproduced, false), f(Undecided, false)}, Undecided},
		{[]finding{f(Undecided, false), f(NotReproduced, false)}, NotReproduced},
		{[]finding{f(Reproduced, false), f(NotReproduced, true)}, Reproduced},
		{[]finding{f(NotReproduced, true)}, Undecided},
		{[]finding{f(Shown, false)}, Shown},
	} {
		if got := verdict(c.findings); got != c.want {
			t.Errorf("%v: %s, want %s", c.findings, got, c.want)
		}
	}
}

// With one class the interval is that of package eval; with several it is wider than one that takes pairs of a class
// for independent.
func TestCrossedIntervals(t *testing.T) {
	seeds := []float64{0.02, 0.05, -0.01, 0.03, 0.04}
	var one [][]float64
	for _, v := range seeds {
		one = append(one, []float64{v})
	}
	want := eval.Bootstrap(seeds, resamples, newBootstrapRand())
	got := crossed(one)
	if math.Abs(got.Mean-want.Mean) > 1e-12 || math.Abs(got.Low-want.Low) > 0.004 || math.Abs(got.High-want.High) > 0.004 || got.Seeds != 5 || got.Classes != 1 {
		t.Errorf("one class: %+v, package eval %+v", got, want)
	}

	byClass := []float64{-0.3, -0.1, 0.1, 0.2, 0.4, 0.6} // the same for every seed: 18 pairs, but six facts
	var many [][]float64
	var flat []float64
	for range 3 {
		many = append(many, byClass)
		flat = append(flat, byClass...)
	}
	naive := eval.Bootstrap(flat, resamples, newBootstrapRand())
	facts := eval.Bootstrap(byClass, resamples, newBootstrapRand())
	wide := crossed(many)
	if ratio := (wide.High - wide.Low) / (facts.High - facts.Low); ratio < 0.95 || ratio > 1.05 {
		t.Errorf("interval %+v, of the six classes %+v", wide, facts)
	}
	if wide.High-wide.Low < 1.4*(naive.High-naive.Low) {
		t.Errorf("interval %+v is hardly wider than that of independent pairs %+v", wide, naive)
	}
}

func TestRises(t *testing.T) {
	curve := func(losses ...float64) (points []cell.Point) {
		for i, l := range losses {
			p := cell.LayerPoint{Loss: l, Tau: 1}
			if math.IsNaN(l) {
				p = cell.LayerPoint{} // the layer waits
			}
			points = append(points, cell.Point{Epoch: float64(i), Layers: []cell.LayerPoint{p}})
		}
		return points
	}
	for _, c := range []struct {
		losses []float64
		want   bool
	}{{[]float64{-3, -5, -1}, true}, {[]float64{-1, 4, -1}, false}, {[]float64{5, 3}, false}, {[]float64{math.NaN(), -7, -6}, true}, {[]float64{math.NaN(), math.NaN()}, false}} {
		if got := rises(curve(c.losses...), 0); got != c.want {
			t.Errorf("rises(%v) = %t", c.losses, got)
		}
	}
}

// made is results with purities, AUCs and costs that a test chooses.
type made struct{ results.Set }

// on are the results as those of a tier.
func (m *made) on(t suite.Tier) *results.Set {
	m.Suite = t.On("")
	return &m.Set
}

func (m *made) add(id string, seed uint64, out int, purity, auc float64, params int) {
	r := &cell.Result{Spec: cell.Spec{LeaveOut: out, Seed: seed, Model: cell.Model{Name: id}}, Clusters: &cell.Clusters{Purity: purity, NMI: purity / 2}, Params: params, MFLOPs: 1, Images: 1e6, Epochs: 10}
	if out != cell.NoClass {
		r.Outliers = []cell.Outlier{{Score: cell.MainScore, AUC: auc}}
	}
	m.Fits = append(m.Fits, results.Cell{Key: results.Key{Model: id}, Result: r})
}

func testTier() suite.Tier {
	return suite.Tier{Name: "test", Seeds: []uint64{1, 2, 3}, LeaveOut: []int{0, 1, 2, 3, 4}, Models: []suite.Model{suite.KMeans(4, 0), suite.EM(4, 0), suite.Network("F8/2 G4 M F5 G4", 1)}}
}

func TestClaimsFollowTheResults(t *testing.T) {
	tier := testTier()
	deep := tier.Models[2].ID
	factors := suite.Network("F28 A4:2", 1) // better than all, but of another kind: a row that does not count
	full := suite.PCA(4, 2, 1)              // so is this one, and better than those that count
	tier.Models = append(tier.Models, factors, full)
	for _, c := range []struct {
		name           string
		purity, auc    float64 // of the deep model above those of EM
		cluster, outly Verdict
	}{
		{"better in both", 0.1, 0.1, Reproduced, Reproduced},
		{"better than EM, worse than k-means", 0.01, 0.01, NotReproduced, NotReproduced},
		{"worse", -0.1, -0.1, NotReproduced, NotReproduced},
	} {
		m := &made{}
		for _, seed := range tier.Seeds {
			for _, out := range append([]int{cell.NoClass}, tier.LeaveOut...) {
				noise := 0.001 * float64(seed) // the same for all models: pairs take it out
				m.add("k-means", seed, out, 0.65+noise, 0.65+noise, 1)
				m.add("em", seed, out, 0.6+noise, 0.6+noise, 1)
				m.add(factors.ID, seed, out, 0.99+noise, 0.99+noise, 1)
				m.add(full.ID, seed, out, 0.98+noise, 0.98+noise, 1)
				m.add(deep, seed, out, 0.6+c.purity+noise, 0.6+c.auc+noise, 1)
			}
		}
		choice := tier.On("").Chosen()
		for _, f := range append(clusterFindings(m.on(tier), choice), outlierFindings(m.on(tier), choice)...) {
			if against := strings.Contains(f.rival, factors.Name); against != f.aside || against && f.verdict != NotReproduced {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if got := verdict(clusterFindings(m.on(tier), choice)); got != c.cluster {
			t.Errorf("%s: clusters %s, want %s", c.name, got, c.cluster)
		}
		if got := verdict(outlierFindings(m.on(tier), choice)); got != c.outly {
			t.Errorf("%s: outliers %s, want %s", c.name, got, c.outly)
		}
		few := tier
		few.LeaveOut = []int{0, 1}
		if got := verdict(outlierFindings(m.on(few), choice)); got != Undecided {
			t.Errorf("%s: with two classes %s", c.name, got)
		}
	}
}

// C1: the smallest flat mixture that is as good sets the price; where none is, the largest is a bound that cannot
// refute.
func TestCostClaim(t *testing.T) {
	tier := testTier()
	tier.Cost = suite.Cost{EM: []int{4, 9, 16}, SGD: []int{4, 9, 16}, LeaveOut: 0, Seeds: tier.Seeds}
	deep := tier.Models[2].ID
	for _, c := range []struct {
		name          string
		deep          float64 // quality; flat ones have 0.5, 0.6, 0.7
		params        int     // of the deep model; flat ones have 100 a component
		want          Verdict // of parameters
		value         float64 // parameters of the flat one
		mentionsBound bool
	}{
		{"cheaper than the second", 0.55, 450, Reproduced, 900, false},
		{"dearer than the second", 0.55, 2000, NotReproduced, 900, false},
		{"out of reach and cheaper", 0.9, 450, Reproduced, 1600, true},
		{"out of reach and dearer", 0.9, 2000, Undecided, 1600, true},
	} {
		m := &made{}
		for _, seed := range tier.Seeds {
			for _, out := range []int{cell.NoClass, 0} {
				m.add(deep, seed, out, c.deep, c.deep, c.params)
				for _, f := range tier.On("").Grid(configs.Clustering) {
					K := f.Components()
					q := map[int]float64{4: 0.5, 9: 0.6, 16: 0.7}[K]
					m.add(f.ID, seed, out, q, q, 100*K)
				}
			}
		}
		got := costFindings(m.on(tier), tier.On("").Chosen())
		if len(got) != 8 {
			t.Fatalf("%d rows", len(got))
		}
		if f := got[0]; f.verdict != c.want || math.Abs(f.values[1]-c.value) > 1e-9 || strings.Contains(f.rival, "lower bound in 3 of 3 seeds") != c.mentionsBound {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// References without clusters or layers have their rows, and no clusters.
func TestTablesWithoutClusters(t *testing.T) {
	tier := testTier()
	tier.Neighbours = []suite.Model{suite.Nearest()}
	m := &made{}
	for _, seed := range tier.Seeds {
		for _, out := range append([]int{cell.NoClass}, tier.LeaveOut...) {
			for _, model := range tier.Models {
				m.add(model.ID, seed, out, 0.5, 0.5, 1)
				m.Fits[len(m.Fits)-1].Layers = []cell.Layer{{K: 4}}
			}
			if out != cell.NoClass {
				m.add("nearest-image", seed, out, 0, 0.8, 0)
				m.Fits[len(m.Fits)-1].Clusters = nil
			}
		}
	}
	byID := map[string]report.Table{}
	for _, table := range Tables(m.on(tier)) {
		byID[table.ID] = table
	}
	table := byID[OutliersID]
	if v, ok := table.Lookup("nearest-image", MeanID); !ok || !strings.HasPrefix(v.Text(3), "0.800") {
		t.Errorf("the reference's AUC is %s", v.Text(3))
	}
	for _, id := range []string{ClusteringID, "T3b-known-classes", "T3c-scores"} {
		if table := byID[id]; strings.Contains(table.Markdown(), "nearest") {
			t.Errorf("%s has a row of the reference", id)
		}
	}
	for _, f := range outlierFindings(m.on(tier), tier.On("").Chosen()) {
		if strings.Contains(f.rival, "nearest") {
			t.Errorf("a reference is a rival: %s", f.rival)
		}
	}
}

// C2 asks for components in use in every layer and a rising first layer; an upper layer may end lower than it began.
func TestTrainingClaim(t *testing.T) {
	curve := func(first, top float64) []cell.Point {
		return []cell.Point{{Layers: []cell.LayerPoint{{Loss: 1, Tau: 1}, {Loss: 5, Tau: 1}}}, {Layers: []cell.LayerPoint{{Loss: 1 + first}, {Loss: 5 + top}}}}
	}
	for _, c := range []struct {
		name       string
		seeds      int
		first, top float64
		used       float64
		want       Verdict
	}{
		{"all rise", 3, 1, 1, 0.95, Reproduced},
		{"the top falls", 3, 1, -1, 0.95, Reproduced},
		{"the first falls", 3, -1, 1, 0.95, NotReproduced},
		{"too few in use", 3, 1, 1, 0.89, NotReproduced},
		{"two seeds", 2, 1, 1, 0.95, Undecided},
		{"two seeds, too few in use", 2, 1, 1, 0.89, NotReproduced},
	} {
		tier := testTier()
		tier.Models, tier.Seeds = []suite.Model{suite.Network("F8/4 G4 F6 G4", 1)}, tier.Seeds[:c.seeds]
		m := &made{}
		for _, seed := range tier.Seeds {
			m.add(tier.Models[0].ID, seed, cell.NoClass, 0.5, 0.5, 1)
			r := m.Fits[len(m.Fits)-1]
			r.Curve, r.Layers = curve(c.first, c.top), []cell.Layer{{Used: 1}, {Used: c.used}}
		}
		if got := verdict(trainingFindings(m.on(tier), suite.Choice{})); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
