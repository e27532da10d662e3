package dcgmm

import "deepgmm/internal/kernel"

// A slope takes the derivative of a score back through the layers, for the images of a block: the
// vector-Jacobian products of model.md §7. Most responsibilities are nothing beside the largest, and where one has it
// all the slope ends: only the components that matter at a position are pulled (kernel.SoftmaxSlope).
//
// Its maps have the shapes of the block's; each holds ∂score/∂map.
type slope struct {
	*block
	pulls [][]kernel.Slopes // by layer and set
	grads [][]laneMap       // by layer, as the block's maps; without the map before the pooling of the layers above from
	u, v  []float32         // K×n, ∂score/∂ℓ and ∂score/∂r of a position
	w     []float32         // K×n, ∂score/∂softmax(ℓ/T)/T of a layer that tempers or smooths
	soft  [][]float32       // by layer that smooths, P×K×n: softmax(ℓ/T), which the map no longer has
	hot   []float32         // K×n, the u of a position of the target; 0 between positions
	live  []int32           // K: components with a slope
	marks []bool            // K

	vector, residual []float32 // D: scratch of layers with factors
}

// newPulls makes the constants of ∂ℓ_k/∂x_d = s²μ − x_d·s² of the layers from … to. Layers with factors need none.
func (n *Network) newPulls(from, to int) [][]kernel.Slopes {
	pulls := make([][]kernel.Slopes, len(n.gmms))
	for i := from; i <= to; i++ {
		g := n.gmms[i]
		for set := range g.Sets {
			if g.joined {
				break
			}
			pulls[i] = append(pulls[i], kernel.NewSlopes(g.K, g.D, func(k, d int) (B, A float32) {
				at := (set*g.K+k)*g.D + d
				s2 := g.PrecRoot[at] * g.PrecRoot[at]
				return s2 * g.Mu[at], s2
			}))
		}
	}
	return pulls
}

func newSlope(b *block, pulls [][]kernel.Slopes, from, to int) *slope {
	K := len(b.r) / b.n
	f := func() []float32 { return make([]float32, len(b.r)) }
	s := &slope{block: b, pulls: pulls, grads: make([][]laneMap, to+1), u: f(), v: f(), w: f(), hot: f(), soft: make([][]float32, to+1),
		live: make([]int32, K), marks: make([]bool, K)}
	for i := from; i <= to; i++ {
		for j, m := range b.maps[i] {
			m.v = nil
			if i == from || j > 0 || len(b.maps[i]) == 1 {
				m.v = make([]float32, len(b.maps[i][j].v))
			}
			s.grads[i] = append(s.grads[i], m)
		}
		if pl := b.net.plans[i]; pl.grid != nil && i < to {
			s.soft[i] = make([]float32, pl.Out.Size()*b.n)
		}
	}
	return s
}

// score computes the mean over the positions of layer to of max_k ℓ_k for every valid lane, from the map
// that enters layer from, and its gradient into grads[from][0].
func (s *slope) score(dst []float64, from, to int) error {
	for i := from; i <= to; i++ {
		for _, g := range s.grads[i] {
			clear(g.v)
		}
	}
	if err := s.forward(from, to-1, s.keepSoft); err != nil {
		return err
	}
	if err := s.target(dst, to); err != nil {
		return err
	}
	for i := to; i >= from; i-- {
		if i < to {
			for pos := range s.net.plans[i].P() {
				if pos%s.net.plans[i].Out.W == 0 && s.ctx.Err() != nil {
					return s.ctx.Err()
				}
				u, live := s.throughSoftmax(i, pos)
				s.pull(i, pos, u, live)
			}
		}
		for j := len(s.net.plans[i].Pools) - 1; j >= 1 || j == 0 && i == from; j-- {
			s.throughPool(i, j)
		}
	}
	return nil
}

// target computes the score of the target layer, and its gradient by the map that is folded there: that of the best
// component of every lane.
func (s *slope) target(dst []float64, to int) error {
	pl, K, n := s.net.plans[to], s.net.gmms[to].K, s.n
	P := pl.P()
	clear(dst)
	if err := s.poolAll(to); err != nil {
		return err
	}
	for pos := range P {
		if pos%pl.Out.W == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		s.scoreAt(to, pos)
		kernel.Best(s.best, s.arg, s.l, K, n)
		if !finite(s.best[:s.valid]) {
			return s.net.notFinite("scores of images", to)
		}
		for i, k := range s.arg[:s.valid] {
			dst[i] += float64(s.best[i])
			s.hot[int(k)*n+i] = 1 / float32(P)
			s.marks[k] = true
		}
		live := s.live[:0]
		for k, marked := range s.marks[:K] {
			if marked {
				live = append(live, int32(k))
				s.marks[k] = false
			}
		}
		s.pull(to, pos, s.hot, live)
		for i, k := range s.arg[:s.valid] {
			s.hot[int(k)*n+i] = 0
		}
	}
	for i := range dst {
		dst[i] /= float64(P)
	}
	return nil
}

// keepSoft keeps what the slope of a smoothed layer needs.
func (s *slope) keepSoft(layer, pos int, _, _ []float32) {
	if soft := s.soft[layer]; soft != nil {
		size := s.net.gmms[layer].K * s.n
		copy(soft[pos*size:][:size], s.readout.soft)
	}
}

// throughSoftmax returns u = ∂/∂ℓ = r∘(v − Σ_k r_k v_k) for v = ∂/∂r (model.md §7), and the components that have one. Where a layer
// tempers and smooths, out = G·r with r = softmax(ℓ/T), v is G·∂/∂out/T.
func (s *slope) throughSoftmax(layer, pos int) (u []float32, live []int32) {
	w, K, n := s.net.plans[layer].Out.W, s.net.gmms[layer].K, s.n
	y, x := pos/w, pos%w
	r := s.maps[layer+1][0].at(y, x)
	var v []float32
	if pools := s.net.plans[layer+1].Pools; len(pools) > 0 {
		v = s.v[:K*n]
		s.unpool(v, r, layer+1, y, x)
	} else {
		v = s.grads[layer+1][0].at(y, x)
	}
	v = s.net.plans[layer].back(s.w, v, s.readout.tmp, K, n)
	if soft := s.soft[layer]; soft != nil {
		r = soft[pos*K*n:][:K*n]
	}
	return s.u, kernel.SoftmaxSlope(s.u, r, v, s.live, K, n)
}

// unpool is throughPool for one position of the first pooling of a layer: its responsibilities r get the gradient v of
// the windows that they win. Positions must come in their order, in which a window's first winner comes first.
func (s *slope) unpool(v, r []float32, layer, y, x int) {
	pool := s.net.plans[layer].Pools[0]
	out, gout := &s.maps[layer][1], &s.grads[layer][1]
	clear(v)
	firstX, lastX := windowsOver(x, pool.W, pool.StrideW, pool.Out.W)
	firstY, lastY := windowsOver(y, pool.H, pool.StrideH, pool.Out.H)
	for wy := firstY; wy <= lastY; wy++ {
		for wx := firstX; wx <= lastX; wx++ {
			kernel.MoveWhereEqual(v, gout.at(wy, wx), r, out.at(wy, wx))
		}
	}
}

// windowsOver are the first and last of count windows that cover x.
func windowsOver(x, size, stride, count int) (first, last int) {
	return max(0, (x-size+stride)/stride), min(x/stride, count-1)
}

// pull adds Σ_k u_k·∂ℓ_k/∂x to the gradient of the patch at a position, u being K×n and 0 except for the components live.
func (s *slope) pull(layer, pos int, u []float32, live []int32) {
	if len(live) == 0 {
		return
	}
	pl, g := s.net.plans[layer], s.net.gmms[layer]
	x := s.patch(layer, pos)
	last := len(pl.Pools)
	grad := s.grads[layer][last].v[len(s.maps[layer][last].v)-len(x):]
	if g.joined {
		s.pullFactors(grad, x, layer, pl.set(pos), u, live)
		return
	}
	kernel.Pull(grad, x, s.table[layer], u, live, s.pulls[layer][pl.set(pos)], s.n)
}

// leastPull is a slope too small to matter beside a sum of 1.
const leastPull = 1e-9

// pullFactors is pull for a layer with factors: few components have a slope, and one vector after the other is cheap.
func (s *slope) pullFactors(grad, x []float32, layer, set int, u []float32, live []int32) {
	g := s.net.gmms[layer]
	if s.vector == nil {
		s.vector, s.residual = make([]float32, s.widest()), make([]float32, s.widest())
	}
	v, e := s.vector[:g.D], s.residual[:g.D]
	table := s.table[layer]
	for i := range s.valid {
		for d := range v {
			v[d] = x[table.At(d)+i]
		}
		for _, k := range live {
			c := u[int(k)*s.n+i]
			if abs(float64(c)) < leastPull {
				continue
			}
			g.residual(e, v, set, int(k))
			for d, r := range e {
				grad[table.At(d)+i] -= c * r
			}
		}
	}
}

// widest is the largest D.
func (s *slope) widest() (D int) {
	for _, g := range s.net.gmms {
		D = max(D, g.D)
	}
	return D
}

// throughPool hands the gradient of pooling j of a layer to the winner of each window, the first one of equals (model.md §2).
func (s *slope) throughPool(layer, j int) {
	pool := s.net.plans[layer].Pools[j]
	src, out := &s.maps[layer][j], &s.maps[layer][j+1]
	gsrc, gout := &s.grads[layer][j], &s.grads[layer][j+1]
	for y := range pool.Out.H {
		for x := range pool.Out.W {
			best, g := out.at(y, x), gout.at(y, x)
			y0, x0 := y*pool.StrideH, x*pool.StrideW
			for yy := y0; yy < min(y0+pool.H, pool.In.H); yy++ {
				for xx := x0; xx < min(x0+pool.W, pool.In.W); xx++ {
					kernel.MoveWhereEqual(gsrc.at(yy, xx), g, src.at(yy, xx), best)
				}
			}
		}
	}
}
