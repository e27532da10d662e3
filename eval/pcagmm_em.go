package eval

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// spaceEM holds what the starts of one fit of a PCAGMM share.
type spaceEM struct {
	space *PCA
	Z     Matrix // rows in the space
	c     PCAGMMConfig
	noise float64
	floor float64 // least eigenvalue
	total *scatters
	bufs  []*spaceBuffer
}

func newSpaceEM(space *PCA, Z Matrix, c PCAGMMConfig) *spaceEM {
	e := &spaceEM{space: space, Z: Z, c: c, total: newScatters(c.K, Z.D)}
	within := floats.Sum(space.Variance)
	mean := within / float64(space.Dims)
	if left := space.D - space.Dims; left > 0 {
		e.noise = max((space.Total-within)/float64(left), leastNoise*mean)
	}
	e.floor = max(c.Floor*mean, e.noise)
	e.bufs = buffers(c.Workers, Z.N, shardRows, func() *spaceBuffer {
		return &spaceBuffer{spaceBlock: newSpaceBlock(c.K, Z), sums: newScatters(c.K, Z.D), pairs: make([]members, c.K)}
	})
	return e
}

// scatters are the sums of the M-step for every component: r, r·y and r·yyᵀ, y = z − μ being centred at its mean so far.
type scatters struct {
	d   int
	n   []float64 // K
	y   []float64 // K×d
	yy  []float64 // K×d×d, upper triangles
	log float64   // Σ log-likelihood of the rows
}

func newScatters(K, d int) *scatters {
	return &scatters{d: d, n: make([]float64, K), y: make([]float64, K*d), yy: make([]float64, K*d*d)}
}

func (s *scatters) clear() {
	clear(s.n)
	clear(s.y)
	clear(s.yy)
	s.log = 0
}

func (s *scatters) merge(o *scatters) {
	floats.Add(s.n, o.n)
	floats.Add(s.y, o.y)
	floats.Add(s.yy, o.yy)
	s.log += o.log
}

// members are rows that count for a component, with their responsibilities.
type members struct {
	row []int
	r   []float64
}

// spaceBuffer is one worker's block, and the sums of a shard.
type spaceBuffer struct {
	*spaceBlock
	sums  *scatters
	pairs []members // K
	y     []float64 // d×members, scratch
}

// add takes in the members of component k, whose mean so far is mu, and forgets them.
func (b *spaceBuffer) add(k int, Z Matrix, mu []float64) {
	m, s, J := &b.pairs[k], b.sums, len(b.pairs[k].row)
	if J == 0 {
		return
	}
	if len(b.y) < s.d*J {
		b.y = make([]float64, s.d*J)
	}
	sum := s.y[k*s.d : (k+1)*s.d]
	for j, i := range m.row {
		s.n[k] += m.r[j]
		root := math.Sqrt(m.r[j])
		for d, v := range Z.Row(i) {
			y := float64(v) - mu[d]
			sum[d] += float64(m.r[j] * y)
			b.y[d*J+j] = root * y
		}
	}
	blas64.Syrk(blas.NoTrans, 1, blas64.General{Rows: s.d, Cols: J, Stride: J, Data: b.y}, 1,
		blas64.Symmetric{Uplo: blas.Upper, N: s.d, Stride: s.d, Data: s.yy[k*s.d*s.d : (k+1)*s.d*s.d]})
	m.row, m.r = m.row[:0], m.r[:0]
}

// expect is the E-step: it collects the sums of all rows under g's responsibilities and returns the mean log-likelihood.
func (e *spaceEM) expect(ctx context.Context, g *PCAGMM) (float64, error) {
	f, err := g.forms()
	if err != nil {
		return 0, err
	}
	skip := float32(noise / float64(e.Z.N))
	e.total.clear()
	err = inOrder(ctx, e.Z.N, shardRows, e.bufs, func(i0, i1 int, b *spaceBuffer) {
		b.sums.clear()
		inBlocks(i0, i1, func(i0, i1 int) {
			b.score(e.Z, i0, i1, f)
			for k := range g.K {
				m := &b.pairs[k]
				for j, r := range b.l[k*b.n:][:i1-i0] {
					if r > skip {
						m.row, m.r = append(m.row, i0+j), append(m.r, float64(r))
					}
				}
			}
			for j := range i1 - i0 {
				b.sums.log += b.logSum(j)
			}
		})
		for k := range g.K {
			b.add(k, e.Z, g.mean(k))
		}
	}, func(b *spaceBuffer) { e.total.merge(b.sums) })
	L := e.total.log / float64(e.Z.N)
	if err == nil && L-L != 0 {
		err = fmt.Errorf("the mean log-likelihood is %v: scale the data to [0, 1] or raise Floor (%v)", L, e.c.Floor)
	}
	return L, err
}

// maximise is the M-step: it writes weights, means and covariances to g, and returns the number of dead components.
// These keep mean and covariance, which cannot lower the likelihood, and get the weight 10·2⁻⁵²/N.
func (e *spaceEM) maximise(g *PCAGMM) (dead int) {
	eachPart(e.c.Workers, g.K, 1, func() struct{} { return struct{}{} }, func(k, _ int, _ struct{}) {
		if n := e.total.n[k]; n < noise {
			g.Weights[k] = 10 * 0x1p-52 / float64(e.Z.N)
		} else {
			g.Weights[k] = n / float64(e.Z.N)
			e.move(g, k)
		}
	})
	for _, n := range e.total.n {
		if n < noise {
			dead++
		}
	}
	return dead
}

// move gives component k the mean and covariance of its rows.
func (e *spaceEM) move(g *PCAGMM, k int) {
	d, n := e.total.d, e.total.n[k]
	shift, c, mu := e.total.y[k*d:(k+1)*d], g.Covs[k*d*d:(k+1)*d*d], g.mean(k)
	for i, v := range shift {
		mu[i] += v / n
		for j := i; j < d; j++ {
			c[i*d+j] = e.total.yy[k*d*d+i*d+j]/n - v/n*shift[j]/n
		}
	}
	raise(g.cov(k), e.floor)
	for i := range d {
		for j := range i {
			c[i*d+j] = c[j*d+i] // gonum has the upper triangle only
		}
	}
}

// raise lifts the eigenvalues of s that are below floor to it.
func raise(s *mat.SymDense, floor float64) {
	d := s.SymmetricDim()
	above := mat.NewSymDense(d, nil)
	above.CopySym(s)
	for i := range d {
		above.SetSym(i, i, s.At(i, i)-floor)
	}
	var c mat.Cholesky
	if c.Factorize(above) {
		return // none is, and this takes a fraction of the time of eigenvalues
	}
	values, vectors := eigen(s)
	s.Zero()
	for l, v := range values {
		s.SymRankOne(s, max(v, floor), vectors.ColView(l))
	}
}

// first is the mixture of the clusters of k-means, one without rows having the moments of all.
func (e *spaceEM) first(km *KMeans) *PCAGMM {
	d := e.Z.D
	g := &PCAGMM{e.space, km.K, make([]float64, km.K), make([]float64, km.K*d), make([]float64, km.K*d*d), e.noise}
	e.total.clear()
	for k := range km.K {
		for i, v := range e.space.Variance {
			g.Covs[k*d*d+i*d+i] = max(v, e.floor)
		}
	}
	b := e.bufs[0]
	for i0 := 0; i0 < e.Z.N; i0 += shardRows {
		b.sums.clear()
		for i := i0; i < min(i0+shardRows, e.Z.N); i++ {
			m := &b.pairs[km.Labels[i]]
			m.row, m.r = append(m.row, i), append(m.r, 1)
		}
		for k := range km.K {
			b.add(k, e.Z, g.mean(k))
		}
		e.total.merge(b.sums)
	}
	e.maximise(g)
	return g
}
