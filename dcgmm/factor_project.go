package dcgmm

import (
	"math"

	"deepgmm/internal/kernel"
)

// A projection holds what follows from the factors, kept up to date with them. With
// Λ = I + FFᵀ = CCᵀ and y = s∘(x−μ),
//
//	ℓ = (ℓ of the diagonal mixture) − ½ log det Λ + ½‖p‖²,  p = C⁻¹Fy
//
// (Woodbury; model.md §3, factor analysers). p is L linear forms of x for every component.
type projection struct {
	joined     bool           // the factors are not all 0
	forms      []kernel.Forms // by set: W = C⁻¹F∘s, K·L×D, and B = −Wμ
	inverse    []float32      // Sets×K×L×L: C⁻¹, with 0 above the diagonal
	invLambda  []float64      // Sets×K×L×L: Λ⁻¹
	halfLogDet []float64      // Sets×K: ½ log det Λ
}

// addFactors gives every component L factors of 0.
func (g *GMM) addFactors(L int) {
	if L == 0 {
		return
	}
	n := g.Sets * g.K
	g.L, g.Factors = L, make([]float32, n*L*g.D)
	g.inverse, g.invLambda, g.halfLogDet = make([]float32, n*L*L), make([]float64, n*L*L), make([]float64, n)
	for range g.Sets {
		g.forms = append(g.forms, kernel.Forms{R: g.K * L, D: g.D, W: make([]float32, g.K*L*g.D), B: make([]float32, g.K*L)})
	}
}

// refreshFactors recomputes the projections. Factors that are all 0 are left out of every computation.
func (g *GMM) refreshFactors() {
	g.joined = false
	for _, v := range g.Factors {
		g.joined = g.joined || v != 0
	}
	if !g.joined {
		return
	}
	for i := range g.Sets * g.K {
		g.project(i/g.K, i%g.K)
	}
}

// project recomputes the projection of one component.
func (g *GMM) project(set, k int) {
	mu, s, f := g.component(set, k)
	L, D, at := g.L, g.D, set*g.K+k
	lambda, inverse := g.invLambda[at*L*L:][:L*L], g.inverse[at*L*L:][:L*L]
	for l := range L {
		for j := range l + 1 {
			lambda[l*L+j] = float64(kernel.Dot(f[l*D:][:D], f[j*D:][:D]))
		}
		lambda[l*L+l]++
	}
	g.halfLogDet[at] = cholesky(lambda, L)
	invertLower(lambda, L)
	for l := range L {
		for j := range l + 1 {
			inverse[l*L+j] = float32(lambda[l*L+j])
		}
	}
	squareLower(lambda, L)
	W, B := g.forms[set].W[k*L*D:][:L*D], g.forms[set].B[k*L:][:L]
	whole := D &^ (kernel.Lanes - 1)
	kernel.Mix(kernel.Grid{V: W, Row: D}, kernel.Grid{V: f, Row: D}, 1, inverse, L, L, whole)
	for l := range L {
		for d := whole; d < D; d++ {
			W[l*D+d] = 0
			for j := range l + 1 {
				W[l*D+d] += inverse[l*L+j] * f[j*D+d]
			}
		}
		B[l] = -kernel.ScaleDot(W[l*D:][:D], s, mu)
	}
}

// cholesky replaces the lower triangle of a symmetric n×n matrix by C with CCᵀ = a and returns Σ log C_ll, half of log det a.
func cholesky(a []float64, n int) (halfLogDet float64) {
	for l := range n {
		for j := range l + 1 {
			sum := a[l*n+j]
			for i := range j {
				sum -= a[l*n+i] * a[j*n+i]
			}
			if j == l {
				a[l*n+l] = math.Sqrt(sum)
				halfLogDet += math.Log(a[l*n+l])
			} else {
				a[l*n+j] = sum / a[j*n+j]
			}
		}
	}
	return halfLogDet
}

// invertLower replaces a lower triangular matrix by its inverse.
func invertLower(a []float64, n int) {
	for j := range n {
		a[j*n+j] = 1 / a[j*n+j]
		for l := j + 1; l < n; l++ {
			sum := 0.0
			for i := j; i < l; i++ {
				sum -= a[l*n+i] * a[i*n+j]
			}
			a[l*n+j] = sum / a[l*n+l]
		}
	}
}

// squareLower replaces a lower triangular matrix A by the symmetric AᵀA.
func squareLower(a []float64, n int) {
	for l := range n {
		for j := range l + 1 { // only the rows from l on, which are still A's
			sum := 0.0
			for i := l; i < n; i++ {
				sum += a[i*n+l] * a[i*n+j]
			}
			a[l*n+j] = sum
		}
		for j := range l {
			a[j*n+l] = a[l*n+j]
		}
	}
}
