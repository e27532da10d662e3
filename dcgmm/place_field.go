package dcgmm

import "math"

// fieldSums has sums over rectangles of an image, by summed-area tables [Crow 1984]. They are of integers, exact.
type fieldSums struct {
	planes         []table // by plane: values of its pixels, those of its channels added
	squares        table   // of all planes
	known          table   // pixels
	stepX, stepY   table   // squared differences to the next pixel on the right and below, of all planes
	pairsX, pairsY table   // of pixels that are both known
	unit           float64 // of a value that is 1
}

// table has at (y, x) the sum over all pixels above y and left of x, (H+1)×(W+1).
type table struct {
	w int
	v []int64
}

func newTable(h, w int, at func(y, x int) int64) table {
	t := table{w + 1, make([]int64, (h+1)*(w+1))}
	for y := range h {
		row := int64(0)
		for x := range w {
			row += at(y, x)
			t.v[(y+1)*t.w+x+1] = t.v[y*t.w+x+1] + row
		}
	}
	return t
}

// in is the sum over a rectangle.
func (t table) in(y0, y1, x0, x1 int) int64 {
	if y1 <= y0 || x1 <= x0 {
		return 0
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
	each := s.C / planes // channels of a plane
	values := make([]int64, s.H*s.W*planes)
	for at, v := range pix {
		values[at/s.C*planes+at%s.C/each] += int64(v)
	}
	known := func(y, x int) bool { return missing == nil || !missing[y*s.W+x] }
	count := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	f := &fieldSums{unit: 255 * float64(each)}
	f.known = newTable(s.H, s.W, func(y, x int) int64 { return count(known(y, x)) })
	for p := range planes {
		f.planes = append(f.planes, newTable(s.H, s.W, func(y, x int) int64 {
			return count(known(y, x)) * values[(y*s.W+x)*planes+p]
		}))
	}
	f.squares = newTable(s.H, s.W, func(y, x int) (sum int64) {
		for _, v := range values[(y*s.W+x)*planes:][:planes] {
			sum += v * v
		}
		return count(known(y, x)) * sum
	})
	steps := func(dy, dx int) (step, pairs table) {
		pair := func(y, x int) bool { return known(y, x) && known(y+dy, x+dx) }
		step = newTable(s.H-dy, s.W-dx, func(y, x int) (sum int64) {
			for p := range planes {
				d := values[((y+dy)*s.W+x+dx)*planes+p] - values[(y*s.W+x)*planes+p]
				sum += d * d
			}
			return count(pair(y, x)) * sum
		})
		return step, newTable(s.H-dy, s.W-dx, func(y, x int) int64 { return count(pair(y, x)) })
	}
	f.stepX, f.pairsX = steps(0, 1)
	f.stepY, f.pairsY = steps(1, 0)
	return f
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
