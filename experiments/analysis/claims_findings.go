package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// clusterFindings (C3): purity and NMI of the clusters of the test images, all classes, equal K, against the paper's
// rival and the best flat model.
func clusterFindings(s *results.Set, c suite.Choice) []finding {
	var contests []contest
	for _, m := range []results.Metric{results.Purity, results.NMI} {
		contests = append(contests, contest{Metric: m, set: s, seeds: s.Seeds, classes: []int{cell.NoClass}, needs: 1, rests: onTable(ClusteringID, m.Name)})
	}
	models, deep := s.Compared(), asIs(c.Clusters)
	found := againstRivals(deep, asIs(s.PaperRival(configs.Clustering)), flat(models, false), contests)
	return append(found, againstCorrelated(deep, flat(models, true), contests)...)
}

// outlierFindings (C5): mean AUC over the classes left out, pairs by seed and class. The flat mixture of as many
// parameters, where the cost grid has one within a quarter, is met on the grid's class and does not count: it answers
// whether parameters alone explain the difference.
func outlierFindings(s *results.Set, c suite.Choice) []finding {
	models, deep := s.DetectorModels(), asIs(c.Outliers)
	contests := []contest{{Metric: s.AUC(), set: s, seeds: s.OutlierSeeds(), classes: s.LeaveOut, needs: minClasses,
		words: fmt.Sprintf("AUC, mean of %d classes", len(s.LeaveOut)), rests: onTable(OutliersID, "mean")}}
	found := againstRivals(deep, asIs(s.PaperRival(configs.Outliers)), flat(models, false), contests)
	found = append(found, againstCorrelated(deep, flat(models, true), contests)...)
	if twin, ok := equalParameters(s, c.Outliers.ID); ok {
		one := contest{Metric: s.AUC(), set: s, seeds: s.Cost.Seeds, classes: []int{s.Cost.LeaveOut}, needs: 1, aside: true,
			words: fmt.Sprintf("AUC, class %d", s.Cost.LeaveOut), rests: onTable(CostID, "AUC")}
		found = append(found, one.against(deep, asIs(twin), "as many parameters"))
	}
	return found
}

// equalParameters is the flat mixture of the cost grid whose number of parameters is the nearest to a model's; ok is
// false if none is within a quarter.
func equalParameters(s *results.Set, deep string) (twin suite.Model, ok bool) {
	if len(s.Cost.Seeds) == 0 {
		return twin, false
	}
	params := func(id string) float64 { return float64(s.Of(id, s.Cost.LeaveOut)[0].Params) }
	nearest := math.Log(1.25)
	for _, m := range s.Grid(configs.Outliers) {
		if d := math.Abs(math.Log(params(m.ID) / params(deep))); d < nearest {
			twin, nearest, ok = m, d, true
		}
	}
	return twin, ok
}

// ofSamplesBy compares samples by a metric.
func ofSamplesBy(s *results.Set, m results.Metric, column string) contest {
	return contest{Metric: m, set: s, seeds: s.Seeds, classes: []int{cell.NoClass}, needs: 1, rests: onTable(SamplesID, column)}
}

// sampleFindings (C4): Fréchet distance and NDB of sharpened samples of the deep generator that is the best by
// validation images, against those of the paper's rival as drawn and of the best flat one, drawn or sharpened. Recall
// and coverage are given, but do not count.
func sampleFindings(s *results.Set, _ suite.Choice) []finding {
	best, ok := s.BestSampler()
	if !ok {
		return nil
	}
	var rivals []contestant
	for _, m := range s.Samplers() {
		if !m.IsDeep() {
			rivals = append(rivals, asIs(m), sharpened(m))
		}
	}
	var contests []contest
	for i, m := range []results.Metric{results.Frechet, results.NDB, results.Recall, results.Coverage} {
		c := ofSamplesBy(s, m, m.Name)
		c.aside = i >= 2
		contests = append(contests, c)
	}
	return againstRivals(sharpened(best), asIs(s.PaperRival(configs.Drawing)), rivals, contests)
}

// sharpeningFindings (C4b): sharpening brings the samples of the same generator nearer to real images by Fréchet
// distance, and their gradient energy nearer to that of real images: |log of the ratio| falls.
func sharpeningFindings(s *results.Set, _ suite.Choice) []finding {
	best, ok := s.BestSampler()
	if !ok {
		return nil
	}
	return []finding{ofSamplesBy(s, results.Frechet, results.Frechet.Name).against(sharpened(best), asIs(best), "as drawn"),
		ofSamplesBy(s, results.EnergyError, results.Energy.Name).against(sharpened(best), asIs(best), "as drawn")}
}

// pictureFindings (C6): no number tells a part of an image.
func pictureFindings(*results.Set, suite.Choice) []finding {
	return []finding{{metric: "pictures of the components of every layer", values: [2]float64{math.NaN(), math.NaN()}, verdict: Shown, rests: onFigure("F3-alphabet")}}
}

// trainingFindings (C2): for every deep network of the tier and every seed, trained on all classes, the annealed
// log-likelihood of the first layer ends above where it began, and in every layer at least minUsed of the components
// are in use. One failure refutes; success needs MinSeeds.
func trainingFindings(s *results.Set, _ suite.Choice) []finding {
	tally := trainingTally{least: 1}
	for _, m := range suite.Where(s.Trained(), suite.Model.IsDeep) {
		for _, c := range s.Of(m.ID, cell.NoClass) {
			tally.add(c, m.Name)
		}
	}
	found := func(metric string, good int, rests string) finding {
		f := finding{metric: metric, deep: "all", values: [2]float64{math.NaN(), math.NaN()}, verdict: Reproduced, rests: onFigure(rests)}
		switch {
		case good < tally.runs:
			f.verdict = NotReproduced
		case len(s.Seeds) < MinSeeds:
			f.verdict = Undecided
		}
		return f
	}
	const curves = "F1-training"
	every := found(fmt.Sprintf("the objective of every layer rises: %d of %d trainings", tally.rising, tally.runs), tally.rising, curves)
	every.aside = true
	used := found(fmt.Sprintf("at least %.0f %% of the components of every layer in use: %d of %d trainings; least %.0f %%, %s", 100*minUsed, tally.alive, tally.runs, 100*tally.least, tally.worst), tally.alive, "")
	used.rests = onTable(ArchitecturesID, "")
	annealed := found(fmt.Sprintf("the annealing of every layer has ended: %d of %d trainings", tally.annealed, tally.runs), tally.annealed, curves)
	annealed.aside = true
	return []finding{every, used, found(fmt.Sprintf("the objective of the first layer, whose input stays as it is, rises: %d of %d trainings", tally.first, tally.runs), tally.first, curves), annealed}
}

// trainingTally counts trainings.
type trainingTally struct {
	runs, rising, alive int
	first               int // with a first layer that rises
	annealed            int // with every layer's τ at its floor in the end
	least               float64
	worst               string
}

func (t *trainingTally) add(c results.Cell, name string) {
	t.runs++
	rising, alive := true, true
	for i, l := range c.Layers {
		rising = rising && rises(c.Curve, i)
		alive = alive && l.Used >= minUsed
		if l.Used < t.least || t.worst == "" {
			t.least, t.worst = l.Used, fmt.Sprintf("layer %d of %s", i+1, name)
		}
	}
	for _, count := range []struct {
		holds bool
		n     *int
	}{{rises(c.Curve, 0), &t.first}, {annealed(c), &t.annealed}, {rising, &t.rising}, {alive, &t.alive}} {
		if count.holds {
			*count.n++
		}
	}
}

// defaultTauEnd is the floor of τ where the settings name none.
const defaultTauEnd = 0.01

// annealed reports whether τ of every layer has come down to its floor.
func annealed(c results.Cell) bool {
	if len(c.Curve) == 0 {
		return false
	}
	floor := cmp.Or(c.Spec.Model.Train.TauEnd, defaultTauEnd)
	return !slices.ContainsFunc(c.Curve[len(c.Curve)-1].Layers, func(p cell.LayerPoint) bool { return p.Tau > 1.001*floor })
}

// rises reports whether the objective of a layer ends above where it began; points before the layer learns are all zero.
func rises(curve []cell.Point, layer int) bool {
	var first *cell.LayerPoint
	for i := range curve {
		if p := &curve[i].Layers[layer]; first == nil && *p != (cell.LayerPoint{}) {
			first = p
		}
	}
	return first != nil && curve[len(curve)-1].Layers[layer].Loss > first.Loss
}
