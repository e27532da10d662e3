package eval

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"deepgmm/internal/kernel"
)

// centreRow writes the values of a row less the mean, times scale, to dst.
func centreRow(dst, row []float32, mean []float64, scale float64) {
	dst = dst[:len(row)]
	for d, v := range row {
		dst[d] = float32((float64(v) - mean[d]) * scale)
	}
}

// unit is the power of two by which centred rows are scaled so that sums of their products fit in float32: 1 but for
// extreme data.
func unit(X Matrix, mean []float64) float64 {
	var far float64
	for i := range X.N {
		for d, v := range X.Row(i) {
			far = max(far, math.Abs(float64(v)-mean[d]))
		}
	}
	if far == 0 || far >= 0x1p-40 && far <= 0x1p40 {
		return 1
	}
	_, e := math.Frexp(far)
	return math.Ldexp(1, -e)
}

// strip rows of the covariance are found together, from their diagonal on.
const strip = 4 * kernel.Lanes

// scatter is one worker's part of Σ(x−m)(x−m)ᵀ. Only the strips right of the diagonal are filled.
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

// covariance is Σ(x−m)(x−m)ᵀ/(N−1), D×D. It adds products of centred rows in float32 within a block of rows and in
// float64 over the blocks: many times as fast as FitGaussian, and right to about 2⁻²² of the variances.
func covariance(ctx context.Context, X Matrix, mean []float64, workers int) ([]float64, error) {
	total, scale := newScatter(X.D), unit(X, mean)
	bufs := buffers(workers, X.N, shardRows, func() *scatter { return newScatter(X.D) })
	err := inOrder(ctx, X.N, shardRows, bufs, func(i0, i1 int, b *scatter) {
		clear(b.sum)
		inBlocks(i0, i1, func(i0, i1 int) { b.add(X, mean, scale, i0, i1) })
	}, func(b *scatter) { floats.Add(total.sum, b.sum) })
	cov := make([]float64, X.D*X.D)
	for i := range X.D {
		for j := i; j < X.D; j++ {
			v := total.sum[i*total.ld+j] / float64(X.N-1) / scale / scale
			cov[i*X.D+j], cov[j*X.D+i] = v, v
		}
	}
	return cov, err
}

// add takes in the rows i0 ≤ i < i1 of X, at most blockRows.
func (b *scatter) add(X Matrix, mean []float64, scale float64, i0, i1 int) {
	J := i1 - i0
	for i := range J {
		centreRow(b.x[i*b.ld:], X.Row(i0+i), mean, scale)
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
