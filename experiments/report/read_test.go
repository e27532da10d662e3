package report

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A figure that was read is drawn as the one that was written, gaps included.
func TestLinesReadBack(t *testing.T) {
	dir := t.TempDir()
	f := testLines()
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLines(filepath.Join(dir, f.ID+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(got.Panels[0][0].Lines[1].Y[1]) {
		t.Error("the gap is filled")
	}
	got.Panels[0][0].Lines[1].Y[1], f.Panels[0][0].Lines[1].Y[1] = 0, 0
	if !reflect.DeepEqual(*got, f) {
		t.Errorf("read %+v, want %+v", *got, f)
	}
}

func TestDamagedFiguresAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for text, says := range map[string]string{
		"": "EOF", `{"ID":"a","Panels":[]}`: "no panels", `{"ID":"a/b","Panels":[[{}]]}`: "is no name", `{"ID":"a","Pannels":[]}`: "unknown field",
		`{"ID":"a","Panels":[[{}],[{},{}]]}`:                               "rows of unequal length",
		`{"ID":"a","Panels":[[{"Lines":[{"X":[1,2],"Y":[1]}]}]]}`:          "2 x and 1 y",
		`{"ID":"a","Panels":[[{"Lines":[{"X":["one"],"Y":[1]}]}]]}`:        "one",
		`{"ID":"a","Panels":[[{"Range":{"Min":2,"Max":1},"Lines":null}]]}`: "range",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadLines(path); err == nil || says != "one" && !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzReadLines: any text is a figure that can be written again, or an error.
func FuzzReadLines(f *testing.F) {
	f.Add([]byte(`{"ID":"a","Title":"t","Panels":[[{"X":"x","LogY":true,"Lines":[{"Name":"l","X":[1,null],"Y":[2,3e300]}]}]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		figure, err := parseLines(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := encode(&b, figure, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := parseLines(b.Bytes()); err != nil {
			t.Fatalf("written and no longer readable: %v\n%s", err, b.Bytes())
		}
	})
}

func TestHTMLShowsWhatMarkdownShows(t *testing.T) {
	table := Table{ID: "T", Title: "a < b", Notice: "glyphs", Note: "n & m", Columns: []Column{{Name: "model"}, {Name: "x", Unit: "s", Decimals: 1, Better: -1}},
		Rows: [][]Value{{Text("<i>"), Num(-1.25)}, {Text("k"), Num(3)}, {Text("z"), None()}}}
	got := table.HTML()
	for _, want := range []string{"<b>a &lt; b</b>", "glyphs", "<p>n &amp; m</p>", `<th style="text-align:left">model</th>`, `<th style="text-align:right">x (s)</th>`,
		"&lt;i&gt;", "<b>−1.2</b>", ">3.0</td>", ">–</td>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Ids find rows and columns whatever their names; a link leads to a file beside the table, and nowhere else.
func TestIDsAndLinksAreReadBack(t *testing.T) {
	dir := t.TempDir()
	table := Table{ID: "T", Columns: []Column{{Name: "model"}, {ID: "purity", Name: "purity, %"}, {ID: "rests", Name: "rests on"}}}
	table.Add("em", Text("flat GMM"), NumCI(0.5, 0.4, 0.6), Link("T2", "T2-clustering.md", ": purity"))
	if err := table.Write(dir); err != nil {
		t.Fatal(err)
	}
	read, err := ReadTable(filepath.Join(dir, "T.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*read, table) {
		t.Errorf("read %+v, want %+v", *read, table)
	}
	if v, ok := read.Lookup("em", "purity"); !ok || v.Text(1) != "0.5 [0.4, 0.6]" {
		t.Errorf("looked up %v", v)
	}
	if v, _ := read.Lookup("em", "rests"); !strings.Contains(v.Under("results/full").markdown(0), "](results/full/T2-clustering.md): purity") {
		t.Errorf("a link from above is %s", v.markdown(0))
	}
	for _, bad := range []string{"http://evil", "javascript:alert", "../x.md", "/etc/passwd", ".hidden", ""} {
		text := `{"ID":"a","Columns":[{"Name":"x"}],"Rows":[[{"Text":"a","Target":"` + bad + `","More":""}]]}`
		if _, err := parseTable([]byte(text)); err == nil {
			t.Errorf("a link to %q is read", bad)
		}
	}
	if _, err := parseTable([]byte(`{"ID":"a","Columns":[{"Name":"x"}],"IDs":["a","b"],"Rows":[[1]]}`)); err == nil || !strings.Contains(err.Error(), "2 ids for 1 rows") {
		t.Errorf("%v", err)
	}
}
