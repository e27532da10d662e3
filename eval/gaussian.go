package eval

import (
	"context"
	"fmt"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/mat"
)

// Gaussian is the mean and the covariance of the rows of a matrix, as numbers that can be stored.
type Gaussian struct {
	N, D int       // rows it was fitted to, and their values
	Mean []float64 // D
	Cov  []float64 // D×D: Σ(x−m)(x−m)ᵀ/(N−1)
}

// FitGaussian returns the mean and covariance of the rows of X, in float64: a rounded covariance of few or dependent
// rows would have variance where they have none. For pixels that takes a while; FitPCA is faster. It returns an
// error for values that are not finite, for N < 2, and wrapping ctx.Err().
// Workers ≤ 0: GOMAXPROCS; the result does not depend on it.
func FitGaussian(ctx context.Context, X Matrix, workers int) (*Gaussian, error) {
	X.check("FitGaussian", -1)
	mean, err := X.means()
	if err != nil {
		return nil, fmt.Errorf("eval: Gaussian: %w", err)
	}
	g := &Gaussian{N: X.N, D: X.D, Mean: mean, Cov: make([]float64, X.D*X.D)}
	total := mat.NewSymDense(X.D, nil)
	bufs := buffers(workers, X.N, shardRows, func() *products {
		return &products{mat.NewSymDense(X.D, nil), make([]float64, X.D*blockRows)}
	})
	err = inOrder(ctx, X.N, shardRows, bufs, func(i0, i1 int, b *products) {
		b.sum.Zero()
		inBlocks(i0, i1, func(i0, i1 int) { b.add(X, mean, i0, i1) })
	}, func(b *products) { total.AddSym(total, b.sum) })
	if err != nil {
		return nil, fmt.Errorf("eval: Gaussian: covariance: %w", err)
	}
	for i := range X.D {
		for j := range X.D {
			g.Cov[i*X.D+j] = total.At(i, j) / float64(X.N-1)
		}
	}
	return g, nil
}

// products are one worker's part of Σ(x−m)(x−m)ᵀ in float64.
type products struct {
	sum *mat.SymDense
	z   []float64 // D×J: J centred rows
}

// add takes in the rows i0 ≤ i < i1 of X, at most blockRows.
func (b *products) add(X Matrix, mean []float64, i0, i1 int) {
	J := i1 - i0
	for i := range J {
		for d, v := range X.Row(i0 + i) {
			b.z[d*J+i] = float64(v) - mean[d]
		}
	}
	b.sum.SymRankK(b.sum, 1, mat.NewDense(X.D, J, b.z[:X.D*J]))
}

// means are those of the columns. It returns an error for values that are not finite, and for N < 2.
func (m Matrix) means() ([]float64, error) {
	if m.N < 2 {
		return nil, fmt.Errorf("%d rows have no covariance: give at least 2", m.N)
	}
	if err := m.checkFinite(); err != nil {
		return nil, err
	}
	return m.mean(), nil
}

// mean is that of every column, not finite where a value is not.
func (m Matrix) mean() []float64 {
	mean := make([]float64, m.D)
	for i := range m.N {
		kernel.AddRow(mean, m.Row(i))
	}
	for d := range mean {
		mean[d] /= float64(m.N)
	}
	return mean
}
