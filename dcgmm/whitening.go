package dcgmm

import (
	"errors"
	"fmt"
	"math"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/mat"
)

// A whitening takes vectors of D values to their coordinates along the first principal directions of others, each over
// its standard deviation.
type whitening struct {
	Offset   []float64 // by direction: the coordinate of the mean
	Variance []float64 // by direction, falling, above 0

	directions []float32 // len(Variance)×D row-major, of length 1
}

// flatDirection is the share of the largest variance below which a direction is one of rounding errors.
const flatDirection = 1e-6

// fitWhitening finds the directions of N vectors, N×D row-major, which it centres: from the eigenvectors of their
// products with each other, N×N, whatever D is [Turk & Pentland 1991, “Eigenfaces for recognition”].
func fitWhitening(v []float32, N, D int) (whitening, error) {
	mean := centre(v, N, D)
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(N, products(v, N, D)), true) {
		return whitening{}, errors.New("the eigenvalues of the differences of reconstructions do not converge: train again")
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	var w whitening
	for c := N - 1; c >= N-directionsOf(N); c-- { // eigenvalues rise
		if !(values[c] > flatDirection*values[N-1]) {
			break
		}
		direction := make([]float64, D)
		for i := range N {
			u := vectors.At(i, c) / math.Sqrt(values[c])
			for d, x := range v[i*D:][:D] {
				direction[d] += float64(u * float64(x))
			}
		}
		offset := 0.0
		for d, x := range direction {
			w.directions = append(w.directions, float32(x))
			offset += float64(float64(float32(x)) * mean[d])
		}
		w.Offset, w.Variance = append(w.Offset, offset), append(w.Variance, values[c]/float64(N))
	}
	return w, nil
}

// directionsOf is how many directions are known well enough by N vectors.
func directionsOf(N int) int { return max(1, min(pathwayDirections, N/8)) }

// centre subtracts the mean and returns it.
func centre(v []float32, N, D int) []float64 {
	mean := make([]float64, D)
	for i := range N {
		for d, x := range v[i*D:][:D] {
			mean[d] += float64(x) / float64(N)
		}
	}
	for i := range N {
		for d := range mean {
			v[i*D+d] -= float32(mean[d])
		}
	}
	return mean
}

// products are the inner products of all pairs of N vectors; the upper triangle.
func products(v []float32, N, D int) []float64 {
	out := make([]float64, N*N)
	for i := range N {
		a := v[i*D:][:D]
		for j := i; j < N; j++ {
			sum := 0.0
			for d, x := range v[j*D:][:D] {
				sum += float64(float64(a[d]) * float64(x))
			}
			out[i*N+j] = sum
		}
	}
	return out
}

// subtract takes the squared lengths of the first vectors of v, D×n lane-major, whitened, from scores.
func (w *whitening) subtract(scores []float64, v []float32, n int) {
	m := len(w.Variance)
	if m == 0 {
		return
	}
	y := make([]float32, m*n)
	kernel.Mix(kernel.Grid{V: y, Row: n}, kernel.Grid{V: v, Row: n}, 1, w.directions, m, len(v)/n, n)
	for j, variance := range w.Variance {
		for i := range scores {
			d := float64(y[j*n+i]) - w.Offset[j]
			scores[i] -= d * d / variance
		}
	}
}

// check says what is wrong with numbers from a file.
func (w *whitening) check() error {
	if len(w.Offset) != len(w.Variance) || !finite(w.Offset) {
		return fmt.Errorf("the pathway score has %d offsets of %d directions, or numbers that are not finite", len(w.Offset), len(w.Variance))
	}
	for _, v := range w.Variance {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("a variance of the pathway score is %g", v)
		}
	}
	return nil
}
