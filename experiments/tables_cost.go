package experiments

import (
	"fmt"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
)

// costs (T1-cost) sets flat mixtures of many sizes beside the deep models. Columns in seconds and megabytes are measured and differ between runs.
func costs(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T1-cost", Title: "T1c. Flat mixtures of many sizes, and the deep models: what quality costs",
		Columns: []report.Column{{Name: "model"}, {Name: "clusters"}, {Name: "parameters"}, {Name: "training arithmetic", Unit: "TFLOP", Decimals: 2}, {Name: "log-likelihood", Unit: "nats/image"}, {Name: "purity", Decimals: 3},
			{Name: fmt.Sprintf("AUC, class %d", t.Cost.LeaveOut), Decimals: 3}, {Name: "training", Unit: "s", Decimals: 1}, {Name: "peak memory", Unit: "MB"}},
		Note: fmt.Sprintf("Means over the seeds %v. Purity grows with the number of clusters for every model: compare models of equal numbers of clusters, or ask, as claim C1 does, how large a flat mixture must be to be as pure. Training arithmetic: that of scoring, for every pass over the training images. Log-likelihood: of test images, for mixtures of whole images only; those of the layers of a deep model are densities of other things. Flat mixtures of all sizes have the settings that were tuned at %d components, for clusters (all columns but the AUC) and for outliers (AUC), where there was a search.", t.Cost.Seeds, topK)}
	for _, m := range t.costModels(s.Name) {
		all := s.seeded(m.Name, cell.NoClass, t.Cost.Seeds)
		table.Rows = append(table.Rows, []report.Value{report.Text(m.Name), report.Num(float64(all[0].Layers[len(all[0].Layers)-1].K)), report.Num(float64(all[0].Params)),
			mean(all, func(r *cell.Result) (float64, bool) { return trainingTFLOP(r), true }), mean(all, logLik), mean(all, purity),
			mean(s.seeded(m.Name, t.Cost.LeaveOut, t.Cost.Seeds), t.auc),
			mean(all, func(r *cell.Result) (float64, bool) { return r.Seconds, true }),
			mean(all, func(r *cell.Result) (float64, bool) { return r.PeakMB, r.PeakMB > 0 })})
	}
	return table
}

func logLik(r *cell.Result) (float64, bool) {
	if r.LogLik == nil {
		return 0, false
	}
	return *r.LogLik, true
}

// costModels are the flat grid and the deep models of the comparison.
func (t Tier) costModels(data string) []cell.Model {
	models := t.Cost.models(t, data, configs.Clustering)
	for _, m := range append(t.compared(data), chosen(t, data).Outliers) {
		if isDeep(m) && !hasModel(models, m.Name) {
			models = append(models, m)
		}
	}
	return models
}

// seeded are the results of a model and a task over some seeds.
func (s resultSet) seeded(model string, leaveOut int, seeds []uint64) []*cell.Result {
	var found []*cell.Result
	for _, r := range s.of(model, leaveOut) {
		for _, seed := range seeds {
			if r.Spec.Seed == seed {
				found = append(found, r)
			}
		}
	}
	return found
}

// costFigure draws quality over parameters and over training arithmetic.
func costFigure(s resultSet, t Tier) figure {
	f := &report.Lines{ID: "F10-cost", Title: "F10. What quality costs: flat mixtures of many sizes (lines), deep models (points), " + setTitle(s.Name), Notice: s.Notice, ByName: true}
	for _, q := range []quality{{"1 − purity", cell.NoClass, purity}, {fmt.Sprintf("1 − AUC, class %d left out", t.Cost.LeaveOut), t.Cost.LeaveOut, t.auc}} {
		var row []report.Panel
		for _, p := range []struct {
			name string
			of   func(*cell.Result) float64
		}{{"parameters", func(r *cell.Result) float64 { return float64(r.Params) }}, {"training arithmetic (TFLOP)", trainingTFLOP}} {
			panel := report.Panel{X: p.name, Y: q.name, LogX: true, LogY: true}
			for _, m := range t.costModels(s.Name) {
				results := s.seeded(m.Name, q.class, t.Cost.Seeds)
				if len(results) == 0 {
					continue
				}
				panel.Lines = addPoint(panel.Lines, way(m), averageOf(results, p.of), 1-averageOf(results, func(r *cell.Result) float64 { v, _ := q.value(r); return v }))
			}
			row = append(row, panel)
		}
		f.Panels = append(f.Panels, row)
	}
	return f
}

func averageOf(results []*cell.Result, of func(*cell.Result) float64) float64 {
	sum := 0.
	for _, r := range results {
		sum += of(r)
	}
	return sum / float64(len(results))
}

// addPoint adds a point to the line of a name.
func addPoint(lines []report.Line, name string, x, y float64) []report.Line {
	for i := range lines {
		if lines[i].Name == name {
			lines[i].X, lines[i].Y = append(lines[i].X, x), append(lines[i].Y, y)
			return lines
		}
	}
	return append(lines, report.Line{Name: name, X: []float64{x}, Y: []float64{y}, Marked: true})
}

// quality is a number of a cell with or without a class left out.
type quality struct {
	name  string
	class int
	value func(*cell.Result) (float64, bool)
}

// ablations (T5) sets variants of a deep model beside it.
func ablations(s resultSet, t Tier) report.Table {
	a := t.Ablation
	qualities := []struct {
		name  string
		value func(*cell.Result) (float64, bool)
	}{{"purity", purity}, {"NMI", nmi}, {"AUC", t.auc}}
	table := report.Table{ID: "T5-ablation", Title: "T5. What the parts of a deep model do: " + a.Base.Name,
		Columns: []report.Column{{Name: "changed"}, {Name: "parameters"}},
		Note:    fmt.Sprintf("One thing is changed in every row. Class %d is left out of training: purity and NMI are of the other classes, the AUC is that of its detection by the top layer. Differences to the first row, paired by seed, seeds %v, with 95 %% bootstrap intervals if there are several.", a.LeaveOut, a.Seeds)}
	for _, q := range qualities {
		table.Columns = append(table.Columns, report.Column{Name: q.name, Decimals: 3}, report.Column{Name: q.name + ", difference", Decimals: 3})
	}
	for _, m := range a.models() {
		results := s.seeded(m.Name, a.LeaveOut, a.Seeds)
		row := []report.Value{report.Text(m.Name), report.Num(float64(results[0].Params))}
		for _, q := range qualities {
			row = append(row, mean(results, q.value), s.difference(a, m.Name, q.value))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// difference of a variant to the base, paired by seed; of the base itself there is none.
func (s resultSet) difference(a Ablation, variant string, value func(*cell.Result) (float64, bool)) report.Value {
	class := []int{a.LeaveOut}
	x, y := s.grid(variant, a.Seeds, class, value), s.grid(a.Base.Name, a.Seeds, class, value)
	if variant == a.Base.Name || x == nil || y == nil {
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
