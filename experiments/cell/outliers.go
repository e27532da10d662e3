package cell

import (
	"context"

	"deepgmm/eval"
)

// measureOutliers says how well every score tells the classes that were left out from the others.
func (r *Result) measureOutliers(_ context.Context, u *unseen) error {
	if r.Spec.LeaveOut == NoClass {
		return nil
	}
	for _, s := range u.scores {
		var in, out []float64
		for i, v := range s.values {
			if u.known[i] {
				in = append(in, v)
			} else {
				out = append(out, v)
			}
		}
		auc, err := eval.AUC(in, out)
		if err != nil {
			return err
		}
		points, err := eval.ROC(in, out, true)
		if err != nil {
			return err
		}
		step := otherStep
		if s.name == MainScore {
			step = mainStep
		}
		r.Outliers = append(r.Outliers, Outlier{s.name, auc, thin(points, step)})
	}
	return nil
}

// Steps of ROC curves that are kept: what a figure can show, and enough of what is seldom shown.
const (
	mainStep  = 1. / 400
	otherStep = 1. / 100
)

// thin keeps the points of a curve that are at least a step apart.
func thin(points []eval.ROCPoint, step float64) []ROC {
	var kept []ROC
	for i, p := range points {
		if n := len(kept); n == 0 || i == len(points)-1 || p.FPR-kept[n-1].FPR >= step || p.TPR-kept[n-1].TPR >= step {
			kept = append(kept, ROC{p.FPR, p.TPR})
		}
	}
	return kept
}
