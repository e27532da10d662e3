package eval

import (
	"fmt"
	"math"
)

// LogProbMarginal returns the log-likelihood in nats of the observed values of every row of X alone: as the
// covariances are diagonal, the marginal of a mixture is the mixture of its components' marginals. missing says which
// values are not observed, D of them for all rows alike or X.N×D; X may have anything there, even NaN. A row without
// observed values has log Σ_k π_k = 0. dst has N values (nil allocates), sums are float64. It panics unless the
// shapes are these. Workers ≤ 0: GOMAXPROCS.
func (g *GMM) LogProbMarginal(dst []float64, X Matrix, missing []bool, workers int) []float64 {
	g.checkObserved("LogProbMarginal", X, missing)
	dst = sized("LogProbMarginal", dst, X.N)
	g.eachObserved(X, missing, workers, func(i int, o *observed) { dst[i] = o.respond() })
	return dst
}

// Conditional returns the rows of X, N×D, with each missing value replaced by its exact mean given the observed ones,
// Σ_k r_k μ_k with the responsibilities r of the observed values' marginals (Ghahramani & Jordan, “Supervised
// learning from incomplete data via an EM approach”, NIPS 1993); Σ_k π_k μ_k if nothing is observed. dst has N×D
// values (nil allocates) and may be X.X. missing, panics and workers are as for LogProbMarginal.
func (g *GMM) Conditional(dst []float32, X Matrix, missing []bool, workers int) []float32 {
	g.checkObserved("Conditional", X, missing)
	dst = sized("Conditional", dst, X.N*g.D)
	g.eachObserved(X, missing, workers, func(i int, o *observed) {
		o.respond()
		row := dst[i*g.D : (i+1)*g.D]
		copy(row, X.Row(i))
		for _, d := range o.missing {
			var mean float64
			for k, r := range o.r {
				if r > 0 {
					mean += float64(r * float64(g.Means[k*g.D+d]))
				}
			}
			row[d] = float32(mean)
		}
	})
	return dst
}

// observed is one worker's row: which values it has, and what they say.
type observed struct {
	f              *marginals
	index, missing []int     // columns
	x              []float64 // the observed values
	r              []float64 // K: responsibilities, after respond
}

// marginals are log N(x; μ, σ²) = c − (x·s + m)² of every component and column.
type marginals struct {
	K, D    int
	logPi   []float64 // K
	s, m, c []float64 // K×D
}

func (g *GMM) marginals() *marginals {
	n := g.K * g.D
	f := &marginals{K: g.K, D: g.D, s: make([]float64, n), m: make([]float64, n), c: make([]float64, n)}
	for _, w := range g.Weights {
		f.logPi = append(f.logPi, math.Log(float64(w)))
	}
	for i, v := range g.Variances {
		f.s[i] = 1 / math.Sqrt(2*float64(v))
		f.m[i] = -float64(g.Means[i]) * f.s[i]
		f.c[i] = -0.5 * math.Log(2*math.Pi*float64(v))
	}
	return f
}

// checkObserved panics unless the parameters, X and missing fit.
func (g *GMM) checkObserved(name string, X Matrix, missing []bool) {
	g.checkRows(name, X)
	if len(missing) != g.D && len(missing) != X.N*g.D {
		panic(fmt.Sprintf("eval: %s: missing has %d values, want %d or %d×%d", name, len(missing), g.D, X.N, g.D))
	}
}

// eachObserved calls visit for every row, on several goroutines at once.
func (g *GMM) eachObserved(X Matrix, missing []bool, workers int, visit func(i int, o *observed)) {
	f := g.marginals()
	eachPart(workers, X.N, tileRows, func() *observed { return &observed{f: f, r: make([]float64, g.K)} }, func(i0, i1 int, o *observed) {
		for i := i0; i < i1; i++ {
			mask := missing
			if len(missing) != g.D {
				mask = missing[i*g.D : (i+1)*g.D]
			}
			o.load(X.Row(i), mask)
			visit(i, o)
		}
	})
}

// load takes the observed values of a row.
func (o *observed) load(row []float32, missing []bool) {
	o.index, o.missing, o.x = o.index[:0], o.missing[:0], o.x[:0]
	for d, gone := range missing {
		if gone {
			o.missing = append(o.missing, d)
		} else {
			o.index, o.x = append(o.index, d), append(o.x, float64(row[d]))
		}
	}
}

// respond finds the responsibilities and returns the log-likelihood.
func (o *observed) respond() float64 {
	top := math.Inf(-1)
	for k := range o.r {
		o.r[k] = o.f.logScore(k, o.index, o.x)
		top = math.Max(top, o.r[k])
	}
	if math.IsInf(top, -1) { // all weights are 0
		return top
	}
	sum := 0.0
	for k, l := range o.r {
		o.r[k] = math.Exp(l - top)
		sum += o.r[k]
	}
	for k := range o.r {
		o.r[k] /= sum
	}
	return top + math.Log(sum)
}

// best is the component of the largest log-score, the first one of equals.
func (o *observed) best() (best int) {
	top := math.Inf(-1)
	for k := range o.r {
		if l := o.f.logScore(k, o.index, o.x); l > top {
			best, top = k, l
		}
	}
	return best
}

// logScore is log π_k + log N of the values x of the columns index.
func (f *marginals) logScore(k int, index []int, x []float64) float64 {
	s, m, c := f.s[k*f.D:(k+1)*f.D], f.m[k*f.D:(k+1)*f.D], f.c[k*f.D:(k+1)*f.D]
	l := f.logPi[k]
	for i, d := range index {
		t := float64(x[i]*s[d]) + m[d]
		l += c[d] - float64(t*t)
	}
	return l
}
