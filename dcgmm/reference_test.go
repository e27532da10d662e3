package dcgmm

import (
	"math"
	"math/rand/v2"
)

// The oracle is docs/model.md in float64, written for reading: one loop for every index, no
// layout, no shared code with the package. It parses nothing: a test says a second time, in
// these structs, what an architecture means.

// oracleMap is a feature map, H×W×C row-major.
type oracleMap struct {
	H, W, C int
	v       []float64
}

func newOracleMap(h, w, c int) oracleMap { return oracleMap{h, w, c, make([]float64, h*w*c)} }

func (m oracleMap) at(y, x, c int) *float64 { return &m.v[(y*m.W+x)*m.C+c] }

// oracleLayer is a mixture with what stands before it.
type oracleLayer struct {
	pools      [][4]int // h, w, stride h, stride w
	pad        [4]int   // top, bottom, left, right
	fold       [4]int   // h, w, stride h, stride w
	k          int
	own        bool
	rows, cols int // of the torus

	mu, s, logits [][]float64 // by set

	temper, smooth float64 // of what goes up; 0: not

	factors int  // of a component
	up      bool // they are handed on

	known map[[2]int]*oracleComponent // by set and component, see covariance
	f     [][]float64                 // by set, K×factors×D
}

// windows lists where the windows of one axis begin: inside, until one reaches the end.
func windows(size, window, stride int) (starts []int) {
	for at := 0; ; at += stride {
		starts = append(starts, at)
		if at+window >= size {
			return starts
		}
	}
}

// pool is model.md §2.
func (m oracleMap) pool(p [4]int) oracleMap {
	ys, xs := windows(m.H, p[0], p[2]), windows(m.W, p[1], p[3])
	out := newOracleMap(len(ys), len(xs), m.C)
	for i, y0 := range ys {
		for j, x0 := range xs {
			for c := range m.C {
				best := math.Inf(-1)
				for y := y0; y < y0+p[0]; y++ {
					for x := x0; x < x0+p[1]; x++ {
						if y < m.H && x < m.W && *m.at(y, x, c) > best {
							best = *m.at(y, x, c)
						}
					}
				}
				*out.at(i, j, c) = best
			}
		}
	}
	return out
}

func (m oracleMap) padded(p [4]int) oracleMap {
	out := newOracleMap(m.H+p[0]+p[1], m.W+p[2]+p[3], m.C)
	for y := range m.H {
		for x := range m.W {
			for c := range m.C {
				*out.at(y+p[0], x+p[2], c) = *m.at(y, x, c)
			}
		}
	}
	return out
}

// patches is model.md §1: the vectors of all positions, and the size of the map of positions.
func (m oracleMap) patches(f [4]int) (x [][]float64, h, w int) {
	for y0 := 0; y0+f[0] <= m.H; y0 += f[2] {
		h++
		w = 0
		for x0 := 0; x0+f[1] <= m.W; x0 += f[3] {
			w++
			var patch []float64
			for py := range f[0] {
				for px := range f[1] {
					for c := range m.C {
						patch = append(patch, *m.at(y0+py, x0+px, c))
					}
				}
			}
			x = append(x, patch)
		}
	}
	return x, h, w
}

func softmaxOf(v []float64) []float64 {
	out := make([]float64, len(v))
	sum := 0.0
	for i := range v {
		out[i] = math.Exp(v[i] - logSumExpOf(v))
		sum += out[i]
	}
	return out
}

func logSumExpOf(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = math.Max(top, x)
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

func (l *oracleLayer) set(pos int) int {
	if l.own {
		return pos
	}
	return 0
}

// logScores is model.md §3: ℓ_k of one vector.
func (l *oracleLayer) logScores(set int, x []float64) []float64 {
	out := make([]float64, l.k)
	pi := softmaxOf(l.logits[set])
	for k := range l.k {
		out[k] = math.Log(pi[k])
		if l.factors > 0 {
			out[k] += l.covariance(set, k, len(x)).logDensity(x, l.mu[set][k*len(x):])
			continue
		}
		for d := range x {
			s, mu := l.s[set][k*len(x)+d], l.mu[set][k*len(x)+d]
			out[k] += math.Log(math.Abs(s)) - 0.5*math.Log(2*math.Pi) - 0.5*s*s*(x[d]-mu)*(x[d]-mu)
		}
	}
	return out
}

// oracle is a network; inputs[i] holds the vectors of layer i by image and position.
type oracle struct{ layers []*oracleLayer }

// oracleOutput is what one image gives in one layer, by position.
type oracleOutput struct{ x, scores, resp, missing [][]float64 } // by position; missing: 1 where a value of x is not known, of a masked image

func (o *oracle) forward(image oracleMap) (out []oracleOutput) {
	return o.forwardFrom(image, nil)
}

// forwardFrom is forward for the output of a layer below.
func (o *oracle) forwardFrom(m oracleMap, below *oracleLayer) (out []oracleOutput) {
	for _, l := range o.layers {
		for _, p := range l.pools {
			m = m.pooledWith(p, below)
		}
		below = l
		x, h, w := m.padded(l.pad).patches(l.fold)
		m = newOracleMap(h, w, l.channels())
		var oo oracleOutput
		for pos := range x {
			scores := l.logScores(l.set(pos), x[pos])
			resp := l.handsOn(scores)
			if l.up {
				resp = append(resp, l.codes(l.set(pos), x[pos], nil, resp, nil)...)
			}
			copy(m.v[pos*m.C:], resp)
			oo.x, oo.scores, oo.resp = append(oo.x, x[pos]), append(oo.scores, scores), append(oo.resp, resp)
		}
		out = append(out, oo)
	}
	return out
}

// handsOn is G(σ)·softmax(ℓ/T) of model.md §3.
func (l *oracleLayer) handsOn(scores []float64) []float64 {
	cooled := append([]float64(nil), scores...)
	if l.temper > 0 {
		for k := range cooled {
			cooled[k] /= l.temper
		}
	}
	r := softmaxOf(cooled)
	if l.smooth == 0 {
		return r
	}
	out := make([]float64, l.k)
	for k, row := range l.neighbours(l.smooth) {
		for j, g := range row {
			out[k] += g * r[j]
		}
	}
	return out
}

// neighbours is G of model.md §3 on the torus.
func (l *oracleLayer) neighbours(tau float64) [][]float64 {
	g := make([][]float64, l.k)
	for k := range g {
		g[k] = make([]float64, l.k)
		sum := 0.0
		for j := range g[k] {
			dr := math.Abs(float64(k/l.cols - j/l.cols))
			dc := math.Abs(float64(k%l.cols - j%l.cols))
			dr, dc = math.Min(dr, float64(l.rows)-dr), math.Min(dc, float64(l.cols)-dc)
			g[k][j] = math.Exp(-(dr*dr + dc*dc) / (2 * tau * tau))
			sum += g[k][j]
		}
		for j := range g[k] {
			g[k][j] /= sum
		}
	}
	return g
}

// smoothed is Σ_j G_kj ℓ_j, its winner, and how far the runner-up is behind.
func smoothed(g [][]float64, scores []float64) (winner int, best, margin float64) {
	best, margin = math.Inf(-1), math.Inf(1)
	for k := range g {
		v := 0.0
		for j := range scores {
			v += g[k][j] * scores[j]
		}
		if v > best {
			winner, best, margin = k, v, v-best
		} else {
			margin = math.Min(margin, best-v)
		}
	}
	return winner, best, margin
}

// loss is L of one set of a layer (model.md §3) for given vectors of that set.
func (l *oracleLayer) loss(set int, xs [][]float64, tau float64) float64 {
	g := l.neighbours(tau)
	sum := 0.0
	for _, x := range xs {
		_, best, _ := smoothed(g, l.logScores(set, x))
		sum += best
	}
	return sum / float64(len(xs))
}

// gradients is the closed form of model.md §3 without the segment sums. margin is the smallest
// distance of a winner from its runner-up.
func (l *oracleLayer) gradients(set int, xs [][]float64, tau float64) (mu, s, logits []float64, margin float64) {
	D := len(xs[0])
	mu, s, logits = make([]float64, l.k*D), make([]float64, l.k*D), make([]float64, l.k)
	g := l.neighbours(tau)
	M := float64(len(xs))
	margin = math.Inf(1)
	pi := softmaxOf(l.logits[set])
	for _, x := range xs {
		winner, _, m := smoothed(g, l.logScores(set, x))
		margin = math.Min(margin, m)
		for k := range l.k {
			w := g[winner][k]
			logits[k] += w / M
			e := l.residual(set, k, x)
			for d := range x {
				i := k*D + d
				diff := x[d] - l.mu[set][i]
				mu[i] += w * l.s[set][i] * e[d] / M
				s[i] += w * (1/l.s[set][i] - e[d]*diff) / M
			}
		}
	}
	for k := range l.k {
		logits[k] -= pi[k]
	}
	return mu, s, logits, margin
}

// scramble gives the network and the oracle the same random parameters, away from the
// initial ones: precision roots between 0.6 and 1.6, unequal weights.
func scramble(net *Network, o *oracle, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i, l := range o.layers {
		g := net.Layer(i)
		for j := range g.Mu {
			g.Mu[j], g.PrecRoot[j] = r.Float32(), 0.6+r.Float32()
		}
		for j := range g.Logits {
			g.Logits[j] = r.Float32()
		}
		for j := range g.Factors {
			g.Factors[j] = r.Float32() - 0.3
		}
		if g.L > 0 {
			l.factors, l.f = g.L, bySet(g.Factors, g.Sets)
		}
		l.mu, l.s, l.logits = bySet(g.Mu, g.Sets), bySet(g.PrecRoot, g.Sets), bySet(g.Logits, g.Sets)
	}
	net.Refresh()
}

func bySet(v []float32, sets int) [][]float64 {
	out := make([][]float64, sets)
	for i, x := range v {
		set := i / (len(v) / sets)
		out[set] = append(out[set], float64(x))
	}
	return out
}

// randomImages returns n images and their oracle maps. Every image has its own brightness,
// so that they differ.
func randomImages(n int, s Shape, seed uint64) (Images, []oracleMap) {
	r := rand.New(rand.NewPCG(seed, 2))
	im := Images{Shape: s, Pix: make([]uint8, n*s.Size())}
	var maps []oracleMap
	for i := range n {
		m := newOracleMap(s.H, s.W, s.C)
		top := 64 + r.IntN(192)
		for j := range m.v {
			b := uint8(r.IntN(top))
			im.Pix[i*s.Size()+j] = b
			m.v[j] = float64(b) / 255
		}
		maps = append(maps, m)
	}
	return im, maps
}
