package suite

import (
	"fmt"
	"slices"
	"strings"

	"deepgmm/experiments/configs"
)

// Roles are the models that the verdicts of a task compare. No test image has a say in who they are.
type Roles struct {
	Paper Model // the paper's model: the best of its operations alone
	Rival Model // the paper's rival
	Deep  Model // the best deep model, plain ones included
	Flat  Model // the strongest flat model
	How   string
}

// Roles for clusters or outliers: of the winners of the searches the best by their figure on validation images. Without
// a search they are named in advance: the deep model of Chosen, and the flat mixture by SGD. (Roles for samples follow
// from the settings that cells try on validation images, see package results.)
func (s Suite) Roles(task configs.Task) Roles {
	r := Roles{Paper: s.PaperModel(task), Rival: s.PaperRival(task), Deep: s.inAdvance(), Flat: s.flatInAdvance()}
	var in []string
	if m, ok := s.bestWinner(task, func(f configs.Family) bool { return f.IsDeep() }); ok {
		r.Deep = m
	} else {
		in = append(in, "deep")
	}
	if m, ok := s.bestWinner(task, func(f configs.Family) bool { return !f.IsDeep() }); ok {
		r.Flat = m
	} else {
		in = append(in, "flat")
	}
	if _, ok := s.Winner(task, configs.Plain); !ok {
		in = append(in, "paper's")
	}
	r.How = fmt.Sprintf("For %s the models are the best on validation images, of the winners of the searches.", purposes[task])
	if len(in) > 0 {
		r.How = fmt.Sprintf("For %s the %s model was named in advance, without a look at any result: no search chose it.", purposes[task], strings.Join(in, " and the "))
	}
	return r
}

// PaperModel stands for the paper's model in a task: the winner of the family plain, or, where there is none, the first
// plain deep model that the tier was given.
func (s Suite) PaperModel(task configs.Task) Model {
	if m, ok := s.Winner(task, configs.Plain); ok {
		return m
	}
	models := s.Models
	if task == configs.Drawing {
		models = s.Generators
	}
	if i := slices.IndexFunc(models, Model.IsPlain); i >= 0 {
		return models[i]
	}
	return Model{}
}

// IsPlain reports whether the model is deep and has the paper's operations alone.
func (m Model) IsPlain() bool { return m.IsDeep() && configs.IsPlain(m.Model) }

// flatInAdvance is the first flat mixture by SGD, or the paper's rival.
func (s Suite) flatInAdvance() Model {
	if i := slices.IndexFunc(s.Models, func(m Model) bool { return m.IsFlat() && m.Family() == configs.SGD }); i >= 0 {
		return s.Models[i]
	}
	return s.PaperRival(configs.Clustering)
}

// bestWinner is the winner of a task with the best figure on validation images, of the families of a kind; ok is false
// without any. All families climb the same ladder, so that their figures compare.
func (s Suite) bestWinner(task configs.Task, of func(configs.Family) bool) (best Model, ok bool) {
	high := 0.
	for _, f := range s.Tuned[task] {
		m, found := s.Winner(task, f)
		if !found || !of(f) {
			continue
		}
		if v := allConfigs()[configs.Name(s.Set, task, f)].Search.Value; !ok || v > high {
			best, high, ok = m, v, true
		}
	}
	return best, ok
}
