package report

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette is that of Okabe and Ito, for eyes of all kinds; after it, lines are dashed.
var palette = []color.Color{
	color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255},
	color.RGBA{230, 159, 0, 255}, color.RGBA{86, 180, 233, 255}, color.RGBA{0, 0, 0, 255},
}

var legendColor = color.Black

// dashes tell lines apart for eyes that do not tell colours apart.
var dashes = [][]vg.Length{nil, {6, 2}, {2, 2}, {7, 2, 2, 2}, {4, 4}, {9, 3}, {1, 3}}

// panelWidth is that of the widest legend, at least leastWidth; with one legend, a share of the figure's width.
func (f *Lines) panelWidth() vg.Length {
	if f.OneLegend {
		return sharedWidth / vg.Length(len(f.Panels[0]))
	}
	width, style := leastWidth, newLegend().TextStyle
	for _, row := range f.Panels {
		for _, p := range row {
			for _, l := range p.Lines {
				const gaps = 20 // before and behind the name
				width = max(width, legendLeft+legendThumb+style.Width(l.Name)+gaps)
			}
		}
	}
	return width
}

// look is that of a line and of its points.
type look struct {
	line  draw.LineStyle
	shape draw.GlyphDrawer
}

// shapes of points: another one in the next round of the palette, and for each line that is a point.
var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{}, draw.RingGlyph{}}

// look of the i-th line of a panel.
func (f *Lines) look(i int, l Line) look {
	round := f.number(i, l) / len(palette)
	switch {
	case l.Of != "":
		round++
	case f.OneLegend && f.longest(l.Name) == 1:
		round = f.number(i, l)
	}
	return look{line: f.style(i, l), shape: shapes[round%len(shapes)]}
}

// number is that of a line's colour, and in the next rounds of the palette of its dashes: of the i-th line of a panel.
func (f *Lines) number(i int, l Line) int {
	if f.ByName || f.OneLegend {
		return slices.Index(f.names(), cmp.Or(l.Of, l.Name))
	}
	return i
}

// style is that of the i-th line of a panel.
func (f *Lines) style(i int, l Line) draw.LineStyle {
	i = f.number(i, l)
	style := draw.LineStyle{Color: palette[i%len(palette)], Width: 1.3}
	switch {
	case l.Of != "":
		style.Dashes = dashes[1]
	case f.OneLegend:
		style.Dashes = dashes[(i+i/len(palette))%len(dashes)] // another one in the next round of the palette
	case i >= len(palette):
		style.Dashes = []vg.Length{5, 2}
	}
	return style
}

// names are those of all lines that are no variants of others, each once, in the order of the panels.
func (f *Lines) names() (names []string) {
	for _, row := range f.Panels {
		for _, p := range row {
			for _, l := range p.Lines {
				if l.Of == "" && !slices.Contains(names, l.Name) {
					names = append(names, l.Name)
				}
			}
		}
	}
	return names
}

// newLegend has no entries yet.
func newLegend() plot.Legend {
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.TextStyle.Font = sans(9)
	legend.Padding = 3
	legend.ThumbnailWidth = legendThumb
	return legend
}
