package analysis

import (
	"fmt"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// shownSamplers are the models whose samples are shown, for the first seed: the paper's rival, a flat mixture of factor
// analysers, tuned if there is one, a deep model with pooling, and last the few deep ones whose sharpened samples were
// the nearest to the validation images, the best at the end.
func shownSamplers(s *results.Set, few int) []suite.Model {
	ranked := s.RankedSamplers()
	best := slices.Clone(ranked[:min(few, len(ranked))])
	slices.Reverse(best)
	factors, tuned := s.Winner(configs.Drawing, configs.MFA)
	var shown []suite.Model
	for _, wanted := range []func(suite.Model) bool{
		func(m suite.Model) bool { return m.ID == s.PaperRival(configs.Drawing).ID },
		func(m suite.Model) bool { return !m.IsDeep() && m.HasFactors() && (!tuned || m.ID == factors.ID) },
		func(m suite.Model) bool { return m.IsPooled() && !suite.Has(best, m.ID) },
	} {
		models := s.Samplers()
		if i := slices.IndexFunc(models, wanted); i >= 0 {
			shown = append(shown, models[i])
		}
	}
	return append(shown, best...)
}

// ofSamples is what was measured of a model's samples with the first seed.
func ofSamples(s *results.Set, m suite.Model) *cell.Drawn { return s.SamplesOf(m.ID)[0] }

// shortSheet has the model's name without the task that it was tuned for, where all are of samples.
func shortSheet(s cell.Sheet, m suite.Model) report.Sheet { return sheet(s, m.Short()) }

func samplePictures(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	const best = 2
	models := shownSamplers(s, best)
	for i, m := range models {
		p := ofSamples(s, m).Pictures
		made := []report.Sheet{shortSheet(p[cell.PictureRaw], m), shortSheet(p[cell.PictureSharp], m)}
		if i >= len(models)-best {
			made = append(made, shortSheet(p[cell.PictureCalm], m))
		}
		made[0].NewRow = true
		figure.Sheets = append(figure.Sheets, made...)
	}
	return figure
}

// pictures shows one sheet of each model that is shown.
func pictures(which string) func(*results.Set, frame) report.Written {
	return func(s *results.Set, f frame) report.Written {
		figure := f.pictures()
		for _, m := range shownSamplers(s, 1) {
			figure.Sheets = append(figure.Sheets, shortSheet(ofSamples(s, m).Pictures[which], m))
		}
		return figure
	}
}

func strips(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	for _, m := range suite.Where(s.Samplers(), suite.Model.IsDeep) {
		figure.Sheets = append(figure.Sheets, shortSheet(ofSamples(s, m).Pictures[cell.PictureStrip], m))
	}
	return figure
}

func objectives(s *results.Set, f frame) report.Written {
	var panels []report.Panel
	for _, m := range suite.Where(s.Samplers(), suite.Model.IsDeep) {
		d := ofSamples(s, m)
		line := report.Line{Name: fmt.Sprintf("layer %d", d.Trials[d.Chosen].Target)}
		for _, p := range d.Trace {
			line.X, line.Y = append(line.X, float64(p.Iteration)), append(line.Y, p.Objective)
		}
		panels = append(panels, report.Panel{Title: m.Name, X: "iteration", Y: "log-score of the target layer (nats)", Lines: []report.Line{line}})
	}
	figure := f.lines()
	figure.Panels = rows(panels, 2)
	return figure
}

func inpaintPictures(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	models := shownSamplers(s, 1)
	for _, m := range []suite.Model{models[0], models[len(models)-1]} {
		for i, p := range ofSamples(s, m).Inpainted {
			made := shortSheet(p.Picture, m)
			made.NewRow = i == 0
			figure.Sheets = append(figure.Sheets, made)
		}
	}
	return figure
}
