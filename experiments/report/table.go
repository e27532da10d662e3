package report

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"deepgmm/internal/atomicfile"
	"deepgmm/internal/escape"
)

// Column heads the cells of one column.
type Column struct {
	ID       string `json:",omitempty"` // by which programs find it, whatever its name; "": by its name
	Name     string
	Unit     string // shown behind the name, empty: none
	Decimals int    // in Markdown and HTML; CSV and JSON have all digits
	Better   int    // 1: the largest value is the best, −1: the smallest, 0: no order
}

func (c Column) heading() string {
	if c.Unit == "" {
		return c.Name
	}
	return c.Name + " (" + c.Unit + ")"
}

// Table is a result for readers and for programs.
type Table struct {
	ID      string // name of its files, letters, digits and '-'
	Title   string
	Note    string // below the table, empty: none
	Notice  string // loud, above the table, empty: none
	Columns []Column
	IDs     []string  `json:",omitempty"` // of the rows, by which programs find them; nil: by their first cells
	Rows    [][]Value // one value for each column
}

// Add appends a row with an id. Either all rows of a table have one or none has.
func (t *Table) Add(id string, row ...Value) { t.IDs, t.Rows = append(t.IDs, id), append(t.Rows, row) }

// validate says how the table contradicts itself.
func (t *Table) validate() error {
	if err := validID(t.ID); err != nil {
		return err
	}
	if len(t.Columns) == 0 {
		return errors.New("no columns")
	}
	for _, c := range t.Columns {
		if c.Decimals < 0 || c.Decimals > 17 {
			return fmt.Errorf("%d decimals in column %q; a float64 has 17 digits", c.Decimals, c.Name)
		}
	}
	if t.IDs != nil && len(t.IDs) != len(t.Rows) {
		return fmt.Errorf("%d ids for %d rows", len(t.IDs), len(t.Rows))
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d values for %d columns", i, len(row), len(t.Columns))
		}
	}
	return nil
}

func validID(id string) error {
	if id == "" || strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" || strings.ContainsAny(id, `/\. `) {
		return fmt.Errorf("%q is no name for files: letters, digits and '-' only", id)
	}
	return nil
}

// check panics when the table contradicts itself: a bug of the caller.
func (t *Table) check() {
	if err := t.validate(); err != nil {
		panic(fmt.Sprintf("report: Table %s: %v", t.ID, err))
	}
}

// Write writes ID.csv, ID.json and ID.md to a folder. It panics if a row has not one value for each column.
func (t *Table) Write(dir string) error {
	t.check()
	return writeFiles(dir, t.ID, map[string]func(io.Writer) error{".csv": t.writeCSV, ".json": t.writeJSON,
		".md": func(w io.Writer) error { _, err := io.WriteString(w, t.Markdown()); return err }})
}

// Forms are the endings of the files that Write writes.
func (t *Table) Forms() []string { return []string{".csv", ".json", ".md"} }

// Written is a table or figure: files of its ID and one of its Forms.
type Written interface {
	Write(dir string) error
	Forms() []string
}

var _, _, _, _ Written = (*Table)(nil), (*Lines)(nil), (*Pictures)(nil), (*Film)(nil)

// writeFiles writes the forms of a table or figure, each whole or not at all.
func writeFiles(dir, id string, forms map[string]func(io.Writer) error) error {
	for suffix, write := range forms {
		if err := atomicfile.Write(filepath.Join(dir, id+suffix), write); err != nil {
			return err
		}
	}
	return nil
}

// Lookup returns the value in a column of the first row with an id. Rows without ids are found by the words of their
// first cells, columns without by their names.
func (t *Table) Lookup(row, column string) (v Value, ok bool) {
	c := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key() == column })
	r := slices.Index(t.IDs, row)
	if t.IDs == nil {
		r = slices.IndexFunc(t.Rows, func(cells []Value) bool { return cells[0].text == row })
	}
	if c < 0 || r < 0 {
		return Value{}, false
	}
	return t.Rows[r][c], true
}

// Key is what programs find the column by.
func (c Column) Key() string { return cmp.Or(c.ID, c.Name) }

// Markdown is the table as text, aligned and rounded, the best value of a column in bold. Words are only words: see
// Text and Inline.
func (t *Table) Markdown() string {
	t.check()
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n", Inline(t.Title))
	if t.Notice != "" {
		fmt.Fprintf(&b, "**%s**\n\n", Inline(t.Notice))
	}
	heading := make([]string, len(t.Columns))
	align := make([]tw.Align, len(t.Columns))
	for c, col := range t.Columns {
		heading[c], align[c] = Inline(col.heading()), tw.AlignLeft
		if t.numeric(c) {
			align[c] = tw.AlignRight
		}
	}
	w := tablewriter.NewTable(&b, tablewriter.WithRenderer(renderer.NewMarkdown()), tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithRowAutoWrap(tw.WrapNone), tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithAlignment(align))
	w.Header(heading)
	for _, r := range t.Rows {
		cells := make([]string, len(r))
		for c, v := range r {
			cells[c] = v.markdown(t.Columns[c].Decimals)
			if t.best(c, cells[c], v) {
				cells[c] = "**" + cells[c] + "**"
			}
		}
		if err := w.Append(cells); err != nil {
			panic("report: Table " + t.ID + ": " + err.Error()) // a builder in memory
		}
	}
	if err := w.Render(); err != nil {
		panic("report: Table " + t.ID + ": " + err.Error())
	}
	if t.Note != "" {
		fmt.Fprintf(&b, "\n%s\n", Inline(t.Note))
	}
	return b.String()
}

// numeric reports whether a column has a number.
func (t *Table) numeric(column int) bool {
	return slices.ContainsFunc(t.Rows, func(r []Value) bool { return r[column].isNumber })
}

// best reports whether a value is the best of its column, or cannot be told from it as it is shown.
func (t *Table) best(column int, shown string, v Value) bool {
	col := t.Columns[column]
	if col.Better == 0 || !v.isNumber || len(t.Rows) < 2 {
		return false
	}
	for _, r := range t.Rows {
		o := r[column]
		if o.isNumber && float64(col.Better)*o.number > float64(col.Better)*v.number && decimal(o.number, col.Decimals) != decimal(v.number, col.Decimals) {
			return false
		}
	}
	return true
}

func (t *Table) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	interval := make([]bool, len(t.Columns))
	var head []string
	for c, col := range t.Columns {
		for _, r := range t.Rows {
			interval[c] = interval[c] || r[c].interval
		}
		name := escape.Cell(col.heading())
		head = append(head, name)
		if interval[c] {
			head = append(head, name+" low", name+" high")
		}
	}
	if t.Notice != "" {
		head = append(head, "notice")
	}
	rows := [][]string{head}
	for _, r := range t.Rows {
		var cells []string
		for c, v := range r {
			cells = append(cells, v.machine())
			if interval[c] {
				low, up := "", ""
				if v.interval {
					low, up = exact(v.low), exact(v.up)
				}
				cells = append(cells, low, up)
			}
		}
		if t.Notice != "" {
			cells = append(cells, escape.Cell(t.Notice))
		}
		rows = append(rows, cells)
	}
	return w.WriteAll(rows)
}

// machine is the cell in a CSV file: a number as it is, words as no formula.
func (v Value) machine() string {
	if v.isNumber {
		return exact(v.number)
	}
	return escape.Cell(v.text)
}

func (t *Table) writeJSON(w io.Writer) error { return encode(w, t, " ") }

// encode writes JSON, on one line without an indent.
func encode(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
