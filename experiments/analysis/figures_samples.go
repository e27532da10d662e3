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
// analysers, tuned if there is one, a deep model with pooling, and last the few deep ones whose samples, as drawn or
// sharpened, were the nearest to the validation images, the best at the end.
func shownSamplers(s *results.Set, few int) []suite.Model {
	ranked := s.NearestSamplers()
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

// strips show the way uphill; the first captions say the objective, its mean over the rows.
func strips(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	for _, m := range suite.Where(s.Samplers(), suite.Model.IsDeep) {
		d := ofSamples(s, m)
		made := shortSheet(d.Pictures[cell.PictureStrip], m)
		made.Captions = slices.Clone(made.Captions)
		for i := range made.Captions {
			if at := objectiveAt(d.Trace, made.Captions[i]); i < made.Cols && at != nil {
				made.Captions[i] += fmt.Sprintf(": %.0f", *at)
			}
		}
		figure.Sheets = append(figure.Sheets, made)
	}
	return figure
}

// objectiveAt is the objective after as many iterations as a caption says; nil if it is not known.
func objectiveAt(trace []cell.TracePoint, caption string) *float64 {
	for _, p := range trace {
		if fmt.Sprint(p.Iteration) == caption {
			return &p.Objective
		}
	}
	return nil
}

// inpaintPictures are those of the paper's rival, of the flat mixture of factor analysers, and of the best deep model.
func inpaintPictures(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	models := shownSamplers(s, 1)
	for at, m := range models {
		if at > 0 && at < len(models)-1 && m.IsDeep() {
			continue
		}
		for i, p := range ofSamples(s, m).Inpainted {
			made := shortSheet(p.Picture, m)
			made.NewRow = i == 0
			figure.Sheets = append(figure.Sheets, made)
		}
	}
	return figure
}
