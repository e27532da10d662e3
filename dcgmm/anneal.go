package dcgmm

import (
	"math"

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
// two small circulant matrices, which is how it is stored and applied; it is symmetric.
type Neighbourhood struct {
	Rows, Cols int
	rows, cols []float32 // Rows×Rows, Cols×Cols
	identity   bool
	tau        float64 // that rows and cols are for
}

// NewNeighbourhood returns the grid of K components at width τ = 0.
func NewNeighbourhood(k int) *Neighbourhood {
	n := &Neighbourhood{tau: -1}
	n.Rows, n.Cols = torus(k)
	n.rows, n.cols = make([]float32, n.Rows*n.Rows), make([]float32, n.Cols*n.Cols)
	n.SetWidth(0)
	return n
}

// SetWidth recomputes G for width τ ≥ 0.
func (n *Neighbourhood) SetWidth(tau float64) {
	if tau == n.tau {
		return
	}
	n.tau = tau
	// A neighbour's weight below float32's resolution changes nothing.
	n.identity = !(math.Exp(-0.5/(tau*tau)) > 0x1p-26)
	circulant(n.rows, n.Rows, tau, n.identity)
	circulant(n.cols, n.Cols, tau, n.identity)
}

func circulant(m []float32, size int, tau float64, identity bool) {
	weight := func(a, b int) float64 {
		d := float64(min((a-b+size)%size, (b-a+size)%size))
		if identity {
			if d == 0 {
				return 1
			}
			return 0
		}
		return math.Exp(-d * d / (2 * tau * tau))
	}
	var sum float64
	for j := range size {
		sum += weight(0, j)
	}
	for a := range size {
		for b := range size {
			m[a*size+b] = float32(weight(a, b) / sum)
		}
	}
}

// At returns G_kj.
func (n *Neighbourhood) At(k, j int) float64 {
	return float64(n.rows[k/n.Cols*n.Rows+j/n.Cols]) * float64(n.cols[k%n.Cols*n.Cols+j%n.Cols])
}

// mixLanes items at a time go through both products, so that what lies between them stays in the first-level cache.
const mixLanes = 4 * kernel.Lanes

// apply computes dst = G·src for K rows of items items; the rows of src are lds
// floats apart, those of dst ldd. tmp has K·mixLanes values. items is a multiple of kernel.Lanes; none overlap.
func (n *Neighbourhood) apply(dst, tmp []float32, ldd int, src []float32, lds, items int) {
	for i := 0; i < items; i += mixLanes {
		ld := min(mixLanes, items-i)
		between := kernel.Grid{V: tmp, Group: n.Cols * ld, Row: ld}
		kernel.Circulant(between, kernel.Grid{V: src[i:], Group: n.Cols * lds, Row: lds}, n.Rows, n.cols, n.Cols, ld) // along the columns of the grid
		between.Group, between.Row = ld, n.Cols*ld
		kernel.Circulant(kernel.Grid{V: dst[i:], Group: ldd, Row: n.Cols * ldd}, between, n.Cols, n.rows, n.Rows, ld) // along its rows
	}
}

// applyVector computes dst = G·v for one value per component; tmp has K values.
func (n *Neighbourhood) applyVector(dst, tmp, v []float64) {
	for k := range tmp {
		r, c := k/n.Cols, k%n.Cols
		tmp[k] = 0
		for j, x := range v[r*n.Cols:][:n.Cols] {
			tmp[k] += float64(n.cols[c*n.Cols+j]) * x
		}
	}
	for k := range dst {
		r, c := k/n.Cols, k%n.Cols
		dst[k] = 0
		for j := range n.Rows {
			dst[k] += float64(n.rows[r*n.Rows+j]) * tmp[j*n.Cols+c]
		}
	}
}

// annealing is the state of one layer's schedule.
type annealing struct {
	Tau, Rate   float64 // τ and ε
	First, Last float64 // average loss of the first window and of the last finished one
	Windows     int     // finished
	Sum         float64 // of the losses in the window under way
	Count       int     // steps in it
}

func newAnnealing(c *Config, k int) annealing {
	tau := c.Tau
	if tau == 0 {
		tau = 0.25 * math.Sqrt(2*float64(k))
	}
	return annealing{Tau: tau, Rate: c.Rate}
}

// observe takes the loss of one step; at the end of a window it
// lowers τ, and ε with it, when the loss has become flat (model.md §3, annealing schedule).
func (a *annealing) observe(loss float64, c *Config) {
	a.Sum += loss
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
