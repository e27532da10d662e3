package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// shares shows in which of the bins of NDB samples are, beside training images, for the models of besideReal: the bin
// with the largest share of training images first.
func shares(s *results.Set, f frame) report.Written {
	real := s.SamplesOf(suite.TrainingImages)[0].Raw.Bins
	order := make([]int, len(real))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(real[b], real[a]) })
	var panels []report.Panel
	show := func(m suite.Model, words string, g *eval.Generative) {
		panels = append(panels, report.Panel{Title: fmt.Sprintf("%s%s: NDB %.2f", m.Short(), words, g.NDB.Mean), X: "bin", Y: "% of images",
			Lines: []report.Line{steps("training images", real, order), steps("samples", g.Bins, order)}})
	}
	flat, _, _ := s.Nearest(suite.Where(s.Samplers(), func(m suite.Model) bool { return m.IsFlat() && m.HasFactors() }))
	deep, nearer, _ := s.Nearest(suite.Where(s.Samplers(), suite.Model.IsDeep))
	for _, m := range []suite.Model{s.PaperRival(configs.Drawing), flat, deep} {
		if d := s.SamplesOf(m.ID); len(d) > 0 {
			raw, words := d[0].Raw, ""
			if m.ID == deep.ID && nearer == results.Sharpened {
				raw, words = d[0].Sharp, ", sharpened"
			}
			show(m, words, raw)
		}
	}
	top := 0.0
	for _, p := range panels {
		for _, l := range p.Lines {
			top = max(top, slices.Max(l.Y))
		}
	}
	for i := range panels {
		panels[i].Range = &report.Range{Min: 0, Max: top}
	}
	figure := f.lines()
	figure.OneLegend, figure.Aligned = true, true
	figure.Panels = [][]report.Panel{panels}
	return figure
}

// steps is the outline of the shares in bins, in some order.
func steps(name string, counts, order []int) report.Line {
	sorted := make([]int, len(order))
	for i, k := range order {
		if k < len(counts) {
			sorted[i] = counts[k]
		}
	}
	return stairs(name, &cell.Histogram{Low: 0, High: float64(len(order))}, sorted)
}
