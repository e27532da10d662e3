package dcgmm

import "deepgmm/dcgmm/arch"

// Shape is the shape of a feature map: height, width and channels, each ≥ 1.
type Shape = arch.Shape

// A plan is a layer of the architecture with what it needs at run time. Folding copies nothing: it is an addressing of the input map.
type plan struct {
	arch.Layer
	readout
}

func newPlans(a arch.Arch) []*plan {
	var plans []*plan
	for _, l := range a.Layers {
		plans = append(plans, &plan{l, newReadout(l)})
	}
	return plans
}

// set is the parameter set of a position.
func (p *plan) set(pos int) int {
	if p.PerPosition {
		return pos
	}
	return 0
}
