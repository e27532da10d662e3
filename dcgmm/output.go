package dcgmm

import (
	"math"
	"slices"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// An output is what a mixture hands to whoever reads its responsibilities, in the place of r = softmax ℓ (model.md §3,
// tempering and smoothing; for factors see factors_up.go):
//
//	out = G(σ)·softmax(ℓ/T)
//
// with the temperature T of the word T and the width σ of the word S, G as in annealing. Both are 1 and nothing unless
// asked for, and out is r. Scores, winners and the objective are those of ℓ.
type output struct {
	k, l int            // factors handed on with each of K responsibilities; 0: none
	T    float64        // 0: no tempering
	cool []float32      // 1/T, one value
	grid *Neighbourhood // nil without; never changed once made
	up   latent         // nil unless factors are handed on
}

func newOutput(l arch.Layer, f family) output {
	o := output{k: l.K()}
	if l.Up {
		o.l, o.up = l.L, f.(latent)
	}
	if l.Temper != 0 {
		o.T, o.cool = l.Temper, []float32{float32(1 / l.Temper)}
	}
	if l.Smooth != 0 {
		o.grid = NewNeighbourhood(l.K())
		o.grid.SetWidth(l.Smooth)
	}
	return o
}

// channels is how many values a position hands on.
func (o *output) channels() int { return o.k * (1 + o.l) }

// plain reports whether responsibilities go up as they are.
func (o *output) plain() bool { return o.T == 0 && o.grid == nil && o.l == 0 }

// outputScratch is what write needs for K×n log-scores.
type outputScratch struct {
	soft []float32 // K×n: softmax(ℓ/T) of a smoothed output
	tmp  []float32 // K×mixLanes
	best []float32 // n
	sum  []float32 // n
}

// handed are the scores of n lanes at a position, of parameter set set: what the family wrote, with the maxima best as
// of kernel.Best.
type handed struct {
	l, best []float32
	n, set  int
}

// write computes dst. The scratch may share l and best, of which K×n log-scores and best are lost then. dst overlaps
// none of them.
func (o *output) write(dst []float32, h handed, s outputScratch) {
	weights, K, n := dst[:o.k*h.n], o.k, h.n
	soft, l, best := weights, h.l, h.best
	if o.T != 0 {
		kernel.Mix(kernel.Grid{V: weights}, kernel.Grid{V: l}, 1, o.cool, 1, 1, K*n)
		for i, v := range best[:n] {
			s.best[i] = v * o.cool[0] // rounding keeps the order: the maximum of what was scaled, to the bit
		}
		l, best = weights, s.best
	}
	if o.grid != nil {
		soft = s.soft[:K*n]
	}
	kernel.Softmax(soft, s.sum, l, best, K, n)
	if o.grid != nil {
		o.grid.apply(weights, s.tmp, n, soft, n, n)
	}
	if o.l > 0 {
		writeFactors(o.up, dst, h, o.k, o.l)
	}
}

// fromResponsibilities is write for K×n responsibilities r instead of log-scores, with Σ_k r_k^{1/T} instead of Σ_k
// e^{ℓ_k/T}. r is scratch afterwards.
func (o *output) fromResponsibilities(dst, resp, tmp []float32, n int) {
	K := o.k
	if o.T != 0 {
		power(resp, K, n, 1/o.T)
	}
	if o.grid != nil {
		o.grid.apply(dst, tmp, n, resp, n, n)
		return
	}
	copy(dst, resp[:K*n])
}

// undo turns a signal from above, values of n lanes that ask for such an output, into weights of components that a
// sampling draws by or averages with, in place: tempering is inverted, r ∝ out^T; smoothing is not, so that its
// neighbours share what a component is asked for.
func (o *output) undo(signal []float32, n int) {
	if o.T != 0 {
		was := slices.Clone(signal[:o.k*n*min(o.l, 1)])
		power(signal, o.k, n, o.T)
		o.rescaleFactors(signal, was, n)
	}
}

// undoMap is undo for every position of a map.
func (o *output) undoMap(m *region) {
	if o.T == 0 {
		return
	}
	for block := range slices.Chunk(m.v, m.shape.C*m.n) {
		o.undo(block, m.n)
	}
}

// leastLogPower is the logarithm of what counts as 0 beside the largest of some powers.
const leastLogPower = -30

// power replaces v_k by v_k^e / Σ_j v_j^e, for each of n items; values that are not positive count as 0. An item
// without a positive value becomes 0.
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

// vjp takes a gradient v = ∂/∂out of a position with output out to ∂/∂softmax(ℓ/T), times 1/T: with that in the place
// of v, the slope of a softmax is the one by ℓ. It returns v itself, or dst; the matrix G is symmetric.
func (o *output) vjp(dst, v, out, tmp []float32, n int) []float32 {
	if o.plain() {
		return v
	}
	if o.grid != nil {
		o.grid.apply(dst, tmp, n, v, n, n)
	} else {
		o.factorVJP(dst, v, out, n)
	}
	if o.T != 0 {
		for i := range dst[:o.k*n] {
			dst[i] *= o.cool[0]
		}
	}
	return dst
}
