package tune

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// criterion says what the candidates for a task are ranked by, decided before any was seen, and what else is logged.
type criterion struct {
	better   float64 // of the first metric: 1: high is good, −1: low is good
	decimals int     // of the first two

	// metrics are what candidates are ranked by, what decides between equals (high is good), and others.
	metrics []metric
	// choose takes what there is one of for a candidate, whatever the cell. The error says why it has no metrics.
	choose func([]*cell.Result) (choice, error)
}

// metric is a number of a cell; that of a candidate is the mean over its cells.
type metric struct {
	name string
	of   func(r *cell.Result, c choice) float64
}

// choice is how a model is used for a task, and what the log has of the alternatives.
type choice struct {
	Readout    string // outliers: the one score that was best on average
	Sharpening configs.Sharpening
	trial      int // of cell.Drawn.Trials
	Detail     string
}

// A task or a metric is added here.
var criteria = map[configs.Task]criterion{
	configs.Clustering: {1, 4, []metric{
		{"purity", func(r *cell.Result, _ choice) float64 { return r.Clusters.Purity }},
		{"NMI", func(r *cell.Result, _ choice) float64 { return r.Clusters.NMI }},
		{"ARI", func(r *cell.Result, _ choice) float64 { return r.Clusters.ARI }},
		{"accuracy", func(r *cell.Result, _ choice) float64 { return r.Clusters.Accuracy }},
		{"used on top", func(r *cell.Result, _ choice) float64 { return r.Layers[len(r.Layers)-1].Used }},
	}, needClusters},
	configs.Outliers: {1, 4, []metric{
		{"mean AUC", func(r *cell.Result, c choice) float64 { return auc(r, c.Readout) }},
		{"purity of known classes", func(r *cell.Result, _ choice) float64 {
			if r.Clusters == nil {
				return 0
			}
			return r.Clusters.Purity
		}},
		{leastAUC, func(r *cell.Result, c choice) float64 { return auc(r, c.Readout) }},
	}, chooseReadout},
	configs.Drawing: {-1, 3, []metric{
		{"Fréchet distance", func(r *cell.Result, c choice) float64 { return r.Drawn.Trials[c.trial].Frechet }},
		sampled("coverage", func(g *eval.Generative) eval.Interval { return g.Coverage }),
		{"unsharpened", func(r *cell.Result, _ choice) float64 { return r.Drawn.Trials[0].Frechet }},
		sampled("gradient energy", func(g *eval.Generative) eval.Interval { return g.Energy }),
		sampled("precision", func(g *eval.Generative) eval.Interval { return g.Precision }),
		sampled("recall", func(g *eval.Generative) eval.Interval { return g.Recall }),
		sampled("NDB", func(g *eval.Generative) eval.Interval { return g.NDB }),
	}, chooseSharpening},
}

// leastAUC is the one metric that is no mean over the cells.
const leastAUC = "least AUC"

// measure puts the results of all cells of a candidate together. Plain models detect by the top layer, as the paper's.
func (t *trial) measure(task configs.Task, f configs.Family, results []*cell.Result) {
	c := criteria[task]
	chosen, err := c.choose(results)
	if err != nil {
		t.Note = err.Error()
		return
	}
	if f == configs.Plain && task == configs.Outliers {
		chosen.Readout = cell.MainScore
	}
	t.choice = chosen
	for _, m := range c.metrics {
		value := mean(results, func(r *cell.Result) float64 { return m.of(r, chosen) })
		if m.name == leastAUC {
			value = 1
			for _, r := range results {
				value = min(value, m.of(r, chosen))
			}
		}
		t.Metrics = append(t.Metrics, value)
	}
}

func mean(results []*cell.Result, of func(*cell.Result) float64) float64 {
	var sum float64
	for _, r := range results {
		sum += of(r)
	}
	return sum / float64(len(results))
}

func needClusters(results []*cell.Result) (c choice, err error) {
	if slices.ContainsFunc(results, func(r *cell.Result) bool { return r.Clusters == nil }) {
		err = errors.New("no single cluster for an image")
	}
	return c, err
}

func auc(r *cell.Result, score string) float64 {
	v, ok := r.OutlierAUC(score)
	if !ok {
		panic("tune: results of one model have different scores")
	}
	return v
}

func chooseReadout(results []*cell.Result) (c choice, err error) {
	best := -1.
	var details []string
	for _, o := range results[0].Outliers {
		v := mean(results, func(r *cell.Result) float64 { return auc(r, o.Score) })
		if v > best {
			best, c.Readout = v, o.Score
		}
		details = append(details, fmt.Sprintf("%s %.4f", o.Score, v))
	}
	if c.Detail = strings.Join(details, "; "); c.Readout == "" {
		err = errors.New("no outlier score")
	}
	return c, err
}

func chooseSharpening(results []*cell.Result) (c choice, err error) {
	best := 0.
	var details []string
	for i, t := range results[0].Drawn.Trials {
		d := mean(results, func(r *cell.Result) float64 { return r.Drawn.Trials[i].Frechet })
		if i == 0 || d < best {
			best, c.trial, c.Sharpening = d, i, configs.Sharpening{Target: t.Target, Iterations: t.Iterations}
		}
		details = append(details, fmt.Sprintf("%s, %d iterations: %.3f", t, t.Iterations, d))
	}
	c.Detail = strings.Join(details, "; ")
	return c, nil
}

// sampled is a metric of fresh samples, sharpened as their cell found best if sharpening was chosen.
func sampled(name string, of func(*eval.Generative) eval.Interval) metric {
	return metric{name, func(r *cell.Result, c choice) float64 {
		if c.Sharpening.Iterations == 0 {
			return of(r.Drawn.Raw).Mean
		}
		return of(r.Drawn.Sharp).Mean
	}}
}

// rank sorts the trials of a rung, the best first: by the first metric, then by the second, then in the order of
// drawing. Those without metrics are last.
func rank(t configs.Task, trials []*trial) {
	better := criteria[t].better
	slices.SortFunc(trials, func(a, b *trial) int {
		if (a.Note == "") != (b.Note == "") {
			return cmp.Compare(len(a.Note), len(b.Note))
		}
		order := cmp.Compare(a.Candidate.ID, b.Candidate.ID)
		if a.Note != "" {
			return order
		}
		return cmp.Or(cmp.Compare(better*b.Metrics[0], better*a.Metrics[0]), cmp.Compare(b.Metrics[1], a.Metrics[1]), order)
	})
	for n, t := range trials {
		t.Rank = n + 1
	}
}
