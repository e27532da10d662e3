package dcgmm

import (
	"context"
	"math/rand/v2"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// pool is max-pooling (model.md §2).
type pool struct{ arch.Pool }

// forward fills row y of dst.
func (p pool) forward(dst, src *laneMap, y int) {
	y0 := y * p.StrideH
	for x := range p.Out.W {
		x0 := x * p.StrideW
		out := dst.at(y, x)
		copy(out, src.at(y0, x0))
		for yy := y0; yy < min(y0+p.H, p.In.H); yy++ {
			for xx := x0; xx < min(x0+p.W, p.In.W); xx++ {
				switch {
				case yy == y0 && xx == x0:
				case p.L > 0:
					p.groupedForward(out, src.at(yy, xx), src.n)
				default:
					kernel.MaxInto(out, src.at(yy, xx))
				}
			}
		}
	}
}

// pool fills row y of the map after pooling j of a layer.
func (p *pass) pool(layer, j, y int) {
	pool{p.net.layers[layer].Pools[j]}.forward(&p.maps[layer][j+1], &p.maps[layer][j], y)
}

// vjp hands the gradient gdst by dst to gsrc, that of the winner of each window, the first one of equals. gdst is 0
// afterwards.
func (p pool) vjp(gsrc, gdst, src, dst *laneMap) {
	for y := range p.Out.H {
		for x := range p.Out.W {
			best, g := dst.at(y, x), gdst.at(y, x)
			y0, x0 := y*p.StrideH, x*p.StrideW
			for yy := y0; yy < min(y0+p.H, p.In.H); yy++ {
				for xx := x0; xx < min(x0+p.W, p.In.W); xx++ {
					p.move(gsrc.at(yy, xx), g, src.at(yy, xx), best, src.n)
				}
			}
		}
	}
}

// move adds g to dst where src is best, and clears it.
func (p pool) move(dst, g, src, best []float32, n int) {
	if p.L > 0 {
		p.groupedMove(dst, g, src, best, n)
		return
	}
	kernel.MoveWhereEqual(dst, g, src, best)
}

// vjpAt is vjp for one place of src, with values r: v gets the gradient of the windows that it wins. Places must come
// in their order, in which a window's first winner comes first.
func (p pool) vjpAt(v, r []float32, gdst, dst *laneMap, y, x int) {
	clear(v)
	firstX, lastX := windowsOver(x, p.W, p.StrideW, p.Out.W)
	firstY, lastY := windowsOver(y, p.H, p.StrideH, p.Out.H)
	for wy := firstY; wy <= lastY; wy++ {
		for wx := firstX; wx <= lastX; wx++ {
			p.move(v, gdst.at(wy, wx), r, dst.at(wy, wx), dst.n)
		}
	}
}

// unpooled is the empty region that the windows of a region cover, in dst where that is of its size.
func (p pool) unpooled(r region, dst []float32) region {
	y0, x0 := r.y*p.StrideH, r.x*p.StrideW
	return regionIn(dst, y0, x0, Shape{
		H: min(y0+(r.shape.H-1)*p.StrideH+p.H, p.In.H) - y0,
		W: min(x0+(r.shape.W-1)*p.StrideW+p.W, p.In.W) - x0, C: p.In.C}, r.n)
}

// repeat is the way down as an expectation: every value over its window, averaged where windows overlap. It may end
// early when the context does.
func (p pool) repeat(ctx context.Context, r region, dst []float32) region {
	out := p.unpooled(r, dst)
	C := r.shape.C * r.n
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

// scatter is the way down as a draw, for one image: the value of every channel goes to one random place of its
// window, the largest where windows overlap; the others are 0. It may end early when the context does.
func (p pool) scatter(ctx context.Context, r region, dst []float32, rng *rand.Rand) region {
	out := p.unpooled(r, dst)
	for y := range r.shape.H {
		if ctx.Err() != nil {
			return out
		}
		for x := range r.shape.W {
			h := min(p.H, out.shape.H-y*p.StrideH)
			w := min(p.W, out.shape.W-x*p.StrideW)
			from := r.at(y, x)
			K := len(from) / (1 + p.L)
			for c, v := range from[:K] {
				to := out.at(y*p.StrideH+rng.IntN(h), x*p.StrideW+rng.IntN(w))
				if v > to[c] {
					to[c] = v
					copy(to[K+c*p.L:][:p.L], from[K+c*p.L:])
				}
			}
		}
	}
	return out
}
