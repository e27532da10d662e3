package eval

import (
	"context"
	"fmt"

	"deepgmm/internal/kernel"
)

// Gaussian is the mean and the covariance of the rows of a matrix, as numbers
// that can be stored.
type Gaussian struct {
	N, D int       // rows it was fitted to, and their values
	Mean []float64 // D
	Cov  []float64 // D×D: Σ(x−m)(x−m)ᵀ/(N−1)
}

// FitGaussian returns the mean and covariance of the rows of X. It returns an
// error for values that are not finite, for N < 2, and wrapping ctx.Err().
// Workers ≤ 0: GOMAXPROCS; the result does not depend on it.
func FitGaussian(ctx context.Context, X Matrix, workers int) (*Gaussian, error) {
	X.check("FitGaussian", -1)
	if X.N < 2 {
		return nil, fmt.Errorf("eval: Gaussian: %d rows have no covariance: give at least 2", X.N)
	}
	if err := X.checkFinite(); err != nil {
		return nil, fmt.Errorf("eval: Gaussian: %w", err)
	}
	g := &Gaussian{N: X.N, D: X.D, Mean: make([]float64, X.D)}
	for i := range X.N {
		kernel.AddRow(g.Mean, X.Row(i))
	}
	for d := range g.Mean {
		g.Mean[d] /= float64(X.N)
	}
	var err error
	if g.Cov, err = covariance(ctx, X, g.Mean, workers); err != nil {
		return nil, fmt.Errorf("eval: Gaussian: covariance: %w", err)
	}
	return g, nil
}

// strip rows of the covariance are found together, from their diagonal on.
const strip = 4 * kernel.Lanes

// scatter is one worker's part of Σ(x−m)(x−m)ᵀ. Only the strips right of the
// diagonal are filled.
type scatter struct {
	ld   int
	x    []float32 // blockRows×ld: centred rows
	xt   []float32 // D×blockRows: their transpose
	prod []float32 // D×ld
	sum  []float64 // D×ld
}

func newScatter(D int) *scatter {
	ld := kernel.Pad(D)
	return &scatter{
		ld: ld, x: make([]float32, blockRows*ld), xt: make([]float32, D*blockRows),
		prod: make([]float32, D*ld), sum: make([]float64, D*ld),
	}
}

// covariance adds products of centred rows, in float32 within a block of rows
// and in float64 over the blocks.
func covariance(ctx context.Context, X Matrix, mean []float64, workers int) ([]float64, error) {
	total, n := newScatter(X.D), shards(X.N)
	bufs := buffers(workers, n, func() *scatter { return newScatter(X.D) })
	err := inOrder(ctx, n, bufs, func(s int, b *scatter) {
		clear(b.sum)
		for i0, end := shard(s, X.N); i0 < end; i0 += blockRows {
			b.add(X, mean, i0, min(i0+blockRows, end))
		}
	}, func(b *scatter) {
		for i, v := range b.sum {
			total.sum[i] += v
		}
	})
	cov := make([]float64, X.D*X.D)
	for i := range X.D {
		for j := i; j < X.D; j++ {
			v := total.sum[i*total.ld+j] / float64(X.N-1)
			cov[i*X.D+j], cov[j*X.D+i] = v, v
		}
	}
	return cov, err
}

// add takes in the rows i0 ≤ i < i1 of X, at most blockRows.
func (b *scatter) add(X Matrix, mean []float64, i0, i1 int) {
	J := i1 - i0
	for i := range J {
		for d, v := range X.Row(i0 + i) {
			b.x[i*b.ld+d] = float32(float64(v) - mean[d])
		}
	}
	kernel.Transpose(b.xt, J, b.x, b.ld, J, X.D)
	for r0 := 0; r0 < X.D; r0 += strip {
		r1 := min(r0+strip, X.D)
		kernel.Mix(kernel.Grid{V: b.prod[r0*b.ld+r0:], Row: b.ld}, kernel.Grid{V: b.x[r0:], Row: b.ld}, 1,
			b.xt[r0*J:r1*J], r1-r0, J, b.ld-r0)
		for r := r0; r < r1; r++ {
			kernel.AddRow(b.sum[r*b.ld+r0:(r+1)*b.ld], b.prod[r*b.ld+r0:(r+1)*b.ld])
		}
	}
}
