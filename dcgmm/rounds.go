package dcgmm

import (
	"context"
	"math"
	"slices"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// Rounds of redrawing (model.md §6, rounds): patches that overlap are drawn without knowledge of each other, and their
// average is none of what was drawn. A round draws the component of every patch again, given what was asked for and the
// average so far. The idea of rising powers is that of half-quadratic splitting of the expected patch log-likelihood
// (Zoran and Weiss, ICCV 2011).

// A redrawer draws patches of an image again.
type redrawer struct {
	*drawer
	image  region // of one image: the average so far
	y0, x0 int    // where the first patch begins in it
	beta   float64
	last   bool // noise is drawn

	x, l   []float32
	table  kernel.Table
	logits []float64
	shares []float32
	code   []float32
	logs   [][]float64 // log π by set
}

func newRedrawer(d *drawer, layer int) *redrawer {
	pl := d.net.layers[layer]
	K, rows := pl.K(), pl.gmm.family.rows()
	again := &redrawer{
		drawer: d, table: kernel.Contiguous(pl.D(), kernel.Lanes), x: make([]float32, pl.D()*kernel.Lanes),
		l: make([]float32, rows*kernel.Lanes), logits: make([]float64, K), shares: make([]float32, K),
	}
	for set := range pl.gmm.Sets {
		again.logs = append(again.logs, pl.gmm.logWeights(set))
	}
	return again
}

// redraw returns the image of a layer, whose first patch begins at (y0, x0), after all rounds.
func (n *Network) redraw(ctx context.Context, layer int, r region, d *drawer, image region, y0, x0 int) region {
	again := newRedrawer(d, layer)
	again.y0, again.x0 = y0, x0
	for i, beta := range d.redraws {
		again.image, again.beta, again.last = image, beta, i == len(d.redraws)-1
		image = n.joined(ctx, layer, r, again, y0, x0, regionIn(nil, image.y, image.x, image.shape, 1))
	}
	return image
}

// patch draws a component with P(k) ∝ signal_k·p(x|k)^β, x being the patch of the image so far, then a vector of it with
// the factors that the signal asks for, or the posterior means of those of x.
func (d *redrawer) patch(dst []float32, layer, pos int, signal []float32) []float32 {
	pl := d.net.layers[layer]
	set, K, g := pl.set(pos), pl.K(), pl.gmm
	d.take(pl.Fold, d.y0+pos/pl.Out.W*pl.Fold.StrideH, d.x0+pos%pl.Out.W*pl.Fold.StrideW)
	g.family.score(d.l, vectors{x: d.x, table: d.table, n: kernel.Lanes, valid: 1, set: set})
	most := math.Inf(-1)
	for k := range K {
		d.logits[k] = math.Log(float64(max(signal[k], minSignal))) + float64(d.beta*(float64(d.l[k*kernel.Lanes])-d.logs[set][k]))
		most = max(most, d.logits[k])
	}
	for k, v := range d.logits {
		d.shares[k] = float32(math.Exp(v - most))
	}
	k := draw(d.shares, d.rng)
	scale := float32(0)
	if d.last {
		scale = d.scale(layer)
	}
	weights := d.weigh(layer, set, k)
	f, ok := g.family.(latent)
	L := g.L
	d.code = slices.Grow(d.code[:0], max(L*K*kernel.Lanes, L))[:L]
	switch {
	case !ok || L == 0:
		g.family.draw(dst, set, k, scale, d.rng)
		return weights
	case len(signal) > K && signal[k] > leastWeight:
		factorsOf(d.code, signal, K, k)
	default:
		all := d.code[:L*K*kernel.Lanes]
		f.posterior(all, d.l, kernel.Lanes, set)
		for l := range L {
			all[l] = all[(k*L+l)*kernel.Lanes]
		}
	}
	f.drawGiven(dst, set, k, d.code, scale, d.rng)
	return weights
}

// take copies the patch at (y0, x0) of the image to the first lane; what is outside is 0.
func (d *redrawer) take(win arch.Window, y0, x0 int) {
	s := d.image.shape
	for y := range win.H {
		for x := range win.W {
			inside := y0+y >= 0 && y0+y < s.H && x0+x >= 0 && x0+x < s.W
			for c := range s.C {
				v := float32(0)
				if inside {
					v = d.image.v[((y0+y)*s.W+x0+x)*s.C+c]
				}
				d.x[((y*win.W+x)*s.C+c)*kernel.Lanes] = v
			}
		}
	}
}
