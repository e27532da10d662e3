package analysis

import (
	"fmt"
	"math"
	"strings"

	"deepgmm/experiments/report"
)

// ForestID names the figure of all answers on all data sets.
const ForestID = "F11-forest"

// A SetTable is a table of a data set.
type SetTable struct {
	Set   string
	Table *report.Table
}

// Forest draws the advantages behind the answers: a panel for each claim, in it a line for every data set and question.
// The tables are C-verdicts. ok is false if none of them has an advantage.
func Forest(all []SetTable, notice string) (f *report.Forest, ok bool) {
	f = &report.Forest{ID: ForestID, Title: "Advantage of deep mixtures with 95 % intervals: right of the dashed line they are better", Notice: notice}
	for _, c := range judged {
		p := report.ForestPanel{}
		for _, a := range all {
			for _, q := range Questions() {
				v, has := Answered(a.Table, c.id, q.ID)
				if !has {
					continue
				}
				metric, _, _ := strings.Cut(v.Metric, ";")
				p.Title, p.Ratio = c.id+" "+c.words+": "+metric, v.Ratio
				p.Rows = append(p.Rows, v.row(SetTitle(a.Set)+": "+q.Short))
			}
		}
		if len(p.Rows) > 0 {
			f.Panels = append(f.Panels, p)
		}
	}
	return f, len(f.Panels) > 0
}

// costClaim is the one whose advantages are log₁₀ of ratios.
const costClaim = "C1"

// A Result is an answer with its numbers, as a table of verdicts has it.
type Result struct {
	Answer          Answer
	Collapsed       bool // a layer of our model has
	Metric          string
	Ours, Rival     string // models
	Value, Against  float64
	Mean, Low, High float64 // advantage; of costs, log₁₀ of the ratio
	Holm            float64 // p-value after Holm's correction
	Ratio           bool    // of costs
	Single          bool    // of one seed: without interval
	Bound           bool    // the rival's cost is a lower bound
	Because         string  // another metric that the answer rests on, with its numbers; "": it rests on this one
}

// Answered returns the result for a claim and a question of a table of verdicts; ok is false if there is none.
func Answered(t *report.Table, claim, question string) (r Result, ok bool) {
	id := VerdictID(claim, question)
	text := func(column string) string { v, _ := t.Lookup(id, column); return v.String() }
	number := func(column string) (x float64, ok bool) { v, _ := t.Lookup(id, column); return v.Float() }
	a, _ := t.Lookup(id, "advantage")
	if r.Mean, ok = a.Float(); !ok {
		return r, false
	}
	if r.Low, r.High, ok = a.Interval(); !ok {
		r.Low, r.High, r.Single = r.Mean, r.Mean, true
	}
	r.Answer, r.Collapsed = parseAnswer(text("answer"))
	r.Metric, r.Ours, r.Rival = text("metric"), text("ours"), text("rival")
	r.Value, _ = number("value")
	r.Against, _ = number("rival-value")
	if r.Holm, ok = number("holm"); !ok {
		r.Holm = math.NaN()
	}
	r.Ratio, r.Bound = claim == costClaim, strings.Contains(r.Rival, lowerBound)
	if !r.Collapsed {
		r.Because = because(t, id, r)
	}
	return r, true
}

// because names the first metric with the same answer as the whole, if that is not the one that is shown.
func because(t *report.Table, id string, whole Result) string {
	for i := 1; ; i++ {
		row := fmt.Sprintf("%s.%d", id, i)
		answer, ok := t.Lookup(row, "answer")
		if !ok {
			return ""
		}
		if answer.String() != string(whole.Answer) {
			continue
		}
		if i == 1 {
			return ""
		}
		metric, _ := t.Lookup(row, "metric")
		words, _, _ := strings.Cut(metric.String(), ";")
		if whole.Ratio {
			a, _ := t.Lookup(row, "advantage")
			mean, _ := a.Float()
			return strings.TrimSuffix(words, " at equal purity") + " " + report.Ratio(report.Num(mean))
		}
		ours, _ := t.Lookup(row, "value")
		theirs, _ := t.Lookup(row, "rival-value")
		return fmt.Sprintf("%s %s / %s", words, ours.Text(2), theirs.Text(2))
	}
}

// Firm reports whether the answer holds after Holm's correction.
func (r Result) Firm() bool { return r.Holm <= level }

// Numbers are the two values and the interval of their difference, in words: costs as k and as ratios; and the metric
// that the answer rests on, if it is another.
func (r Result) Numbers() string {
	if r.Because != "" {
		return r.shown() + "; but " + r.Because
	}
	return r.shown()
}

// shown are the numbers of the metric that is shown.
func (r Result) shown() string {
	values, decimals := r.inWords()
	if r.Ratio {
		return fmt.Sprintf("%s, %s%s", values, r.least(), report.Ratio(r.advantage()))
	}
	return values + ", " + report.Difference(r.advantage(), decimals)
}

// Values are the two values, ours first, in words.
func (r Result) Values() string {
	words, _ := r.inWords()
	return words
}

// inWords are the two values, and their number of decimals.
func (r Result) inWords() (words string, decimals int) {
	if r.Ratio {
		return fmt.Sprintf("%s / %s%s", report.Thousands(r.Value), r.least(), report.Thousands(r.Against)), 0
	}
	decimals = 3
	if math.Max(math.Abs(r.Value), math.Abs(r.Against)) >= 1 {
		decimals = 2
	}
	return fmt.Sprintf("%.*f / %.*f", decimals, r.Value, decimals, r.Against), decimals
}

// least stands before what is a lower bound.
func (r Result) least() string {
	if r.Bound {
		return "≥ "
	}
	return ""
}

// advantage is a number with its interval; of one seed there is none.
func (r Result) advantage() report.Value {
	if r.Single {
		return report.Num(r.Mean)
	}
	return report.NumCI(r.Mean, r.Low, r.High)
}

func (r Result) row(name string) report.ForestRow {
	mark := map[Answer]report.Mark{Yes: report.Favourable, No: report.Adverse}[r.Answer]
	if mark == "" {
		mark = report.Neutral
	}
	words := r.Numbers()
	if r.Because != "" { // the interval is drawn, and gives its room
		values := r.Values()
		words = values + "; but " + r.Because
	}
	return report.ForestRow{Name: name, Mean: r.Mean, Low: r.Low, High: r.High, Words: words, Mark: mark}
}
