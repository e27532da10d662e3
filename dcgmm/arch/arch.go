// Package arch is the language of architectures: words such as "F8/2 G49 M F6 G36" and what they mean for images of a
// shape. Parse checks them and computes every shape; no parameters are allocated.
package arch

import (
	"slices"
	"strings"
)

// Arch is an architecture for images of one shape: a value, whose Layers must not be changed. The zero value has no
// layers.
type Arch struct {
	Input  Shape
	Layers []Layer // mixtures, from the images to the top
	text   string
}

// String returns the words with single spaces between them. Parse makes the same Arch of it.
func (a Arch) String() string { return a.text }

// Deep reports whether there are several mixtures.
func (a Arch) Deep() bool { return len(a.Layers) > 1 }

// Pooled reports whether something is max-pooled.
func (a Arch) Pooled() bool {
	return slices.ContainsFunc(a.Layers, func(l Layer) bool { return len(l.Pools) > 0 })
}

// Factors reports whether there is a mixture of factor analysers.
func (a Arch) Factors() bool {
	return slices.ContainsFunc(a.Layers, func(l Layer) bool { return l.L > 0 })
}

// HandsUp reports whether factors are handed up.
func (a Arch) HandsUp() bool {
	return slices.ContainsFunc(a.Layers, func(l Layer) bool { return l.Up })
}

// Overlaps reports whether some layer has patches with values in common.
func (a Arch) Overlaps() bool { return slices.ContainsFunc(a.Layers, Layer.Overlaps) }

// Overlaps reports whether some patches have values in common.
func (l Layer) Overlaps() bool {
	return l.Out.H > 1 && l.Fold.StrideH < l.Fold.H || l.Out.W > 1 && l.Fold.StrideW < l.Fold.W
}

// Top is the last layer. It panics if there is none.
func (a Arch) Top() Layer { return a.Layers[len(a.Layers)-1] }

// Params is the sum of those of the layers.
func (a Arch) Params() (sum int) {
	for _, l := range a.Layers {
		sum += l.Params()
	}
	return sum
}

// FLOPs is the sum of those of the layers.
func (a Arch) FLOPs() (sum float64) {
	for _, l := range a.Layers {
		sum += l.FLOPs()
	}
	return sum
}

// Layer is one mixture with everything between it and the mixture below, pooling, padding and folding, and with what it
// does to what it hands on.
type Layer struct {
	Pools       []Pool  // in their order, before the folding
	Folding     string  // word of the folding, "F8/2"; empty without one
	Mixture     string  // word of the mixture, "A49:4"
	Output      string  // words for what is handed on, "T8 S1.5" or "U"; empty for responsibilities
	In          Shape   // of the map that is folded, after pooling, without padding
	Padded      Shape   // the same with its border of zeros
	Top, Left   int     // rows and columns of the border before the map
	Fold        Window  // a patch; 1×1 without the word F
	Out         Shape   // H'×W'×K, of the map of responsibilities
	PerPosition bool    // every position has parameters of its own
	L           int     // factors of a component; 0: its covariance is diagonal
	Temper      float64 // T, softmax(ℓ/T) is handed on; 0: responsibilities
	Smooth      float64 // σ, and smoothed over the grid of components by a Gaussian of that width; 0: not
	Up          bool    // the posterior means of the factors are handed on, too
}

// Pool is a max-pooling of a map to a smaller one.
type Pool struct {
	Window
	In, Out Shape
	L       int // factors that go with every one of the first In.C/(1+L) channels
}

// Name is the layer in words, without its pools: "F8/2 A49:4 T8 S1.5".
func (l Layer) Name() string {
	return strings.Join(strings.Fields(l.Folding+" "+l.Mixture+" "+l.Output), " ")
}

// P is the number of positions of the map of responsibilities.
func (l Layer) P() int { return l.Out.H * l.Out.W }

// Handed is the shape of the map that is handed on: Out, or with the word U H'×W'×K·(1+L), the K responsibilities
// before the L values of every component.
func (l Layer) Handed() Shape {
	if l.Up {
		return Shape{l.Out.H, l.Out.W, l.Rows()}
	}
	return l.Out
}

// D is the dimension of a patch.
func (l Layer) D() int { return l.Fold.H * l.Fold.W * l.In.C }

// K is the number of components.
func (l Layer) K() int { return l.Out.C }

// Sets is the number of parameter sets: 1 for all positions, or P.
func (l Layer) Sets() int {
	if l.PerPosition {
		return l.P()
	}
	return 1
}

// Rows is how many numbers are computed of a vector: a log-score of every component, and L projections.
func (l Layer) Rows() int { return l.K() * (1 + l.L) }

// Params is how many numbers are trained: μ, s, ϖ and F.
func (l Layer) Params() int { return l.Sets() * l.K() * ((2+l.L)*l.D() + 1) }

// FLOPs is the arithmetic of the log-scores of one image: 4·P·K·D, and 2·P·K·L·D with factors.
func (l Layer) FLOPs() float64 {
	return float64(4+2*l.L) * float64(l.P()) * float64(l.K()) * float64(l.D())
}
