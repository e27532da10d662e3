package dcgmm

import (
	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// Folding (model.md §1). On the way up it copies nothing: it is an addressing of the map. Derivatives are added at the
// same addresses. On the way down patches are averaged where they overlap.

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

// folded is the empty region, in dst where that is of its size, that the patches of a region of the output cover, and
// where the first of them begins in it.
func folded(pl *arch.Layer, r *region, dst []float32) (out region, y0, x0 int) {
	y0, x0 = r.y*pl.Fold.StrideH-pl.Top, r.x*pl.Fold.StrideW-pl.Left
	y1, x1 := min(y0+(r.shape.H-1)*pl.Fold.StrideH+pl.Fold.H, pl.In.H), min(x0+(r.shape.W-1)*pl.Fold.StrideW+pl.Fold.W, pl.In.W)
	out = regionIn(dst, max(y0, 0), max(x0, 0), Shape{H: y1 - max(y0, 0), W: x1 - max(x0, 0), C: pl.In.C}, r.n)
	return out, y0 - out.y, x0 - out.x
}
