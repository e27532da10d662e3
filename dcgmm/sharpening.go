package dcgmm

import "fmt"

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

// mapShape is the shape of the map that enters a layer, before pooling.
func (n *Network) mapShape(layer int) Shape {
	if layer == 0 {
		return n.arch.Input
	}
	return n.layers[layer-1].Handed()
}
