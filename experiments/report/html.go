package report

import (
	"html"
	"strings"
)

// HTML is the table as an HTML element: what Markdown shows, with all words escaped.
// It panics if a row has not one value for each column.
func (t *Table) HTML() string {
	t.check()
	var b strings.Builder
	b.WriteString(`<table>` + "\n")
	caption := "<b>" + html.EscapeString(t.Title) + "</b>"
	if t.Notice != "" {
		caption += `<br><b style="color:#c80000">` + html.EscapeString(t.Notice) + "</b>"
	}
	b.WriteString(`<caption style="text-align:left">` + caption + "</caption>\n<thead><tr>")
	for c, col := range t.Columns {
		b.WriteString(`<th style="text-align:` + t.align(c) + `">` + html.EscapeString(col.heading()) + "</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, r := range t.Rows {
		b.WriteString("<tr>")
		for c, v := range r {
			shown := v.Text(t.Columns[c].Decimals)
			cell := html.EscapeString(shown)
			if t.best(c, shown, v) {
				cell = "<b>" + cell + "</b>"
			}
			b.WriteString(`<td style="text-align:` + t.align(c) + `">` + cell + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table>")
	if t.Note != "" {
		b.WriteString("\n<p>" + html.EscapeString(t.Note) + "</p>")
	}
	return b.String()
}

// align is right for a column with numbers.
func (t *Table) align(column int) string {
	if t.numeric(column) {
		return "right"
	}
	return "left"
}
