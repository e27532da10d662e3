package dcgmm

import (
	"math"

	"deepgmm/internal/kernel"
)

// mixCounts turns the counts of winners into S_k = Σ_n w_nk for every set (model.md §3,
// gradient). It returns M, the vectors seen by one set.
func (t *learner) mixCounts(g *GMM, n, valid int) (M float64) {
	for set := range g.Sets {
		clear(t.counts)
		if t.wide {
			t.takeWins(g, set)
		} else {
			first, end := positions(g.Sets, t.P, set)
			for pos := first; pos < end; pos++ {
				for _, k := range t.arg[pos*n:][:valid] {
					t.counts[k]++
				}
			}
		}
		for k, c := range t.counts {
			t.used[k] += int64(c)
			if t.wonBySet != nil {
				t.wonBySet[set*t.K+k] += int64(c)
			}
		}
		if t.grid.identity {
			copy(t.tot[set*t.K:], t.counts)
		} else {
			t.grid.applyVector(t.tot[set*t.K:][:t.K], t.mixed, t.counts)
		}
	}
	return float64(t.P / g.Sets * valid)
}

// takeWins moves the wins of a set's shards to counts.
func (t *learner) takeWins(g *GMM, set int) {
	perSet := t.shards / g.Sets
	wins := t.wins[set*perSet*2*t.K:][:perSet*2*t.K]
	for i, w := range wins {
		t.counts[i%t.K] += float64(w)
	}
	clear(wins)
}

// mixedSums returns X_k and Q_k of model.md §3 for a set and a chunk of dimensions: rows of length
// ld, valid until the worker's next task.
func (t *learner) mixedSums(s *scratch, p *pass, sets, set, chunk int) (X, Q []float32, ld int) {
	if t.wide {
		X, Q, ld = t.takeShards(s, sets, set, chunk)
	} else {
		X, Q, ld = t.sums(s, p, sets, set, chunk)
	}
	if t.grid.identity {
		return X, Q, ld
	}
	t.grid.apply(s.mixX, s.tmp, ld, X, ld, ld)
	t.grid.apply(s.mixQ, s.tmp, ld, Q, ld, ld)
	return s.mixX, s.mixQ, ld
}

// positions are those that share a set's parameters.
func positions(sets, P, set int) (first, end int) {
	if sets == 1 {
		return 0, P
	}
	return set, set + 1
}

// sums adds up the vectors of all positions of a set.
func (t *learner) sums(s *scratch, p *pass, sets, set, chunk int) (X, Q []float32, ld int) {
	d0, d1 := t.span(chunk)
	ld = kernel.Pad(d1 - d0)
	X, Q = s.X[:(t.K+1)*ld], s.Q[:(t.K+1)*ld]
	clear(X)
	clear(Q)
	table := p.table[t.layer].Part(d0, d1)
	first, end := positions(sets, t.P, set)
	for pos := first; pos < end; pos++ {
		kernel.Accumulate(X, Q, ld, p.patch(t.layer, pos), table, t.arg[pos*p.n:][:p.n], p.n)
	}
	return X, Q, ld
}

// takeShards adds up the shards of a set of a wide layer, in their order, and clears them.
func (t *learner) takeShards(s *scratch, sets, set, chunk int) (X, Q []float32, ld int) {
	d0, d1 := t.span(chunk)
	ld = kernel.Pad(d1 - d0)
	perSet, size := t.shards/sets, (t.K+1)*t.ld
	for i, sums := range [2][]float32{t.X[set*perSet*size:], t.Q[set*perSet*size:]} {
		to := [2][]float32{s.X, s.Q}[i]
		kernel.Mix(kernel.Grid{V: to, Group: ld, Row: ld}, kernel.Grid{V: sums[d0:], Group: t.ld, Row: size}, t.K, t.ones[:perSet], 1, perSet, ld)
		for row := range perSet * (t.K + 1) {
			clear(sums[row*t.ld+d0:][:ld])
		}
	}
	return s.X, s.Q, ld
}

// update does one step of gradient ascent on μ and s for one set and chunk of dimensions and
// refreshes what depends on them.
func (t *learner) update(s *scratch, p *pass, g *GMM, c *Config, set, chunk int, M float64, maxPrecRoot float32) {
	X, Q, ld := t.mixedSums(s, p, g.Sets, set, chunk)
	d0, d1 := t.span(chunk)
	rate := t.ann.Rate / M
	if t.ascent != nil {
		rate = t.ann.Rate // of a gradient that is a mean
	}
	f := &g.form[set]
	bad := g.joined && !t.ascendFactors(s, p, g, set, chunk, X, Q, ld, float32(rate*c.RateFactors), float32(M))
	for k := range t.K {
		row := k*t.D + d0
		at := set*t.K*t.D + row
		step := kernel.Step{S: float32(t.tot[set*t.K+k]), Mu: float32(rate * c.RateMu), Root: float32(rate * c.RatePrecRoot), Min: minPrecRoot, Max: maxPrecRoot}
		var sumLog float64
		var finite bool
		if t.ascent != nil {
			sumLog, finite = t.ascent.ascend(g.Mu[at:at+d1-d0], g.PrecRoot[at:], X[k*ld:], Q[k*ld:], f.S[row:], f.M[row:], s.gm, s.gs, at, float32(M), step)
		} else {
			sumLog, finite = kernel.Ascend(g.Mu[at:at+d1-d0], g.PrecRoot[at:], X[k*ld:], Q[k*ld:], f.S[row:], f.M[row:], step)
		}
		t.logs[chunk][set*t.K+k] = sumLog
		bad = bad || !finite
	}
	t.bad[chunk*g.Sets+set] = bad
}

// finish updates the logits and the constants of all sets after their dimensions.
func (t *learner) finish(g *GMM, c *Config, M float64, logDet, pi []float64) {
	for set := range g.Sets {
		softmax64(pi, g.Logits[set*t.K:][:t.K])
		for k := range t.K {
			gradient := t.tot[set*t.K+k]/M - pi[k]
			if t.ascent != nil {
				at := set*t.K + k
				logit := [1]float32{float32(gradient)}
				t.ascent.step(g.Logits[at:at+1], logit[:], ofLogits, at, float32(t.ann.Rate*c.RateLogits))
			} else {
				g.Logits[set*t.K+k] += float32(t.ann.Rate * c.RateLogits * gradient)
			}
			logDet[k] = 0
			for _, l := range t.logs {
				logDet[k] += l[set*t.K+k]
			}
		}
		g.refreshConstants(set, logDet, pi)
	}
}

// health says what of the layer is not finite, or "".
func (t *learner) health(loss float64) string {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return "loss"
	}
	for _, b := range t.bad {
		if b {
			if t.factors != nil {
				return "mean, precision or factor"
			}
			return "mean or precision"
		}
	}
	return ""
}
