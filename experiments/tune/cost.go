package tune

import (
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Costs bound what a candidate may cost in training, in MFLOP an image over all passes: the FLOPs of its
// architecture, which count the log-scores only, times epochs. At 45 GFLOP/s a core, which trainings reach on the
// machine of docs/performance.md, 50,000 images then take a minute and a half of one core for drawing, and less than
// half of that for the other tasks, where a finalist is trained ten times or its cells are many. Without a bound, a few wide maps
// of small patches would take most of the time of a search; and what is to be shown is that deep models are better at a
// cost that is not out of proportion.
const (
	maxCostDrawing = 80
	maxCost        = 32
)

// plainCost is that of the family plain, whose authors train for 80 epochs: 40 of B (F8/2 G49 F11 G49) and 18 of C
// (F8/1 G49 M F11 G49) are within it. On MNIST the annealing of every layer ends after 16 and 18.
const plainCost = 160

// bound is what candidates of a family may cost.
func bound(t configs.Task, f configs.Family) float64 {
	switch {
	case f == configs.Plain:
		return plainCost
	case t == configs.Drawing:
		return maxCostDrawing
	}
	return maxCost
}

// maxParams bounds the parameters of all families: those of F28 A200:8 or F28 A150:12 are within it, those of
// F28 A200:12 are not.
const maxParams = 1_800_000

func (c *candidate) affordable(t configs.Task, f configs.Family) bool {
	return c.PerPass > 0 && c.PerPass*c.Passes <= bound(t, f) && c.params <= maxParams
}

// Passes of the classical models over the images that they are expected to need, for the cost of cells only.
const (
	kmeansPasses = 40
	emPasses     = 70
	pcaPasses    = 40
)

// weigh fills in the cost of a candidate; it stays 0 for an architecture that does not fit.
func (c *candidate) weigh(f configs.Family) {
	const D = 28 * 28
	m := c.Model
	switch f {
	case configs.KMeans:
		c.PerPass, c.Passes = 2*D*topK/1e6, float64(m.NInit)*kmeansPasses
	case configs.EM: // k-means++ first
		c.PerPass, c.Passes = 4*D*topK/1e6, float64(m.NInit)*(kmeansPasses/2+emPasses)
	case configs.PCA: // passes in the space of its principal components; triangular matrices there
		d := float64(m.Dims)
		c.PerPass, c.Passes = d*d*topK/1e6, float64(m.NInit)*pcaPasses
	default:
		a := configs.ArchOf(m)
		c.PerPass, c.Passes, c.params = a.FLOPs()/1e6, float64(m.Train.Epochs), a.Params()
	}
}

// Costs of what is not training, found by measuring.
const (
	gradientPasses = 2.5 // an iteration of sharpening, in forward passes
	evaluatorGFLOP = 30  // of a cell of drawing whatever the model, with resampling; more than half a second of a core
	pairFLOPs      = 2e-9 * 28 * 28
)

// cost of a cell in GFLOP: training, scoring of the training and the unseen images, distances of all pairs of these,
// and what drawing takes.
func (c *candidate) cost(s cell.Spec, passes float64, images, valid int) float64 {
	pairs := min(valid, cell.ValidityImages)
	total := c.PerPass*(float64(images)*(passes+1)+float64(valid))/1e3 + pairFLOPs*float64(pairs)*float64(pairs)
	if d := s.Drawing; d != nil {
		steps := 0
		for _, n := range d.Iterations {
			steps += 2 * n * d.Trials
		}
		total += evaluatorGFLOP + c.PerPass*(gradientPasses*float64(steps)+float64(images))/1e3
	}
	return total
}
