// Package show is what a notebook cell talks to: it displays tables, figures and images, shows the progress of work,
// finds the data, and stops cleanly when the kernel is interrupted. It is the only package that knows of the notebook;
// everything it shows comes from the same code that writes results/. Outside of a notebook it prints text.
//
// # The story
//
// Each cell is a program of its own: declarations live on in later cells, values do not. So a cell begins with Done
// (cell.go), which sees to it that nothing it showed is lost, gets its data (data.go) and its trained models (train.go:
// from a cache, or trained live and kept), and shows what it found (display.go): Table, Lines, Pictures of sheets of
// small images (sheet.go, maps.go, clusters.go), words with Note, or whatever it has with Value (value.go). Explore
// (explore.go, explore_model.go, explore_down.go) adds sliders, DrawMask (draw.go) a mask that is drawn with the
// mouse. measure.go has numbers and masks, detection.go scores of outliers. Cells (cells.go) computes what the
// pipeline does; Results (results.go) finds what it left, suite.go the models and settings of the experiments,
// paper.go the verdicts. photos.go makes photographs, Fill (folder.go) a folder of files, and removes nothing that it
// did not make; Shell (cell.go) runs commands, flagged.go reads what score says.
//
//	%%
//	defer show.Done()
//	data := show.Must(show.Data("mnist"))
//	net := show.Must(show.Train(training.Job{Arch: "F8/2 G49 F11 G49", Images: show.Images(data.Train)}))
//	show.Pictures("What the components stand for", show.Prototypes(net, 0), show.Prototypes(net, 1))
//
// With DCGMM_NOTEBOOK=smoke in the environment the data are few generated glyphs, and Setting chooses small settings:
// the notebooks' test.
package show

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"deepgmm/experiments/report"
)

// bundle is one output in several forms; the front end shows the best that it can. Empty ones are left out.
type bundle struct {
	png                   []byte
	html, markdown, plain string
}

// display shows an output; with an id, in the place of the last one with that id. Outside of a notebook the plain
// form is printed, if there is one.
func display(id string, b bundle) {
	if !gonbui.IsNotebook {
		if b.plain != "" {
			fmt.Println(b.plain)
		}
		return
	}
	data := map[protocol.MIMEType]any{protocol.MIMETextHTML: b.html, protocol.MIMETextMarkdown: b.markdown, protocol.MIMETextPlain: b.plain}
	maps.DeleteFunc(data, func(_ protocol.MIMEType, form any) bool { return form == "" })
	if b.png != nil {
		data[protocol.MIMEImagePNG] = b.png
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, DisplayID: id})
}

// The classes of HTML elements by which the notebooks' test tells outputs that differ from run to run, or from machine
// to machine, from results: see notebooks/nb.
const (
	timingClass = "timing" // a number of seconds, or whether work was taken from the cache
	noticeClass = "notice" // a notice that these are not the real data
	liveClass   = "live"   // the rest of a live display
)

func span(class, words string) string {
	return fmt.Sprintf(`<span class="%s">%s</span>`, class, html.EscapeString(words))
}

// Note shows a sentence in Markdown, formatted as by fmt.Sprintf: numbers that a cell computed, in words. Unlike what
// is printed, it stays in order with tables and figures.
func Note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	display("", bundle{markdown: s, plain: strings.NewReplacer("**", "", "`", "").Replace(s)})
}

// unnamed is the ID of tables and figures that are shown and not written.
const unnamed = "notebook"

// Table shows a table, aligned and rounded, the best value of a column in bold. Its ID may be empty. A table that is
// not about all of its data says so in its Notice; if that is empty, the notice of the data that the cell loaded takes
// its place. It panics if a row has not one value for each column.
func Table(t report.Table) {
	t.ID, t.Notice = cmp.Or(t.ID, unnamed), cmp.Or(t.Notice, notice)
	b := bundle{html: t.HTML(), markdown: t.Markdown()}
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].Better = 0 // plain text has no bold
	}
	b.plain = strings.ReplaceAll(strings.TrimSpace(t.Markdown()), "**", "")
	display("", b)
}

// Lines shows diagrams side by side, as wide as three of them in a row; more are broken into rows. Axes are labelled by
// the panels, units belong there. It panics for lines with unequal numbers of coordinates.
func Lines(title string, panels ...report.Panel) {
	f := report.Lines{ID: unnamed, Title: title, Notice: notice}
	perRow := min(len(panels), 3)
	for row := range slices.Chunk(panels, max(1, perRow)) {
		f.Panels = append(f.Panels, append(make([]report.Panel, 0, perRow), row...)[:perRow]) // all rows are as long
	}
	picture(title, f.WritePNG)
}

// Pictures shows sheets of small images side by side. It panics if the fields of a sheet do not agree.
func Pictures(title string, sheets ...report.Sheet) {
	f := report.Pictures{ID: unnamed, Title: title, Notice: notice, Sheets: sheets}
	picture(title, f.WritePNG)
}

// picture shows a PNG, with its title as text for front ends without pictures.
func picture(title string, write func(io.Writer) error) {
	var b bytes.Buffer
	err := write(&b)
	var small []byte
	if err == nil {
		small, err = compact(b.Bytes())
	}
	if err != nil {
		panic(fmt.Sprintf("show: figure %q: %v", title, err)) // into memory: the figure is at fault
	}
	alt := "Picture: " + title
	if notice != "" {
		alt += " (" + notice + ")"
	}
	display("", bundle{png: small, plain: alt})
}

// compact makes a PNG small enough for a notebook: at most 256 colours, less than half the bytes. Each channel is
// rounded to 64 levels, a difference that cannot be seen; black, white and the 64 grays between stay apart. Of more
// colours, as the soft edges of many curves have, the rarest become the nearest of the others. The same PNG gives the
// same bytes.
func compact(b []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r := img.Bounds()
	counts := map[color.RGBA]int{}
	for i := range r.Dx() * r.Dy() {
		counts[rounded(img.At(r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx()))]++
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range frequent[:min(256, len(frequent))] {
		palette = append(palette, c)
	}
	index := map[color.RGBA]uint8{}
	for c := range counts {
		index[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(r, palette)
	for i := range small.Pix {
		small.Pix[i] = index[rounded(img.At(r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx()))]
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// rounded is an opaque colour of 64 levels a channel.
func rounded(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	level := func(v uint32) uint8 { return uint8((v*63 + 0x7fff) / 0xffff * 255 / 63) }
	return color.RGBA{level(r), level(g), level(b), 255}
}
