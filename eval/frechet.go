package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Frechet returns the squared Fréchet distance of two Gaussians over the same D values,
//
//	‖m₁ − m₂‖² + tr(C₁ + C₂ − 2(C₁C₂)^½)  ≥ 0,
//
// Dowson & Landau, “The Fréchet distance between multivariate normal distributions”, J. Multivariate Analysis 12,
// 1982; between features of real and generated images it is the FID of Heusel et al., NeurIPS 2017, there of a
// network's features, so values in the space of a PCA do not compare with those. The last term is the trace of the
// square root of the symmetric C₁^½C₂C₁^½. It panics if D differs.
//
// Here it is the sum of the singular values of L₁ᵀL₂ with C = LLᵀ, which is the same and keeps its digits where the
// covariances are singular. The distance has the same bits in both orders.
func Frechet(a, b *Gaussian) float64 {
	if a.D != b.D {
		panic(fmt.Sprintf("eval: Frechet: Gaussians over %d and %d values", a.D, b.D))
	}
	if slices.Compare(a.Cov, b.Cov) > 0 {
		a, b = b, a
	}
	total := 0.0
	for d, m := range a.Mean {
		diff := m - b.Mean[d]
		total += float64(diff*diff) + (a.Cov[d*a.D+d] + b.Cov[d*a.D+d])
	}
	if left, right := a.factor(), b.factor(); left != nil && right != nil {
		var product mat.Dense
		product.Mul(left.T(), right)
		var svd mat.SVD
		if !svd.Factorize(&product, mat.SVDNone) {
			panic("eval: Frechet: the product of the covariances has no singular values: one is not finite")
		}
		for _, v := range svd.Values(nil) {
			total -= 2 * v
		}
	}
	return math.Max(0, total)
}

// factor is L, of as many columns as the covariance LLᵀ has eigenvalues above the rounding of the largest; nil for
// none.
func (g *Gaussian) factor() *mat.Dense {
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(g.D, g.Cov), true) {
		panic("eval: Frechet: the covariance has no eigenvalues: it is not finite")
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	values := eigen.Values(nil)
	least := float64(g.D) * 0x1p-52 * values[g.D-1]
	first := sort.Search(g.D, func(i int) bool { return values[i] > max(0, least) })
	if first == g.D {
		return nil
	}
	for i := first; i < g.D; i++ {
		values[i] = math.Sqrt(values[i])
	}
	var L mat.Dense
	L.Mul(v.Slice(0, g.D, first, g.D), mat.NewDiagDense(g.D-first, values[first:]))
	return &L
}

// FrechetTo returns the distance Frechet from g to the Gaussian of the rows of X, with an interval from bootstrap
// samples of these rows: all of them at once, as counts of rows times products of columns. g does not change, so the
// interval tells of the rows of X alone. It is corrected for the bias of resampling, see Interval. Memory is some
// resamples·D² numbers: for projections (PCA), not for pixels. Errors are FitGaussian's. It panics unless X has D
// columns, and for resamples < 1.
func (g *Gaussian) FrechetTo(ctx context.Context, X Matrix, resamples int, rng *rand.Rand, workers int) (Interval, error) {
	X.check("FrechetTo", g.D)
	checkResamples("FrechetTo", resamples)
	own, err := FitGaussian(ctx, X, workers)
	if err != nil {
		return Interval{}, err
	}
	w := newRowWeights(resamples, X.N)
	for r := range resamples {
		w.resample(r, 0, rng)
	}
	sums, err := resampledMoments(ctx, X, own.Mean, w, workers)
	if err != nil {
		return Interval{}, fmt.Errorf("eval: Fréchet distance: %w", err)
	}
	f, values := newFrechet(g), make([]float64, resamples)
	eachPart(workers, resamples, 1, func() *Gaussian {
		return &Gaussian{N: X.N, D: X.D, Mean: make([]float64, X.D), Cov: make([]float64, X.D*X.D)}
	}, func(r, _ int, b *Gaussian) {
		b.fromMoments(own.Mean, sums.scale, sums.sum[r*sums.ld:(r+1)*sums.ld])
		values[r] = f.to(b.Mean, b.Cov)
	})
	return around(X.N, Frechet(g, own), values, 0, math.Inf(1)), nil
}

// frechet is one side of the distance to many Gaussians: faster than Frechet, and for full covariances the same.
type frechet struct {
	D     int
	mean  []float64
	trace float64
	root  *mat.SymDense // C^½
	full  *mat.Dense    // the same: gonum multiplies two symmetric matrices element by element
}

func newFrechet(g *Gaussian) *frechet {
	f := &frechet{D: g.D, mean: g.Mean}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(g.D, g.Cov), true) {
		panic("eval: Frechet: the covariance has no eigenvalues: it is not finite")
	}
	var v, root mat.Dense
	eigen.VectorsTo(&v)
	values := eigen.Values(nil)
	for i := range values {
		f.trace += g.Cov[i*g.D+i]
		values[i] = math.Sqrt(math.Max(0, values[i]))
	}
	root.Mul(&v, mat.NewDiagDense(g.D, values))
	root.Mul(&root, v.T())
	f.root = symmetric(&root)
	f.full = mat.DenseCopyOf(f.root)
	return f
}

// symmetric is the mean of a and its transpose.
func symmetric(a *mat.Dense) *mat.SymDense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}

// to is the distance to the Gaussian of the given mean and covariance (D×D, both triangles).
func (f *frechet) to(mean, cov []float64) float64 {
	var inner mat.Dense
	inner.Mul(f.full, mat.NewDense(f.D, f.D, cov))
	inner.Mul(&inner, f.root)
	var eigen mat.EigenSym
	if !eigen.Factorize(symmetric(&inner), false) {
		panic("eval: Frechet: the product of the covariances has no eigenvalues: one is not finite")
	}
	total := f.trace
	for i, v := range eigen.Values(nil) {
		diff := f.mean[i] - mean[i]
		total += float64(diff*diff) + cov[i*f.D+i] - float64(2*math.Sqrt(math.Max(0, v)))
	}
	return math.Max(0, total)
}

// momentSums are, for several weightings of the rows, the weighted sums of z
// and of the products z_c·z_d, c ≤ d, of the centred rows z, all scaled.
type momentSums struct {
	scale float64
	ld    int
	z     []float32 // blockRows×ld
	prod  []float32 // R×ld
	sum   []float64 // R×ld
}

func newMomentSums(D, R int) *momentSums {
	ld := kernel.Pad(D + D*(D+1)/2)
	return &momentSums{1, ld, make([]float32, blockRows*ld), make([]float32, R*ld), make([]float64, R*ld)}
}

func resampledMoments(ctx context.Context, X Matrix, mean []float64, w *rowWeights, workers int) (*momentSums, error) {
	total := newMomentSums(X.D, w.R)
	total.scale = unit(X, mean)
	bufs := buffers(workers, X.N, shardRows, func() *momentSums { return newMomentSums(X.D, w.R) })
	err := inOrder(ctx, X.N, shardRows, bufs, func(i0, i1 int, b *momentSums) {
		clear(b.sum)
		inBlocks(i0, i1, func(i0, i1 int) {
			b.load(X, mean, total.scale, i0, i1)
			counts, J := w.block(i0)
			kernel.Mix(kernel.Grid{V: b.prod, Row: b.ld}, kernel.Grid{V: b.z, Row: b.ld}, 1, counts, w.R, J, b.ld)
			kernel.AddRow(b.sum, b.prod)
		})
	}, func(b *momentSums) { floats.Add(total.sum, b.sum) })
	return total, err
}

// load makes z the centred and scaled rows i0 ≤ i < i1 of X and the products of their values.
func (b *momentSums) load(X Matrix, mean []float64, scale float64, i0, i1 int) {
	for i := i0; i < i1; i++ {
		z := b.z[(i-i0)*b.ld:][:b.ld]
		centreRow(z, X.Row(i), mean, scale)
		at := X.D
		for c := range X.D {
			for _, v := range z[c:X.D] {
				z[at] = z[c] * v
				at++
			}
		}
	}
}

// fromMoments is the Gaussian of N rows with the given sums of scaled values around center.
func (g *Gaussian) fromMoments(center []float64, scale float64, sum []float64) {
	n, at := float64(g.N), g.D
	for c := range g.D {
		g.Mean[c] = center[c] + sum[c]/n/scale
		for d := c; d < g.D; d++ {
			v := (sum[at] - sum[c]*sum[d]/n) / (n - 1) / scale / scale
			g.Cov[c*g.D+d], g.Cov[d*g.D+c] = v, v
			at++
		}
	}
}
