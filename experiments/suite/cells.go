package suite

import (
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Cell is a cell of the suite: a spec and the id of its model. Two cells of a tier differ in their Place.
type Cell struct {
	ID string // of the model
	cell.Spec
}

// Place is what tells the cells of a tier apart.
type Place struct {
	Data, Model string
	Seed        uint64
	LeaveOut    int
	Sampled     bool
}

// Place of the cell.
func (c Cell) Place() Place { return Place{c.Data, c.ID, c.Seed, c.LeaveOut, c.Drawing != nil} }

// Fits are the cells of the data set that fit models, in the order of computation: what is cheap and compares first.
// No cell is there twice, although tables may share it.
func (s Suite) Fits() []Cell {
	l := list{suite: s, known: map[Place]bool{}}
	isPaper := func(m Model) bool { return Has(s.Paper.Models, m.ID) }
	compared, detectors := Where(s.Trained(), func(m Model) bool { return !isPaper(m) }), s.DetectorModels()
	for _, seed := range s.Seeds {
		l.add(seed, cell.NoClass, compared)
		if !slices.Contains(s.OutlierSeeds(), seed) {
			continue
		}
		for _, out := range s.LeaveOut {
			l.add(seed, out, detectors)
		}
	}
	for _, seed := range s.Paper.Seeds {
		l.add(seed, cell.NoClass, s.Paper.Models)
	}
	for _, seed := range s.Cost.Seeds {
		l.add(seed, cell.NoClass, s.Grid(configs.Clustering))
		l.add(seed, s.Cost.LeaveOut, append(s.Grid(configs.Outliers), s.Chosen().Outliers))
	}
	for _, seed := range s.Ablation.Seeds {
		l.add(seed, s.Ablation.LeaveOut, s.Ablation.Models())
	}
	return l.cells
}

// list gathers cells.
type list struct {
	suite Suite
	cells []Cell
	known map[Place]bool
}

func (l *list) add(seed uint64, out int, models []Model) {
	for _, m := range models {
		if m.Kind == cell.Nearest {
			seed = l.suite.Seeds[0] // it has none: once is enough
		}
		c := l.suite.cell(m, seed, out)
		if m.ID != "" && !l.known[c.Place()] {
			l.known[c.Place()] = true
			l.cells = append(l.cells, c)
		}
	}
}

func (s Suite) cell(m Model, seed uint64, out int) Cell {
	c := Cell{m.ID, cell.Spec{Data: s.Set, Images: s.Images, LeaveOut: out, On: cell.Test, Seed: seed, Model: m.Model}}
	c.Moments = m.ID != "" && m.ID == s.Watched().ID && seed == s.Seeds[0] && out == cell.NoClass
	return c
}

// Samplings are the cells of the data set that evaluate samples of models, after all of Fits.
func (s Suite) Samplings() []Cell {
	var cells []Cell
	models := s.Sampled()
	for _, seed := range s.Seeds {
		for _, m := range models {
			c := s.cell(m, seed, cell.NoClass)
			c.Drawing = &s.Sampling
			cells = append(cells, c)
		}
	}
	for _, seed := range s.Pieces.Seeds {
		for _, p := range s.Pieces.Rows {
			c := s.cell(p.Model, seed, cell.NoClass)
			c.Drawing = &p.Drawing
			cells = append(cells, c)
		}
	}
	return cells
}

// Cells are all cells of a tier on data sets, in the order of computation.
func (t Tier) Cells(sets []string) []Cell {
	var fits, samplings []Cell
	for _, name := range sets {
		fits, samplings = append(fits, t.On(name).Fits()...), append(samplings, t.On(name).Samplings()...)
	}
	return slices.Concat(fits, samplings)
}
