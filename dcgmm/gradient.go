package dcgmm

import (
	"math"

	"deepgmm/internal/kernel"
)

// mixCounts turns the counts of winners into S_k = Σ_n w_nk for every set and
// clears them (model.md §3, gradient). It returns M, the vectors seen by one set.
func (t *learner) mixCounts(g *GMM, valid int) (M float64) {
	perSet := t.shards / g.Sets
	for set := range g.Sets {
		clear(t.counts)
		for i := range perSet {
			for k := range t.K {
				w := &t.wins[(set*perSet+i)*t.K+k]
				t.counts[k] += float64(*w)
				t.used[k] += int64(*w)
				*w = 0
			}
		}
		if t.grid.identity {
			copy(t.tot[set*t.K:], t.counts)
		} else {
			t.grid.applyVector(t.tot[set*t.K:][:t.K], t.counts)
		}
	}
	return float64(t.P / g.Sets * valid)
}

// mixedSums adds up the shards of a set for the dimensions of one chunk, mixes
// them with G and clears them: X_k and Q_k of model.md §3. The results have rows of length ld.
func (t *learner) mixedSums(s *scratch, sets, set, chunk int) (X, Q []float32, ld int) {
	d0, d1 := t.span(chunk)
	perSet := t.shards / sets
	size := (t.K + 1) * t.ld
	X, Q = t.X[set*perSet*size+d0:], t.Q[set*perSet*size+d0:]
	for i := 1; i < perSet; i++ {
		for k := range t.K {
			at := (set*perSet+i)*size + k*t.ld
			add(X[k*t.ld:], t.X[at+d0:at+d1])
			add(Q[k*t.ld:], t.Q[at+d0:at+d1])
		}
	}
	if t.grid.identity {
		return X, Q, t.ld
	}
	ld = d1 - d0
	t.grid.apply(s.mixX, s.mix, ld, X, t.ld, ld)
	t.grid.apply(s.mixQ, s.mix, ld, Q, t.ld, ld)
	return s.mixX, s.mixQ, ld
}

// add computes dst += src and clears src.
func add(dst, src []float32) {
	for i, v := range src {
		dst[i] += v
		src[i] = 0
	}
}

func (t *learner) clearSums(sets, set, chunk int) {
	d0, d1 := t.span(chunk)
	base := set * (t.shards / sets) * (t.K + 1) * t.ld
	for k := range t.K {
		clear(t.X[base+k*t.ld+d0 : base+k*t.ld+d1])
		clear(t.Q[base+k*t.ld+d0 : base+k*t.ld+d1])
	}
}

// update does one step of gradient ascent on μ and s for one set and chunk of dimensions and
// refreshes what depends on them.
func (t *learner) update(s *scratch, g *GMM, c *Config, set, chunk int, M float64, maxPrecRoot float32) {
	X, Q, ld := t.mixedSums(s, g.Sets, set, chunk)
	d0, d1 := t.span(chunk)
	d1 = min(d1, t.D)
	rate := t.ann.Rate / M
	f := &g.form[set]
	bad := false
	for k := range t.K {
		row := k*t.D + d0
		at := set*t.K*t.D + row
		sumLog, finite := kernel.Ascend(g.Mu[at:at+d1-d0], g.PrecRoot[at:], X[k*ld:], Q[k*ld:], f.S[row:], f.M[row:], kernel.Step{
			S: float32(t.tot[set*t.K+k]), Mu: float32(rate * c.RateMu), Root: float32(rate * c.RatePrecRoot), Min: minPrecRoot, Max: maxPrecRoot})
		t.logs[chunk][set*t.K+k] = sumLog
		bad = bad || !finite
	}
	t.clearSums(g.Sets, set, chunk)
	t.bad[chunk*g.Sets+set] = bad
}

// finish updates the logits and the constants of all sets after their dimensions.
func (t *learner) finish(g *GMM, c *Config, M float64, logDet, pi []float64) {
	for set := range g.Sets {
		softmax64(pi, g.Logits[set*t.K:][:t.K])
		for k := range t.K {
			g.Logits[set*t.K+k] += float32(t.ann.Rate * c.RateLogits * (t.tot[set*t.K+k]/M - pi[k]))
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
			return "mean or precision"
		}
	}
	return ""
}
