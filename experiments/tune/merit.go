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

// yardstick says what the candidates for a task are ranked by, chosen before any was seen, and what else is logged.
type yardstick struct {
	merit    string
	better   float64 // 1: high is good, −1: low is good
	decimals int
	tie      string // decides between equal merits, high is good
	others   []string
}

var yardsticks = map[configs.Task]yardstick{
	configs.Clustering: {"purity", 1, 4, "NMI", []string{"ARI", "accuracy", "used on top"}},
	configs.Outliers:   {"mean AUC", 1, 4, "purity of known classes", []string{"least AUC"}},
	configs.Drawing:    {"Fréchet distance", -1, 3, "coverage", []string{"unsharpened", "gradient energy", "precision", "recall", "NDB"}},
}

// merit is what was measured of a candidate on a rung, means over its cells.
type merit struct {
	Figure, Tie float64
	Others      []float64 // as in yardstick.others
	Readout     string    // outliers: the one score that was best on average
	Sharpening  configs.Sharpening
	Detail      string // of all readouts or settings of sharpening, for the log
}

// measure puts the results of all cells of a candidate together. The error says why it has no merit.
func measure(t configs.Task, results []*cell.Result) (merit, error) {
	switch t {
	case configs.Clustering:
		return measureClusters(results)
	case configs.Outliers:
		return measureOutliers(results)
	case configs.Drawing:
		return measureDrawing(results)
	}
	panic("tune: measure: unknown task " + string(t))
}

func mean(results []*cell.Result, of func(*cell.Result) float64) float64 {
	var sum float64
	for _, r := range results {
		sum += of(r)
	}
	return sum / float64(len(results))
}

func measureClusters(results []*cell.Result) (merit, error) {
	if slices.ContainsFunc(results, func(r *cell.Result) bool { return r.Clusters == nil }) {
		return merit{}, errors.New("no single cluster for an image")
	}
	return merit{
		Figure: mean(results, func(r *cell.Result) float64 { return r.Clusters.Purity }),
		Tie:    mean(results, func(r *cell.Result) float64 { return r.Clusters.NMI }),
		Others: []float64{
			mean(results, func(r *cell.Result) float64 { return r.Clusters.ARI }),
			mean(results, func(r *cell.Result) float64 { return r.Clusters.Accuracy }),
			mean(results, func(r *cell.Result) float64 { return r.Layers[len(r.Layers)-1].Used }),
		},
	}, nil
}

// measureOutliers chooses the readout: one for a candidate, whatever class is left out.
func measureOutliers(results []*cell.Result) (merit, error) {
	m := merit{Figure: -1}
	var details []string
	for _, o := range results[0].Outliers {
		least := 1.
		auc := mean(results, func(r *cell.Result) float64 {
			v, ok := r.OutlierAUC(o.Score)
			if !ok {
				panic("tune: measureOutliers: results of one model have different scores")
			}
			least = min(least, v)
			return v
		})
		if auc > m.Figure {
			m.Figure, m.Readout, m.Others = auc, o.Score, []float64{least}
		}
		details = append(details, fmt.Sprintf("%s %.4f", o.Score, auc))
	}
	if m.Readout == "" {
		return merit{}, errors.New("no outlier score")
	}
	m.Detail = strings.Join(details, "; ")
	m.Tie = mean(results, func(r *cell.Result) float64 {
		if r.Clusters == nil {
			return 0
		}
		return r.Clusters.Purity
	})
	return m, nil
}

// measureDrawing chooses the sharpening, or none: one for a candidate, whatever the seed. The other figures are of
// fresh samples, sharpened as their cell found best.
func measureDrawing(results []*cell.Result) (merit, error) {
	var m merit
	var details []string
	for i, trial := range results[0].Drawn.Trials {
		d := mean(results, func(r *cell.Result) float64 { return r.Drawn.Trials[i].Frechet })
		if i == 0 || d < m.Figure {
			m.Figure, m.Sharpening = d, configs.Sharpening{Target: trial.Target, Iterations: trial.Iterations}
		}
		details = append(details, fmt.Sprintf("layer %d, %d iterations %.3f", trial.Target, trial.Iterations, d))
	}
	m.Detail = strings.Join(details, "; ")
	judged := func(of func(*eval.Generative) eval.Interval) float64 {
		return mean(results, func(r *cell.Result) float64 {
			if m.Sharpening.Iterations == 0 {
				return of(r.Drawn.Raw).Mean
			}
			return of(r.Drawn.Sharp).Mean
		})
	}
	m.Tie = judged(func(g *eval.Generative) eval.Interval { return g.Coverage })
	m.Others = []float64{
		mean(results, func(r *cell.Result) float64 { return r.Drawn.Trials[0].Frechet }),
		judged(func(g *eval.Generative) eval.Interval { return g.Energy }),
		judged(func(g *eval.Generative) eval.Interval { return g.Precision }),
		judged(func(g *eval.Generative) eval.Interval { return g.Recall }),
		judged(func(g *eval.Generative) eval.Interval { return g.NDB }),
	}
	return m, nil
}

// rank sorts the trials of a rung, the best first: by merit, then by the tie-break, then in the order of drawing. Those
// without merit are last.
func rank(t configs.Task, trials []*trial) {
	better := yardsticks[t].better
	slices.SortFunc(trials, func(a, b *trial) int {
		if c := cmp.Compare(len(a.Note), len(b.Note)); (a.Note == "" || b.Note == "") && c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(better*b.Figure, better*a.Figure), cmp.Compare(b.Tie, a.Tie), cmp.Compare(a.Candidate.ID, b.Candidate.ID))
	})
}
