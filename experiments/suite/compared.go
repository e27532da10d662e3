package suite

import (
	"fmt"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Choice says which deep models of a data set stand for DCGMMs when a claim is judged.
// It must be made without test images.
type Choice struct {
	Clusters Model  // for C1 and C3
	Outliers Model  // for C1 and C5
	How      string // a sentence for the tables: by whom and on what it was chosen
}

// Chosen is the one place that says which deep models stand for a tier on a data set: for each of the two tasks the
// winner of the search on its validation images, or, where there is none, the pooled architecture of two layers of the
// authors' scripts (model.md §3, C) with TopK components, named in advance, without a look at any result.
func (s Suite) Chosen() Choice {
	inAdvance := s.inAdvance()
	c := Choice{Clusters: inAdvance, Outliers: inAdvance}
	clusters, tunedC := s.Winner(configs.Clustering, configs.Deep)
	outliers, tunedO := s.Winner(configs.Outliers, configs.Deep)
	if tunedC {
		c.Clusters = clusters
	}
	if tunedO {
		c.Outliers = outliers
	}
	named := fmt.Sprintf("%s was named in advance, without a look at any result", inAdvance.Name)
	switch {
	case tunedC && tunedO:
		c.How = "The deep models were chosen for clusters and for outliers by the search on validation images (docs/tuning.md)."
	case tunedC:
		c.How = fmt.Sprintf("The deep model for clusters was chosen by the search on validation images (docs/tuning.md); that for outliers, %s.", named)
	case tunedO:
		c.How = fmt.Sprintf("The deep model for outliers was chosen by the search on validation images (docs/tuning.md); that for clusters, %s.", named)
	case inAdvance.ID != "":
		c.How = fmt.Sprintf("The deep model %s: no search on validation images chose it.", named)
	}
	return c
}

// inAdvance is the first deep model with pooling, or the first deep one; the zero value without any.
func (t Tier) inAdvance() Model {
	for _, wanted := range []func(Model) bool{Model.IsPooled, Model.IsDeep} {
		if i := slices.IndexFunc(t.Models, wanted); i >= 0 {
			return t.Models[i]
		}
	}
	return Model{}
}

// Compared are the models that cluster: Models, the winners of the search for clusters and the paper's architectures.
func (s Suite) Compared() []Model {
	return append(s.withWinners(s.Models, configs.Clustering), s.Paper.Models...)
}

// DetectorModels are the models that detect outliers: all Models, or those of them that the tier names, with the
// paper's rival and the Choice; the winners of the search for outliers; and the references.
func (s Suite) DetectorModels() []Model {
	models := s.Models
	if s.Detectors != nil {
		named := append(slices.Clone(s.Detectors), s.PaperRival(configs.Outliers).ID, s.Chosen().Outliers.ID, s.PaperModel(configs.Outliers).ID)
		models = Where(models, func(m Model) bool { return slices.Contains(named, m.ID) })
	}
	return append(s.withWinners(models, configs.Outliers), s.Neighbours...)
}

// Sampled are the models and references that are sampled: Generators, and the winners of the search for samples.
func (s Suite) Sampled() []Model { return s.withWinners(s.Generators, configs.Drawing) }

// Samplers are those of Sampled that are models.
func (s Suite) Samplers() []Model { return Where(s.Sampled(), Model.IsNetwork) }

// Inpainters are those of Samplers that fill in missing pixels.
func (s Suite) Inpainters() []Model {
	return Where(s.Samplers(), func(m Model) bool { return m.Inpaints() })
}

// HeadlineSamplers are the flat ones of the short table of samples: the tuned ones, if any, else all.
func (s Suite) HeadlineSamplers() []Model {
	flat := s.Winners(configs.Drawing)
	if len(flat) == 0 {
		flat = s.Samplers()
	}
	return Where(flat, Model.IsFlat)
}

// Trained are all models that are trained on all classes: those that are compared, the one that stands for outliers,
// and those that are only sampled.
func (s Suite) Trained() []Model {
	models := s.Compared()
	for _, m := range append([]Model{s.Chosen().Outliers}, s.Sampled()...) {
		if m.ID != "" && !m.IsReference() && !Has(models, m.ID) {
			models = append(models, m)
		}
	}
	return models
}

// ByID returns a model that clusters, detects or is sampled; ok is false if there is none.
func (s Suite) ByID(id string) (m Model, ok bool) {
	for _, m := range slices.Concat(s.Compared(), s.DetectorModels(), s.Sampled()) {
		if m.ID == id {
			return m, true
		}
	}
	return Model{}, false
}

// Shown are the models whose components and extremes are shown: flat ones, and the first deep one with and without
// pooling.
func (s Suite) Shown() []Model {
	seen := map[string]bool{}
	return Where(s.Compared(), func(m Model) bool {
		kind := string(m.Kind)
		if m.Kind == cell.SGD {
			kind = fmt.Sprintf("deep %t pooled %t", m.IsDeep(), m.Architecture().Pooled())
		}
		first := !seen[kind]
		seen[kind] = true
		return first
	})
}

// Grid are the flat mixtures of the cost grid, with the settings that were tuned at TopK components for a task, where
// there are any.
func (s Suite) Grid(task configs.Task) []Model {
	var models []Model
	add := func(m Model, sizes []int, resize func(m *Model, K int)) {
		f := m.Family()
		if tuned, ok := s.Winner(task, f); ok {
			m = tuned
		}
		for _, K := range sizes {
			m := m.As(fmt.Sprintf("grid-%s-%d", f, K), fmt.Sprintf("%s, K = %d", FamilyNames[f], K))
			if m.Components() != K {
				resize(&m, K)
			}
			models = append(models, m)
		}
	}
	add(EM(TopK, s.Cost.MaxIter), s.Cost.EM, func(m *Model, K int) { m.K, m.MaxIter = K, s.Cost.MaxIter })
	add(Network(fmt.Sprintf("F28 G%d", TopK), s.Cost.Epochs), s.Cost.SGD, func(m *Model, K int) { m.Arch = fmt.Sprintf("F28 G%d", K) })
	return models
}

// CostDeep are the deep models that are set beside the grid.
func (s Suite) CostDeep() []Model {
	var models []Model
	for _, m := range append(s.Compared(), s.Chosen().Outliers) {
		if m.IsDeep() && !Has(models, m.ID) {
			models = append(models, m)
		}
	}
	return models
}
