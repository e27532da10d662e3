package paper

import (
	"fmt"
	"slices"
	"strings"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
)

// Tables of both data sets side by side: models that a search chose for each of them stand in one row.

// side is a table of one quantity or more, by data set.
type side struct {
	title, table string
	columns      []string                     // ids
	rows         func(s *set, id string) bool // that are shown; nil: all
	note         string
	intervals    bool // are shown
}

// sides are the tables of the paper, by claim.
var sides = map[string]side{
	"C1": {"Cost and quality", analysis.CostID, []string{"parameters", "purity", "auc"}, nil,
		"Parameters; purity of clusters of all classes; AUC of the class left out in the grid. All columns, with memory and arithmetic, are in the appendix.", false},
	"C3": {"Clusters of the test images", analysis.ClusteringID, []string{"purity", "nmi"}, nil, "All classes, 49 clusters.", false},
	"C4": {"Samples against test images", analysis.SamplesID, []string{"frechet", "ndb", "energy"}, (*set).headlineSample,
		"Fréchet distance and NDB: less is better; gradient energy: 1 is right. All rows and columns are in the appendix.", false},
	"C5": {"Detection of the class left out", analysis.OutliersID, []string{analysis.MeanID}, nil, "Mean AUC over the classes left out, of the score that was chosen with each model.", false},
	"T5": {"What the parts of a small deep model do", "T5-ablation", []string{"purity-difference", "auc-difference"}, nil, "Differences to the first model when one thing is changed, with 95 % intervals.", true},
}

// SideBySide is the table of a claim; "" if the tier has none of it.
func (d *document) SideBySide(claim string) (string, error) {
	of := sides[claim]
	all := report.Table{ID: "side", Title: of.title, Columns: []report.Column{{Name: "model"}}, Note: of.note}
	tables := map[*set]*report.Table{}
	for _, s := range d.Sets {
		if !s.Has(of.table) {
			return "", nil
		}
		t, err := s.read(of.table)
		if err != nil {
			return "", err
		}
		tables[s] = t
		for _, id := range of.columns {
			i := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Key() == id })
			if i < 0 {
				return "", fmt.Errorf("paper: table %s has no column %q", t.ID, id)
			}
			c := t.Columns[i]
			c.Name, _, _ = strings.Cut(c.Name, ", mean of")
			all.Columns = append(all.Columns, report.Column{Name: s.Title() + ": " + c.Name, Decimals: c.Decimals, Better: c.Better})
		}
	}
	var known []string
	var named []string
	for _, s := range d.Sets {
		for _, id := range tables[s].IDs {
			if slices.Contains(known, id) || of.rows != nil && !of.rows(s, id) {
				continue
			}
			known = append(known, id)
			name, detail := d.rowName(id, tables)
			if detail != "" {
				named = append(named, detail)
			}
			all.Rows = append(all.Rows, d.sideRow(id, name, of, tables))
		}
	}
	all.Note = strings.Join(append([]string{all.Note}, named...), " ")
	return markdown(&all, nil)
}

func (d *document) sideRow(id, name string, of side, tables map[*set]*report.Table) []report.Value {
	row := []report.Value{report.Text(name)}
	for _, s := range d.Sets {
		for _, column := range of.columns {
			v, _ := tables[s].Lookup(id, column)
			if !of.intervals {
				v = brief(v)
			}
			row = append(row, v)
		}
	}
	return row
}

// brief is a number without its interval, which the appendix has; from 10,000 on in thousands.
func brief(v report.Value) report.Value {
	x, ok := v.Float()
	switch {
	case !ok:
		return v
	case x >= 1e4:
		return report.Text(report.Thousands(x))
	}
	return report.Num(x)
}

// rowName is the name of a row, and, where it is another model on each data set, who that is.
func (d *document) rowName(id string, tables map[*set]*report.Table) (name, detail string) {
	var names, who []string
	for _, s := range d.Sets {
		v, ok := tables[s].Lookup(id, tables[s].Columns[0].Key())
		if !ok {
			continue
		}
		if !slices.Contains(names, v.String()) {
			names = append(names, v.String())
		}
		short, _, _ := strings.Cut(v.String(), ", tuned for")
		who = append(who, s.Title()+" `"+short+"`")
	}
	if len(names) == 1 {
		return names[0], ""
	}
	name = roleName(id)
	if strings.Contains(id, "+") { // the row as drawn says who
		return name, ""
	}
	return name, fmt.Sprintf("“%s”: %s.", name, strings.Join(who, ", "))
}

// roleName is what a row is called that stands for several models: the winners of searches, whose ids have the task and
// the family.
func roleName(id string) string {
	model, variant, _ := strings.Cut(id, "+")
	name := model
	for task, purpose := range map[string]string{"clustering": "clusters", "outliers": "outliers", "drawing": "samples"} {
		if family, ok := strings.CutPrefix(model, "tuned-"+task+"-"); ok {
			name = family + ", tuned for " + purpose
		}
	}
	if variant != "" {
		name += ", " + variant
	}
	return name
}

// headlineSample reports whether a row of samples is in the short table: real images, flat models that were tuned, and
// the best deep one, as drawn and sharpened.
func (s *set) headlineSample(id string) bool {
	model, _, _ := strings.Cut(id, "+")
	return id == suite.TrainingImages || slices.Contains(s.Samples.Flat, id) || model == s.Samples.Best || strings.HasSuffix(model, "-plain") || id == s.Samples.Rival
}

// Figures is a figure of all data sets, one beside the other as far as they fit.
func (d *document) Figures(id string) (string, error) {
	var names, rules, cells []string
	var caption string
	for _, s := range d.Sets {
		if !s.Has(id) {
			return "", nil
		}
		f, ok := analysis.About(id, s.Name)
		if !ok {
			return "", fmt.Errorf("no words for the figure %s", id)
		}
		names, rules, cells = append(names, s.Title()), append(rules, ":--:"), append(cells, fmt.Sprintf("![%s](%s)", f.Alt, s.Figure(id)))
		generic, _ := analysis.About(id, "")
		number, _, _ := strings.Cut(id, "-")
		caption = fmt.Sprintf("*%s. %s*", number, strings.TrimSpace(generic.Caption))
	}
	if len(cells) == 1 {
		return cells[0] + "\n\n" + caption, nil
	}
	row := func(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
	return row(names) + row(rules) + row(cells) + "\n" + caption, nil
}
