package dcgmm

import "math"

// A ring is a symmetric circulant matrix, of which one row says all: w_kj depends on the distance of k and j on a ring
// of nodes.
type ring struct {
	size  int
	w     []float32 // the first row twice, as kernel.Circulant has it
	reach int       // the largest distance whose weight is not 0
}

func newRing(size int) ring { return ring{size: size, w: make([]float32, 2*size)} }

// setWidth computes the weights exp(−m²/2τ²) of the distances m, normalised, or the unit matrix.
func (r *ring) setWidth(tau float64, identity bool) {
	weight := func(j int) float64 {
		d := float64(min(j, r.size-j))
		if identity {
			if d == 0 {
				return 1
			}
			return 0
		}
		return math.Exp(-d * d / (2 * tau * tau))
	}
	var sum float64
	for j := range r.size {
		sum += weight(j)
	}
	r.reach = 0
	for j := range r.size {
		v := float32(weight(j) / sum)
		r.w[j], r.w[j+r.size] = v, v
		if v != 0 {
			r.reach = max(r.reach, min(j, r.size-j))
		}
	}
}

// at returns w_kj.
func (r *ring) at(k, j int) float32 { return r.w[max(k-j, j-k)] }

// row returns w_kj of one k for all j.
func (r *ring) row(k int) []float32 { return r.w[r.size-k:][:r.size] }

// dot is Σ_j w_kj·v_j of one k, the values of v being stride apart, without the weights that are 0.
func (r *ring) dot(k int, v []float64, stride int) (sum float64) {
	row := r.row(k)
	add := func(from, to int) {
		for j := from; j < to; j++ {
			sum += float64(float64(row[j]) * v[j*stride])
		}
	}
	from, to := k-r.reach, k+r.reach+1
	switch { // in the order of j, round the ring
	case to-from >= r.size:
		add(0, r.size)
	case from < 0:
		add(0, to)
		add(from+r.size, r.size)
	case to > r.size:
		add(0, to-r.size)
		add(from, r.size)
	default:
		add(from, to)
	}
	return sum
}
