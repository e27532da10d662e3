package eval

import (
	"math"
	"math/bits"

	"deepgmm/internal/kernel"
)

// bounds keep Lloyd's iterations from measuring what cannot matter (Elkan, “Using the triangle inequality to
// accelerate k-means”, ICML 2003): a centre that has moved by δ is at most δ nearer to a row than it was when the
// two were measured. The lower bound of centre k is lower[k] − drift[k]: only what is measured is written.
//
// Labels are to be those of comparing all distances in float32, ties and rounding included. So each bound
// allows for the rounding of distances, and a centre is left out only if its float32 distance is certainly larger.
type bounds struct {
	ld     int       // row stride of lower, Pad(K)
	lower  []float32 // N×ld, of distances when they were measured plus drift at that time; +Inf in lanes without a centre
	upper  []float32 // N, of the distance to a row's own centre before the last update
	moved  []float64 // K, of the last update
	drift  []float64 // K, all that a centre has ever moved
	within []float32 // ld, drift rounded up
	margin float64   // relative error of a distance, at most
}

// tiny is the distance below which squares may underflow.
const tiny = 1e-18

// newBounds returns nil if bounds would take more memory than the data.
func newBounds(N, D, K int) *bounds {
	if K > D {
		return nil
	}
	ld := kernel.Pad(K)
	b := &bounds{
		ld: ld, lower: make([]float32, N*ld), upper: make([]float32, N),
		moved: make([]float64, K), drift: make([]float64, K), within: make([]float32, ld),
		margin: float64(D/kernel.Lanes+24) / (1 << 24), // additions to one lane, of the lanes and of the rest; twice what the root needs
	}
	for i := range b.lower {
		b.lower[i] = float32(math.Inf(1))
	}
	return b
}

// Factors that make up for one rounding to float32, up and down.
const (
	above = 1 + 1.0/(1<<23)
	below = 1 - 1.0/(1<<23)
)

// measured notes the squared distance of row i from centre k.
func (b *bounds) measured(i, k int, d2 float32) {
	d := float64(math.Sqrt(float64(d2))*(1-b.margin)) - tiny
	b.lower[i*b.ld+k] = float32((d + b.drift[k]) * below)
}

// own notes the squared distance of row i from its centre.
func (b *bounds) own(i int, d2 float32) {
	b.upper[i] = float32((float64(math.Sqrt(float64(d2))*(1+b.margin)) + tiny) * above)
}

// rivals marks the centres that may be as near to row i as a distance u.
func (b *bounds) rivals(mask []uint16, i int, u float32) {
	kernel.Within(mask, b.lower[i*b.ld:(i+1)*b.ld], b.within, float32(float64(u)*(1+2*b.margin)*above*above)+tiny)
}

// move notes how far the centres have moved in an update.
func (b *bounds) move() {
	for k, m := range b.moved {
		b.drift[k] += float64(m * (1 + 1e-12))
		b.within[k] = float32(b.drift[k] * above)
	}
}

// assigner finds the nearest of K centres of the rows of a block.
type assigner struct {
	K, D int
	all  []int32   // 0, …, K−1
	some []int32   // the rivals of one row's centre, in order
	mask []uint16  // Pad(K)/Lanes
	dist []float32 // blockRows×K
}

func newAssigner(K, D int) *assigner {
	a := &assigner{K: K, D: D, all: make([]int32, K), some: make([]int32, 0, K), mask: make([]uint16, kernel.Pad(K)/kernel.Lanes), dist: make([]float32, blockRows*K)}
	for k := range a.all {
		a.all[k] = int32(k)
	}
	return a
}

// smallest returns the index of the smallest distance, the first one of equals; 0 for NaNs.
func smallest(dist []float32) (at int) {
	for j, d := range dist {
		if d < dist[at] {
			at = j
		}
	}
	return at
}

// measure calls visit with the squared distances of the rows i0 ≤ i < i1 from all centres.
func (a *assigner) measure(X Matrix, i0, i1 int, centers []float32, visit func(i int, dist []float32)) {
	for ; i0 < i1; i0 += blockRows {
		rows := min(blockRows, i1-i0)
		kernel.Distances(a.dist, X.X[i0*X.D:], rows, centers, a.D, a.all)
		for j := range rows {
			visit(i0+j, a.dist[j*a.K:(j+1)*a.K])
		}
	}
}

// settle returns the nearest centre of row i of X, which was k before, and measures only what the bounds leave open.
func (a *assigner) settle(X Matrix, i, k int, centers []float32, b *bounds) int {
	u := float32((float64(b.upper[i]) + b.moved[k]) * above)
	if a.list(b, i, k, u); len(a.some) == 0 {
		b.upper[i] = u
		return k
	}
	row, next := X.Row(i), X.Row(min(i+2, X.N-1))
	kernel.Prefetch(next[:a.D/2])
	own := kernel.Distance2(row, centers[k*a.D:(k+1)*a.D])
	kernel.Prefetch(next[a.D/2:])
	b.measured(i, k, own)
	b.own(i, own)
	a.list(b, i, k, b.upper[i])
	kernel.Distances(a.dist, row, 1, centers, a.D, a.some)
	for j, r := range a.some {
		d := a.dist[j]
		b.measured(i, int(r), d)
		if d < own || d == own && int(r) < k { // the first one of equals
			k, own = int(r), d
		}
	}
	b.own(i, own)
	return k
}

// list makes the list of the rivals of centre k for row i, in order.
func (a *assigner) list(b *bounds, i, k int, u float32) {
	b.rivals(a.mask, i, u)
	a.mask[k/kernel.Lanes] &^= 1 << (k % kernel.Lanes)
	a.some = a.some[:0]
	for g, m := range a.mask {
		for ; m != 0; m &= m - 1 {
			a.some = append(a.some, int32(g*kernel.Lanes+bits.TrailingZeros16(m)))
		}
	}
}
