package dcgmm

import (
	"context"

	"deepgmm/internal/kernel"
)

// lineSearch is the ascent of a block of maps, each at its own pace (model.md §7).
type lineSearch struct {
	*slope
	s           Sharpening
	x0, x, g    []float32 // size×n: where it began, the best so far, and the objective's gradient there
	value, next []float64 // n: objective of x, and of what is tried
	rate        []float64 // n; 0: done
	squares     []float64 // n: Σ (X − X₀)² of what is tried
	tooFar      []bool    // n: a step that could be seen was taken back since the last that was kept
	trace       [][]float64

	step, moved, part, kept []float32 // n: rate; largest change of a value in this step; squares of a row; above 0: the step was kept
}

// Rates grow after a step that was kept, fast while steps are too small to see, and are halved after one that was not.
const growth, leap, shrink, maxRate = 1.2, 4, 0.5, 1e18

// rounding is the relative error of an objective.
const rounding = 1e-6

// lineSearch returns the scratch for a kind of sharpening, made when a block first needs it.
func (b *block) lineSearch(s Sharpening, slopes []slopes) *lineSearch {
	for _, k := range b.kept {
		if c, ok := k.(*lineSearch); ok && c.s == s {
			return c
		}
	}
	size := b.net.mapShape(s.Map).Size() * b.n
	f := func() []float64 { return make([]float64, b.n) }
	f32 := func(n int) []float32 { return make([]float32, n) }
	c := &lineSearch{slope: newSlope(b, slopes, s.Map, s.Target), s: s, x0: f32(size), x: f32(size), g: f32(size),
		value: f(), next: f(), rate: f(), squares: f(), tooFar: make([]bool, b.n), step: f32(b.n), moved: f32(b.n), part: f32(b.n), kept: f32(b.n)}
	b.kept = append(b.kept, c)
	return c
}

// searchBlocks is how many times as much memory as a block an ascent needs: the block, gradients, x₀, x and g.
const searchBlocks = 5

// ascend takes values, valid×size row-major, uphill.
func (c *lineSearch) ascend(ctx context.Context, values []float32) error {
	if err := c.start(values); err != nil {
		return err
	}
	if err := c.run(ctx); err != nil {
		return err
	}
	c.result(values)
	return nil
}

// most is how many values of a trace are made room for at once.
const most = 1 << 12

// start takes values, valid×size row-major, as X₀.
func (c *lineSearch) start(values []float32) error {
	size := c.net.mapShape(c.s.Map).Size()
	kernel.Transpose(c.x0, c.n, values, size, c.valid, size)
	copy(c.x, c.x0)
	clear(c.rate)
	clear(c.g) // or 0 times an infinite slope of other images would be NaN
	if err := c.try(); err != nil {
		return err
	}
	copy(c.value, c.next)
	clear(c.kept)
	c.trace = make([][]float64, c.valid)
	for i := range c.valid {
		c.rate[i], c.kept[i], c.tooFar[i] = c.s.Rate, 1, false
		c.trace[i] = append(make([]float64, 0, min(c.s.Iterations, most)+1), c.value[i])
	}
	c.keep()
	return nil
}

// run searchBlocks until all are done.
func (c *lineSearch) run(ctx context.Context) error {
	for range c.s.Iterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.try(); err != nil {
			return err
		}
		active, kept := false, false
		clear(c.kept)
		for i := range c.valid {
			if c.rate[i] > 0 {
				if c.next[i] > c.value[i] {
					c.kept[i], kept = 1, true
				}
				c.pace(i)
				c.trace[i] = append(c.trace[i], c.value[i])
			}
			active = active || c.rate[i] > 0
		}
		if kept {
			c.keep()
		}
		if !active {
			return nil
		}
	}
	return nil
}

// pace takes over the objective of a step that is kept, and sets the next one's rate: 0 when there is nothing to be gained.
func (c *lineSearch) pace(i int) {
	small := float64(c.moved[i]) <= c.s.Tolerance
	grow := growth
	if small {
		grow = leap
	}
	switch {
	case c.kept[i] > 0:
		c.value[i], c.tooFar[i] = c.next[i], false
		c.rate[i] = min(c.rate[i]*grow, maxRate)
	case c.moved[i] > 0 && !c.tooFar[i] && c.value[i]-c.next[i] <= rounding*abs(c.value[i]): // float32 cannot tell
		c.rate[i] = min(c.rate[i]*leap, maxRate)
	case small:
		c.rate[i] = 0
	default:
		c.rate[i], c.tooFar[i] = c.rate[i]*shrink, true
	}
}

// try writes X + η·∂, clipped to [0, 1], into the pass and finds its objective and gradient.
func (c *lineSearch) try() error {
	for i, r := range c.rate {
		c.step[i] = float32(r)
	}
	clear(c.moved)
	clear(c.squares)
	c.eachRow(func(row, _ []float32, at int) {
		trial := &kernel.Trial{X: c.x[at:], X0: c.x0[at:], Gradient: c.g[at:], Rate: c.step, Moved: c.moved, Squares: c.part}
		kernel.Try(row, trial, len(row)/c.n, c.n)
		for i, p := range c.part {
			c.squares[i] += float64(p)
		}
	})
	if err := c.score(c.next, c.s.Map, c.s.Target); err != nil {
		return err
	}
	size := float64(len(c.x) / c.n)
	for i := range c.valid {
		c.next[i] -= c.s.Keep * c.squares[i] / size
	}
	return nil
}

// keep makes what was tried the new X where c.kept > 0.
func (c *lineSearch) keep() {
	penalty := float32(2 * c.s.Keep / float64(len(c.x)/c.n))
	c.eachRow(func(row, grad []float32, at int) {
		step := &kernel.Accepted{V: row, Gradient: grad, X0: c.x0[at:], Kept: c.kept, Penalty: penalty}
		kernel.Take(c.x[at:], c.g[at:], step, len(row)/c.n, c.n)
	})
}

// result writes X, valid×size row-major.
func (c *lineSearch) result(dst []float32) {
	size := c.net.mapShape(c.s.Map).Size()
	kernel.Transpose(dst, size, c.x, c.n, size, c.valid)
}

// eachRow shows the rows of the map in the pass and of its gradient, and the place of the same values in x.
func (c *lineSearch) eachRow(see func(row, grad []float32, at int)) {
	m, g := &c.maps[c.s.Map][0], &c.grads[c.s.Map][0]
	shape := c.net.mapShape(c.s.Map)
	width := shape.W * shape.C * c.n
	for y := range shape.H {
		at := ((y+m.top)*m.shape.W + m.left) * m.shape.C * c.n
		see(m.v[at:][:width], g.v[at:][:width], y*width)
	}
}

func abs(x float64) float64 { return max(x, -x) }
