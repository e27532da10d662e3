package report

import (
	"encoding/csv"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"deepgmm/internal/atomicfile"
	"deepgmm/internal/escape"
)

// Lines is a figure of panels in a grid.
type Lines struct {
	ID     string // name of its files, letters, digits and '-'
	Title  string
	Notice string    // loud, below the title
	Panels [][]Panel // rows of panels; all rows have the same number, one without lines stays blank
	ByName bool      // lines of one name have one colour in all panels; else the first line of every panel has the first colour, and so on
}

// Panel is one diagram with its legend below.
type Panel struct {
	Title, X, Y string
	LogX, LogY  bool   // logarithmic axes; what is not positive is left out
	Range       *Range // of Y; nil: that of the data
	Diagonal    bool   // draw y = x
	Lines       []Line
}

// Range is a fixed range of an axis: finite, Min ≤ Max.
type Range struct{ Min, Max float64 }

// Line is a curve through points in order; points that are not finite leave a gap.
type Line struct {
	Name   string
	X, Y   []float64 // of equal length
	Marked bool      // points are marked
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

// Write writes ID.png and ID.csv to a folder. It panics without panels, for lines with
// unequal numbers of coordinates and for a Range that is none.
func (f *Lines) Write(dir string) error {
	f.check()
	if err := atomicfile.Write(filepath.Join(dir, f.ID+".csv"), f.writeCSV); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, f.ID+".png"), f.WritePNG)
}

// WritePNG draws the figure. It panics as Write does.
func (f *Lines) WritePNG(w io.Writer) error {
	f.check()
	canvas, err := f.draw()
	if err != nil {
		return fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, canvas.Image())
}

func (f *Lines) check() {
	if err := validID(f.ID); err != nil {
		panic("report: Lines: " + err.Error())
	}
	if len(f.Panels) == 0 || len(f.Panels[0]) == 0 {
		panic("report: Lines " + f.ID + ": no panels")
	}
	for _, row := range f.Panels {
		if len(row) != len(f.Panels[0]) {
			panic("report: Lines " + f.ID + ": rows of unequal length")
		}
		for _, p := range row {
			for _, l := range p.Lines {
				if len(l.X) != len(l.Y) {
					panic(fmt.Sprintf("report: Lines %s: line %s has %d x and %d y", f.ID, l.Name, len(l.X), len(l.Y)))
				}
			}
			if r := p.Range; r != nil && !(Num(r.Min).isNumber && Num(r.Max).isNumber && r.Min <= r.Max) {
				panic(fmt.Sprintf("report: Lines %s: panel %s: range %v", f.ID, p.Title, *r))
			}
		}
	}
}

func (f *Lines) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	head := []string{"panel", "line", "x", "y"}
	if f.Notice != "" {
		head = append(head, "notice")
	}
	rows := [][]string{head}
	for _, row := range f.Panels {
		for _, p := range row {
			for _, l := range p.Lines {
				for i := range l.X {
					cells := []string{escape.Cell(p.Title + ": " + p.Y), escape.Cell(l.Name), Num(l.X[i]).machine(), Num(l.Y[i]).machine()}
					if f.Notice != "" {
						cells = append(cells, escape.Cell(f.Notice))
					}
					rows = append(rows, cells)
				}
			}
		}
	}
	return w.WriteAll(rows)
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
		for _, p := range row {
			legend[i] = max(legend[i], legendLine*vg.Length(len(p.Lines))+6)
		}
		height += panelHeight + legend[i]
	}
	panelWidth := f.panelWidth()
	width := max(panelWidth*vg.Length(len(f.Panels[0])), titleLetter*vg.Length(len(f.Title)))
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	c := draw.New(img)
	write(c, f.Title, 13, color.Black, 8, height-16)
	write(c, f.Notice, 11, noticeColor, 8, height-titleHeight-noticeLine/2)
	top := height - head
	for i, row := range f.Panels {
		for j, p := range row {
			if len(p.Lines) == 0 {
				continue
			}
			left := panelWidth * vg.Length(j)
			area := part(c, left+4, top-panelHeight, left+panelWidth-10, top)
			strip := part(c, left+legendLeft, top-panelHeight-legend[i], left+panelWidth-6, top-panelHeight-2)
			if err := p.draw(area, strip, f.style); err != nil {
				return nil, err
			}
		}
		top -= panelHeight + legend[i]
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

func (p *Panel) draw(area, strip draw.Canvas, style func(i int, name string) draw.LineStyle) error {
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
		if err := p.add(pl, &legend, line, style(i, line.Name), u); err != nil {
			return err
		}
	}
	p.axes(pl, u)
	pl.Draw(area)
	legend.Draw(strip)
	return nil
}

// add draws one line in pieces without gaps.
func (p *Panel) add(pl *plot.Plot, legend *plot.Legend, line Line, style draw.LineStyle, u units) error {
	first := true
	var piece plotter.XYs
	flush := func() error {
		if len(piece) == 0 {
			return nil
		}
		l, s, err := plotter.NewLinePoints(piece)
		if err != nil {
			return err
		}
		l.LineStyle = style
		s.Color, s.Shape, s.Radius = style.Color, draw.CircleGlyph{}, 2.5
		pl.Add(l)
		if line.Marked || len(piece) == 1 {
			pl.Add(s)
		}
		if first {
			legend.Add(line.Name, l)
		}
		first, piece = false, nil
		return nil
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
