package suite

import (
	"fmt"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
)

// Pieces are what drawing is made of, added one after the other: networks with a way to draw from them. The zero value
// has none.
type Pieces struct {
	Rows  []Piece
	Seeds []uint64
}

// A Piece is one row: a network, named by what it has more than the one before, and how it is drawn from. Pieces of the
// same network share its training.
type Piece struct {
	Model
	Drawing cell.Drawing
}

// rounds are powers of redrawing that were best among a few for codes of overlapping patches (docs/model.md, section 6).
var rounds = []float64{1, 1, 1}

// coded is a network with settings that suit factors handed up, for all that are compared (docs/tuning.md).
func coded(arch string, epochs int) Model {
	m := Network(arch, epochs)
	m.Init = dcgmm.Init{MaxPrecRoot: 25, UpperPrecRoot: 1.8}
	m.Train = dcgmm.Config{Epochs: epochs, Optimizer: dcgmm.Adam, Rate: 0.002, RateFactors: 10, Gamma: 0.8, Delta: 0.1,
		Wait: []float64{0, 0.12}, FactorWait: 0.5, HandedWait: 0.1, Restart: 0.2, FinalWeights: true}
	return m
}

// pieces are those of a tier: first layers of patches beside each other, then of patches that overlap.
func pieces(epochs, components int, drawing cell.Drawing, seeds []uint64) Pieces {
	drawing.SamplesOnly, drawing.Redraw = true, nil
	averaged, again := drawing, drawing
	averaged.Average, again.Redraw = true, rounds
	beside, over := []string{"F4/4", "F7"}, []string{"F4/2", "F13"}
	row := func(id, name, mixture string, folds []string, d cell.Drawing) Piece {
		return Piece{coded(fmt.Sprintf("%s %s %s A%d:4", folds[0], mixture, folds[1], components), epochs).As("piece-"+id, name), d}
	}
	return Pieces{Seeds: seeds, Rows: []Piece{
		row("components", "which component (responsibilities)", "A4:4", beside, drawing),
		row("codes", "and where in it (U)", "A4:4 U", beside, drawing),
		row("compact", "the latter alone: one loading matrix (compact U)", "A1:8 U", beside, drawing),
		row("averages", "U, patches overlap, averaged", "A4:4 U", over, averaged),
		row("precision", "U, patches overlap, joined by precision", "A4:4 U", over, drawing),
		row("rounds", "U, patches overlap, joined by precision, drawn again", "A4:4 U", over, again),
	}}
}
