package eval

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
)

// logDensity is log Σ_k π_k N(x; μ_k, σ_k²) by the definition.
func logDensity(g *GMM, x []float32) float64 {
	logs, top := make([]float64, g.K), math.Inf(-1)
	for k := range g.K {
		logs[k] = math.Log(float64(g.Weights[k]))
		for d, v := range x {
			variance := float64(g.Variances[k*g.D+d])
			diff := float64(v) - float64(g.Means[k*g.D+d])
			logs[k] -= 0.5*math.Log(2*math.Pi*variance) + diff*diff/(2*variance)
		}
		top = math.Max(top, logs[k])
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - top)
	}
	return top + math.Log(sum)
}

func TestLogProbIsTheDensity(t *testing.T) {
	X, labels := blobs(301, 13, 5, 0.1, 7)
	g := GMMFromLabels(X, labels, 5, 1e-3)
	dst := make([]float64, X.N)
	g.LogProb(dst, X, 3)
	sum := 0.0
	for i, got := range dst {
		want := logDensity(g, X.Row(i))
		sum += want / float64(X.N)
		if !near(got, want, 1e-5) {
			t.Fatalf("row %d: %v, by definition %v", i, got, want)
		}
	}
	if got := g.Score(X, 1); !near(got, sum, 1e-6) {
		t.Errorf("Score %v, mean %v", got, sum)
	}
	scores := g.LogScores(nil, X, 2)
	for i := range X.N {
		best := 0
		for k := range g.K {
			if scores[i*g.K+k] > scores[i*g.K+best] {
				best = k
			}
		}
		if got := g.Predict(nil, X, 2)[i]; got != best {
			t.Fatalf("row %d: predicted %d, best log-score %d", i, got, best)
		}
	}
}

// GMMFromLabels by hand: two rows with label 0, none with 1, one with 2.
func TestGMMFromLabels(t *testing.T) {
	X := Matrix{3, 1, []float32{1, 3, 8}}
	g := GMMFromLabels(X, []int{0, 0, 2}, 3, 0.5)
	if fmt.Sprint(g.Means) != "[2 4 8]" || fmt.Sprintf("%.4f", g.Variances) != "[1.5000 9.1667 0.5000]" {
		t.Errorf("means %v, variances %v", g.Means, g.Variances) // all rows: mean 4, variance 26/3
	}
	if w := g.Weights; !near(float64(w[0]), 2./3, 1e-6) || !near(float64(w[2]), 1./3, 1e-6) || w[1] <= 0 || w[1] > 1e-12 {
		t.Errorf("weights %v", w)
	}
}

func TestEMIsMonotoneAndEndsByTolerance(t *testing.T) {
	for _, reg := range []float64{1e-6, 1e-3, 1e-2} {
		X, _ := blobs(2500, 8, 6, 0.15, 8)
		fit, err := FitGMM(context.Background(), X, GMMConfig{K: 9, RegCovar: reg, MaxIter: 500}, newRand())
		if err != nil {
			t.Fatal(err)
		}
		L := fit.LogLikelihood
		if !fit.Converged || !fit.Monotone || len(L) != fit.Iterations+1 || math.Abs(L[len(L)-1]-L[len(L)-2]) >= 1e-3 {
			t.Errorf("ε %g: converged %t, monotone %t (%g), %d likelihoods of %d iterations", reg, fit.Converged, fit.Monotone, fit.Shortfall, len(L), fit.Iterations)
		}
		if !near(fit.Score(X, 1), L[len(L)-1], 1e-6) {
			t.Errorf("ε %g: score %v, last likelihood %v", reg, fit.Score(X, 1), L[len(L)-1])
		}
		for _, v := range fit.Variances {
			if float64(v) < reg*(1-1e-6) {
				t.Fatalf("variance %v below the floor %v", v, reg)
			}
		}
	}
}

// The check of monotony can fail: a fit whose likelihood drops is told from one that may drop by ε.
func TestShortfallSeesADrop(t *testing.T) {
	var f GMMFit
	for _, s := range []struct{ L, allowed, want float64 }{{-10, 0, 0}, {-8, 0, 0}, {-8.5, 0.6, 0}, {-9.5, 0.25, 0.75}, {-9, -1, 0.75}, {-8, -3, 2}} {
		f.record(s.L, s.allowed)
		if !near(f.Shortfall, s.want, 1e-12) {
			t.Errorf("after L = %v, allowed fall %v: shortfall %v, want %v", s.L, s.allowed, f.Shortfall, s.want)
		}
	}
}

// A component far from all rows dies: it stays where it was, with next to no weight, and the rest goes on.
func TestDeadComponentsDoNoHarm(t *testing.T) {
	X, labels := blobs(500, 3, 2, 0.05, 9)
	start := GMMFromLabels(X, labels, 3, 1e-3)
	for d := range 3 {
		start.Means[2*3+d], start.Variances[2*3+d] = 1e4, 1e-3
	}
	fit, err := FitGMMFrom(context.Background(), X, start, GMMConfig{K: 3, RegCovar: 1e-3})
	if err != nil || fit.Dead != 1 || !fit.Monotone || fit.Means[2*3] != 1e4 || fit.Weights[2] > 1e-12 {
		t.Fatalf("%+v, %v", fit, err)
	}
	two, err := FitGMMFrom(context.Background(), X, GMMFromLabels(X, labels, 2, 1e-3), GMMConfig{K: 2, RegCovar: 1e-3})
	if err != nil || !near(fit.last(), two.last(), 1e-6) {
		t.Errorf("log-likelihood %v with a dead component, %v without", fit.last(), two.last())
	}
}

func TestEMDoesNotDependOnWorkersOrDestroyItsStart(t *testing.T) {
	X, labels := blobs(4100, 21, 5, 0.2, 10)
	start := GMMFromLabels(X, labels, 5, 1e-3)
	before := fmt.Sprint(start)
	c := GMMConfig{K: 5, MaxIter: 8, Tol: -1, Workers: 1}
	one, err := FitGMMFrom(context.Background(), X, start, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 3, 16} {
		c.Workers = workers
		many, err := FitGMMFrom(context.Background(), X, start, c)
		if err != nil || fmt.Sprint(one) != fmt.Sprint(many) {
			t.Errorf("%d workers give other bits (%v)", workers, err)
		}
	}
	if fmt.Sprint(start) != before {
		t.Error("the start was changed")
	}
}

func TestGMMErrors(t *testing.T) {
	X, labels := blobs(20, 2, 2, 0.1, 5)
	bad := Matrix{3, 2, []float32{0, 0, 1, float32(math.Inf(1)), 2, 2}}
	huge := Matrix{3, 1, []float32{3e38, -3e38, 3e38}}
	for want, fit := range map[string]func() error{
		"K is -1": func() error { _, err := FitGMM(context.Background(), X, GMMConfig{K: -1}, newRand()); return err },
		"lower K": func() error { _, err := FitGMM(context.Background(), X, GMMConfig{K: 21}, newRand()); return err },
		"RegCovar is": func() error {
			_, err := FitGMM(context.Background(), X, GMMConfig{K: 2, RegCovar: -1}, newRand())
			return err
		},
		"row 1, column": func() error { _, err := FitGMM(context.Background(), bad, GMMConfig{K: 2}, newRand()); return err },
		"scale the data": func() error {
			_, err := FitGMMFrom(context.Background(), huge, &GMM{1, 1, []float32{1}, []float32{0}, []float32{1}}, GMMConfig{K: 1})
			return err
		},
	} {
		if err := fit(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	for want, call := range map[string]func(){
		"start has 2 components":    func() { _, _ = FitGMMFrom(context.Background(), X, GMMFromLabels(X, labels, 2, 1), GMMConfig{K: 3}) },
		"rows of 2 values, want 3":  func() { new3().LogProb(nil, X, 1) },
		"dst has 1 values":          func() { GMMFromLabels(X, labels, 2, 1).LogProb(make([]float64, 1), X, 1) },
		"label 7 of row 0":          func() { GMMFromLabels(Matrix{1, 1, []float32{1}}, []int{7}, 2, 1) },
		"5 values are not a matrix": func() { GMMFromLabels(Matrix{2, 2, make([]float32, 5)}, []int{0, 0}, 1, 1) },
		"a variance is 0":           func() { (&GMM{1, 1, []float32{1}, []float32{0}, []float32{0}}).Score(Matrix{1, 1, []float32{1}}, 1) },
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

func new3() *GMM {
	return &GMM{K: 1, D: 3, Weights: []float32{1}, Means: make([]float32, 3), Variances: []float32{1, 1, 1}}
}
