package dcgmm

import "deepgmm/internal/kernel"

// While τ is large a winner takes most components along, and nearly all pairs of a component and a vector count.
// Then whole rows of vectors are worth more than lists of pairs: Y is a product of matrices.

// weigh computes w m of component k for all n lanes of a position into a, L×n, and adds Σ w m and Σ w m mᵀ, of which
// the lower triangle, to sums. arg are the winners, p the projections K·L×n.
func (t *learner) weigh(s *scratch, a, sums []float32, g *GMM, set, k int, arg []int32, p []float32, n int) {
	L := t.factors.L
	weights, w, m := s.near[:t.K+1], s.w[:n], s.m[:L*n]
	t.grid.row(weights, k)
	weights[t.K] = 0 // lanes without an image
	for i, winner := range arg {
		w[i] = weights[winner]
	}
	inverse, turned := g.inverse[(set*t.K+k)*L*L:][:L*L], s.turn[:L*L]
	for l := range L {
		for j := range L {
			turned[l*L+j] = inverse[j*L+l]
		}
	}
	kernel.Mix(kernel.Grid{V: m, Row: n}, kernel.Grid{V: p[k*L*n:], Row: n}, 1, turned, L, L, n) // m = C⁻ᵀp
	copy(a, m)
	for l := range L {
		al := a[l*n:][:n]
		sums[l] += kernel.Dot(al, w)
		sums[L+l*L] += kernel.ScaleDot(al, w, m[:n])
		for j := 1; j <= l; j++ {
			sums[L+l*L+j] += kernel.Dot(al, m[j*n:][:n])
		}
	}
}

// accumulateDense adds all pairs of a position of a wide layer to the sums of a shard.
func (t *learner) accumulateDense(p *pass, s *scratch, shard, pos int) {
	f, g, L := t.factors, p.net.gmms[t.layer], t.factors.L
	size, rows := L+L*L, t.K*L
	a := s.a[:rows*p.n]
	for k := range t.K {
		t.weigh(s, a[k*L*p.n:], f.sums[(shard*t.K+k)*size:][:size], g, p.set(t.layer, pos), k, s.arg[:p.n], s.l[t.K*p.n:], p.n)
	}
	kernel.Gather(s.rows, t.ld, p.patch(t.layer, pos), p.table[t.layer], p.n)
	f.addProducts(f.Y[shard*rows*t.ld:][:rows*t.ld], t.ld, s.rows, a, p.n)
}

// addProducts adds a·x to Y, K·L rows of length ld, for n vectors x as rows of length ld.
func (f *factorLearner) addProducts(Y []float32, ld int, x, a []float32, n int) {
	kernel.AddLinear(Y, x, f.tables[ld], kernel.Forms{R: len(a) / n, D: n, W: a}, ld)
}
