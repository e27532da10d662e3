package experiments

import (
	"fmt"
	"slices"
	"sync"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// winners are what searches on validation images of a data set chose for a task, in the families that the tier asks for, named for
// tables. A data set that was not searched has none.
func (t Tier) winners(data string, task configs.Task) []configs.Config {
	var found []configs.Config
	for _, f := range t.Tuned[task] {
		c, ok := allConfigs()[configs.Name(data, task, f)]
		if !ok {
			continue
		}
		c.Model.Name = tunedName(c)
		found = append(found, c)
	}
	return found
}

// allConfigs are the configs that are part of the program, by name.
var allConfigs = sync.OnceValue(func() map[string]configs.Config {
	all, err := configs.All()
	if err != nil {
		panic("experiments: a config that is part of the program: " + err.Error()) // a test reads them all
	}
	byName := map[string]configs.Config{}
	for _, c := range all {
		byName[c.Name()] = c
	}
	return byName
})

func tunedName(c configs.Config) string {
	name := flatNamesOf[c.Family]
	if c.Family == configs.Deep {
		name = c.Model.Arch
	}
	return fmt.Sprintf("%s, tuned for %s", name, purposes[c.Task])
}

// flatNamesOf are the names of flat families in tables, purposes those of tasks. A name tells the task, because settings differ.
var (
	flatNamesOf = map[configs.Family]string{configs.KMeans: "k-means", configs.EM: emName, configs.SGD: "flat GMM, SGD", configs.MFA: "flat MFA, SGD"}
	purposes    = map[configs.Task]string{configs.Clustering: "clusters", configs.Outliers: "outliers", configs.Drawing: "samples"}
)

// winner is the one of a family; ok is false if there is none.
func (t Tier) winner(data string, task configs.Task, f configs.Family) (c configs.Config, ok bool) {
	all := t.winners(data, task)
	if i := slices.IndexFunc(all, func(c configs.Config) bool { return c.Family == f }); i >= 0 {
		return all[i], true
	}
	return c, false
}

// withWinners adds the winners of a task to models. In a tier that is TunedOnly, flat models give way to the winner of their family.
func (t Tier) withWinners(models []cell.Model, data string, task configs.Task) []cell.Model {
	models = slices.Clone(models)
	for _, c := range t.winners(data, task) {
		if t.TunedOnly {
			models = slices.DeleteFunc(models, func(m cell.Model) bool { return isRival(m) && familyOf(m) == c.Family })
		}
		models = append(models, c.Model)
	}
	return models
}

// familyOf is the family of a flat model.
func familyOf(m cell.Model) configs.Family {
	switch {
	case m.Kind == cell.KMeans:
		return configs.KMeans
	case m.Kind == cell.EM:
		return configs.EM
	case configs.ArchOf(m).Factors():
		return configs.MFA
	}
	return configs.SGD
}

// paperRival names the rival of the paper, the flat GMM by k-means and EM: as it was tuned for the task, where the tier has that.
func (t Tier) paperRival(data string, task configs.Task) string {
	if c, ok := t.winner(data, task, configs.EM); ok {
		return c.Model.Name
	}
	return emName
}

// readout names the score that tells outliers for a model: what its search chose, else the main one.
func (t Tier) readout(data, model string) string {
	for _, c := range t.winners(data, configs.Outliers) {
		if c.Model.Name == model {
			return c.Readout
		}
	}
	return cell.MainScore
}

// detection is how well a result detects the class left out, by the readout of its model; ok is false if none was.
func (t Tier) detection(r *cell.Result) (o cell.Outlier, ok bool) {
	score := t.readout(r.Spec.Data, r.Spec.Model.Name)
	i := slices.IndexFunc(r.Outliers, func(o cell.Outlier) bool { return o.Score == score })
	if i < 0 {
		return o, false
	}
	return r.Outliers[i], true
}

func (t Tier) auc(r *cell.Result) (float64, bool) {
	o, ok := t.detection(r)
	return o.AUC, ok
}

// isTuned tells whether a search chose any model of the tier for a data set.
func (t Tier) isTuned(data string) bool {
	return slices.ContainsFunc(configs.Tasks(), func(task configs.Task) bool { return len(t.winners(data, task)) > 0 })
}
