package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"deepgmm/dcgmm/arch"
)

// Usual says which log-likelihoods the positions of a layer have of inliers: of each position, or, with one value only,
// of all together.
type Usual struct {
	Median []float32
	Unit   []float32 // from the median down to the 5 % quantile, above 0
}

// Bounds of what a Usual is made of, and of what goes into the header of a checkpoint.
const (
	usualImages    = 1000    // at most, spread evenly
	usualValues    = 1 << 24 // of a layer's positions in all these images, at most
	leastUsual     = 16      // images, even if these are more values
	usualPositions = 4096    // of all layers with values for each position; other layers have one for all
)

// usualSizes says for how many positions there are values, by layer: for each, as long as they are not too many.
func usualSizes(a arch.Arch) []int {
	sizes, left := make([]int, len(a.Layers)), usualPositions
	for i, l := range a.Layers {
		sizes[i] = 1
		if l.P() <= left {
			sizes[i] = l.P()
			left -= l.P()
		}
	}
	return sizes
}

// FitUsual finds what is usual at the positions of each layer from inlying images; of many a part that is spread
// evenly is used. workers and the error are as of Evaluate.
func FitUsual(ctx context.Context, n *Network, inliers Images, workers int) ([]Usual, error) {
	if err := n.checkImages(inliers); err != nil {
		return nil, err
	}
	images := usualImages
	for _, l := range n.layers {
		images = min(images, usualValues/l.P())
	}
	some := inliers.spread(max(leastUsual, images))
	all, err := n.positionScores(ctx, some, len(n.layers)-1, workers)
	if err != nil {
		return nil, err
	}
	usual := make([]Usual, len(all))
	for i, size := range usualSizes(n.arch) {
		usual[i] = newUsual(all[i], size)
	}
	return usual, checkUsual(usual, n.arch)
}

// newUsual finds medians and units of N×P values, by P columns.
func newUsual(values []float32, P int) Usual {
	u := Usual{make([]float32, P), make([]float32, P)}
	column, mean := make([]float64, len(values)/P), 0.0
	for p := range P {
		for i := range column {
			column[i] = float64(values[i*P+p])
		}
		slices.Sort(column)
		last := float64(len(column) - 1)
		median := quantile(column, last/2)
		u.Median[p], u.Unit[p] = float32(median), float32(median-quantile(column, last/20))
		mean += float64(u.Unit[p]) / float64(P)
	}
	for p, v := range u.Unit {
		if u.Unit[p] = max(v, float32(leastUnit*mean)); u.Unit[p] == 0 {
			u.Unit[p] = 1
		}
	}
	return u
}

// leastUnit is the share of the mean unit of a layer's positions that each has at least: where all inliers agree, such
// as in a black border, the smallest difference would be beyond all others.
const leastUnit = 0.1

// Heat shows where images are less likely to a layer, counted from 0, than inliers are there (model.md §4): N×H×W
// values, one a pixel. Of every position it takes how far the log-likelihood is below the median of the inliers, in
// units of the distance from that to their 5 % quantile: 0 is usual, 1 is the limit of 5 % of the inliers, below 0 is
// likelier. A pixel has the mean over the positions that see it. usual is of all layers; nil: that of the network's
// calibrated scorer. The error is that of Evaluate, or says that nothing is known of what is usual. It panics if there
// is no such layer, or if usual is of another architecture.
func (n *Network) Heat(ctx context.Context, images Images, layer int, usual []Usual, workers int) ([]float32, error) {
	n.checkLayer("Heat", layer)
	if usual == nil {
		if n.scorer == nil || n.scorer.Calibration == nil || n.scorer.Calibration.Usual == nil {
			return nil, errors.New("nothing is known of what is usual: calibrate the network's scorer, or see FitUsual")
		}
		usual = n.scorer.Calibration.Usual
	}
	if err := checkUsual(usual, n.arch); err != nil {
		panic("dcgmm: Heat: " + err.Error())
	}
	scores, err := n.PositionScores(ctx, images, layer, workers)
	if err != nil {
		return nil, err
	}
	size, P := n.arch.Input.H*n.arch.Input.W, n.layers[layer].P()
	out, s, u := make([]float32, images.Len()*size), n.newSpreader(layer), usual[layer]
	for i := range images.Len() {
		s.spread(out[i*size:][:size], func(pos int) float64 { return u.below(pos, scores[i*P+pos]) })
	}
	return out, nil
}

// below says how far a log-likelihood at a position is below the usual one, in units.
func (u Usual) below(pos int, v float32) float64 {
	pos = min(pos, len(u.Median)-1)
	return (float64(u.Median[pos]) - float64(v)) / float64(u.Unit[pos])
}

// checkUsual says what does not fit the architecture.
func checkUsual(all []Usual, a arch.Arch) error {
	if len(all) != len(a.Layers) {
		return fmt.Errorf("usual log-likelihoods of %d layers, not %d", len(all), len(a.Layers))
	}
	for i, size := range usualSizes(a) {
		u := all[i]
		switch {
		case len(u.Median) != size || len(u.Unit) != size:
			return fmt.Errorf("usual log-likelihoods of %d and %d positions of layer %d, not %d",
				len(u.Median), len(u.Unit), i+1, size)
		case !finite(u.Median) || !finite(u.Unit) || !(slices.Min(u.Unit) > 0):
			return fmt.Errorf("a usual log-likelihood of layer %d is not finite, or has no unit", i+1)
		}
	}
	return nil
}
