package show

import (
	"math"
	"slices"

	"deepgmm/experiments/report"
)

// Gaps says how much the max-component bound gives away (model.md §3): log Σ_k exp ℓ_k − max_k ℓ_k in nats, in [0, log K],
// for every vector of N×H×W×K log-scores. It panics unless they are a whole number of vectors.
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
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Spread is the standard deviation of values (N), NaN if there are none.
func Spread(values []float64) float64 {
	mean, sum := Mean(values), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)))
}

// ShareBelow is the share of values that are less than a limit, in [0, 1]; NaN if there are none.
func ShareBelow(values []float64, limit float64) float64 {
	n := 0
	for _, v := range values {
		if v < limit {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

// exceedingPoints is how many points a curve of Exceeding has.
const exceedingPoints = 200

// Exceeding is the distribution of values as a curve for logarithmic axes: the share of values that are larger, at points
// from low to high, both above 0, in equal ratios.
func Exceeding(name string, values []float64, low, high float64) report.Line {
	sorted := slices.Sorted(slices.Values(values))
	l := report.Line{Name: name}
	for i := range exceedingPoints {
		x := low * math.Pow(high/low, float64(i)/(exceedingPoints-1))
		at, _ := slices.BinarySearchFunc(sorted, x, func(v, x float64) int {
			if v <= x {
				return -1
			}
			return 1
		})
		l.X, l.Y = append(l.X, x), append(l.Y, float64(len(sorted)-at)/float64(len(sorted)))
	}
	return l
}
