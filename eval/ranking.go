package eval

import (
	"context"
	"math"
	"slices"
)

// ranking is the k nearest rows of B for each of N rows of A, the nearest first
// and of equals the one that comes first in B.
type ranking struct {
	k    int
	d2   []float64 // N×k: squared distances, rising
	id   []int32   // N×k: rows of B
	near []float32 // N×k: the least upper bounds of distances so far, rising
	open []open    // N: rows of B that may belong to the nearest and are not measured yet
}

// open is a short list of rows of B in their order.
type open struct {
	n   int
	id  [openRows]int32
	low [openRows]float32 // lower bounds
}

// openRows suffice for a random order of rows: of n rows about k·log(n/k) are among the k nearest for a while.
const openRows = 64

// nearest ranks the rows of B for each row of A. With others, A is B and a row
// is not its own neighbour. k is at most the number of rows to choose from.
func nearest(ctx context.Context, A, B Matrix, k int, others bool, workers int) (*ranking, error) {
	inf := math.Inf(1)
	r := &ranking{
		k: k, id: make([]int32, A.N*k), open: make([]open, A.N),
		d2: slices.Repeat([]float64{inf}, A.N*k), near: slices.Repeat([]float32{float32(inf)}, A.N*k),
	}
	p := newDistances(A, B)
	err := p.each(ctx, workers, func(t *tile) {
		for i := t.i0; i < t.i1; i++ {
			skip := -1
			if others {
				skip = i - t.j0
			}
			r.offer(p, i, t.row(i), t.j0, skip)
			if t.j1 == B.N {
				r.settle(p, i)
			}
		}
	})
	return r, err
}

// offer lists those of the rows j0, j0+1, … of B, but not j0+skip, that may be among the nearest of row i of A, by the
// lower bounds of their distances: not below the k-th upper bound, none is. A NaN says nothing.
func (r *ranking) offer(p *distances, i int, low []float32, j0, skip int) {
	near, o := r.near[i*r.k:(i+1)*r.k], &r.open[i]
	last := r.k - 1
	worst := near[last]
	for j, l := range low {
		if l >= worst || j == skip {
			continue
		}
		if o.n == openRows {
			r.settle(p, i)
		}
		o.id[o.n], o.low[o.n] = int32(j0+j), l
		o.n++
		insert(near, p.upper(i, j0+j, l))
		worst = near[last]
	}
}

// insert puts v in its place among rising values, of which the last falls out, and returns the place; −1 if there is
// none.
func insert[T float32 | float64](rising []T, v T) int {
	at := len(rising) - 1
	if !(v < rising[at]) {
		return -1
	}
	for ; at > 0 && rising[at-1] > v; at-- {
		rising[at] = rising[at-1]
	}
	rising[at] = v
	return at
}

// settle measures the listed rows that may still be among the nearest of row i of A.
func (r *ranking) settle(p *distances, i int) {
	from, to := i*r.k, (i+1)*r.k
	d2, id, o := r.d2[from:to], r.id[from:to], &r.open[i]
	worst := r.near[to-1]
	for c, j := range o.id[:o.n] {
		if l := o.low[c]; l > worst || float64(l) >= d2[r.k-1] {
			continue
		}
		if at := insert(d2, p.exact(i, int(j))); at >= 0 {
			copy(id[at+1:], id[at:])
			id[at] = j
		}
	}
	o.n = 0
	for c, d := range d2 { // distances are upper bounds, too
		r.near[from+c] = min(r.near[from+c], roundUp(d))
	}
}

// roundUp is the least float32 that is not below d ≥ 0.
func roundUp(d float64) float32 {
	v := float32(d)
	if float64(v) < d {
		return math.Nextafter32(v, float32(math.Inf(1)))
	}
	return v
}

// radii2 is the squared distance of every row of A to its k-th neighbour.
func (r *ranking) radii2() []float64 {
	out := make([]float64, len(r.d2)/r.k)
	for i := range out {
		out[i] = r.d2[(i+1)*r.k-1]
	}
	return out
}
