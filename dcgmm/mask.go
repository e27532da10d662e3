package dcgmm

import (
	"math"
	"slices"

	"deepgmm/internal/kernel"
)

// missing is what a block needs for images with missing pixels. The first mixture sees a patch of D values x, of
// which those with o = 1 are observed; the others drop out of ℓ, and what is left of π and the observed values is a proper
// marginal (model.md §8):
//
//	ℓ_k = log π_k + Σ_d o_d·(log s_kd − ½ log 2π − ½ s_kd²(x_d − μ_kd)²)
//
// It is a product of [o∘x², o∘x, o] with constants of the mixture.
type missing struct {
	known    laneMap // of the shape of the map that is folded: 1 where a value is observed. The border is
	seen     []sight // of every position
	shared   bool    // the mask of all images is loaded
	forms    [][]float32
	logPi    [][]float64
	columns  []float32 // 3·D×n
	counts   []float32 // n: values of a patch that are observed
	marginal []float32 // K×n: scores of those that lack some, beside others that do not

	vector []float32 // D: scratch of layers with factors
	gone   []bool
}

// A sight tells how much of a patch the images of a block have.
type sight uint8

const (
	sees  sight = 1 << iota // some image has some pixel of it
	lacks                   // some image lacks some pixel of it
)

func (n *Network) newMissing(lanes int) *missing {
	pl, g := n.plans[0], n.gmms[0]
	m := &missing{known: newLaneMap(pl.In, pl.Padded, pl.Top, pl.Left, lanes), columns: make([]float32, 3*g.D*lanes),
		counts: make([]float32, lanes), marginal: make([]float32, g.K*lanes)}
	for i := range m.known.v {
		m.known.v[i] = 1
	}
	m.seen = make([]sight, pl.P())
	if g.joined {
		m.vector, m.gone = make([]float32, g.D), make([]bool, g.D)
	}
	for set := range g.Sets {
		w := make([]float32, g.K*3*g.D)
		for k := range g.K {
			row := w[k*3*g.D:][:3*g.D]
			for d := range g.D {
				s, mu := float64(g.PrecRoot[(set*g.K+k)*g.D+d]), float64(g.Mu[(set*g.K+k)*g.D+d])
				row[d], row[g.D+d] = float32(-s*s/2), float32(s*s*mu)
				row[2*g.D+d] = float32(math.Log(s) - halfLog2Pi - s*s*mu*mu/2)
			}
		}
		pi, logs := g.Weights(set), make([]float64, g.K)
		for k := range logs {
			logs[k] = logPi(pi, g.Logits[set*g.K:][:g.K], k)
		}
		m.forms, m.logPi = append(m.forms, w), append(m.logPi, logs)
	}
	return m
}

// load takes the masks of count images from first on.
func (m *missing) load(pl *plan, im Images, first, count int) {
	H, W, C := im.Shape.H, im.Shape.W, im.Shape.C
	if m.shared {
		return
	}
	m.shared = len(im.Missing) == H*W
	for y := range H {
		for x := range W {
			at := m.known.at(y, x)
			for i := range m.known.n {
				j := 0
				if !m.shared {
					j = first + min(i, count-1)
				}
				o := float32(1)
				if im.Missing[j*H*W+y*W+x] {
					o = 0
				}
				for c := range C {
					at[c*m.known.n+i] = o
				}
			}
		}
	}
	m.look(pl)
}

// look finds what is seen of every patch.
func (m *missing) look(pl *plan) {
	n := m.known.n
	pixels := make([]sight, pl.Padded.H*pl.Padded.W)
	for i := range pixels {
		for _, o := range m.known.v[i*pl.In.C*n:][:n] {
			if o == 0 {
				pixels[i] |= lacks
			} else {
				pixels[i] |= sees
			}
		}
	}
	for pos := range m.seen {
		m.seen[pos] = 0
		for y := range pl.Fold.H {
			row := (pos/pl.Out.W*pl.Fold.StrideH + y) * pl.Padded.W
			for _, s := range pixels[row+pos%pl.Out.W*pl.Fold.StrideW:][:pl.Fold.W] {
				m.seen[pos] |= s
			}
		}
	}
}

// scoreKnown computes the marginal log-scores of a position of the first layer: those of the whole patch for
// images that have it. What an image gets does not depend on the masks of the others.
func (b *block) scoreKnown(l []float32, pos int) {
	m, g, n := b.missing, b.net.gmms[0], b.n
	if m.seen[pos]&lacks == 0 {
		b.score(l, 0, pos)
		return
	}
	set := b.net.plans[0].set(pos)
	if m.seen[pos]&sees == 0 {
		for k, p := range m.logPi[set] {
			row := l[k*n:][:n]
			for i := range row {
				row[i] = float32(p)
			}
		}
		return
	}
	x := b.patch(0, pos)
	known := m.known.v[len(m.known.v)-len(x):]
	m.count(b.table[0], known)
	score := b.scoreKnownDiagonal
	if g.joined {
		score = b.scoreKnownFactors
	}
	if slices.Max(m.counts) < float32(g.D) {
		score(l, x, known, set)
		return
	}
	b.score(l, 0, pos)
	score(m.marginal, x, known, set)
	for i, c := range m.counts {
		if c == float32(g.D) {
			continue
		}
		for k := range g.K {
			l[k*n+i] = m.marginal[k*n+i]
		}
	}
}

// count finds how many of the values of a patch every image has.
func (m *missing) count(t kernel.Table, known []float32) {
	clear(m.counts)
	for d := range t.Len() {
		for i, o := range known[t.At(d):][:len(m.counts)] {
			m.counts[i] += o
		}
	}
}

func (b *block) scoreKnownDiagonal(l, x, known []float32, set int) {
	m, g, n := b.missing, b.net.gmms[0], b.n
	for d := range g.D {
		off := b.table[0].At(d)
		o, v := known[off:][:n], x[off:][:n]
		sq, lin, one := m.columns[d*n:][:n], m.columns[(g.D+d)*n:][:n], m.columns[(2*g.D+d)*n:][:n]
		for i := range o {
			lin[i] = o[i] * v[i]
			sq[i] = lin[i] * v[i]
			one[i] = o[i]
		}
	}
	kernel.Mix(kernel.Grid{V: l, Row: n}, kernel.Grid{V: m.columns, Row: n}, 1, m.forms[set], g.K, 3*g.D, n)
	for k, p := range m.logPi[set] {
		row := l[k*n:][:n]
		for i := range row {
			row[i] += float32(p)
		}
	}
}

// scoreKnownFactors is for a layer with factors, where every vector has a factorisation of its own.
func (b *block) scoreKnownFactors(l, x, known []float32, set int) {
	m, g, table := b.missing, b.net.gmms[0], b.table[0]
	v, gone := m.vector, m.gone
	for i, c := range m.counts {
		if c == float32(g.D) {
			continue
		}
		for d := range v {
			v[d], gone[d] = x[table.At(d)+i], known[table.At(d)+i] == 0
		}
		for k := range g.K {
			if c == 0 {
				l[k*b.n+i] = float32(m.logPi[set][k])
			} else {
				l[k*b.n+i] = float32(g.factorMarginal(v, gone, set, k))
			}
		}
	}
}
