package analysis

import (
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// Compare is a table of fitted models by some metrics, with a class left out or cell.NoClass: a row for each model, under
// its id, and a column for each metric; of several seeds means with bootstrap intervals, as in all tables. Models that the
// set has no cells of are left out. Its ID is to be set.
func Compare(s *results.Set, class int, models []suite.Model, metrics ...results.Metric) report.Table {
	t := report.Table{Columns: columns("model", metrics...), Notice: s.Notice, Note: provenance(s)}
	for _, m := range models {
		if all := s.Of(m.ID, class); len(all) > 0 {
			t.Add(m.ID, append([]report.Value{report.Text(m.Name)}, values(all, metrics...)...)...)
		}
	}
	return t
}
