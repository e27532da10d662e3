package show

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/gonum/stat"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/experiments/report"
)

// Gaps says how much the max-component bound gives away (model.md §3): log Σ_k exp ℓ_k − max_k ℓ_k in nats, in
// [0, log K], for every vector of N×H×W×K log-scores. It panics unless they are a whole number of vectors.
func Gaps(logScores []float32, k int) []float64 {
	if k < 1 || len(logScores)%k != 0 {
		panic("show: Gaps: the log-scores are not a whole number of vectors")
	}
	var gaps []float64
	for v := range slices.Chunk(logScores, k) {
		high := float64(slices.Max(v))
		sum := -1.0 // without the winner, for precision where the others are tiny
		for _, l := range v {
			sum += math.Exp(float64(l) - high)
		}
		gaps = append(gaps, math.Log1p(max(0, sum)))
	}
	return gaps
}

// Mean is the mean of values, NaN if there are none.
func Mean(values []float64) float64 { return stat.Mean(values, nil) }

// Spread is the standard deviation of values (N), NaN if there are none.
func Spread(values []float64) float64 { return stat.PopStdDev(values, nil) }

// ShareBelow is the share of values that are less than a limit, in [0, 1]; NaN if there are none.
func ShareBelow(values []float64, limit float64) float64 {
	return share(values, func(v float64) bool { return v < limit })
}

func share[T any](values []T, counts func(v T) bool) float64 {
	n := 0
	for _, v := range values {
		if counts(v) {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

// exceedingPoints is how many points a curve of Exceeding has.
const exceedingPoints = 200

// Exceeding is the distribution of values as a curve for logarithmic axes: the share of values that are larger, at
// points from low to high, both above 0, in equal ratios.
func Exceeding(name string, values []float64, low, high float64) report.Line {
	sorted := slices.Sorted(slices.Values(values))
	l := report.Line{Name: name}
	for i := range exceedingPoints {
		x := low * math.Pow(high/low, float64(i)/(exceedingPoints-1))
		at := sort.Search(len(sorted), func(j int) bool { return sorted[j] > x })
		l.X, l.Y = append(l.X, x), append(l.Y, float64(len(sorted)-at)/float64(len(sorted)))
	}
	return l
}

// Trace is the objective of sharpening over the iterations, the mean of the images' traces (Sharpened.Trace); one that
// ended early stays where it ended.
func Trace(name string, traces [][]float64) report.Line {
	l := report.Line{Name: name, Y: (&dcgmm.Sharpened{Trace: traces}).MeanTrace()}
	for i := range l.Y {
		l.X = append(l.X, float64(i))
	}
	return l
}

// MissingErrors is how far filled-in images (N×H×W×C values in [0, 1]) are from the true ones: of each image, the mean
// squared error over its missing pixels, as eval.InpaintingErrors.
func MissingErrors(images dcgmm.Images, filled []float32) []float64 {
	return eval.InpaintingErrors(images.Pix, filled, images.Missing, images.Len(), images.Shape.C)
}

// Recogniser is an evaluator of what samples show, independent of the model: the class that most of the 5 nearest images
// of a set have. It panics if the set has no labels.
func Recogniser(set *dataset.Set) *eval.KNN {
	if set.Labels == nil {
		panic("show: Recogniser: the set has no labels")
	}
	return &eval.KNN{X: Matrix(set), Labels: Classes(set), K: min(5, set.N)}
}

// Recognise says what class a Recogniser takes each of N×H×W×C values in [0, 1] for. The error is the context's. It
// panics unless the values are a whole number of the Recogniser's images.
func Recognise(r *eval.KNN, values []float32) ([]int, error) {
	if len(values)%r.X.D != 0 {
		panic(fmt.Sprintf("show: Recognise: %d values are not a whole number of images of %d", len(values), r.X.D))
	}
	return r.Classify(Context(), nil, eval.Matrix{N: len(values) / r.X.D, D: r.X.D, X: values}, 0)
}

// Agreement is the share of classes that are as wanted, in [0, 1], NaN if there are none. It panics if they differ in
// number.
func Agreement(classes, wanted []int) float64 {
	if len(classes) != len(wanted) {
		panic(fmt.Sprintf("show: Agreement: %d classes, %d wanted", len(classes), len(wanted)))
	}
	return share(numbers(len(classes)), func(i int) bool { return classes[i] == wanted[i] })
}

// DrawnMask makes a mask of h×w pixels, for Images.Missing, out of a drawing in letters: '#' is missing, '.' is known.
// The drawing has rows of equal length; it is magnified to the mask. It panics on other letters and unequal rows.
//
//	show.DrawnMask(28, 28, `
//		....
//		.##.
//		....`)
func DrawnMask(h, w int, drawing string) []bool {
	rows := strings.Fields(drawing)
	for _, row := range rows {
		if len(row) != len(rows[0]) || strings.Trim(row, "#.") != "" {
			panic(fmt.Sprintf("show: DrawnMask: row %q: every row has as many '#' and '.' as the first", row))
		}
	}
	if len(rows) == 0 {
		panic("show: DrawnMask: the drawing is empty")
	}
	return Mask(h, w, func(y, x int) bool { return rows[y*len(rows)/h][x*len(rows[0])/w] == '#' })
}

// Mask makes a mask of h×w pixels, for Images.Missing, out of a function that says of each pixel whether it is missing.
func Mask(h, w int, missing func(y, x int) bool) []bool {
	mask := make([]bool, 0, h*w)
	for y := range h {
		for x := range w {
			mask = append(mask, missing(y, x))
		}
	}
	return mask
}

// ShareMissing is the share of a mask's pixels that are missing, in [0, 1].
func ShareMissing(mask []bool) float64 {
	return share(mask, func(missing bool) bool { return missing })
}

// missingGray is how a pixel that is not known is shown.
const missingGray = 0.4

// Masked returns images as values in [0, 1], N×H×W×C, missing pixels gray: for Sheet, beside the filled-in ones. It
// panics if the mask does not fit the images.
func Masked(images dcgmm.Images) []float32 {
	pixels := images.Shape.H * images.Shape.W
	if n := len(images.Missing); n != 0 && n != pixels && n != pixels*images.Len() {
		panic(fmt.Sprintf("show: Masked: %d values of Missing for %d images of %d pixels", n, images.Len(), pixels))
	}
	values := make([]float32, len(images.Pix))
	for i, v := range images.Pix {
		values[i] = float32(v) / 255
		if eval.IsMissing(images.Missing, i/images.Shape.C) {
			values[i] = missingGray
		}
	}
	return values
}

// Values are images as values in [0, 1], N×H×W×C, whatever is missing.
func Values(images dcgmm.Images) []float32 {
	images.Missing = nil
	return Masked(images)
}
