package experiments

import (
	"slices"

	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// cost estimates how many seconds a cell takes on two cores of 115 GFLOP/s each. It serves the progress bar, the dealing out of
// cells to shards and the plan; it follows from the configuration alone. The factors were fitted by hand to
// the times in the results of the tier quick on such a machine, which it meets within a third or so.
func cost(s cell.Spec) float64 {
	images := 50e3
	if s.Images > 0 {
		images = float64(s.Images)
	}
	share := images / 50e3
	if s.LeaveOut != cell.NoClass {
		share *= 0.9
	}
	if s.Drawing != nil {
		return drawCost(s)
	}
	const judging = 1.5
	switch {
	case s.Model.Kind == cell.Nearest:
		return 20 * share
	case s.Model.Kind == cell.SGD:
		mflops, maps := size(s.Model)
		return share*(judging+0.1*mflops) + share*float64(s.Model.Train.Epochs)*epochCost(s.Model, mflops, maps)
	}
	iterations := 50
	if s.Model.MaxIter > 0 {
		iterations = min(iterations, s.Model.MaxIter)
	}
	perComponent := 0.0022 // and iteration
	if s.Model.Kind == cell.EM {
		perComponent = 0.0035 // k-means, where it starts, included
	}
	return share*judging + share*float64(iterations*s.Model.K)*perComponent
}

// epochCost is that of 50,000 images: products of matrices, and what is done for every value of the maps of responsibilities.
func epochCost(m cell.Model, mflops, maps float64) float64 {
	c := 0.06 + 0.24*mflops + 0.06*maps/1000
	if slices.ContainsFunc(configs.ArchOf(m).Layers, func(l arch.Layer) bool { return l.PerPosition || l.L > 0 }) {
		c *= 2
	}
	return c
}

// drawCost: the judges' searches for neighbours, and the passes of sharpening.
func drawCost(s cell.Spec) float64 {
	perThousand := 1.0
	if isNetwork(s.Model) {
		mflops, _ := size(s.Model)
		perThousand += 0.6 * mflops
	}
	return 3 + perThousand*float64(s.Drawing.Trials+s.Drawing.Samples)/1000
}

// size is the arithmetic of scoring an image, in MFLOP, and the number of responsibilities, of a network or flat mixture.
func size(m cell.Model) (mflops, maps float64) {
	if m.Kind != cell.SGD {
		return 4 * 784 * float64(m.K) / 1e6, float64(m.K)
	}
	for _, l := range configs.ArchOf(m).Layers {
		mflops += l.FLOPs() / 1e6
		maps += float64(l.Out.Size())
	}
	return mflops, maps
}
