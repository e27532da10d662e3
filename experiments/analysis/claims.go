package analysis

import (
	"fmt"
	"math"

	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// A Verdict is what the results make of a claim. It is computed, never written by hand; docs/claims.md has the rules.
type Verdict string

// The verdicts.
const (
	Reproduced    Verdict = "reproduced"
	NotReproduced Verdict = "not reproduced"
	Undecided     Verdict = "undecided"
	Shown         Verdict = "shown, not judged" // no number decides it
)

// What a verdict needs at least. A bootstrap interval of fewer values says nothing.
const (
	MinSeeds   = 3
	minClasses = 5
	minUsed    = 0.9 // share of used components of a layer, C2
)

// ofInterval decides by the interval of an advantage, the mean of the paired differences in favour of the deep model: above 0
// reproduced, below 0 not, around 0 or with too few pairs undecided.
func ofInterval(a advantage, classes int) Verdict {
	switch {
	case a.Seeds < MinSeeds || a.Classes < classes:
		return Undecided
	case a.Low > 0:
		return Reproduced
	case a.High < 0:
		return NotReproduced
	}
	return Undecided
}

// all combines the verdicts that a claim rests on: reproduced if all are, not reproduced if one is not, else undecided.
func all(verdicts []Verdict) Verdict {
	if len(verdicts) == 0 {
		return Undecided
	}
	sum := Reproduced
	for _, v := range verdicts {
		switch v {
		case NotReproduced:
			return NotReproduced
		case Undecided:
			sum = Undecided
		}
	}
	return sum
}

// finding is one row below a claim: one metric against one rival.
type finding struct {
	metric, deep, rival string
	values              [2]float64 // means of the deep model and of its rival
	advantage           *advantage // nil: none
	verdict             Verdict
	aside               bool         // does not count for the claim
	rests               report.Value // on a table or figure
}

// onTable and onFigure say what a finding rests on.
func onTable(id, column string) report.Value {
	if column != "" {
		column = ": " + column
	}
	return report.Link(id, id+".md", column)
}

func onFigure(id string) report.Value { return report.Link(id, id+".png", "") }

// verdict combines those of the findings that count.
func verdict(findings []finding) Verdict {
	var verdicts []Verdict
	for _, f := range findings {
		if f.verdict == Shown {
			return Shown
		}
		if !f.aside {
			verdicts = append(verdicts, f.verdict)
		}
	}
	return all(verdicts)
}

// paperClaims are what the paper claims, in the words of this project, and how they are judged.
var paperClaims = []struct {
	id, words string
	findings  func(*results.Set, suite.Choice) []finding
}{
	{"C1", "flat mixtures need more parameters and training for the same quality", costFindings},
	{"C2", "trained by SGD from random starts, every layer learns", trainingFindings},
	{"C3", "better clusters than flat mixtures", clusterFindings},
	{"C4", "better samples than flat mixtures", sampleFindings},
	{"C4b", "sharper images by gradient ascent", sharpeningFindings},
	{"C5", "better outlier detection than flat mixtures", outlierFindings},
	{"C6", "layers find parts of images", pictureFindings},
}

// claims judges all claims on one data set: a row for each, named by its id, and below it one for each finding.
func claims(s *results.Set, t *report.Table) {
	c := s.Chosen()
	t.Columns = []report.Column{{ID: "claim", Name: "claim"}, {ID: "verdict", Name: "verdict"}, {ID: "metric", Name: "figure of merit"}, {ID: "deep-model", Name: "deep model"}, {ID: "rival", Name: "rival"},
		{ID: "deep", Name: "deep", Decimals: 3}, {ID: "flat", Name: "flat", Decimals: 3}, {ID: "advantage", Name: "advantage", Decimals: 3}, {ID: "pairs", Name: "seeds × classes"}, {ID: "rests", Name: "rests on"}}
	t.Note = fmt.Sprintf("The rules are in docs/claims.md. Advantage: mean of the paired differences in favour of the deep model with its 95 %% bootstrap interval; a verdict needs %d seeds, and %d classes left out for C5. A claim is reproduced if all its rows are, not reproduced if one is not; rows in brackets do not count. %s", MinSeeds, minClasses, c.How)
	for _, claim := range paperClaims {
		found := claim.findings(s, c)
		head := make([]report.Value, len(t.Columns))
		head[0], head[1] = report.Text(claim.id+" "+claim.words), report.Text(string(verdict(found)))
		t.Add(claim.id, head...)
		for i, f := range found {
			id := fmt.Sprintf("%s.%d", claim.id, i+1)
			t.Add(id, f.row(id)...)
		}
	}
}

func (f finding) row(name string) []report.Value {
	verdict := string(f.verdict)
	if f.aside {
		verdict = "(" + verdict + ")"
	}
	row := []report.Value{report.Text(name), report.Text(verdict), report.Text(f.metric), report.Text(f.deep), report.Text(f.rival),
		report.Num(f.values[0]), report.Num(f.values[1]), report.None(), report.None(), f.rests}
	if a := f.advantage; a != nil && !math.IsNaN(a.Mean) {
		row[7] = report.Num(a.Mean)
		if a.Seeds*a.Classes > 1 {
			row[7] = report.NumCI(a.Mean, a.Low, a.High)
		}
		row[8] = report.Text(fmt.Sprintf("%d × %d", a.Seeds, a.Classes))
	}
	return row
}

// Verdicts of a table of claims, in the order of the claims: names of claims and their verdicts. The error says what is missing.
func Verdicts(t *report.Table) (names []report.Value, verdicts []Verdict, err error) {
	for _, claim := range paperClaims {
		name, ok1 := t.Lookup(claim.id, "claim")
		v, ok2 := t.Lookup(claim.id, "verdict")
		if !ok1 || !ok2 {
			return nil, nil, fmt.Errorf("table %s has no row %s", t.ID, claim.id)
		}
		names, verdicts = append(names, name), append(verdicts, Verdict(v.String()))
	}
	return names, verdicts, nil
}
