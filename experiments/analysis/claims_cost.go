package analysis

import (
	"fmt"
	"math"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// costFindings (C1): what the smallest flat mixture of the cost grid costs that is at least as good as the deep model,
// by seed: parameters, which are the memory, and the arithmetic of the training. Both are exact; measured seconds and
// megabytes are in T1-cost. Where no flat one is as good, the largest stands for a lower bound of the cost: it can only
// show that the claim holds.
func costFindings(s *results.Set, c suite.Choice) []finding {
	if len(s.Cost.Seeds) == 0 {
		return nil
	}
	var found []finding
	for _, q := range []struct {
		task   configs.Task
		deep   suite.Model
		class  int
		metric results.Metric
		words  string
	}{
		{configs.Clustering, c.Clusters, cell.NoClass, results.Purity, "purity"},
		{configs.Outliers, c.Outliers, s.Cost.LeaveOut, s.AUC(), fmt.Sprintf("AUC, class %d", s.Cost.LeaveOut)},
	} {
		for _, f := range []configs.Family{configs.EM, configs.SGD} {
			e := equalQuality{s, q.deep, suite.Where(s.Grid(q.task), func(m suite.Model) bool { return m.Family() == f }), q.class, q.metric}
			found = append(found, e.compare("parameters at equal "+q.words, suite.FamilyNames[f], results.Parameters),
				e.compare("training arithmetic (TFLOP) at equal "+q.words, suite.FamilyNames[f], results.Arithmetic))
		}
	}
	return found
}

// lowerBound is said of a rival where no flat mixture is as good.
const lowerBound = "a lower bound"

// equalQuality compares a deep model with the smallest flat mixture that is as good.
type equalQuality struct {
	*results.Set
	deep   suite.Model
	flat   []suite.Model // of one family, by size
	class  int
	metric results.Metric
}

func (e equalQuality) compare(words, rival string, price results.Metric) finding {
	return e.compareBy(words, rival, price, e.smallest)
}

// compareBy compares a price with that of the flat mixture that a function finds; reached is false for a lower bound.
func (e equalQuality) compareBy(words, rival string, price results.Metric, find func(seed uint64, deep results.Cell) (flat results.Cell, reached bool)) finding {
	var diff [][]float64
	var sums [2]float64
	bounds, n := 0, len(e.Cost.Seeds)
	for _, seed := range e.Cost.Seeds {
		deep := e.Find(e.deep.ID, seed, e.class)
		flat, reached := find(seed, deep)
		if !reached {
			bounds++
		}
		a, b := price.Mean(deep), price.Mean(flat)
		diff = append(diff, []float64{math.Log10(b / a)})
		sums[0] += a / float64(n)
		sums[1] += b / float64(n)
	}
	d := crossed(diff)
	f := finding{metric: words + "; advantage: log₁₀ of the ratio", deep: e.deep.Name, rival: rival, values: sums, advantage: &d, verdict: ofInterval(d, 1), rests: onTable(CostID, "")}
	if bounds > 0 {
		f.rival += fmt.Sprintf(" (%s in %d of %d seeds)", lowerBound, bounds, n)
		if f.verdict == NotReproduced {
			f.verdict = Undecided
		}
	}
	return f
}

// smallest is the flat mixture with the fewest components that is as good as the deep model, or the largest one.
func (e equalQuality) smallest(seed uint64, deep results.Cell) (flat results.Cell, reached bool) {
	want := e.metric.Mean(deep)
	most := 0
	for _, m := range e.flat {
		c := e.Find(m.ID, seed, e.class)
		got, ok := e.metric.Of(c)
		good := ok && got.Mean >= want
		K := m.Components()
		if good && (!reached || K < most) || !good && !reached && K > most {
			flat, reached, most = c, good, K
		}
	}
	return flat, reached
}
