package dcgmm

import "math"

// fieldSums has sums over rectangles of an image, by summed-area tables [Crow 1984]. They are of integers, exact.
type fieldSums struct {
	planes         []table // by plane: values of its pixels, those of its channels added
	squares        table   // of all planes
	stepX, stepY   table   // squared differences to the next pixel on the right and below, of all planes
	known          table   // pixels; without values where all are
	pairsX, pairsY table   // of pixels that are both known; the same
	unit           float64 // of a value that is 1
}

// table has at (y, x) the sum over all pixels above y and left of x, (H+1)×(W+1). Without values each pixel is 1.
type table struct {
	w int
	v []int64
}

// summed makes a table of H×W values, of every stride-th from the first on.
func summed(v []int64, h, w, stride int) table {
	t := table{w + 1, make([]int64, (h+1)*(w+1))}
	for y := range h {
		row, above, to := int64(0), t.v[y*t.w:], t.v[(y+1)*t.w:]
		for x := range w {
			row += v[(y*w+x)*stride]
			to[x+1] = above[x+1] + row
		}
	}
	return t
}

// in is the sum over a rectangle.
func (t table) in(y0, y1, x0, x1 int) int64 {
	if y1 <= y0 || x1 <= x0 {
		return 0
	}
	if t.v == nil {
		return int64(y1-y0) * int64(x1-x0)
	}
	return t.v[y1*t.w+x1] - t.v[y0*t.w+x1] - t.v[y1*t.w+x0] + t.v[y0*t.w+x0]
}

// planesOf is how many planes images have: their channels, or one if there are many.
func planesOf(s Shape) int {
	if s.C > placePlanes {
		return 1
	}
	return s.C
}

// placeFeatures is how many features a place has: its log-likelihood, the steps along both axes, the deviation, and the
// mean of every plane.
func placeFeatures(s Shape) int { return 4 + planesOf(s) }

func newFieldSums(images Images, i int) *fieldSums {
	s := images.Shape
	pix, missing, planes := images.Pix[i*s.Size():][:s.Size()], images.missingOf(i), planesOf(s)
	each, pixels := s.C/planes, s.H*s.W // channels of a plane
	values, squares := make([]int64, pixels*planes), make([]int64, pixels)
	for at := range pixels {
		if missing != nil && missing[at] {
			continue
		}
		for c, v := range pix[at*s.C:][:s.C] {
			values[at*planes+c/each] += int64(v)
		}
		for _, v := range values[at*planes:][:planes] {
			squares[at] += v * v
		}
	}
	f := &fieldSums{unit: 255 * float64(each), squares: summed(squares, s.H, s.W, 1)}
	for p := range planes {
		f.planes = append(f.planes, summed(values[p:], s.H, s.W, planes))
	}
	f.stepX, f.pairsX = stepTables(values, missing, s, planes, 0, 1)
	f.stepY, f.pairsY = stepTables(values, missing, s, planes, 1, 0)
	if missing != nil {
		known := make([]int64, pixels)
		for at, m := range missing {
			if !m {
				known[at] = 1
			}
		}
		f.known = summed(known, s.H, s.W, 1)
	}
	return f
}

// stepTables are of the squared differences between pixels and their neighbours, and of how many pairs are known.
func stepTables(values []int64, missing []bool, s Shape, planes, dy, dx int) (step, pairs table) {
	h, w := s.H-dy, s.W-dx
	steps := make([]int64, h*w)
	var known []int64
	if missing != nil {
		known = make([]int64, h*w)
	}
	for y := range h {
		for x := range w {
			at := y*s.W + x
			to := at + dy*s.W + dx
			if missing != nil {
				if missing[at] || missing[to] {
					continue
				}
				known[y*w+x] = 1
			}
			for p := range planes {
				d := values[to*planes+p] - values[at*planes+p]
				steps[y*w+x] += d * d
			}
		}
	}
	if missing != nil {
		pairs = summed(known, h, w, 1)
	}
	return summed(steps, h, w, 1), pairs
}

// noiseFloor is added to what logarithms are taken of, in pixels of [0, 1]: below it differences are noise.
const noiseFloor = 0.01

// features writes those of a field: log roots of the mean squared steps along x and y and of the variance, and the mean
// of every plane. It reports whether there is a pixel that is known.
func (f *fieldSums) features(dst []float64, rows, cols span) bool {
	y0, y1, x0, x1 := rows.first, rows.end, cols.first, cols.end
	n := f.known.in(y0, y1, x0, x1)
	if n == 0 {
		return false
	}
	planes := float64(len(f.planes))
	root := func(sum float64, count int64) float64 {
		return math.Log(math.Sqrt(max(0, sum)/(max(1, float64(count))*planes))/f.unit + noiseFloor)
	}
	dst[0] = root(float64(f.stepX.in(y0, y1, x0, x1-1)), f.pairsX.in(y0, y1, x0, x1-1))
	dst[1] = root(float64(f.stepY.in(y0, y1-1, x0, x1)), f.pairsY.in(y0, y1-1, x0, x1))
	scatter := float64(f.squares.in(y0, y1, x0, x1))
	for p, t := range f.planes {
		mean := float64(t.in(y0, y1, x0, x1)) / float64(n)
		scatter -= float64(float64(n) * mean * mean)
		dst[3+p] = mean / f.unit
	}
	dst[2] = root(scatter, n)
	return true
}
