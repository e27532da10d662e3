package show

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

// Histograms makes a diagram for each result with a class left out: how the scores of known images and of the class
// left out are distributed, in per cent of each. score is cell.MainScore or another one of Result.Outliers; results
// without it are left out.
func Histograms(set *dataset.Set, score string, results ...*cell.Result) []report.Panel {
	var panels []report.Panel
	for _, r := range results {
		i := slices.IndexFunc(r.Outliers, func(o cell.Outlier) bool { return o.Score == score && o.Histogram != nil })
		if i < 0 {
			continue
		}
		o := r.Outliers[i]
		known, left := report.Line{Name: "known classes"}, report.Line{Name: "class " + ClassName(set, r.Spec.LeaveOut) + ", not seen in training"}
		known.X, known.Y = o.Histogram.Outline(o.Histogram.In)
		left.X, left.Y = o.Histogram.Outline(o.Histogram.Out)
		panels = append(panels, report.Panel{Title: fmt.Sprintf("%s: AUC %.3f", r.Spec.Model.Name, o.AUC), X: "score: " + score, Y: "% of images",
			Lines: []report.Line{known, left}})
	}
	return panels
}

// Binned says how y depends on x: both are sorted by x and cut into n groups of nearly equal size, each a point at its
// means. Fewer values than groups are points of their own. It panics if x and y differ in length.
func Binned(name string, x, y []float64, n int) report.Line {
	if len(x) != len(y) {
		panic(fmt.Sprintf("show: Binned: %d and %d values", len(x), len(y)))
	}
	order := Order(x)
	l := report.Line{Name: name, Marked: true}
	n = min(n, len(x))
	for g := range n {
		var sx, sy float64
		group := order[g*len(x)/n : (g+1)*len(x)/n]
		for _, i := range group {
			sx, sy = sx+x[i], sy+y[i]
		}
		l.X, l.Y = append(l.X, sx/float64(len(group))), append(l.Y, sy/float64(len(group)))
	}
	return l
}

// Order lists the indices of values, that of the least first; of equal ones the first.
func Order(values []float64) []int {
	order := numbers(len(values))
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	return order
}

// ScoreTable compares the scores of models: a row for each model, a column for each score of Result.Outliers, with the
// mean AUC over the classes left out. A model that lacks a score for one of its classes has an empty place.
func ScoreTable(title string, scores []string, results ...*cell.Result) report.Table {
	models, _ := cellGrid(results)
	t := report.Table{Title: title, Columns: []report.Column{{Name: "model"}}}
	for _, s := range scores {
		t.Columns = append(t.Columns, report.Column{Name: s, Decimals: 3, Better: 1})
	}
	for _, m := range models {
		row := []report.Value{report.Text(m)}
		for _, s := range scores {
			row = append(row, meanAUC(m, s, results))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// meanAUC is missing unless all results of the model with a class left out have the score.
func meanAUC(model, score string, results []*cell.Result) report.Value {
	var all []float64
	for _, r := range results {
		if r.Spec.Model.Name != model || r.Spec.LeaveOut == cell.NoClass {
			continue
		}
		auc, ok := r.OutlierAUC(score)
		if !ok {
			return report.None()
		}
		all = append(all, auc)
	}
	if len(all) == 0 {
		return report.None()
	}
	return report.Num(Mean(all))
}

// SplitByClass parts values, one for each image of a set, into those of a class and those of the others. It panics
// unless there is a value for each image, and a label.
func SplitByClass(set *dataset.Set, values []float64, class int) (others, of []float64) {
	if len(values) != set.N || len(set.Labels) != set.N {
		panic(fmt.Sprintf("show: SplitByClass: %d values and %d labels of %d images", len(values), len(set.Labels), set.N))
	}
	for i, v := range values {
		if int(set.Labels[i]) == class {
			of = append(of, v)
		} else {
			others = append(others, v)
		}
	}
	return others, of
}
