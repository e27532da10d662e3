package eval

import (
	"fmt"
	"math"
)

// Matrix is N rows of D values, row-major: row i is X[i·D : (i+1)·D]. Images
// are rows of pixels in [0, 1].
type Matrix struct {
	N, D int
	X    []float32
}

// Row returns row i, sharing memory.
func (m Matrix) Row(i int) []float32 { return m.X[i*m.D : (i+1)*m.D] }

// check panics unless the matrix has the stated shape and D columns (D < 0: any).
func (m Matrix) check(name string, D int) {
	if m.N < 0 || m.D < 1 || len(m.X) != m.N*m.D {
		panic(fmt.Sprintf("eval: %s: %d values are not a matrix of %d×%d", name, len(m.X), m.N, m.D))
	}
	if D >= 0 && m.D != D {
		panic(fmt.Sprintf("eval: %s: rows of %d values, want %d", name, m.D, D))
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

// meanVariance is the mean over the columns of their (population) variance.
func (m Matrix) meanVariance() float64 {
	sum, sq := make([]float64, m.D), make([]float64, m.D)
	for i := range m.N {
		for d, v := range m.Row(i) {
			sum[d] += float64(v)
			sq[d] += float64(v) * float64(v)
		}
	}
	var total float64
	n := float64(m.N)
	for d, s := range sum {
		total += math.Max(0, sq[d]/n-s/n*s/n)
	}
	return total / float64(m.D)
}

// Step is what a progress callback sees, from one goroutine at a time.
type Step struct {
	Phase     string  // "k-means" or "em"
	Init      int     // which of the NInit starts, from 0
	Iteration int     // from 0
	Value     float64 // "k-means": inertia; "em": mean log-likelihood of a row, in nats
}
