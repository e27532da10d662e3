package eval

import (
	"context"
	"math"

	"deepgmm/internal/kernel"
)

// pairwise is what the distances between all rows say of their clusters.
type pairwise struct {
	silhouette float64 // Σ over rows
	apart      float64 // least squared distance between clusters
	diameter   float64 // largest squared distance within one
}

func newPairwise() pairwise { return pairwise{apart: math.Inf(1)} }

func (p *pairwise) merge(o pairwise) {
	p.silhouette += o.silhouette
	p.apart = min(p.apart, o.apart)
	p.diameter = max(p.diameter, o.diameter)
}

func (p *pairwise) dunn() float64 {
	if p.apart == 0 {
		return 0
	}
	return math.Sqrt(p.apart / p.diameter)
}

// pairBuffer holds the distances of a block of rows to others. The block's rows
// are the kernels' items, negated; the others are the constants M, with S = 1.
type pairBuffer struct {
	*block
	pairwise
	neg  []float32 // n×D
	ones []float32 // n×D
	zero []float32 // n
	sum  []float64 // n×clusters: each row's summed distances to a cluster
}

func (c *clusters) newBuffer() *pairBuffer {
	b := newBlock(blockRows, c.X)
	p := &pairBuffer{
		block: b, neg: make([]float32, b.n*c.X.D), ones: make([]float32, blockRows*c.X.D),
		zero: make([]float32, blockRows), sum: make([]float64, b.n*len(c.size)),
	}
	for i := range p.ones {
		p.ones[i] = 1
	}
	return p
}

// distances makes one pass over all pairs of rows.
func (c *clusters) distances(ctx context.Context, workers int) (pairwise, error) {
	total := newPairwise()
	bufs := buffers(workers, c.X.N, shardRows, c.newBuffer)
	err := inOrder(ctx, c.X.N, shardRows, bufs, func(i0, i1 int, b *pairBuffer) {
		b.pairwise = newPairwise()
		inBlocks(i0, i1, func(i0, i1 int) {
			b.load(c.X, i0, i1)
			for j0 := 0; j0 < c.X.N && ctx.Err() == nil; j0 += blockRows {
				b.pairs(c, i0, i1, j0, min(j0+blockRows, c.X.N))
			}
			for i := i0; i < i1; i++ {
				b.silhouette += c.silhouette(c.label[i], b.sum[(i-i0)*len(c.size):][:len(c.size)])
			}
		})
	}, func(b *pairBuffer) { total.merge(b.pairwise) })
	if err == nil {
		err = ctx.Err() // a shard may have been cut short
	}
	return total, err
}

// load makes the rows i0 ≤ i < i1 the block's items.
func (b *pairBuffer) load(X Matrix, i0, i1 int) {
	clear(b.sum)
	for i, v := range X.X[i0*X.D : i1*X.D] {
		b.neg[i] = -v
	}
	kernel.Transpose(b.x, b.n, b.neg, X.D, i1-i0, X.D)
}

// pairs counts the distances between the items and the rows j0 ≤ j < j1.
func (b *pairBuffer) pairs(c *clusters, i0, i1, j0, j1 int) {
	kernel.Score(b.l, b.x, b.rows, kernel.Weights{
		K: j1 - j0, D: c.X.D, S: b.ones, M: c.X.X[j0*c.X.D : j1*c.X.D], C: b.zero,
	}, b.n)
	K := len(c.size)
	for j := j0; j < j1; j++ {
		kj := c.label[j]
		for i, l := range b.l[(j-j0)*b.n:][:i1-i0] {
			d2 := float64(0 - l)
			if beyondFloat32(0 - l) {
				d2 = squaredDistance(c.X.Row(i0+i), c.X.Row(j))
			}
			b.sum[i*K+kj] += math.Sqrt(d2)
			if c.label[i0+i] == kj {
				b.diameter = max(b.diameter, d2)
			} else {
				b.apart = min(b.apart, d2)
			}
		}
	}
}

// silhouette of a row of cluster own, from its summed distances to all clusters.
func (c *clusters) silhouette(own int, sum []float64) float64 {
	if c.size[own] == 1 {
		return 0
	}
	a, b := sum[own]/float64(c.size[own]-1), math.Inf(1)
	for k, s := range sum {
		if k != own {
			b = math.Min(b, s/float64(c.size[k]))
		}
	}
	if a == b {
		return 0
	}
	return (b - a) / math.Max(a, b)
}
