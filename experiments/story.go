package experiments

import (
	"fmt"
	"math"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
)

// clusterStory says in words what T2 shows.
func (d *document) clusterStory(set string) (string, error) {
	t, err := d.read(set, "T2-clustering")
	if err != nil {
		return "", err
	}
	return d.compare(t, d.tier.compared(set), d.tier.paperRival(set, configs.Clustering), "purity", "purity")
}

// outlierStory says in words what T3 shows.
func (d *document) outlierStory(set string) (string, error) {
	t, err := d.read(set, "T3-outliers")
	if err != nil {
		return "", err
	}
	rival := d.tier.paperRival(set, configs.Outliers)
	text, err := d.compare(t, d.tier.detectors(set), rival, t.Columns[len(t.Columns)-1].Name, fmt.Sprintf("AUC, mean over the %d classes left out", len(d.tier.LeaveOut)))
	deep, tuned := d.tier.winner(set, configs.Outliers, configs.Deep)
	if err != nil || !tuned {
		return text, err
	}
	known, err := d.read(set, "T3b-known-classes")
	if err != nil {
		return "", err
	}
	mean := known.Columns[len(known.Columns)-1].Name
	purity, err := number(known, deep.Model.Name, mean)
	if err != nil {
		return "", err
	}
	flat, err := number(known, rival, mean)
	return text + blindTop(purity, flat, deep.Readout), err
}

// blindTop says so if the clusters of a model that detects outliers are no clusters of the classes it knows: not half as pure as those of its rival.
func blindTop(purity, rival float64, readout string) string {
	if purity >= rival/2 {
		return ""
	}
	return fmt.Sprintf(" The top layer of the deep model that was tuned for outliers does not tell the known classes apart (purity %.3f, the paper's rival %.3f): what detects is its score *%s*, the one with the best mean on validation images.", purity, rival, readout)
}

// compare says which deep and which flat model is the best by a column, and by how much; paper is the paper's rival.
func (d *document) compare(t *report.Table, models []cell.Model, paper, column, quantity string) (string, error) {
	flat, deep := better{value: math.Inf(-1)}, better{value: math.Inf(-1)}
	above := 0
	for _, m := range models {
		if isRival(m) {
			if err := flat.consider(t, m.Name, column); err != nil {
				return "", err
			}
		}
	}
	deeps := 0
	for _, m := range models {
		if isDeep(m) {
			v, err := number(t, m.Name, column)
			if err != nil {
				return "", err
			}
			deeps++
			if v > flat.value {
				above++
			}
			if err := deep.consider(t, m.Name, column); err != nil {
				return "", err
			}
		}
	}
	rival, err := number(t, paper, column)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("By %s the best deep model, `%s` (%.3f), is %s the best flat one, %s (%.3f), and %s the paper's rival, %s (%.3f). %d of %d deep models are above every flat one.",
		quantity, deep.name, deep.value, relation(deep.value, flat.value), flat.name, flat.value, relation(deep.value, rival), paper, rival, above, deeps), nil
}

// relation says how far a is above b.
func relation(a, b float64) string {
	switch {
	case a > b:
		return fmt.Sprintf("%.3f above", a-b)
	case a < b:
		return fmt.Sprintf("%.3f below", b-a)
	}
	return "equal to"
}

// better keeps the largest value and whose it is.
type better struct {
	name  string
	value float64
}

func (b *better) consider(t *report.Table, row, column string) error {
	v, err := number(t, row, column)
	if err == nil && v > b.value {
		b.name, b.value = row, v
	}
	return err
}

func number(t *report.Table, row, column string) (float64, error) {
	v, ok := t.Lookup(row, column)
	x, isNumber := v.Float()
	if !ok || !isNumber {
		return 0, fmt.Errorf("paper: table %s has no number for %q in column %q", t.ID, row, column)
	}
	return x, nil
}

// isDeep reports whether a model has several layers of mixtures.
func isDeep(m cell.Model) bool { return configs.ArchOf(m).Deep() }

// isRival reports whether a model is one that deep ones are compared with: no reference, and flat.
func isRival(m cell.Model) bool { return !isDeep(m) && !isReference(m) }

// headline is a short table of one data set: clusters and outliers of every model.
func (d *document) headline(set string) (string, error) {
	clusters, err := d.read(set, "T2-clustering")
	if err != nil {
		return "", err
	}
	outliers, err := d.read(set, "T3-outliers")
	if err != nil {
		return "", err
	}
	mean := outliers.Columns[len(outliers.Columns)-1]
	short := report.Table{ID: "headline", Title: "Test images of " + setTitle(set), Columns: []report.Column{{Name: "model"},
		{Name: "purity", Decimals: 3, Better: 1}, {Name: "NMI", Decimals: 3, Better: 1}, {Name: "outlier " + mean.Name + " classes", Decimals: 3, Better: 1}}}
	models := d.tier.compared(set)
	for _, m := range d.tier.detectors(set) {
		if !hasModel(models, m.Name) {
			models = append(models, m) // a reference without clusters, or tuned for outliers
		}
	}
	for _, m := range models {
		row := []report.Value{report.Text(m.Name)}
		for _, c := range []struct {
			table  *report.Table
			column string
		}{{clusters, "purity"}, {clusters, "NMI"}, {outliers, mean.Name}} {
			v, _ := c.table.Lookup(m.Name, c.column) // not every model clusters, not every one detects
			row = append(row, v)
		}
		short.Rows = append(short.Rows, row)
	}
	return strings.TrimSpace(short.Markdown()), nil
}
