package show

import (
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// Fits computes cells of a suite that fit models, as Cells does, and returns what was measured as package analysis takes
// it. wanted picks among Suite.Fits; nil takes all. The images are Data of the suite's set; those of the tier smoke are as
// the pipeline has them.
func Fits(s suite.Suite, wanted func(suite.Cell) bool) (*results.Set, error) {
	data, err := Data(s.Set)
	if s.Set == generated {
		data, err = dataset.Load(Context(), generated, dataset.Options{})
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	var specs []cell.Spec
	for _, c := range s.Fits() {
		if wanted == nil || wanted(c) {
			ids, specs = append(ids, c.ID), append(specs, c.Spec)
		}
	}
	all, err := Cells(data, specs...)
	if err != nil {
		return nil, err
	}
	set := &results.Set{Suite: s, Notice: data.Notice, Shape: dcgmm.Shape{H: data.Test.H, W: data.Test.W, C: data.Test.C}}
	for i, r := range all {
		set.Fits = append(set.Fits, results.Cell{Key: results.Key{Model: ids[i]}, Result: r})
	}
	return set, nil
}

// generated is the data set of the tier smoke.
const generated = "glyphs"

// Columns is a table with the first column and those of some ids alone, in their order in the table, and without its note,
// which is of all columns. Ids that it has not do not count.
func Columns(t report.Table, ids ...string) report.Table {
	keep := func(i int) bool { return i == 0 || slices.Contains(ids, t.Columns[i].Key()) }
	kept := t
	kept.Note, kept.Columns, kept.Rows = "", nil, make([][]report.Value, len(t.Rows))
	for i, c := range t.Columns {
		if !keep(i) {
			continue
		}
		kept.Columns = append(kept.Columns, c)
		for r, row := range t.Rows {
			kept.Rows[r] = append(kept.Rows[r], row[i])
		}
	}
	return kept
}
