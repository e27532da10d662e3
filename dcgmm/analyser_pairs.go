package dcgmm

import "deepgmm/internal/kernel"

// The pairs of a component and a vector that count in a step, as lists: once annealing is over, one for every vector.
// While they are dense, analyser_dense.go takes their place.

// A neighbour is a component that a winner takes along: so many rows and columns on from it on the torus.
type neighbour struct {
	row, col int
	w        float32 // G_kj
}

// prepare sets what a winner takes along: weights G_kj below 2⁻²⁴ of G_kk change nothing in float32.
func (f *factorStatistics) prepare() {
	n := f.t.grid
	if f.tau == n.tau || !f.fa.joined {
		return
	}
	f.tau, f.near = n.tau, f.near[:0]
	for o := range f.K {
		if w := n.At(0, o); w > n.At(0, 0)*0x1p-24 {
			f.near = append(f.near, neighbour{o / n.Cols, o % n.Cols, float32(w)})
		}
	}
	f.dense = 4*len(f.near) > f.K // a pair of a list costs about as much as four of a product
}

// block are the scores and winners of n lanes at a position, whose pairs are added to the sums of a part, shard or
// group.
type scored struct {
	set, part, n int
	arg          []int32
	p            []float32 // K·L×n projections
}

// list makes the pairs of the items i0 ≤ i < i1, and
// adds them to the sums: posterior means of the factors m = Λ⁻¹Fy = C⁻ᵀp with the weights of their components.
func (f *factorStatistics) list(to *kernel.Pairs, b scored, i0, i1 int) {
	L, grid := f.L, f.t.grid
	to.Item, to.Row, to.A = to.Item[:0], to.Row[:0], to.A[:0]
	for i := i0; i < i1; i++ {
		if int(b.arg[i]) == f.K {
			continue // a lane without an image
		}
		winnerRow, winnerCol := int(b.arg[i])/grid.Cols, int(b.arg[i])%grid.Cols
		for _, near := range f.near {
			row, col := winnerRow+near.row, winnerCol+near.col
			if row >= grid.Rows {
				row -= grid.Rows
			}
			if col >= grid.Cols {
				col -= grid.Cols
			}
			k := row*grid.Cols + col
			to.Item, to.Row = append(to.Item, int32(i)), append(to.Row, int32(k))
			to.A = to.A[:len(to.A)+L]
			m := to.A[len(to.A)-L:]
			inverse := f.fa.inverse[(b.set*f.K+k)*L*L:][:L*L]
			clear(m)
			for j := range m {
				v := b.p[(k*L+j)*b.n+i]
				for l, c := range inverse[j*L:][:j+1] {
					m[l] += float32(c * v)
				}
			}
			addMoments(f.sumsOf(b.part, k), m, near.w)
		}
	}
}

// addMoments adds w·m and w·m mᵀ, of which the lower triangle, to sums and multiplies m by w.
func addMoments(sums, m []float32, w float32) {
	L := len(m)
	for l, v := range m {
		sums[l] += float32(w * v)
		row := sums[L+l*L:][:l+1]
		for j := range row {
			row[j] += float32(w * v * m[j])
		}
	}
	for l := range m {
		m[l] *= w
	}
}

func (f *factorStatistics) tasks() int {
	switch {
	case !f.fa.joined:
		return 0
	case f.dense:
		return f.t.P * f.K
	}
	return f.t.P * f.groups
}

// collect takes the pairs of one group of items, or of one component if they are dense.
func (f *factorStatistics) collect(p *pass, s *scratch, task int) {
	pos := task / f.groups
	if f.dense {
		pos = task / f.K
	}
	t, n := f.t, p.n
	b := scored{set: p.set(t.layer, pos), part: task, n: n, arg: t.arg[pos*n:][:n], p: t.l[pos*f.fa.rows()*n+f.K*n:]}
	if f.dense {
		b.part = 0
		sums := f.sums[task*(f.L+f.L*f.L):][:f.L+f.L*f.L]
		clear(sums)
		f.weigh(f.scratch(s), f.a[task*f.L*n:], sums, b, task%f.K)
		return
	}
	for k := range f.K {
		clear(f.sumsOf(task, k))
	}
	group := task % f.groups
	f.list(&f.pairs[task], b, group*kernel.Lanes, (group+1)*kernel.Lanes)
}

// add takes the pairs of a position of a wide layer to the sums of a shard.
func (f *factorStatistics) add(p *pass, s *scratch, shard, pos int) {
	if !f.fa.joined {
		return
	}
	own, t := f.scratch(s), f.t
	size := f.K * f.L * t.ld
	Y := f.Y[shard*size:][:size]
	b := scored{set: p.set(t.layer, pos), part: shard, n: p.n, arg: s.arg[:p.n], p: s.l[f.K*p.n:]}
	if f.dense {
		a := own.a[:f.K*f.L*p.n]
		for k := range f.K {
			f.weigh(own, a[k*f.L*p.n:], f.sumsOf(shard, k), b, k)
		}
		kernel.Gather(own.rows, t.ld, p.patch(t.layer, pos), p.table[t.layer], p.n)
		f.addProducts(Y, t.ld, own.rows, a, p.n)
		return
	}
	f.list(&own.pairs, b, 0, p.valid)
	kernel.Gather(own.rows, t.ld, p.patch(t.layer, pos), p.table[t.layer], p.n)
	kernel.AddOuter(Y, t.ld, own.rows, t.ld, own.pairs, f.L, t.ld)
}
