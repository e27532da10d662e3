package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The expected values are exact: of the 2²·3³ = 108 equally likely draws of two seeds and three classes the 2.5 %
// quantile of the means is −1/6 (from 0.9 % to 3.7 %) and the 97.5 % quantile 6/10 (from 94.4 % to 99.1 %), which
// itertools.product of Python enumerates. The bits are those of the suite's own function that this one replaces.
func TestCrossedBootstrap(t *testing.T) {
	diff := [][]float64{{-0.3, 0.1, 0.4}, {0.2, -0.1, 0.8}}
	mean, low, high := CrossedBootstrap(bootstrapRand(), diff, 10_000)
	if mean != 0x1.7777777777778p-03 || low != -0x1.5555555555555p-03 || high != 0x1.3333333333334p-01 {
		t.Errorf("%x in [%x, %x], want 1.1/6 in [-1/6, 0.6]", mean, low, high)
	}
}

// With one class only seeds are drawn: of five values these quantiles were noted before the function came here, and
// Bootstrap agrees within what 10,000 other draws may differ.
func TestCrossedBootstrapOfOneClass(t *testing.T) {
	seeds := []float64{0.02, 0.05, -0.01, 0.03, 0.04}
	var diff [][]float64
	for _, v := range seeds {
		diff = append(diff, []float64{v})
	}
	mean, low, high := CrossedBootstrap(bootstrapRand(), diff, 10_000)
	if mean != 0.026000000000000002 || low != 0.006 || high != 0.042 {
		t.Errorf("%v in [%v, %v], want 0.026 in [0.006, 0.042]", mean, low, high)
	}
	b := Bootstrap(seeds, 10_000, bootstrapRand())
	if math.Abs(b.Mean-mean) > 1e-12 || math.Abs(b.Low-low) > 0.004 || math.Abs(b.High-high) > 0.004 {
		t.Errorf("Bootstrap has %+v", b)
	}
}

func TestCrossedBootstrapPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"no seeds":     func() { CrossedBootstrap(bootstrapRand(), nil, 10) },
		"no classes":   func() { CrossedBootstrap(bootstrapRand(), [][]float64{{}}, 10) },
		"ragged":       func() { CrossedBootstrap(bootstrapRand(), [][]float64{{1, 2}, {1}}, 10) },
		"no resamples": func() { CrossedBootstrap(bootstrapRand(), [][]float64{{1}}, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func bootstrapRand() *rand.Rand { return rand.New(rand.NewPCG(1, 0x626f6f74)) }
