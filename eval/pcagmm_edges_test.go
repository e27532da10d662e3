package eval

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestPCAGMMErrors(t *testing.T) {
	X := skewed(20, 3, 2, 5)
	alike := Matrix{4, 3, []float32{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}}
	bad := Matrix{3, 2, []float32{0, 0, 1, float32(math.NaN()), 2, 2}}
	for want, of := range map[string]struct {
		X Matrix
		c PCAGMMConfig
	}{
		"K is 0":                      {X, PCAGMMConfig{}},
		"Dims -1":                     {X, PCAGMMConfig{K: 2, Dims: -1}},
		"Tol is NaN":                  {X, PCAGMMConfig{K: 2, Tol: math.NaN()}},
		"Floor is 2":                  {X, PCAGMMConfig{K: 2, Floor: 2}},
		"4 principal components":      {X, PCAGMMConfig{K: 2, Dims: 4}},
		"K = 21 components of N = 20": {X, PCAGMMConfig{K: 21}},
		"all 4 rows are alike":        {alike, PCAGMMConfig{K: 2}},
		"row 1, column 1":             {bad, PCAGMMConfig{K: 2}},
		"1 rows have no covariance":   {Matrix{1, 2, []float32{1, 2}}, PCAGMMConfig{K: 1}},
	} {
		if _, err := FitPCAGMM(context.Background(), of.X, of.c, newRand()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// Rows in a plane, more axes than the plane has, more components than distinct rows: a model all the same, with finite
// scores, that samples near its rows.
func TestPCAGMMOfPoorData(t *testing.T) {
	plane := Matrix{40, 6, make([]float32, 240)}
	r := newRand()
	for i := range plane.N {
		a, b := r.Float32(), r.Float32()
		copy(plane.Row(i), []float32{a, b, a + b, a - b, 0, 0.5})
	}
	few := Matrix{9, 2, []float32{0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1}}
	for name, of := range map[string]struct {
		X Matrix
		c PCAGMMConfig
	}{
		"all axes of a plane":  {plane, PCAGMMConfig{K: 3, Dims: 6}},
		"axes beyond a plane":  {plane, PCAGMMConfig{K: 3, Dims: 4}},
		"the axes of a plane":  {plane, PCAGMMConfig{K: 3, Dims: 2}},
		"a component a row":    {plane, PCAGMMConfig{K: 40, Dims: 3}},
		"three distinct rows":  {few, PCAGMMConfig{K: 6, Dims: 2}},
		"three rows, one axis": {few, PCAGMMConfig{K: 6, Dims: 1, Floor: 1e-6}},
	} {
		fit := fitPCAGMM(t, of.X, of.c)
		s := fit.Evaluate(of.X, 1)
		for i, v := range s.LogProb {
			if v-v != 0 || s.InSpace[i]-s.InSpace[i] != 0 {
				t.Errorf("%s: row %d has %v and %v", name, i, v, s.InSpace[i])
			}
		}
		if fit.Shortfall > 1e-3 {
			t.Errorf("%s: a step lowered the likelihood by %v", name, fit.Shortfall)
		}
		far := of.X.Row(0)[1] + 50
		if v := fit.Evaluate(Matrix{1, of.X.D, append([]float32{far}, of.X.Row(0)[1:]...)}, 1); !(v.LogProb[0] < s.LogProb[0]-100) {
			t.Errorf("%s: a far row has %v, a known one %v", name, v.LogProb[0], s.LogProb[0])
		}
	}
	if dead := fitPCAGMM(t, few, PCAGMMConfig{K: 6, Dims: 2}).Dead; dead != 3 {
		t.Errorf("%d of 6 components died over three distinct rows", dead)
	}
}

// Scores beyond float32 are found in float64.
func TestPCAGMMScoresOfExtremeRows(t *testing.T) {
	fit := fitPCAGMM(t, skewed(300, 4, 2, 8), PCAGMMConfig{K: 2, Dims: 2})
	nan := float32(math.NaN())
	s := fit.Evaluate(Matrix{4, 4, []float32{1e25, 0, 0, 0, 3e38, -3e38, 3e38, 3e38, nan, 0, 0, 0, 0.5, 0.5, 0.5, 0.5}}, 1)
	if !(s.LogProb[1] < s.LogProb[0] && s.LogProb[0] < -1e40) || math.IsInf(s.LogProb[1], 0) {
		t.Errorf("far rows: %v", s.LogProb)
	}
	if !math.IsNaN(s.LogProb[2]) || s.Component[2] != 0 || s.LogProb[3]-s.LogProb[3] != 0 {
		t.Errorf("a row with a NaN and a plain one: %v, component %d", s.LogProb[2:], s.Component[2])
	}
	// The way in float64 agrees with the other one where both can go.
	row := []float32{0.3, 0.6, 0.5, 0.4}
	f, err := fit.forms()
	if err != nil {
		t.Fatal(err)
	}
	want := fit.Evaluate(Matrix{1, 4, row}, 1)
	if v, k, rest := fit.exact(row, f); !near(v, want.InSpace[0], 1e-5) || k != want.Component[0] || !near(v+fit.logNoise(rest), want.LogProb[0], 1e-5) {
		t.Errorf("in float64 %v of %d, want %v", v, k, want)
	}
}

// Without noise samples lie in the space; values stay in the range of pixels.
func TestPCAGMMSamples(t *testing.T) {
	g := known(2)
	for _, noise := range []float64{0, 1} {
		X, components := g.Sample(200, noise, newRand())
		Z := g.Space.Project(nil, X, 1)
		var rest float64
		for i := range X.N {
			rest += g.Space.rest(X.Row(i), Z.Row(i)) / float64(X.N)
			if k := components[i]; k < 0 || k >= g.K {
				t.Fatalf("component %d", k)
			}
		}
		if want := noise * 3 * g.Noise; math.Abs(rest-want) > 0.2*want+1e-8 {
			t.Errorf("noise %v: squared distance %v from the space, want %v", noise, rest, want)
		}
	}
	g.Space.Mean[0], g.Noise = 0, 1 // half of its values are below 0
	X, _ := g.Sample(500, 1, newRand())
	zeros := 0
	for i, v := range X.X {
		if v < 0 || v > 1 {
			t.Fatalf("value %v", v)
		}
		if i%X.D == 0 && v == 0 {
			zeros++
		}
	}
	if zeros < 200 || zeros > 300 {
		t.Errorf("%d of 500 values are clipped to 0", zeros)
	}
}

// Means and factors of the analysers give the same D×D covariances.
func TestPCAGMMAsAnalysers(t *testing.T) {
	fit := fitPCAGMM(t, skewed(500, 7, 3, 2), PCAGMMConfig{K: 3, Dims: 4})
	means, factors := fit.Analysers()
	for k := range fit.K {
		F := mat.NewDense(4, 7, float64s(factors[k*28:(k+1)*28]))
		var C mat.Dense
		C.Mul(F.T(), F)
		want, mean := fit.wholeCov(k), fit.wholeMean(k)
		for i := range 7 {
			if !near(float64(means[k*7+i]), mean[i], 1e-6) {
				t.Errorf("mean %v, want %v", means[k*7:(k+1)*7], mean)
			}
			for j := range 7 {
				v := C.At(i, j)
				if i == j {
					v++
				}
				if math.Abs(fit.Noise*v-want.At(i, j)) > 1e-6 {
					t.Errorf("component %d, covariance %d %d: %v, want %v", k, i, j, fit.Noise*v, want.At(i, j))
				}
			}
		}
	}
	if p := fit.Params(); p != 7*5+3*(1+4+10)+1 {
		t.Errorf("%d parameters", p)
	}
}

func TestPCAGMMEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	phases := map[string]int{}
	_, err := FitPCAGMM(ctx, skewed(3000, 5, 4, 3), PCAGMMConfig{K: 9, Dims: 3, Tol: -1, Progress: func(s Step) {
		if phases[s.Phase]++; s.Phase == "em" && s.Iteration == 2 {
			cancel()
		}
	}}, newRand())
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "iteration 3 of 100") || phases["k-means"] == 0 || phases["em"] != 3 {
		t.Errorf("%v, %v", err, phases)
	}
}

func TestPCAGMMPanics(t *testing.T) {
	fit := fitPCAGMM(t, skewed(100, 3, 2, 1), PCAGMMConfig{K: 2, Dims: 3})
	for want, call := range map[string]func(){
		"rows of 2 values, want 3":     func() { fit.Evaluate(Matrix{1, 2, []float32{1, 2}}, 1) },
		"all axes are in the space":    func() { fit.Analysers() },
		"must not be negative":         func() { fit.Sample(-1, 1, newRand()) },
		"do not have the shape K = 2":  func() { g := fit.PCAGMM; g.Means = g.Means[1:]; g.Evaluate(Matrix{1, 3, make([]float32, 3)}, 1) },
		"is not positive definite":     func() { g := fit.PCAGMM; g.Covs = make([]float64, 18); g.Evaluate(Matrix{1, 3, make([]float32, 3)}, 1) },
		"component 0 is not positive ": func() { g := fit.PCAGMM; g.Covs = make([]float64, 18); g.Sample(1, 1, newRand()) },
	} {
		func() {
			defer func() {
				if r, _ := recover().(string); !strings.HasPrefix(r, "eval: ") || !strings.Contains(r, want) {
					t.Errorf("panic %q, want one with %q", r, want)
				}
			}()
			call()
		}()
	}
}
