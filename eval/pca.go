package eval

import (
	"context"
	"fmt"
	"math"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/mat"
)

// PCA is the subspace in which rows vary most: Pearson, “On lines and planes of closest fit to systems of points in
// space”, Phil. Mag. 2(11), 1901. Its fields are numbers that can be stored.
type PCA struct {
	D, Dims    int
	Mean       []float64 // D: of the rows it was fitted to
	Components []float32 // Dims×D row-major, orthonormal; the value farthest from 0, the first one of equals, is positive
	Variance   []float64 // Dims: variance (N−1) along each component, falling
	Total      float64   // variance along all D axes
}

// FitPCA finds the dims axes of the largest variance from the eigenvectors of the covariance of the rows of X. It
// returns an error for values that are not finite, for N < 2, and wrapping ctx.Err(). It panics unless 1 ≤ dims ≤ D.
// Workers ≤ 0: GOMAXPROCS; the result does not depend on it.
func FitPCA(ctx context.Context, X Matrix, dims, workers int) (*PCA, error) {
	X.check("FitPCA", -1)
	if dims < 1 || dims > X.D {
		panic(fmt.Sprintf("eval: FitPCA: %d dimensions, must be in [1, %d]", dims, X.D))
	}
	mean, err := X.means()
	if err != nil {
		return nil, fmt.Errorf("eval: PCA: %w", err)
	}
	cov, err := covariance(ctx, X, mean, workers)
	if err != nil {
		return nil, fmt.Errorf("eval: PCA: covariance: %w", err)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(X.D, cov), true) {
		return nil, fmt.Errorf("eval: PCA: the eigenvalues of the covariance do not converge: look at the data")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	p := &PCA{D: X.D, Dims: dims, Mean: mean, Components: make([]float32, 0, dims*X.D)}
	for c := range dims {
		at := X.D - 1 - c // eigenvalues rise
		p.Variance = append(p.Variance, math.Max(0, values[at]))
		p.Components = appendDirection(p.Components, mat.Col(nil, at, &vectors))
	}
	for _, v := range values {
		p.Total += math.Max(0, v)
	}
	return p, nil
}

// appendDirection appends v or −v: the value farthest from 0 becomes positive.
func appendDirection(dst []float32, v []float64) []float32 {
	far := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(far) {
			far = x
		}
	}
	for _, x := range v {
		dst = append(dst, float32(math.Copysign(1, far)*x))
	}
	return dst
}

// Project returns the coordinates of the rows of X along the components, from the mean, as X.N rows of Dims values,
// written to dst if it has X.N×Dims (nil allocates). Their error is at most (D+4)·2⁻²⁴ times the distance of the row
// from the mean. It panics unless X has D columns and the fields their shapes. Workers ≤ 0: GOMAXPROCS.
func (p *PCA) Project(dst []float32, X Matrix, workers int) Matrix {
	X.check("Project", p.D)
	if p.Dims < 1 || len(p.Mean) != p.D || !holds(len(p.Components), p.Dims, p.D) {
		panic(fmt.Sprintf("eval: Project: %d values of the mean and %d of the components, want %d and %d×%d", len(p.Mean), len(p.Components), p.D, p.Dims, p.D))
	}
	dst = sized("Project", dst, X.N*p.Dims)
	ld := kernel.Pad(p.Dims)
	lanes := make([]float32, p.D*ld)
	kernel.Transpose(lanes, ld, p.Components, p.D, p.Dims, p.D)
	eachPart(workers, X.N, shardRows, func() *projection {
		return &projection{make([]float32, blockRows*p.D), make([]float32, blockRows*ld)}
	}, func(i0, i1 int, b *projection) {
		inBlocks(i0, i1, func(i0, i1 int) {
			for i := i0; i < i1; i++ {
				centreRow(b.z[(i-i0)*X.D:], X.Row(i), p.Mean, 1)
			}
			kernel.Mix(kernel.Grid{V: b.out, Row: ld}, kernel.Grid{V: lanes, Row: ld}, 1, b.z, i1-i0, X.D, ld)
			for i := i0; i < i1; i++ {
				copy(dst[i*p.Dims:(i+1)*p.Dims], b.out[(i-i0)*ld:])
			}
		})
	})
	return Matrix{X.N, p.Dims, dst}
}

// projection is one worker's block of centred rows and their coordinates.
type projection struct{ z, out []float32 }
