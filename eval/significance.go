package eval

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// PairedT returns the two-sided p-value of Student's t-test that the mean of paired differences is 0, for n ≥ 2 finite
// differences; with fewer it is 1. Differences that are all equal and not 0 have the p-value 0, all 0 the p-value 1.
func PairedT(diff []float64) float64 {
	n := float64(len(diff))
	if n < 2 {
		return 1
	}
	mean, sd := stat.MeanStdDev(diff, nil)
	switch {
	case mean == 0:
		return 1
	case sd == 0:
		return 0
	}
	t := mean / (sd / math.Sqrt(n))
	return 2 * distuv.StudentsT{Sigma: 1, Nu: n - 1}.CDF(-math.Abs(t))
}

// Holm returns p-values adjusted for their number, in the order given: one that is at most α after it is rejected by
// Holm's step-down procedure, which keeps the chance of any false rejection at α whatever the dependence of the tests.
// Holm, “A simple sequentially rejective multiple test procedure”, Scandinavian Journal of Statistics 6, 1979.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	high := 0.
	for rank, i := range order {
		high = max(high, min(1, float64(len(p)-rank)*p[i]))
		adjusted[i] = high
	}
	return adjusted
}
