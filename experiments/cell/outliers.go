package cell

import (
	"context"
	"fmt"

	"deepgmm/dcgmm"
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

// modelScores are the scores of a network (model.md §4), MainScore first. A network of one layer has that one only.
// train are the scores of the training images; positions is P of every layer.
func modelScores(train, seen []dcgmm.LayerScores, positions []int) []score {
	top := len(seen) - 1
	scores := []score{{MainScore, seen[top].LSE}}
	if top == 0 {
		return scores
	}
	for i, l := range seen {
		if i < top {
			scores = append(scores, score{fmt.Sprintf("layer %d", i+1), l.LSE})
		}
		if positions[i] > 1 {
			scores = append(scores, score{fmt.Sprintf("layer %d min", i+1), l.Min}, score{fmt.Sprintf("layer %d tail", i+1), l.Tail})
		}
	}
	trainMeans, trainTails, trainAll := columnsOf(train, positions)
	means, tails, all := columnsOf(seen, positions)
	return append(scores,
		score{"sum", sumOverPositions(means, positions)},
		score{"combined", combined(dcgmm.Sum, trainMeans, means)},
		score{"combined tail", combined(dcgmm.Sum, trainTails, tails)},
		score{"weakest", combined(dcgmm.Weakest, trainMeans, means)},
		score{"weighted", combined(dcgmm.Weighted, trainAll, all)})
}

func combined(rule dcgmm.Rule, train, seen [][]float64) []float64 {
	return dcgmm.FitCombination(rule, train).Score(seen)
}

// columnsOf are the mean scores of every layer and their tails; all has the tails of layers of several positions only,
// behind the means: of one position the tail is the mean.
func columnsOf(layers []dcgmm.LayerScores, positions []int) (means, tails, all [][]float64) {
	var different [][]float64
	for i, l := range layers {
		means, tails = append(means, l.LSE), append(tails, l.Tail)
		if positions[i] > 1 {
			different = append(different, l.Tail)
		}
	}
	return means, tails, append(means[:len(means):len(means)], different...)
}

// sumOverPositions is Σ_i P_i·mean_i: the log-likelihoods of all vectors of all layers.
func sumOverPositions(means [][]float64, positions []int) []float64 {
	sum := make([]float64, len(means[0]))
	for i, layer := range means {
		for j, v := range layer {
			sum[j] += float64(positions[i]) * v
		}
	}
	return sum
}
