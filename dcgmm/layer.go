package dcgmm

import "deepgmm/dcgmm/arch"

// Shape is the shape of a feature map: height, width and channels, each ≥ 1.
type Shape = arch.Shape

// A layer is one of the architecture with what it needs at run time: its mixture, and what is done to what that hands up.
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
