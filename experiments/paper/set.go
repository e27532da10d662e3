package paper

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
)

// set is what the templates see of the results on one data set.
type set struct {
	artefact.Data
	analysis.Summary
	suite     suite.Suite
	dir, link string // of the artefacts on disk, and from the page
	manifest  *artefact.Manifest
}

// Title is the name of the data set.
func (s *set) Title() string { return analysis.SetTitle(s.Name) }

// Has reports whether the tier wrote a table or figure.
func (s *set) Has(id string) bool { return s.manifest.Has(s.Name, id) }

func (s *set) read(id string) (*report.Table, error) {
	return report.ReadTable(filepath.Join(s.dir, id+".json"))
}

// Table is a table in Markdown.
func (s *set) Table(id string) (string, error) {
	t, err := s.read(id)
	return markdown(t, err)
}

// Number is a value of a table, by the ids of row and column.
func (s *set) Number(table, row, column string) (float64, error) {
	t, err := s.read(table)
	if err != nil {
		return 0, err
	}
	v, _ := t.Lookup(row, column)
	x, ok := v.Float()
	if !ok {
		return 0, fmt.Errorf("table %s has no number in row %q, column %q", table, row, column)
	}
	return x, nil
}

// named are the tables that have the names of all models between them.
var named = []string{analysis.ClusteringID, analysis.OutliersID, analysis.ArchitecturesID, analysis.SamplesID}

// Model is the name of a model in the tables, as text: what has its id today may be another model. "" stands for none.
func (s *set) Model(id string) (string, error) {
	if id == "" {
		return "none", nil
	}
	for _, table := range named {
		if !s.Has(table) {
			continue
		}
		t, err := s.read(table)
		if err != nil {
			return "", err
		}
		if v, ok := t.Lookup(id, "model"); ok {
			return report.Inline(v.String()), nil
		}
	}
	return "", fmt.Errorf("no table of %s has a model with the id %q: run the tier again", s.Name, id)
}

// comparison is a Comparison with what it is by.
type comparison struct {
	*set
	Quantity string
	analysis.Comparison
}

// By is a comparison by a quantity.
func (s *set) By(quantity string, c analysis.Comparison) comparison {
	return comparison{s, quantity, c}
}

// Figure is the path of a figure's picture.
func (s *set) Figure(id string) string { return path.Join(s.link, id+".png") }

// Show is a figure with its text for readers who do not see it and its caption.
func (s *set) Show(id string) (string, error) {
	f, ok := analysis.About(id, s.Name)
	if !ok {
		return "", fmt.Errorf("no words for the figure %s", id)
	}
	number, _, _ := strings.Cut(id, "-")
	return fmt.Sprintf("![%s](%s)\n\n*%s. %s*", f.Alt, s.Figure(id), number, strings.TrimSpace(f.Alt+". "+f.Caption)), nil
}

// Claims is the table of claims by the first scoring; what a row rests on is a link to that table or figure.
func (s *set) Claims() (string, error) { return s.linked(analysis.ClaimsID) }

// Verdicts is the table of answers, linked in the same way.
func (s *set) Verdicts() (string, error) { return s.linked(analysis.VerdictsID) }

func (s *set) linked(id string) (string, error) {
	t, err := s.read(id)
	if err != nil {
		return "", err
	}
	for _, row := range t.Rows {
		for c := range row {
			row[c] = row[c].Under(s.link)
		}
	}
	return markdown(t, nil)
}
