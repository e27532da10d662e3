package dcgmm

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"deepgmm/internal/kernel"
)

const adamEpsilon = 1e-8

// ascent is the state of Momentum or Adam of one layer.
type ascent struct {
	Steps     int // t of parameters
	LateSteps int // t of those that join later

	kind         Optimizer
	late         []bool // by parameter
	beta, beta2  float32
	first        [][]float32 // m, as family.parameters
	second       [][]float32 // v, likewise; nil without Adam
	scale, shift [2]float32  // of this step, for late parameters apart: θ += rate·scale·m/(√v·shift + 10⁻⁸)
}

// newAscent is nil for SGD.
func newAscent(g *GMM, c *Config) *ascent {
	n := c.Optimizer.averages()
	if n == 0 {
		return nil
	}
	a := &ascent{kind: c.Optimizer, beta: float32(c.Momentum), beta2: float32(c.Beta2)}
	for _, p := range g.family.parameters() {
		a.late = append(a.late, p.late)
		a.first = append(a.first, make([]float32, len(p.v)))
		if n == 2 {
			a.second = append(a.second, make([]float32, len(p.v)))
		}
	}
	return a
}

// state lists what a checkpoint holds of it.
func (a *ascent) state() [][]float32 {
	if a == nil {
		return nil
	}
	return append(append([][]float32(nil), a.first...), a.second...)
}

// takeOver copies the state of another training of the same layer.
func (a *ascent) takeOver(from *ascent) {
	to := a.state()
	for i, v := range from.state() {
		copy(to[i], v)
	}
	a.Steps, a.LateSteps = from.Steps, from.LateSteps
}

// check refuses averages that no training leaves.
func (a *ascent) check() error {
	for _, v := range a.state() {
		for _, x := range v {
			if x-x != 0 {
				return errors.New("an average of gradients is not finite")
			}
		}
	}
	for _, v := range a.second {
		for _, x := range v {
			if x < 0 {
				return fmt.Errorf("an average of squared gradients is %v", x)
			}
		}
	}
	return nil
}

// begin counts a step, of late parameters only if they have joined.
func (a *ascent) begin(late bool) {
	a.Steps++
	if late && slices.Contains(a.late, true) {
		a.LateSteps++
	}
	for i, t := range []int{a.Steps, a.LateSteps} {
		if a.kind == Adam && t > 0 {
			a.scale[i] = float32(1 / (1 - math.Pow(float64(a.beta), float64(t))))
			a.shift[i] = float32(1 / math.Sqrt(1-math.Pow(float64(a.beta2), float64(t))))
		}
	}
}

// step moves values v by gradients g; at is where they lie among the parameters of a kind.
func (a *ascent) step(v, g []float32, kind, at int, rate float32) {
	m := a.first[kind][at:][:len(v)]
	g = g[:len(v)]
	b, c := a.beta, 1-a.beta
	if a.kind == Momentum {
		for i, d := range g {
			m[i] = float32(b*m[i]) + float32(c*d)
			v[i] += float32(rate * m[i])
		}
		return
	}
	of := 0
	if a.late[kind] {
		of = 1
	}
	kernel.Adam(v, g, m, a.second[kind][at:][:len(v)], kernel.AdamStep{Keep: b, Take: c, KeepSquares: a.beta2, TakeSquares: 1 - a.beta2,
		Rate: rate * a.scale[of], Shift: a.shift[of], Epsilon: adamEpsilon})
}

// A component is what an ascent moves of one component: μ and s of a chunk of dimensions with Σ w x and Σ w x², and
// what follows from them, S and M of its quadratic form.
type component struct{ mu, root, X, Q, S, M []float32 }

// ascend is kernel.Ascend with this rule, the component lying at at among the parameters; rates of c are not over the
// number M of vectors. gm and gs are scratch.
func (a *ascent) ascend(v component, gm, gs []float32, at int, M float32, c kernel.Step) (sumLog float64, finite bool) {
	n := len(v.mu)
	r, X, Q, fs, fm := v.root[:n], v.X[:n], v.Q[:n], v.S[:n], v.M[:n]
	gm, gs = gm[:n], gs[:n]
	kernel.Gradient(gm, gs, v.mu, r, X, Q, c.S, M)
	a.step(v.mu, gm, ofMu, at, c.Mu)
	a.step(r, gs, ofRoot, at, c.Root)
	var bad float32
	for d, m := range v.mu {
		s := min(max(r[d], c.Min), c.Max)
		r[d], fs[d] = s, s*(math.Sqrt2/2)
		fm[d] = 0 - float32(fs[d]*m)
		bad += (m - m) + (s - s)
	}
	if bad != 0 {
		return 0, false
	}
	return kernel.SumLog(r), true
}

// ascendFactors is kernel.AscendFactors with this rule; at is where the first factor's chunk lies among the parameters,
// and g is scratch.
func (a *ascent) ascendFactors(f []float32, ldf int, g []float32, at int, M float32, c kernel.FactorStep) (finite bool) {
	kernel.FactorGradient(g, f, ldf, c, M)
	rate, D := c.Rate, len(c.Mu)
	c.Rate = 0 // only what it takes from X and Q
	kernel.AscendFactors(f, ldf, c)
	var bad float32
	for l := range c.L {
		row := f[l*ldf:][:D]
		a.step(row, g[l*D:], ofFactors, at+l*ldf, rate)
		for _, v := range row {
			bad += v - v
		}
	}
	return bad == 0
}

// split gives a restarted component the sizes of gradients of the other one, and no direction.
func (a *ascent) split(sets, set, K, from, to int) {
	if a == nil {
		return
	}
	for kind, p := range a.first {
		n := len(p) / (sets * K)
		at := func(k int) int { return (set*K + k) * n }
		clear(p[at(to):][:n])
		if a.kind == Adam {
			copy(a.second[kind][at(to):][:n], a.second[kind][at(from):][:n])
		}
	}
}
