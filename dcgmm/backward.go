package dcgmm

import "deepgmm/internal/kernel"

// A slope takes the derivative of a score back through the layers, for the images of a block: the
// vector-Jacobian products of model.md §7.
//
// Its maps have the shapes of the block's; each holds ∂score/∂map.
type slope struct {
	*block
	grads [][]laneMap
	pulls [][]pullWeights // by layer and set
	u     []float32       // K×n, ∂score/∂ℓ of a position
	a, b  []float32       // D×n: what a patch's gradient is made of
	dot   []float32       // n

	vector, residual []float32 // D: scratch of layers with factors
}

// pullWeights are the constants of ∂ℓ_k/∂x_d = B_dk − x_d·A_dk with A = s² and B = s²μ, D×K.
type pullWeights struct{ A, B []float32 }

func newPullWeights(g *GMM, set int) pullWeights {
	w := pullWeights{make([]float32, g.D*g.K), make([]float32, g.D*g.K)}
	for k := range g.K {
		for d := range g.D {
			i := (set*g.K+k)*g.D + d
			s2 := g.PrecRoot[i] * g.PrecRoot[i]
			w.A[d*g.K+k], w.B[d*g.K+k] = s2, s2*g.Mu[i]
		}
	}
	return w
}

// newPulls makes the constants of the layers from … to.
func (n *Network) newPulls(from, to int) [][]pullWeights {
	pulls := make([][]pullWeights, len(n.gmms))
	for i := from; i <= to; i++ {
		for set := range n.gmms[i].Sets {
			pulls[i] = append(pulls[i], newPullWeights(n.gmms[i], set))
		}
	}
	return pulls
}

// pullDims dimensions of a patch at a time: so many that what is computed for them stays in the second-level cache.
const pullDims = 16 * kernel.Lanes

func newSlope(b *block, pulls [][]pullWeights, from, to int) *slope {
	s := &slope{block: b, pulls: pulls, grads: make([][]laneMap, to+1), u: make([]float32, len(b.l)),
		a: make([]float32, pullDims*b.n), b: make([]float32, pullDims*b.n), dot: make([]float32, b.n)}
	for i := from; i <= to; i++ {
		for _, m := range b.maps[i] {
			m.v = make([]float32, len(m.v))
			s.grads[i] = append(s.grads[i], m)
		}
	}
	return s
}

// score computes the mean over the positions of layer to of max_k ℓ_k for every valid lane, from the map
// that enters layer from, and its gradient into grads[from][0].
func (s *slope) score(dst []float64, from, to int) {
	clear(dst)
	for i := from; i <= to; i++ {
		for _, g := range s.grads[i] {
			clear(g.v)
		}
	}
	P := s.net.plans[to].positions()
	s.forward(from, to, func(layer, pos int, _ []float32) {
		if layer < to {
			return
		}
		for i := range s.valid {
			dst[i] += float64(s.best[i]) / float64(P)
		}
		K := s.net.gmms[to].K
		u := s.u[:K*s.n]
		clear(u)
		for i, k := range s.arg[:s.valid] {
			u[int(k)*s.n+i] = 1 / float32(P)
		}
		s.pull(to, pos, u)
	})
	for i := to; i >= from; i-- {
		if i < to {
			for pos := range s.net.plans[i].positions() {
				s.pull(i, pos, s.throughSoftmax(i, pos))
			}
		}
		for j := len(s.net.plans[i].pools) - 1; j >= 0; j-- {
			s.throughPool(i, j)
		}
	}
}

// throughSoftmax returns u = ∂/∂ℓ = r∘(v − Σ_k r_k v_k) for v = ∂/∂r (model.md §7).
func (s *slope) throughSoftmax(layer, pos int) []float32 {
	w, K, n := s.net.plans[layer].out.W, s.net.gmms[layer].K, s.n
	r := s.maps[layer+1][0].at(pos/w, pos%w)
	v := s.grads[layer+1][0].at(pos/w, pos%w)
	u := s.u[:K*n]
	kernel.SoftmaxSlope(u, r, v, s.dot, K, n)
	return u
}

// pull adds Σ_k u_k·∂ℓ_k/∂x to the gradient of the patch at a position, u being K×n.
func (s *slope) pull(layer, pos int, u []float32) {
	pl, g, n := s.net.plans[layer], s.net.gmms[layer], s.n
	x := s.patch(layer, pos)
	last := len(pl.pools)
	grad := s.grads[layer][last].v[len(s.maps[layer][last].v)-len(x):]
	if g.joined {
		s.pullFactors(grad, x, layer, pl.set(pos), u)
		return
	}
	w := s.pulls[layer][pl.set(pos)]
	from := kernel.Grid{V: u, Row: n}
	for d0 := 0; d0 < g.D; d0 += pullDims {
		d1 := min(d0+pullDims, g.D)
		kernel.Mix(kernel.Grid{V: s.a, Row: n}, from, 1, w.A[d0*g.K:d1*g.K], d1-d0, g.K, n)
		kernel.Mix(kernel.Grid{V: s.b, Row: n}, from, 1, w.B[d0*g.K:d1*g.K], d1-d0, g.K, n)
		kernel.AddSlope(grad, s.a, s.b, x, s.table[layer].Part(d0, d1), n)
	}
}

// leastPull is a slope too small to matter beside a sum of 1.
const leastPull = 1e-9

// pullFactors is pull for a layer with factors: few components have a slope, and one vector after the other is cheap.
func (s *slope) pullFactors(grad, x []float32, layer, set int, u []float32) {
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
		for k := range g.K {
			c := u[k*s.n+i]
			if abs(float64(c)) < leastPull {
				continue
			}
			g.residual(e, v, set, k)
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
	pool := s.net.plans[layer].pools[j]
	src, out := &s.maps[layer][j], &s.maps[layer][j+1]
	gsrc, gout := &s.grads[layer][j], &s.grads[layer][j+1]
	for y := range pool.out.H {
		for x := range pool.out.W {
			best, g := out.at(y, x), gout.at(y, x)
			y0, x0 := y*pool.win.sh, x*pool.win.sw
			for yy := y0; yy < min(y0+pool.win.h, pool.in.H); yy++ {
				for xx := x0; xx < min(x0+pool.win.w, pool.in.W); xx++ {
					kernel.MoveWhereEqual(gsrc.at(yy, xx), g, src.at(yy, xx), best)
				}
			}
		}
	}
}
