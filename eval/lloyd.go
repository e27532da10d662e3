package eval

import (
	"context"
	"fmt"
)

// lloydRun is the state of Lloyd's iterations. sums and counts belong to the
// labels of the last assignment, dist is each row's squared distance to the
// centre it was given then.
type lloydRun struct {
	X       Matrix
	m       *KMeans
	dist    []float32
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
	inertia float64
	changed int
}

// lloyd improves the centres, in place, until they rest.
func lloyd(ctx context.Context, X Matrix, centers []float32, c KMeansConfig, init int) (*KMeans, error) {
	r := newLloydRun(X, centers, c)
	limit := c.Tol * X.meanVariance()
	assign := func() error {
		err := r.assign(ctx)
		if err == nil && c.Progress != nil {
			c.Progress(Step{Phase: "k-means", Init: init, Iteration: r.m.Iterations, Value: r.m.Inertia})
		}
		return err
	}
	for settled := false; ; {
		if err := assign(); err != nil {
			return nil, fmt.Errorf("eval: k-means: iteration %d of %d: %w", r.m.Iterations, c.MaxIter, err)
		}
		r.m.Converged = settled || r.changed == 0
		if r.m.Converged || r.m.Iterations == c.MaxIter {
			break
		}
		r.reseed()
		settled = r.update() <= limit
		r.m.Iterations++
	}
	for _, n := range r.counts {
		if n == 0 {
			r.m.Empty++
		}
	}
	return r.m, nil
}

func newLloydRun(X Matrix, centers []float32, c KMeansConfig) *lloydRun {
	r := &lloydRun{
		X: X, m: &KMeans{K: c.K, D: X.D, Centers: centers, Labels: make([]int, X.N)},
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

// assign gives every row to its nearest centre.
func (r *lloydRun) assign(ctx context.Context) error {
	w := squaredDistances(r.m.Centers, r.m.K, r.m.D)
	clear(r.sums)
	clear(r.counts)
	r.changed, r.m.Inertia = 0, 0
	return inOrder(ctx, shards(r.X.N), r.bufs, func(s int, b *lloydBuffer) {
		clear(b.sums)
		clear(b.counts)
		b.inertia, b.changed = 0, 0
		b.blocks(s, r.X.N, func(i0, i1 int) {
			b.score(r.X, i0, i1, w)
			r.collect(b, i0, i1)
		})
	}, func(b *lloydBuffer) {
		for i, v := range b.sums {
			r.sums[i] += v
		}
		for k, n := range b.counts {
			r.counts[k] += n
		}
		r.m.Inertia += b.inertia
		r.changed += b.changed
	})
}

// collect takes over labels, distances and sums of a scored block.
func (r *lloydRun) collect(b *lloydBuffer, i0, i1 int) {
	for i := i0; i < i1; i++ {
		k := int(b.arg[i-i0])
		if r.m.Labels[i] != k {
			b.changed++
		}
		r.m.Labels[i], r.dist[i] = k, -b.best[i-i0]
		b.inertia -= float64(b.best[i-i0])
		b.counts[k]++
		addRow(b.sums[k*r.X.D:], r.X.Row(i), 1)
	}
}

// addRow adds sign·row to dst.
func addRow(dst []float64, row []float32, sign float64) {
	dst = dst[:len(row)]
	for d, v := range row {
		dst[d] += sign * float64(v)
	}
}

// reseed gives every centre without rows the row that is farthest from its
// own centre. It takes no centre's last row, and no row that already lies on
// its centre: nothing would be gained.
func (r *lloydRun) reseed() {
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
			return
		}
		from := r.m.Labels[far]
		addRow(r.sums[from*r.X.D:], r.X.Row(far), -1)
		addRow(r.sums[k*r.X.D:], r.X.Row(far), 1)
		r.counts[from]--
		r.counts[k]++
		r.m.Labels[far], r.dist[far] = k, 0
	}
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
