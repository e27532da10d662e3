package dcgmm

import (
	"math"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// gaussian is the family of Gaussians with a diagonal covariance (model.md §3).
type gaussian struct {
	*GMM
	form []kernel.Weights // one quadratic form per set, kept up to date with the parameters
}

const halfLog2Pi = 0.91893853320467274178

func newGaussian(g *GMM) *gaussian {
	f := &gaussian{g, make([]kernel.Weights, g.Sets)}
	for i := range f.form {
		f.form[i] = kernel.Weights{K: g.K, D: g.D, S: make([]float32, g.K*g.D), M: make([]float32, g.K*g.D), C: make([]float32, g.K)}
	}
	return f
}

func (g *gaussian) parameters() []parameter {
	return []parameter{{name: "mean", v: g.Mu}, {name: "precision root", v: g.PrecRoot, low: kernel.MinRoot, high: kernel.MaxRoot}, {name: "logit", v: g.Logits}}
}

// refresh recomputes the quadratic forms from the parameters: S = s/√2, M = −s·μ/√2.
func (g *gaussian) refresh() { g.refreshForms(g.refreshConstants) }

// refreshForms lets a family set constants of its own.
func (g *gaussian) refreshForms(constants func(set int, logDet, pi []float64) bool) {
	logDet := make([]float64, g.K)
	pi := make([]float64, g.K)
	for set := range g.form {
		f := &g.form[set]
		at := set * g.K * g.D
		for i := range f.S {
			f.S[i] = g.PrecRoot[at+i] * (math.Sqrt2 / 2)
			f.M[i] = -f.S[i] * g.Mu[at+i]
		}
		for k := range g.K {
			s := g.PrecRoot[at+k*g.D:][:g.D]
			logDet[k] = 0
			for d := 0; d < g.D; d += g.chunk() {
				logDet[k] += kernel.SumLog(s[d:min(d+g.chunk(), g.D)])
			}
		}
		constants(set, logDet, pi)
	}
}

// refreshConstants sets C_k = log π_k + Σ_d log s_kd − D/2·log 2π (model.md §3).
func (g *gaussian) refreshConstants(set int, logDet, pi []float64) (numbers bool) {
	return g.setConstants(set, pi, func(k int) float64 { return g.constant(set, k, logDet, pi) })
}

func (g *gaussian) setConstants(set int, pi []float64, constant func(k int) float64) (numbers bool) {
	softmax64(pi, g.Logits[set*g.K:][:g.K])
	numbers = true
	for k := range g.K {
		c := constant(k)
		g.form[set].C[k] = float32(c)
		numbers = numbers && c == c
	}
	return numbers
}

func (g *gaussian) constant(set, k int, logDet, pi []float64) float64 {
	return logPi(pi, g.Logits[set*g.K:][:g.K], k) + logDet[k] - float64(float64(g.D)*halfLog2Pi)
}

func (g *gaussian) rows() int { return g.K }
func (g *gaussian) used() int { return g.K }

func (g *gaussian) score(l []float32, v vectors) { kernel.Score(l, v.x, v.table, g.form[v.set], v.n) }

func (g *gaussian) scorePart(l []float32, v vectors, d0, d1 int) {
	kernel.ScorePart(l, v.x, v.table, g.form[v.set], v.n, d0, d1)
}

func (g *gaussian) addUp([]float32, int) {}

func (g *gaussian) mean(set, k int) []float32 { return g.Mu[(set*g.K+k)*g.D:][:g.D] }

// draw draws x = μ_k + scale·ε/s, ε ~ N(0, I) (model.md §6). Where the precision root is at
// its bound a component carries no information about the noise of a value, and ε is 0 there. It takes a normal value
// from r for each dimension with noise, and none if scale is 0.
func (g *gaussian) draw(dst []float32, set, k int, scale float32, r *rand.Rand) {
	clear(dst)
	g.addNoise(dst, set, k, scale, r)
}

// addNoise turns v, D values, into μ_k + (v + scale·ε)/s.
func (g *gaussian) addNoise(v []float32, set, k int, scale float32, r *rand.Rand) {
	mu, s, _ := g.component(set, k)
	for d, x := range v {
		if scale > 0 && s[d] < g.maxPrecRoot {
			x += float32(scale * float32(r.NormFloat64()))
		}
		v[d] = mu[d] + x/s[d]
	}
}

func (g *gaussian) coupled() bool { return false }

func (g *gaussian) addConditional(dst []float32, weight float32, _ []float32, _ []bool, set, k int, _ []float32) {
	for d, m := range g.mean(set, k) {
		dst[d] += float32(weight * m)
	}
}

// diagonalMarginals are a product of [o∘x², o∘x, o] with constants of the mixture, o being 1 where a value is observed:
//
//	ℓ_k = log π_k + Σ_d o_d·(log s_kd − ½ log 2π − ½ s_kd²(x_d − μ_kd)²)
type diagonalMarginals struct {
	*gaussian
	forms   [][]float32 // by set, K×3·D
	logPi   [][]float64
	columns []float32 // 3·D×n
}

func (g *gaussian) newMarginals(lanes int) marginals {
	m := &diagonalMarginals{gaussian: g, columns: make([]float32, 3*g.D*lanes)}
	for set := range g.Sets {
		w := make([]float32, g.K*3*g.D)
		for k := range g.K {
			row := w[k*3*g.D:][:3*g.D]
			for d := range g.D {
				s, mu := float64(g.PrecRoot[(set*g.K+k)*g.D+d]), float64(g.Mu[(set*g.K+k)*g.D+d])
				row[d], row[g.D+d] = float32(-s*s/2), float32(s*s*mu)
				row[2*g.D+d] = float32(math.Log(s) - halfLog2Pi - float64(s*s*mu*mu/2))
			}
		}
		m.forms, m.logPi = append(m.forms, w), append(m.logPi, g.logWeights(set))
	}
	return m
}

func (m *diagonalMarginals) score(l []float32, v vectors, known, _ []float32) {
	D, n := m.D, v.n
	for d := range D {
		off := v.table.At(d)
		o, x := known[off:][:n], v.x[off:][:n]
		sq, lin, one := m.columns[d*n:][:n], m.columns[(D+d)*n:][:n], m.columns[(2*D+d)*n:][:n]
		for i := range o {
			lin[i] = o[i] * x[i]
			sq[i] = lin[i] * x[i]
			one[i] = o[i]
		}
	}
	kernel.Mix(kernel.Grid{V: l, Row: n}, kernel.Grid{V: m.columns, Row: n}, 1, m.forms[v.set], m.K, 3*D, n)
	for k, p := range m.logPi[v.set] {
		row := l[k*n:][:n]
		for i := range row {
			row[i] += float32(p)
		}
	}
}

// diagonalSlopes are the constants of ∂ℓ_k/∂x_d = s²μ − x_d·s², by set (model.md §7).
type diagonalSlopes []kernel.Slopes

func (g *gaussian) newSlopes() slopes {
	var s diagonalSlopes
	for set := range g.Sets {
		s = append(s, kernel.NewSlopes(g.K, g.D, func(k, d int) (B, A float32) {
			at := (set*g.K+k)*g.D + d
			s2 := g.PrecRoot[at] * g.PrecRoot[at]
			return s2 * g.Mu[at], s2
		}))
	}
	return s
}

func (s diagonalSlopes) add(grad []float32, v vectors, u []float32, live []int32, _ *slopeScratch) {
	kernel.Pull(grad, v.x, v.table, u, live, s[v.set], v.n)
}

func (g *gaussian) waits() bool     { return false }
func (g *gaussian) join(*rand.Rand) {}

// separate makes the means μ ± z/(s√D) with z ~ N(0, I), about two standard deviations of the noise apart, whatever D
// (model.md §3, restarts).
func (g *gaussian) separate(set, from, to int, r *rand.Rand) {
	mu, s, _ := g.component(set, from)
	other := g.mean(set, to)
	scale := float32(1 / math.Sqrt(float64(g.D)))
	for d, m := range mu {
		z := scale * float32(r.NormFloat64()) / s[d]
		mu[d], other[d] = m-z, m+z
	}
}
