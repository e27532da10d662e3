package dcgmm

import (
	"context"

	"deepgmm/dcgmm/arch"
)

// A region is a rectangle of the feature maps of n images with their values, H×W×C×n.
type region struct {
	y, x  int
	shape Shape
	n     int
	v     []float32
	one   []int32 // instead of v, of one image: the channel of every place that is 1 where the others are 0
}

// regionIn is a region of zeros in dst where that is of its size, or in memory of its own.
func regionIn(dst []float32, y, x int, s Shape, n int) region {
	if len(dst) != s.Size()*n {
		dst = make([]float32, s.Size()*n)
	}
	clear(dst)
	return region{y: y, x: x, shape: s, n: n, v: dst}
}

// at returns the C×n values of a place.
func (r *region) at(y, x int) []float32 {
	size := r.shape.C * r.n
	return r.v[(y*r.shape.W+x)*size:][:size]
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

// A weighing joins patches in a region: averages by weights, where there are some.
type weighing struct {
	to   *region
	sums region // of weights; no values without
}

func newWeighing(to *region) weighing { return weighing{to: to} }

func (w *weighing) add(patch, weights []float32, win arch.Window, y0, x0 int) {
	if weights != nil {
		if w.sums.v == nil {
			w.sums = regionIn(nil, w.to.y, w.to.x, w.to.shape, w.to.n)
		}
		w.sums.addPatch(weights, win, y0, x0)
		for i, v := range weights {
			patch[i] *= v
		}
	}
	w.to.addPatch(patch, win, y0, x0)
}

func (w *weighing) divide() {
	for i, v := range w.sums.v {
		w.to.v[i] /= v
	}
}

// windowsOver are the first and last of count windows that cover x.
func windowsOver(x, size, stride, count int) (first, last int) {
	return max(0, (x-size+stride)/stride), min(x/stride, count-1)
}
