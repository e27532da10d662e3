package dcgmm

import (
	"math"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// Mixtures of factor analysers (model.md §3): x = μ + (ε + Fᵀz)/s with ε ~ N(0, I) of D dimensions
// and L < D factors z ~ N(0, I). This file holds what one component says about one vector;
// factor_project.go what all of them say about many, factor_learn.go and factor_grad.go how they learn.

// rows is the number of rows of log-scores and projections of a position.
func (g *GMM) rows() int { return g.K * (1 + g.L) }

// parameters lists what a checkpoint holds.
func (g *GMM) parameters() [][]float32 {
	return [][]float32{g.Mu, g.PrecRoot, g.Logits, g.Factors}
}

// component returns the means, precision roots and factors of a component: D, D and L×D values.
func (g *GMM) component(set, k int) (mu, s, f []float32) {
	at := set*g.K + k
	return g.Mu[at*g.D:][:g.D], g.PrecRoot[at*g.D:][:g.D], g.Factors[at*g.L*g.D:][:g.L*g.D]
}

// drawInto draws x = μ_k + (ε + Fᵀz)/(s·t) (model.md §3, §6), without factors N(μ_k, (σ_k/t)²). Where the precision root is at
// its bound a component carries no information about the noise of a value, and ε is 0 there. It takes L normal values
// from r, then one for each dimension with noise.
func (g *GMM) drawInto(dst []float32, set, k int, t, maxPrecRoot float32, r *rand.Rand) {
	mu, s, f := g.component(set, k)
	clear(dst)
	for l := range g.L {
		z := float32(r.NormFloat64())
		for d, v := range f[l*g.D:][:g.D] {
			dst[d] += z * v
		}
	}
	for d, v := range dst {
		if s[d] < maxPrecRoot {
			v += float32(r.NormFloat64())
		}
		dst[d] = mu[d] + v/(s[d]*t)
	}
}

// residual writes s∘(I + FᵀF)⁻¹(s∘(x−μ)) of component k and a vector x into e, both of length D:
// the gradient of ℓ_k is −e by x and e by μ (model.md §3, factor analysers).
func (g *GMM) residual(e, x []float32, set, k int) {
	mu, s, f := g.component(set, k)
	e = e[:g.D]
	for d := range e {
		e[d] = s[d] * (x[d] - mu[d])
	}
	if g.joined {
		inverse := g.inverse[(set*g.K+k)*g.L*g.L:][:g.L*g.L]
		forms := g.forms[set]
		for j := range g.L { // m = C⁻ᵀp, one p after the other
			row := k*g.L + j
			p := forms.B[row] + kernel.Dot(forms.W[row*g.D:][:g.D], x[:g.D])
			for l := range j + 1 {
				c := inverse[j*g.L+l] * p
				for d, v := range f[l*g.D:][:g.D] {
					e[d] -= c * v
				}
			}
		}
	}
	for d := range e {
		e[d] *= s[d]
	}
}

// factorMarginal is the log-score of component k for the dimensions of x, of length D, that are not missing: log π_k
// and the log-density of the marginal, exactly. What is missing drops out of y, of Σ log s and of the
// columns of F (model.md §8). It works without factors, too.
func (g *GMM) factorMarginal(x []float32, missing []bool, set, k int) float64 {
	_, s, _ := g.component(set, k)
	lambda, p, squares := g.observed(x, missing, set, k)
	score := g.logWeight(set, k) - squares/2
	for d, gone := range missing[:g.D] {
		if !gone {
			score += math.Log(float64(s[d])) - halfLog2Pi
		}
	}
	score -= cholesky(lambda, g.L)
	for _, v := range solveLower(lambda, p) { // C⁻¹F_o·y
		score += v * v / 2
	}
	return score
}

// addConditional adds r·E[x | x_o, k] to dst: μ + F·m/s with m = Λ_o⁻¹F_o·y, the expected factors given the observed dimensions.
func (g *GMM) addConditional(dst []float32, r float32, x []float32, missing []bool, set, k int) {
	mu, s, f := g.component(set, k)
	lambda, p, _ := g.observed(x, missing, set, k)
	cholesky(lambda, g.L)
	m := solveUpper(lambda, solveLower(lambda, p))
	for d, v := range mu {
		sum := 0.0
		for l, z := range m {
			sum += z * float64(f[l*g.D+d])
		}
		dst[d] += r * (v + float32(sum)/s[d])
	}
}

// observed returns Λ_o = I + F_oF_oᵀ, its lower triangle, F_o·y and ‖y‖² of the dimensions that are not missing.
func (g *GMM) observed(x []float32, missing []bool, set, k int) (lambda, p []float64, squares float64) {
	mu, s, f := g.component(set, k)
	L := g.L
	lambda, p = identity(L), make([]float64, L)
	for d := range g.D {
		if missing[d] {
			continue
		}
		y := float64(s[d]) * (float64(x[d]) - float64(mu[d]))
		squares += y * y
		for l := range L {
			v := float64(f[l*g.D+d])
			p[l] += v * y
			for j := range l + 1 {
				lambda[l*L+j] += v * float64(f[j*g.D+d])
			}
		}
	}
	return lambda, p, squares
}

// solveLower replaces p by C⁻¹p for a lower triangular C.
func solveLower(c, p []float64) []float64 {
	for l := range p {
		for j := range l {
			p[l] -= c[l*len(p)+j] * p[j]
		}
		p[l] /= c[l*len(p)+l]
	}
	return p
}

// solveUpper replaces p by C⁻ᵀp for a lower triangular C.
func solveUpper(c, p []float64) []float64 {
	for l := len(p) - 1; l >= 0; l-- {
		for j := l + 1; j < len(p); j++ {
			p[l] -= c[j*len(p)+l] * p[j]
		}
		p[l] /= c[l*len(p)+l]
	}
	return p
}

// logWeight is log π_k.
func (g *GMM) logWeight(set, k int) float64 {
	logits := g.Logits[set*g.K:][:g.K]
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - float64(logits[k]))
	}
	if math.IsInf(sum, 0) {
		return logPi(g.Weights(set), logits, k)
	}
	return -math.Log(sum)
}

func identity(n int) []float64 {
	a := make([]float64, n*n)
	for i := range n {
		a[i*n+i] = 1
	}
	return a
}
