package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A mixture and data for one E-step.
type pruneCase struct {
	name string
	X    Matrix
	g    *GMM
	few  bool // few components matter, so most must have been ruled out
}

func pruneCases() []pruneCase {
	X, labels := blobs(700, 133, 9, 0.2, 21) // 133 = 8 chunks and a rest
	apart := GMMFromLabels(X, labels, 9, 1e-3)
	r := rand.New(rand.NewPCG(22, 0))
	mixed := make([]int, X.N)
	for i := range mixed {
		mixed[i] = r.IntN(9)
	}
	flat := GMMFromLabels(X, mixed, 9, 0.5) // groups at random: all components nearly equal
	zero := GMMFromLabels(X, labels, 9, 1e-3)
	zero.Weights[4] = 0
	sharp := GMMFromLabels(X, labels, 9, 1e-3)
	for i := range sharp.Variances {
		sharp.Variances[i] = 1e-10
	}
	twins := GMMFromLabels(X, labels, 9, 1e-3) // two of a kind, and one that is better only in the last columns
	copy(twins.Means[5*133:6*133], twins.Means[2*133:])
	copy(twins.Variances[5*133:6*133], twins.Variances[2*133:])
	copy(twins.Means[7*133:8*133-9], twins.Means[3*133:])
	copy(twins.Variances[7*133:8*133-9], twins.Variances[3*133:])
	large, wide := Matrix{X.N, X.D, make([]float32, len(X.X))}, GMMFromLabels(X, labels, 9, 1e-3)
	for i, v := range X.X {
		large.X[i] = 1e12 * v
	}
	for i := range wide.Means {
		wide.Means[i] *= 1e12
		wide.Variances[i] *= 1e24
	}
	return []pruneCase{
		{"apart", X, apart, true}, {"flat", X, flat, false}, {"a weight of 0", X, zero, true}, {"sharp", X, sharp, true},
		{"twins", X, twins, true}, {"large", large, wide, true},
	}
}

// The E-step with components left out is the complete one up to the rounding of scores.
func TestPrunedStepIsTheCompleteOne(t *testing.T) {
	for _, c := range pruneCases() {
		w, ctx := c.g.forms(), context.Background()
		e, all := newEM(c.X, GMMConfig{K: 9, Workers: 1}), newEM(c.X, GMMConfig{K: 9, Workers: 1})
		p := newPruner(c.X, w, e.bufs[0].n)
		if p == nil {
			t.Fatalf("%s: nothing is pruned", c.name)
		}
		got, err1 := e.pass(ctx, w, p)
		want, err2 := all.pass(ctx, w, nil)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", c.name, err1, err2)
		}
		size := 0.0 // of the scores: a near tie is decided by their rounding
		for _, l := range c.g.LogScores(nil, c.X, 1) {
			if !math.IsInf(float64(l), 0) {
				size = math.Max(size, math.Abs(float64(l)))
			}
		}
		if tol := 1e-6; math.Abs(got-want) > tol*size {
			t.Errorf("%s: log-likelihood %v, complete %v", c.name, got, want)
		}
		scale := 0.0
		for _, q := range all.total.q {
			scale = math.Max(scale, q)
		}
		for k := range 9 {
			if math.Abs(e.total.n[k]-all.total.n[k]) > 1e-6*size*float64(c.X.N) && c.name != "sharp" {
				t.Errorf("%s: component %d has %v rows, complete %v", c.name, k, e.total.n[k], all.total.n[k])
			}
		}
		for i, q := range e.total.q {
			if math.Abs(q-all.total.q[i]) > 1e-3*scale {
				t.Fatalf("%s: Σr·x² is %v, complete %v", c.name, q, all.total.q[i])
			}
		}
		e.bufs[0].load(c.X.X[:blockRows*c.X.D])
		if open := e.bufs[0].lead(blockRows, p); c.few != (open < 9*blockRows/2) {
			t.Errorf("%s: %d components of a block are left open", c.name, open)
		}
	}
}

// What is left out has no share: log-likelihood and responsibilities are those of the definition in float64.
func TestPrunedStepMatchesTheDefinition(t *testing.T) {
	for _, c := range pruneCases()[:3] {
		e := newEM(c.X, GMMConfig{K: 9})
		L, err := e.expect(context.Background(), c.g)
		if err != nil {
			t.Fatal(err)
		}
		n, want := make([]float64, 9), 0.0
		for i := range c.X.N {
			all := logDensity(c.g, c.X.Row(i))
			want += all / float64(c.X.N)
			for k := range 9 {
				one := &GMM{1, c.X.D, c.g.Weights[k : k+1], c.g.Means[k*c.X.D : (k+1)*c.X.D], c.g.Variances[k*c.X.D : (k+1)*c.X.D]}
				if one.Weights[0] > 0 {
					n[k] += math.Exp(logDensity(one, c.X.Row(i)) - all)
				}
			}
		}
		if !near(L, want, 1e-6) {
			t.Errorf("%s: log-likelihood %v, by definition %v", c.name, L, want)
		}
		for k, v := range n {
			if math.Abs(e.total.n[k]-v) > 0.01 {
				t.Errorf("%s: component %d has %v rows, by definition %v", c.name, k, e.total.n[k], v)
			}
		}
	}
}

// An overflow must be told, not pruned away.
func TestPrunedStepTellsOverflow(t *testing.T) {
	c := pruneCases()[0]
	c.X.X[5*c.X.D+7] = 1e30
	if _, err := newEM(c.X, GMMConfig{K: 9}).expect(context.Background(), c.g); err == nil {
		t.Error("no error")
	}
}

func TestPrunedEMDoesNotDependOnWorkers(t *testing.T) {
	X, labels := blobs(4500, 150, 7, 0.3, 23)
	start := GMMFromLabels(X, labels, 7, 1e-2)
	var first string
	for _, workers := range []int{1, 2, 5} {
		fit, err := FitGMMFrom(context.Background(), X, start, GMMConfig{K: 7, MaxIter: 4, Tol: -1, Workers: workers})
		if err != nil || !fit.Monotone {
			t.Fatal(err, fit.Shortfall)
		}
		if first == "" {
			first = fmt.Sprint(fit)
		}
		if fmt.Sprint(fit) != first {
			t.Errorf("%d workers give other bits", workers)
		}
	}
}
