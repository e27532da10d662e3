package dcgmm

import (
	"fmt"
	"math"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// torus returns the grid rows×cols = K on which components stand: the
// rectangle of K nodes nearest to a square (K prime: a ring).
func torus(k int) (rows, cols int) {
	for rows = int(math.Sqrt(float64(k))); k%rows != 0; rows-- {
	}
	return rows, k / rows
}

// Neighbourhood is the annealing matrix G(τ) of K components on a torus
// grid of Rows×Cols nodes (model.md §3):
//
//	G_kj ∝ exp(−d²(k,j)/2τ²), rows normalised, d the Euclidean distance on the torus.
//
// The squared distance is a sum over the two axes, so G is the Kronecker product of
// two circulant matrices, which is how it is stored and applied; it is symmetric. Its memory grows with Rows + Cols. To
// apply it costs K·(Rows + Cols) for an item, up to K² where K is prime, less where τ reaches a part of a long ring
// only, nothing where it is the unit matrix.
type Neighbourhood struct {
	Rows, Cols int
	rows, cols ring
	identity   bool
	tau        float64 // that rows and cols are for
}

// NewNeighbourhood returns the grid of K components at width τ = 0. It panics unless k is at least 1 and below 2²⁷, far
// above what a layer may have.
func NewNeighbourhood(k int) *Neighbourhood {
	if k < 1 || k >= arch.MaxMap {
		panic(fmt.Sprintf("dcgmm: NewNeighbourhood: %d components", k))
	}
	n := &Neighbourhood{tau: -1}
	n.Rows, n.Cols = torus(k)
	n.rows, n.cols = newRing(n.Rows), newRing(n.Cols)
	n.SetWidth(0)
	return n
}

// SetWidth recomputes G for width τ ≥ 0. It panics for others.
func (n *Neighbourhood) SetWidth(tau float64) {
	if !(tau >= 0) {
		panic(fmt.Sprintf("dcgmm: Neighbourhood.SetWidth: a width of %v", tau))
	}
	if tau == n.tau {
		return
	}
	n.tau = tau
	// A neighbour's weight below float32's resolution changes nothing.
	n.identity = !(math.Exp(-0.5/(tau*tau)) > 0x1p-26)
	n.rows.setWidth(tau, n.identity)
	n.cols.setWidth(tau, n.identity)
}

// At returns G_kj. It panics if there is no such component.
func (n *Neighbourhood) At(k, j int) float64 {
	if K := n.Rows * n.Cols; min(k, j) < 0 || max(k, j) >= K {
		panic(fmt.Sprintf("dcgmm: Neighbourhood.At: components %d and %d of %d", k, j, K))
	}
	return float64(n.rows.at(k/n.Cols, j/n.Cols)) * float64(n.cols.at(k%n.Cols, j%n.Cols))
}

// row writes G_kj of one k for all j.
func (n *Neighbourhood) row(dst []float32, k int) {
	cols := n.cols.row(k % n.Cols)
	for r, w := range n.rows.row(k / n.Cols) {
		for c, v := range cols {
			dst[r*n.Cols+c] = float32(float64(w) * float64(v))
		}
	}
}

// mixLanes items at a time go through both products, so that what lies between them stays in the first-level cache.
const mixLanes = 4 * kernel.Lanes

// apply computes dst = G·src for K rows of items items; the rows of src are lds
// floats apart, those of dst ldd. tmp has K·mixLanes values. items is a multiple of kernel.Lanes; none overlap.
func (n *Neighbourhood) apply(dst, tmp []float32, ldd int, src []float32, lds, items int) {
	for i := 0; i < items; i += mixLanes {
		ld := min(mixLanes, items-i)
		between := kernel.Grid{V: tmp, Group: n.Cols * ld, Row: ld}
		kernel.Circulant(between, kernel.Grid{V: src[i:], Group: n.Cols * lds, Row: lds}, n.Rows, n.cols.w, n.Cols, ld) // along the columns of the grid
		between.Group, between.Row = ld, n.Cols*ld
		kernel.Circulant(kernel.Grid{V: dst[i:], Group: ldd, Row: n.Cols * ldd}, between, n.Cols, n.rows.w, n.Rows, ld) // along its rows
	}
}

// applyVector computes dst = G·v for one value per component; tmp has K values.
func (n *Neighbourhood) applyVector(dst, tmp, v []float64) {
	for k := range tmp {
		tmp[k] = n.cols.dot(k%n.Cols, v[k/n.Cols*n.Cols:], 1)
	}
	for k := range dst {
		dst[k] = n.rows.dot(k/n.Cols, tmp[k%n.Cols:], n.Cols)
	}
}

// annealing is the state of one layer's schedule.
type annealing struct {
	Tau, Rate   float64 // τ and ε
	First, Last float64 // average objective of the first window and of the last finished one
	Windows     int     // finished
	Sum         float64 // of the objectives in the window under way
	Count       int     // steps in it
}

func newAnnealing(c *Config, k int) annealing {
	tau := c.Tau
	if tau == 0 {
		tau = 0.25 * math.Sqrt(2*float64(k))
	}
	return annealing{Tau: tau, Rate: c.Rate}
}

// observe takes the objective of one step; at the end of a window it
// lowers τ, and ε with it, when the objective has become flat (model.md §3, annealing schedule).
func (a *annealing) observe(objective float64, c *Config) {
	a.Sum += objective
	a.Count++
	if a.Count < c.Window {
		return
	}
	avg := a.Sum / float64(a.Count)
	a.Sum, a.Count = 0, 0
	a.Windows++
	switch {
	case a.Windows == 1:
		a.First = avg
	case c.Schedule == Adaptive:
		u := (avg - a.Last) / (a.Last - a.First)
		// In the second window last = first and u is not finite: no change.
		if -2*c.Delta < u && u < c.Delta {
			a.Tau = max(a.Tau*c.Gamma, c.TauEnd)
			a.Rate = max(a.Rate*c.Gamma, c.RateEnd)
		}
	}
	a.Last = avg
}

// follow sets τ and ε for the fixed schedule: exponential decay over the first
// AnnealShare of the layer's steps.
func (a *annealing) follow(done float64, k int, c *Config) {
	share := min(1, done/c.AnnealShare)
	from := newAnnealing(c, k)
	a.Tau = from.Tau * math.Pow(c.TauEnd/from.Tau, share)
	a.Rate = c.Rate * math.Pow(c.RateEnd/c.Rate, share)
}
