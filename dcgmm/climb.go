package dcgmm

import (
	"context"

	"deepgmm/internal/kernel"
)

// climb is the ascent of a block of maps, each at its own pace (model.md §7).
type climb struct {
	*slope
	s           Sharpening
	x0, x, g    []float32 // size×n: where it began, the best so far, and the objective's gradient there
	value, next []float64 // n: objective of x, and of what is tried
	rate        []float64 // n; 0: done
	moved       []float64 // n: largest change of a value in this step
	squares     []float64 // n: Σ (X − X₀)² of what is tried
	trace       [][]float64
}

// Rates grow after a step that was kept and are halved after one that was not.
const growth, shrink = 1.2, 0.5

func newClimb(sl *slope, s Sharpening) *climb {
	size := sl.net.mapShape(s.Map).Size() * sl.n
	f := func() []float64 { return make([]float64, sl.n) }
	return &climb{slope: sl, s: s, x0: make([]float32, size), x: make([]float32, size), g: make([]float32, size),
		value: f(), next: f(), rate: f(), moved: f(), squares: f(), trace: make([][]float64, sl.valid)}
}

// start takes values, valid×size row-major, as X₀.
func (c *climb) start(values []float32) {
	size := c.net.mapShape(c.s.Map).Size()
	kernel.Transpose(c.x0, c.n, values, size, c.valid, size)
	copy(c.x, c.x0)
	for i := range c.valid {
		c.rate[i] = 0
	}
	c.try()
	copy(c.value, c.next)
	for i := range c.valid {
		c.rate[i] = c.s.Rate
		c.trace[i] = []float64{c.value[i]}
	}
	c.keep(c.rate)
}

// run climbs until all are done.
func (c *climb) run(ctx context.Context) error {
	kept := make([]float64, c.n) // above 0: the step of this lane was kept
	for range c.s.Iterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.try()
		active := false
		for i := range c.valid {
			kept[i] = 0
			if c.rate[i] > 0 {
				if c.next[i] >= c.value[i] {
					kept[i], c.value[i] = 1, c.next[i]
					c.rate[i] *= growth
				} else {
					c.rate[i] *= shrink
				}
				if c.moved[i] <= c.s.Tolerance {
					c.rate[i] = 0
				}
				c.trace[i] = append(c.trace[i], c.value[i])
			}
			active = active || c.rate[i] > 0
		}
		c.keep(kept)
		if !active {
			return nil
		}
	}
	return nil
}

// try writes X + η·∂ into the pass and finds its objective and gradient.
func (c *climb) try() {
	n := c.n
	clear(c.moved)
	clear(c.squares)
	c.eachRow(func(row, _ []float32, at int) {
		x, x0, g := c.x[at:][:len(row)], c.x0[at:][:len(row)], c.g[at:][:len(row)]
		for j := 0; j < len(row); j += n {
			for i := range c.valid {
				v := x[j+i]
				if c.rate[i] > 0 {
					v = min(max(v+float32(c.rate[i]*float64(g[j+i])), 0), 1)
					c.moved[i] = max(c.moved[i], abs(float64(v-x[j+i])))
				}
				row[j+i] = v
				c.squares[i] += float64(v-x0[j+i]) * float64(v-x0[j+i])
			}
		}
	})
	c.score(c.next, c.s.Map, c.s.Target)
	size := float64(len(c.x) / n)
	for i := range c.valid {
		c.next[i] -= c.s.Keep * c.squares[i] / size
	}
}

// keep makes what was tried the new X where kept > 0.
func (c *climb) keep(kept []float64) {
	n := c.n
	pull := float32(2 * c.s.Keep / float64(len(c.x)/n))
	c.eachRow(func(row, grad []float32, at int) {
		x, x0, g := c.x[at:][:len(row)], c.x0[at:][:len(row)], c.g[at:][:len(row)]
		for j := 0; j < len(row); j += n {
			for i := range c.valid {
				if kept[i] > 0 {
					x[j+i] = row[j+i]
					g[j+i] = grad[j+i] - pull*(row[j+i]-x0[j+i])
				}
			}
		}
	})
}

// result writes X, valid×size row-major.
func (c *climb) result(dst []float32) {
	size := c.net.mapShape(c.s.Map).Size()
	kernel.Transpose(dst, size, c.x, c.n, size, c.valid)
}

// eachRow shows the rows of the map in the pass and of its gradient, and the place of the same values in x.
func (c *climb) eachRow(see func(row, grad []float32, at int)) {
	m, g := &c.maps[c.s.Map][0], &c.grads[c.s.Map][0]
	shape := c.net.mapShape(c.s.Map)
	width := shape.W * shape.C * c.n
	for y := range shape.H {
		at := ((y+m.top)*m.shape.W + m.left) * m.shape.C * c.n
		see(m.v[at:][:width], g.v[at:][:width], y*width)
	}
}

func abs(x float64) float64 { return max(x, -x) }
