package experiments

import (
	"math"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// advantage is the mean of paired differences in favour of a model, by seed and class left out, with its interval.
type advantage struct {
	Mean, Low, High float64
	Seeds, Classes  int
}

// crossed returns the mean of differences seeds × classes with the percentile interval of means over seeds and classes that are both
// drawn with replacement (Owen 2007, “The pigeonhole bootstrap”, Annals of Applied Statistics 1): pairs of one class have much
// in common, and to draw them as if they had not would make the interval too narrow. With one class it is eval.Bootstrap over seeds.
func crossed(diff [][]float64) advantage {
	rng := newBootstrapRand()
	a := advantage{Seeds: len(diff), Classes: len(diff[0])}
	mean := func(seed, class func(i int) int) (sum float64) {
		for i := range diff {
			row := diff[seed(i)]
			for j := range row {
				sum += row[class(j)]
			}
		}
		return sum / float64(a.Seeds*a.Classes)
	}
	same := func(i int) int { return i }
	a.Mean = mean(same, same)
	means := make([]float64, resamples)
	seeds, classes := make([]int, a.Seeds), make([]int, a.Classes)
	for b := range means {
		for i := range seeds {
			seeds[i] = rng.IntN(a.Seeds)
		}
		for j := range classes {
			classes[j] = rng.IntN(a.Classes)
		}
		means[b] = mean(func(i int) int { return seeds[i] }, func(j int) int { return classes[j] })
	}
	slices.Sort(means)
	a.Low, a.High = quantile(means, 0.025), quantile(means, 0.975)
	return a
}

// quantile of sorted values, interpolated between order statistics.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// merit is one number of a model for every seed and class, larger or smaller is better.
type merit struct {
	name    string
	rests   string
	sign    float64                        // 1: larger is better, −1: smaller
	value   func(model string) [][]float64 // seeds × classes; nil if the model has none
	classes int                            // that a verdict needs
	aside   bool
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

// against compares two models by a merit; the models must have it.
func (m merit) against(deep, rival, role string) finding {
	a, b := m.value(deep), m.value(rival)
	diff := make([][]float64, len(a))
	for i := range a {
		for j := range a[i] {
			diff[i] = append(diff[i], m.sign*(a[i][j]-b[i][j]))
		}
	}
	d := crossed(diff)
	return finding{figure: m.name, deep: deep, rival: role + ": " + rival, values: [2]float64{meanOf(a), meanOf(b)}, advantage: &d,
		verdict: judgeInterval(d, m.classes), aside: m.aside, rests: m.rests}
}

// best is the rival with the best mean, "" without any. The test images choose it: in the rivals' favour.
func (m merit) best(rivals []string) (name string) {
	best := math.Inf(-1)
	for _, r := range rivals {
		if v := m.value(r); v != nil && m.sign*meanOf(v) > best {
			name, best = r, m.sign*meanOf(v)
		}
	}
	return name
}

// flatNames are the flat models among some: those with diagonal covariances and k-means, or the mixtures of factor analysers.
func flatNames(models []cell.Model, factors bool) []string {
	return names(slices.DeleteFunc(slices.Clone(models), func(m cell.Model) bool { return !isRival(m) || configs.ArchOf(m).Factors() != factors }))
}

// besides is the deep model against the best flat mixture of factor analysers, which does not count.
func besides(deep string, factors []string, merits []merit) (found []finding) {
	for _, m := range merits {
		if best := m.best(factors); best != "" && m.value(deep) != nil {
			m.aside = true
			found = append(found, m.against(deep, best, "factor analysers"))
		}
	}
	return found
}

// duel is the deep model against the paper's rival and against the best flat one, by every merit.
func duel(deep, paper string, rivals []string, merits []merit) []finding {
	var found []finding
	for _, m := range merits {
		if m.value(deep) == nil {
			continue
		}
		best := m.best(rivals)
		if best == paper {
			found = append(found, m.against(deep, paper, "paper's rival, also the best flat model"))
			continue
		}
		if slices.Contains(rivals, paper) && m.value(paper) != nil {
			found = append(found, m.against(deep, paper, "paper's rival"))
		}
		if best != "" {
			found = append(found, m.against(deep, best, "best flat model"))
		}
	}
	return found
}
