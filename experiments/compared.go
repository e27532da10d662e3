package experiments

import (
	"fmt"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Choice says which deep models of a data set stand for DCGMMs when a claim is judged.
// It must be made without test images.
type Choice struct {
	Clusters cell.Model // for C1 and C3
	Outliers cell.Model // for C1 and C5
	How      string     // a sentence for the tables: by whom and on what it was chosen
}

// chosen is the one place that says which deep models stand for a tier on a data set: for each of the two tasks the winner of the search on
// its validation images, or, where there is none, the pooled architecture of two layers of the authors' scripts (model.md §3, C) with topK
// components, named in advance, without a look at any result.
func chosen(t Tier, data string) Choice {
	inAdvance := t.inAdvance()
	c := Choice{inAdvance, inAdvance, ""}
	clusters, tunedC := t.winner(data, configs.Clustering, configs.Deep)
	outliers, tunedO := t.winner(data, configs.Outliers, configs.Deep)
	if tunedC {
		c.Clusters = clusters.Model
	}
	if tunedO {
		c.Outliers = outliers.Model
	}
	named := fmt.Sprintf("%s was named in advance, without a look at any result", inAdvance.Name)
	switch {
	case tunedC && tunedO:
		c.How = "The deep models were chosen for clusters and for outliers by the search on validation images (docs/tuning.md)."
	case tunedC:
		c.How = fmt.Sprintf("The deep model for clusters was chosen by the search on validation images (docs/tuning.md); that for outliers, %s.", named)
	case tunedO:
		c.How = fmt.Sprintf("The deep model for outliers was chosen by the search on validation images (docs/tuning.md); that for clusters, %s.", named)
	case inAdvance.Name != "":
		c.How = fmt.Sprintf("The deep model %s: no search on validation images chose it.", named)
	}
	return c
}

// inAdvance is the first deep model with pooling, or the first deep one; the zero value without any.
func (t Tier) inAdvance() (m cell.Model) {
	for _, m := range t.Models {
		if isDeep(m) && configs.ArchOf(m).Pooled() {
			return m
		}
	}
	for _, m := range t.Models {
		if isDeep(m) {
			return m
		}
	}
	return m
}

// compared are the models of a data set that cluster: Models and the winners of the search for clusters.
func (t Tier) compared(data string) []cell.Model {
	return t.withWinners(t.Models, data, configs.Clustering)
}

// detectors are the models of a data set that detect outliers: all Models, or those of them that the tier names, with the paper's rival
// and the Choice; the winners of the search for outliers; and the references.
func (t Tier) detectors(data string) []cell.Model {
	models := slices.Clone(t.Models)
	if t.Detectors != nil {
		named := append(slices.Clone(t.Detectors), t.paperRival(data, configs.Outliers), chosen(t, data).Outliers.Name)
		models = slices.DeleteFunc(models, func(m cell.Model) bool { return !slices.Contains(named, m.Name) })
	}
	return append(t.withWinners(models, data, configs.Outliers), t.Neighbours...)
}

// Cost is a grid of flat mixtures of many sizes, for C1. The zero value has none.
type Cost struct {
	EM, SGD  []int    // numbers of components
	MaxIter  int      // of EM; 0: until it converges
	Epochs   int      // of SGD
	LeaveOut int      // the class left out for the AUC
	Seeds    []uint64 // 0: none
}

// models are the flat mixtures of the grid, with the settings that were tuned at topK components for a task, where there are any.
func (c Cost) models(t Tier, data string, task configs.Task) []cell.Model {
	var models []cell.Model
	add := func(f configs.Family, m cell.Model, sizes []int, resize func(m *cell.Model, K int)) {
		if tuned, ok := t.winner(data, task, f); ok {
			m = tuned.Model
		}
		for _, K := range sizes {
			m := m
			m.Name = fmt.Sprintf("%s, K = %d", flatNamesOf[f], K)
			if components(m) != K {
				resize(&m, K)
			}
			models = append(models, m)
		}
	}
	add(configs.EM, em(topK, c.MaxIter), c.EM, func(m *cell.Model, K int) { m.K, m.MaxIter = K, c.MaxIter })
	add(configs.SGD, sgd(fmt.Sprintf("F28 G%d", topK), c.Epochs), c.SGD, func(m *cell.Model, K int) { m.Arch = fmt.Sprintf("F28 G%d", K) })
	return models
}

// components of a flat mixture, 0 of any other network.
func components(m cell.Model) int {
	if a := configs.ArchOf(m); len(a.Layers) == 1 && !a.Factors() {
		return a.Top().K()
	}
	return m.K
}

// Ablation is a deep model and variants of it, each named by what is changed. The zero value has none.
type Ablation struct {
	Base     cell.Model
	Variants []cell.Model
	LeaveOut int // the class that is left out of every training: the outliers
	Seeds    []uint64
}

// models are the base and its variants.
func (a Ablation) models() []cell.Model {
	if a.Base.Name == "" {
		return nil
	}
	return append([]cell.Model{a.Base}, a.Variants...)
}

func hasModel(models []cell.Model, name string) bool {
	return slices.ContainsFunc(models, func(m cell.Model) bool { return m.Name == name })
}
