package eval

import (
	"math"
	"slices"
	"testing"
)

// In two dimensions by numerical integration over the missing one.
func TestConditionalIsTheIntegral(t *testing.T) {
	g := &GMM{K: 3, D: 2, Weights: []float32{0.5, 0.2, 0.3}, Means: []float32{0.2, 0.9, 0.8, 0.1, 0.4, 0.5}, Variances: []float32{0.01, 0.04, 0.09, 0.02, 0.005, 0.03}}
	for gone := range 2 {
		missing := []bool{gone == 0, gone == 1}
		for _, seen := range []float32{-0.3, 0.25, 0.4, 0.77, 1.2} {
			x := []float32{seen, seen}
			mass, mean := 0.0, 0.0
			const step = 1e-3
			for at := -3.0; at < 4; at += step {
				x[gone] = float32(at)
				p := math.Exp(logDensity(g, x)) * step
				mass += p
				mean += p * float64(x[gone])
			}
			x[gone] = float32(math.NaN())
			X := Matrix{1, 2, x}
			if got := g.LogProbMarginal(nil, X, missing, 1)[0]; !near(got, math.Log(mass), 1e-5) {
				t.Errorf("x_%d = %v: log-likelihood %v, integral %v", 1-gone, seen, got, math.Log(mass))
			}
			if got := g.Conditional(nil, X, missing, 1); !near(float64(got[gone]), mean/mass, 1e-5) || got[1-gone] != seen {
				t.Errorf("x_%d = %v: %v, integral %v", 1-gone, seen, got, mean/mass)
			}
		}
	}
}

func TestNothingAndEverythingMissing(t *testing.T) {
	X, labels := blobs(600, 7, 4, 0.2, 12)
	g := GMMFromLabels(X, labels, 4, 1e-3)
	nothing, everything := make([]bool, 7), slices.Repeat([]bool{true}, 7)
	nearAll(t, "log-likelihood", g.LogProbMarginal(nil, X, nothing, 2), g.LogProb(nil, X, 1), 1e-5)
	if got := g.Conditional(nil, X, nothing, 2); !slices.Equal(got, X.X) {
		t.Error("rows without missing values changed")
	}
	mean := make([]float64, 7)
	for i := range g.Means {
		mean[i%7] += float64(g.Weights[i/7]) * float64(g.Means[i])
	}
	row := Matrix{1, 7, slices.Clone(X.Row(3))}
	nearAll(t, "mean", g.Conditional(row.X, row, everything, 1), mean, 1e-6) // in place
	nearAll(t, "log-likelihood", g.LogProbMarginal(nil, row, everything, 1), []float64{0}, 1e-6)
}

// One mask for all rows is the same mask for each, and workers do not matter.
func TestMasksOfRows(t *testing.T) {
	X, labels := blobs(1300, 5, 3, 0.2, 13)
	g := GMMFromLabels(X, labels, 3, 1e-3)
	mask := []bool{true, false, false, true, false}
	want := g.Conditional(nil, X, mask, 1)
	if got := g.Conditional(nil, X, slices.Repeat(mask, X.N), 3); !slices.Equal(got, want) {
		t.Error("a mask for each row fills in other values than one for all")
	}
}

// A large sample has the mixture's shares, means and variances, these times the noise scale squared.
func TestSampleHasTheMomentsOfTheMixture(t *testing.T) {
	g := &GMM{K: 3, D: 2, Weights: []float32{0.2, 0, 0.8}, Means: []float32{0, 5, 9, 9, -3, 1}, Variances: []float32{1, 4, 1, 1, 0.25, 9}}
	for _, noise := range []float64{1, 0.5} {
		X, components := g.Sample(40_000, noise, newRand())
		fit := GMMFromLabels(X, components, 3, 1e-9)
		for k := range 3 {
			if !near(float64(fit.Weights[k]), float64(g.Weights[k]), 0.01) {
				t.Errorf("noise %v: share %v of component %d", noise, fit.Weights[k], k)
			}
			for i := k * 2; i < k*2+2 && k != 1; i++ {
				sigma := math.Sqrt(float64(g.Variances[i])) * noise
				if math.Abs(float64(fit.Means[i]-g.Means[i])) > 0.05*sigma || !near(math.Sqrt(float64(fit.Variances[i]))/sigma, 1, 0.05) {
					t.Errorf("noise %v: mean %v, variance %v of %d", noise, fit.Means[i], fit.Variances[i], i)
				}
			}
		}
	}
	X, components := g.Sample(50, 0, newRand())
	for i, k := range components {
		if !slices.Equal(X.Row(i), g.Means[2*k:2*k+2]) {
			t.Fatalf("noise 0: row %v of component %d is not its mean", X.Row(i), k)
		}
	}
}
