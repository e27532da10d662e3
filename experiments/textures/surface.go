package textures

import (
	"math"
	"math/rand/v2"
)

// surface is a Side×Side tile of some channels. Its pixels are (base + print)·light; a missing part has no print.
type surface struct {
	channels    int
	base, print []float64 // Side×Side×channels
	light       []float64 // Side×Side
}

func newSurface(channels int) *surface {
	s := &surface{channels, make([]float64, Side*Side*channels), make([]float64, Side*Side*channels), make([]float64, Side*Side)}
	for i := range s.light {
		s.light[i] = 1
	}
	return s
}

// paint sets base and print of every pixel: values of one channel, times a colour's channels.
func (s *surface) paint(base, ink []float64, at func(x, y int) (material, print float64)) {
	for i := range s.light {
		material, print := at(i%Side, i/Side)
		for c := range s.channels {
			s.base[i*s.channels+c] = base[c] + material
			s.print[i*s.channels+c] = ink[c] * print
		}
	}
}

// values are the pixels, without noise.
func (s *surface) values() []float64 {
	v := make([]float64, len(s.base))
	for i := range v {
		v[i] = (s.base[i] + s.print[i]) * s.light[i/s.channels]
	}
	return v
}

// clouds are smooth random values in [-1, 1], Side×Side, with a new one every step pixels, which differ along x and y.
func clouds(r *rand.Rand, stepX, stepY float64) []float64 {
	w, h := int(Side/stepX)+3, int(Side/stepY)+3
	lattice := make([]float64, w*h)
	for i := range lattice {
		lattice[i] = 2*r.Float64() - 1
	}
	x0, y0 := r.Float64(), r.Float64()
	v := make([]float64, Side*Side)
	for i := range v {
		x, y := float64(i%Side)/stepX+x0, float64(i/Side)/stepY+y0
		at := int(y)*w + int(x)
		fx, fy := smooth(x-math.Floor(x)), smooth(y-math.Floor(y))
		top := mix(lattice[at], lattice[at+1], fx)
		v[i] = mix(top, mix(lattice[at+w], lattice[at+w+1], fx), fy)
	}
	return v
}

func smooth(t float64) float64 { return t * t * (3 - 2*t) }

func mix(a, b, t float64) float64 { return a + (b-a)*t }

// grain is Gaussian noise, Side×Side, blurred and of standard deviation 1 again.
func grain(r *rand.Rand, sigma float64) []float64 {
	v := make([]float64, Side*Side)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	v = blurred(v, 1, sigma)
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	for i := range v {
		v[i] /= math.Sqrt(sum / float64(len(v)))
	}
	return v
}

// blurred is a Gaussian blur of Side×Side×channels values, mirrored at the edges.
func blurred(v []float64, channels int, sigma float64) []float64 {
	reach := int(math.Ceil(3 * sigma))
	weights, sum := make([]float64, reach+1), 0.0
	for i := range weights {
		weights[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
		sum += weights[i]
	}
	sum = 2*sum - weights[0]
	along := func(v []float64, step func(i, by int) int) []float64 {
		out := make([]float64, len(v))
		for i := range out {
			for by := -reach; by <= reach; by++ {
				out[i] += weights[max(by, -by)] / sum * v[step(i, by)]
			}
		}
		return out
	}
	v = along(v, func(i, by int) int {
		x := i / channels % Side
		return i + (mirrored(x+by)-x)*channels
	})
	return along(v, func(i, by int) int {
		y := i / channels / Side
		return i + (mirrored(y+by)-y)*channels*Side
	})
}

func mirrored(x int) int {
	if x < 0 {
		return -x - 1
	}
	if x >= Side {
		return 2*Side - 1 - x
	}
	return x
}
