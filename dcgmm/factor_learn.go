package dcgmm

import (
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// A factorLearner holds what the factors of a layer need beside a learner to be trained: the pairs of a
// component and a vector that count in a step, and their sums (model.md §3, factor analysers).
type factorLearner struct {
	L      int
	tau    float64              // that near and weight are for
	near   []int32              // K×len(weight): components that a winner takes along, itself first
	weight []float32            // w of each of them, G_kj
	dense  bool                 // so many that all are taken: see factor_dense.go
	full   []float32            // K×(K+1): G, and 0 for lanes without an image
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
	f := &factorLearner{L: L, tau: -1, full: make([]float32, g.K*(g.K+1)), near: make([]int32, 0, g.K*g.K), weight: make([]float32, 0, g.K),
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
			f.pairs = append(f.pairs, newPairs(kernel.Lanes*g.K, L))
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

func newPairs(most, L int) kernel.Pairs {
	return kernel.Pairs{Item: make([]int32, 0, most), Row: make([]int32, 0, most), A: make([]float32, 0, most*L)}
}

// factorScratch is what one worker needs for the pairs of a block.
type factorScratch struct {
	pairs kernel.Pairs // of a position of a wide layer
	a     []float32    // K·L×n, of such a position, if dense
	w, m  []float32    // n and L×n, of one component
	turn  []float32    // L×L
	rows  []float32    // n×chunk: vectors as rows
	Y     []float32    // K·L×chunk
}

func newFactorScratch(ls []*learner, n int) (s factorScratch) {
	var most, a, rows, Y, L int
	for _, t := range ls {
		if t.factors == nil {
			continue
		}
		chunk := kernel.Pad(min(t.chunk, t.D))
		width := chunk
		if t.wide {
			most, a, width = max(most, n*t.K), max(a, n*t.K*t.factors.L), t.ld
		}
		rows, Y, L = max(rows, n*width), max(Y, t.K*t.factors.L*chunk), max(L, t.factors.L)
	}
	s.a, s.w, s.m, s.turn = make([]float32, a), make([]float32, n), make([]float32, L*n), make([]float32, L*L)
	s.pairs = kernel.Pairs{Item: make([]int32, 0, most), Row: make([]int32, 0, most), A: make([]float32, 0, a)}
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

// setNear lists what a winner takes along: weights G_kj below 2⁻²⁴ of G_kk change nothing in float32.
func (t *learner) setNear() {
	f, n := t.factors, t.grid
	if f.tau == n.tau {
		return
	}
	f.tau, f.near, f.weight = n.tau, f.near[:0], f.weight[:0]
	for k := range t.K {
		for o := range t.K { // the same offsets on the torus for every k
			w := n.At(0, o)
			if w <= n.At(0, 0)*0x1p-24 {
				continue
			}
			row, col := (k/n.Cols+o/n.Cols)%n.Rows, (k%n.Cols+o%n.Cols)%n.Cols
			f.near = append(f.near, int32(row*n.Cols+col))
			if k == 0 {
				f.weight = append(f.weight, float32(w))
			}
		}
	}
	t.setDense()
}

// collect makes the pairs of the items i0 ≤ i < i1 of a position with winners arg and projections p, K·L×n, and
// adds them to sums: posterior means of the factors m = Λ⁻¹Fy = C⁻ᵀp with the weights of their components.
func (t *learner) collect(to *kernel.Pairs, sums []float32, g *GMM, set int, arg []int32, p []float32, n, i0, i1 int) {
	f, L := t.factors, t.factors.L
	to.Item, to.Row, to.A = to.Item[:0], to.Row[:0], to.A[:0]
	for i := i0; i < i1; i++ {
		if int(arg[i]) == t.K {
			continue // a lane without an image
		}
		for o, w := range f.weight {
			k := f.near[int(arg[i])*len(f.weight)+o]
			to.Item, to.Row = append(to.Item, int32(i)), append(to.Row, k)
			to.A = to.A[:len(to.A)+L]
			m := to.A[len(to.A)-L:]
			inverse := g.inverse[(set*t.K+int(k))*L*L:][:L*L]
			clear(m)
			for j := range m {
				v := p[(int(k)*L+j)*n+i]
				for l, c := range inverse[j*L:][:j+1] {
					m[l] += c * v
				}
			}
			addMoments(sums[int(k)*(L+L*L):][:L+L*L], m, w)
		}
	}
}

// addMoments adds w·m and w·m mᵀ, of which the lower triangle, to sums and multiplies m by w.
func addMoments(sums, m []float32, w float32) {
	L := len(m)
	for l, v := range m {
		sums[l] += w * v
		row := sums[L+l*L:][:l+1]
		for j := range row {
			row[j] += w * v * m[j]
		}
	}
	for l := range m {
		m[l] *= w
	}
}

// pairTasks is the number of tasks of a layer of few positions.
func (f *factorLearner) pairTasks(P, K int) int {
	if f.dense {
		return P * K
	}
	return P * f.groups
}

// taskPairs collects the pairs of one group of items of a layer of few positions, or of one component if they are dense.
func (t *Trainer) taskPairs(task, worker int) {
	l, n := t.learners[t.phases.layer], t.pass.n
	f, g := l.factors, t.net.gmms[t.phases.layer]
	if f.dense {
		pos, k := task/l.K, task%l.K
		size := f.L + f.L*f.L
		sums := f.sums[task*size:][:size]
		clear(sums)
		l.weigh(t.scratch[worker], f.a[task*f.L*n:], sums, g, t.pass.set(l.layer, pos), k, l.arg[pos*n:][:n], l.l[pos*l.rows()*n+l.K*n:], n)
		return
	}
	pos, group := task/f.groups, task%f.groups
	size := l.K * (f.L + f.L*f.L)
	sums := f.sums[task*size:][:size]
	clear(sums)
	l.collect(&f.pairs[task], sums, g, t.pass.set(l.layer, pos), l.arg[pos*n:][:n], l.l[pos*l.rows()*n+l.K*n:], n, group*kernel.Lanes, (group+1)*kernel.Lanes)
}

// accumulatePairs adds the pairs of a position of a wide layer to the sums of a shard.
func (t *learner) accumulatePairs(p *pass, s *scratch, shard, pos int) {
	f, g := t.factors, p.net.gmms[t.layer]
	size, sizeY := t.K*(f.L+f.L*f.L), t.K*f.L*t.ld
	if f.dense {
		t.accumulateDense(p, s, shard, pos)
		return
	}
	t.collect(&s.pairs, f.sums[shard*size:][:size], g, p.set(t.layer, pos), s.arg, s.l[t.K*p.n:], p.n, 0, p.valid)
	kernel.Gather(s.rows, t.ld, p.patch(t.layer, pos), p.table[t.layer], p.n)
	kernel.AddOuter(f.Y[shard*sizeY:][:sizeY], t.ld, s.rows, t.ld, s.pairs, f.L, t.ld)
}
