package eval

import (
	"context"
	"fmt"

	"deepgmm/internal/kernel"
)

// lloydRun is the state of Lloyd's iterations. sums and counts belong to the
// labels of the last assignment.
type lloydRun struct {
	X       Matrix
	m       *KMeans
	norm2   float64   // Σ‖x‖² over all rows
	dist    []float32 // squared distances to the rows' centres; only measure fills them
	sums    []float64 // K×D
	counts  []int     // K
	changed int       // labels that the last assignment changed
	bufs    []*lloydBuffer
}

// lloydBuffer holds what one shard adds to the run.
type lloydBuffer struct {
	*block
	sums    []float64
	counts  []int
	total   float64
	changed int
}

// lloyd improves the centres, in place, until they rest.
func lloyd(ctx context.Context, X Matrix, start []float32, c KMeansConfig, init int) (*KMeans, error) {
	r := newLloydRun(X, start, c)
	limit := c.Tol * X.meanVariance()
	fail := func(err error) (*KMeans, error) {
		return nil, fmt.Errorf("eval: k-means: iteration %d of %d: %w", r.m.Iterations, c.MaxIter, err)
	}
	if err := r.measureNorms(ctx); err != nil {
		return fail(err)
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
		dist: make([]float32, X.N), sums: make([]float64, c.K*X.D), counts: make([]int, c.K),
	}
	for i := range r.m.Labels {
		r.m.Labels[i] = -1
	}
	r.bufs = buffers(c.Workers, shards(X.N), func() *lloydBuffer {
		return &lloydBuffer{block: newBlock(c.K, X), sums: make([]float64, c.K*X.D), counts: make([]int, c.K)}
	})
	return r
}

// eachRow adds up a value of every row, in the order of the rows.
func (r *lloydRun) eachRow(ctx context.Context, value func(i int) float32) (total float64, err error) {
	err = inOrder(ctx, shards(r.X.N), r.bufs, func(s int, b *lloydBuffer) {
		b.total = 0
		i0, i1 := shard(s, r.X.N)
		for i := i0; i < i1; i++ {
			b.total += float64(value(i))
		}
	}, func(b *lloydBuffer) { total += b.total })
	return total, err
}

func (r *lloydRun) measureNorms(ctx context.Context) (err error) {
	zero := make([]float32, r.X.D)
	r.norm2, err = r.eachRow(ctx, func(i int) float32 { return kernel.Distance2(r.X.Row(i), zero) })
	return err
}

// measure finds every row's distance to its centre, and the inertia, without the rounding of assign.
func (r *lloydRun) measure(ctx context.Context) (err error) {
	D := r.X.D
	r.m.Inertia, err = r.eachRow(ctx, func(i int) float32 {
		k := r.m.Labels[i]
		r.dist[i] = kernel.Distance2(r.X.Row(i), r.m.Centers[k*D:(k+1)*D])
		return r.dist[i]
	})
	return err
}

// assign gives every row to its nearest centre. The inertia is Σ‖x‖² − 2Σ(x·c − ‖c‖²/2), up to rounding.
func (r *lloydRun) assign(ctx context.Context) error {
	c := newCenters(r.m.Centers, r.m.K, r.m.D)
	clear(r.sums)
	clear(r.counts)
	r.changed = 0
	var score float64
	err := inOrder(ctx, shards(r.X.N), r.bufs, func(s int, b *lloydBuffer) {
		clear(b.sums)
		clear(b.counts)
		b.total, b.changed = 0, 0
		b.blocks(s, r.X.N, func(i0, i1 int) {
			b.nearest(r.X, i0, i1, c)
			r.collect(b, i0, i1)
		})
	}, func(b *lloydBuffer) {
		for i, v := range b.sums {
			r.sums[i] += v
		}
		for k, n := range b.counts {
			r.counts[k] += n
		}
		score += b.total
		r.changed += b.changed
	})
	r.m.Inertia = max(0, r.norm2-2*score)
	return err
}

// collect takes over labels, scores and sums of an assigned block.
func (r *lloydRun) collect(b *lloydBuffer, i0, i1 int) {
	for i := i0; i < i1; i++ {
		k := int(b.arg[i-i0])
		if r.m.Labels[i] != k {
			b.changed++
		}
		r.m.Labels[i] = k
		b.total += float64(b.best[i-i0])
		b.counts[k]++
		kernel.AddRow(b.sums[k*r.X.D:(k+1)*r.X.D], r.X.Row(i))
	}
}

// empty is the number of centres without rows.
func (r *lloydRun) empty() (empty int) {
	for _, n := range r.counts {
		if n == 0 {
			empty++
		}
	}
	return empty
}

// subtractRow takes row off the sums.
func subtractRow(sums []float64, row []float32) {
	for d, v := range row {
		sums[d] -= float64(v)
	}
}

// reseed gives every centre without rows the row that is farthest from its
// own centre. It takes no centre's last row, and no row that already lies on
// its centre: nothing would be gained.
func (r *lloydRun) reseed(ctx context.Context) error {
	if r.empty() == 0 {
		return nil
	}
	if err := r.measure(ctx); err != nil {
		return err
	}
	for k, n := range r.counts {
		if n > 0 {
			continue
		}
		far := -1
		for i, d := range r.dist {
			if d > 0 && r.counts[r.m.Labels[i]] > 1 && (far < 0 || d > r.dist[far]) {
				far = i
			}
		}
		if far < 0 {
			return nil
		}
		from := r.m.Labels[far]
		subtractRow(r.sums[from*r.X.D:], r.X.Row(far))
		kernel.AddRow(r.sums[k*r.X.D:(k+1)*r.X.D], r.X.Row(far))
		r.counts[from]--
		r.counts[k]++
		r.m.Labels[far], r.dist[far] = k, 0
	}
	return nil
}

// update moves the centres to the means of their rows and returns Σ‖Δc‖².
// A centre without rows stays.
func (r *lloydRun) update() float64 {
	var shift float64
	for k, n := range r.counts {
		if n == 0 {
			continue
		}
		c := r.m.Centers[k*r.m.D:][:r.m.D]
		for d, s := range r.sums[k*r.m.D:][:r.m.D] {
			v := float32(s / float64(n))
			shift += float64(v-c[d]) * float64(v-c[d])
			c[d] = v
		}
	}
	return shift
}
