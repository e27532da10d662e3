package results

import (
	"cmp"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

// Metrics of a fitted model. Seconds and megabytes are measured and differ between runs.
var (
	Parameters  = fitted(report.Column{ID: "parameters", Name: "parameters"}, func(r *cell.Result) (float64, bool) { return float64(r.Params), true })
	Scoring     = fitted(report.Column{ID: "scoring", Name: "scoring", Unit: "MFLOP/image", Decimals: 2}, func(r *cell.Result) (float64, bool) { return r.MFLOPs, true })
	Epoch       = fitted(report.Column{ID: "epoch", Name: "epoch", Unit: "s", Decimals: 2}, func(r *cell.Result) (float64, bool) { return r.Seconds / float64(r.Epochs), r.Epochs > 0 })
	Training    = fitted(report.Column{ID: "training", Name: "training", Unit: "s", Decimals: 1}, func(r *cell.Result) (float64, bool) { return r.Seconds, true })
	Memory      = fitted(report.Column{ID: "memory", Name: "peak memory", Unit: "MB"}, func(r *cell.Result) (float64, bool) { return r.PeakMB, r.PeakMB > 0 })
	UsedLowest  = fitted(report.Column{ID: "used-lowest", Name: "used, lowest layer", Unit: "%"}, func(r *cell.Result) (float64, bool) { return 100 * r.Layers[0].Used, true })
	UsedTop     = fitted(report.Column{ID: "used-top", Name: "used, top layer", Unit: "%"}, func(r *cell.Result) (float64, bool) { return 100 * top(r).Used, true })
	ClusterSize = fitted(report.Column{ID: "clusters", Name: "clusters"}, func(r *cell.Result) (float64, bool) { return float64(top(r).K), true })

	// Arithmetic is that of all passes over the training images, each as that of scoring. For EM, which does more in a
	// pass and begins with k-means, it is too low: in favour of the flat mixture.
	Arithmetic = fitted(report.Column{ID: "arithmetic", Name: "training arithmetic", Unit: "TFLOP", Decimals: 2}, func(r *cell.Result) (float64, bool) {
		return r.MFLOPs * float64(r.Images) * float64(r.Epochs) / 1e6, true
	})
	// State is what a training holds besides images, computed: parameters, gradients or sums of their number, averages of
	// the optimizer and, of networks, the responsibilities of a batch; four bytes each.
	State = fitted(report.Column{ID: "state", Name: "training state", Unit: "kB"}, func(r *cell.Result) (float64, bool) {
		return float64(stateBytes(r)) / 1e3, true
	})
	LogLik = fitted(report.Column{ID: "log-likelihood", Name: "log-likelihood", Unit: "nats/image"}, func(r *cell.Result) (float64, bool) { return value(r.LogLik) })
)

// Metrics of the clusters of the test images.
var (
	Purity        = clustered("purity", "purity", 3, 1, func(c *cell.Clusters) *float64 { return &c.Purity })
	NMI           = clustered("nmi", "NMI", 3, 1, func(c *cell.Clusters) *float64 { return &c.NMI })
	ARI           = clustered("ari", "ARI", 3, 1, func(c *cell.Clusters) *float64 { return &c.ARI })
	Accuracy      = clustered("accuracy", "accuracy", 3, 1, func(c *cell.Clusters) *float64 { return &c.Accuracy })
	DaviesBouldin = clustered("davies-bouldin", "Davies–Bouldin", 2, -1, func(c *cell.Clusters) *float64 { return c.DaviesBouldin })
	Dunn          = clustered("dunn", "Dunn", 3, 1, func(c *cell.Clusters) *float64 { return c.Dunn })
	Silhouette    = clustered("silhouette", "silhouette", 3, 1, func(c *cell.Clusters) *float64 { return c.Silhouette })
)

// defaultBatch is the number of images of a step of a network whose settings name none.
const defaultBatch = 100

func stateBytes(r *cell.Result) int {
	t := r.Spec.Model.Train
	numbers := 2 * r.Params
	switch t.Optimizer {
	case dcgmm.Momentum:
		numbers += r.Params
	case dcgmm.Adam:
		numbers += 2 * r.Params
	}
	if r.Spec.Model.Kind == cell.SGD {
		for _, l := range r.Layers {
			numbers += cmp.Or(t.BatchSize, defaultBatch) * l.H * l.W * l.K
		}
	}
	return 4 * numbers
}

func top(r *cell.Result) cell.Layer { return r.Layers[len(r.Layers)-1] }

func fitted(c report.Column, of func(*cell.Result) (float64, bool)) Metric {
	return Metric{Column: c, Of: func(c Cell) (eval.Interval, bool) {
		v, ok := of(c.Result)
		return eval.Interval{Mean: v}, ok
	}}
}

func clustered(id, name string, decimals, better int, of func(*cell.Clusters) *float64) Metric {
	return fitted(report.Column{ID: id, Name: name, Decimals: decimals, Better: better}, func(r *cell.Result) (float64, bool) {
		if r.Clusters == nil {
			return 0, false
		}
		return value(of(r.Clusters))
	})
}

func value(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}

// ScoreAUC is the area under the ROC curve of one score, with the class left out as outliers.
func ScoreAUC(score string) Metric {
	return fitted(aucColumn, func(r *cell.Result) (float64, bool) { return r.OutlierAUC(score) })
}

var aucColumn = report.Column{ID: "auc", Name: "AUC", Decimals: 3, Better: 1}

// AUC is that of the score that the search of a model chose, or of its main one.
func (s *Set) AUC() Metric {
	return Metric{Column: aucColumn, Of: func(c Cell) (eval.Interval, bool) { return ScoreAUC(s.Score(c.Model)).Of(c) }}
}

// Detection is how well a cell detects the class left out, by the score that AUC takes; the zero value if it has none.
func (s *Set) Detection(c Cell) cell.Outlier {
	if i := slices.IndexFunc(c.Outliers, func(o cell.Outlier) bool { return o.Score == s.Score(c.Model) }); i >= 0 {
		return c.Outliers[i]
	}
	return cell.Outlier{}
}
