package experiments

import (
	"fmt"
	"math"
	"slices"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// grid is one number of every cell of a model, seeds × classes; nil if a cell has none or is not there.
func (s resultSet) grid(model string, seeds []uint64, classes []int, value func(*cell.Result) (float64, bool)) [][]float64 {
	var rows [][]float64
	for _, seed := range seeds {
		var row []float64
		for _, class := range classes {
			i := slices.IndexFunc(s.Results, func(r *cell.Result) bool {
				return r.Spec.Model.Name == model && r.Spec.Seed == seed && r.Spec.LeaveOut == class
			})
			if i < 0 {
				return nil
			}
			v, ok := value(s.Results[i])
			if !ok || math.IsNaN(v) {
				return nil
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows
}

func purity(r *cell.Result) (float64, bool) {
	if r.Clusters == nil {
		return 0, false
	}
	return r.Clusters.Purity, true
}

func nmi(r *cell.Result) (float64, bool) {
	if r.Clusters == nil {
		return 0, false
	}
	return r.Clusters.NMI, true
}

// judgeClusters (C3): purity and NMI of the clusters of the test images, all classes, equal K, against the paper's rival and the best flat model.
func judgeClusters(s resultSet, t Tier, c Choice) []finding {
	of := func(value func(*cell.Result) (float64, bool)) func(string) [][]float64 {
		return func(model string) [][]float64 { return s.grid(model, t.Seeds, []int{cell.NoClass}, value) }
	}
	models, deep := t.compared(s.Name), c.Clusters.Name
	merits := []merit{
		{name: "purity", rests: "T2-clustering: purity", sign: 1, value: of(purity), classes: 1},
		{name: "NMI", rests: "T2-clustering: NMI", sign: 1, value: of(nmi), classes: 1}}
	found := duel(deep, t.paperRival(s.Name, configs.Clustering), flatNames(models, false), merits)
	return append(found, besides(deep, flatNames(models, true), merits)...)
}

// judgeOutliers (C5): mean AUC over the classes left out, pairs by seed and class. The flat mixture of as many parameters, where the cost grid
// has one within a quarter, is met on the grid's class and does not count: it answers whether parameters alone explain the difference.
func judgeOutliers(s resultSet, t Tier, c Choice) []finding {
	auc := func(seeds []uint64, classes []int) func(string) [][]float64 {
		return func(model string) [][]float64 { return s.grid(model, seeds, classes, t.auc) }
	}
	deep := c.Outliers.Name
	models := t.detectors(s.Name)
	merits := []merit{{name: fmt.Sprintf("AUC, mean of %d classes", len(t.LeaveOut)), rests: "T3-outliers: mean", sign: 1, value: auc(t.Seeds, t.LeaveOut), classes: minClasses}}
	found := duel(deep, t.paperRival(s.Name, configs.Outliers), flatNames(models, false), merits)
	found = append(found, besides(deep, flatNames(models, true), merits)...)
	if twin := s.equalParameters(t, deep); twin != "" {
		m := merit{name: fmt.Sprintf("AUC, class %d", t.Cost.LeaveOut), rests: "T1-cost: AUC", sign: 1, value: auc(t.Cost.Seeds, []int{t.Cost.LeaveOut}), classes: 1, aside: true}
		found = append(found, m.against(deep, twin, "as many parameters"))
	}
	return found
}

// equalParameters names the flat mixture of the cost grid whose number of parameters is the nearest to a model's, "" if none is within a quarter.
func (s resultSet) equalParameters(t Tier, deep string) (twin string) {
	if len(t.Cost.Seeds) == 0 {
		return ""
	}
	want := float64(s.of(deep, t.Cost.LeaveOut)[0].Params)
	nearest := math.Log(1.25)
	for _, m := range t.Cost.models(t, s.Name, configs.Outliers) {
		if d := math.Abs(math.Log(float64(s.of(m.Name, t.Cost.LeaveOut)[0].Params) / want)); d < nearest {
			twin, nearest = m.Name, d
		}
	}
	return twin
}

// judgeSamples (C4): Fréchet distance and NDB of sharpened samples of the deep generator that is the best by validation images, against those of the
// paper's rival as drawn and of the best flat one, drawn or sharpened. Recall and coverage are given, but do not count.
func judgeSamples(s resultSet, t Tier, _ Choice) []finding {
	best, ok := s.bestDrawer(t)
	if !ok {
		return nil
	}
	var rivals []string
	for _, m := range t.networks(s.Name) {
		if !isDeep(m) {
			rivals = append(rivals, m.Name, m.Name+sharpened)
		}
	}
	var merits []merit
	for _, m := range []struct {
		column string
		sign   float64
		aside  bool
		get    func(*eval.Generative) eval.Interval
	}{
		{"Fréchet distance", -1, false, func(g *eval.Generative) eval.Interval { return g.Frechet }},
		{"NDB", -1, false, func(g *eval.Generative) eval.Interval { return g.NDB }},
		{"recall", 1, true, func(g *eval.Generative) eval.Interval { return g.Recall }},
		{"coverage", 1, true, func(g *eval.Generative) eval.Interval { return g.Coverage }},
	} {
		merits = append(merits, merit{name: m.column, rests: "T4-samples: " + m.column, sign: m.sign, aside: m.aside, classes: 1,
			value: func(row string) [][]float64 { return s.drawnGrid(row, m.get) }})
	}
	return duel(best.Name+sharpened, t.paperRival(s.Name, configs.Drawing), rivals, merits)
}

// drawnGrid is one number of a row of T4 by seed, seeds × 1; nil if the row is not there.
func (s resultSet) drawnGrid(row string, get func(*eval.Generative) eval.Interval) (rows [][]float64) {
	for _, r := range s.Drawings {
		name := r.Spec.Model.Name
		switch row {
		case name:
			rows = append(rows, []float64{get(r.Drawn.Raw).Mean})
		case name + sharpened:
			rows = append(rows, []float64{get(r.Drawn.Sharp).Mean})
		}
	}
	return rows
}

// judgeSharpening (C4b): sharpening brings the samples of the same generator nearer to real images by Fréchet distance, and their gradient
// energy nearer to that of real images: |log of the ratio| falls.
func judgeSharpening(s resultSet, t Tier, _ Choice) []finding {
	best, ok := s.bestDrawer(t)
	if !ok {
		return nil
	}
	var found []finding
	for _, m := range []struct {
		name, column string
		get          func(*eval.Generative) eval.Interval
	}{
		{"Fréchet distance", "Fréchet distance", func(g *eval.Generative) eval.Interval { return g.Frechet }},
		{"distance of gradient energy from that of real images, |log|", "gradient energy", func(g *eval.Generative) eval.Interval {
			return eval.Interval{N: g.Energy.N, Mean: math.Abs(math.Log(g.Energy.Mean))}
		}},
	} {
		x := merit{name: m.name, rests: "T4-samples: " + m.column, sign: -1, classes: 1, value: func(row string) [][]float64 { return s.drawnGrid(row, m.get) }}
		found = append(found, x.against(best.Name+sharpened, best.Name, "as drawn"))
	}
	return found
}
