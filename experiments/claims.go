package experiments

import (
	"fmt"
	"math"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
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
	minSeeds   = 3
	minClasses = 5
	minUsed    = 0.9 // share of used components of a layer, C2
)

// judgeInterval decides by the interval of an advantage, the mean of the paired differences in favour of the deep model: above 0
// reproduced, below 0 not, around 0 or with too few pairs undecided.
func judgeInterval(a advantage, classes int) Verdict {
	switch {
	case a.Seeds < minSeeds || a.Classes < classes:
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

// finding is one row below a claim: one figure of merit against one rival.
type finding struct {
	figure, deep, rival string
	values              [2]float64 // means of the deep model and of its rival
	advantage           *advantage // nil: none
	verdict             Verdict
	aside               bool   // does not count for the claim
	rests               string // table and column
}

// claim is one of C1 to C6 with its findings.
type claim struct {
	name     string
	findings []finding
}

// short is C1 to C6.
func (c claim) short() string {
	name, _, _ := strings.Cut(c.name, " ")
	return name
}

// verdict combines those of the findings that count.
func (c claim) verdict() Verdict {
	var verdicts []Verdict
	for _, f := range c.findings {
		if f.verdict == Shown {
			return Shown
		}
		if !f.aside {
			verdicts = append(verdicts, f.verdict)
		}
	}
	return all(verdicts)
}

// claimNames are what the paper claims, in the words of this project.
var claimNames = []string{
	"C1 flat mixtures need more parameters and training for the same quality",
	"C2 trained by SGD from random starts, every layer learns",
	"C3 better clusters than flat mixtures",
	"C4 better samples than flat mixtures",
	"C4b sharper images by gradient ascent",
	"C5 better outlier detection than flat mixtures",
	"C6 layers find parts of images",
}

// claimsID names the table of claims.
const claimsID = "C-claims"

// claims judges all claims on one data set.
func claims(s resultSet, t Tier) report.Table {
	c := chosen(t, s.Name)
	table := report.Table{ID: claimsID, Title: "C. Claims and verdicts",
		Columns: []report.Column{{Name: "claim"}, {Name: "verdict"}, {Name: "figure of merit"}, {Name: "deep model"}, {Name: "rival"}, {Name: "deep", Decimals: 3}, {Name: "flat", Decimals: 3},
			{Name: "advantage", Decimals: 3}, {Name: "seeds × classes"}, {Name: "rests on"}},
		Note: fmt.Sprintf("The rules are in docs/claims.md. Advantage: mean of the paired differences in favour of the deep model with its 95 %% bootstrap interval; a verdict needs %d seeds, and %d classes left out for C5. A claim is reproduced if all its rows are, not reproduced if one is not; rows in brackets do not count. %s", minSeeds, minClasses, c.How)}
	for i, judge := range []func(resultSet, Tier, Choice) []finding{judgeCost, judgeTraining, judgeClusters, judgeSamples, judgeSharpening, judgeOutliers, judgePictures} {
		found := claim{claimNames[i], judge(s, t, c)}
		head := []report.Value{report.Text(found.name), report.Text(string(found.verdict()))}
		for range len(table.Columns) - len(head) {
			head = append(head, report.None())
		}
		table.Rows = append(table.Rows, head)
		for j, f := range found.findings {
			table.Rows = append(table.Rows, f.row(fmt.Sprintf("%s.%d", found.short(), j+1)))
		}
	}
	return table
}

func (f finding) row(name string) []report.Value {
	verdict := string(f.verdict)
	if f.aside {
		verdict = "(" + verdict + ")"
	}
	row := []report.Value{report.Text(name), report.Text(verdict), report.Text(f.figure), report.Text(f.deep), report.Text(f.rival),
		report.Num(f.values[0]), report.Num(f.values[1]), report.None(), report.None(), report.Text(f.rests)}
	if a := f.advantage; a != nil && !math.IsNaN(a.Mean) {
		row[7] = report.Num(a.Mean)
		if a.Seeds*a.Classes > 1 {
			row[7] = report.NumCI(a.Mean, a.Low, a.High)
		}
		row[8] = report.Text(fmt.Sprintf("%d × %d", a.Seeds, a.Classes))
	}
	return row
}

// judgePictures: no number tells a part of an image.
func judgePictures(resultSet, Tier, Choice) []finding {
	return []finding{{figure: "pictures of the components of every layer", values: [2]float64{math.NaN(), math.NaN()}, verdict: Shown, rests: "F3-alphabet"}}
}

// judgeTraining (C2): for every deep network of the tier and every seed, trained on all classes, the annealed log-likelihood of the first layer
// ends above where it began, and in every layer at least minUsed of the components are in use. One failure refutes; success needs minSeeds.
func judgeTraining(s resultSet, t Tier, _ Choice) []finding {
	tally := trainingTally{least: 1}
	for _, m := range t.trained(s.Name) {
		if !isDeep(m) {
			continue
		}
		for _, r := range s.of(m.Name, cell.NoClass) {
			tally.add(r)
		}
	}
	decide := func(good int) Verdict {
		switch {
		case good < tally.runs:
			return NotReproduced
		case len(t.Seeds) < minSeeds:
			return Undecided
		}
		return Reproduced
	}
	none := [2]float64{math.NaN(), math.NaN()}
	return []finding{
		{figure: fmt.Sprintf("the loss of every layer rises: %d of %d trainings", tally.rising, tally.runs), deep: "all", values: none, verdict: decide(tally.rising), aside: true, rests: "F1-training"},
		{figure: fmt.Sprintf("at least %.0f %% of the components of every layer in use: %d of %d trainings; least %.0f %%, %s", 100*minUsed, tally.alive, tally.runs, 100*tally.least, tally.worst),
			deep: "all", values: none, verdict: decide(tally.alive), rests: "T1-architectures"},
		{figure: fmt.Sprintf("the loss of the first layer, whose input stays as it is, rises: %d of %d trainings", tally.first, tally.runs), deep: "all", values: none, verdict: decide(tally.first), rests: "F1-training"},
	}
}

// trainingTally counts trainings.
type trainingTally struct {
	runs, rising, alive int
	first               int // with a first layer that rises
	least               float64
	worst               string
}

func (c *trainingTally) add(r *cell.Result) {
	c.runs++
	rising, alive := true, true
	for i, l := range r.Layers {
		rising = rising && rises(r.Curve, i)
		alive = alive && l.Used >= minUsed
		if l.Used < c.least || c.worst == "" {
			c.least, c.worst = l.Used, fmt.Sprintf("layer %d of %s", i+1, r.Spec.Model.Name)
		}
	}
	if rises(r.Curve, 0) {
		c.first++
	}
	if rising {
		c.rising++
	}
	if alive {
		c.alive++
	}
}

// rises tells whether the loss of a layer ends above where it began; points before the layer learns are all zero.
func rises(curve []cell.Point, layer int) bool {
	var first *cell.LayerPoint
	for i := range curve {
		if p := &curve[i].Layers[layer]; first == nil && *p != (cell.LayerPoint{}) {
			first = p
		}
	}
	return first != nil && curve[len(curve)-1].Layers[layer].Loss > first.Loss
}
