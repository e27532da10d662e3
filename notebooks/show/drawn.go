package show

import (
	"fmt"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/experiments/report"
)

// Values are images as values in [0, 1], N×H×W×C, whatever is missing.
func Values(images dcgmm.Images) []float32 {
	images.Missing = nil
	return Masked(images)
}

// Recogniser is an independent judge of what drawn images show: the class that most of the 5 nearest images of a set have.
// It knows nothing of the model. It panics if the set has no labels.
func Recogniser(set *dataset.Set) *eval.KNN {
	if set.Labels == nil {
		panic("show: Recogniser: the set has no labels")
	}
	return &eval.KNN{X: Matrix(set), Labels: Classes(set), K: min(5, set.N)}
}

// Recognise says what class the judge takes each of N×H×W×C values in [0, 1] for. The error is the context's. It panics
// unless the values are a whole number of the judge's images.
func Recognise(judge *eval.KNN, values []float32) ([]int, error) {
	if len(values)%judge.X.D != 0 {
		panic(fmt.Sprintf("show: Recognise: %d values are not a whole number of images of %d", len(values), judge.X.D))
	}
	return judge.Classify(Context(), nil, eval.Matrix{N: len(values) / judge.X.D, D: judge.X.D, X: values}, 0)
}

// Agreement is the share of classes that are as wanted, in [0, 1]. It panics if they differ in number.
func Agreement(classes, wanted []int) float64 {
	if len(classes) != len(wanted) {
		panic(fmt.Sprintf("show: Agreement: %d classes, %d wanted", len(classes), len(wanted)))
	}
	n := 0
	for i, c := range classes {
		if c == wanted[i] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(classes)))
}

// MostFrequent is the class that comes most often, of equals the least; −1 if there are none.
func MostFrequent(classes []int) int {
	counts, best := map[int]int{}, -1
	for _, c := range classes {
		counts[c]++
	}
	for c, n := range counts {
		if best < 0 || n > counts[best] || n == counts[best] && c < best {
			best = c
		}
	}
	return best
}

// Trace is the objective of sharpening over the iterations, the mean of the images' traces (Sharpened.Trace); one that ended
// early stays where it ended.
func Trace(name string, traces [][]float64) report.Line {
	l := report.Line{Name: name, Y: (&dcgmm.Sharpened{Trace: traces}).MeanTrace()}
	for i := range l.Y {
		l.X = append(l.X, float64(i))
	}
	return l
}

// Captions formats each value for the captions of a sheet, as by fmt.Sprintf.
func Captions[T any](format string, values []T) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf(format, v))
	}
	return all
}
