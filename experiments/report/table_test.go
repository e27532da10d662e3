package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew: look at the difference before you commit it")

func testTable() Table {
	return Table{
		ID: "T9-test", Title: "T9. A table | with a bar", Note: "What it means.", Notice: "generated glyphs, not MNIST",
		Columns: []Column{{Name: "model"}, {Name: "purity", Decimals: 3, Better: 1}, {Name: "time", Unit: "s", Decimals: 1, Better: -1}, {Name: "words"}},
		Rows: [][]Value{
			{Text("F8/2 G49"), Num(0.81249), Num(12.34), Text("a|b")},
			{Text("flat, \"EM\""), NumCI(0.8125, 0.79, 0.84), Num(2.04), None()},
			{Text("third"), Num(math.NaN()), Num(2.0), Text("x")},
			{Text("fourth"), Num(-0.0001), NumCI(5, math.Inf(-1), 6), None()},
		},
	}
}

// The forms of one table, by golden files that were read by eye.
func TestTableForms(t *testing.T) {
	dir := t.TempDir()
	table := testTable()
	if err := table.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{".csv", ".json", ".md"} {
		got, err := os.ReadFile(filepath.Join(dir, table.ID+suffix))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", table.ID+suffix)
		if *update {
			if err := os.WriteFile(golden, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from its golden file:\n%s\nwant\n%s", suffix, got, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

func TestTableIsReadBack(t *testing.T) {
	dir := t.TempDir()
	table := testTable()
	if err := table.Write(dir); err != nil {
		t.Fatal(err)
	}
	read, err := ReadTable(filepath.Join(dir, "T9-test.json"))
	if err != nil {
		t.Fatal(err)
	}
	if read.Markdown() != table.Markdown() {
		t.Errorf("read back:\n%s\nwritten:\n%s", read.Markdown(), table.Markdown())
	}
	v, ok := read.Lookup("flat, \"EM\"", "purity")
	x, isNumber := v.Float()
	low, up, interval := v.Interval()
	if !ok || !isNumber || x != 0.8125 || !interval || low != 0.79 || up != 0.84 {
		t.Errorf("Lookup: %v, %t", v, ok)
	}
	for _, c := range [][2]string{{"third", "colour"}, {"fifth", "purity"}} {
		if v, ok := read.Lookup(c[0], c[1]); ok {
			t.Errorf("Lookup(%v) = %v", c, v)
		}
	}
}

func TestBestValuesAreBold(t *testing.T) {
	table := Table{ID: "x", Columns: []Column{{Name: "up", Decimals: 2, Better: 1}, {Name: "down", Decimals: 2, Better: -1}, {Name: "none", Decimals: 2}},
		Rows: [][]Value{{Num(0.501), Num(3), Num(1)}, {Num(0.504), Num(2), Num(2)}, {Num(0.49), None(), Num(3)}}}
	lines := strings.Split(table.Markdown(), "\n")
	var bold []int
	for _, l := range lines {
		if strings.HasPrefix(l, "|") {
			bold = append(bold, strings.Count(l, "**")/2)
		}
	}
	// 0.501 and 0.504 look the same: both are the best.
	if got := bold[2:]; len(got) != 3 || got[0] != 1 || got[1] != 2 || got[2] != 0 {
		t.Errorf("bold cells by row: %v in\n%s", got, table.Markdown())
	}
}

func TestDamagedTablesNameTheFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "truncated": `{"ID": "a", "Rows"`, "more": `{"ID":"a","Columns":[{"Name":"x"}]} 7`, "field": `{"ID":"a","Columns":[{"Name":"x"}],"Extra":1}`,
		"rows": `{"ID":"a","Columns":[{"Name":"x"}],"Rows":[[1,2]]}`, "value": `{"ID":"a","Columns":[{"Name":"x"}],"Rows":[[[1,2]]]}`,
		"bool": `{"ID":"a","Columns":[{"Name":"x"}],"Rows":[[true]]}`, "id": `{"ID":"../a","Columns":[{"Name":"x"}]}`, "columns": `{"ID":"a"}`, "decimals": `{"ID":"a","Columns":[{"Name":"x","Decimals":-1}]}`,
	} {
		path := filepath.Join(dir, name+".json")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTable(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "run the experiment again") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadTable(filepath.Join(dir, "none.json")); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("missing: %v", err)
	}
}

func TestContradictionsPanic(t *testing.T) {
	for want, call := range map[string]func(){
		"1 values for 2 columns": func() {
			(&Table{ID: "a", Columns: make([]Column, 2), Rows: [][]Value{{Num(1)}}}).Markdown()
		},
		"no columns":      func() { (&Table{ID: "a"}).Markdown() },
		"is no name":      func() { (&Table{ID: "a/b", Columns: make([]Column, 1)}).Markdown() },
		"no panels":       func() { _ = (&Lines{ID: "a"}).Write(t.TempDir()) },
		"rows of unequal": func() { _ = (&Lines{ID: "a", Panels: [][]Panel{{{}}, {{}, {}}}}).Write(t.TempDir()) },
		"has 1 x and 0 y": func() {
			_ = (&Lines{ID: "a", Panels: [][]Panel{{{Lines: []Line{{X: []float64{1}}}}}}}).Write(t.TempDir())
		},
		"no sheets": func() { _ = (&Pictures{ID: "a"}).Write(t.TempDir()) },
		"3 bytes of 2×2×1": func() {
			_ = (&Pictures{ID: "a", Sheets: []Sheet{{Cols: 1, H: 2, W: 2, C: 1, Pix: make([]byte, 3)}}}).Write(t.TempDir())
		},
		"columns, 2 captions": func() {
			_ = (&Pictures{ID: "a", Sheets: []Sheet{{Cols: 1, H: 1, W: 1, C: 1, Pix: make([]byte, 1), Captions: make([]string, 2)}}}).Write(t.TempDir())
		},
	} {
		func() {
			defer func() {
				if r, _ := recover().(string); !strings.HasPrefix(r, "report: ") || !strings.Contains(r, want) {
					t.Errorf("panic %q, want one with %q", r, want)
				}
			}()
			call()
		}()
	}
}

// FuzzReadTable: any text is a table that can be written again, or an error.
func FuzzReadTable(f *testing.F) {
	golden, err := os.ReadFile("testdata/T9-test.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(`{"ID":"a","Columns":[{"Name":"x","Decimals":-3}],"Rows":[[1e300],[null],["\u0000|"]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := parseTable(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := table.writeJSON(&b); err != nil {
			t.Fatal(err)
		}
		again, err := parseTable(b.Bytes())
		if err != nil {
			t.Fatalf("written and no longer readable: %v\n%s", err, b.Bytes())
		}
		if len(table.Rows) < 50 && len(table.Columns) < 50 && table.Markdown() != again.Markdown() {
			t.Error("written and read, the table looks different")
		}
	})
}
