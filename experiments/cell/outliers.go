package cell

import (
	"context"
	"slices"

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
		r.Outliers = append(r.Outliers, Outlier{s.name, auc, thin(points, step), histogram(in, out)})
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

// histogramBins is the number of bins of a Histogram, histogramTail the share of scores beyond either end.
const (
	histogramBins = 40
	histogramTail = 0.005
)

// histogram counts the scores of known and of unknown classes in equal bins.
func histogram(in, out []float64) *Histogram {
	all := slices.Sorted(slices.Values(slices.Concat(in, out)))
	tail := int(histogramTail * float64(len(all)))
	h := &Histogram{Low: all[tail], High: all[len(all)-1-tail]}
	h.In, h.Out = h.count(in), h.count(out)
	return h
}

// count puts what lies beyond the ends into the first and the last bin.
func (h *Histogram) count(scores []float64) []int {
	bins := make([]int, histogramBins)
	for _, v := range scores {
		at := 0
		if h.High > h.Low {
			at = int(histogramBins * (v - h.Low) / (h.High - h.Low))
		}
		bins[min(max(at, 0), histogramBins-1)]++
	}
	return bins
}

// Outline is the outline of a histogram's counts, In or Out, as corners of a curve: scores, and the share of counted
// images in a bin in per cent.
func (h *Histogram) Outline(counts []int) (x, y []float64) {
	total := 0
	for _, n := range counts {
		total += n
	}
	for i, n := range counts {
		share := 100 * float64(n) / float64(max(1, total))
		for _, edge := range []int{i, i + 1} {
			x = append(x, h.Low+(h.High-h.Low)*float64(edge)/float64(len(counts)))
			y = append(y, share)
		}
	}
	return x, y
}
