package experiments

import (
	"fmt"
	"math"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// judgeCost (C1): what the smallest flat mixture of the cost grid costs that is at least as good as the deep model, by seed: parameters, which
// are the memory, and the arithmetic of the training. Both are exact; measured seconds and megabytes are in T1-cost. Where no flat one is as good, the largest
// stands for a lower bound of the cost: it can only show that the claim holds.
func judgeCost(s resultSet, t Tier, c Choice) []finding {
	if len(t.Cost.Seeds) == 0 {
		return nil
	}
	var found []finding
	for _, q := range []struct {
		quality
		task configs.Task
		deep string
	}{
		{quality{"purity", cell.NoClass, purity}, configs.Clustering, c.Clusters.Name},
		{quality{fmt.Sprintf("AUC, class %d", t.Cost.LeaveOut), t.Cost.LeaveOut, t.auc}, configs.Outliers, c.Outliers.Name},
	} {
		for _, way := range []struct {
			name string
			kind cell.Kind
		}{{"EM", cell.EM}, {"SGD", cell.SGD}} {
			e := equalQuality{s: s, t: t, flat: t.Cost.models(t, s.Name, q.task), deep: q.deep, kind: way.kind, class: q.class, value: q.value}
			for _, p := range []struct {
				name string
				of   func(*cell.Result) float64
			}{{"parameters", func(r *cell.Result) float64 { return float64(r.Params) }}, {"training arithmetic (TFLOP)", trainingTFLOP}} {
				found = append(found, e.compare(p.name+" at equal "+q.name, "flat GMM, "+way.name, p.of))
			}
		}
	}
	return found
}

// trainingTFLOP is the arithmetic of all passes over the training images, each as that of scoring. For EM, that does more in a pass
// and begins with k-means, it is too low: in favour of the flat mixture.
func trainingTFLOP(r *cell.Result) float64 {
	return r.MFLOPs * float64(r.Images) * float64(r.Epochs) / 1e6
}

// equalQuality compares a deep model with the smallest flat mixture that is as good.
type equalQuality struct {
	s     resultSet
	t     Tier
	flat  []cell.Model // the grid
	deep  string
	kind  cell.Kind
	class int
	value func(*cell.Result) (float64, bool)
}

func (e equalQuality) compare(figure, rival string, price func(*cell.Result) float64) finding {
	var diff [][]float64
	var sums [2]float64
	bounds := 0
	for _, seed := range e.t.Cost.Seeds {
		deep := e.s.find(e.deep, seed, e.class)
		flat, reached := e.smallest(seed, deep)
		if !reached {
			bounds++
		}
		a, b := price(deep), price(flat)
		diff = append(diff, []float64{math.Log10(b / a)})
		sums[0] += a / float64(len(e.t.Cost.Seeds))
		sums[1] += b / float64(len(e.t.Cost.Seeds))
	}
	d := crossed(diff)
	f := finding{figure: figure + "; advantage: log₁₀ of the ratio", deep: e.deep, rival: rival, values: sums, advantage: &d, verdict: judgeInterval(d, 1), rests: "T1-cost"}
	if bounds > 0 {
		f.rival += fmt.Sprintf(" (a lower bound in %d of %d seeds)", bounds, len(e.t.Cost.Seeds))
		if f.verdict == NotReproduced {
			f.verdict = Undecided
		}
	}
	return f
}

// smallest is the flat mixture with the fewest components that is as good as the deep model, or the largest one.
func (e equalQuality) smallest(seed uint64, deep *cell.Result) (flat *cell.Result, reached bool) {
	want, _ := e.value(deep)
	most := 0
	for _, m := range e.flat {
		if m.Kind != e.kind {
			continue
		}
		r := e.s.find(m.Name, seed, e.class)
		got, ok := e.value(r)
		good := ok && got >= want
		K := components(m)
		if good && (!reached || K < most) || !good && !reached && K > most {
			flat, reached, most = r, good, K
		}
	}
	return flat, reached
}

// way names how a flat mixture was fitted, without its number of components.
func way(m cell.Model) string {
	name, _, _ := strings.Cut(m.Name, ", K = ")
	return name
}
