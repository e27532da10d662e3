package eval

import (
	"context"
	"math"
	"strings"
	"testing"
)

// What a caller got wrong panics with a name, not with what the run-time says of a length or an index.
func TestCallersBugsAreNamed(t *testing.T) {
	ctx := context.Background()
	g, X := new3(), Matrix{2, 3, make([]float32, 6)}
	negative, wrapped := Matrix{N: -1, D: 3}, Matrix{N: 1 << 62, D: 4}
	space := &PCA{D: 2, Dims: 1, Mean: make([]float64, 2), Components: []float32{1, 0}}
	full := func() *PCAGMM {
		return &PCAGMM{Space: space, K: 1, Weights: []float64{1}, Means: []float64{0}, Covs: []float64{1}, Noise: 1}
	}
	four := &GMM{K: 4, D: 1 << 62, Weights: make([]float32, 4)}
	for _, c := range []struct {
		want string
		call func()
	}{
		{"Predict: 0 values are not a matrix of -1×3", func() { g.Predict(nil, negative, 1) }},
		{"LogProb: 0 values are not a matrix of -1×3", func() { g.LogProb(nil, negative, 1) }},
		{"LogProb: 0 values are not a matrix of -1×3", func() { g.Score(negative, 1) }},
		{"LogScores: 0 values are not a matrix of -1×3", func() { g.LogScores(nil, negative, 1) }},
		{"LogProbMarginal: 0 values are not a matrix of -1×3", func() { g.LogProbMarginal(nil, negative, make([]bool, 3), 1) }},
		{"Conditional: 0 values are not a matrix of -1×3", func() { g.Conditional(nil, negative, make([]bool, 3), 1) }},
		{"Predict: parameters do not have the shape K = 0", func() { new(GMM).Predict(nil, X, 1) }},
		{"Predict: parameters do not have the shape K = 4, D = 4611686018427387904", func() { four.Predict(nil, X, 1) }},
		{"0 values are not a matrix of 4611686018427387904×4", func() { g.LogProb(nil, wrapped, 1) }},
		{"0 values are not a matrix of 4611686018427387904×4", func() { _, _ = FitKMeans(ctx, wrapped, KMeansConfig{K: 1}, newRand()) }},
		{"0 values are not a matrix of 4611686018427387904×4", func() { _, _ = FitManifold(ctx, wrapped, 1, 1) }},
		{"GMMFromLabels: 9223372036854775807 rows of 3 values", func() { GMMFromLabels(X, []int{0, 1}, math.MaxInt, 1) }},
		{"Sample: 4611686018427387904 rows of 3 values", func() { g.Sample(1<<62, 1, newRand()) }},
		{"Sample: 4611686018427387904 rows of 2 values", func() { full().Sample(1<<62, 1, newRand()) }},
		{"Evaluate: parameters do not have the shape K = 4", func() {
			(&PCAGMM{Space: &PCA{D: 2, Dims: 1 << 62}, K: 4, Weights: make([]float64, 4)}).Evaluate(X, 1)
		}},
		{"Project: 0 values of the mean", func() { (&PCA{D: 3, Dims: 1}).Project(nil, X, 1) }},
		{"Project: 3 values of the mean and 0 of the components, want 3 and -1×3", func() {
			(&PCA{D: 3, Dims: -1, Mean: make([]float64, 3)}).Project(nil, X, 1)
		}},
		{"Assign: centres have 0 values, want -1×3", func() { (&KMeans{K: -1, D: 3}).Assign(X, 1) }},
		{"Assign: centres have 0 values, want 2×3", func() { (&KMeans{K: 2, D: 3}).Assign(X, 1) }},
		{"Groups: link 0 joins rows 5 and 0 of 3", func() { Groups(3, []Link{{5, 0, 0}}) }},
		{"Groups: link 1 joins rows 0 and -1 of 3", func() { Groups(3, []Link{{0, 1, 0}, {0, -1, 0}}) }},
		{"Groups: -3 rows", func() { Groups(-3, nil) }},
		{"Groups: 9223372036854775807 rows", func() { Groups(math.MaxInt, nil) }},
		{"GradientEnergy: rows of 3 values, want 4294967296×4294967296×1", func() { GradientEnergy(nil, X, 1<<32, 1<<32, 1, 1) }},
		{"GradientEnergy: rows of 4 values, want 4611686018427387905×4×1", func() {
			GradientEnergy(nil, Matrix{1, 4, make([]float32, 4)}, 1<<62+1, 4, 1, 1)
		}},
		{"GradientEnergy: 0 values are not a matrix of -1×3", func() { GradientEnergy(nil, negative, 3, 1, 1, 1) }},
		{"FitGenerative: rows of 3 values, want 2147483648×4294967296×1", func() {
			_, _ = FitGenerative(ctx, X, X, GenerativeConfig{H: 1 << 31, W: 1 << 32}, newRand())
		}},
		{"InpaintingErrors: 0 true", func() { InpaintingErrors(nil, nil, nil, -1, 1) }},
		{"InpaintingErrors: 0 true", func() { InpaintingErrors(nil, nil, nil, 1<<62, 4) }},
		{"InpaintingErrors: 4 true", func() { InpaintingErrors(make([]uint8, 4), make([]float32, 4), make([]bool, 4), 1, 0) }},
	} {
		func() {
			defer func() {
				if r, _ := recover().(string); !strings.HasPrefix(r, "eval: ") || !strings.Contains(r, c.want) {
					t.Errorf("panic %q, want one with %q", r, c.want)
				}
			}()
			c.call()
		}()
	}
}

// More bins than rows are an error before memory is asked for.
func TestTooManyBinsAreAnError(t *testing.T) {
	X := Matrix{2, 3, make([]float32, 6)}
	for _, K := range []int{3, math.MaxInt} {
		if _, err := FitBins(context.Background(), X, BinsConfig{K: K}, newRand()); err == nil || !strings.Contains(err.Error(), "lower K") {
			t.Errorf("K = %d: error %v", K, err)
		}
	}
}
