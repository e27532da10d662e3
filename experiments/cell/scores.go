package cell

import (
	"fmt"

	"deepgmm/dcgmm"
)

// modelScores are the scores of a network (model.md §4), MainScore first. A network of one layer has that one only. train are the evaluations of the training
// images; positions is P of every layer.
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
	trainMean, seenMean := pick(train, mean), pick(seen, mean)
	return append(scores,
		score{"sum", sumOverPositions(seenMean, positions)},
		score{"combined", combined(dcgmm.Sum, trainMean, seenMean)},
		score{"combined tail", combined(dcgmm.Sum, pick(train, tail), pick(seen, tail))},
		score{"weakest", combined(dcgmm.Weakest, trainMean, seenMean)},
		score{"weighted", combined(dcgmm.Weighted, append(trainMean, tails(train, positions)...), append(seenMean, tails(seen, positions)...))})
}

func combined(rule dcgmm.Rule, train, seen [][]float64) []float64 {
	return dcgmm.FitCombination(rule, train).Score(seen)
}

// tails are those of the layers of several positions: of one position the tail is the mean.
func tails(layers []dcgmm.LayerScores, positions []int) (scores [][]float64) {
	for i, l := range layers {
		if positions[i] > 1 {
			scores = append(scores, l.Tail)
		}
	}
	return scores
}

func mean(l dcgmm.LayerScores) []float64 { return l.LSE }
func tail(l dcgmm.LayerScores) []float64 { return l.Tail }

func pick(layers []dcgmm.LayerScores, of func(dcgmm.LayerScores) []float64) (scores [][]float64) {
	for _, l := range layers {
		scores = append(scores, of(l))
	}
	return scores
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
