package dcgmm

import "deepgmm/internal/kernel"

// A slope takes the derivative of a score back through the layers, for the images of a block: the
// vector-Jacobian products of model.md §7. Most responsibilities are nothing beside the largest, and where one has it
// all the slope ends: only the components that matter at a position count (kernel.SoftmaxSlope).
//
// Its maps have the shapes of the block's; each holds ∂score/∂map.
type slope struct {
	*block
	slopes []slopes    // by layer
	grads  [][]laneMap // by layer, as the block's maps; without the map before the pooling of the layers above from
	u, v   []float32   // K×n, ∂score/∂ℓ and ∂score/∂r of a position
	w      []float32   // K×n, ∂score/∂softmax(ℓ/T)/T of a layer that tempers or smooths
	soft   [][]float32 // by layer that smooths, P×K×n: softmax(ℓ/T), which the map no longer has
	hot    []float32   // K×n, the u of a position of the target; 0 between positions
	live   []int32     // K: components with a slope
	marks  []bool      // K

	scratch slopeScratch

	factorSlopes []slopes  // by layer that hands on factors
	q            []float32 // K·L×n
	rows         []int32   // K·L
}

// newSlopes makes the constants of the layers from … to.
func (n *Network) newSlopes(from, to int) []slopes {
	out := make([]slopes, len(n.layers))
	for i := from; i <= to; i++ {
		out[i] = n.layers[i].gmm.family.newSlopes()
	}
	return out
}

func newSlope(b *block, by []slopes, from, to int) *slope {
	K, D, channels := len(b.r)/b.n, 0, 0
	for _, l := range b.net.layers {
		D, channels = max(D, l.D()), max(channels, l.channels())
	}
	f := func() []float32 { return make([]float32, len(b.r)) }
	s := &slope{block: b, slopes: by, grads: make([][]laneMap, to+1), u: f(), v: make([]float32, channels*b.n), w: f(), hot: f(), soft: make([][]float32, to+1), factorSlopes: make([]slopes, to+1),
		live: make([]int32, K), marks: make([]bool, K), scratch: slopeScratch{make([]float32, D), make([]float32, D)}}
	for i := from; i <= to; i++ {
		for j, m := range b.maps[i] {
			m.v = nil
			if i == from || j > 0 || len(b.maps[i]) == 1 {
				m.v = make([]float32, len(b.maps[i][j].v))
			}
			s.grads[i] = append(s.grads[i], m)
		}
		if pl := b.net.layers[i]; pl.grid != nil && i < to {
			s.soft[i] = make([]float32, pl.Out.Size()*b.n)
		}
		if pl := b.net.layers[i]; pl.L > 0 && pl.output.l > 0 && i < to {
			s.factorSlopes[i] = pl.up.newMeanSlopes()
			s.q, s.rows = make([]float32, max(len(s.q), pl.K()*pl.output.l*b.n)), make([]int32, max(len(s.rows), pl.K()*pl.output.l))
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
			for pos := range s.net.layers[i].P() {
				if pos%s.net.layers[i].Out.W == 0 && s.ctx.Err() != nil {
					return s.ctx.Err()
				}
				u, live := s.throughSoftmax(i, pos)
				s.add(i, pos, u, live)
			}
		}
		for j := len(s.net.layers[i].Pools) - 1; j >= 1 || j == 0 && i == from; j-- {
			pool{s.net.layers[i].Pools[j]}.vjp(&s.grads[i][j], &s.grads[i][j+1], &s.maps[i][j], &s.maps[i][j+1])
		}
	}
	return nil
}

// target computes the score of the target layer, and its gradient by the map that is folded there: that of the best
// component of every lane.
func (s *slope) target(dst []float64, to int) error {
	pl, K, n := s.net.layers[to], s.net.layers[to].K(), s.n
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
		s.add(to, pos, s.hot, live)
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
		size := s.net.layers[layer].K() * s.n
		copy(soft[pos*size:][:size], s.handed.soft)
	}
}

// throughSoftmax returns u = ∂/∂ℓ = r∘(v − Σ_k r_k v_k) for v = ∂/∂r (model.md §7), and the components that have one.
// Where a layer tempers and smooths, out = G·r with r = softmax(ℓ/T), v is G·∂/∂out/T.
func (s *slope) throughSoftmax(layer, pos int) (u []float32, live []int32) {
	w, K, n := s.net.layers[layer].Out.W, s.net.layers[layer].K(), s.n
	y, x := pos/w, pos%w
	r := s.maps[layer+1][0].at(y, x)
	var v []float32
	if pools := s.net.layers[layer+1].Pools; len(pools) > 0 {
		v = s.v[:len(r)]
		pool{pools[0]}.vjpAt(v, r, &s.grads[layer+1][1], &s.maps[layer+1][1], y, x)
	} else {
		v = s.grads[layer+1][0].at(y, x)
	}
	s.addFactorSlopes(layer, pos, v, r)
	v = s.net.layers[layer].vjp(s.w, v, r, s.handed.tmp, n)
	if soft := s.soft[layer]; soft != nil {
		r = soft[pos*K*n:][:K*n]
	}
	return s.u, kernel.SoftmaxSlope(s.u, r, v, s.live, K, n)
}

// add adds Σ_k u_k·∂ℓ_k/∂x to the gradient of the patch at a position, u being K×n and 0 except for the components
// live.
func (s *slope) add(layer, pos int, u []float32, live []int32) {
	if len(live) == 0 {
		return
	}
	v := s.vectors(layer, pos)
	s.slopes[layer].add(s.patchGrad(layer, v), v, u, live, &s.scratch)
}

// patchGrad is the gradient by the vectors of a position, at their offsets.
func (s *slope) patchGrad(layer int, v vectors) []float32 {
	last := len(s.net.layers[layer].Pools)
	return s.grads[layer][last].v[len(s.maps[layer][last].v)-len(v.x):]
}
