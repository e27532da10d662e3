package dcgmm

import (
	"math"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// The gradient of the factors (model.md §3, factor analysers). With m = Λ⁻¹Fy and e = y − Fᵀm,
//
//	∂ℓ/∂μ = s∘e,  ∂ℓ/∂s = 1/s − e∘(x−μ),  ∂ℓ/∂F = m eᵀ − Λ⁻¹F.
//
// Summed over the vectors with weights w, all of it follows from S, X and Q of the diagonal mixture and m̄ = Σ w m,
// Σ w m mᵀ and Y = Σ w m xᵀ: no vector of D dimensions is made for a pair but its outer product in Y.

const initialFactor = 0.1

// randomiseFactors draws factors with rows of length about 0.1: too short to change the scores, long enough to have a direction.
func (g *GMM) randomiseFactors(r *rand.Rand) {
	scale := initialFactor / math.Sqrt(float64(g.D))
	for i := range g.Factors {
		g.Factors[i] = float32(scale * r.NormFloat64())
	}
	g.refresh()
}

// mixPairs sums what the pairs of all sets gave, in the order of their shards or groups.
func (t *learner) mixPairs(g *GMM) {
	f, L := t.factors, t.factors.L
	size := L + L*L
	perSet := len(f.sums) / (g.Sets * t.K * size)
	for at := range g.Sets * t.K {
		mean, ma, inv := f.mean[at*L:][:L], f.ma[at*L*L:][:L*L], g.invLambda[at*L*L:][:L*L]
		clear(mean)
		clear(ma)
		set, k := at/t.K, at%t.K
		for part := range perSet {
			sums := f.sums[((set*perSet+part)*t.K+k)*size:][:size]
			for l := range L {
				mean[l] += sums[l]
				for j := range l + 1 {
					ma[l*L+j] += sums[L+l*L+j]
				}
			}
			clear(sums)
		}
		for l := range L {
			for j := range l + 1 {
				v := ma[l*L+j] + float32(t.tot[at]*inv[l*L+j])
				ma[l*L+j], ma[j*L+l] = v, v
			}
		}
	}
}

// outerSums returns Y of a set and a chunk of dimensions, K·L rows of length ld.
func (t *learner) outerSums(s *scratch, p *pass, g *GMM, set, chunk int) []float32 {
	f := t.factors
	d0, d1 := t.span(chunk)
	ld, rows := kernel.Pad(d1-d0), t.K*f.L
	Y := s.Y[:rows*ld]
	if t.wide {
		perSet, size := t.shards/g.Sets, rows*t.ld
		shards := f.Y[set*perSet*size:]
		kernel.Mix(kernel.Grid{V: Y, Group: ld, Row: ld}, kernel.Grid{V: shards[d0:], Group: t.ld, Row: size}, rows, t.ones[:perSet], 1, perSet, ld)
		for row := range perSet * rows {
			clear(shards[row*t.ld+d0:][:ld])
		}
		return Y
	}
	clear(Y)
	table := p.table[t.layer].Part(d0, d1)
	first, end := positions(g.Sets, t.P, set)
	for pos := first; pos < end; pos++ {
		kernel.Gather(s.rows, ld, p.patch(t.layer, pos), table, p.n)
		if f.dense {
			f.addProducts(Y, ld, s.rows, f.a[pos*rows*p.n:][:rows*p.n], p.n)
			continue
		}
		for group := range f.groups {
			kernel.AddOuter(Y, ld, s.rows, ld, f.pairs[pos*f.groups+group], f.L, ld)
		}
	}
	return Y
}

// ascendFactors does one step of gradient ascent on the factors of a set and a chunk of dimensions, and takes from X
// and Q, K rows of length ld, what they explain; M is the number of vectors. It returns whether all new factors are finite.
func (t *learner) ascendFactors(s *scratch, p *pass, g *GMM, set, chunk int, X, Q []float32, ld int, rate, M float32) (finite bool) {
	f, L := t.factors, t.factors.L
	Y := t.outerSums(s, p, g, set, chunk)
	d0, d1 := t.span(chunk)
	finite = true
	for k := range t.K {
		at := set*t.K + k
		mu, r, factors := g.component(set, k)
		step := kernel.FactorStep{L: L, Mean: f.mean[at*L:][:L], A: f.ma[at*L*L:][:L*L], Rate: rate}
		var ok bool
		if t.ascent != nil {
			ok = t.ascent.ascendFactors(s.gf, factors[d0:], t.D, at*L*t.D+d0, mu[d0:d1], r[d0:], X[k*ld:], Q[k*ld:], Y[k*L*ld:], ld, step, M)
		} else {
			ok = kernel.AscendFactors(factors[d0:], t.D, mu[d0:d1], r[d0:], X[k*ld:], Q[k*ld:], Y[k*L*ld:], ld, step)
		}
		finite = finite && ok
	}
	return finite
}

// taskDerive refreshes the projection of one component.
func (t *Trainer) taskDerive(task, _ int) {
	g := t.net.gmms[t.phases.layer]
	g.project(task/g.K, task%g.K)
}
