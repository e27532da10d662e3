package dcgmm

import (
	"math"
	"slices"
)

// An observedPart is what a component of factor analysers says of vectors of which the same dimensions are observed.
// What is missing drops out of y, of Σ log s and of the columns of F (model.md §8).
type observedPart struct {
	dims []int32   // that are observed
	f    []float64 // L×len(dims): F_o
	mu   []float64 // len(dims), as s
	s    []float64
	root []float64 // L×L: the Cholesky factor of Λ_o = I + F_oF_oᵀ
	log  float64   // log π_k + Σ_o (log s_d − ½ log 2π) − ½ log det Λ_o
	y    []float64 // len(dims): s∘(x−μ) of the vector at hand
	p    []float64 // L: F_o·y
}

// look prepares for a component and what is missing, D values. With density, for marginals.
func (o *observedPart) look(g *factorAnalyser, missing []bool, set, k int, density bool) {
	mu, s, f := g.component(set, k)
	L := g.L
	o.dims = o.dims[:0]
	for d := range g.D {
		if !missing[d] {
			o.dims = append(o.dims, int32(d))
		}
	}
	n := len(o.dims)
	o.f, o.mu, o.s, o.y = resized(o.f, L*n), resized(o.mu, n), resized(o.s, n), resized(o.y, n)
	o.p, o.root = resized(o.p, L), resized(o.root, L*L)
	for i, d := range o.dims {
		o.mu[i], o.s[i] = float64(mu[d]), float64(s[d])
	}
	for l := range L {
		row, from := o.f[l*n:][:n], f[l*g.D:][:g.D]
		for i, d := range o.dims {
			row[i] = float64(from[d])
		}
	}
	gramPlusIdentity(o.root, o.f, L, n)
	halfLogDet := cholesky(o.root, L)
	if !density {
		return
	}
	o.log = g.logWeight(set, k) - halfLogDet
	for _, v := range o.s {
		o.log += math.Log(v) - halfLog2Pi
	}
}

// resized is a slice of n values, in the memory of v if it fits.
func resized(v []float64, n int) []float64 { return slices.Grow(v[:0], n)[:n] }

// gramPlusIdentity writes the lower triangle of I + FFᵀ, F being L×n. Four sums at a time wait for one another less.
func gramPlusIdentity(a, f []float64, L, n int) {
	for l := range L {
		row := f[l*n:][:n]
		to := a[l*L:][:l+1]
		clear(to)
		to[l] = 1
		j := 0
		for ; j+4 <= len(to); j += 4 {
			f0, f1, f2, f3 := f[j*n:][:n], f[(j+1)*n:][:n], f[(j+2)*n:][:n], f[(j+3)*n:][:n]
			s0, s1, s2, s3 := to[j], to[j+1], to[j+2], to[j+3]
			for i, v := range row {
				s0 += float64(v * f0[i])
				s1 += float64(v * f1[i])
				s2 += float64(v * f2[i])
				s3 += float64(v * f3[i])
			}
			to[j], to[j+1], to[j+2], to[j+3] = s0, s1, s2, s3
		}
		for ; j < len(to); j++ {
			sum := to[j]
			for i, w := range f[j*n:][:n] {
				sum += float64(row[i] * w)
			}
			to[j] = sum
		}
	}
}

// project takes a vector x, D values: y and p are its.
func (o *observedPart) project(x []float32) {
	for i, d := range o.dims {
		o.y[i] = o.s[i] * (float64(x[d]) - o.mu[i])
	}
	for l := range o.p {
		sum := 0.0
		for i, v := range o.f[l*len(o.y):][:len(o.y)] {
			sum += float64(v * o.y[i])
		}
		o.p[l] = sum
	}
}

// marginal is the log-score of a vector, log π_k and the log-density of the marginal, and the posterior means of the
// factors, in the place of p until the next call.
func (o *observedPart) marginal(x []float32) (score float64, m []float64) {
	o.project(x)
	squares := 0.0
	for _, y := range o.y {
		squares += float64(y * y)
	}
	score = o.log - float64(squares/2)
	for _, v := range solveLower(o.root, o.p) { // C⁻¹F_o·y
		score += float64(v * v / 2)
	}
	return score, solveUpper(o.root, o.p)
}

// factorMarginals are exact. Vectors with the same dimensions observed, one after the other, share a factorisation.
type factorMarginals struct {
	*factorAnalyser
	logPi [][]float64
	part  observedPart
	x     []float32 // lanes×D
	gone  []bool    // lanes×D
}

func (g *factorAnalyser) newMarginals(lanes int) marginals {
	if !g.joined {
		return g.gaussian.newMarginals(lanes)
	}
	m := &factorMarginals{factorAnalyser: g, x: make([]float32, lanes*g.D), gone: make([]bool, lanes*g.D)}
	for set := range g.Sets {
		m.logPi = append(m.logPi, g.logWeights(set))
	}
	return m
}

func (m *factorMarginals) score(l []float32, v vectors, known, counts []float32) {
	D := m.D
	for i, c := range counts {
		if c == 0 || c == float32(D) {
			continue
		}
		v.take(m.x[i*D:][:D], i)
		gone := m.gone[i*D:][:D]
		for d := range gone {
			gone[d] = known[v.table.At(d)+i] == 0
		}
	}
	for k := range m.K {
		looked := -1 // the lane that part was prepared for
		for i, c := range counts {
			switch c {
			case float32(D):
			case 0:
				m.nothing(l[i:], v, k)
			default:
				gone := m.gone[i*D:][:D]
				if looked < 0 || !slices.Equal(gone, m.gone[looked*D:][:D]) {
					m.part.look(m.factorAnalyser, gone, v.set, k, true)
					looked = i
				}
				score, z := m.part.marginal(m.x[i*D:][:D])
				l[k*v.n+i] = float32(score)
				if len(l) >= m.rows()*v.n {
					m.putProjections(l[(m.K+k*m.L)*v.n+i:], z, v.n, v.set, k)
				}
			}
		}
	}
}

// nothing writes the rows of a component for a lane of which no value is observed, l beginning with it.
func (m *factorMarginals) nothing(l []float32, v vectors, k int) {
	l[k*v.n] = float32(m.logPi[v.set][k])
	for row := m.K + k*m.L; row < m.K+(k+1)*m.L && row*v.n < len(l); row++ {
		l[row*v.n] = 0
	}
}

// putProjections writes the projections p, n values apart, whose posterior means C⁻ᵀp are m: what whole vectors with
// such factors would have.
func (g *factorAnalyser) putProjections(p []float32, m []float64, n, set, k int) {
	inverse := g.inverse[(set*g.K+k)*g.L*g.L:]
	for l := g.L - 1; l >= 0; l-- {
		v := m[l]
		for j := l + 1; j < g.L; j++ {
			v -= float64(float64(inverse[j*g.L+l]) * float64(p[j*n]))
		}
		p[l*n] = float32(v / float64(inverse[l*g.L+l]))
	}
}
