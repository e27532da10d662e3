package dcgmm

import (
	"deepgmm/dcgmm/arch"
)

// Shape is the shape of a feature map: height, width and channels, each ≥ 1.
type Shape = arch.Shape

// A layer is one of the architecture with what it needs at run time: its mixture, and what is done to what that hands
// up.
type layer struct {
	arch.Layer
	output
	gmm *GMM
}

// set is the parameter set of a position.
func (l *layer) set(pos int) int {
	if l.PerPosition {
		return pos
	}
	return 0
}

var (
	_ family = (*gaussian)(nil)
	_ family = (*factorAnalyser)(nil)
)

// newFamily makes the family of a layer of the architecture, with parameters of 0.
func newFamily(g *GMM, l arch.Layer) family {
	base := newGaussian(g)
	if l.L > 0 {
		f := newFactorAnalyser(base, l.L)
		if l.Up {
			f.basis = newPatchBasis(g.Sets*g.K, l.L)
		}
		return f
	}
	return base
}

func newGMM(l arch.Layer, maxPrecRoot float32) *GMM {
	g := &GMM{Sets: l.Sets(), K: l.K(), D: l.D(), L: l.L, maxPrecRoot: maxPrecRoot}
	n := g.Sets * g.K
	g.Mu, g.PrecRoot, g.Logits, g.Factors = make([]float32, n*g.D), make([]float32, n*g.D), make([]float32, n), make([]float32, n*g.L*g.D)
	g.family = newFamily(g, l)
	return g
}
