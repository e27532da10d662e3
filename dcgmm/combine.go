package dcgmm

import (
	"fmt"
	"math"
	"slices"
)

// A Combination makes one score of those of several layers (model.md §4). It is fitted to training scores alone and
// knows no outlier. With z_i, the score of layer i minus Mean_i over Deviation_i, it is Σ_i Weights_i·z_i, or min_i
// z_i.
type Combination struct {
	Rule            Rule
	Mean, Deviation []float64 // by layer, of the training scores; a deviation is 1 where they are all equal
	Weights         []float64
}

// Rule says how a Combination is made.
type Rule string

const (
	// Sum weighs all layers alike.
	Sum Rule = "sum"
	// Weakest is min_i z_i: an image is as likely as it is to the layer that likes it least.
	Weakest Rule = "weakest"
	// Weighted has the weights C⁻¹1, C = the correlation matrix of the training scores + 10⁻³ I: layers that say the
	// same share their weight. That is Fisher's linear discriminant for outliers whose scores are lower by equally many
	// standard deviations in all layers.
	Weighted Rule = "weighted"
)

// FitCombination fits a rule to training scores by layer. It panics if there is no such rule, no layer or, for
// Weighted, layers of different lengths.
func FitCombination(rule Rule, train [][]float64) *Combination {
	if len(train) == 0 || rule != Sum && rule != Weakest && rule != Weighted {
		panic(fmt.Sprintf("dcgmm: FitCombination: rule %q for the scores of %d layers", rule, len(train)))
	}
	c := &Combination{Rule: rule}
	for _, t := range train {
		mean, sd := meanAndScale(t)
		c.Mean, c.Deviation, c.Weights = append(c.Mean, mean), append(c.Deviation, sd), append(c.Weights, 1)
	}
	if rule == Weighted {
		c.discriminant(train)
	}
	return c
}

// ridge is added to a correlation of 1, so that two layers that say the same do not make the matrix singular.
const ridge = 1e-3

// discriminant sets the weights (C + ridge·I)⁻¹1.
func (c *Combination) discriminant(train [][]float64) {
	n := len(train)
	z, corr := make([][]float64, n), make([]float64, n*n)
	for i, t := range train {
		if len(t) != len(train[0]) {
			panic(fmt.Sprintf("dcgmm: FitCombination: layer %d has %d training scores, the first %d", i+1, len(t), len(train[0])))
		}
		z[i] = c.standardised(i, t)
		for j := range i + 1 {
			corr[i*n+j] = meanProduct(z[i], z[j])
		}
		corr[i*n+i] += ridge
	}
	cholesky(corr, n)
	solveUpper(corr, solveLower(corr, c.Weights))
}

// Score combines scores by layer, of equal length. High means likely. It panics if there are not as many layers as it
// was fitted to.
func (c *Combination) Score(scores [][]float64) []float64 {
	if len(scores) != len(c.Mean) {
		panic(fmt.Sprintf("dcgmm: Combination.Score: scores of %d layers, fitted to %d", len(scores), len(c.Mean)))
	}
	var out []float64
	for i, s := range scores {
		z := c.standardised(i, s)
		switch {
		case c.Rule != Weakest && i == 0:
			out = make([]float64, len(z))
			fallthrough
		case c.Rule != Weakest:
			for j, v := range z {
				out[j] += float64(c.Weights[i] * v)
			}
		case i == 0:
			out = z
		default:
			for j, v := range z {
				out[j] = min(out[j], v)
			}
		}
	}
	return out
}

// standardised is z of one layer.
func (c *Combination) standardised(layer int, scores []float64) []float64 {
	return standardised(scores, c.Mean[layer], c.Deviation[layer])
}

func standardised(scores []float64, mean, deviation float64) []float64 {
	z := make([]float64, len(scores))
	for j, v := range scores {
		z[j] = (v - mean) / deviation
	}
	return z
}

func meanProduct(a, b []float64) (mean float64) {
	for k, v := range a {
		mean += v * b[k] / float64(len(a))
	}
	return mean
}

// meanAndScale has a deviation of 1 where all values are equal.
func meanAndScale(x []float64) (mean, sd float64) {
	mean, sd = meanAndDeviation(x)
	if sd == 0 || slices.Min(x) == slices.Max(x) { // of equal scores the deviation may be a rounding error
		sd = 1
	}
	return mean, sd
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
