package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// verdictTier has a plain model that is no better than the others named in advance: all three questions differ.
func verdictTier() suite.Tier {
	t := testTier()
	t.Models = []suite.Model{suite.EM(4, 0), suite.Network("F28 G4", 1), suite.Network("F8/2 G4 F11 G4", 1), suite.Network("F8/2 G4 M F5 G4", 1)}
	return t
}

// fill adds results of every model with a purity and an AUC each, and a little noise that pairs take out.
func (m *made) fill(t suite.Tier, quality map[string]float64, used float64) {
	for _, seed := range t.Seeds {
		for _, out := range append([]int{cell.NoClass}, t.LeaveOut...) {
			noise := 0.001 * float64(seed)
			for id, q := range quality {
				m.add(id, seed, out, q+noise, q+noise, 1)
				m.Fits[len(m.Fits)-1].Layers = []cell.Layer{{Used: 1}, {Used: used}}
			}
		}
	}
}

func TestVerdictsByQuestion(t *testing.T) {
	tier := verdictTier()
	em, flat, plain, deep := tier.Models[0].ID, tier.Models[1].ID, tier.Models[2].ID, tier.Models[3].ID
	for _, c := range []struct {
		name                  string
		em, flat, plain, deep float64
		used                  float64
		want                  [3]Answer
	}{
		{"all better", 0.5, 0.6, 0.7, 0.8, 1, [3]Answer{Yes, Yes, Yes}},
		{"the strongest flat model is better", 0.5, 0.9, 0.4, 0.8, 1, [3]Answer{No, Yes, No}},
		{"equal", 0.5, 0.5, 0.5, 0.5, 1, [3]Answer{Open, Open, Open}},
		{"collapsed layers win nothing", 0.5, 0.6, 0.7, 0.8, 0.2, [3]Answer{No, No, No}},
	} {
		m := &made{}
		m.fill(tier, map[string]float64{em: c.em, flat: c.flat, plain: c.plain, deep: c.deep}, c.used)
		s := m.on(tier)
		var table report.Table
		table.ID = VerdictsID
		verdicts(s, &table)
		table.Markdown() // checks it
		for _, claim := range []string{"C3", "C5"} {
			for i, q := range Questions() {
				r, ok := Answered(&table, claim, q.ID)
				if !ok || r.Answer != c.want[i] || r.Collapsed != (c.used < leastUsed) {
					t.Errorf("%s: %s, %s: %+v (%t), want %s", c.name, claim, q.ID, r, ok, c.want[i])
				}
			}
		}
		if r, _ := Answered(&table, "C3", "flat"); c.name == "all better" && (math.Abs(r.Value-0.802) > 1e-9 || math.Abs(r.Against-0.602) > 1e-9 || math.Abs(r.Mean-0.2) > 1e-9 || r.Rival != tier.Models[1].Name) {
			t.Errorf("%+v", r)
		}
		if v, ok := table.Lookup(VerdictID("C1", "deep"), "answer"); !ok || v.String() != string(NotRun) {
			t.Errorf("%s: C1 without a grid: %q", c.name, v.String())
		}
	}
}

// Without results of the paper's model with classes left out that question is not run, the others are.
func TestVerdictsOfWhatWasNotRun(t *testing.T) {
	tier := verdictTier()
	m := &made{}
	m.fill(tier, map[string]float64{tier.Models[0].ID: 0.5, tier.Models[1].ID: 0.5, tier.Models[3].ID: 0.6}, 1)
	s := m.on(tier)
	for q, want := range map[int]Answer{0: NotRun, 1: Yes, 2: Yes} {
		if got := judgeOutliers(s, Questions()[q]).answer(); got != want {
			t.Errorf("%s: %s, want %s", Questions()[q].ID, got, want)
		}
	}
}

// Classes may be left out with fewer seeds than all else has.
func TestVerdictsOfOutliersByTheirSeeds(t *testing.T) {
	tier := verdictTier()
	tier.Seeds, tier.LeaveOutSeeds = []uint64{1, 2, 3, 4, 5}, 3
	m := &made{}
	m.fill(tier, map[string]float64{tier.Models[0].ID: 0.5, tier.Models[1].ID: 0.5, tier.Models[2].ID: 0.4, tier.Models[3].ID: 0.6}, 1)
	m.Fits = slices.DeleteFunc(m.Fits, func(c results.Cell) bool { return c.Spec.Seed > 3 && c.Spec.LeaveOut != cell.NoClass })
	s := m.on(tier)
	if got := judgeOutliers(s, Questions()[2]).answer(); got != Yes {
		t.Errorf("outliers: %s", got)
	}
	if got := judgeClusters(s, Questions()[2]).answer(); got != Yes {
		t.Errorf("clusters: %s", got)
	}
	for _, f := range outlierFindings(s, s.Chosen()) {
		if strings.Contains(f.rival, "best flat") && f.verdict != Reproduced {
			t.Errorf("first scoring: %+v", f)
		}
	}
}

// The p-values of a claim are adjusted together: of six equal ones each counts six times.
func TestVerdictsAreCorrected(t *testing.T) {
	tier := verdictTier()
	tier.LeaveOut = []int{0, 1, 2, 3, 4}
	m := &made{}
	for _, seed := range tier.Seeds {
		for _, out := range append([]int{cell.NoClass}, tier.LeaveOut...) {
			for i, model := range tier.Models {
				q := 0.5 + 0.01*float64(i/2) + 0.002*float64(i/2)*float64((int(seed)+out)%3)
				m.add(model.ID, seed, out, q, q, 1)
			}
		}
	}
	var table report.Table
	verdicts(m.on(tier), &table)
	n := 0
	for _, claim := range []string{"C3", "C5"} {
		for _, q := range Questions() {
			id := VerdictID(claim, q.ID)
			p, _ := table.Lookup(id, "p")
			holm, _ := table.Lookup(id, "holm")
			x, ok1 := p.Float()
			y, ok2 := holm.Float()
			if !ok1 || !ok2 || y < x || y > min(1, 6*x)+1e-12 {
				t.Errorf("%s: p %v, after Holm %v", id, x, y)
			}
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d answers", n)
	}
}

// C1: of all flat mixtures that are as good the one with the least price counts; at equal price the qualities are
// compared, and do not count.
func TestCheapestFlatMixture(t *testing.T) {
	tier := verdictTier()
	tier.Cost = suite.Cost{EM: []int{4, 9}, SGD: []int{4, 9}, LeaveOut: 0, Seeds: tier.Seeds}
	for _, c := range []struct {
		params int // of the deep model; flat ones have 100 a component, and 0.5 or 0.7, by SGD 0.7 at once
		want   [3]Answer
		flat   float64 // parameters of the strongest
	}{{350, [3]Answer{Open, Yes, Yes}, 400}, {500, [3]Answer{Open, Yes, No}, 400}, {1000, [3]Answer{Open, No, No}, 400}} {
		m := &made{}
		for _, seed := range tier.Seeds {
			for _, out := range []int{cell.NoClass, 0} {
				m.add(tier.Models[3].ID, seed, out, 0.6, 0.6, c.params)
				r := m.Fits[len(m.Fits)-1]
				r.MFLOPs = float64(c.params) // as the parameters
				for _, f := range tier.On("").Grid("clustering") {
					q := 0.5
					if f.Components() == 9 || f.Kind == cell.SGD {
						q = 0.7
					}
					m.add(f.ID, seed, out, q, q, 100*f.Components())
					m.Fits[len(m.Fits)-1].MFLOPs = 100 * float64(f.Components())
				}
			}
		}
		s := m.on(tier)
		for i, q := range Questions() {
			j := judgeCost(s, q)
			if i == 0 {
				if len(j.findings) != 0 {
					t.Errorf("the paper's model was not run: %+v", j.findings)
				}
				continue
			}
			if got := j.answer(); got != c.want[i] {
				t.Errorf("%d parameters, %s: %s, want %s", c.params, q.ID, got, c.want[i])
			}
			if f := j.findings[0]; q.ID == "flat" && f.values[1] != c.flat {
				t.Errorf("%d parameters: the rival has %v", c.params, f.values[1])
			}
			asides := 0
			for _, f := range j.findings {
				if f.aside {
					asides++
					if !strings.Contains(f.metric, "at equal") {
						t.Errorf("aside %q", f.metric)
					}
				}
			}
			if asides != 4 {
				t.Errorf("%d asides", asides)
			}
		}
	}
}

// The figure has a panel for each claim that was run, with a line for each data set and question in its order.
func TestForest(t *testing.T) {
	tier := verdictTier()
	m := &made{}
	m.fill(tier, map[string]float64{tier.Models[0].ID: 0.5, tier.Models[1].ID: 0.9, tier.Models[2].ID: 0.5, tier.Models[3].ID: 0.8}, 1)
	table := report.Table{ID: VerdictsID}
	verdicts(m.on(tier), &table)
	f, ok := Forest([]SetTable{{"mnist", &table}, {"fashion-mnist", &table}}, "")
	if !ok || len(f.Panels) != 2 {
		t.Fatalf("%+v", f)
	}
	var got []string
	for _, r := range f.Panels[0].Rows {
		got = append(got, fmt.Sprintf("%s %s %.3f", r.Name, r.Mark, r.Mean))
	}
	want := "MNIST: paper's model against EM neutral 0.000|MNIST: best deep against EM favourable 0.300|MNIST: best deep against flat adverse -0.100|FashionMNIST: paper's model"
	if !strings.HasPrefix(strings.Join(got, "|"), want) {
		t.Errorf("%v", got)
	}
	if _, ok := Forest(nil, ""); ok {
		t.Error("a figure of nothing")
	}
	r := Result{Ratio: true, Value: 385249, Against: 481561, Mean: math.Log10(1.25), Low: 0, High: math.Log10(1.5)}
	if got, want := r.Numbers(), "385 k / 482 k, 1.25× [1.00, 1.50]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.Bound, r.Single = true, true
	if got, want := r.Numbers(), "385 k / ≥ 482 k, ≥ 1.25×"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r = Result{Value: 0.965, Against: 0.79, Mean: 0.175, Low: 0.164, High: 0.186}
	if got, want := r.Numbers(), "0.965 / 0.790, +0.175 [0.164, 0.186]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// τ of every layer must have come down to its floor.
// An answer that does not rest on the metric that is shown names the one it rests on: the first that counts.
func TestAnswersNameTheMetricTheyRestOn(t *testing.T) {
	const claim, question = "C4", "paper"
	for _, c := range []struct {
		verdicts  [3]Verdict // of the metric that is shown, of one that is aside, of NDB
		collapsed string
		want      string
	}{
		{[3]Verdict{Reproduced, NotReproduced, NotReproduced}, "", "NDB 0.75 / 0.50"},
		{[3]Verdict{Reproduced, NotReproduced, Undecided}, "", "NDB 0.75 / 0.50"},
		{[3]Verdict{Reproduced, NotReproduced, Reproduced}, "", ""},
		{[3]Verdict{NotReproduced, NotReproduced, NotReproduced}, "", ""},
		{[3]Verdict{Reproduced, NotReproduced, NotReproduced}, "layer 2", ""},
	} {
		var j judgement
		for i, metric := range []string{"Fréchet distance", "recall", "NDB"} {
			j.findings = append(j.findings, finding{metric: metric, values: [2]float64{0.75, 0.5}, advantage: &advantage{Mean: 0.25}, verdict: c.verdicts[i], aside: i == 1})
		}
		j.collapsed = c.collapsed
		table := report.Table{ID: VerdictsID}
		for _, id := range []string{"claim", "answer", "metric", "ours", "rival", "value", "rival-value", "advantage", "p", "holm", "pairs", "rests"} {
			table.Columns = append(table.Columns, report.Column{ID: id})
		}
		j.add(&table, VerdictID(claim, question), "better samples", 0.01)
		r, ok := Answered(&table, claim, question)
		if !ok || r.Because != c.want || strings.HasSuffix(r.Numbers(), "; but "+c.want) != (c.want != "") {
			t.Errorf("%v: %q, numbers %q, want %q", c.verdicts, r.Because, r.Numbers(), c.want)
		}
	}
}

func TestAnnealed(t *testing.T) {
	cellOf := func(taus ...float64) results.Cell {
		p := cell.Point{}
		for _, tau := range taus {
			p.Layers = append(p.Layers, cell.LayerPoint{Tau: tau})
		}
		return results.Cell{Result: &cell.Result{Curve: []cell.Point{p}}}
	}
	floor := cellOf(0.3, 0.3)
	floor.Spec.Model.Train.TauEnd = 0.3
	for _, c := range []struct {
		cell results.Cell
		want bool
	}{{cellOf(0.01, 0.01), true}, {cellOf(0.01, 0.33), false}, {floor, true}, {results.Cell{Result: &cell.Result{}}, false}} {
		if got := annealed(c.cell); got != c.want {
			t.Errorf("%+v: %t", c.cell.Curve, got)
		}
	}
}
