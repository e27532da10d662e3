package dcgmm

import (
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// A factorLearner holds what the factors of a layer need beside a learner to be trained: the pairs of a
// component and a vector that count in a step, and their sums (model.md §3, factor analysers).
type factorLearner struct {
	L      int
	tau    float64              // that near is for
	near   []neighbour          // that a winner takes along, itself first; up to K
	dense  bool                 // so many that all are taken: see factor_dense.go
	a      []float32            // P×K·L×n, of a layer that is not wide, if dense: w m
	tables map[int]kernel.Table // of n rows, by their length: that of a chunk, or of the last one

	// One set of sums for each shard of a wide layer, or each group of kernel.Lanes items of the others.
	groups   int            // by position, of a layer that is not wide
	pairs    []kernel.Pairs // by position and group, of such a layer
	sums     []float32      // ×K×(L+L²): Σ w m and Σ w m mᵀ, lower triangle
	Y        []float32      // ×K·L×ld, of a wide layer: Σ w m xᵀ
	mean, ma []float32      // Sets×K×L, Sets×K×L×L: of all vectors; ma = Σ w m mᵀ + SΛ⁻¹
}

func newFactorLearner(t *learner, g *GMM, n int) *factorLearner {
	if g.L == 0 {
		return nil
	}
	L := g.L
	f := &factorLearner{L: L, tau: -1, near: make([]neighbour, 0, g.K),
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

// rows is that of the layer's GMM.
func (t *learner) rows() int {
	if t.factors == nil {
		return t.K
	}
	return t.K * (1 + t.factors.L)
}

// mostNear is how many neighbours there are at most where lists of pairs are made: with more, all are taken.
func mostNear(K int) int { return K / 4 }

func newPairs(most, L int) kernel.Pairs {
	return kernel.Pairs{Item: make([]int32, 0, most), Row: make([]int32, 0, most), A: make([]float32, 0, most*L)}
}

// factorScratch is what one worker needs for the pairs of a block.
type factorScratch struct {
	pairs kernel.Pairs // of a position of a wide layer
	a     []float32    // K·L×n, of such a position, if dense
	near  []float32    // K+1: what a winner gives one component
	w, m  []float32    // n and L×n, of one component
	turn  []float32    // L×L
	rows  []float32    // n×chunk: vectors as rows
	Y     []float32    // K·L×chunk
}

func newFactorScratch(ls []*learner, n int) (s factorScratch) {
	var most, lists, a, rows, Y, L, K int
	for _, t := range ls {
		if t.factors == nil {
			continue
		}
		chunk := kernel.Pad(min(t.chunk, t.D))
		width := chunk
		if t.wide {
			near := n * mostNear(t.K)
			most, lists, a, width = max(most, near), max(lists, near*t.factors.L), max(a, n*t.K*t.factors.L), t.ld
		}
		rows, Y, L, K = max(rows, n*width), max(Y, t.K*t.factors.L*chunk), max(L, t.factors.L), max(K, t.K)
	}
	s.a, s.w, s.m, s.turn = make([]float32, a), make([]float32, n), make([]float32, L*n), make([]float32, L*L)
	s.near = make([]float32, K+1)
	s.pairs = kernel.Pairs{Item: make([]int32, 0, most), Row: make([]int32, 0, most), A: make([]float32, 0, lists)}
	s.rows, s.Y = make([]float32, rows), make([]float32, Y)
	return s
}

// factorStep is the step from which the factors of a layer learn.
func (t *Trainer) factorStep(layer int) int {
	from := t.firstStep(layer)
	return from + int(t.cfg.FactorWait*float64(t.Steps()-from))
}

// joinFactors starts the factors of a layer when their time has come: small random values, of a generator of
// their own, so that it does not matter whether the training was interrupted.
func (t *Trainer) joinFactors(layer int) {
	g := t.net.gmms[layer]
	if g.L == 0 || !t.learning(layer) {
		return
	}
	if !g.joined && t.step >= t.factorStep(layer) {
		g.randomiseFactors(rand.New(rand.NewPCG(t.cfg.Seed, streamFactors+uint64(layer)<<32)))
	}
	if g.joined {
		t.learners[layer].setNear()
	}
}
