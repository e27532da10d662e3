package dcgmm

// A patchBasis has the factors of every component in an orthonormal basis of what they add to a vector. With loadings A
// = S⁻¹Fᵀ, D×L, and AᵀA = GᵀG, G upper triangular, Q = AG⁻¹ has orthonormal columns and Az = Q(Gz). Gm is handed up in
// the place of m, so that codes are as far from each other as the patches that they stand for, and what matters little
// in a patch matters little to the layer above.
type patchBasis struct {
	L    int
	up   []float32 // Sets×K×L×L: C⁻¹Gᵀ, lower triangular
	down []float32 // as many: the columns of G⁻¹ as rows, lower triangular
}

// leastLoading is the share of a component's largest squared loading that is added to all: a factor of no size has a
// direction, too. In float32 it is below what a sum of that size resolves.
const leastLoading = 1e-8

func newPatchBasis(components, L int) *patchBasis {
	n := components * L * L
	return &patchBasis{L: L, up: make([]float32, n), down: make([]float32, n)}
}

// set computes the basis of component i, of precision roots s, D values, factors f, L×D, and C⁻¹, L×L.
func (b *patchBasis) set(i int, s, f, inverse []float32) {
	L, D := b.L, len(s)
	var room squareRoom
	G := room.square(L)
	for d, v := range s {
		precision := float64(v) * float64(v)
		for l := range L {
			c := float64(f[l*D+d]) / precision
			for j := range l + 1 {
				G[l*L+j] += float64(c * float64(f[j*D+d]))
			}
		}
	}
	most := 1e-30
	for l := range L {
		most = max(most, G[l*L+l])
	}
	for l := range L {
		G[l*L+l] += float64(leastLoading * most)
	}
	cholesky(G, L) // Gᵀ
	up, down := b.up[i*L*L:][:L*L], b.down[i*L*L:][:L*L]
	for j := range L {
		for l := range j + 1 {
			sum := 0.0
			for m := l; m <= j; m++ {
				sum += float64(float64(inverse[j*L+m]) * G[m*L+l])
			}
			up[j*L+l] = float32(sum)
		}
	}
	invertLower(G, L) // G⁻ᵀ
	for j := range L {
		for l := range j + 1 {
			down[j*L+l] = float32(G[j*L+l])
		}
	}
}

// up takes the projections p of a component to what is handed up, L×L, lower triangular: (C⁻¹Gᵀ)ᵀp = GC⁻ᵀp = Gm.
func (g *factorAnalyser) up(set, k int) []float32 {
	from := g.inverse
	if g.basis != nil {
		from = g.basis.up
	}
	return from[(set*g.K+k)*g.L*g.L:][:g.L*g.L]
}

// column is that of G⁻¹, l+1 values: the factors that one unit of value l of a code stands for.
func (g *factorAnalyser) column(set, k, l int) []float32 {
	if g.basis == nil {
		return g.unit[g.L-1-l:][:l+1]
	}
	return g.basis.down[((set*g.K+k)*g.L+l)*g.L:][:l+1]
}
