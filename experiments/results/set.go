// Package results holds all results of a suite, and what can be measured of them.
//
// # The story
//
// A Set (set.go) is all cells of one data set, found by the ids of their models. A Metric is one number of a cell; metrics.go
// lists those of fitted models, samples.go those of samples. Each is defined once, with its id, name, unit, decimals and which way is
// better: tables, figures, claims and summaries all take it from here. Samplers are
// ranked there, too, by the validation images.
package results

import (
	"fmt"
	"math"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
)

// Set is all results on one data set.
type Set struct {
	suite.Suite
	Notice  string
	Shape   dcgmm.Shape // of an image
	Fits    []Cell      // of Suite.Fits, in their order
	Samples []Cell      // of Suite.Samplings
}

// Variant of what a model samples.
type Variant string

// The variants.
const (
	Raw       Variant = "" // as sampled; the only one of everything but samples
	Sharpened Variant = "sharpened"
)

// Key names a row of a table: a model, or a variant of what it samples.
type Key struct {
	Model string // id
	Variant
}

// String is the key as the id of a row.
func (k Key) String() string {
	if k.Variant == Raw {
		return k.Model
	}
	return k.Model + "+" + string(k.Variant)
}

// Cell is a result under the key of its row.
type Cell struct {
	Key
	*cell.Result
}

// Metric is one number of a cell.
type Metric struct {
	report.Column
	Sampled bool // of a cell of Set.Samples
	// Of returns the number, with the interval of resampled images if it has one (N > 0); ok is false if the cell has no such number.
	Of func(Cell) (value eval.Interval, ok bool)
}

// Mean is the number without its interval, of a cell that has it.
func (m Metric) Mean(c Cell) float64 {
	v, _ := m.Of(c)
	return v.Mean
}

// Cells of a row, over all seeds in their order; class is the one left out, or cell.NoClass.
func (s *Set) Cells(key Key, class int, sampled bool) []Cell {
	all := s.Fits
	if sampled {
		all = s.Samples
	}
	var found []Cell
	for _, c := range all {
		if c.Model == key.Model && c.Spec.LeaveOut == class {
			found = append(found, Cell{key, c.Result})
		}
	}
	return found
}

// Of are the cells that fit a model, with a class left out or cell.NoClass.
func (s *Set) Of(id string, class int) []Cell { return s.Cells(Key{Model: id}, class, false) }

// Seeded are those of Of with some seeds.
func (s *Set) Seeded(id string, class int, seeds []uint64) []Cell {
	return slices.DeleteFunc(s.Of(id, class), func(c Cell) bool { return !slices.Contains(seeds, c.Spec.Seed) })
}

// Find returns the cell that fits a model. It panics if there is none.
func (s *Set) Find(id string, seed uint64, class int) Cell {
	c, ok := s.find(Key{Model: id}, seed, class, false)
	if !ok {
		panic(fmt.Sprintf("results: no result of %s, seed %d, class %d", id, seed, class))
	}
	return c
}

func (s *Set) find(key Key, seed uint64, class int, sampled bool) (Cell, bool) {
	for _, c := range s.Cells(key, class, sampled) {
		if c.Spec.Seed == seed || c.Spec.Model.Kind == cell.Nearest { // which has no seed
			return c, true
		}
	}
	return Cell{}, false
}

// SamplesOf is what was measured of a model's samples, by seed.
func (s *Set) SamplesOf(id string) []*cell.Drawn {
	var found []*cell.Drawn
	for _, c := range s.Cells(Key{Model: id}, cell.NoClass, true) {
		found = append(found, c.Drawn)
	}
	return found
}

// Values are a metric of every cell of a row, seeds × classes left out; nil if one is missing.
func (s *Set) Values(key Key, seeds []uint64, classes []int, m Metric) [][]float64 {
	var rows [][]float64
	for _, seed := range seeds {
		var row []float64
		for _, class := range classes {
			v, ok := s.value(key, seed, class, m)
			if !ok {
				return nil
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows
}

func (s *Set) value(key Key, seed uint64, class int, m Metric) (float64, bool) {
	c, ok := s.find(key, seed, class, m.Sampled)
	if !ok {
		return 0, false
	}
	v, ok := m.Of(c)
	return v.Mean, ok && !math.IsNaN(v.Mean)
}

// TrainedOn is the largest number of images that a model was trained on.
func (s *Set) TrainedOn() (images int) {
	for _, c := range s.Fits {
		images = max(images, c.Images)
	}
	return images
}
