package suite

import (
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Seconds estimates how long a cell takes on two cores of 115 GFLOP/s each. It serves the progress bar, the dealing out
// of cells to shards and the plan; it follows from the configuration alone. The factors were fitted by hand to the
// processor times of 800 cells of searches on such a machine with AVX-512, half of which are within a quarter of it; on
// one of 277 GFLOP/s, cells take a third to a quarter of that.
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
	const evaluation = 1.5
	switch {
	case c.Model.Kind == cell.Nearest:
		return 30 * share
	case c.Model.Kind == cell.SGD:
		w := workOf(c.Model)
		training := float64(c.Model.Train.Epochs) * w.epochSeconds(c.Model.Train.Optimizer)
		if !configs.ArchOf(c.Model).Deep() {
			training *= 0.7
		}
		return share * (evaluation + 0.2*(w.scores+w.forms) + training)
	}
	iterations := 50
	if c.Model.MaxIter > 0 {
		iterations = min(iterations, c.Model.MaxIter)
	}
	perComponent, start := 0.0012, 0.0 // and iteration
	switch c.Model.Kind {
	case cell.EM:
		perComponent, start = 0.0014, 4.5 // k-means, where it starts, included
	case cell.PCA: // products of d×d, and the space
		d := float64(c.Model.Dims)
		perComponent, start = 1.35e-6*d*d, 2.5
	}
	return start + share*evaluation + share*float64(max(c.Model.NInit, 1)*iterations*c.Model.K)*perComponent
}

// work is what a training step does most of: the arithmetic of the log-scores and of the linear forms of factors, in
// MFLOP an image, values of the maps of responsibilities, and loadings of factors, which are updated in every step.
type work struct{ scores, forms, maps, loadings float64 }

// workOf is that of a network or flat mixture.
func workOf(m cell.Model) (w work) {
	if m.Kind != cell.SGD { // principal components are sampled as factors
		values := 784 * float64(m.K)
		return work{scores: 4 * values / 1e6, forms: 2 * float64(m.Dims) * values / 1e6, maps: float64(m.K)}
	}
	for _, l := range configs.ArchOf(m).Layers {
		scores := 4 * float64(l.P()*l.K()*l.D())
		w.scores += scores / 1e6
		w.forms += (l.FLOPs() - scores) / 1e6
		w.maps += float64(l.Out.Size())
		w.loadings += float64(l.Sets() * l.K() * l.L * l.D())
	}
	return w
}

// epochSeconds is of 50,000 images.
func (w work) epochSeconds(o dcgmm.Optimizer) float64 {
	perLoading, start := 0.8e-6, 0.1
	if o == dcgmm.Adam {
		perLoading, start = 2.4e-6, 0.2
	}
	return start + 0.62*w.scores + 0.5*w.forms + 1.1e-4*w.maps + perLoading*w.loadings
}

// samplingSeconds: the evaluators' searches for neighbours, and the passes of sharpening.
func (c Cell) samplingSeconds() float64 {
	perThousand := 1.6
	if c.Model.Kind == cell.SGD || c.Model.Kind == cell.EM || c.Model.Kind == cell.PCA {
		w := workOf(c.Model)
		perThousand += 0.8 * (w.scores + w.forms)
	}
	return 5 + perThousand*float64(c.Drawing.Trials+c.Drawing.Samples)/1000
}
