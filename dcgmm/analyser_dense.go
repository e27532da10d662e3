package dcgmm

import "deepgmm/internal/kernel"

// While τ is large a winner takes most components along, and nearly all pairs of a component and a vector count.
// Then whole rows of vectors are worth more than lists of pairs: Y is a product of matrices.

// weigh computes w m of component k for all lanes of a position into a, L×n, and adds Σ w m and Σ w m mᵀ, of which
// the lower triangle, to sums.
func (f *factorStatistics) weigh(s *factorScratch, a, sums []float32, b scored, k int) {
	L, n := f.L, b.n
	weights, w, m := s.near[:f.K+1], s.w[:n], s.m[:L*n]
	f.t.grid.row(weights, k)
	weights[f.K] = 0 // lanes without an image
	for i, winner := range b.arg {
		w[i] = weights[winner]
	}
	inverse, turned := f.fa.inverse[(b.set*f.K+k)*L*L:][:L*L], s.turned[:L*L]
	for l := range L {
		for j := range L {
			turned[l*L+j] = inverse[j*L+l]
		}
	}
	kernel.Mix(kernel.Grid{V: m, Row: n}, kernel.Grid{V: b.p[k*L*n:], Row: n}, 1, turned, L, L, n) // m = C⁻ᵀp
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
