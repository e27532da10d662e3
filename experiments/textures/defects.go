package textures

import (
	"math"
	"math/rand/v2"
)

// A defect changes a tile: what it is printed like, or its pixels, Side×Side×channels.
type defect struct {
	name    string
	printed func(r *rand.Rand, s *surface)
	seen    func(r *rand.Rand, v []float64, channels int) []float64
}

// defects are the five kinds. To add one, add a row.
var defects = []defect{
	{"square", nil, square},
	{"scratch", nil, scratch},
	{"blur", nil, blur},
	{"contrast", nil, contrast},
	{"missing", missing, nil},
}

// between is a random number from low to high.
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// stain is how much brighter or darker a spot is.
func stain(r *rand.Rand) float64 {
	v := between(r, 0.25, 0.5)
	if r.IntN(2) == 0 {
		return -v
	}
	return v
}

// square is a bright or dark spot, 5 to 9 pixels wide.
func square(r *rand.Rand, v []float64, channels int) []float64 {
	by, side := stain(r), 5+r.IntN(5)
	x0, y0 := r.IntN(Side-side), r.IntN(Side-side)
	for y := y0; y < y0+side; y++ {
		for i := (y*Side + x0) * channels; i < (y*Side+x0+side)*channels; i++ {
			v[i] += by
		}
	}
	return v
}

// scratch is a bright or dark line of 16 to 36 pixels, 1 to 2 wide.
func scratch(r *rand.Rand, v []float64, channels int) []float64 {
	by, length, width, angle := stain(r), between(r, 16, 36), between(r, 1, 2), math.Pi*r.Float64()
	x0, y0 := between(r, Side/4, 3*Side/4), between(r, Side/4, 3*Side/4)
	for i := range Side * Side {
		x, y := float64(i%Side)-x0, float64(i/Side)-y0
		along, across := x*math.Cos(angle)+y*math.Sin(angle), y*math.Cos(angle)-x*math.Sin(angle)
		if math.Abs(along) > length/2 {
			continue
		}
		cover := max(0, min(1, width/2+0.5-math.Abs(across)))
		for c := range channels {
			v[i*channels+c] += by * cover
		}
	}
	return v
}

// blur is a camera out of focus: by a standard deviation of 1 to 2 pixels.
func blur(r *rand.Rand, v []float64, channels int) []float64 {
	return blurred(v, channels, between(r, 1, 2))
}

// contrast is lost: 40 to 70 % are left.
func contrast(r *rand.Rand, v []float64, channels int) []float64 {
	left := between(r, 0.4, 0.7)
	for c := range channels {
		mean := 0.0
		for i := c; i < len(v); i += channels {
			mean += v[i] / (Side * Side)
		}
		for i := c; i < len(v); i += channels {
			v[i] = mix(mean, v[i], left)
		}
	}
	return v
}

// missing leaves a rectangle of 10 to 18 pixels without print, where there is at least as much of it as elsewhere.
func missing(r *rand.Rand, s *surface) {
	total := 0.0
	for _, p := range s.print {
		total += math.Abs(p)
	}
	for {
		w, h := 10+r.IntN(9), 10+r.IntN(9)
		x0, y0 := r.IntN(Side-w), r.IntN(Side-h)
		lost := 0.0
		s.within(x0, y0, w, h, func(p *float64) { lost += math.Abs(*p) })
		if lost >= total*float64(w*h)/(Side*Side) {
			s.within(x0, y0, w, h, func(p *float64) { *p = 0 })
			return
		}
	}
}

// within visits the prints of a rectangle.
func (s *surface) within(x0, y0, w, h int, visit func(p *float64)) {
	for y := y0; y < y0+h; y++ {
		for i := (y*Side + x0) * s.channels; i < (y*Side+x0+w)*s.channels; i++ {
			visit(&s.print[i])
		}
	}
}
