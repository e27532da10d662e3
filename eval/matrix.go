package eval

import (
	"fmt"
	"math"

	"deepgmm/internal/kernel"
)

// Matrix is N rows of D values, row-major: row i is X[i·D : (i+1)·D]. Images are rows of pixels in [0, 1].
type Matrix struct {
	N, D int
	X    []float32
}

// Row returns row i, sharing memory.
func (m Matrix) Row(i int) []float32 { return m.X[i*m.D : (i+1)*m.D] }

// holds reports whether n values are N ≥ 0 rows of D ≥ 1, a product that need not be in the range of int.
func holds(n, N, D int) bool { return N >= 0 && D >= 1 && n%D == 0 && n/D == N }

// mostValues is what a caller may ask for by a number: 16 GiB of float32.
const mostValues int64 = 1 << 32

// checkCount panics unless n rows of D values are neither fewer than none nor more than can be.
func checkCount(name string, n, D int) {
	if n < 0 || int64(n) > mostValues/int64(D) {
		panic(fmt.Sprintf("eval: %s: %d rows of %d values, want at least none and at most 2³² values", name, n, D))
	}
}

// check panics unless the matrix has the stated shape and D columns (D < 0: any).
func (m Matrix) check(name string, D int) {
	if !holds(len(m.X), m.N, m.D) {
		panic(fmt.Sprintf("eval: %s: %d values are not a matrix of %d×%d", name, len(m.X), m.N, m.D))
	}
	if D >= 0 && m.D != D {
		panic(fmt.Sprintf("eval: %s: rows of %d values, want %d", name, m.D, D))
	}
}

// checkImages panics unless the rows are images of H×W×C values, each ≥ 1.
func (m Matrix) checkImages(name string, H, W, C int) {
	m.check(name, -1)
	if m.D%H != 0 || !holds(m.D/H, W, C) {
		panic(fmt.Sprintf("eval: %s: rows of %d values, want %d×%d×%d", name, m.D, H, W, C))
	}
}

// checkFinite returns an error that names the first row with a NaN or an infinity.
func (m Matrix) checkFinite() error {
	for i := range m.N {
		for d, v := range m.Row(i) {
			if v-v != 0 { // NaN for both
				return fmt.Errorf("row %d, column %d of the data is %v: remove or repair it", i, d, v)
			}
		}
	}
	return nil
}

// checkSquares is checkFinite for float32 distances: it refuses values of which the squares overflow, and data of which
// they all underflow.
func (m Matrix) checkSquares() error {
	if err := m.checkFinite(); err != nil {
		return err
	}
	var far float32
	for _, v := range m.X {
		far = max(far, v, -v)
	}
	if most := math.Sqrt(math.MaxFloat32 / float64(8*m.D)); float64(far) > most || far > 0 && far < 0x1p-50 {
		return fmt.Errorf("the value farthest from 0 is ±%v, not between %.0g and %.0g: scale the data to [0, 1]", far, 0x1p-50, most)
	}
	return nil
}

// checkFit refuses data that K clusters or components cannot be fitted to.
func (m Matrix) checkFit(what, of string, K int) error {
	if K > m.N {
		return fmt.Errorf("eval: %s: K = %d %s of N = %d rows: lower K", what, K, of, m.N)
	}
	if err := m.checkSquares(); err != nil {
		return fmt.Errorf("eval: %s: %w", what, err)
	}
	return nil
}

// columnMoments are the means of the columns and of their squares, D values each.
func (m Matrix) columnMoments() (mean, second []float64) {
	mean, second = make([]float64, m.D), make([]float64, m.D)
	one, off := make([]float64, blockRows), make([]int32, blockRows)
	for i := range one {
		one[i], off[i] = 1, int32(i*m.D)
	}
	for i := 0; i < m.N; i += blockRows {
		rows := min(blockRows, m.N-i)
		kernel.AddMoments(mean, second, one[:rows], m.X[i*m.D:], off[:rows])
	}
	for d := range mean {
		mean[d] /= float64(m.N)
		second[d] /= float64(m.N)
	}
	return mean, second
}

// meanVariance is the mean over the columns of their (population) variance.
func meanVariance(mean, second []float64) (total float64) {
	for d, mu := range mean {
		total += math.Max(0, second[d]-float64(mu*mu))
	}
	return total / float64(len(mean))
}

// Step is what a progress callback sees, from one goroutine at a time.
type Step struct {
	Phase     string  // "k-means" or "em"
	Init      int     // which of the NInit starts, from 0
	Iteration int     // from 0
	Value     float64 // "k-means": inertia; "em": mean log-likelihood of a row, in nats
}
