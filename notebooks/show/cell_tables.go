package show

import (
	"fmt"
	"slices"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

// ClusterTable compares how models cluster: one row for each result, all columns as in the paper's T2 but those that measure distances of pixels.
// Results without clusters are left out.
func ClusterTable(title string, results ...*cell.Result) report.Table {
	t := report.Table{Title: title, Columns: []report.Column{{Name: "model"}, {Name: "clusters"}, {Name: "parameters"},
		{Name: "purity", Decimals: 3, Better: 1}, {Name: "NMI", Decimals: 3, Better: 1}, {Name: "ARI", Decimals: 3, Better: 1}, {Name: "accuracy", Decimals: 3, Better: 1}}}
	for _, r := range results {
		if c := r.Clusters; c != nil {
			top := r.Layers[len(r.Layers)-1]
			t.Rows = append(t.Rows, []report.Value{report.Text(r.Spec.Model.Name), report.Num(float64(top.K)), report.Num(float64(r.Params)),
				report.Num(c.Purity), report.Num(c.NMI), report.Num(c.ARI), report.Num(c.Accuracy)})
		}
	}
	return t
}

// OutlierTable compares how well models tell the class left out of training from the others, by the area under the ROC curve: a row for each
// model, a column for each class, and their mean. score is cell.MainScore or another one of Result.Outliers. Models without that score
// are left out, results without a class left out do not count.
func OutlierTable(title, score string, set *dataset.Set, results ...*cell.Result) report.Table {
	models, classes := cellGrid(results)
	t := report.Table{Title: title, Columns: []report.Column{{Name: "model"}}}
	for _, c := range classes {
		t.Columns = append(t.Columns, report.Column{Name: "AUC without " + ClassName(set, c), Decimals: 3, Better: 1})
	}
	t.Columns = append(t.Columns, report.Column{Name: fmt.Sprintf("AUC, mean of %d", len(classes)), Decimals: 3, Better: 1})
	for _, m := range models {
		row, sum, n := []report.Value{report.Text(m)}, 0., 0
		for _, c := range classes {
			row = append(row, report.None())
			if auc, ok := outlierAUC(results, m, c, score); ok {
				row[len(row)-1] = report.Num(auc)
				sum, n = sum+auc, n+1
			}
		}
		if n == len(classes) {
			t.Rows = append(t.Rows, append(row, report.Num(sum/float64(n))))
		}
	}
	return t
}

func outlierAUC(results []*cell.Result, model string, class int, score string) (float64, bool) {
	for _, r := range results {
		if r.Spec.Model.Name == model && r.Spec.LeaveOut == class {
			return r.OutlierAUC(score)
		}
	}
	return 0, false
}

// ROC makes a diagram for each class left out, with the curve of each model: the true positive rate, the share of images of known classes
// that are taken for known, over the false positive rate, the share of outliers that are.
func ROC(set *dataset.Set, results ...*cell.Result) []report.Panel {
	_, classes := cellGrid(results)
	var panels []report.Panel
	for _, c := range classes {
		p := report.Panel{Title: "trained without " + ClassName(set, c), X: "false positive rate: outliers taken for known", Y: "true positive rate", Range: &report.Range{Min: 0, Max: 1}, Diagonal: true}
		for _, r := range results {
			if r.Spec.LeaveOut != c {
				continue
			}
			i := slices.IndexFunc(r.Outliers, func(o cell.Outlier) bool { return o.Score == cell.MainScore })
			line := report.Line{Name: fmt.Sprintf("%s, AUC %.3f", r.Spec.Model.Name, r.Outliers[i].AUC)}
			for _, point := range r.Outliers[i].ROC {
				line.X, line.Y = append(line.X, point.FPR), append(line.Y, point.TPR)
			}
			p.Lines = append(p.Lines, line)
		}
		panels = append(panels, p)
	}
	return panels
}

// cellGrid lists the models and the classes left out, in the order of their first result.
func cellGrid(results []*cell.Result) (models []string, classes []int) {
	for _, r := range results {
		if name := r.Spec.Model.Name; !slices.Contains(models, name) {
			models = append(models, name)
		}
		if c := r.Spec.LeaveOut; c != cell.NoClass && !slices.Contains(classes, c) {
			classes = append(classes, c)
		}
	}
	return models, classes
}
