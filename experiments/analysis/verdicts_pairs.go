package analysis

import (
	"fmt"
	"math"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// tasks that have Roles.
var tasks = []configs.Task{configs.Clustering, configs.Outliers}

// pair is the models of a question.
type pair struct{ ours, theirs contestant }

// duel compares a pair in contests of a set; without a pair, or values of one of the two, there are no findings.
func duel(s *results.Set, p pair, layers []results.Cell, contests []contest) (j judgement) {
	for _, c := range contests {
		if c.values(p.ours) == nil || c.values(p.theirs) == nil {
			return judgement{}
		}
		f := c.against(p.ours, p.theirs, "")
		f.rival = p.theirs.name
		j.findings = append(j.findings, f)
	}
	j.collapsed = collapsed(layers)
	return j
}

// collapsed names a layer that uses less than leastUsed of its components, in the mean over cells; "" if none does.
func collapsed(cells []results.Cell) string {
	if len(cells) == 0 {
		return ""
	}
	for i := range cells[0].Layers {
		used := 0.
		for _, c := range cells {
			used += c.Layers[i].Used / float64(len(cells))
		}
		if used < leastUsed {
			return fmt.Sprintf("layer %d of %d uses %.0f %% of its components", i+1, len(cells[0].Layers), 100*used)
		}
	}
	return ""
}

// judgeClusters (C3): purity and NMI of the clusters of the test images, all classes, equal K.
func judgeClusters(s *results.Set, q Question) judgement {
	r := s.Roles(configs.Clustering)
	var contests []contest
	for _, m := range []results.Metric{results.Purity, results.NMI} {
		contests = append(contests, contest{Metric: m, set: s, seeds: s.Seeds, classes: []int{cell.NoClass}, needs: 1, rests: onTable(ClusteringID, m.Name)})
	}
	return duel(s, pair{asIs(q.ours(r)), asIs(q.theirs(r))}, s.Of(q.ours(r).ID, cell.NoClass), contests)
}

// judgeOutliers (C5): AUC of the score that was chosen with each model, over the classes left out.
func judgeOutliers(s *results.Set, q Question) judgement {
	r := s.Roles(configs.Outliers)
	ours, theirs := q.ours(r), q.theirs(r)
	c := contest{Metric: s.AUC(), set: s, seeds: s.OutlierSeeds(), classes: s.LeaveOut, needs: minClasses,
		words: fmt.Sprintf("AUC, mean of %d classes", len(s.LeaveOut)), rests: onTable(OutliersID, "mean")}
	var layers []results.Cell
	for _, class := range s.LeaveOut {
		layers = append(layers, s.Of(ours.ID, class)...)
	}
	return duel(s, pair{asIs(ours), asIs(theirs)}, layers, []contest{c})
}

// judgeSamples (C4): Fréchet distance and NDB of samples to test images; of each model, as drawn or sharpened, what is
// nearer to the validation images. Recall and coverage do not count.
func judgeSamples(s *results.Set, q Question) judgement {
	samplers := s.Samplers()
	nearest := func(models []suite.Model) (contestant, bool) {
		m, v, ok := s.Nearest(models)
		if v == results.Sharpened {
			return sharpened(m), ok
		}
		return asIs(m), ok
	}
	roles := suite.Roles{Paper: s.PaperModel(configs.Drawing), Rival: s.PaperRival(configs.Drawing)}
	deep, okDeep := nearest(suite.Where(samplers, suite.Model.IsDeep))
	flat, okFlat := nearest(suite.Where(samplers, suite.Model.IsFlat))
	roles.Deep.ID, roles.Flat.ID = deep.Model, flat.Model
	pick := func(m suite.Model) (contestant, bool) {
		return nearest(suite.Where(samplers, func(o suite.Model) bool { return o.ID == m.ID }))
	}
	ours, ok1 := pick(q.ours(roles))
	theirs, ok2 := pick(q.theirs(roles))
	if !ok1 || !ok2 || !okDeep || !okFlat {
		return judgement{}
	}
	var contests []contest
	for i, m := range []results.Metric{results.Frechet, results.NDB, results.Recall, results.Coverage} {
		c := ofSamplesBy(s, m, m.Name)
		c.aside = i >= 2
		contests = append(contests, c)
	}
	return duel(s, pair{ours, theirs}, s.Of(ours.Model, cell.NoClass), contests)
}

// judgeCost (C1): what the smallest flat mixtures of the cost grid cost that are as good as our model, and, aside, how
// good those of equal cost are.
func judgeCost(s *results.Set, q Question) (j judgement) {
	if len(s.Cost.Seeds) == 0 {
		return j
	}
	var asides []finding
	for _, task := range tasks {
		ours := q.ours(s.Roles(task))
		class, metric, words := cell.NoClass, results.Purity, "purity"
		if task == configs.Outliers {
			class, metric, words = s.Cost.LeaveOut, s.AUC(), fmt.Sprintf("AUC, class %d", s.Cost.LeaveOut)
		}
		grid := suite.Where(s.Grid(task), func(m suite.Model) bool { return q.ID == "flat" || m.Family() == configs.EM })
		e := equalQuality{s, ours, grid, class, metric}
		if s.Values(results.Key{Model: ours.ID}, s.Cost.Seeds, []int{class}, metric) == nil {
			return judgement{}
		}
		for _, price := range []results.Metric{results.Parameters, results.State, results.Arithmetic} {
			f := e.cheapest(price.Name+" at equal "+words, price)
			f.rests = onTable(CostID, "")
			j.findings = append(j.findings, f)
		}
		for _, price := range []results.Metric{results.Parameters, results.State} {
			asides = append(asides, e.atEqual(price, words))
		}
		if j.collapsed == "" {
			j.collapsed = collapsed(s.Seeded(ours.ID, class, s.Cost.Seeds))
		}
	}
	j.findings = append(j.findings, asides...)
	return j
}

// cheapest compares a price of our model with that of the cheapest flat mixture that is as good, seed by seed. Where
// none is as good, the dearest is a lower bound.
func (e equalQuality) cheapest(words string, price results.Metric) finding {
	return e.compareBy(words, "flat mixture", price, func(seed uint64, deep results.Cell) (flat results.Cell, reached bool) {
		want, least, most := e.metric.Mean(deep), math.Inf(1), math.Inf(-1)
		for _, m := range e.flat {
			c := e.Find(m.ID, seed, e.class)
			p := price.Mean(c)
			switch good := e.metric.Mean(c) >= want; {
			case good && p < least:
				flat, reached, least = c, true, p
			case !good && !reached && p > most:
				flat, most = c, p
			}
		}
		return flat, reached
	})
}

// atEqual compares the quality of our model with that of the flat mixture with the least price that is not below ours,
// or, where all are below, of the dearest one. It does not count.
func (e equalQuality) atEqual(price results.Metric, words string) finding {
	ours := price.Mean(e.Find(e.deep.ID, e.Cost.Seeds[0], e.class))
	var rival suite.Model
	at := math.Inf(-1)
	for _, m := range e.flat {
		p := price.Mean(e.Find(m.ID, e.Cost.Seeds[0], e.class))
		if rival.ID == "" || p >= ours && (at < ours || p < at) || at < ours && p > at {
			rival, at = m, p
		}
	}
	c := contest{Metric: e.metric, set: e.Set, seeds: e.Cost.Seeds, classes: []int{e.class}, needs: 1, aside: true,
		words: fmt.Sprintf("%s at equal %s (the rival has %.2f×)", words, price.Name, at/ours), rests: onTable(CostID, "")}
	f := c.against(asIs(e.deep), asIs(rival), "")
	f.rival = rival.Name
	return f
}
