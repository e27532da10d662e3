package report

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestLinesReadBack(t *testing.T) {
	dir := t.TempDir()
	f := testLines()
	f.Panels = [][]Panel{{f.Panels[0][0]}, {f.Panels[1][0]}}
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLines(filepath.Join(dir, f.ID+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Notice != f.Notice || len(got.Panels) != 2 {
		t.Fatalf("read %+v", got)
	}
	for i, row := range got.Panels {
		want := f.Panels[i][0]
		if row[0].Title != want.Title || row[0].Y != want.Y || len(row[0].Lines) != len(want.Lines) {
			t.Errorf("panel %d is %+v, want %+v", i, row[0], want)
		}
		for j, l := range row[0].Lines {
			if l.Name != want.Lines[j].Name || !reflect.DeepEqual(l.X, want.Lines[j].X) {
				t.Errorf("line %d is %+v, want %+v", j, l, want.Lines[j])
			}
		}
	}
	if !math.IsNaN(got.Panels[0][0].Lines[1].Y[1]) {
		t.Error("the gap is filled")
	}
}

func TestPicturesReadBack(t *testing.T) {
	dir := t.TempDir()
	f := Pictures{ID: "P", Notice: "loud", Sheets: []Sheet{
		{Caption: "same", Cols: 2, H: 1, W: 2, C: 1, Pix: []byte{1, 2, 3, 4, 5, 6}, Captions: []string{"a", "b", "c"}},
		{Caption: "same", Cols: 1, H: 1, W: 1, C: 3, Pix: []byte{7, 8, 9}}}}
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPictures(filepath.Join(dir, "P.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Sheets, f.Sheets) || got.Notice != "loud" {
		t.Errorf("read %+v, want %+v", got.Sheets, f.Sheets)
	}
}

func TestDamagedFiguresAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	lines := func() error { _, err := ReadLines(path); return err }
	pictures := func() error { _, err := ReadPictures(path); return err }
	const head = "sheet,image,caption,height,width,channels,values 0–255\n"
	for _, c := range []struct {
		text string
		read func() error
		says string
	}{
		{"", lines, "no rows"}, {"panel,line,x,z\na,b,1,2\n", lines, "columns"}, {"panel,line,x,y\na,b,1,two\n", lines, "two"}, {"panel,line,x,y\na,b\n", lines, "fields"},
		{head + "s,1,,1,1,1,5\n", pictures, "first image"}, {head + "s,0,,1,2,1,5\n", pictures, "1 values"}, {head + "s,0,,1,1,1,256\n", pictures, "256"}, {head + "s,0,,x,1,1,6\n", pictures, "x"},
		{head + "s,0,,1,1,1,5\ns,1,,1,2,1,5 6\n", pictures, "2 values"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := c.read(); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
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
