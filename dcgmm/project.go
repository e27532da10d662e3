package dcgmm

import (
	"context"
	"fmt"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// A region is a rectangle of a feature map with its values, H×W×C row-major.
type region struct {
	y, x  int
	shape Shape
	v     []float32
	one   []int32 // instead of v: the channel of every place that is 1 where the others are 0
}

func newRegion(y, x int, s Shape) region { return regionIn(nil, y, x, s) }

// regionIn is a region of zeros in dst where that is of its size, or in memory of its own.
func regionIn(dst []float32, y, x int, s Shape) region {
	if len(dst) != s.Size() {
		dst = make([]float32, s.Size())
	}
	clear(dst)
	return region{y: y, x: x, shape: s, v: dst}
}

func (r *region) at(y, x int) []float32 {
	i := (y*r.shape.W + x) * r.shape.C
	return r.v[i : i+r.shape.C]
}

// Project shows what component k of a layer stands for at position pos of its map, 0 ≤ pos < P, as
// a piece of an image: the component's mean is taken down through the layers, at every step as the
// mean of the lower components weighted by the (non-negative) responsibilities it asks for. Foldings
// and poolings are undone as in sampling (model.md §1, §2, §6; pooling densely). It returns the receptive field's
// pixels, H×W×C row-major, mostly in [0, 1] and not finite where means are beyond 10³⁰, and its shape. It panics if there is no such layer, position or component.
func (n *Network) Project(layer, pos, k int) ([]float32, Shape) {
	if layer < 0 || layer >= len(n.gmms) || k < 0 || k >= n.gmms[layer].K || pos < 0 || pos >= n.plans[layer].P() {
		panic(fmt.Sprintf("dcgmm: Project: no component %d at position %d of layer %d", k, pos, layer))
	}
	pl := n.plans[layer]
	r := region{y: pos / pl.Out.W, x: pos % pl.Out.W, shape: Shape{H: 1, W: 1, C: pl.Out.C}, one: []int32{int32(k)}}
	for i := layer; i >= 0; i-- {
		r, _ = n.unfold(context.Background(), i, r, n.expectedPatch, repeat, nil)
		n.undoReadout(i, &r)
	}
	return r.v, r.shape
}

// undoReadout turns the map that enters a layer, as sampled from above, into weights of the components below (see readout.undo).
func (n *Network) undoReadout(layer int, m *region) {
	if layer > 0 {
		n.plans[layer-1].undoMap(m)
	}
}

// A filler makes the patch, D values, that a position of a layer hands down for the K values signal.
type filler func(dst []float32, layer, pos int, signal []float32)

// An unpooler undoes one pooling, in dst where that is of its size. It may end early when the context does.
type unpooler func(ctx context.Context, p arch.Pool, r region, dst []float32) region

// unfold takes a region of a layer's output down to the layer's input before pooling: patches by
// fill, averaged where they overlap (model.md §1, backward for sampling). Where that is of its size it is made in dst, which may be nil. The
// error is the context's, or says that a value is not finite.
func (n *Network) unfold(ctx context.Context, layer int, r region, fill filler, undo unpooler, dst []float32) (region, error) {
	pl := n.plans[layer]
	y0, x0 := r.y*pl.Fold.StrideH-pl.Top, r.x*pl.Fold.StrideW-pl.Left
	y1, x1 := min(y0+(r.shape.H-1)*pl.Fold.StrideH+pl.Fold.H, pl.In.H), min(x0+(r.shape.W-1)*pl.Fold.StrideW+pl.Fold.W, pl.In.W)
	folded := dst
	if len(pl.Pools) > 0 {
		folded = nil
	}
	out := regionIn(folded, max(y0, 0), max(x0, 0), Shape{H: y1 - max(y0, 0), W: x1 - max(x0, 0), C: pl.In.C})
	patch := make([]float32, pl.D())
	var signal []float32
	if r.one != nil {
		signal = make([]float32, r.shape.C)
	}
	for y := range r.shape.H {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		for x := range r.shape.W {
			pos := (r.y+y)*pl.Out.W + r.x + x
			if r.one == nil {
				fill(patch, layer, pos, r.at(y, x))
			} else {
				k := r.one[y*r.shape.W+x]
				signal[k] = 1
				fill(patch, layer, pos, signal)
				signal[k] = 0
			}
			addPatch(&out, patch, pl, y0+y*pl.Fold.StrideH, x0+x*pl.Fold.StrideW)
		}
	}
	out.average(ctx, pl.Fold, y0-out.y, x0-out.x, r.shape)
	for j := len(pl.Pools) - 1; j >= 0; j-- {
		var to []float32
		if j == 0 {
			to = dst
		}
		out = undo(ctx, pl.Pools[j], out, to)
	}
	if ctx.Err() == nil && !finite(out.v) {
		return out, n.notFinite("values", layer)
	}
	return out, ctx.Err()
}

// average divides every value by how many of the windows, the first of which begins at (y0, x0), cover its pixel.
func (r *region) average(ctx context.Context, win arch.Window, y0, x0 int, count Shape) {
	if win.StrideH >= win.H && win.StrideW >= win.W {
		return // no two overlap
	}
	for y := range r.shape.H {
		if ctx.Err() != nil {
			return
		}
		firstY, lastY := windowsOver(y-y0, win.H, win.StrideH, count.H)
		for x := range r.shape.W {
			firstX, lastX := windowsOver(x-x0, win.W, win.StrideW, count.W)
			if n := (lastY - firstY + 1) * (lastX - firstX + 1); n > 1 {
				v, share := r.at(y, x), 1/float32(n)
				for i := range v {
					v[i] *= share
				}
			}
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
func addPatch(out *region, patch []float32, pl *plan, y0, x0 int) {
	C := pl.In.C
	from, to := max(x0, out.x), min(x0+pl.Fold.W, out.x+out.shape.W)
	if from >= to {
		return
	}
	for y := max(y0, out.y); y < min(y0+pl.Fold.H, out.y+out.shape.H); y++ {
		row := out.v[((y-out.y)*out.shape.W+from-out.x)*C:][:(to-from)*C]
		for i, v := range patch[((y-y0)*pl.Fold.W+from-x0)*C:][:len(row)] {
			row[i] += v
		}
	}
}

// unpooled is the empty region that the windows of a region cover, in dst where that is of its size.
func unpooled(p arch.Pool, r region, dst []float32) region {
	y0, x0 := r.y*p.StrideH, r.x*p.StrideW
	return regionIn(dst, y0, x0, Shape{
		H: min(y0+(r.shape.H-1)*p.StrideH+p.H, p.In.H) - y0,
		W: min(x0+(r.shape.W-1)*p.StrideW+p.W, p.In.W) - x0, C: p.In.C})
}

// repeat undoes a pooling densely: every value over its window, averaged where windows overlap (model.md §2).
func repeat(ctx context.Context, p arch.Pool, r region, dst []float32) region {
	out := unpooled(p, r, dst)
	C := r.shape.C
	for y := range r.shape.H {
		if ctx.Err() != nil {
			return out
		}
		for x := range r.shape.W {
			for yy := y * p.StrideH; yy < min(y*p.StrideH+p.H, out.shape.H); yy++ {
				width := min(p.W, out.shape.W-x*p.StrideW)
				to := out.v[(yy*out.shape.W+x*p.StrideW)*C:][:max(width, 0)*C]
				for ; len(to) > 0; to = to[C:] {
					for i, v := range r.at(y, x) {
						to[i] += v
					}
				}
			}
		}
	}
	out.average(ctx, p.Window, 0, 0, r.shape)
	return out
}

// block returns the C×n block of position pos of a map without border.
func (m *laneMap) block(pos int) []float32 {
	size := m.shape.C * m.n
	return m.v[pos*size:][:size]
}

// An expectation takes the output of a layer, whole maps of the images of a block, down as Project does: at every
// step the mean of the lower components weighted by what is asked for. It is a product of matrices, on lanes.
type expectation struct {
	*block
	means [][][]float32 // by layer and set: μ as D×K
	maps  [][]laneMap   // by layer, as the block's maps; of those before a first pooling only the image's
	one   []float32     // K×n ones
	r     []float32     // K×n: normalised responsibilities of a position
	spare []float32     // K×n: what signal had to add up
	asked []float32     // K×n: and what it undid of a readout
	patch []float32     // D×n
}

// newMeans transposes the means of all layers.
func (n *Network) newMeans() [][][]float32 {
	means := make([][][]float32, len(n.gmms))
	for i, g := range n.gmms {
		for set := range g.Sets {
			m := make([]float32, g.D*g.K)
			kernel.Transpose(m, g.K, g.Mu[set*g.K*g.D:], g.D, g.K, g.D)
			means[i] = append(means[i], m)
		}
	}
	return means
}

func newExpectation(b *block, means [][][]float32) *expectation {
	e := &expectation{block: b, means: means, one: make([]float32, len(b.r)), r: make([]float32, len(b.r)), spare: make([]float32, len(b.r)), asked: make([]float32, len(b.r))}
	for i := range e.one {
		e.one[i] = 1
	}
	widest := 0
	for i := range b.maps {
		var maps []laneMap
		for j, m := range b.maps[i] {
			m.v = nil
			if i == 0 || j > 0 || len(b.maps[i]) == 1 {
				m.v = make([]float32, len(b.maps[i][j].v))
			}
			maps = append(maps, m)
		}
		e.maps = append(e.maps, maps)
		widest = max(widest, b.net.gmms[i].D)
	}
	e.patch = make([]float32, widest*b.n)
	return e
}

// take takes the output of layer from down through layer to. What arrives is e.maps[0][0] for the image, signal for others.
func (e *expectation) take(output *laneMap, from, to int) {
	for i := from; i >= to; i-- {
		for pos := range e.net.plans[i].P() {
			if pos%e.net.plans[i].Out.W == 0 && e.ctx.Err() != nil {
				return // whoever asked looks at the context, too
			}
			var r []float32
			if i == from {
				r = output.block(pos)
			} else {
				r = e.signal(i, pos)
			}
			e.unfold(i, pos, r)
		}
		e.average(i)
		for j := len(e.net.plans[i].Pools) - 1; j >= 1 || j == 0 && i == 0; j-- {
			pool := e.net.plans[i].Pools[j]
			for y := range pool.In.H {
				for x := range pool.In.W {
					copy(e.maps[i][j].at(y, x), repeated(e.spare, pool, &e.maps[i][j+1], y, x))
				}
			}
		}
	}
}

// signal is what arrived at a position of a layer from the layer above, K×n: weights of its components.
func (e *expectation) signal(layer, pos int) []float32 {
	v := e.arrived(layer, pos)
	if pl := e.net.plans[layer]; pl.T != 0 {
		v = append(e.asked[:0], v[:pl.Out.C*e.n]...) // places share what was pooled
		pl.undo(v, pl.Out.C, e.n)
	}
	return v
}

func (e *expectation) arrived(layer, pos int) []float32 {
	w := e.net.plans[layer].Out.W
	above := e.maps[layer+1]
	if pools := e.net.plans[layer+1].Pools; len(pools) > 0 {
		return repeated(e.spare, pools[0], &above[1], pos/w, pos%w)
	}
	return above[0].at(pos/w, pos%w)
}

// repeated undoes a pooling densely at one place: the value of its window, averaged over all that cover it (model.md §2).
func repeated(spare []float32, pool arch.Pool, m *laneMap, y, x int) []float32 {
	firstY, lastY := windowsOver(y, pool.H, pool.StrideH, pool.Out.H)
	firstX, lastX := windowsOver(x, pool.W, pool.StrideW, pool.Out.W)
	if firstY == lastY && firstX == lastX {
		return m.at(firstY, firstX)
	}
	sum := spare[:m.shape.C*m.n]
	clear(sum)
	share := 1 / float32((lastY-firstY+1)*(lastX-firstX+1))
	for wy := firstY; wy <= lastY; wy++ {
		for wx := firstX; wx <= lastX; wx++ {
			for i, v := range m.at(wy, wx) {
				sum[i] += share * v
			}
		}
	}
	return sum
}

// unfold adds the expected patch of a position to the map that its layer folds. A first position clears the map.
func (e *expectation) unfold(layer, pos int, output []float32) {
	pl, g, n := e.net.plans[layer], e.net.gmms[layer], e.n
	m := &e.maps[layer][len(pl.Pools)]
	if pos == 0 {
		clear(m.v)
	}
	r := e.r[:g.K*n]
	kernel.Reweigh(r, e.one, output, e.one, 0, g.K, n)
	w := e.means[layer][pl.set(pos)]
	if pl.P() == 1 && pl.Fold.W == pl.Padded.W { // the patch is the map, in its order
		kernel.Mix(kernel.Grid{V: m.v, Row: n}, kernel.Grid{V: r, Row: n}, 1, w, g.D, g.K, n)
		return
	}
	patch := e.patch[:g.D*n]
	kernel.Mix(kernel.Grid{V: patch, Row: n}, kernel.Grid{V: r, Row: n}, 1, w, g.D, g.K, n)
	y, x := pos/pl.Out.W*pl.Fold.StrideH, pos%pl.Out.W*pl.Fold.StrideW
	to := m.v[(y*m.shape.W+x)*m.shape.C*n:]
	for row := range pl.Fold.H {
		part := patch[row*pl.Fold.W*pl.In.C*n:][:pl.Fold.W*pl.In.C*n]
		for i, v := range part {
			to[i] += v
		}
		to = to[min(pl.Padded.W*pl.In.C*n, len(to)):]
	}
}

// average divides every value of the map that a layer folds by how often it was covered.
func (e *expectation) average(layer int) {
	pl := e.net.plans[layer]
	m := &e.maps[layer][len(pl.Pools)]
	for y := range pl.In.H {
		firstY, lastY := windowsOver(y+pl.Top, pl.Fold.H, pl.Fold.StrideH, pl.Out.H)
		for x := range pl.In.W {
			firstX, lastX := windowsOver(x+pl.Left, pl.Fold.W, pl.Fold.StrideW, pl.Out.W)
			if count := (lastY - firstY + 1) * (lastX - firstX + 1); count > 1 {
				share := 1 / float32(count)
				v := m.at(y, x)
				for i := range v {
					v[i] *= share
				}
			}
		}
	}
}
