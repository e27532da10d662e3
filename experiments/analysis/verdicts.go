package analysis

import (
	"fmt"
	"math"
	"strings"

	"deepgmm/eval"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// An Answer is what the results say to a claim, asked of a pair of models. docs/claims.md has the rules.
type Answer string

// The answers. NotRun is that of a pair without results in the tier.
const (
	Yes    Answer = "yes"
	No     Answer = "no"
	Open   Answer = "undecided"
	NotRun Answer = "not run"
)

// leastUsed is the share of its components that a layer must use, in the mean over the trainings, not to have collapsed.
const leastUsed = 0.25

// level of the tests, after Holm's correction.
const level = 0.05

// Question is whom a claim compares: a column of the short table of verdicts.
type Question struct {
	ID, Words    string
	Short        string // where there is no room
	ours, theirs func(suite.Roles) suite.Model
}

// Questions returns the three, in the order of columns.
func Questions() []Question {
	rival := func(r suite.Roles) suite.Model { return r.Rival }
	deep := func(r suite.Roles) suite.Model { return r.Deep }
	return []Question{
		{"paper", "paper's model against the paper's rival (EM)", "paper's model against EM", func(r suite.Roles) suite.Model { return r.Paper }, rival},
		{"deep", "best deep model against the paper's rival (EM)", "best deep against EM", deep, rival},
		{"flat", "best deep model against the strongest flat model", "best deep against flat", deep, func(r suite.Roles) suite.Model { return r.Flat }},
	}
}

// judged are the claims that have answers; the findings of a question are its metrics, the first the one that is shown.
var judged = []struct {
	id, words string
	findings  func(*results.Set, Question) judgement
}{
	{"C1", "flat mixtures cost more for the same quality", judgeCost},
	{"C3", "better clusters", judgeClusters},
	{"C4", "better samples", judgeSamples},
	{"C5", "better outlier detection", judgeOutliers},
}

// Claim is one that is judged.
type Claim struct{ ID, Words string }

// Claims returns those that are judged, in their order.
func Claims() (all []Claim) {
	for _, c := range judged {
		all = append(all, Claim{c.id, c.words})
	}
	return all
}

// shown are the claims that have findings only.
var shown = []struct {
	id, words string
	findings  func(*results.Set, suite.Choice) []finding
}{
	{"C2", "trained by SGD from random starts, every layer learns", trainingFindings},
	{"C4b", "sharper images by gradient ascent", sharpeningFindings},
	{"C6", "layers find parts of images", pictureFindings},
}

// judgement is the findings for one claim and question.
type judgement struct {
	findings  []finding
	collapsed string // layer of our model that has collapsed; "": none
}

// answer is yes if all findings that count favour our model and none of its layers has collapsed, no if one is against
// it or a layer has.
func (j judgement) answer() Answer {
	if len(j.findings) == 0 {
		return NotRun
	}
	if j.collapsed != "" {
		return No
	}
	switch verdict(j.findings) {
	case Reproduced:
		return Yes
	case NotReproduced:
		return No
	}
	return Open
}

// p is the largest p-value of the findings that count: all of them must hold.
func (j judgement) p() (p float64) {
	for _, f := range j.findings {
		if !f.aside {
			p = max(p, f.advantage.P)
		}
	}
	return p
}

// VerdictID is the row of a claim and a question in the table of verdicts.
func VerdictID(claim, question string) string { return claim + "." + question }

// verdicts (C-verdicts): a row for every claim and question, with the metric that is shown, and below it rows of all
// its metrics; then the findings of claims that are not judged.
func verdicts(s *results.Set, t *report.Table) {
	t.Columns = []report.Column{{ID: "claim", Name: "claim"}, {ID: "answer", Name: "answer"}, {ID: "metric", Name: "metric"}, {ID: "ours", Name: "our model"}, {ID: "rival", Name: "rival"},
		{ID: "value", Name: "ours", Decimals: 3}, {ID: "rival-value", Name: "rival's", Decimals: 3}, {ID: "advantage", Name: "advantage", Decimals: 3},
		{ID: "p", Name: "p", Decimals: 4}, {ID: "holm", Name: "p, Holm", Decimals: 4}, {ID: "pairs", Name: "seeds × classes"}, {ID: "rests", Name: "rests on"}}
	t.Note = fmt.Sprintf("The rules are in docs/claims.md. Advantage: mean of the paired differences in favour of our model with its 95 %% bootstrap interval; of costs, log₁₀ of the ratio. Yes: above 0 for every metric that counts; no: below 0 for one, or a layer of our model uses less than %.0f %% of its components; metrics in brackets do not count. p: of paired t-tests, over seeds or, with several classes, over classes; the largest of the metrics that count; Holm: adjusted for all answers of this table. %s", 100*leastUsed, how(s))
	var made []judgement
	var ids, words []string
	var ps []float64
	for _, c := range judged {
		for _, q := range Questions() {
			j := c.findings(s, q)
			made, ids, words = append(made, j), append(ids, VerdictID(c.id, q.ID)), append(words, c.id+" "+c.words+": "+q.Words)
			if len(j.findings) > 0 {
				ps = append(ps, j.p())
			}
		}
	}
	adjusted := eval.Holm(ps)
	for i, j := range made {
		holm := math.NaN()
		if len(j.findings) > 0 {
			holm, adjusted = adjusted[0], adjusted[1:]
		}
		j.add(t, ids[i], words[i], holm)
	}
	for _, c := range shown {
		for i, f := range c.findings(s, s.Chosen()) {
			t.Add(fmt.Sprintf("%s.%d", c.id, i+1), f.cells(c.id+" "+c.words, "finding", math.NaN())...)
		}
	}
}

// how says who chose the models.
func how(s *results.Set) string {
	words := s.Roles(tasks[0]).How + " " + s.Roles(tasks[1]).How
	if hasSamples(s.Tier) {
		words += " For samples they are the nearest to the validation images, as drawn or sharpened."
	}
	return words
}

// add adds the rows of a judgement.
func (j judgement) add(t *report.Table, id, words string, holm float64) {
	if len(j.findings) == 0 {
		row := make([]report.Value, len(t.Columns))
		row[0], row[1] = report.Text(words), report.Text(string(NotRun))
		t.Add(id, row...)
		return
	}
	answer := string(j.answer())
	if j.collapsed != "" {
		answer += collapsedWords + j.collapsed
	}
	head := j.findings[0].cells(words, answer, holm)
	head[8] = report.Num(j.p())
	t.Add(id, head...)
	if len(j.findings) == 1 {
		return
	}
	for i, f := range j.findings {
		mark := answerOf(f.verdict)
		if f.aside {
			mark = "(" + mark + ")"
		}
		name := fmt.Sprintf("%s.%d", id, i+1)
		t.Add(name, f.cells(name, mark, math.NaN())...)
	}
}

// collapsedWords stand between an answer and the layer that has collapsed.
const collapsedWords = ", collapsed: "

// parseAnswer reads what add writes.
func parseAnswer(text string) (a Answer, collapsed bool) {
	word, _, collapsed := strings.Cut(text, collapsedWords)
	return Answer(word), collapsed
}

func answerOf(v Verdict) string {
	return strings.NewReplacer(string(NotReproduced), string(No), string(Reproduced), string(Yes)).Replace(string(v))
}

// cells are the row of a finding.
func (f finding) cells(claim, answer string, holm float64) []report.Value {
	row := f.row(claim)
	p := math.NaN()
	if f.advantage != nil {
		p = f.advantage.P
	}
	return []report.Value{row[0], report.Text(answer), row[2], row[3], row[4], row[5], row[6], row[7], report.Num(p), report.Num(holm), row[8], row[9]}
}
