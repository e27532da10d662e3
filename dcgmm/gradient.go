package dcgmm

import (
	"math"
	"slices"

	"deepgmm/internal/kernel"
)

// mixCounts turns the counts of winners into S_k = Σ_n w_nk for every set (model.md §3,
// gradient). It returns M, the vectors seen by one set.
func (t *learner) mixCounts(n, valid int) (M float64) {
	g := t.gmm
	for set := range g.Sets {
		clear(t.counts)
		if t.wide {
			t.takeWins(set)
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
func (t *learner) takeWins(set int) {
	perSet := t.shards / t.gmm.Sets
	wins := t.wins[set*perSet*2*t.K:][:perSet*2*t.K]
	for i, w := range wins {
		t.counts[i%t.K] += float64(w)
	}
	clear(wins)
}

// mixedSums sets X_k and Q_k of model.md §3 for the set and dimensions of an update, valid until the worker's next
// task.
func (t *learner) mixedSums(p *pass, s *scratch, u *update) {
	u.d0, u.d1 = t.span(u.chunk)
	u.ld = kernel.Pad(u.d1 - u.d0)
	if t.wide {
		t.takeShards(s, u)
	} else {
		t.sums(p, s, u)
	}
	if u.X, u.Q = s.X, s.Q; t.grid.identity {
		return
	}
	t.grid.apply(s.mixX, s.tmp, u.ld, s.X, u.ld, u.ld)
	t.grid.apply(s.mixQ, s.tmp, u.ld, s.Q, u.ld, u.ld)
	u.X, u.Q = s.mixX, s.mixQ
}

// positions are those that share a set's parameters.
func positions(sets, P, set int) (first, end int) {
	if sets == 1 {
		return 0, P
	}
	return set, set + 1
}

// sums adds up the vectors of all positions of a set.
func (t *learner) sums(p *pass, s *scratch, u *update) {
	X, Q := s.X[:(t.K+1)*u.ld], s.Q[:(t.K+1)*u.ld]
	clear(X)
	clear(Q)
	table := p.table[t.layer].Part(u.d0, u.d1)
	first, end := positions(t.gmm.Sets, t.P, u.set)
	for pos := first; pos < end; pos++ {
		kernel.Accumulate(X, Q, u.ld, p.patch(t.layer, pos), table, t.arg[pos*p.n:][:p.n], p.n)
	}
}

// takeShards adds up the shards of a set of a wide layer, in their order, and clears them.
func (t *learner) takeShards(s *scratch, u *update) {
	perSet, size := t.shards/t.gmm.Sets, (t.K+1)*t.ld
	for i, sums := range [2][]float32{t.X[u.set*perSet*size:], t.Q[u.set*perSet*size:]} {
		to := [2][]float32{s.X, s.Q}[i]
		kernel.Mix(kernel.Grid{V: to, Group: u.ld, Row: u.ld}, kernel.Grid{V: sums[u.d0:], Group: t.ld, Row: size}, t.K, t.ones[:perSet], 1, perSet, u.ld)
		for row := range perSet * (t.K + 1) {
			clear(sums[row*t.ld+u.d0:][:u.ld])
		}
	}
}

// An updateTask is the part of a layer that one task of a step updates.
type updateTask struct{ layer, set, chunk int }

// learn does one step of gradient ascent for one set and chunk of dimensions, M being the vectors of the set, and
// refreshes what depends on them.
func (t *learner) learn(p *pass, s *scratch, c *Config, task updateTask, M float64) {
	u := &s.update
	*u = update{set: task.set, chunk: task.chunk, M: M, rate: t.rate / M, cfg: c}
	if t.optimizer != nil {
		u.rate = t.rate // of a gradient that is a mean
	}
	t.mixedSums(p, s, u)
	t.bad[task.chunk*t.gmm.Sets+task.set] = !t.stats.ascend(p, s, u)
}

// finish updates the logits and the constants of all sets after their dimensions.
func (t *learner) finish(c *Config, M float64, logDet, pi []float64) {
	g := t.gmm
	for set := range g.Sets {
		softmax64(pi, g.Logits[set*t.K:][:t.K])
		for k := range t.K {
			gradient := t.tot[set*t.K+k]/M - pi[k]
			if t.optimizer != nil {
				at := set*t.K + k
				logit := [1]float32{float32(gradient)}
				t.optimizer.step(g.Logits[at:at+1], logit[:], ofLogits, at, float32(t.rate*c.RateLogits))
			} else {
				g.Logits[set*t.K+k] += float32(t.rate * c.RateLogits * gradient)
			}
			logDet[k] = 0
			for _, l := range t.logs {
				logDet[k] += l[set*t.K+k]
			}
		}
		if !g.family.refreshConstants(set, logDet, pi) { // Λ of factors that are far too long
			t.bad[0] = true
		}
	}
}

// health says what of the layer is not finite, or "".
func (t *learner) health(objective float64) string {
	if math.IsNaN(objective) || math.IsInf(objective, 0) {
		return "objective"
	}
	if !slices.Contains(t.bad, true) {
		return ""
	}
	if t.gmm.L > 0 {
		return "mean, precision or factor"
	}
	return "mean or precision"
}
