package report

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of figures with one legend, in points.
const (
	sharedWidth = vg.Length(690) // of the figure: 1,054 pixels
	axisWords   = vg.Length(14)
	titleBand   = vg.Length(16) // above a row of panels
	legendGap   = vg.Length(18) // between the columns of the legend
)

// rowHeight is that of a row of panels of a figure with one legend: the narrower its panels, the lower.
func (f *Lines) rowHeight(row int) vg.Length {
	h := min(0.85*f.panelWidth(), panelHeight) + titleBand
	if f.Aligned && row < len(f.Panels)-1 {
		h -= axisWords
	}
	return h
}

// aligned is the panel in a row and column with the axes of its column, if they are to be the same.
func (f *Lines) aligned(p Panel, row, column int) Panel {
	if !f.Aligned {
		return p
	}
	x, y := Range{math.Inf(1), math.Inf(-1)}, Range{math.Inf(1), math.Inf(-1)}
	last := row
	for i, other := range f.Panels {
		q := &other[column]
		for _, l := range q.Lines {
			last = max(last, i)
			for k := range l.X {
				if q.drawn(l.X[k], l.Y[k]) {
					x, y = x.with(l.X[k]), y.with(l.Y[k])
				}
			}
		}
	}
	if x.Min < x.Max {
		p.across = &x
	}
	if p.Range == nil && y.Min < y.Max {
		p.Range = &y
	}
	if row < last {
		p.X = ""
	}
	if column > 0 && p.Y == f.Panels[row][0].Y {
		p.Y = ""
	}
	return p
}

// legendColumns are how many names fit side by side, and the room that each has.
func (f *Lines) legendColumns(width vg.Length) (columns int, room vg.Length) {
	style := newLegend().TextStyle
	for _, name := range f.names() {
		room = max(room, legendThumb+style.Width(name)+legendGap)
	}
	return max(1, int((width-16)/room)), room
}

func (f *Lines) legendHeight(width vg.Length) vg.Length {
	columns, _ := f.legendColumns(width)
	rows := (len(f.names()) + columns - 1) / columns
	return legendLine*vg.Length(rows) + 10
}

// drawLegend draws the legend of all panels below top.
func (f *Lines) drawLegend(c draw.Canvas, width, top vg.Length) {
	columns, room := f.legendColumns(width)
	for i, name := range f.names() {
		x, y := 8+room*vg.Length(i%columns), top-legendLine*(vg.Length(i/columns)+0.7)
		look, points := f.look(0, Line{Name: name}), f.longest(name)
		if points > 1 {
			c.StrokeLine2(look.line, x, y, x+legendThumb-4, y)
		} else {
			c.DrawGlyph(draw.GlyphStyle{Color: look.line.Color, Radius: 3, Shape: look.shape}, vg.Point{X: x + legendThumb/2, Y: y})
		}
		write(c, name, 9, legendColor, x+legendThumb, y)
	}
}

// longest is the number of points of the longest line of a name.
func (f *Lines) longest(name string) (n int) {
	for _, row := range f.Panels {
		for _, p := range row {
			for _, l := range p.Lines {
				if l.Name == name {
					n = max(n, len(l.X))
				}
			}
		}
	}
	return n
}
