package dcgmm

import (
	"context"
	"fmt"
)

// Sharpening says how a map is moved uphill so that a layer finds it more likely (model.md §7). The
// objective is
//
//	mean over positions of max_k ℓ_k of layer Target − Keep · mean (X − X₀)²
//
// for the map X that enters layer Map; X₀ is X before. A step that does not raise it is taken back and half of it
// is tried: the objective of no image ever falls. X stays in [0, 1]. The zero value of every field means its default.
type Sharpening struct {
	Map        int     // layer (counted from 0) whose input is sharpened: 0 is the image
	Target     int     // layer whose score is to rise, ≥ Map
	Rate       float64 // η of the first step; later ones grow by a fifth, fourfold while they are too small to see, or are halved; 0.1
	Iterations int     // at most; 100
	Keep       float64 // weight w of staying near what was there; 0
	Tolerance  float64 // a step that moves no value by more is too small to see: an image is done when such a step gains nothing; 1e-4
}

func (s Sharpening) withDefaults() Sharpening {
	if s.Rate == 0 {
		s.Rate = 0.1
	}
	if s.Iterations == 0 {
		s.Iterations = 100
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-4
	}
	return s
}

// validate reports the first field, after defaults, that is out of range for a network.
func (s Sharpening) validate(n *Network) error {
	if s.Map < 0 || s.Target < s.Map || s.Target >= len(n.layers) {
		return fmt.Errorf("sharpening: Map %d and Target %d must be layers of a network of %d, counted from 0, Target not below Map", s.Map, s.Target, len(n.layers))
	}
	for _, f := range []struct {
		name    string
		v       float64
		low, up float64
	}{{"Rate", s.Rate, 1e-9, 1e6}, {"Iterations", float64(s.Iterations), 1, 1e6}, {"Keep", s.Keep, 0, 1e9}, {"Tolerance", s.Tolerance, 0, 1}} {
		if !(f.v >= f.low && f.v <= f.up) {
			return fmt.Errorf("sharpening: Sharpening.%s is %v; it must be between %v and %v", f.name, f.v, f.low, f.up)
		}
	}
	return nil
}

// Sharpened is the result of Sharpen.
type Sharpened struct {
	Values []float32   // N×H×W×C
	Trace  [][]float64 // of every image, the objective at the start and after every step, the same again where one was taken back
	Raised int         // steps that raised an objective
	Lower  int         // steps that ended below where they began: always 0
}

// MeanTrace is the objective at the start and after every step, the mean over the images. One that ended early stays where it ended.
func (s *Sharpened) MeanTrace() []float64 {
	longest := 0
	for _, t := range s.Trace {
		longest = max(longest, len(t))
	}
	mean := make([]float64, longest)
	for i := range mean {
		for _, t := range s.Trace {
			mean[i] += t[min(i, len(t)-1)] / float64(len(s.Trace))
		}
	}
	return mean
}

// Sharpen moves maps uphill. values are N×H×W×C, of the shape of what enters layer s.Map: images in [0, 1] for
// layer 0, responsibilities for others; values outside of [0, 1] are clipped before. Every image is treated alone: the result does not depend on the others or on workers. The error
// is the context's, or says that the values are no whole number of maps, too large, or not finite, or that scores are not finite.
func (n *Network) Sharpen(ctx context.Context, values []float32, s Sharpening, workers int) (*Sharpened, error) {
	s = s.withDefaults()
	if err := s.validate(n); err != nil {
		return nil, err
	}
	size := n.mapShape(s.Map).Size()
	if len(values)%size != 0 {
		return nil, fmt.Errorf("sharpening: %d values are no whole number of %v maps, %d values each: cut off or fill up the last one", len(values), n.mapShape(s.Map), size)
	}
	if !finite(values) {
		return nil, fmt.Errorf("sharpening: a value is not finite; give values in [0, 1]")
	}
	if err := n.checkBlock("sharpening", climbs); err != nil {
		return nil, err
	}
	N := len(values) / size
	out := &Sharpened{Values: make([]float32, len(values)), Trace: make([][]float64, N)}
	slopes := n.newSlopes(s.Map, s.Target)
	err := n.eachGroup(ctx, "sharpening", N, workers, nil, func(b *block, first, count int) error {
		c := b.climb(s, slopes)
		dst := out.Values[first*size:][:count*size]
		clip(dst, values[first*size:])
		if err := c.ascend(ctx, dst); err != nil {
			return err
		}
		copy(out.Trace[first:], c.trace)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, t := range out.Trace {
		for i := 1; i < len(t); i++ {
			if t[i] > t[i-1] {
				out.Raised++
			} else if t[i] < t[i-1] {
				out.Lower++
			}
		}
	}
	return out, nil
}

// clip writes the values of src into [0, 1], as many as the shorter of the two has.
func clip(dst, src []float32) {
	for i := range min(len(dst), len(src)) {
		dst[i] = min(max(src[i], 0), 1)
	}
}

// mapShape is the shape of the map that enters a layer, before pooling.
func (n *Network) mapShape(layer int) Shape {
	if layer == 0 {
		return n.arch.Input
	}
	return n.layers[layer-1].Out
}

// sharpenRegions sharpens the maps of a group of images in place. They have no missing pixels, whatever the block's images
// have: what was filled in counts.
func (n *Network) sharpenRegions(ctx context.Context, b *block, maps []region, s Sharpening, slopes []slopes) error {
	defer func(m *missing) { b.missing = m }(b.missing)
	b.missing = nil
	size := maps[0].shape.Size()
	values := make([]float32, len(maps)*size)
	for i, m := range maps {
		clip(values[i*size:], m.v) // a vector that was drawn may lie outside
	}
	c := b.climb(s, slopes)
	if err := c.ascend(ctx, values); err != nil {
		return err
	}
	for i, m := range maps {
		copy(m.v, values[i*size:])
	}
	return nil
}
