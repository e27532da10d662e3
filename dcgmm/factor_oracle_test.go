package dcgmm

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// The oracle of factor analysers has whole D×D matrices: Σ = S⁻¹(I + FᵀF)S⁻¹ (model.md §3), no Woodbury.

// oracleComponent is a covariance with its factorisation.
type oracleComponent struct {
	sigma *mat.SymDense
	chol  mat.Cholesky
	s, f  []float64 // that it is of
}

// covariance is Σ of component k. The last one is kept with what it was made of: to factorise it takes most of a test's time.
func (l *oracleLayer) covariance(set, k, D int) *oracleComponent {
	s, f := l.s[set][k*D:][:D], []float64(nil)
	if l.factors > 0 {
		f = l.f[set][k*l.factors*D:][:l.factors*D]
	}
	if was := l.known[[2]int{set, k}]; was != nil && slices.Equal(was.s, s) && slices.Equal(was.f, f) {
		return was
	}
	g := &oracleComponent{sigma: mat.NewSymDense(D, nil), s: slices.Clone(s), f: slices.Clone(f)}
	if l.known == nil {
		l.known = map[[2]int]*oracleComponent{}
	}
	l.known[[2]int{set, k}] = g
	for a := range D {
		for b := range a + 1 {
			v := 0.0
			if a == b {
				v = 1
			}
			for j := range l.factors {
				f := l.f[set][(k*l.factors+j)*D:]
				v += f[a] * f[b]
			}
			g.sigma.SetSym(a, b, v/(l.s[set][k*D+a]*l.s[set][k*D+b]))
		}
	}
	g.factorise()
	return g
}

func (g *oracleComponent) factorise() {
	if !g.chol.Factorize(g.sigma) {
		panic("the oracle's covariance is not positive definite")
	}
}

// solve is Σ⁻¹v.
func (g *oracleComponent) solve(v []float64) []float64 {
	out := mat.NewVecDense(len(v), nil)
	if err := g.chol.SolveVecTo(out, mat.NewVecDense(len(v), v)); err != nil {
		panic(err)
	}
	return out.RawVector().Data
}

func (g *oracleComponent) logDensity(x, mu []float64) float64 {
	diff := make([]float64, len(x))
	for d := range x {
		diff[d] = x[d] - mu[d]
	}
	quadratic := 0.0
	for d, v := range g.solve(diff) {
		quadratic += diff[d] * v
	}
	return -0.5 * (float64(len(x))*math.Log(2*math.Pi) + g.chol.LogDet() + quadratic)
}

// without is the marginal over the dimensions that are not missing: rows and columns of Σ.
func (g *oracleComponent) without(missing []bool) *oracleComponent {
	var kept []int
	for d, m := range missing {
		if !m {
			kept = append(kept, d)
		}
	}
	out := &oracleComponent{sigma: mat.NewSymDense(len(kept), nil)}
	for a, da := range kept {
		for b, db := range kept[:a+1] {
			out.sigma.SetSym(a, b, g.sigma.At(da, db))
		}
	}
	out.factorise()
	return out
}

// residual is e = S⁻¹Σ⁻¹(x−μ): s∘(x−μ) without factors, (I + FᵀF)⁻¹(s∘(x−μ)) with them.
func (l *oracleLayer) residual(set, k int, x []float64) []float64 {
	D := len(x)
	s, e := l.s[set][k*D:], make([]float64, D)
	for d := range e {
		e[d] = x[d] - l.mu[set][k*D+d]
	}
	if l.factors > 0 {
		e = l.covariance(set, k, D).solve(e)
		for d := range e {
			e[d] /= s[d]
		}
		return e
	}
	for d := range e {
		e[d] *= s[d]
	}
	return e
}

// factorGradient is Σ w (m eᵀ − Λ⁻¹F)/M with m = Fe and Λ⁻¹F = F(I + FᵀF)⁻¹.
func (l *oracleLayer) factorGradient(set int, xs [][]float64, tau float64) []float64 {
	D, L := len(xs[0]), l.factors
	out := make([]float64, l.k*L*D)
	g := l.neighbours(tau)
	weights := make([]float64, l.k)
	for _, x := range xs {
		winner, _, _ := smoothed(g, l.logScores(set, x))
		for k, w := range g[winner] {
			weights[k] += w
			e := l.residual(set, k, x)
			for j := range L {
				at := (k*L + j) * D
				m := 0.0
				for d := range D {
					m += l.f[set][at+d] * e[d]
				}
				for d := range D {
					out[at+d] += w * m * e[d] / float64(len(xs))
				}
			}
		}
	}
	for k, w := range weights {
		c := l.covariance(set, k, D)
		s := l.s[set][k*D:]
		for j := range L {
			at := (k*L + j) * D
			v := make([]float64, D) // (I + FᵀF)⁻¹f = S⁻¹Σ⁻¹S⁻¹f
			for d := range v {
				v[d] = l.f[set][at+d] / s[d]
			}
			for d, x := range c.solve(v) {
				out[at+d] -= w * x / s[d] / float64(len(xs))
			}
		}
	}
	return out
}
