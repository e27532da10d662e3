package paper

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/report"
)

// Verdicts is the short table of answers: a row for every claim and data set, a column for every question.
func (d *document) Verdicts() (string, error) {
	brief := report.Table{ID: "verdicts", Title: "Verdicts, computed from the tables", Columns: []report.Column{{Name: "claim"}, {Name: "data"}},
		Note: "In each cell: the answer, the value of the deep model / that of its rival, the advantage with its 95 % interval. Values: C1 parameters at equal purity (advantage: the geometric mean of ratios over seeds), C3 purity, C4 Fréchet distance (less is better), C5 mean AUC of the classes left out. †: p > 0.05 after Holm's correction for the answers of a data set."}
	for _, q := range analysis.Questions() {
		brief.Columns = append(brief.Columns, report.Column{Name: q.Words})
	}
	for _, c := range analysis.Claims() {
		for _, s := range d.Sets {
			t, err := s.read(analysis.VerdictsID)
			if err != nil {
				return "", err
			}
			row := []report.Value{report.Link(c.ID, path.Join(s.link, analysis.VerdictsID+".md"), " "+c.Words), report.Text(s.Title())}
			for _, q := range analysis.Questions() {
				row = append(row, report.Text(answer(t, c.ID, q.ID)))
			}
			brief.Rows = append(brief.Rows, row)
		}
	}
	return markdown(&brief, nil)
}

// answer is a cell of the short table.
func answer(t *report.Table, claim, question string) string {
	r, ok := analysis.Answered(t, claim, question)
	if !ok {
		return string(analysis.NotRun)
	}
	words := string(r.Answer)
	if (r.Answer == analysis.Yes || r.Answer == analysis.No) && !r.Collapsed && !r.Firm() {
		words += "†"
	}
	if r.Collapsed {
		words += " (a layer has collapsed)"
	}
	return words + ": " + r.Numbers()
}

// tally is how many answers a question has, over claims and data sets.
type tally struct {
	Words                  string
	Yes, No, Open, Missing int
	All                    int
}

// Tallies are those of the questions.
func (d *document) Tallies() ([]tally, error) {
	var all []tally
	for _, q := range analysis.Questions() {
		n := tally{Words: q.Words}
		for _, s := range d.Sets {
			t, err := s.read(analysis.VerdictsID)
			if err != nil {
				return nil, err
			}
			for _, c := range analysis.Claims() {
				n.All++
				r, ok := analysis.Answered(t, c.ID, q.ID)
				switch {
				case !ok:
					n.Missing++
				case r.Answer == analysis.Yes:
					n.Yes++
				case r.Answer == analysis.No:
					n.No++
				default:
					n.Open++
				}
			}
		}
		all = append(all, n)
	}
	return all, nil
}

// tunedFor is what is the same in the names of all models that a section compares.
var tunedFor = regexp.MustCompile(`, tuned for [a-z]+`)

// Sentences say for a claim, on each data set, which models met, with their values; the table of verdicts has the
// intervals.
func (d *document) Sentences(claim string) (string, error) {
	var all []string
	for _, s := range d.Sets {
		t, err := s.read(analysis.VerdictsID)
		if err != nil {
			return "", err
		}
		deep, ok1 := analysis.Answered(t, claim, "deep")
		flat, ok2 := analysis.Answered(t, claim, "flat")
		if !ok1 || !ok2 {
			all = append(all, fmt.Sprintf("On %s this was not run.", s.Title()))
			continue
		}
		name := func(model string) string { return report.Inline(tunedFor.ReplaceAllString(model, "")) }
		words := fmt.Sprintf("On %s the best deep model is `%s`: %s (%s) against the strongest flat model, %s; %s (%s) against the paper's rival",
			s.Title(), name(deep.Ours), flat.Values(), inline(flat.Answer), name(flat.Rival), deep.Values(), inline(deep.Answer))
		if paper, ok := analysis.Answered(t, claim, "paper"); ok {
			words += fmt.Sprintf("; of the paper's own, `%s`, %s (%s)", name(paper.Ours), paper.Values(), inline(paper.Answer))
		}
		all = append(all, words+".")
	}
	return strings.Join(all, " "), nil
}

func inline(a analysis.Answer) string { return report.Inline(string(a)) }

// Findings are a list of what is said of a claim that has no answer.
func (d *document) Findings(claim string) (string, error) {
	var b strings.Builder
	for _, s := range d.Sets {
		t, err := s.read(analysis.VerdictsID)
		if err != nil {
			return "", err
		}
		var found []string
		for _, id := range t.IDs {
			if !strings.HasPrefix(id, claim+".") {
				continue
			}
			metric, _ := t.Lookup(id, "metric")
			words := report.Inline(metric.String())
			if a, _ := t.Lookup(id, "advantage"); a.Text(3) != report.None().Text(3) {
				ours, _ := t.Lookup(id, "value")
				rival, _ := t.Lookup(id, "rival-value")
				words = fmt.Sprintf("%s %s, as drawn %s (advantage %s)", words, ours.Text(3), rival.Text(3), a.Text(3))
			}
			found = append(found, words)
		}
		fmt.Fprintf(&b, "- %s: %s.\n", s.Title(), strings.Join(found, "; "))
	}
	return strings.TrimSpace(b.String()), nil
}

// OldVerdicts is the short table of the first scoring.
func (d *document) OldVerdicts() (string, error) {
	brief := report.Table{ID: "verdicts", Title: "Verdicts by the first scoring", Columns: []report.Column{{Name: "claim"}}}
	for _, s := range d.Sets {
		t, err := s.read(analysis.ClaimsID)
		if err != nil {
			return "", err
		}
		names, verdicts, err := analysis.Verdicts(t)
		if err != nil {
			return "", err
		}
		brief.Columns = append(brief.Columns, report.Column{Name: s.Title()})
		for i, v := range verdicts {
			if len(brief.Rows) == i {
				brief.Rows = append(brief.Rows, []report.Value{names[i]})
			}
			brief.Rows[i] = append(brief.Rows[i], report.Link(string(v), path.Join(s.link, analysis.ClaimsID+".md"), ""))
		}
	}
	return markdown(&brief, nil)
}
