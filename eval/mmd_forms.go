package eval

import (
	"context"
	"math"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/floats"
)

// kernelForms are, for each weighting w of pooled rows, sums over pairs of
// different rows i ≠ j with the kernel matrix k.
type kernelForms struct {
	quad []float64 // Σ w_i w_j k_ij
	real []float64 // Σ w_i k_ij over the real j
	all  []float64 // Σ w_i k_ij over all j

	mixed []float32 // R×blockRows: Σ_i w_i k_ij over the rows i of a tile
}

func newKernelForms(R int) *kernelForms {
	return &kernelForms{make([]float64, R), make([]float64, R), make([]float64, R), make([]float32, R*blockRows)}
}

// forms makes one pass over all pairs of the pooled rows, the real ones first.
func (m *MMD) forms(ctx context.Context, pooled Matrix, w *rowWeights, workers int) (*kernelForms, error) {
	units := make([]*kernelForms, parts(pooled.N, tileRows))
	for s := range units {
		units[s] = newKernelForms(w.R)
	}
	err := eachTile(ctx, pooled.N, pooled.N, workers, func(t *tile) {
		t.measure(pooled)
		m.evaluate(pooled, t)
		units[t.i0/tileRows].add(t, w, m.X.N)
	})
	total := newKernelForms(w.R)
	for _, u := range units {
		floats.Add(total.quad, u.quad)
		floats.Add(total.real, u.real)
		floats.Add(total.all, u.all)
	}
	return total, err
}

// measure finds the squared distances of a tile of rows of X.
func (t *tile) measure(X Matrix) {
	var others [blockRows]int32
	for j := range others {
		others[j] = int32(min(t.j0+j, t.j1-1))
	}
	kernel.Distances(t.v, X.X[t.i0*X.D:], t.i1-t.i0, X.X, X.D, others[:])
}

// evaluate turns squared distances of rows of X into values of the kernel, 0 for a row and itself. exp(−d²/2m²) is
// the fourth power of the widest Gaussian, the narrowest one its sixteenth.
func (m *MMD) evaluate(X Matrix, t *tile) {
	scale := -1 / (8 * m.Median * m.Median)
	for i := t.i0; i < t.i1; i++ {
		row := t.row(i)
		for j, v := range row {
			d2 := float64(v)
			if beyondFloat32(v) {
				d2 = squaredDistance(X.Row(i), X.Row(t.j0+j))
			}
			wide := math.Exp(scale * d2)
			mid := float64(wide * wide * wide * wide)
			row[j] = float32((wide + mid + float64(mid*mid*mid*mid)) / 3)
		}
		if j := i - t.j0; j >= 0 && j < len(row) {
			row[j] = 0
		}
	}
}

// add takes in a tile of kernel values.
func (f *kernelForms) add(t *tile, w *rowWeights, real int) {
	left, J := w.block(t.i0)
	kernel.Mix(kernel.Grid{V: f.mixed, Row: blockRows}, kernel.Grid{V: t.v, Row: blockRows}, 1, left, w.R, J, kernel.Pad(t.j1-t.j0))
	right, J := w.block(t.j0)
	reals := max(0, min(real-t.j0, J))
	for r := range w.R {
		row, weight := f.mixed[r*blockRows:][:J], right[r*J:(r+1)*J]
		var quad, sum float64
		for j, v := range row {
			if j == reals {
				f.real[r] += sum
			}
			quad += float64(float64(v) * float64(weight[j]))
			sum += float64(v)
		}
		if reals == J {
			f.real[r] += sum
		}
		f.quad[r] += quad
		f.all[r] += sum
	}
}

// scores of m real and n other rows from the forms of their divisions.
func (f *kernelForms) scores(w *rowWeights, m, n, resamples int) MMDScores {
	M, N := float64(m), float64(n)
	everything := f.all[0] + f.all[1]
	divided := func(r int) float64 { // Gretton et al., eq. 3, for the m rows of weighting r and the rest
		cross := f.all[r] - f.quad[r]
		rest := everything - 2*f.all[r] + f.quad[r]
		return f.quad[r]/(M*(M-1)) + rest/(N*(N-1)) - 2*cross/(M*N)
	}
	value, least := divided(0), 1
	for r := range resamples {
		if divided(2+r) >= value {
			least++
		}
	}
	resampled := make([]float64, resamples)
	for b := range resampled {
		r := 2 + resamples + b
		resampled[b] = f.quad[0]/(M*(M-1)) + f.within(r, w, m) - 2*f.real[r]/(M*N)
	}
	return MMDScores{around(n, value, resampled, math.Inf(-1), math.Inf(1)), float64(least) / float64(1+resamples)}
}

// within is the mean of the kernel over the pairs of different rows in
// bootstrap sample r, whose rows begin at first; 1 if it has one row only, many times.
func (f *kernelForms) within(r int, w *rowWeights, first int) float64 {
	n := float64(w.N - first)
	pairs := n * n
	for i := first; i < w.N; i++ {
		c := float64(*w.at(r, i))
		pairs -= float64(c * c)
	}
	if pairs == 0 {
		return 1
	}
	return f.quad[r] / pairs
}
