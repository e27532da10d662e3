package dcgmm

import "deepgmm/internal/kernel"

// The pairs of a component and a vector that count in a step, as lists: once annealing is over, one for every vector.
// While they are dense, factor_dense.go takes their place.

// A neighbour is a component that a winner takes along: so many rows and columns on from it on the torus.
type neighbour struct {
	row, col int
	w        float32 // G_kj
}

// setNear lists what a winner takes along: weights G_kj below 2⁻²⁴ of G_kk change nothing in float32.
func (t *learner) setNear() {
	f, n := t.factors, t.grid
	if f.tau == n.tau {
		return
	}
	f.tau, f.near = n.tau, f.near[:0]
	for o := range t.K {
		if w := n.At(0, o); w > n.At(0, 0)*0x1p-24 {
			f.near = append(f.near, neighbour{o / n.Cols, o % n.Cols, float32(w)})
		}
	}
	f.dense = 4*len(f.near) > t.K // a pair of a list costs about as much as four of a product
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
		winnerRow, winnerCol := int(arg[i])/t.grid.Cols, int(arg[i])%t.grid.Cols
		for _, near := range f.near {
			row, col := winnerRow+near.row, winnerCol+near.col
			if row >= t.grid.Rows {
				row -= t.grid.Rows
			}
			if col >= t.grid.Cols {
				col -= t.grid.Cols
			}
			k := row*t.grid.Cols + col
			to.Item, to.Row = append(to.Item, int32(i)), append(to.Row, int32(k))
			to.A = to.A[:len(to.A)+L]
			m := to.A[len(to.A)-L:]
			inverse := g.inverse[(set*t.K+k)*L*L:][:L*L]
			clear(m)
			for j := range m {
				v := p[(k*L+j)*n+i]
				for l, c := range inverse[j*L:][:j+1] {
					m[l] += c * v
				}
			}
			addMoments(sums[k*(L+L*L):][:L+L*L], m, near.w)
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
