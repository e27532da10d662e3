package suite

import (
	"fmt"
	"slices"
	"sync"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Suite is a tier on one data set, with the models that searches on its validation images chose.
type Suite struct {
	Tier
	Set string // name of the data set
}

// On is the tier on a data set.
func (t Tier) On(set string) Suite { return Suite{t, set} }

// allConfigs are the configs that are part of the program, by name.
var allConfigs = sync.OnceValue(func() map[string]configs.Config {
	all, err := configs.All()
	if err != nil {
		panic("suite: a config that is part of the program: " + err.Error()) // a test reads them all
	}
	byName := map[string]configs.Config{}
	for _, c := range all {
		byName[c.Name()] = c
	}
	return byName
})

// purposes are the tasks as names tell them: settings differ by task.
var purposes = map[configs.Task]string{configs.Clustering: "clusters", configs.Outliers: "outliers", configs.Drawing: "samples"}

// Winners are what searches on validation images of the data set chose for a task, in the families that the tier asks
// for. A data set that was not searched has none.
func (s Suite) Winners(task configs.Task) []Model {
	var found []Model
	for _, f := range s.Tuned[task] {
		if m, ok := s.Winner(task, f); ok {
			found = append(found, m)
		}
	}
	return found
}

// Winner is the one of a family; ok is false if the data set was not searched, or the tier does not ask for it.
func (s Suite) Winner(task configs.Task, f configs.Family) (m Model, ok bool) {
	c, ok := allConfigs()[configs.Name(s.Set, task, f)]
	if !ok || !slices.Contains(s.Tuned[task], f) {
		return Model{}, false
	}
	name := FamilyNames[f]
	switch f {
	case configs.Deep:
		name = c.Model.Arch
	case configs.Plain:
		name = "plain " + c.Model.Arch
	}
	m = Model{Model: c.Model}.As(fmt.Sprintf("tuned-%s-%s", task, f), fmt.Sprintf("%s, tuned for %s", name, purposes[task]))
	m.short = name
	return m, true
}

// IsTuned reports whether a search chose any model of the tier for the data set.
func (s Suite) IsTuned() bool {
	return slices.ContainsFunc(configs.Tasks(), func(task configs.Task) bool { return len(s.Winners(task)) > 0 })
}

// withWinners adds the winners of a task to models. In a tier that is TunedOnly, flat models give way to the winner of
// their family.
func (s Suite) withWinners(models []Model, task configs.Task) []Model {
	models = slices.Clone(models)
	for _, w := range s.Winners(task) {
		if s.TunedOnly && w.IsFlat() {
			models = slices.DeleteFunc(models, func(m Model) bool { return m.IsFlat() && m.Family() == w.Family() })
		}
		models = append(models, w)
	}
	return models
}

// PaperRival is the rival of the paper, the flat GMM by k-means and EM: as it was tuned for the task, where the tier
// has that.
func (s Suite) PaperRival(task configs.Task) Model {
	if m, ok := s.Winner(task, configs.EM); ok {
		return m
	}
	return EM(TopK, 0)
}

// Score names the score that tells outliers for a model, by its id: what its search chose, else the main one.
func (s Suite) Score(id string) string {
	for _, f := range s.Tuned[configs.Outliers] {
		if m, ok := s.Winner(configs.Outliers, f); ok && m.ID == id {
			return allConfigs()[configs.Name(s.Set, configs.Outliers, f)].Readout
		}
	}
	return cell.MainScore
}
