package dcgmm

import "fmt"

// A region is a rectangle of a feature map with its values, H×W×C row-major.
type region struct {
	y, x  int
	shape Shape
	v     []float32
}

func newRegion(y, x int, s Shape) region { return region{y, x, s, make([]float32, s.Size())} }

func (r *region) at(y, x int) []float32 {
	i := (y*r.shape.W + x) * r.shape.C
	return r.v[i : i+r.shape.C]
}

// Project shows what component k of a layer stands for at position pos of its map, 0 ≤ pos < P, as
// a piece of an image: the component's mean is taken down through the layers, at every step as the
// mean of the lower components weighted by the (non-negative) responsibilities it asks for. Foldings
// and poolings are undone as in sampling (model.md §1, §2, §6; pooling densely). It returns the receptive field's
// pixels, H×W×C row-major, mostly in [0, 1], and its shape. It panics if there is no such layer, position or component.
func (n *Network) Project(layer, pos, k int) ([]float32, Shape) {
	if layer < 0 || layer >= len(n.gmms) || k < 0 || k >= n.gmms[layer].K || pos < 0 || pos >= n.Info(layer).Positions {
		panic(fmt.Sprintf("dcgmm: Project: no component %d at position %d of layer %d", k, pos, layer))
	}
	pl := n.plans[layer]
	r := region{pos / pl.out.W, pos % pl.out.W, Shape{1, 1, pl.out.C}, oneHot(pl.out.C, k)}
	for i := layer; i >= 0; i-- {
		r = n.unfold(i, r, n.expectedPatch, repeat)
	}
	return r.v, r.shape
}

func oneHot(n, k int) []float32 {
	v := make([]float32, n)
	v[k] = 1
	return v
}

// A filler makes the patch, D values, that a position of a layer hands down for the K values signal.
type filler func(dst []float32, layer, pos int, signal []float32)

// An unpooler undoes one pooling.
type unpooler func(p poolPlan, r region) region

// unfold takes a region of a layer's output down to the layer's input before pooling: patches by
// fill, averaged where they overlap (model.md §1, backward for sampling).
func (n *Network) unfold(layer int, r region, fill filler, undo unpooler) region {
	pl := n.plans[layer]
	y0, x0 := r.y*pl.fold.sh-pl.top, r.x*pl.fold.sw-pl.left
	out := newRegion(max(y0, 0), max(x0, 0), Shape{C: pl.in.C})
	out.shape.H = min(y0+(r.shape.H-1)*pl.fold.sh+pl.fold.h, pl.in.H) - out.y
	out.shape.W = min(x0+(r.shape.W-1)*pl.fold.sw+pl.fold.w, pl.in.W) - out.x
	out.v = make([]float32, out.shape.Size())
	covered := make([]float32, out.shape.H*out.shape.W)
	patch := make([]float32, pl.dim())
	for y := range r.shape.H {
		for x := range r.shape.W {
			fill(patch, layer, (r.y+y)*pl.out.W+r.x+x, r.at(y, x))
			addPatch(&out, covered, patch, pl, y0+y*pl.fold.sh, x0+x*pl.fold.sw)
		}
	}
	out.average(covered)
	for j := len(pl.pools) - 1; j >= 0; j-- {
		out = undo(pl.pools[j], out)
	}
	return out
}

// average divides every value by how often its pixel was covered.
func (r *region) average(covered []float32) {
	for i, c := range covered {
		for ch := range r.shape.C {
			r.v[i*r.shape.C+ch] /= max(c, 1)
		}
	}
}

// expectedPatch is Σ_k r_k μ_k / Σ_k r_k over the positive r_k.
func (n *Network) expectedPatch(dst []float32, layer, pos int, r []float32) {
	g, set := n.gmms[layer], n.plans[layer].set(pos)
	clear(dst)
	var total float32
	for _, v := range r {
		total += max(v, 0)
	}
	for k, v := range r {
		if v <= 0 {
			continue
		}
		for d, m := range g.Mu[(set*g.K+k)*g.D:][:g.D] {
			dst[d] += v / total * m
		}
	}
}

// addPatch adds a patch whose first value lies at (y0, x0) of the map, without what hangs over into the padding.
func addPatch(out *region, covered, patch []float32, pl *plan, y0, x0 int) {
	for py := range pl.fold.h {
		for px := range pl.fold.w {
			y, x := y0+py-out.y, x0+px-out.x
			if y < 0 || x < 0 || y >= out.shape.H || x >= out.shape.W {
				continue
			}
			for c, v := range patch[(py*pl.fold.w+px)*pl.in.C:][:pl.in.C] {
				out.at(y, x)[c] += v
			}
			covered[y*out.shape.W+x]++
		}
	}
}

// unpooled is the empty region that the windows of a region cover.
func unpooled(p poolPlan, r region) region {
	y0, x0 := r.y*p.win.sh, r.x*p.win.sw
	return newRegion(y0, x0, Shape{
		min(y0+(r.shape.H-1)*p.win.sh+p.win.h, p.in.H) - y0,
		min(x0+(r.shape.W-1)*p.win.sw+p.win.w, p.in.W) - x0, p.in.C})
}

// repeat undoes a pooling densely: every value over its window, averaged where windows overlap (model.md §2).
func repeat(p poolPlan, r region) region {
	out := unpooled(p, r)
	covered := make([]float32, out.shape.H*out.shape.W)
	for y := range r.shape.H {
		for x := range r.shape.W {
			for yy := y * p.win.sh; yy < min(y*p.win.sh+p.win.h, out.shape.H); yy++ {
				for xx := x * p.win.sw; xx < min(x*p.win.sw+p.win.w, out.shape.W); xx++ {
					for c, v := range r.at(y, x) {
						out.at(yy, xx)[c] += v
					}
					covered[yy*out.shape.W+xx]++
				}
			}
		}
	}
	out.average(covered)
	return out
}
