package dcgmm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"deepgmm/internal/kernel"
)

// gentle gives the network and the oracle the same random parameters, as scramble does, but with precision roots that
// are small and differ little: responsibilities are far from 0 and 1, however large D is, so that slopes reach the
// layers below.
func gentle(net *Network, o *oracle, seed uint64) {
	scramble(net, o, seed)
	for i, l := range o.layers {
		g := net.Layer(i)
		for j, s := range g.PrecRoot {
			g.PrecRoot[j] = 0.6 + 0.1*(s-0.6)
		}
		for j := range g.Factors {
			g.Factors[j] *= 0.5
		}
		l.s, l.f = bySet(g.PrecRoot, g.Sets), bySet(g.Factors, g.Sets)
	}
	net.Refresh()
}

// objective is the mean over positions of max_k ℓ_k of layer to for a map that enters layer from (model.md §7), and the
// smallest distance of a winner from its runner-up.
func (o *oracle) objective(m oracleMap, from, to int) (mean, margin float64) {
	var below *oracleLayer
	if from > 0 {
		below = o.layers[from-1]
	}
	out := (&oracle{o.layers[from : to+1]}).forwardFrom(m, below)[to-from]
	margin = math.Inf(1)
	for _, scores := range out.scores {
		_, best, near := smoothed(identityMatrix(len(scores)), scores)
		mean += best / float64(len(out.scores))
		margin = math.Min(margin, near)
	}
	return mean, margin
}

// randomMaps returns n maps with values in [0, 1], and the same for the oracle.
func randomMaps(n int, s Shape, seed uint64) (values []float32, maps []oracleMap) {
	r := rand.New(rand.NewPCG(seed, 3))
	for range n {
		m := newOracleMap(s.H, s.W, s.C)
		for j := range m.v {
			v := r.Float32()
			values = append(values, v)
			m.v[j] = float64(v)
		}
		maps = append(maps, m)
	}
	return values, maps
}

// eachSpan calls check for every network of networkCases, gently scrambled, and every pair of a layer that a map
// enters, 0 or 1, and a target above it.
func eachSpan(t *testing.T, check func(t *testing.T, net *Network, o *oracle, from, to int)) {
	t.Helper()
	spans := 0
	for _, c := range networkCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := &oracle{c.layers}
		gentle(net, o, 11)
		for from := range min(2, net.Layers()) {
			for to := from; to < net.Layers(); to++ {
				t.Run(fmt.Sprintf("%s %d→%d", c.arch, from, to), func(t *testing.T) { check(t, net, o, from, to) })
				spans++
			}
		}
	}
	if spans < 20 {
		t.Errorf("only %d spans were checked", spans)
	}
}

// fill writes value(y, x, c, i) into the inside of a lane map, for the lanes i < count.
func fill(m *laneMap, s Shape, count int, value func(y, x, c, i int) float32) {
	for y := range s.H {
		for x := range s.W {
			for c := range s.C {
				for i := range count {
					m.at(y, x)[c*m.n+i] = value(y, x, c, i)
				}
			}
		}
	}
}

// newTestSlope is a slope of count lanes with its block.
func newTestSlope(net *Network, from, to, count int) *slope {
	b := net.newBlock()
	b.valid = count
	return newSlope(b, net.newSlopes(from, to), from, to)
}

// slopeOf returns the objective and its gradient for maps that enter a layer.
func slopeOf(net *Network, from, to int, values []float32) (score []float64, gradient []float32) {
	shape := net.mapShape(from)
	size := shape.Size()
	count := len(values) / size
	s := newTestSlope(net, from, to, count)
	index := func(y, x, c, i int) int { return i*size + (y*shape.W+x)*shape.C + c }
	fill(&s.maps[from][0], shape, count, func(y, x, c, i int) float32 { return values[index(y, x, c, i)] })
	score = make([]float64, s.n)
	s.score(score, from, to)
	gradient = make([]float32, len(values))
	g := &s.grads[from][0]
	for y := range shape.H {
		for x := range shape.W {
			for c := range shape.C {
				for i := range count {
					gradient[index(y, x, c, i)] = g.at(y, x)[c*g.n+i]
				}
			}
		}
	}
	return score[:count], gradient
}

// The gradient that slope leaves is that of the float64 oracle's objective, by central differences.
func TestSlopeIsTheGradientOfTheObjective(t *testing.T) {
	eachSpan(t, func(t *testing.T, net *Network, o *oracle, from, to int) {
		const count = 3
		size := net.mapShape(from).Size()
		values, maps := clearMaps(t, o, net, count, from, to)
		score, gradient := slopeOf(net, from, to, values)
		for i, m := range maps {
			want, _ := o.objective(m, from, to)
			if !close4(score[i], want, 1) {
				t.Errorf("map %d: objective %v, oracle %v", i, score[i], want)
			}
			compareSlope(t, o, m, from, to, gradient[i*size:][:size])
		}
	})
}

// clearMaps returns maps of which no vector is near to having another winner.
func clearMaps(t *testing.T, o *oracle, net *Network, count, from, to int) ([]float32, []oracleMap) {
	t.Helper()
	for seed := range uint64(500) {
		values, maps := randomMaps(count, net.mapShape(from), seed)
		nearest := math.Inf(1)
		for _, m := range maps {
			_, margin := o.objective(m, from, to)
			nearest = math.Min(nearest, margin)
		}
		if nearest > 1e-4 {
			return values, maps
		}
	}
	t.Fatal("no seed gives maps without near ties")
	return nil, nil
}

func compareSlope(t *testing.T, o *oracle, m oracleMap, from, to int, gradient []float32) {
	t.Helper()
	const h = 1e-5
	step := 1 + len(m.v)/60 // not all of the largest maps
	var fds []float64
	largest := 0.0
	for j := 0; j < len(m.v); j += step {
		x := m.v[j]
		m.v[j] = x + h
		up, _ := o.objective(m, from, to)
		m.v[j] = x - h
		down, _ := o.objective(m, from, to)
		m.v[j] = x
		fds = append(fds, (up-down)/(2*h))
		largest = math.Max(largest, math.Abs(fds[len(fds)-1]))
	}
	if largest < 1e-5 {
		t.Fatalf("all differences are 0 (largest %v), nothing was checked", largest)
	}
	for i, fd := range fds {
		if got := float64(gradient[i*step]); math.Abs(got-fd) > 2e-4*largest+1e-8 {
			t.Fatalf("∂[%d] = %v, finite difference %v (largest %v)", i*step, got, fd, largest)
		}
	}
}

// adjoint checks ⟨Jv, u⟩ = ⟨v, Jᵀu⟩ for one lane; scale is the size of the terms of these sums.
func adjoint(t *testing.T, what string, left, right, scale float64) {
	t.Helper()
	if scale < 1e-3 {
		t.Fatalf("%s: all terms are 0, nothing was checked", what)
	}
	if math.Abs(left-right) > 1e-3*scale {
		t.Errorf("%s: ⟨Jv, u⟩ = %v, ⟨v, Jᵀu⟩ = %v", what, left, right)
	}
}

// Log-scores with their folding: ℓ of a layer is quadratic in the map that is folded, so central differences of any
// width are its derivative.
func TestPullIsTheAdjointOfScores(t *testing.T) {
	checked := 0
	for _, c := range networkCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		gentle(net, &oracle{c.layers}, 12)
		for layer, pl := range net.layers {
			const count, h = 2, 0.5
			r := rand.New(rand.NewPCG(13, uint64(layer)))
			s := newTestSlope(net, layer, layer, count)
			m, last := &s.maps[layer][len(pl.Pools)], len(pl.Pools)
			x, v := make([]float32, pl.In.Size()*count), make([]float32, pl.In.Size()*count)
			for j := range x {
				x[j], v[j] = r.Float32(), r.Float32()-0.5
			}
			at := func(y, x, c, i int) int { return ((y*pl.In.W+x)*pl.In.C+c)*count + i }
			scores := func(h float32) []float32 {
				fill(m, pl.In, count, func(y, xx, c, i int) float32 { return x[at(y, xx, c, i)] + h*v[at(y, xx, c, i)] })
				var out []float32
				for pos := range pl.P() {
					s.scoreAt(layer, pos)
					out = append(out, s.l[:pl.Out.C*s.n]...)
				}
				return out
			}
			up, down := scores(h), scores(-h)
			scores(0)
			var left, right, scale [count]float64
			for pos := range pl.P() {
				u := make([]float32, pl.Out.C*s.n)
				for k := range pl.Out.C {
					for i := range count {
						u[k*s.n+i] = r.Float32() - 0.5
						j := (pos*pl.Out.C+k)*s.n + i
						term := float64(u[k*s.n+i]) * (float64(up[j]) - float64(down[j])) / (2 * h)
						left[i] += term
						scale[i] += math.Abs(term)
					}
				}
				s.add(layer, pos, u, all(pl.Out.C))
			}
			for y := range pl.In.H {
				for xx := range pl.In.W {
					for c := range pl.In.C {
						for i := range count {
							right[i] += float64(s.grads[layer][last].at(y, xx)[c*s.n+i]) * float64(v[at(y, xx, c, i)])
						}
					}
				}
			}
			for i := range count {
				adjoint(t, fmt.Sprintf("%s layer %d lane %d", c.arch, layer, i), left[i], right[i], scale[i])
				checked++
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d products were checked", checked)
	}
}

// Folding alone: with one standard Gaussian ∂ℓ/∂x is −x for every patch that covers a pixel.
func TestFoldingAddsUpWhatPatchesSay(t *testing.T) {
	for _, c := range []struct {
		arch string
		in   Shape
		row  []int // how many patches cover the pixels of a column, and of a row
		col  []int
	}{
		{"F3x2/2x1 G1", Shape{H: 7, W: 5, C: 3}, []int{1, 1, 2, 1, 2, 1, 1}, []int{1, 2, 2, 2, 1}},
		{"F4/3p G1", Shape{H: 8, W: 5, C: 2}, []int{1, 1, 2, 1, 1, 2, 1, 1}, []int{1, 1, 2, 1, 1}}, // a border of one pixel
		{"F5x3/1x2 I1", Shape{H: 6, W: 5, C: 2}, []int{1, 2, 2, 2, 2, 1}, []int{1, 1, 2, 1, 1}},
	} {
		net, err := New(c.arch, c.in, Init{MaxPrecRoot: 1})
		if err != nil {
			t.Fatal(err)
		}
		clear(net.Layer(0).Mu)
		net.Refresh()
		values, _ := randomMaps(2, c.in, 1)
		_, gradient := slopeOf(net, 0, 0, values)
		P := float64(net.layers[0].P())
		for j, g := range gradient {
			pixel := j % c.in.Size() / c.in.C
			want := -float64(values[j]) * float64(c.row[pixel/c.in.W]*c.col[pixel%c.in.W]) / P
			if math.Abs(float64(g)-want) > 1e-6 {
				t.Fatalf("%s: value %d: gradient %v, want %v", c.arch, j, g, want)
			}
		}
	}
}

// poolCases have windows that overlap, that are cut by the border, and both.
var poolCases = []struct {
	arch string
	in   Shape
}{
	{"M2x3 F1 G2", Shape{H: 7, W: 5, C: 3}},
	{"M3/2 F1 G2", Shape{H: 7, W: 10, C: 2}},
	{"M3x2/1x2 F1 G2", Shape{H: 5, W: 7, C: 1}},
	{"M4x3/3x1 F2x1p G2", Shape{H: 9, W: 6, C: 2}}, // padding after the pool
}

// Pooling is linear between ties: central differences narrower than the gaps between values are its derivative.
func TestThroughPoolIsTheAdjointOfPooling(t *testing.T) {
	for _, c := range poolCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		const count, h = 3, 1e-3
		pool := net.layers[0].Pools[0]
		s := newTestSlope(net, 0, 0, count)
		r := rand.New(rand.NewPCG(14, 1))
		size := c.in.Size()
		x, v := make([][]int, count), make([]float32, size*count)
		for i := range x {
			x[i] = r.Perm(size) // gaps of 0.01
		}
		for j := range v {
			v[j] = 2*r.Float32() - 1
		}
		at := func(y, x, c int) int { return (y*pool.In.W+x)*pool.In.C + c }
		pooledMap := func(h float32) []float32 {
			fill(&s.maps[0][0], c.in, count, func(y, xx, c, i int) float32 {
				return 0.01*float32(x[i][at(y, xx, c)]) + h*v[i*size+at(y, xx, c)]
			})
			var out []float32
			for y := range pool.Out.H {
				s.pool(0, 0, y)
				for x := range pool.Out.W {
					out = append(out, s.maps[0][1].at(y, x)...)
				}
			}
			return out
		}
		up, down := pooledMap(h), pooledMap(-h)
		pooledMap(0)
		var left, right, scale [count]float64
		j := 0
		for y := range pool.Out.H {
			for x := range pool.Out.W {
				g := s.grads[0][1].at(y, x)
				for k := range g {
					if i := k % s.n; i < count {
						g[k] = 2*r.Float32() - 1
						term := float64(g[k]) * (float64(up[j]) - float64(down[j])) / (2 * h)
						left[i] += term
						scale[i] += math.Abs(term)
					}
					j++
				}
			}
		}
		newTestPool(net).vjp(&s.grads[0][0], &s.grads[0][1], &s.maps[0][0], &s.maps[0][1])
		for y := range c.in.H {
			for x := range c.in.W {
				for ch := range c.in.C {
					for i := range count {
						right[i] += float64(s.grads[0][0].at(y, x)[ch*s.n+i]) * float64(v[i*size+at(y, x, ch)])
					}
				}
			}
		}
		for i := range count {
			adjoint(t, c.arch, left[i], right[i], scale[i])
		}
	}
}

// Of equal values the first gets all of the gradient: of a constant map, the corner of every window.
func TestPoolingGradientOfEqualsGoesToTheFirst(t *testing.T) {
	for _, c := range poolCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		pool := net.layers[0].Pools[0]
		s := newTestSlope(net, 0, 0, 1)
		fill(&s.maps[0][0], c.in, s.n, func(_, _, _, _ int) float32 { return 0.25 })
		for y := range pool.Out.H {
			s.pool(0, 0, y)
			for x := range pool.Out.W {
				g := s.grads[0][1].at(y, x)
				for k := range g {
					g[k] = float32(1 + y*pool.Out.W + x)
				}
			}
		}
		newTestPool(net).vjp(&s.grads[0][0], &s.grads[0][1], &s.maps[0][0], &s.maps[0][1])
		for y := range c.in.H {
			for x := range c.in.W {
				want := float32(0)
				if yy, xx := y/pool.StrideH, x/pool.StrideW; y%pool.StrideH == 0 && x%pool.StrideW == 0 && yy < pool.Out.H && xx < pool.Out.W {
					want = float32(1 + yy*pool.Out.W + xx)
				}
				for k, g := range s.grads[0][0].at(y, x) {
					if g != want {
						t.Fatalf("%s: gradient %v at (%d, %d), lane %d, want %v", c.arch, g, y, x, k, want)
					}
				}
			}
		}
	}
}

// Responsibilities: central differences of softmax, h = 0.02 so that neither h² nor rounding matters at 1e-3.
func TestThroughSoftmaxIsTheAdjointOfResponsibilities(t *testing.T) {
	for _, arch := range []string{"F2x1 G7 F1x3 G2", "F2x1 G7 T2.5 F1x3 G2", "F2x1 G12 S0.8 F1x3 G2", "F2x1 G12 T0.7 S1.2 F1x3 G2"} {
		net, err := New(arch, Shape{H: 3, W: 4, C: 1}, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		checkThroughSoftmax(t, net)
	}
}

func checkThroughSoftmax(t *testing.T, net *Network) {
	const count, h = 3, 0.02
	s := newTestSlope(net, 0, 1, count)
	r := rand.New(rand.NewPCG(15, 1))
	K, W := net.layers[0].gmm.K, net.layers[0].Out.W
	for pos := range net.layers[0].P() {
		l, v := make([]float32, K*s.n), make([]float32, K*s.n)
		for j := range l {
			l[j], v[j] = 3*r.Float32(), 2*r.Float32()-1
		}
		resp := func(h float32) []float32 {
			moved := make([]float32, len(l))
			for j := range l {
				moved[j] = l[j] + h*v[j]
			}
			kernel.Top(s.best, moved, K, s.n)
			scratch := s.handed
			scratch.best, scratch.sum = s.best, s.sum
			s.emit(0, pos, moved, s.best, scratch)
			s.keepSoft(0, pos, nil, nil)
			return append([]float32(nil), s.maps[1][0].at(pos/W, pos%W)...)
		}
		up, down := resp(h), resp(-h)
		resp(0)
		u := s.grads[1][0].at(pos/W, pos%W)
		for j := range u {
			u[j] = 2*r.Float32() - 1
		}
		back, _ := s.throughSoftmax(0, pos)
		for i := range count {
			var left, right, scale float64
			for k := range K {
				j := k*s.n + i
				term := float64(u[j]) * (float64(up[j]) - float64(down[j])) / (2 * h)
				left, scale = left+term, scale+math.Abs(term)
				right += float64(back[j]) * float64(v[j])
			}
			adjoint(t, fmt.Sprintf("%s, position %d lane %d", net.arch, pos, i), left, right, scale)
		}
	}
}

// all are the components of a layer of K.
func all(K int) []int32 {
	ks := make([]int32, K)
	for k := range ks {
		ks[k] = int32(k)
	}
	return ks
}

func newTestPool(net *Network) pool { return pool{net.layers[0].Pools[0]} }
