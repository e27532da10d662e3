package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// CrossedBootstrap returns the mean of differences, S seeds × C classes, with its 95 % percentile interval: that of
// the means of differences whose seeds and classes are both drawn with replacement. The pairs of one class have much
// in common, so an interval of pairs drawn on their own would be too narrow. With one class only the seeds vary.
// A difference that is not finite leaves no meaningful interval. It panics unless diff is a table of at least 1×1
// and resamples ≥ 1; 10,000 are plenty. Owen, “The pigeonhole bootstrap”, Annals of Applied Statistics 1(2), 2007.
func CrossedBootstrap(rng *rand.Rand, diff [][]float64, resamples int) (mean, low, high float64) {
	if len(diff) == 0 || len(diff[0]) == 0 || resamples < 1 {
		panic(fmt.Sprintf("eval: CrossedBootstrap: %d seeds and %d resamples, want at least 1 of each, and of classes", len(diff), resamples))
	}
	seeds, classes := make([]int, len(diff)), make([]int, len(diff[0]))
	for i := range seeds {
		if seeds[i] = i; len(diff[i]) != len(classes) {
			panic(fmt.Sprintf("eval: CrossedBootstrap: %d classes of seed %d, %d of the first", len(diff[i]), i, len(classes)))
		}
	}
	for j := range classes {
		classes[j] = j
	}
	average := func() (sum float64) {
		for _, i := range seeds {
			for _, j := range classes {
				sum += diff[i][j]
			}
		}
		return sum / float64(len(seeds)*len(classes))
	}
	mean = average()
	means := make([]float64, resamples)
	for r := range means {
		for i := range seeds {
			seeds[i] = rng.IntN(len(seeds))
		}
		for j := range classes {
			classes[j] = rng.IntN(len(classes))
		}
		means[r] = average()
	}
	slices.Sort(means)
	return mean, quantile(means, 0.025), quantile(means, 0.975)
}
