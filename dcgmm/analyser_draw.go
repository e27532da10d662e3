package dcgmm

import (
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// Draws of a factor analyser (model.md §6).

// leastGram is what is added to FFᵀ at least: factors that shrank to nothing, as those of a component of black patches
// do, have no directions.
const leastGram = 1e-15

// spreadOf is R⁻¹ of a component. Draws alone need it, so the first one computes those of all components; FFᵀ is summed
// in float64, as factors may be multiples of each other but for rounding.
func (g *factorAnalyser) spreadOf(set, k int) []float32 {
	all := g.spread.Load()
	if all == nil {
		all = g.newSpread() // several goroutines may come here; they find the same
		g.spread.Store(all)
	}
	return (*all)[(set*g.K+k)*g.L*g.L:][:g.L*g.L]
}

func (g *factorAnalyser) newSpread() *[]float32 {
	L, D := g.L, g.D
	all := make([]float32, g.Sets*g.K*L*L)
	R := make([]float64, L*L)
	for i := range g.Sets * g.K {
		f := g.Factors[i*L*D:][:L*D]
		most := 0.0
		for l := range L {
			for j := range l + 1 {
				sum := 0.0
				for d, v := range f[l*D:][:D] {
					sum += float64(float64(v) * float64(f[j*D+d]))
				}
				R[l*L+j] = sum
			}
			most = max(most, R[l*L+l])
		}
		for l := range L {
			R[l*L+l] += max(float64(leastLoading*most), leastGram)
		}
		cholesky(R, L)
		invertLower(R, L)
		for l := range L {
			for j := range l + 1 {
				all[i*L*L+l*L+j] = float32(R[l*L+j])
			}
		}
	}
	return &all
}

// draw draws x = μ_k + (Fᵀz + noise)/s. The noise is scale·ε, and 0 where s is at its bound, and of what of ε that
// leaves out, the projection on the span of the factors, F's rows: along them a vector has the variance of the model,
// that of the loadings and that of the noise, whatever the scale. It takes L + D normal values from r.
func (g *factorAnalyser) draw(dst []float32, set, k int, scale float32, r *rand.Rand) {
	mu, s, f := g.component(set, k)
	L, D := g.L, g.D
	values := make([]float32, D+2*L)
	left, z, along := values[:D], values[D:][:L], values[D+L:]
	for l := range z {
		z[l] = float32(r.NormFloat64())
	}
	for d := range dst[:D] {
		e := float32(r.NormFloat64())
		dst[d] = 0
		if s[d] < g.maxPrecRoot {
			dst[d] = scale * e
		}
		left[d] = e - dst[d]
	}
	spread := g.spreadOf(set, k) // z += (FFᵀ)⁻¹F·left = R⁻ᵀR⁻¹F·left
	for l := range L {
		along[l] = kernel.Dot(f[l*D:][:D], left)
	}
	for l := range L {
		row := spread[l*L:][:l+1]
		var e float32
		for j, c := range row {
			e += float32(c * along[j])
		}
		for j, c := range row {
			z[j] += float32(c * e)
		}
	}
	for l, z := range z {
		for d, v := range f[l*D:][:D] {
			dst[d] += float32(z * v)
		}
	}
	for d, v := range dst[:D] {
		dst[d] = mu[d] + v/s[d]
	}
}

// drawGiven draws a vector of component k given its code.
func (g *factorAnalyser) drawGiven(dst []float32, set, k int, code []float32, scale float32, r *rand.Rand) {
	_, _, f := g.component(set, k)
	clear(dst)
	for l, v := range g.givenCode(set, k, code, scale, r) {
		for d, w := range f[l*g.D:][:g.D] {
			dst[d] += float32(v * w)
		}
	}
	g.addNoise(dst, set, k, scale, r)
}

// givenCode draws factors whose posterior means have a code: z ~ N(G⁻¹code, Λ⁻¹), the deviation times scale.
func (g *factorAnalyser) givenCode(set, k int, code []float32, scale float32, r *rand.Rand) []float32 {
	L := g.L
	z := make([]float32, L)
	for l, v := range code {
		for j, c := range g.column(set, k, l) {
			z[j] += float32(v * c)
		}
	}
	if scale > 0 { // Λ⁻¹ = C⁻ᵀC⁻¹
		inverse := g.inverse[(set*g.K+k)*L*L:][:L*L]
		for l := range L {
			e := scale * float32(r.NormFloat64())
			for j, c := range inverse[l*L:][:l+1] {
				z[j] += float32(c * e)
			}
		}
	}
	return z
}
