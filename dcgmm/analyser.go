package dcgmm

import (
	"math"
	"sync/atomic"

	"deepgmm/internal/kernel"
)

// factorAnalyser is the family of factor analysers (model.md §3): x = μ + (ε + Fᵀz)/s with ε ~ N(0, I) of D dimensions
// and L < D factors z ~ N(0, I). With Λ = I + FFᵀ = CCᵀ and y = s∘(x−μ),
//
//	ℓ = (ℓ of the diagonal mixture) − ½ log det Λ + ½‖p‖²,  p = C⁻¹Fy
//
// (Woodbury). p is L linear forms of x for every component, that follow the log-scores of a position. Until the factors
// join a training they are all 0, and everything is as with a diagonal covariance.
type factorAnalyser struct {
	*gaussian
	joined     bool           // the factors are not all 0
	forms      []kernel.Forms // by set: W = C⁻¹F∘s, K·L×D, and B = −Wμ
	inverse    []float32      // Sets×K×L×L: C⁻¹, with 0 above the diagonal
	invLambda  []float64      // Sets×K×L×L: Λ⁻¹
	halfLogDet []float64      // Sets×K: ½ log det Λ
	basis      *patchBasis    // nil: factors are not handed up
	unit       []float32      // L: 0 … 0 1

	spread atomic.Pointer[[]float32] // Sets×K×L×L: R⁻¹ with FFᵀ = RRᵀ, lower triangular; nil until something is drawn
}

func newFactorAnalyser(base *gaussian, L int) *factorAnalyser {
	g := &factorAnalyser{gaussian: base, unit: make([]float32, max(L, 1))}
	g.unit[max(L, 1)-1] = 1
	n := g.Sets * g.K
	g.inverse = make([]float32, n*L*L)
	g.invLambda, g.halfLogDet = make([]float64, n*L*L), make([]float64, n)
	for range g.Sets {
		g.forms = append(g.forms, kernel.Forms{R: g.K * L, D: g.D, W: make([]float32, g.K*L*g.D), B: make([]float32, g.K*L)})
	}
	return g
}

func (g *factorAnalyser) parameters() []parameter {
	return append(g.gaussian.parameters(), parameter{name: "factor", v: g.Factors, late: true})
}

// refresh recomputes the projections, too. Factors that are all 0 are left out of every computation.
func (g *factorAnalyser) refresh() {
	g.joined = false
	for _, v := range g.Factors {
		g.joined = g.joined || v != 0
	}
	if g.joined {
		for i := range g.Sets * g.K {
			g.project(i/g.K, i%g.K)
		}
	}
	g.refreshForms(g.refreshConstants)
}

// refreshConstants takes ½ log det Λ_k off, too.
func (g *factorAnalyser) refreshConstants(set int, logDet, pi []float64) (numbers bool) {
	if !g.joined {
		return g.gaussian.refreshConstants(set, logDet, pi)
	}
	return g.setConstants(set, pi, func(k int) float64 { return g.constant(set, k, logDet, pi) - g.halfLogDet[set*g.K+k] })
}

// project recomputes the projection of one component.
func (g *factorAnalyser) project(set, k int) {
	mu, s, f := g.component(set, k)
	L, D, at := g.L, g.D, set*g.K+k
	lambda, inverse := g.invLambda[at*L*L:][:L*L], g.inverse[at*L*L:][:L*L]
	for l := range L {
		for j := range l + 1 {
			lambda[l*L+j] = float64(kernel.Dot(f[l*D:][:D], f[j*D:][:D]))
		}
		lambda[l*L+l]++
	}
	g.spread.Store(nil)
	g.halfLogDet[at] = cholesky(lambda, L)
	invertLower(lambda, L)
	for l := range L {
		for j := range l + 1 {
			inverse[l*L+j] = float32(lambda[l*L+j])
		}
	}
	if g.basis != nil {
		g.basis.set(at, s, f, inverse)
	}
	squareLower(lambda, L)
	W, B := g.forms[set].W[k*L*D:][:L*D], g.forms[set].B[k*L:][:L]
	whole := D &^ (kernel.Lanes - 1)
	kernel.Mix(kernel.Grid{V: W, Row: D}, kernel.Grid{V: f, Row: D}, 1, inverse, L, L, whole)
	for l := range L {
		for d := whole; d < D; d++ {
			W[l*D+d] = 0
			for j := range l + 1 {
				W[l*D+d] += float32(inverse[l*L+j] * f[j*D+d])
			}
		}
		B[l] = -kernel.ScaleDot(W[l*D:][:D], s, mu)
	}
}

func (g *factorAnalyser) rows() int { return g.K * (1 + g.L) }

func (g *factorAnalyser) used() int {
	if g.joined {
		return g.rows()
	}
	return g.K
}

func (g *factorAnalyser) score(l []float32, v vectors) {
	g.gaussian.score(l, v)
	if g.joined {
		kernel.Linear(l[g.K*v.n:], v.x, v.table, g.forms[v.set], v.n)
		g.addUp(l, v.n)
	}
}

func (g *factorAnalyser) scorePart(l []float32, v vectors, d0, d1 int) {
	g.gaussian.scorePart(l, v, d0, d1)
	if g.joined {
		kernel.LinearPart(l[g.K*v.n:], v.x, v.table, g.forms[v.set], v.n, d0, d1)
	}
}

// addUp adds the squares of whole projections.
func (g *factorAnalyser) addUp(l []float32, n int) {
	if g.joined {
		kernel.AddSquares(l, l[g.K*n:], g.K, g.L, n)
	}
}

func (g *factorAnalyser) coupled() bool { return g.joined }

// addConditional: E[x | x_o, k] = μ + F·m/s with the factors of conditionalFactors (model.md §8).
func (g *factorAnalyser) addConditional(dst []float32, weight float32, x []float32, missing []bool, set, k int, code []float32) {
	mu, s, f := g.component(set, k)
	m := g.conditionalFactors(x, missing, set, k, code)
	for d, v := range mu {
		sum := 0.0
		for l, z := range m {
			sum += float64(z * float64(f[l*g.D+d]))
		}
		dst[d] += float32(weight * (v + float32(sum)/s[d]))
	}
}

// conditionalFactors are expected factors given the observed dimensions and a code, which stands for the mean z₀ of
// their prior N(z₀, I): m = Λ_o⁻¹(F_o·y + z₀). Without a code z₀ is 0.
func (g *factorAnalyser) conditionalFactors(x []float32, missing []bool, set, k int, code []float32) []float64 {
	var o observedPart
	o.look(g, missing, set, k, false)
	o.project(x)
	for l, v := range code {
		for j, c := range g.column(set, k, l) {
			o.p[j] += float64(float64(v) * float64(c))
		}
	}
	return solveUpper(o.root, solveLower(o.root, o.p))
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

// factorSlopes takes one vector after the other: few components have a slope.
type factorSlopes struct{ *factorAnalyser }

// leastSlope is one too small to matter beside a sum of 1.
const leastSlope = 1e-9

func (g *factorAnalyser) newSlopes() slopes {
	if !g.joined {
		return g.gaussian.newSlopes()
	}
	return factorSlopes{g}
}

func (g factorSlopes) add(grad []float32, v vectors, u []float32, live []int32, s *slopeScratch) {
	x, e := s.vector[:g.D], s.residual[:g.D]
	for i := range v.valid {
		v.take(x, i)
		for _, k := range live {
			c := u[int(k)*v.n+i]
			if abs(float64(c)) < leastSlope {
				continue
			}
			g.residual(e, x, v.set, int(k))
			for d, r := range e {
				grad[v.table.At(d)+i] -= float32(c * r)
			}
		}
	}
}

// maxOnStack factors of a component need no memory of their own.
const maxOnStack = 64

// residual writes s∘(I + FᵀF)⁻¹(s∘(x−μ)) of component k and a vector x into e, both of length D:
// the gradient of ℓ_k is −e by x and e by μ (model.md §3, factor analysers).
func (g *factorAnalyser) residual(e, x []float32, set, k int) {
	mu, s, f := g.component(set, k)
	e = e[:g.D]
	for d := range e {
		e[d] = s[d] * (x[d] - mu[d])
	}
	inverse := g.inverse[(set*g.K+k)*g.L*g.L:][:g.L*g.L]
	forms := g.forms[set]
	var room [maxOnStack]float32
	m := room[:min(g.L, maxOnStack)]
	if g.L > maxOnStack {
		m = make([]float32, g.L)
	}
	for j := range g.L { // m = C⁻ᵀp
		row := k*g.L + j
		p := forms.B[row] + kernel.Dot(forms.W[row*g.D:][:g.D], x[:g.D])
		for l, c := range inverse[j*g.L:][:j+1] {
			m[l] += float32(c * p)
		}
	}
	for l, c := range m {
		for d, v := range f[l*g.D:][:g.D] {
			e[d] -= float32(c * v)
		}
	}
	for d := range e {
		e[d] *= s[d]
	}
}
