package report

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestInline(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"values in [0, 1], seeds [1 2 3], a/b": "values in [0, 1], seeds [1 2 3], a/b",
		"a|b":                                  `a\|b`,
		"a\nb\r\x1b":                           `a\\nb\\r\\x1b`,
		"<script>alert(1)</script>&lt;":        "&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;",
		"![x](http://evil)":                    `![x\](http://evil)`,
		`\[x](y)`:                              `\\[x\](y)`,
		"[x][y]":                               `[x\][y]`,
		"[x]: http://evil":                     `[x\]: http://evil`,
		"*bold* __too__ ~~gone~~":              `\*bold\* \_\_too\_\_ \~\~gone\~\~`,
		"step, `F8/2 <b>|` and |":              "step, `F8/2 <b>\\|` and \\|",
		"`a` ``<b>`` `<i>":                     "`a` \\`\\`&lt;b&gt;\\`\\` \\`&lt;i&gt;",
		"\\`<b>`":                              "\\\\`<b>`", // an escaped backslash, then code
		"# head":                               `\# head`,
		"- list":                               `\- list`,
	} {
		if got := Inline(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestLinkedCells(t *testing.T) {
	table := Table{ID: "x", Columns: []Column{{Name: "a"}}, Rows: [][]Value{
		{Link("T2", "results/full/mnist/T2.md", " and more")}, {Link("x](http://evil) <b>", "a b/(c)", "](d)")}}}
	got := table.Markdown()
	for _, want := range []string{"[T2](results/full/mnist/T2.md) and more", `[x\](http://evil) &lt;b&gt;](a%20b/%28c%29)\](d)`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if s := table.Rows[0][0].String(); s != "T2 and more" {
		t.Errorf("words %q", s)
	}
}

// Words that are formulas, tables, HTML or lines of their own stay words, in every form; numbers stay numbers.
func TestHostileWords(t *testing.T) {
	hostile := []string{"=1+1", "+1", "-1", "@x", "\t=1", "\r", "'=1", "a|b\n| c", "<img src=x onerror=alert(1)>", "\x1b[2J"}
	for _, s := range hostile {
		table := Table{ID: "x", Title: s, Note: s, Notice: s, Columns: []Column{{Name: s, Unit: s}, {Name: "n", Decimals: 1}}, Rows: [][]Value{{Text(s), Num(-0.5)}}}
		dir := t.TempDir()
		if err := table.Write(dir); err != nil {
			t.Fatal(err)
		}
		md := table.Markdown()
		if rows := strings.Count(md, "\n|"); rows != 3 || strings.ContainsAny(md, "\x1b\r\t<") {
			t.Errorf("%q: %d rows in\n%s", s, rows, md)
		}
		if strings.Contains(table.HTML(), "<img") {
			t.Errorf("%q in\n%s", s, table.HTML())
		}
		text, err := os.ReadFile(filepath.Join(dir, "x.csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][1] != "-0.5" {
			t.Fatalf("%q: %v, %q", s, err, rows)
		}
		for _, cell := range []string{rows[0][0], rows[1][0], rows[1][2]} {
			if strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				t.Errorf("%q is a formula", cell)
			}
		}
		read, err := ReadTable(filepath.Join(dir, "x.json"))
		if err != nil || read.Rows[0][0].String() != s || read.Title != s || read.Markdown() != md {
			t.Errorf("%q is read back as %+v, %v", s, read, err)
		}
	}
}

// The words of figures come back from their JSON files as they were.
func TestHostileWordsOfFiguresComeBack(t *testing.T) {
	for _, s := range []string{"=1+1", "-1", "@x", "\t=1", "'=1", "'x", "a\nb"} {
		dir := t.TempDir()
		lines := Lines{ID: "l", Title: s, Notice: s, Panels: [][]Panel{{{Title: s, X: "x", Y: s, Lines: []Line{{Name: s, X: []float64{-1, 2}, Y: []float64{-0.5, 1}}}}}}}
		if err := lines.Write(dir); err != nil {
			t.Fatal(err)
		}
		l, err := ReadLines(filepath.Join(dir, "l.json"))
		if err != nil || !reflect.DeepEqual(*l, lines) {
			t.Errorf("%q: %+v, %v", s, l, err)
		}
	}
}
