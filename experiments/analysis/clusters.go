package analysis

import (
	"fmt"
	"slices"

	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// clusterPictures show the first test image of each cluster of the paper's rival, of the flat mixture of factor analysers
// that a search chose, and of the deep model that stands for its kind, framed in the colour of the most frequent class.
func clusterPictures(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	wanted := []suite.Model{s.PaperRival(configs.Clustering)}
	if m, ok := s.Winner(configs.Clustering, configs.MFA); ok {
		wanted = append(wanted, m)
	}
	classes := 0
	for _, m := range append(wanted, s.Chosen().Clusters) {
		if !suite.Has(s.Compared(), m.ID) {
			continue
		}
		c := first(s, m)
		if c.Members == nil {
			continue
		}
		made := sheet(c.Members.Sheet, "")
		made.Caption, made.Groups = fmt.Sprintf("%s: purity %.3f", m.Short(), c.Clusters.Purity), c.Members.Class
		figure.Sheets = append(figure.Sheets, made)
		classes = max(classes, 1+slices.Max(c.Members.Class))
	}
	for class := range classes {
		figure.Groups = append(figure.Groups, fmt.Sprint(class))
	}
	return figure
}
