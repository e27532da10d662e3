package experiments

import (
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// specs are the cells of one data set that fit models, in the order of computation: what is cheap and compares first.
// No cell is there twice, although tables may share it.
func (t Tier) specs(data string) []cell.Spec {
	var l list
	for _, seed := range t.Seeds {
		l.add(t, data, seed, cell.NoClass, t.trained(data))
		for _, out := range t.LeaveOut {
			l.add(t, data, seed, out, t.detectors(data))
		}
	}
	for _, seed := range t.Cost.Seeds {
		l.add(t, data, seed, cell.NoClass, t.Cost.models(t, data, configs.Clustering))
		l.add(t, data, seed, t.Cost.LeaveOut, append(t.Cost.models(t, data, configs.Outliers), chosen(t, data).Outliers))
	}
	for _, seed := range t.Ablation.Seeds {
		l.add(t, data, seed, t.Ablation.LeaveOut, t.Ablation.models())
	}
	return l.specs
}

// list gathers specs.
type list struct{ specs []cell.Spec }

func (l *list) add(t Tier, data string, seed uint64, out int, models []cell.Model) {
	for _, m := range models {
		if m.Kind == cell.Nearest {
			seed = t.Seeds[0] // it has none: once is enough
		}
		known := func(s cell.Spec) bool { return s.Seed == seed && s.LeaveOut == out && s.Model.Name == m.Name }
		if m.Name != "" && !slices.ContainsFunc(l.specs, known) {
			l.specs = append(l.specs, cell.Spec{Data: data, Images: t.Images, LeaveOut: out, On: cell.Test, Seed: seed, Model: m})
		}
	}
}

// drawings are the cells of one data set that judge what models draw, after all of specs.
func (t Tier) drawings(data string) []cell.Spec {
	var specs []cell.Spec
	for _, seed := range t.Seeds {
		for _, m := range t.generators(data) {
			specs = append(specs, cell.Spec{Data: data, Images: t.Images, LeaveOut: cell.NoClass, On: cell.Test, Seed: seed, Model: m, Drawing: &t.Drawing})
		}
	}
	return specs
}

// trained are all models of a data set that are trained on all classes: those that are compared, the one that stands for outliers, and those that only draw.
func (t Tier) trained(data string) []cell.Model {
	models := t.compared(data)
	for _, m := range append([]cell.Model{chosen(t, data).Outliers}, t.generators(data)...) {
		if m.Name != "" && !isReference(m) && !hasModel(models, m.Name) {
			models = append(models, m)
		}
	}
	return models
}
