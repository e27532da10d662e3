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

// factorStatistics are the pairs of a component and a vector that count in a step, and their sums.
type factorStatistics struct {
	diagonalStatistics
	fa     *factorAnalyser
	tau    float64              // that near is for
	near   []neighbour          // that a winner takes along, itself first; up to K
	dense  bool                 // so many that all are taken: see analyser_dense.go
	a      []float32            // P×K·L×n, of a layer that is not wide, if dense: w m
	tables map[int]kernel.Table // of n rows, by their length: that of a chunk, or of the last one

	// One set of sums for each shard of a wide layer, or each group of kernel.Lanes items of the others.
	groups   int            // by position, of a layer that is not wide
	pairs    []kernel.Pairs // by position and group, of such a layer
	sums     []float32      // ×K×(L+L²): Σ w m and Σ w m mᵀ, lower triangle
	Y        []float32      // ×K·L×ld, of a wide layer: Σ w m xᵀ
	mean, ma []float32      // Sets×K×L, Sets×K×L×L: of all vectors; ma = Σ w m mᵀ + SΛ⁻¹
}

func (g *factorAnalyser) newStatistics(t *learner, n int) statistics {
	L := g.L
	f := &factorStatistics{diagonalStatistics: diagonalStatistics{g.gaussian, t}, fa: g, tau: -1, near: make([]neighbour, 0, g.K),
		mean: make([]float32, g.Sets*g.K*L), ma: make([]float32, g.Sets*g.K*L*L)}
	sums := t.shards
	f.tables = map[int]kernel.Table{t.ld: kernel.Contiguous(n, t.ld)}
	for chunk := range t.chunks() {
		d0, d1 := t.span(chunk)
		f.tables[kernel.Pad(d1-d0)] = kernel.Contiguous(n, kernel.Pad(d1-d0))
	}
	if t.wide {
		f.Y = make([]float32, t.shards*g.K*L*t.ld)
	} else {
		f.groups = n / kernel.Lanes
		sums = t.P * f.groups
		f.a = make([]float32, t.P*g.K*L*n)
		for range sums {
			f.pairs = append(f.pairs, newPairs(kernel.Lanes*mostNear(g.K), L))
		}
	}
	f.sums = make([]float32, sums*g.K*(L+L*L))
	return f
}

// mostNear is how many neighbours there are at most where lists of pairs are made: with more, all are taken.
func mostNear(K int) int { return K / 4 }

func newPairs(most, L int) kernel.Pairs {
	return kernel.Pairs{Item: make([]int32, 0, most), Row: make([]int32, 0, most), A: make([]float32, 0, most*L)}
}

// factorScratch is what one worker needs for a layer.
type factorScratch struct {
	pairs    kernel.Pairs // of a position of a wide layer
	a        []float32    // K·L×n, of such a position, if dense
	near     []float32    // K+1: what a winner gives one component
	w, m     []float32    // n and L×n, of one component
	turned   []float32    // L×L
	rows     []float32    // n×chunk: vectors as rows
	Y        []float32    // K·L×chunk
	gradient []float32    // L×chunk, of optimizers other than SGD
}

func (f *factorStatistics) newScratch(n int) any {
	K, L := f.K, f.L
	chunk := kernel.Pad(min(f.t.chunk, f.D))
	width := chunk
	s := &factorScratch{near: make([]float32, K+1), w: make([]float32, n), m: make([]float32, L*n), turned: make([]float32, L*L), Y: make([]float32, K*L*chunk)}
	if f.t.wide {
		s.pairs, s.a, width = newPairs(n*mostNear(K), L), make([]float32, n*K*L), f.t.ld
	}
	if f.t.optimizer != nil {
		s.gradient = make([]float32, L*chunk)
	}
	s.rows = make([]float32, n*width)
	return s
}

// scratch is this layer's of a worker.
func (f *factorStatistics) scratch(s *scratch) *factorScratch {
	return s.family[f.t.layer].(*factorScratch)
}

// sumsOf are Σ w m and Σ w m mᵀ of a component in a shard or group.
func (f *factorStatistics) sumsOf(part, k int) []float32 {
	size := f.L + f.L*f.L
	return f.sums[(part*f.K+k)*size:][:size]
}

const initialFactor = 0.1

func (g *factorAnalyser) waits() bool { return !g.joined }

// join draws factors with rows of length about 0.1: too short to change the scores, long enough to have a direction.
func (g *factorAnalyser) join(r *rand.Rand) {
	scale := initialFactor / math.Sqrt(float64(g.D))
	for i := range g.Factors {
		g.Factors[i] = float32(scale * r.NormFloat64())
	}
	g.refresh()
}

// mix sums what the pairs of all sets gave, in the order of their shards or groups.
func (f *factorStatistics) mix() {
	if !f.fa.joined {
		return
	}
	L := f.L
	perSet := len(f.sums) / (f.Sets * f.K * (L + L*L))
	for at := range f.Sets * f.K {
		if f.t.idle(at) {
			continue // its sums are 0 and stay so
		}
		mean, ma, inv := f.mean[at*L:][:L], f.ma[at*L*L:][:L*L], f.fa.invLambda[at*L*L:][:L*L]
		clear(mean)
		clear(ma)
		for part := range perSet {
			sums := f.sumsOf(at/f.K*perSet+part, at%f.K)
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
				v := ma[l*L+j] + float32(f.t.tot[at]*inv[l*L+j])
				ma[l*L+j], ma[j*L+l] = v, v
			}
		}
	}
}

// outerSums returns Y of an update's dimensions, K·L rows of length ld.
func (f *factorStatistics) outerSums(p *pass, s *factorScratch, u *update) []float32 {
	t, ld, rows := f.t, kernel.Pad(u.d1-u.d0), f.K*f.L
	Y := s.Y[:rows*ld]
	if t.wide {
		perSet, size := t.shards/f.Sets, rows*t.ld
		shards := f.Y[u.set*perSet*size:]
		kernel.Mix(kernel.Grid{V: Y, Group: ld, Row: ld}, kernel.Grid{V: shards[u.d0:], Group: t.ld, Row: size}, rows, t.ones[:perSet], 1, perSet, ld)
		for row := range perSet * rows {
			clear(shards[row*t.ld+u.d0:][:ld])
		}
		return Y
	}
	clear(Y)
	table := p.table[t.layer].Part(u.d0, u.d1)
	first, end := positions(f.Sets, t.P, u.set)
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

// ascend raises the factors and takes from X and Q what they explain, before the means and precision roots rise.
func (f *factorStatistics) ascend(p *pass, s *scratch, u *update) (finite bool) {
	if !f.fa.joined {
		return f.diagonalStatistics.ascend(p, s, u)
	}
	own, L, rate := f.scratch(s), f.L, float32(u.rate*u.cfg.RateFactors)
	Y := f.outerSums(p, own, u)
	finite = true
	for k := range f.K {
		at := u.set*f.K + k
		if f.t.idle(at) {
			continue
		}
		mu, r, factors := f.component(u.set, k)
		step := kernel.FactorStep{L: L, Mean: f.mean[at*L:][:L], A: f.ma[at*L*L:][:L*L], Rate: rate,
			Mu: mu[u.d0:u.d1], Root: r[u.d0:], X: u.X[k*u.ld:], Q: u.Q[k*u.ld:], Y: Y[k*L*u.ld:], LdY: u.ld}
		var ok bool
		if o := f.t.optimizer; o != nil {
			ok = o.ascendFactors(factors[u.d0:], f.D, own.gradient, at*L*f.D+u.d0, float32(u.M), step)
		} else {
			ok = kernel.AscendFactors(factors[u.d0:], f.D, step)
		}
		finite = finite && ok
	}
	return f.diagonalStatistics.ascend(p, s, u) && finite
}

func (f *factorStatistics) derived() int {
	if !f.fa.joined {
		return 0
	}
	return f.Sets * f.K
}

func (f *factorStatistics) derive(task int) {
	if !f.t.idle(task) {
		f.fa.project(task/f.K, task%f.K)
	}
}

// addProducts adds a·x to Y, K·L rows of length ld, for n vectors x as rows of length ld.
func (f *factorStatistics) addProducts(Y []float32, ld int, x, a []float32, n int) {
	kernel.AddLinear(Y, x, f.tables[ld], kernel.Forms{R: len(a) / n, D: n, W: a}, ld)
}
