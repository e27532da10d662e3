package dcgmm

import "math"

// Small dense matrices, row-major, in float64.

// cholesky replaces the lower triangle of a symmetric n×n matrix by C with CCᵀ = a and returns Σ log C_ll, half of log
// det a.
func cholesky(a []float64, n int) (halfLogDet float64) {
	for l := range n {
		for j := range l + 1 {
			sum := a[l*n+j]
			for i := range j {
				sum -= float64(a[l*n+i] * a[j*n+i])
			}
			if j == l {
				a[l*n+l] = math.Sqrt(sum)
				halfLogDet += math.Log(a[l*n+l])
			} else {
				a[l*n+j] = sum / a[j*n+j]
			}
		}
	}
	return halfLogDet
}

// invertLower replaces a lower triangular matrix by its inverse.
func invertLower(a []float64, n int) {
	for j := range n {
		a[j*n+j] = 1 / a[j*n+j]
		for l := j + 1; l < n; l++ {
			sum := 0.0
			for i := j; i < l; i++ {
				sum -= float64(a[l*n+i] * a[i*n+j])
			}
			a[l*n+j] = sum / a[l*n+l]
		}
	}
}

// squareLower replaces a lower triangular matrix A by the symmetric AᵀA.
func squareLower(a []float64, n int) {
	for l := range n {
		for j := range l + 1 { // only the rows from l on, which are still A's
			sum := 0.0
			for i := l; i < n; i++ {
				sum += float64(a[i*n+l] * a[i*n+j])
			}
			a[l*n+j] = sum
		}
		for j := range l {
			a[j*n+l] = a[l*n+j]
		}
	}
}

// solveLower replaces p by C⁻¹p for a lower triangular C.
func solveLower(c, p []float64) []float64 {
	for l := range p {
		for j := range l {
			p[l] -= float64(c[l*len(p)+j] * p[j])
		}
		p[l] /= c[l*len(p)+l]
	}
	return p
}

// solveUpper replaces p by C⁻ᵀp for a lower triangular C.
func solveUpper(c, p []float64) []float64 {
	for l := len(p) - 1; l >= 0; l-- {
		for j := l + 1; j < len(p); j++ {
			p[l] -= float64(c[j*len(p)+l] * p[j])
		}
		p[l] /= c[l*len(p)+l]
	}
	return p
}

// squareRoom is where a matrix of up to 16×16 lives without an allocation: a training step makes some.
type squareRoom [256]float64

// square is an L×L matrix of zeros, in the room if it fits.
func (r *squareRoom) square(L int) []float64 {
	if L*L > len(r) {
		return make([]float64, L*L)
	}
	clear(r[:L*L])
	return r[:L*L]
}
