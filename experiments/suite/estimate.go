package suite

import (
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Seconds estimates how long a cell takes on two cores of 115 GFLOP/s each. It serves the progress bar, the dealing out
// of cells to shards and the plan; it follows from the configuration alone. The factors were fitted by hand to the
// times in the results of the tier full on such a machine with AVX-512, of which few cells took longer.
func (c Cell) Seconds() float64 {
	if c.Drawing != nil {
		return c.samplingSeconds()
	}
	share := 1.0 // of 50,000 images
	if c.Images > 0 {
		share = float64(c.Images) / 50e3
	}
	if c.LeaveOut != cell.NoClass {
		share *= 0.9
	}
	const evaluation = 0.6
	switch {
	case c.Model.Kind == cell.Nearest:
		return 12 * share
	case c.Model.Kind == cell.SGD:
		mflops, maps := size(c.Model)
		return share*(evaluation+0.08*mflops) + share*float64(c.Model.Train.Epochs)*epochSeconds(c.Model, mflops, maps)
	}
	iterations := 50
	if c.Model.MaxIter > 0 {
		iterations = min(iterations, c.Model.MaxIter)
	}
	perComponent, start := 0.0022, 0.0 // and iteration
	switch c.Model.Kind {
	case cell.EM:
		perComponent, start = 0.00035, 2.3 // k-means, where it starts, included
	case cell.PCA: // products of d×d, and the space
		d := float64(c.Model.Dims)
		perComponent, start = 1.35e-6*d*d, 2.5
	}
	return start + share*evaluation + share*float64(iterations*c.Model.K)*perComponent
}

// epochSeconds is of 50,000 images: products of matrices, and what is done for every value of the maps of
// responsibilities.
func epochSeconds(m cell.Model, mflops, maps float64) float64 {
	s := 0.05 + 0.14*mflops + 0.02*maps/1000
	slow := slices.ContainsFunc(configs.ArchOf(m).Layers, func(l arch.Layer) bool { return l.PerPosition || l.L > 0 })
	if slow || m.Train.Optimizer == dcgmm.Adam {
		s *= 1.8
	}
	return s
}

// samplingSeconds: the evaluators' searches for neighbours, and the passes of sharpening.
func (c Cell) samplingSeconds() float64 {
	perThousand := 0.7
	if c.Model.Kind == cell.SGD || c.Model.Kind == cell.EM || c.Model.Kind == cell.PCA {
		mflops, _ := size(c.Model)
		perThousand += 0.4 * mflops
	}
	return 2 + perThousand*float64(c.Drawing.Trials+c.Drawing.Samples)/1000
}

// size is the arithmetic of scoring an image, in MFLOP, and the number of responsibilities, of a network or flat
// mixture.
func size(m cell.Model) (mflops, maps float64) {
	if m.Kind != cell.SGD {
		return (4 + 2*float64(m.Dims)) * 784 * float64(m.K) / 1e6, float64(m.K) // principal components are sampled as factors
	}
	for _, l := range configs.ArchOf(m).Layers {
		mflops += l.FLOPs() / 1e6
		maps += float64(l.Out.Size())
	}
	return mflops, maps
}
