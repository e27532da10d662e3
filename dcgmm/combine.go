package dcgmm

import (
	"fmt"
	"math"
	"slices"
)

// Combinations of the scores of several layers into one (model.md §4). They learn from training scores alone and know no outlier: train[i] and
// scores[i] belong to the same layer; the scores of all layers have equal length. z_i is the score of layer i minus the mean of its
// training scores, over their standard deviation; a layer without spread on the training data is only shifted. They panic
// unless train and scores have the same layers, at least one.

// Standardised is Σ_i z_i.
func Standardised(train, scores [][]float64) []float64 {
	checkCombined("Standardised", train, scores)
	sum := make([]float64, len(scores[0]))
	for i, t := range train {
		for j, z := range standardised(t, scores[i]) {
			sum[j] += z
		}
	}
	return sum
}

// Weakest is min_i z_i: an image is as likely as it is to the layer that likes it least.
func Weakest(train, scores [][]float64) []float64 {
	checkCombined("Weakest", train, scores)
	least := standardised(train[0], scores[0])
	for i, t := range train[1:] {
		for j, z := range standardised(t, scores[i+1]) {
			least[j] = min(least[j], z)
		}
	}
	return least
}

// ridge is added to a correlation of 1, so that two layers that say the same do not make the matrix singular.
const ridge = 1e-3

// Weighted is Σ_i w_i z_i with w = C⁻¹1, C = the correlation matrix of the training scores + 10⁻³ I: layers that say the same share
// their weight. The layers have equally many training scores. That is Fisher's linear discriminant for outliers whose scores are lower by equally many standard deviations in all layers.
func Weighted(train, scores [][]float64) []float64 {
	checkCombined("Weighted", train, scores)
	w := discriminant(train)
	sum := make([]float64, len(scores[0]))
	for i, t := range train {
		for j, z := range standardised(t, scores[i]) {
			sum[j] += w[i] * z
		}
	}
	return sum
}

// discriminant is (C + ridge·I)⁻¹1.
func discriminant(train [][]float64) []float64 {
	n := len(train)
	z := make([][]float64, n)
	c, w := make([]float64, n*n), make([]float64, n)
	for i := range train {
		if len(train[i]) != len(train[0]) {
			panic(fmt.Sprintf("dcgmm: Weighted: layer %d has %d training scores, the first %d", i+1, len(train[i]), len(train[0])))
		}
		z[i], w[i] = standardised(train[i], train[i]), 1
		for j := range i + 1 {
			for k, v := range z[i] {
				c[i*n+j] += v * z[j][k] / float64(len(z[i]))
			}
		}
		c[i*n+i] += ridge
	}
	cholesky(c, n)
	return solveUpper(c, solveLower(c, w))
}

func checkCombined(name string, train, scores [][]float64) {
	if len(train) != len(scores) || len(scores) == 0 {
		panic(fmt.Sprintf("dcgmm: %s: train and scores must have the same layers, at least one", name))
	}
}

// standardised is z of one layer.
func standardised(train, scores []float64) []float64 {
	mean, sd := meanAndDeviation(train)
	if sd == 0 || slices.Min(train) == slices.Max(train) { // of equal scores the deviation may be a rounding error
		sd = 1
	}
	z := make([]float64, len(scores))
	for j, v := range scores {
		z[j] = (v - mean) / sd
	}
	return z
}

func meanAndDeviation(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(sd)
}

// lowestMean is the mean of the m smallest of v, 1 ≤ m ≤ len(v), which it reorders (Hoare 1961, "Algorithm 65: find").
func lowestMean(v []float64, m int) (mean float64) {
	for low, high := 0, len(v)-1; low < high; {
		pivot, i, j := v[(low+high)/2], low, high
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for pivot < v[j] {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case m-1 <= j:
			high = j
		case m-1 >= i:
			low = i
		default:
			low = high
		}
	}
	for _, x := range v[:m] {
		mean += x / float64(m)
	}
	return mean
}
