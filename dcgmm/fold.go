package dcgmm

import (
	"context"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// Folding (model.md §1). On the way up it copies nothing: it is an addressing of the map. Derivatives are added at the same addresses. On the
// way down patches are averaged where they overlap.

// patchTable: a patch is read in (y, x, c) order (model.md §1).
func patchTable(pl *arch.Layer, n int) kernel.Table {
	off := make([]int32, 0, pl.D())
	for y := range pl.Fold.H {
		for x := range pl.Fold.W {
			for c := range pl.In.C {
				off = append(off, int32(((y*pl.Padded.W+x)*pl.In.C+c)*n))
			}
		}
	}
	return kernel.NewTable(off)
}

// folded is the empty region, in dst where that is of its size, that the patches of a region of the output cover, and where the first of them begins in it.
func folded(pl *arch.Layer, r *region, dst []float32) (out region, y0, x0 int) {
	y0, x0 = r.y*pl.Fold.StrideH-pl.Top, r.x*pl.Fold.StrideW-pl.Left
	y1, x1 := min(y0+(r.shape.H-1)*pl.Fold.StrideH+pl.Fold.H, pl.In.H), min(x0+(r.shape.W-1)*pl.Fold.StrideW+pl.Fold.W, pl.In.W)
	out = regionIn(dst, max(y0, 0), max(x0, 0), Shape{H: y1 - max(y0, 0), W: x1 - max(x0, 0), C: pl.In.C}, r.n)
	return out, y0 - out.y, x0 - out.x
}

// addPatch adds a patch, D×n, whose first value lies at (y0, x0) of the region, without what hangs over.
func (r *region) addPatch(patch []float32, win arch.Window, y0, x0 int) {
	C := r.shape.C * r.n
	from, to := max(x0, 0), min(x0+win.W, r.shape.W)
	if from >= to {
		return
	}
	for y := max(y0, 0); y < min(y0+win.H, r.shape.H); y++ {
		row := r.v[(y*r.shape.W+from)*C:][:(to-from)*C]
		for i, v := range patch[((y-y0)*win.W+from-x0)*C:][:len(row)] {
			row[i] += v
		}
	}
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

// windowsOver are the first and last of count windows that cover x.
func windowsOver(x, size, stride, count int) (first, last int) {
	return max(0, (x-size+stride)/stride), min(x/stride, count-1)
}
