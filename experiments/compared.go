package experiments

import (
	"fmt"
	"slices"
	"strings"

	"deepgmm/experiments/cell"
)

// Choice says which deep models of a data set stand for DCGMMs when a claim is judged.
// It must be made without test images.
type Choice struct {
	Clusters cell.Model // for C1 and C3
	Outliers cell.Model // for C5
	How      string     // a sentence for the tables: by whom and on what it was chosen
}

// chosen is the one place that says which deep models stand for a tier on a data set. Until a
// search on validation images has named others, it is the pooled architecture of
// two layers of the authors' scripts (model.md §3, C) with topK components: named in advance, without a look at any result.
func chosen(t Tier, _ string) Choice {
	for _, m := range t.Models {
		if isDeep(m) && isPooled(m) {
			return Choice{m, m, "The deep model was named in advance: the first of the tier with pooling, an architecture of the authors' scripts; no search on validation images chose it."}
		}
	}
	for _, m := range t.Models {
		if isDeep(m) {
			return Choice{m, m, "The deep model was named in advance: the only one of the tier."}
		}
	}
	return Choice{}
}

// compared are the models of a data set that cluster, those of the Choice among them.
func (t Tier) compared(data string) []cell.Model {
	models := slices.Clone(t.Models)
	c := chosen(t, data)
	for _, m := range []cell.Model{c.Clusters, c.Outliers} {
		if m.Name != "" && !hasModel(models, m.Name) {
			models = append(models, m)
		}
	}
	return models
}

// detectors are the models of a data set that detect outliers: all that are compared, or those that
// the tier names, the paper's rival and the Choice.
func (t Tier) detectors(data string) []cell.Model {
	all := t.compared(data)
	if t.Detectors == nil {
		return append(all, t.Neighbours...)
	}
	named := append(slices.Clone(t.Detectors), emName, chosen(t, data).Outliers.Name)
	all = slices.DeleteFunc(all, func(m cell.Model) bool { return !slices.Contains(named, m.Name) })
	return append(all, t.Neighbours...)
}

// Cost is a grid of flat mixtures of many sizes, for C1. The zero value has none.
type Cost struct {
	EM, SGD  []int    // numbers of components
	MaxIter  int      // of EM; 0: until it converges
	Epochs   int      // of SGD
	LeaveOut int      // the class left out for the AUC
	Seeds    []uint64 // 0: none
}

// models are the flat mixtures of the grid. That of topK components is the one of the comparison, if it is there.
func (c Cost) models(t Tier) []cell.Model {
	var models []cell.Model
	add := func(m cell.Model, K int) {
		same := slices.IndexFunc(t.Models, func(o cell.Model) bool { return o.Name == m.Name && components(o) == K })
		if same >= 0 {
			m = t.Models[same]
		} else {
			m.Name = fmt.Sprintf("%s, K = %d", m.Name, K)
		}
		models = append(models, m)
	}
	for _, K := range c.EM {
		add(em(K, c.MaxIter), K)
	}
	for _, K := range c.SGD {
		add(sgd(fmt.Sprintf("F28 G%d", K), c.Epochs), K)
	}
	return models
}

// components of a flat model, 0 of a deep one.
func components(m cell.Model) (K int) {
	if m.Kind == cell.SGD && !isDeep(m) {
		_, _ = fmt.Sscanf(strings.Fields(m.Arch)[1], "G%d", &K) // 0: no plain mixture
		return K
	}
	return m.K
}

// Ablation is a deep model and variants of it, each named by what is changed. The zero value has none.
type Ablation struct {
	Base     cell.Model
	Variants []cell.Model
	LeaveOut int // the class left out for the AUC, cell.NoClass: none
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
