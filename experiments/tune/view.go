package tune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// view is what a search sees of a data set: the training split, the first valid validation images, and no test images
// at all. Its hash says so, since cached results depend on it.
func view(d *dataset.Data, valid int) *dataset.Data {
	v := *d
	v.Valid, v.Test = d.Valid.Head(valid), nil
	v.Hash = fmt.Sprintf("%s, judged on %d validation images", d.Hash, v.Valid.N)
	return &v
}

// cellSeed is the seed of the i-th repetition of a cell: not one of those of the final experiments, which are small.
func cellSeed(search uint64, i int) uint64 { return 1000*(search+1) + uint64(i) }

// streamClasses separates the order of the classes from other random numbers of a search.
const streamClasses = 0x636c6173 // "clas"

// classOrder is the order in which classes are left out on the way up: the same for all families.
func classOrder(seed uint64, classes int) []int {
	return rand.New(rand.NewPCG(seed, streamClasses)).Perm(classes)
}

// repeats are the seeds that a candidate is tried with on a rung, and the classes that are left out of one training
// after the other.
func repeats(r Rung, seed uint64, classes int) (seeds []uint64, out [][]int) {
	for i := range r.Seeds {
		seeds = append(seeds, cellSeed(seed, i))
	}
	for i := range r.Halves {
		halved := classOrder(seed+uint64(i)<<32, classes)
		out = append(out, halved[:classes/2], halved[classes/2:])
	}
	if r.Pairs { // not all of few classes
		out = slices.AppendSeq(out, slices.Chunk(classOrder(seed, classes), max(1, min(2, classes/2))))
	}
	if out == nil {
		out = [][]int{{cell.NoClass}}
	}
	return seeds, out
}

// specs are the cells of a candidate on a rung, all measured on validation images: when a class is left out, its
// validation images are the outliers.
func (s *search) specs(c candidate, r Rung) []cell.Spec {
	seeds, out := repeats(r, s.seed, s.data.Train.Classes)
	m := c.Model
	if m.Kind == cell.SGD {
		m.Train.Epochs = epochs(c, r)
	}
	var all []cell.Spec
	for _, seed := range seeds {
		for _, class := range out {
			all = append(all, cell.Spec{Data: s.data.Name, Images: r.Images, LeaveOut: class[0], Also: class[1:],
				On: cell.Valid, Seed: seed, Model: m, Drawing: r.Drawing})
		}
	}
	return all
}

// epochs of a candidate on a rung.
func epochs(c candidate, r Rung) int {
	return max(1, int(math.Round(r.Epochs*float64(c.Model.Train.Epochs)))) * max(1, r.Passes)
}

// passes over the images of a candidate on a rung.
func passes(c candidate, r Rung) float64 {
	if c.Model.Kind == configs.SGD.Kind() {
		return float64(epochs(c, r))
	}
	return c.Passes
}
