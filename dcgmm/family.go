package dcgmm

import (
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// A family is a kind of component: what the K components of a layer say of a vector, what they draw, and how they
// learn. Everything outside of its own files knows a mixture through this interface; newFamily, in layer.go, lists the
// families.
type family interface {
	// parameters are all numbers that are trained, in the order of checkpoints.
	parameters() []parameter
	// refresh recomputes what depends on the parameters; refreshConstants what depends on the logits of one set, for
	// the log-determinants Σ_d log s_kd of its K components, and reports whether no constant is NaN. pi is scratch of
	// length K.
	refresh()
	refreshConstants(set int, logDet, pi []float64) (numbers bool)

	// rows is how many rows of n lanes the scores of a position need, K log-scores first; used is how many of them
	// score writes.
	rows() int
	used() int
	// score writes log-scores ℓ and what the family needs beside them; scorePart the part that the dimensions d0 ≤ d <
	// d1 give. Sums of parts are finished by addUp.
	score(l []float32, v vectors)
	scorePart(l []float32, v vectors, d0, d1 int)
	addUp(l []float32, n int)

	mean(set, k int) []float32
	// draw draws x of component k with scaled noise; factors are drawn as modelled.
	draw(dst []float32, set, k int, scale float32, r *rand.Rand)
	// coupled reports whether the observed values of a vector say something of its missing ones, given the component.
	// addConditional adds weight·E[x | observed x, k] to dst; code is what is asked of its factors, nil if nothing is.
	coupled() bool
	addConditional(dst []float32, weight float32, x []float32, missing []bool, set, k int, code []float32)
	newMarginals(lanes int) marginals
	newSlopes() slopes

	// waits reports whether late parameters have not joined the training; join starts them.
	waits() bool
	join(r *rand.Rand)
	newStatistics(t *learner, n int) statistics
	// separate moves the components from and to, equal copies, apart.
	separate(set, from, to int, r *rand.Rand)
}

// A parameter is one kind of number of all components of a layer.
type parameter struct {
	name      string
	v         []float32 // Sets×K×size
	low, high float32   // what a checkpoint may have; equal: any finite value
	late      bool      // joins a training after the others: see Config.FactorWait
}

// The places of parameters that all families have.
const (
	ofMu = iota
	ofRoot
	ofLogits
	ofFactors
)

// vectors are what a mixture sees at one position: lanes of D values.
type vectors struct {
	x     []float32    // value d of lane i is x[table.At(d)+i]
	table kernel.Table // of D offsets
	n     int          // lanes, a multiple of kernel.Lanes
	valid int          // the first of them, that hold images
	set   int          // parameter set of the position
}

// take copies the vector of a lane to dst.
func (v *vectors) take(dst []float32, lane int) {
	for d := range dst {
		dst[d] = v.x[v.table.At(d)+lane]
	}
}

// marginals are log-scores of vectors that are not known as a whole (model.md §8).
type marginals interface {
	// score writes l, K×n. known is 1 where a value is observed, at the offsets of v, and counts are the observed
	// values of every lane; lanes of whole vectors may be left out.
	score(l []float32, v vectors, known, counts []float32)
}

// slopes take derivatives by log-scores to derivatives by vectors.
type slopes interface {
	// add adds Σ_k u_k·∂ℓ_k/∂x to grad, at the offsets of v. u is K×n, and 0 except for the components live.
	add(grad []float32, v vectors, u []float32, live []int32, s *slopeScratch)
}

// slopeScratch is for families that take one vector after the other: D values each.
type slopeScratch struct{ vector, residual []float32 }

// statistics are what a family sums up in a training step beside the counts, and how its parameters rise by it
// (model.md §3, gradient).
type statistics interface {
	// prepare adapts to the annealing width and to parameters that have joined.
	prepare()
	// add takes a position of a wide layer, whose scores and winners are in s, to the sums of a shard.
	add(p *pass, s *scratch, shard, pos int)
	// tasks is the number of parallel parts of other layers, that collect takes one by one, all winners being known.
	tasks() int
	collect(p *pass, s *scratch, task int)
	// mix sums what shards or tasks gave, in their order.
	mix()
	// ascend does one step for a set and a chunk of dimensions and reports whether all new parameters are finite.
	ascend(p *pass, s *scratch, u *update) (finite bool)
	// derived is the number of parallel parts of what depends on parameters of all dimensions, that derive takes one by
	// one.
	derived() int
	derive(task int)
	// newScratch is one worker's for n lanes.
	newScratch(n int) any
}

// An update is what one task of a training step learns from.
type update struct {
	set, chunk, d0, d1 int       // dimensions d0 ≤ d < d1
	X, Q               []float32 // K rows of length ld: Σ w x and Σ w x² (model.md §3)
	ld                 int
	M                  float64 // vectors of the set
	rate               float64 // ε/M, or ε of an optimizer that takes means
	cfg                *Config
}
