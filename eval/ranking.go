package eval

import (
	"context"
	"math"
)

// ranking is the k nearest rows of B for each of N rows of A, the nearest first
// and of equals the one that comes first in B.
type ranking struct {
	k  int
	d2 []float32 // N×k: squared distances, rising
	id []int32   // N×k: rows of B
}

// nearest ranks the rows of B for each row of A. With others, A is B and a row
// is not its own neighbour. k is at most the number of rows to choose from.
func nearest(ctx context.Context, A, B Matrix, k int, others bool, workers int) (*ranking, error) {
	r := &ranking{k: k, d2: make([]float32, A.N*k), id: make([]int32, A.N*k)}
	for i := range r.d2 {
		r.d2[i] = float32(math.Inf(1))
	}
	err := newDistances(A, B).each(ctx, workers, func(t *tile) {
		for i := t.i0; i < t.i1; i++ {
			skip := -1
			if others {
				skip = i - t.j0
			}
			r.offer(i, t.row(i), t.j0, skip)
		}
	})
	return r, err
}

// offer takes rows j0, j0+1, … of B into the ranking of row i, but not j0+skip.
func (r *ranking) offer(i int, d2 []float32, j0, skip int) {
	best, id := r.d2[i*r.k:(i+1)*r.k], r.id[i*r.k:(i+1)*r.k]
	last := r.k - 1
	worst := best[last]
	for j, d := range d2 {
		if !(d < worst) || j == skip {
			continue
		}
		at := last
		for ; at > 0 && best[at-1] > d; at-- {
			best[at], id[at] = best[at-1], id[at-1]
		}
		best[at], id[at] = d, int32(j0+j)
		worst = best[last]
	}
}

// radii2 is the squared distance of every row of A to its k-th neighbour.
func (r *ranking) radii2() []float32 {
	out := make([]float32, len(r.d2)/r.k)
	for i := range out {
		out[i] = r.d2[(i+1)*r.k-1]
	}
	return out
}
