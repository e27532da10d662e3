package eval

import (
	"fmt"
	"math"
	"sync"

	"deepgmm/internal/kernel"
)

// GMM is a mixture of K Gaussians with diagonal covariances over rows of D values.
type GMM struct {
	K, D      int
	Weights   []float32 // K, ≥ 0, sum 1
	Means     []float32 // K×D row-major
	Variances []float32 // K×D row-major, > 0
}

func newGMM(K, D int) *GMM {
	return &GMM{K: K, D: D, Weights: make([]float32, K), Means: make([]float32, K*D), Variances: make([]float32, K*D)}
}

// check panics unless the parameters have the stated shapes and ranges.
func (g *GMM) check(name string) {
	if g.K < 1 || g.D < 1 || len(g.Weights) != g.K || !holds(len(g.Means), g.K, g.D) || !holds(len(g.Variances), g.K, g.D) {
		panic(fmt.Sprintf("eval: %s: parameters do not have the shape K = %d, D = %d", name, g.K, g.D))
	}
	for _, v := range g.Variances {
		if !(v > 0) {
			panic(fmt.Sprintf("eval: %s: a variance is %v, must be above 0", name, v))
		}
	}
	for _, w := range g.Weights {
		if !(w >= 0) {
			panic(fmt.Sprintf("eval: %s: a weight is %v, must not be negative", name, w))
		}
	}
}

// checkRows panics unless the parameters are in range and X has D columns.
func (g *GMM) checkRows(name string, X Matrix) {
	g.check(name)
	X.check(name, g.D)
}

// forms returns the log-scores ℓ_k(x) = log π_k + log N(x; μ_k, σ_k²) as the
// kernels' quadratic forms: S = s/√2, M = −s·μ/√2 with s = 1/σ (model.md §3).
func (g *GMM) forms() kernel.Weights {
	w := kernel.Weights{
		K: g.K, D: g.D,
		S: make([]float32, g.K*g.D), M: make([]float32, g.K*g.D), C: make([]float32, g.K),
	}
	for k := range g.K {
		c := math.Log(float64(g.Weights[k])) - float64(0.5*float64(g.D)*math.Log(2*math.Pi))
		for i := k * g.D; i < (k+1)*g.D; i++ {
			v := float64(g.Variances[i])
			c -= float64(0.5 * math.Log(v))
			w.S[i] = float32(1 / math.Sqrt(2*v))
			w.M[i] = float32(-float64(g.Means[i]) / math.Sqrt(2*v))
		}
		w.C[k] = float32(c)
	}
	return w
}

// each scores the rows of X block by block and calls f for every row i with
// the block it is in and its place j there, on several goroutines at once. Where a float32 score may have
// overflowed it calls extreme instead, with the observed values of the row: all of them.
func (g *GMM) each(X Matrix, workers int, softmax bool, f func(i, j int, b *block), extreme func(i int, o *observed)) {
	w := g.forms()
	whole := Matrix{g.K, g.D, w.M}.checkFinite() == nil
	exact := sync.OnceValue(g.marginals)
	eachPart(workers, X.N, shardRows, func() *block { return newBlock(g.K, X) }, func(i0, i1 int, b *block) {
		inBlocks(i0, i1, func(i0, i1 int) {
			b.score(X, i0, i1, w)
			if softmax {
				b.softmax()
			}
			for i := i0; i < i1; i++ {
				if best := b.best[i-i0]; whole && best-best == 0 {
					f(i, i-i0, b)
					continue
				}
				o := &observed{f: exact(), r: make([]float64, g.K)}
				o.load(X.Row(i), make([]bool, g.D))
				extreme(i, o)
			}
		})
	})
}

// logSum is log Σ_k exp ℓ_k of item j after softmax, in nats.
func (b *block) logSum(j int) float64 { return float64(b.best[j]) + math.Log(float64(b.sum[j])) }

// LogProb returns the log-likelihood log Σ_k π_k N(x; μ_k, σ_k²) in nats of every row of X, written to dst if it has
// N values (nil allocates). High = inlier. It is finite for every row of finite values: what float32 cannot hold is
// found in float64. A row with a NaN gives NaN. Workers ≤ 0: GOMAXPROCS. It panics if X does not have D columns or
// the parameters are out of range.
func (g *GMM) LogProb(dst []float64, X Matrix, workers int) []float64 {
	g.checkRows("LogProb", X)
	dst = sized("LogProb", dst, X.N)
	g.each(X, workers, true, func(i, j int, b *block) { dst[i] = b.logSum(j) },
		func(i int, o *observed) { dst[i] = o.respond() })
	return dst
}

// Score returns the mean of LogProb over the rows of X, in nats.
func (g *GMM) Score(X Matrix, workers int) float64 {
	var sum float64
	for _, v := range g.LogProb(nil, X, workers) {
		sum += v
	}
	return sum / float64(X.N)
}

// Predict returns every row's component of the largest log-score, the first one
// of equals; dst, workers and panics as for LogProb.
func (g *GMM) Predict(dst []int, X Matrix, workers int) []int {
	g.checkRows("Predict", X)
	dst = sized("Predict", dst, X.N)
	g.each(X, workers, false, func(i, j int, b *block) { dst[i] = int(b.arg[j]) },
		func(i int, o *observed) { dst[i] = o.best() })
	return dst
}

// LogScores returns ℓ_k(x) = log π_k + log N(x; μ_k, σ_k²) in nats, N×K
// row-major, −Inf for what is too low for a float32; dst, workers and panics as for LogProb.
func (g *GMM) LogScores(dst []float32, X Matrix, workers int) []float32 {
	g.checkRows("LogScores", X)
	dst = sized("LogScores", dst, X.N*g.K)
	g.each(X, workers, false, func(i, j int, b *block) {
		for k := range g.K {
			dst[i*g.K+k] = b.l[k*b.n+j]
		}
	}, func(i int, o *observed) {
		for k := range g.K {
			dst[i*g.K+k] = float32(o.f.logScore(k, o.index, o.x))
		}
	})
	return dst
}

// sized returns dst, or a new slice of n values if it is nil.
func sized[T any](name string, dst []T, n int) []T {
	if dst == nil {
		return make([]T, n)
	}
	if len(dst) != n {
		panic(fmt.Sprintf("eval: %s: dst has %d values, want %d", name, len(dst), n))
	}
	return dst
}
