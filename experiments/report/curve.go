package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// add draws one line in pieces without gaps.
func (p *Panel) add(pl *plot.Plot, legend *plot.Legend, line Line, l look, u units) error {
	style, first := l.line, true
	var piece plotter.XYs
	flush := func() error {
		if len(piece) == 0 {
			return nil
		}
		curve, s, err := plotter.NewLinePoints(piece)
		if err != nil {
			return err
		}
		curve.LineStyle = style
		s.Color, s.Shape, s.Radius = style.Color, l.shape, 2.5
		pl.Add(curve)
		marked := line.Marked || len(piece) == 1
		if marked {
			pl.Add(s)
		}
		switch {
		case first && len(line.X) == 1:
			legend.Add(line.Name, s)
		case first && marked:
			legend.Add(line.Name, curve, s)
		case first:
			legend.Add(line.Name, curve)
		}
		first, piece = false, nil
		return nil
	}
	if err := p.addBars(pl, line, style, u); err != nil {
		return err
	}
	for i := range line.X {
		x, y := line.X[i], line.Y[i]
		if !p.drawn(x, y) {
			if err := flush(); err != nil {
				return err
			}
			continue
		}
		piece = append(piece, plotter.XY{X: x * u.x, Y: p.Range.near(y) * u.y})
	}
	return flush()
}

// addBars draws the intervals of a line.
func (p *Panel) addBars(pl *plot.Plot, line Line, style draw.LineStyle, u units) error {
	for i := range line.Low {
		x, low, high := line.X[i], line.Low[i], line.High[i]
		if !p.drawn(x, low) || !p.drawn(x, high) {
			continue
		}
		bar, err := plotter.NewLine(plotter.XYs{{X: x * u.x, Y: p.Range.near(low) * u.y}, {X: x * u.x, Y: p.Range.near(high) * u.y}})
		if err != nil {
			return err
		}
		bar.Color, bar.Width = style.Color, 1
		pl.Add(bar)
	}
	return nil
}
