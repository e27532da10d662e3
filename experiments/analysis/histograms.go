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

// histogramClasses is how many of the classes left out have histograms.
const histogramClasses = 2

// histograms show the scores of known and of unknown classes, for the paper's rival, the flat mixture of factor
// analysers that a search chose, and the deep model that stands for its kind; a row for each class left out.
func histograms(s *results.Set, f frame) report.Written {
	wanted := []suite.Model{s.PaperRival(configs.Outliers)}
	if m, ok := s.Winner(configs.Outliers, configs.MFA); ok {
		wanted = append(wanted, m)
	}
	wanted = append(wanted, s.Chosen().Outliers)
	models := slices.DeleteFunc(wanted, func(m suite.Model) bool { return !suite.Has(s.DetectorModels(), m.ID) })
	if len(models) == 0 {
		models = s.DetectorModels()[:1]
	}
	figure := f.lines()
	figure.OneLegend = true
	for _, class := range s.LeaveOut[:min(histogramClasses, len(s.LeaveOut))] {
		var row []report.Panel
		for _, m := range models {
			o := s.Detection(s.Find(m.ID, s.Seeds[0], class))
			p := report.Panel{Title: fmt.Sprintf("%s, class %d: AUC %.3f", m.Short(), class, o.AUC), X: "score: " + s.Score(m.ID), Y: "% of images"}
			if h := o.Histogram; h != nil {
				p.Lines = []report.Line{stairs("known classes", h, h.In), stairs("the class left out", h, h.Out)}
			}
			row = append(row, p)
		}
		figure.Panels = append(figure.Panels, row)
	}
	return figure
}

// stairs is the outline of a histogram, in per cent of its images.
func stairs(name string, h *cell.Histogram, counts []int) report.Line {
	l := report.Line{Name: name}
	l.X, l.Y = h.Outline(counts)
	return l
}
