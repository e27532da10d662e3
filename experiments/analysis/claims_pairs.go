package analysis

import (
	"math"
	"slices"

	"deepgmm/eval"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// advantage is the mean of paired differences in favour of a model, by seed and class left out, with its interval.
type advantage struct {
	Mean, Low, High float64
	P               float64 // of the paired t-test
	Seeds, Classes  int
}

func crossed(diff [][]float64) advantage {
	mean, low, high := eval.CrossedBootstrap(newBootstrapRand(), diff, resamples)
	return advantage{mean, low, high, eval.PairedT(units(diff)), len(diff), len(diff[0])}
}

// units are the differences that a test may take for independent: of seeds, or with several classes their means over
// seeds, since the pairs of a class have much in common.
func units(diff [][]float64) []float64 {
	seeds, classes := len(diff), len(diff[0])
	means := make([]float64, classes)
	for _, row := range diff {
		for j, d := range row {
			means[j] += d / float64(seeds)
		}
	}
	if classes > 1 {
		return means
	}
	single := make([]float64, seeds)
	for i, row := range diff {
		single[i] = row[0]
	}
	return single
}

// contestant is a row that a claim compares.
type contestant struct {
	results.Key
	name string
}

func contestants(models []suite.Model) []contestant {
	var rows []contestant
	for _, m := range models {
		rows = append(rows, asIs(m))
	}
	return rows
}

func asIs(m suite.Model) contestant { return contestant{results.Key{Model: m.ID}, m.Name} }

func sharpened(m suite.Model) contestant {
	return contestant{results.Key{Model: m.ID, Variant: results.Sharpened}, sharpenedName(m)}
}

// contest compares rows by a metric over seeds and classes left out.
type contest struct {
	results.Metric
	set     *results.Set
	seeds   []uint64
	classes []int
	needs   int    // classes that a verdict needs
	words   string // instead of the metric's name; "": that
	aside   bool   // it does not count
	rests   report.Value
}

// values are seeds × classes; nil if the row has none.
func (c contest) values(row contestant) [][]float64 {
	return c.set.Values(row.Key, c.seeds, c.classes, c.Metric)
}

func meanOf(values [][]float64) float64 {
	sum, n := 0., 0
	for _, row := range values {
		for _, v := range row {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(n)
}

// against compares two rows, which must have the metric.
func (c contest) against(deep, rival contestant, role string) finding {
	a, b := c.values(deep), c.values(rival)
	diff := make([][]float64, len(a))
	for i := range a {
		for j := range a[i] {
			diff[i] = append(diff[i], float64(c.Better)*(a[i][j]-b[i][j]))
		}
	}
	d := crossed(diff)
	return finding{metric: c.name(), deep: deep.name, rival: role + ": " + rival.name, values: [2]float64{meanOf(a), meanOf(b)}, advantage: &d,
		verdict: ofInterval(d, c.needs), aside: c.aside, rests: c.rests}
}

func (c contest) name() string {
	if c.words != "" {
		return c.words
	}
	return c.Name
}

// best is the row with the best mean, ok false without any. The test images choose it: in the rivals' favour.
func (c contest) best(rows []contestant) (best contestant, ok bool) {
	high := math.Inf(-1)
	for _, r := range rows {
		if v := c.values(r); v != nil && float64(c.Better)*meanOf(v) > high {
			best, ok, high = r, true, float64(c.Better)*meanOf(v)
		}
	}
	return best, ok
}

// flat are the flat models among some: those with diagonal covariances and k-means, or those with more than that.
func flat(models []suite.Model, correlated bool) []contestant {
	return contestants(suite.Where(models, func(m suite.Model) bool { return m.IsFlat() && m.Correlated() == correlated }))
}

// againstCorrelated is the deep model against the best flat mixture of factor analysers or of full covariances, which
// does not count.
func againstCorrelated(deep contestant, rivals []contestant, contests []contest) (found []finding) {
	for _, c := range contests {
		if best, ok := c.best(rivals); ok && c.values(deep) != nil {
			c.aside = true
			found = append(found, c.against(deep, best, "more than diagonal covariances"))
		}
	}
	return found
}

// againstRivals is the deep model against the paper's rival and against the best flat one, in every contest.
func againstRivals(deep, paper contestant, rivals []contestant, contests []contest) (found []finding) {
	for _, c := range contests {
		if c.values(deep) == nil {
			continue
		}
		best, ok := c.best(rivals)
		if best.Key == paper.Key {
			found = append(found, c.against(deep, paper, "paper's rival, also the best flat model"))
			continue
		}
		if slices.Contains(rivals, paper) && c.values(paper) != nil {
			found = append(found, c.against(deep, paper, "paper's rival"))
		}
		if ok {
			found = append(found, c.against(deep, best, "best flat model"))
		}
	}
	return found
}
