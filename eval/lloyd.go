package eval

import (
	"context"
	"fmt"
	"math"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/floats"
)

// lloydRun is the state of Lloyd's iterations. sums and counts belong to the labels of the last assignment. Only rows
// that change their label are added and taken off. As the sums are float64 of float32 rows, their rounding does not
// show in the float32 centres unless a mean lies within it between two of them; sums of bytes/255 are exact.
type lloydRun struct {
	X       Matrix
	m       *KMeans
	norm2   float64   // Σ‖x‖² over all rows
	dist    []float32 // squared distances to the rows' centres; only measure fills them
	sums    []float64 // K×D
	counts  []int     // K
	changed int       // labels that the last assignment changed
	bounds  *bounds   // nil: every distance is measured
	bufs    []*lloydBuffer
}

// lloydBuffer holds what one shard adds to the run.
type lloydBuffer struct {
	*assigner
	sums    []float64
	counts  []int
	touched []bool // K, centres whose sums are not 0
	total   float64
	changed int
}

// lloyd improves the centres, in place, until they rest.
func lloyd(ctx context.Context, X Matrix, start []float32, c KMeansConfig, init int) (*KMeans, error) {
	return newLloydRun(X, start, c).run(ctx, c, init)
}

func (r *lloydRun) run(ctx context.Context, c KMeansConfig, init int) (*KMeans, error) {
	mean, second := r.X.columnMoments()
	limit := c.Tol * meanVariance(mean, second)
	for _, q := range second {
		r.norm2 += float64(q * float64(r.X.N))
	}
	fail := func(err error) (*KMeans, error) {
		return nil, fmt.Errorf("eval: k-means: iteration %d of %d: %w", r.m.Iterations, c.MaxIter, err)
	}
	for settled := false; ; {
		if err := r.assign(ctx); err != nil {
			return fail(err)
		}
		if c.Progress != nil {
			c.Progress(Step{Phase: "k-means", Init: init, Iteration: r.m.Iterations, Value: r.m.Inertia})
		}
		r.m.Converged = settled || r.changed == 0
		if r.m.Converged || r.m.Iterations == c.MaxIter {
			break
		}
		if err := r.reseed(ctx); err != nil {
			return fail(err)
		}
		settled = r.update() <= limit
		if r.bounds != nil {
			r.bounds.move()
		}
		r.m.Iterations++
	}
	if err := r.measure(ctx); err != nil {
		return fail(err)
	}
	r.m.Empty = r.empty()
	return r.m, nil
}

func newLloydRun(X Matrix, start []float32, c KMeansConfig) *lloydRun {
	r := &lloydRun{
		X: X, m: &KMeans{K: c.K, D: X.D, Centers: start, Labels: make([]int, X.N)},
		dist: make([]float32, X.N), sums: make([]float64, c.K*X.D), counts: make([]int, c.K), bounds: newBounds(X.N, X.D, c.K),
	}
	for i := range r.m.Labels {
		r.m.Labels[i] = -1
	}
	r.bufs = buffers(c.Workers, X.N, shardRows, func() *lloydBuffer {
		return &lloydBuffer{assigner: newAssigner(c.K, X.D), sums: make([]float64, c.K*X.D), counts: make([]int, c.K), touched: make([]bool, c.K)}
	})
	return r
}

// measure finds every row's distance to its centre, and the inertia.
func (r *lloydRun) measure(ctx context.Context) error {
	D := r.X.D
	r.m.Inertia = 0
	return inOrder(ctx, r.X.N, shardRows, r.bufs, func(i0, i1 int, b *lloydBuffer) {
		b.total = 0
		for i := i0; i < i1; i++ {
			k := r.m.Labels[i]
			r.dist[i] = kernel.Distance2(r.X.Row(i), r.m.Centers[k*D:(k+1)*D])
			b.total += float64(r.dist[i])
		}
	}, func(b *lloydBuffer) { r.m.Inertia += b.total })
}

// assign gives every row to its nearest centre.
func (r *lloydRun) assign(ctx context.Context) error {
	first := r.m.Labels[0] < 0
	r.changed = 0
	err := inOrder(ctx, r.X.N, shardRows, r.bufs, func(i0, i1 int, b *lloydBuffer) {
		b.changed = 0
		if first || r.bounds == nil {
			b.measure(r.X, i0, i1, r.m.Centers, func(i int, dist []float32) { r.take(b, i, dist) })
			return
		}
		for i := i0; i < i1; i++ {
			r.label(b, i, b.settle(r.X, i, r.m.Labels[i], r.m.Centers, r.bounds))
		}
	}, r.merge)
	r.m.Inertia = r.inertia()
	return err
}

// take gives row i to the nearest of all centres.
func (r *lloydRun) take(b *lloydBuffer, i int, dist []float32) {
	k := smallest(dist)
	if r.bounds != nil {
		for j, d := range dist {
			r.bounds.measured(i, j, d)
		}
		r.bounds.own(i, dist[k])
	}
	r.label(b, i, k)
}

// label gives row i to centre k.
func (r *lloydRun) label(b *lloydBuffer, i, k int) {
	old := r.m.Labels[i]
	if old == k {
		return
	}
	b.changed++
	r.m.Labels[i] = k
	b.counts[k]++
	b.touched[k] = true
	kernel.AddRow(b.sums[k*r.X.D:(k+1)*r.X.D], r.X.Row(i))
	if old >= 0 {
		b.counts[old]--
		b.touched[old] = true
		kernel.SubtractRow(b.sums[old*r.X.D:(old+1)*r.X.D], r.X.Row(i))
	}
}

// merge takes over the changes of a shard and leaves the buffer empty.
func (r *lloydRun) merge(b *lloydBuffer) {
	D := r.X.D
	for k, touched := range b.touched {
		if !touched {
			continue
		}
		add := b.sums[k*D : (k+1)*D]
		floats.Add(r.sums[k*D:(k+1)*D], add)
		clear(add)
		if r.counts[k] += b.counts[k]; r.counts[k] == 0 {
			clear(r.sums[k*D : (k+1)*D]) // of rounding
		}
		b.counts[k], b.touched[k] = 0, false
	}
	r.changed += b.changed
}

// inertia is Σ‖x − c‖² = Σ‖x‖² − Σ_k (2 c_k·Σx − n_k ‖c_k‖²) in float64; at a millionth of Σ‖x‖² or below, its
// rounding counts.
func (r *lloydRun) inertia() float64 {
	var own float64
	for k, n := range r.counts {
		for d, c := range r.m.Centers[k*r.m.D : (k+1)*r.m.D] {
			c := float64(c)
			own += float64(c * (float64(2*r.sums[k*r.m.D+d]) - float64(float64(n)*c)))
		}
	}
	return max(0, r.norm2-own)
}

// update moves the centres to the means of their rows and returns Σ‖Δc‖². A centre without rows stays.
func (r *lloydRun) update() (shift float64) {
	for k, n := range r.counts {
		var moved float64
		c := r.m.Centers[k*r.m.D:][:r.m.D]
		for d, s := range r.sums[k*r.m.D:][:r.m.D] {
			if n == 0 {
				break
			}
			v := float32(s / float64(n))
			moved += float64((float64(v) - float64(c[d])) * (float64(v) - float64(c[d])))
			c[d] = v
		}
		shift += moved
		if r.bounds != nil {
			r.bounds.moved[k] = math.Sqrt(moved)
		}
	}
	return shift
}
