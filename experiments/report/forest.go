package report

import (
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Forest is a figure of differences with their intervals, one in a line, in panels with a scale of their own.
type Forest struct {
	ID     string // name of its files, letters, digits and '-'
	Title  string
	Notice string `json:",omitempty"` // loud, below the title
	Panels []ForestPanel
}

// ForestPanel is lines on one scale, with a mark at 0.
type ForestPanel struct {
	Title string
	Ratio bool `json:",omitempty"` // values are log₁₀ of ratios: the axis shows ratios
	Rows  []ForestRow
}

// ForestRow is a difference and its interval: finite, Low ≤ Mean ≤ High but for rounding.
type ForestRow struct {
	Name            string // on the left
	Mean, Low, High float64
	Words           string // on the right
	Mark            Mark
}

// Mark is the look of a row, by colour and by shape.
type Mark string

// The marks: in favour, against, neither.
const (
	Favourable Mark = "favourable"
	Adverse    Mark = "adverse"
	Neutral    Mark = "neutral"
)

// Sizes of a Forest, in points.
const (
	forestWidth = vg.Length(690) // 1,054 pixels
	forestLeft  = vg.Length(205) // of names
	forestRight = vg.Length(185) // of words
	forestLine  = vg.Length(15)
	forestHead  = vg.Length(22) // of a panel
	forestAxis  = vg.Length(24)
)

var forestLooks = map[Mark]struct {
	color color.Color
	shape draw.GlyphDrawer
}{
	Favourable: {palette[0], draw.CircleGlyph{}},
	Adverse:    {palette[1], draw.SquareGlyph{}},
	Neutral:    {color.Gray{110}, draw.RingGlyph{}},
}

// Write writes ID.png and ID.json to a folder. It panics without panels, for a row that is not finite or has no Mark.
func (f *Forest) Write(dir string) error {
	f.check()
	return writeFiles(dir, f.ID, map[string]func(io.Writer) error{".png": f.WritePNG, ".json": func(w io.Writer) error { return encode(w, f, " ") }})
}

// Forms are the endings of the files that Write writes.
func (f *Forest) Forms() []string { return []string{".json", ".png"} }

var _ Written = (*Forest)(nil)

func (f *Forest) check() {
	if err := f.validate(); err != nil {
		panic(fmt.Sprintf("report: Forest %s: %v", f.ID, err))
	}
}

func (f *Forest) validate() error {
	if err := validID(f.ID); err != nil {
		return err
	}
	if len(f.Panels) == 0 {
		return errors.New("no panels")
	}
	for _, p := range f.Panels {
		for _, r := range p.Rows {
			if _, ok := forestLooks[r.Mark]; !ok || !NumCI(r.Mean, r.Low, r.High).isNumber {
				return fmt.Errorf("row %s: mark %q, %v [%v, %v]", r.Name, r.Mark, r.Mean, r.Low, r.High)
			}
		}
	}
	return nil
}

// WritePNG draws the figure. It panics as Write does.
func (f *Forest) WritePNG(w io.Writer) error {
	f.check()
	height := titleHeight + 6
	if f.Notice != "" {
		height += noticeLine
	}
	top := height
	for _, p := range f.Panels {
		height += p.height()
	}
	img := vgimg.NewWith(vgimg.UseWH(forestWidth, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	c := draw.New(img)
	write(c, f.Title, 13, color.Black, 8, height-16)
	write(c, f.Notice, 11, noticeColor, 8, height-titleHeight-noticeLine/2)
	y := height - top
	for _, p := range f.Panels {
		p.draw(c, y)
		y -= p.height()
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, img.Image())
}

func (p *ForestPanel) height() vg.Length {
	return forestHead + forestLine*vg.Length(len(p.Rows)) + forestAxis
}

// draw draws the panel below y.
func (p *ForestPanel) draw(c draw.Canvas, y vg.Length) {
	low, high := p.ends()
	left, right := forestLeft, forestWidth-forestRight
	x := func(v float64) vg.Length {
		return left + (right-left)*vg.Length((v-low)/(high-low))
	}
	write(c, p.Title, 11, color.Black, 8, y-forestHead/2)
	top, bottom := y-forestHead, y-forestHead-forestLine*vg.Length(len(p.Rows))
	for _, t := range p.ticks(low, high) {
		if t.Label == "" {
			continue
		}
		c.StrokeLine2(draw.LineStyle{Color: color.Gray{225}, Width: 0.7}, x(t.Value), bottom, x(t.Value), top)
		style := plot.New().Title.TextStyle
		style.Font, style.XAlign, style.YAlign = sans(9), draw.XCenter, draw.YTop
		c.FillText(style, vg.Point{X: x(t.Value), Y: bottom - 3}, t.Label)
	}
	c.StrokeLine2(draw.LineStyle{Color: color.Gray{120}, Width: 1, Dashes: []vg.Length{3, 3}}, x(0), bottom, x(0), top)
	for i, r := range p.Rows {
		middle := top - forestLine*(vg.Length(i)+0.5)
		look := forestLooks[r.Mark]
		write(c, r.Name, 9, color.Black, 20, middle)
		write(c, r.Words, 9, color.Black, right+14, middle)
		c.StrokeLine2(draw.LineStyle{Color: look.color, Width: 1.6}, x(r.Low), middle, x(r.High), middle)
		c.DrawGlyph(draw.GlyphStyle{Color: look.color, Radius: 3, Shape: look.shape}, vg.Point{X: x(r.Mean), Y: middle})
	}
}

// ends are those of the axis: all intervals and 0, and a little more.
func (p *ForestPanel) ends() (low, high float64) {
	for _, r := range p.Rows {
		low, high = min(low, r.Low), max(high, r.High)
	}
	if low == high {
		return -1, 1
	}
	more := 0.06 * (high - low)
	return low - more, high + more
}

// ticks are those of a linear axis, or at ratios of 1 and 3 of every decade.
func (p *ForestPanel) ticks(low, high float64) []plot.Tick {
	if !p.Ratio {
		return roundTicks{}.Ticks(low, high)
	}
	marks := ratioTicks{}.Ticks(math.Pow(10, low), math.Pow(10, high))
	for i := range marks {
		marks[i].Value = math.Log10(marks[i].Value)
	}
	return marks
}
