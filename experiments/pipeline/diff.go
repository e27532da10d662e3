package pipeline

import (
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/experiments/artefact"
	"deepgmm/experiments/report"
	"deepgmm/internal/escape"
)

// sameNumber is the relative difference below which two numbers without an interval count as equal: results are the
// same to the bit on processors with AVX2 or AVX-512, and differ in the last digits where portable code computes them.
const sameNumber = 1e-9

// Difference is what Diff found.
type Difference struct {
	Moved []string // values of tables outside of their intervals, exact ones that changed at all, words that changed; tables that one folder lacks; files that are not as the run wrote them
	Files []string // that one folder lacks, or that differ
	Notes []string // other machines, commits, data or code: what may explain it
}

// Same reports whether nothing moved.
func (d Difference) Same() bool { return len(d.Moved) == 0 }

// Diff compares the results in two folders of a tier. A value with an interval has moved when neither mean lies in the
// other's interval; one without has moved when it differs by more than one part in 10⁹. Measured columns, those in
// seconds or megabytes, and tables that rows or columns were added to, are not compared there. Folders of different
// tiers are an error.
func Diff(a, b string) (Difference, error) {
	var d Difference
	x, err := artefact.ReadManifest(a)
	if err != nil {
		return d, err
	}
	y, err := artefact.ReadManifest(b)
	if err != nil {
		return d, err
	}
	if x.Tier != y.Tier {
		return d, fmt.Errorf("diff: %s is of tier %s, %s of tier %s: compare two folders of one tier", a, x.Tier, b, y.Tier)
	}
	d.Notes = explainDifference(x, y)
	for _, side := range []struct {
		dir string
		m   *artefact.Manifest
	}{{a, x}, {b, y}} {
		for _, name := range side.m.Altered(side.dir) {
			d.Moved = append(d.Moved, fmt.Sprintf("%s: missing, or not as the run wrote it, in %s", name, side.dir))
		}
	}
	if len(d.Moved) > 0 {
		return d, nil
	}
	all := maps.Clone(x.Files)
	maps.Copy(all, y.Files)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one, inA := x.Files[name]
		two, inB := y.Files[name]
		switch {
		case !inB:
			d.only(x, name, a)
		case !inA:
			d.only(y, name, b)
		case one == two:
			continue
		default:
			d.Files = append(d.Files, name+": differs")
			if id, ok := strings.CutSuffix(name, ".json"); ok && x.Files[id+".md"] != "" && y.Files[id+".md"] != "" {
				if err := d.table(a, b, id); err != nil {
					return d, err
				}
			}
		}
	}
	return d, nil
}

// only notes a file of one of the folders. A table has moved, a figure has not: its numbers are in the tables.
func (d *Difference) only(m *artefact.Manifest, name, dir string) {
	d.Files = append(d.Files, name+": only in "+dir)
	if id, ok := strings.CutSuffix(name, ".json"); ok && m.Files[id+".md"] != "" {
		d.Moved = append(d.Moved, id+": only in "+dir)
	}
}

// explainDifference says what the manifests say of code, data and machine.
func explainDifference(a, b *artefact.Manifest) []string {
	var notes []string
	for _, f := range []struct{ name, a, b string }{
		{"tier", a.Tier, b.Tier}, {"commit", a.Commit, b.Commit}, {"source of results", a.Source, b.Source}, {"data", artefact.Describe(a.Data), artefact.Describe(b.Data)},
		{"seeds", fmt.Sprint(a.Seeds), fmt.Sprint(b.Seeds)}, {"processor", a.Machine.CPU, b.Machine.CPU}, {"cores", fmt.Sprint(a.Machine.Cores), fmt.Sprint(b.Machine.Cores)},
		{"kernels", a.Machine.Kernels, b.Machine.Kernels}, {"Go", a.Machine.Go, b.Machine.Go},
	} {
		if f.a != f.b {
			notes = append(notes, fmt.Sprintf("%s: %s, %s", f.name, f.a, f.b))
		}
	}
	return notes
}

// table compares two versions of a table.
func (d *Difference) table(a, b, name string) error {
	x, err := report.ReadTable(filepath.Join(a, filepath.FromSlash(name)+".json"))
	if err != nil {
		return err
	}
	y, err := report.ReadTable(filepath.Join(b, filepath.FromSlash(name)+".json"))
	if err != nil {
		return err
	}
	if len(x.Rows) != len(y.Rows) {
		d.Moved = append(d.Moved, fmt.Sprintf("%s: %d rows, %d rows", name, len(x.Rows), len(y.Rows)))
	}
	columns := map[string]int{}
	for c, column := range y.Columns {
		columns[column.Key()] = c
	}
	for i := range min(len(x.Rows), len(y.Rows)) {
		for c, column := range x.Columns {
			at, ok := columns[column.Key()]
			if !ok || measured(column) {
				continue
			}
			if v, w := x.Rows[i][c], y.Rows[i][at]; moved(v, w) {
				d.Moved = append(d.Moved, fmt.Sprintf("%s: %s, %s: %s, %s", name, rowName(x.Rows[i], i), column.Name, v.Text(column.Decimals), w.Text(column.Decimals)))
			}
		}
	}
	return nil
}

func rowName(row []report.Value, i int) string {
	if name := row[0].String(); name != "" {
		return name
	}
	return fmt.Sprintf("row %d", i+1)
}

// measured reports whether a column's values are times or memory, which differ from run to run.
func measured(c report.Column) bool { return c.Unit == "s" || c.Unit == "MB" || c.Unit == "ms" }

func moved(v, w report.Value) bool {
	x, number := v.Float()
	y, other := w.Float()
	if !number || !other {
		return number != other || v.String() != w.String()
	}
	lowX, highX, hasX := v.Interval()
	lowY, highY, hasY := w.Interval()
	if hasX && hasY {
		return (y < lowX || y > highX) && (x < lowY || x > highY)
	}
	return math.Abs(x-y) > sameNumber*max(math.Abs(x), math.Abs(y))
}

// Write prints the difference, a line for each note, file and value.
func (d Difference) Write(out io.Writer) error {
	var b strings.Builder
	for _, part := range []struct {
		head  string
		lines []string
	}{{"manifests differ in", d.Notes}, {"files", d.Files}, {"moved", d.Moved}} {
		if len(part.lines) > 0 {
			fmt.Fprintf(&b, "%s:\n", part.head)
			for _, line := range part.lines {
				fmt.Fprintf(&b, "  %s\n", escape.Line(line))
			}
		}
	}
	if d.Same() {
		fmt.Fprintln(&b, "nothing moved")
	}
	_, err := io.WriteString(out, b.String())
	return err
}
