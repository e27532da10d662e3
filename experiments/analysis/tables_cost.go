package analysis

import (
	"fmt"
	"slices"
	"strings"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// costs (T1-cost) sets flat mixtures of many sizes beside the deep models. Columns in seconds and megabytes are
// measured and differ between runs.
func costs(s *results.Set, t *report.Table) {
	auc := s.AUC()
	auc.Name += fmt.Sprintf(", class %d", s.Cost.LeaveOut)
	t.Columns = columns("model", results.ClusterSize, results.Parameters, results.State, results.Arithmetic, results.LogLik, results.Purity, auc, results.Training, results.Memory)
	for i := range t.Columns {
		t.Columns[i].Better = 0 // models differ in size
	}
	t.Note = fmt.Sprintf("Means over the seeds %v. Purity grows with the number of clusters for every model: compare models of equal numbers of clusters, or ask, as claim C1 does, how large a flat mixture must be to be as pure. Training state: what a training holds besides images, computed: parameters, as many gradients or sums, averages of the optimizer, the responsibilities of a batch, four bytes each. Training arithmetic: that of scoring, for every pass over the training images. Log-likelihood: of test images, for mixtures of whole images only; those of the layers of a deep model are densities of other things. Flat mixtures of all sizes have the settings that were tuned at %d components, for clusters (all columns but the AUC) and for outliers (AUC), where there was a search.", s.Cost.Seeds, suite.TopK)
	for _, m := range append(s.Grid(configs.Clustering), s.CostDeep()...) {
		all := s.Seeded(m.ID, cell.NoClass, s.Cost.Seeds)
		row := []report.Value{report.Text(m.Name), number(all, results.ClusterSize), number(all, results.Parameters), number(all, results.State)}
		row = append(row, values(all, results.Arithmetic, results.LogLik, results.Purity)...)
		row = append(row, value(s.Seeded(m.ID, s.Cost.LeaveOut, s.Cost.Seeds), auc))
		t.Add(m.ID, append(row, values(all, results.Training, results.Memory)...)...)
	}
}

// costFigure draws quality over parameters and over training arithmetic.
func costFigure(s *results.Set, f frame) report.Written {
	lines := f.lines()
	lines.OneLegend = true
	for _, q := range []struct {
		name   string
		class  int
		metric results.Metric
	}{{"1 − purity", cell.NoClass, results.Purity}, {fmt.Sprintf("1 − AUC, class %d left out", s.Cost.LeaveOut), s.Cost.LeaveOut, s.AUC()}} {
		var row []report.Panel
		for _, price := range []struct {
			name   string
			metric results.Metric
		}{{"parameters", results.Parameters}, {"training arithmetic (TFLOP)", results.Arithmetic}} {
			p := report.Panel{X: price.name, Y: q.name, LogX: true, LogY: true}
			add := func(line string, m suite.Model) {
				if all := s.Seeded(m.ID, q.class, s.Cost.Seeds); len(all) > 0 {
					p.Lines = addPoint(p.Lines, line, average(all, price.metric), value(all, q.metric))
				}
			}
			for _, m := range s.Grid(configs.Clustering) {
				add(suite.FamilyNames[m.Family()], m)
			}
			for _, m := range s.CostDeep() {
				add(m.Name, m)
			}
			row = append(row, p)
		}
		lines.Panels = append(lines.Panels, row)
	}
	return lines
}

func average(cells []results.Cell, m results.Metric) float64 {
	sum := 0.
	for _, c := range cells {
		sum += m.Mean(c)
	}
	return sum / float64(len(cells))
}

// addPoint adds a point to the line of a name: the error 1 − quality, with its interval if it has one.
func addPoint(lines []report.Line, name string, x float64, quality report.Value) []report.Line {
	v, _ := quality.Float()
	low, high, ok := quality.Interval()
	if !ok {
		low, high = v, v
	}
	i := slices.IndexFunc(lines, func(l report.Line) bool { return l.Name == name })
	if i < 0 {
		i, lines = len(lines), append(lines, report.Line{Name: name, Marked: true})
	}
	l := &lines[i]
	l.X, l.Y, l.Low, l.High = append(l.X, x), append(l.Y, 1-v), append(l.Low, 1-high), append(l.High, 1-low)
	return lines
}

// ablations (T5) sets variants of a deep model beside it.
func ablations(s *results.Set, t *report.Table) {
	a := s.Ablation
	metrics := []results.Metric{results.Purity, results.NMI, s.AUC(), scoreColumn("corrected"), scoreColumn("pathway")}
	t.Title += a.Base.Name
	t.Columns = []report.Column{{ID: "changed", Name: "changed"}, results.Parameters.Column}
	for _, m := range metrics {
		t.Columns = append(t.Columns, report.Column{ID: m.ID, Name: m.Name, Decimals: m.Decimals}, report.Column{ID: m.ID + "-difference", Name: m.Name + ", difference", Decimals: m.Decimals})
	}
	t.Note = fmt.Sprintf("One thing is changed in every row. Class %d is left out of training: purity and NMI are of the other classes, the AUC is that of its detection by the top layer, then by that score corrected for how simple an image is, and by the pathway score (docs/model.md, section 4). Differences to the first row, paired by seed, seeds %v, with 95 %% bootstrap intervals if there are several.", a.LeaveOut, a.Seeds)
	for _, m := range a.Models() {
		all := s.Seeded(m.ID, a.LeaveOut, a.Seeds)
		row := []report.Value{report.Text(m.Name), number(all, results.Parameters)}
		for _, metric := range metrics {
			row = append(row, value(all, metric), difference(s, m.ID, metric))
		}
		t.Add(m.ID, row...)
	}
}

// scoreColumn is the AUC of a score that is not the main one.
func scoreColumn(score string) results.Metric {
	m := results.ScoreAUC(score)
	m.ID, m.Name = "auc-"+strings.ReplaceAll(score, " ", "-"), "AUC, "+score
	return m
}

// pieces (T5b) adds to drawing one part after the other.
func pieces(s *results.Set, t *report.Table) {
	t.Columns = append([]report.Column{{ID: "adds", Name: "what is there"}, {ID: "network", Name: "network"}}, columns("", results.Generative...)[1:]...)
	t.Note = fmt.Sprintf("All networks have the same settings of training. Samples of the setting of noise that is best on validation images, without sharpening; columns as in T4. Averaged: where patches overlap, the mean of what they say; joined by precision: the mean of the product of their Gaussians; drawn again: in %d rounds, given the image so far (docs/model.md, section 6). Seeds %v.", len(s.Pieces.Rows[len(s.Pieces.Rows)-1].Drawing.Redraw), s.Pieces.Seeds)
	for _, p := range s.Pieces.Rows {
		t.Add(p.ID, append([]report.Value{report.Text(p.Name), report.Text(p.Arch)}, values(sampled(s, results.Key{Model: p.ID}), results.Generative...)...)...)
	}
}

// difference of a variant to the base, paired by seed; of the base itself there is none.
func difference(s *results.Set, variant string, m results.Metric) report.Value {
	a, class := s.Ablation, []int{s.Ablation.LeaveOut}
	x, y := s.Values(results.Key{Model: variant}, a.Seeds, class, m), s.Values(results.Key{Model: a.Base.ID}, a.Seeds, class, m)
	if variant == a.Base.ID || x == nil || y == nil {
		return report.None()
	}
	var left, right []float64
	for i := range x {
		left, right = append(left, x[i][0]), append(right, y[i][0])
	}
	if len(left) == 1 {
		return report.Num(left[0] - right[0])
	}
	i := eval.BootstrapPaired(left, right, resamples, newBootstrapRand())
	return report.NumCI(i.Mean, i.Low, i.High)
}
