package dcgmm

import (
	"math"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// A readout is what a mixture hands to whoever reads its responsibilities, in the place of r = softmax ℓ (model.md §3,
// tempering and smoothing):
//
//	out = G(σ)·softmax(ℓ/T)
//
// with the temperature T of the word T and the width σ of the word S, G as in annealing. Both are 1 and nothing unless asked
// for, and out is r. Scores, winners and the loss are those of ℓ.
type readout struct {
	T    float64        // 0: no tempering
	cool []float32      // 1/T, one value
	grid *Neighbourhood // nil without; never changed once made
}

func newReadout(l arch.Layer) (r readout) {
	if l.Temper != 0 {
		r.T, r.cool = l.Temper, []float32{float32(1 / l.Temper)}
	}
	if l.Smooth != 0 {
		r.grid = NewNeighbourhood(l.K())
		r.grid.SetWidth(l.Smooth)
	}
	return r
}

// plain reports whether responsibilities go up as they are.
func (r *readout) plain() bool { return r.T == 0 && r.grid == nil }

// readoutScratch is what write needs for K×n log-scores.
type readoutScratch struct {
	soft []float32 // K×n: softmax(ℓ/T) of a smoothed readout
	tmp  []float32 // K×mixLanes
	best []float32 // n
	sum  []float32 // n
}

// write computes dst for K×n log-scores l with their maxima best, as of kernel.Best. The scratch may share l and best, which
// are lost then. dst overlaps none of them.
func (r *readout) write(dst, l, best []float32, s readoutScratch, K, n int) {
	soft := dst
	if r.T != 0 {
		kernel.Mix(kernel.Grid{V: dst}, kernel.Grid{V: l}, 1, r.cool, 1, 1, K*n)
		for i, v := range best[:n] {
			s.best[i] = v * r.cool[0] // rounding keeps the order: the maximum of what was scaled, to the bit
		}
		l, best = dst, s.best
	}
	if r.grid != nil {
		soft = s.soft[:K*n]
	}
	kernel.Softmax(soft, s.sum, l, best, K, n)
	if r.grid != nil {
		r.grid.apply(dst, s.tmp, n, soft, n, n)
	}
}

// fromResponsibilities is write for K×n responsibilities r instead of log-scores, with Σ_k r_k^{1/T} instead of Σ_k e^{ℓ_k/T}. r is scratch afterwards.
func (r *readout) fromResponsibilities(dst, resp, tmp []float32, K, n int) {
	if r.T != 0 {
		power(resp, K, n, 1/r.T)
	}
	if r.grid != nil {
		r.grid.apply(dst, tmp, n, resp, n, n)
		return
	}
	copy(dst, resp[:K*n])
}

// undo turns a signal from above, K×n values that ask for such an output, into weights of components that a sampling draws by or
// averages with, in place: tempering is inverted, r ∝ out^T; smoothing is not, so that its neighbours share what a component is asked for.
func (r *readout) undo(signal []float32, K, n int) {
	if r.T != 0 {
		power(signal, K, n, r.T)
	}
}

// undoMap is undo for a map whose values are H×W×C row-major.
func (r *readout) undoMap(m *region) {
	if r.T == 0 {
		return
	}
	C := m.shape.C
	for at := 0; at < len(m.v); at += C {
		r.undo(m.v[at:at+C], C, 1)
	}
}

// leastLogPower is the logarithm of what counts as 0 beside the largest of some powers.
const leastLogPower = -30

// power replaces v_k by v_k^e / Σ_j v_j^e, for each of n items; values that are not positive count as 0. An item without a positive value becomes 0.
func power(v []float32, K, n int, e float64) {
	for i := range n {
		var top float32
		for k := range K {
			top = max(top, v[k*n+i])
		}
		var sum float64
		least := top * float32(math.Exp(leastLogPower/e))
		for k := range K {
			x := v[k*n+i]
			if !(x > least) { // also with nothing above 0
				v[k*n+i] = 0
				continue
			}
			p := math.Exp(e * math.Log(float64(x/top)))
			v[k*n+i] = float32(p)
			sum += p
		}
		for k := range K {
			if sum > 0 {
				v[k*n+i] = float32(float64(v[k*n+i]) / sum)
			}
		}
	}
}

// back takes a gradient v = ∂/∂out, K×n, of a position to ∂/∂softmax(ℓ/T), times 1/T: with that in the place of v, the slope of a softmax is
// the one by ℓ. It returns v itself, or dst; the matrix G is symmetric.
func (r *readout) back(dst, v, tmp []float32, K, n int) []float32 {
	if r.plain() {
		return v
	}
	if r.grid != nil {
		r.grid.apply(dst, tmp, n, v, n, n)
	} else {
		copy(dst, v[:K*n])
	}
	if r.T != 0 {
		for i := range dst[:K*n] {
			dst[i] *= r.cool[0]
		}
	}
	return dst
}
