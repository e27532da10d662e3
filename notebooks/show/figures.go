package show

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"deepgmm/experiments/report"
)

// unnamed is the ID of tables and figures that are shown and not written.
const unnamed = "notebook"

// Table shows a table, aligned and rounded for people, the best value of a column in bold. Its ID may be empty.
// A table that is not about all of its data says so in its Notice; if that is empty, the notice of the data that the
// cell loaded takes its place. It panics if a row has not one value for each column.
func Table(t report.Table) {
	if t.ID == "" {
		t.ID = unnamed
	}
	if t.Notice == "" {
		t.Notice = notice
	}
	html, markdown := t.HTML(), t.Markdown()
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].Better = 0 // plain text has no bold
	}
	display("", bundle{html: html, markdown: markdown, plain: strings.ReplaceAll(strings.TrimSpace(t.Markdown()), "**", "")})
}

// Lines shows diagrams side by side, as wide as three of them in a row; more are broken into rows. Axes are labelled by
// the panels, units belong there. It panics for lines with unequal numbers of coordinates.
func Lines(title string, panels ...report.Panel) {
	f := report.Lines{ID: unnamed, Title: title, Notice: notice}
	perRow := min(len(panels), 3)
	for i, p := range panels {
		if i%perRow == 0 {
			f.Panels = append(f.Panels, make([]report.Panel, perRow))
		}
		f.Panels[i/perRow][i%perRow] = p
	}
	picture(title, f.WritePNG)
}

// Pictures shows sheets of small images side by side. It panics if the fields of a sheet do not agree.
func Pictures(title string, sheets ...report.Sheet) {
	f := report.Pictures{ID: unnamed, Title: title, Notice: notice, Sheets: sheets}
	picture(title, f.WritePNG)
}

// picture shows a PNG with its title for those who do not see it.
func picture(title string, write func(io.Writer) error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		panic(fmt.Sprintf("show: figure %q: %v", title, err)) // into memory: the figure is at fault
	}
	small, err := compact(b.Bytes())
	if err != nil {
		panic(fmt.Sprintf("show: figure %q: %v", title, err))
	}
	alt := "Picture: " + title
	if notice != "" {
		alt += " (" + notice + ")"
	}
	display("", bundle{png: small, plain: alt})
}
