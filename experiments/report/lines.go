package report

import (
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Lines is a figure of panels in a grid.
type Lines struct {
	ID     string // name of its files, letters, digits and '-'
	Title  string
	Notice string    `json:",omitempty"` // loud, below the title
	Panels [][]Panel // rows of panels; all rows have the same number, one without lines stays blank
	ByName bool      `json:",omitempty"` // lines of one name have one colour in all panels; else the first line of every panel has the first colour, and so on

	OneLegend bool `json:",omitempty"` // lines as with ByName, one legend for all panels, at the bottom, and lines that differ in their dashes, too
	Aligned   bool `json:",omitempty"` // panels of a column have the same axes; their words stand below the last one
}

// Panel is one diagram with its legend below.
type Panel struct {
	Title, X, Y string
	LogX, LogY  bool   `json:",omitempty"` // logarithmic axes; what is not positive is left out
	Range       *Range `json:",omitempty"` // of Y; nil: that of the data
	Diagonal    bool   `json:",omitempty"` // draw y = x
	Lines       []Line

	across *Range // of X; nil: that of the data
}

// Range is a fixed range of an axis: finite, Min ≤ Max.
type Range struct{ Min, Max float64 }

// Line is a curve through points in order; points that are not finite leave a gap.
type Line struct {
	Name   string
	X, Y   Numbers // of equal length
	Marked bool    `json:",omitempty"` // points are marked
	Of     string  `json:",omitempty"` // name of the line that this is a variant of: dashed, in its colour; with ByName

	Low, High Numbers `json:",omitempty"` // of intervals of Y, drawn as bars; nil: none
}

// Sizes of a figure, in points of 1/72 inch at 110 pixels an inch.
const (
	leastWidth  = vg.Length(330) // of a panel; the legend must fit
	panelHeight = vg.Length(215)
	legendLine  = vg.Length(15)
	legendLeft  = vg.Length(44)
	legendThumb = vg.Length(24)
	titleHeight = vg.Length(28)
	titleLetter = vg.Length(7) // of a letter of the title
	noticeLine  = vg.Length(16)
	dpi         = 110
)

var noticeColor = color.RGBA{200, 0, 0, 255}

// Write writes ID.png and ID.json (for ReadLines) to a folder. It panics without panels, for lines with
// unequal numbers of coordinates and for a Range that is none.
func (f *Lines) Write(dir string) error {
	f.check()
	return writeFiles(dir, f.ID, map[string]func(io.Writer) error{".png": f.WritePNG, ".json": func(w io.Writer) error { return encode(w, f, "") }})
}

// Forms are the endings of the files that Write writes.
func (f *Lines) Forms() []string { return []string{".json", ".png"} }

// WritePNG draws the figure. It panics as Write does.
func (f *Lines) WritePNG(w io.Writer) error {
	f.check()
	canvas, err := f.draw()
	if err != nil {
		return fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, canvas.Image())
}

// check panics when the figure contradicts itself: a bug of the caller.
func (f *Lines) check() {
	if err := f.validate(); err != nil {
		panic(fmt.Sprintf("report: Lines %s: %v", f.ID, err))
	}
}

// validate says how the figure contradicts itself.
func (f *Lines) validate() error {
	if err := validID(f.ID); err != nil {
		return err
	}
	if len(f.Panels) == 0 || len(f.Panels[0]) == 0 {
		return errors.New("no panels")
	}
	for _, row := range f.Panels {
		if len(row) != len(f.Panels[0]) {
			return errors.New("rows of unequal length")
		}
		for _, p := range row {
			for _, l := range p.Lines {
				if len(l.X) != len(l.Y) {
					return fmt.Errorf("line %s has %d x and %d y", l.Name, len(l.X), len(l.Y))
				}
				if len(l.Low) != len(l.High) || l.Low != nil && len(l.Low) != len(l.X) {
					return fmt.Errorf("line %s has %d x and bars from %d to %d values", l.Name, len(l.X), len(l.Low), len(l.High))
				}
			}
			if r := p.Range; r != nil && !(Num(r.Min).isNumber && Num(r.Max).isNumber && r.Min <= r.Max) {
				return fmt.Errorf("panel %s: range %v", p.Title, *r)
			}
		}
	}
	return nil
}

// draw lays the panels out below title and notice.
func (f *Lines) draw() (*vgimg.Canvas, error) {
	legend := make([]vg.Length, len(f.Panels)) // height in each row
	head := titleHeight
	if f.Notice != "" {
		head += noticeLine
	}
	height := head
	for i, row := range f.Panels {
		if f.OneLegend {
			height += f.rowHeight(i)
			continue
		}
		for _, p := range row {
			legend[i] = max(legend[i], legendLine*vg.Length(len(p.Lines))+6)
		}
		height += panelHeight + legend[i]
	}
	panelWidth := f.panelWidth()
	width := max(panelWidth*vg.Length(len(f.Panels[0])), titleLetter*vg.Length(len(f.Title)))
	if f.OneLegend {
		height += f.legendHeight(width)
	}
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	c := draw.New(img)
	write(c, f.Title, 13, color.Black, 8, height-16)
	write(c, f.Notice, 11, noticeColor, 8, height-titleHeight-noticeLine/2)
	top := height - head
	for i, row := range f.Panels {
		rowHeight := panelHeight
		if f.OneLegend {
			rowHeight = f.rowHeight(i)
		}
		for j, p := range row {
			if len(p.Lines) == 0 {
				continue
			}
			p = f.aligned(p, i, j)
			left := panelWidth * vg.Length(j)
			area := part(c, left+4, top-rowHeight, left+panelWidth-10, top)
			if f.OneLegend {
				write(c, p.Title, 10, color.Black, left+8, top-titleBand/2)
				p.Title, area.Max.Y = "", top-titleBand
			}
			var strip *draw.Canvas
			if !f.OneLegend {
				s := part(c, left+legendLeft, top-rowHeight-legend[i], left+panelWidth-6, top-rowHeight-2)
				strip = &s
			}
			if err := p.draw(area, strip, f.look); err != nil {
				return nil, err
			}
		}
		top -= rowHeight + legend[i]
	}
	if f.OneLegend {
		f.drawLegend(c, width, top)
	}
	return img, nil
}

func part(c draw.Canvas, x0, y0, x1, y1 vg.Length) draw.Canvas {
	return draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}}
}

// write draws words at a place, their left end and middle.
func write(c draw.Canvas, s string, size vg.Length, col color.Color, x, y vg.Length) {
	style := plot.New().Title.TextStyle
	style.Font = sans(size)
	style.Color = col
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	c.FillText(style, vg.Point{X: x, Y: y}, s)
}

// sans is the font of all words in a figure.
func sans(size vg.Length) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
}

// draw draws the panel, and its legend unless strip is nil.
func (p *Panel) draw(area draw.Canvas, strip *draw.Canvas, look func(i int, l Line) look) error {
	pl := plot.New()
	pl.Title.Text, pl.X.Label.Text, pl.Y.Label.Text = p.Title, p.X, p.Y
	pl.Title.TextStyle.Font, pl.X.Label.TextStyle.Font, pl.Y.Label.TextStyle.Font = sans(11), sans(10), sans(10)
	pl.X.Tick.Label.Font, pl.Y.Tick.Label.Font = sans(9), sans(9)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{230}, color.Gray{230}
	pl.Add(grid)
	legend, u := newLegend(), p.units()
	if p.Diagonal {
		l, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: u.x, Y: u.y}})
		if err != nil {
			return err
		}
		l.Color, l.Dashes = color.Gray{150}, []vg.Length{3, 3}
		pl.Add(l)
	}
	for i, line := range p.Lines {
		if err := p.add(pl, &legend, line, look(i, line), u); err != nil {
			return err
		}
	}
	p.axes(pl, u)
	pl.Draw(area)
	if strip != nil {
		legend.Draw(*strip)
	}
	return nil
}
