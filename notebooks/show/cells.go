package show

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/internal/progress"
)

// store keeps the pipeline's cells that notebooks compute.
func store() *cell.Store { return &cell.Store{Dir: filepath.Join(Cache(), "cells")} }

// Cells computes cells as the pipeline does, one after the other, with a live display, and leaves a line that says so.
// Results are kept in Cache and taken from there; when the kernel is interrupted, what was trained is kept, and the next
// run of the cell goes on. data must be the data set that the specs name.
func Cells(data *dataset.Data, specs ...cell.Spec) ([]*cell.Result, error) {
	live := NewProgress(fmt.Sprintf("%d models", len(specs)))
	var results []*cell.Result
	computed, most, tested := 0, 0, data.Test
	for i, s := range specs {
		opt := cell.Options{Store: store(), Note: func(line string) { fmt.Fprintln(os.Stderr, line) }}
		opt.Progress = func(share float64, note string) {
			live.Set((float64(i)+share)/float64(len(specs)), fmt.Sprintf("%s: %s", s, note))
		}
		r, done, err := cell.Run(Context(), s, data, opt)
		if err != nil {
			live.Close("")
			return nil, err
		}
		if done {
			computed++
		}
		results, most = append(results, r), max(most, r.Images)
	}
	timing := "all from the cache"
	if computed > 0 {
		timing = fmt.Sprintf("%d of them computed in %s", computed, progress.Duration(time.Since(live.start)))
	}
	if len(specs) > 0 && specs[0].On == cell.Valid {
		tested = data.Valid
	}
	live.close(fmt.Sprintf("%d models, trained on up to %d images, judged on %d", len(specs), most, tested.N), timing)
	return results, nil
}

// CellNetwork is the trained network of a cell that Cells has computed; k-means has none. The error says which is missing.
func CellNetwork(data *dataset.Data, s cell.Spec) (*dcgmm.Network, error) {
	net, err := store().Network(s.Key(data), s)
	if err != nil {
		return nil, fmt.Errorf("the network of %s: %w; run the cell above that computes it", s, err)
	}
	return net, nil
}

// ClusterTable compares how models cluster: one row for each result, all columns as in the paper's T2 but those that
// measure distances of pixels. Results without clusters are left out.
func ClusterTable(title string, results ...*cell.Result) report.Table {
	t := report.Table{Title: title, Columns: []report.Column{{Name: "model"}, {Name: "clusters"}, {Name: "parameters"}}}
	for _, metric := range []string{"purity", "NMI", "ARI", "accuracy"} {
		t.Columns = append(t.Columns, report.Column{Name: metric, Decimals: 3, Better: 1})
	}
	for _, r := range results {
		if c := r.Clusters; c != nil {
			top := r.Layers[len(r.Layers)-1]
			t.Rows = append(t.Rows, []report.Value{report.Text(r.Spec.Model.Name), report.Num(float64(top.K)), report.Num(float64(r.Params)),
				report.Num(c.Purity), report.Num(c.NMI), report.Num(c.ARI), report.Num(c.Accuracy)})
		}
	}
	return t
}

// OutlierTable compares how well models tell the class left out of training from the others, by the area under the ROC
// curve: a row for each model, a column for each class, and their mean. score is cell.MainScore or another one of
// Result.Outliers. Models without that score are left out, results without a class left out do not count.
func OutlierTable(title, score string, set *dataset.Set, results ...*cell.Result) report.Table {
	models, classes := cellGrid(results)
	t := report.Table{Title: title, Columns: []report.Column{{Name: "model"}}}
	for _, c := range classes {
		t.Columns = append(t.Columns, report.Column{Name: "AUC without " + ClassName(set, c), Decimals: 3, Better: 1})
	}
	t.Columns = append(t.Columns, report.Column{Name: fmt.Sprintf("AUC, mean of %d", len(classes)), Decimals: 3, Better: 1})
	for _, m := range models {
		row, sum := []report.Value{report.Text(m)}, 0.
		for _, c := range classes {
			i := slices.IndexFunc(results, func(r *cell.Result) bool { return r.Spec.Model.Name == m && r.Spec.LeaveOut == c })
			if i < 0 {
				break
			}
			auc, ok := results[i].OutlierAUC(score)
			if !ok {
				break
			}
			row, sum = append(row, report.Num(auc)), sum+auc
		}
		if len(row) == 1+len(classes) {
			t.Rows = append(t.Rows, append(row, report.Num(sum/float64(len(classes)))))
		}
	}
	return t
}

// ROC makes a diagram for each class left out, with the curve of each model: the true positive rate, the share of images
// of known classes that are taken for known, over the false positive rate, the share of outliers that are.
func ROC(set *dataset.Set, results ...*cell.Result) []report.Panel {
	_, classes := cellGrid(results)
	var panels []report.Panel
	for _, c := range classes {
		p := report.Panel{Title: "trained without " + ClassName(set, c), X: "false positive rate: outliers taken for known", Y: "true positive rate",
			Range: &report.Range{Min: 0, Max: 1}, Diagonal: true}
		for _, r := range results {
			i := slices.IndexFunc(r.Outliers, func(o cell.Outlier) bool { return o.Score == cell.MainScore })
			if r.Spec.LeaveOut != c || i < 0 {
				continue
			}
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
