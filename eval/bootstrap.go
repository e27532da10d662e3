package eval

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a mean over N values, or another figure of them such as a distance between samples, with its 95 %
// interval Low … High. A distance of few rows is too large, and larger still for a bootstrap sample of them; there
// the resampled values are moved, all alike, to have the figure as their mean.
type Interval struct {
	N               int
	Mean, Low, High float64
}

// Bootstrap returns the mean of the values with the percentile interval of the means of samples drawn with
// replacement: its 2.5 % and 97.5 % quantiles. With few values it is too narrow (five: about 83 % instead of 95 %),
// with one it has no width. It contains the mean. A mean that is not finite is all of it. It panics without values or
// for resamples < 1; 10,000 are plenty.
func Bootstrap(values []float64, resamples int, rng *rand.Rand) Interval {
	if len(values) == 0 || resamples < 1 {
		panic(fmt.Sprintf("eval: Bootstrap: %d values and %d resamples, want at least 1 of each", len(values), resamples))
	}
	scale := 1.0
	if far := slices.MaxFunc(values, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) }); math.Abs(far) > 0x1p900 {
		scale = 0x1p-100 // sums must not overflow
	}
	mean := average(len(values), func(i int) float64 { return values[i] * scale }) / scale
	if mean-mean != 0 { // NaN for an infinity, too
		return Interval{len(values), mean, mean, mean}
	}
	means := make([]float64, resamples)
	for r := range means {
		means[r] = average(len(values), func(int) float64 { return values[rng.IntN(len(values))] * scale }) / scale
	}
	slices.Sort(means)
	return holding(len(values), mean, quantile(means, 0.025), quantile(means, 0.975))
}

// BootstrapPaired is Bootstrap of the differences a[i] − b[i] of two models that met the same conditions (seed,
// split) i: an interval without 0 says that they differ. It panics if the slices differ in length.
func BootstrapPaired(a, b []float64, resamples int, rng *rand.Rand) Interval {
	if len(a) != len(b) {
		panic(fmt.Sprintf("eval: BootstrapPaired: %d and %d values are not pairs", len(a), len(b)))
	}
	diff := make([]float64, len(a))
	for i := range a {
		diff[i] = a[i] - b[i]
	}
	return Bootstrap(diff, resamples, rng)
}

// holding is an interval that contains its value: rounding must not put it outside.
func holding(n int, value, low, high float64) Interval {
	return Interval{n, value, min(low, value), max(high, value)}
}

func average(n int, value func(i int) float64) float64 {
	var sum float64
	for i := range n {
		sum += float64(value(i))
	}
	return sum / float64(n)
}

// quantile interpolates between order statistics at p·(n−1), as NumPy does.
func quantile(sorted []float64, p float64) float64 {
	at := float64(p * float64(len(sorted)-1))
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}
