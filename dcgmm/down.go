package dcgmm

import (
	"context"
	"fmt"
	"slices"

	"deepgmm/internal/kernel"
)

// The way down (model.md §6): what is asked of a layer's components becomes patches, these the map that the layer sees,
// and that what is asked of the components below. It is the same for draws and for expectations, of one image or many.

// A filler makes what a position of a layer hands down for a signal, K×n, that asks for its components.
type filler interface {
	// patch writes D×n values. With weights, as many, patches that overlap are joined in their proportion; nil: alike.
	patch(dst []float32, layer, pos int, signal []float32) (weights []float32)
	// unpool undoes a pooling, in dst where that is of its size.
	unpool(ctx context.Context, p pool, r region, dst []float32) region
}

// unfold takes a region of a layer's output down to the layer's input before pooling, where that is of its size in dst,
// which may be nil. The error is the context's, or says that a value is not finite.
func (n *Network) unfold(ctx context.Context, layer int, r region, fill filler, dst []float32) (region, error) {
	pl := n.layers[layer]
	last := dst
	if len(pl.Pools) > 0 {
		last = nil
	}
	out, y0, x0 := folded(&pl.Layer, &r, last)
	out = n.joined(ctx, layer, r, fill, y0, x0, out)
	if d, ok := fill.(*drawer); ok && len(d.redraws) > 0 && n.layers[layer].Overlaps() {
		out = n.redraw(ctx, layer, r, d, out, y0, x0)
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	for j := len(pl.Pools) - 1; j >= 0; j-- {
		var to []float32
		if j == 0 {
			to = dst
		}
		out = fill.unpool(ctx, pool{pl.Pools[j]}, out, to)
	}
	if ctx.Err() == nil && !finite(out.v) {
		return out, n.notFinite("values", layer)
	}
	return out, ctx.Err()
}

// joined fills all patches of a signal and joins them in out, the first at (y0, x0). It may end early when the context
// does.
func (n *Network) joined(ctx context.Context, layer int, r region, fill filler, y0, x0 int, out region) region {
	pl := n.layers[layer]
	patch, weighed := make([]float32, pl.D()*r.n), newWeighing(&out)
	var signal []float32
	if r.one != nil {
		signal = make([]float32, r.shape.C)
	}
	for y := range r.shape.H {
		if ctx.Err() != nil {
			return out
		}
		for x := range r.shape.W {
			pos := (r.y+y)*pl.Out.W + r.x + x
			var weights []float32
			if r.one == nil {
				weights = fill.patch(patch, layer, pos, r.at(y, x))
			} else {
				k := r.one[y*r.shape.W+x]
				signal[k] = 1
				weights = fill.patch(patch, layer, pos, signal)
				signal[k] = 0
			}
			weighed.add(patch, weights, pl.Fold, y0+y*pl.Fold.StrideH, x0+x*pl.Fold.StrideW)
		}
	}
	if weighed.sums.v == nil {
		out.average(ctx, pl.Fold, y0, x0, r.shape)
	} else {
		weighed.divide()
	}
	return out
}

// ask turns the map that enters a layer, as it came from above, into what is asked of the components below (see
// output.undo).
func (n *Network) ask(layer int, m *region) {
	if layer > 0 {
		n.layers[layer-1].undoMap(m)
	}
}

// expected hands down expectations of one image: Σ_k r_k (μ_k + F_kᵀz_k/s_k) / Σ_k r_k over the positive r_k, z_k being
// the means of the factors that the signal asks for.
type expected struct {
	net    *Network
	column []float32 // scratch
	z      []float32
}

func (e *expected) patch(dst []float32, layer, pos int, r []float32) []float32 {
	pl := e.net.layers[layer]
	clear(dst)
	var total float32
	K, set := pl.K(), pl.set(pos)
	for _, v := range r[:K] {
		total += max(v, 0)
	}
	for k, v := range r[:K] {
		if v <= 0 {
			continue
		}
		for d, m := range pl.gmm.family.mean(set, k) {
			dst[d] += float32(v / total * m)
		}
		if L := len(r)/K - 1; L > 0 {
			e.z, e.column = slices.Grow(e.z[:0], L)[:L], slices.Grow(e.column[:0], len(dst))[:len(dst)]
			for l := range e.z {
				e.z[l] = r[K+k*L+l] / total
			}
			addLoadings(dst, e.column, pl.gmm.family.(latent), e.z, set, k)
		}
	}
	return nil
}

func (*expected) unpool(ctx context.Context, p pool, r region, dst []float32) region {
	return p.repeat(ctx, r, dst)
}

// expectedLanes does the same for the images of a block, as a product of matrices.
type expectedLanes struct {
	expected
	means  [][][]float32 // by layer and set: μ as D×K, and behind it f/s of the factors, K·L columns more
	ones   []float32     // K×n
	shares []float32     // K(1+L)×n: normalised signal
	n      int
}

// newMeans transposes the means and loadings of all layers.
func (n *Network) newMeans() [][][]float32 {
	means := make([][][]float32, len(n.layers))
	for i, l := range n.layers {
		g := l.gmm
		for set := range g.Sets {
			means[i] = append(means[i], columns(g, set))
		}
	}
	return means
}

// columns are the means of a set and the loadings of its factors, D×K(1+L).
func columns(g *GMM, set int) []float32 {
	R := g.K * (1 + g.L)
	m, column := make([]float32, g.D*R), make([]float32, g.D)
	for k := range g.K {
		for d, v := range g.family.mean(set, k) {
			m[d*R+k] = v
		}
		for l := range g.L {
			g.family.(latent).loading(column, set, k, l)
			for d, v := range column {
				m[d*R+g.K+k*g.L+l] = v
			}
		}
	}
	return m
}

func newExpectedLanes(b *block, means [][][]float32) *expectedLanes {
	e := &expectedLanes{expected: expected{net: b.net}, means: means, ones: make([]float32, len(b.r)), shares: make([]float32, len(b.l)), n: b.n}
	for i := range e.ones {
		e.ones[i] = 1
	}
	return e
}

func (e *expectedLanes) patch(dst []float32, layer, pos int, signal []float32) []float32 {
	pl, n := e.net.layers[layer], e.n
	K, D, R := pl.K(), pl.D(), pl.Rows()
	r := e.shares[:R*n]
	kernel.Reweigh(r, e.ones, signal, e.ones, 0, K, n)
	e.shareFactors(r, signal, K)
	kernel.Mix(kernel.Grid{V: dst, Row: n}, kernel.Grid{V: r, Row: n}, 1, e.means[layer][pl.set(pos)], D, R, n)
	return nil
}

// Project shows what component k of a layer stands for at position pos of its map, 0 ≤ pos < P, as
// a piece of an image: the component's mean is taken down through the layers, at every step as the
// mean of the lower components weighted by the (non-negative) responsibilities it asks for. Foldings
// and poolings are undone as in sampling (model.md §1, §2, §6; pooling densely). It returns the receptive field's
// pixels, H×W×C row-major, mostly in [0, 1] and not finite where means are beyond 10³⁰, and its shape. It panics if
// there is no such layer, position or component.
func (n *Network) Project(layer, pos, k int) ([]float32, Shape) {
	if layer < 0 || layer >= len(n.layers) || k < 0 || k >= n.layers[layer].K() || pos < 0 || pos >= n.layers[layer].P() {
		panic(fmt.Sprintf("dcgmm: Project: no component %d at position %d of layer %d", k, pos, layer))
	}
	pl := n.layers[layer]
	r := region{y: pos / pl.Out.W, x: pos % pl.Out.W, shape: Shape{H: 1, W: 1, C: pl.Out.C}, n: 1, one: []int32{int32(k)}}
	for i := layer; i >= 0; i-- {
		r, _ = n.unfold(context.Background(), i, r, &expected{net: n}, nil)
		n.ask(i, &r)
	}
	return r.v, r.shape
}
