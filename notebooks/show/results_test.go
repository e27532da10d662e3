package show

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/experiments/report"
)

// write leaves the tables that a comparison needs.
func writeTables(t *testing.T, dir string) {
	text, num := report.Text, report.Num
	for _, table := range []report.Table{
		{ID: "T1-architectures", Columns: []report.Column{{Name: "model"}, {Name: "shapes"}}, Rows: [][]report.Value{
			{text("flat GMM, EM"), text("1×1×49")}, {text("k-means"), text("1×1×49")}, {text("A"), text("3×3×4 → 1×1×4")}, {text("B"), text("2×2×4 → 1×1×4")}}},
		{ID: "T2-clustering", Columns: []report.Column{{Name: "model"}, {Name: "purity"}}, Rows: [][]report.Value{
			{text("flat GMM, EM"), num(0.5)}, {text("k-means"), num(0.9)}, {text("A"), num(0.6)}, {text("B"), num(0.7)}}},
		{ID: "T3-outliers", Columns: []report.Column{{Name: "model"}, {Name: "AUC, class 0"}, {Name: "AUC, mean of 1"}}, Rows: [][]report.Value{
			{text("flat GMM, EM"), num(0), num(0.8)}, {text("A"), num(1), num(0.7)}, {text("B"), num(1), report.None()}}},
		{ID: "T4-samples", Columns: []report.Column{{Name: "images"}, {Name: "Fréchet distance"}}, Rows: [][]report.Value{
			{text("training images"), num(0.1)}, {text("flat GMM, EM"), num(8)}, {text("A"), num(9)}, {text("A, sharpened"), report.NumCI(2, 1, 3)}}},
	} {
		if err := table.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClaims(t *testing.T) {
	dir := t.TempDir()
	set := filepath.Join(dir, "mnist")
	if _, _, err := Claims(dir, "mnist"); err == nil {
		t.Error("no error without any table")
	}
	writeTables(t, set)
	table, judged, err := Claims(dir, "mnist")
	if err != nil || judged || len(table.Rows) != 3 {
		t.Fatalf("%+v, %t, %v", table, judged, err)
	}
	for i, want := range []struct {
		model           string
		deep, advantage float64
	}{{"B", 0.7, 0.2}, {"A", 0.7, -0.1}, {"A, sharpened", 2, 6}} {
		row := table.Rows[i]
		deep, _ := row[3].Float()
		advantage, _ := row[5].Float()
		if row[2].String() != want.model || deep != want.deep || advantage < want.advantage-1e-9 || advantage > want.advantage+1e-9 {
			t.Errorf("row %d: %s %v %v, want %+v", i, row[2], deep, advantage, want)
		}
	}
	verdicts := report.Table{ID: "C-claims", Title: "verdicts", Columns: []report.Column{{Name: "claim"}}, Rows: [][]report.Value{{report.Text("C1")}}}
	if err := verdicts.Write(set); err != nil {
		t.Fatal(err)
	}
	if table, judged, err = Claims(dir, "mnist"); err != nil || !judged || table.Title != "verdicts" {
		t.Errorf("verdicts that are there: %+v, %t, %v", table, judged, err)
	}
}

func TestRedraw(t *testing.T) {
	dir := t.TempDir()
	line := []report.Line{{Name: "layer 1", X: []float64{1, 2}, Y: []float64{1, 0.5}}}
	training := report.Lines{ID: "F1-training", Notice: "glyphs", Panels: [][]report.Panel{
		{{Title: "flat", Y: "loss", Lines: line}, {Y: "annealing width τ", Lines: line}}, {{Title: "deep", Y: "loss", Lines: line}, {Y: "annealing width τ", Lines: line}}}}
	if err := training.Write(dir); err != nil {
		t.Fatal(err)
	}
	f, err := report.ReadLines(filepath.Join(dir, "F1-training.csv"))
	if err != nil {
		t.Fatal(err)
	}
	panels, err := chosenPanels(f, "F1-training", xAxis["F1-training"], []string{"deep"})
	if err != nil || len(panels) != 2 || panels[0].Title != "deep" || panels[0].X != "epoch" || panels[0].LogY || !panels[1].LogY {
		t.Errorf("diagrams of one model: %+v, %v", panels, err)
	}
	sheets := report.Pictures{ID: "F3-alphabet", Sheets: []report.Sheet{{Caption: "flat: means", Cols: 1, H: 1, W: 1, C: 1, Pix: []byte{9}}}}
	if err := sheets.Write(dir); err != nil {
		t.Fatal(err)
	}
	defer func() { notice = "" }()
	if err := Redraw(dir, "F1-training", "F1"); err != nil || notice != "glyphs" {
		t.Errorf("curves: %v, notice %q", err, notice)
	}
	if err := Redraw(dir, "F3-alphabet", "F3", "flat"); err != nil || notice != "" {
		t.Errorf("pictures: %v, notice %q", err, notice)
	}
	for id, want := range map[string]string{"F1-training": "flat; deep", "F3-alphabet": "flat: means", "F5-samples": "no such file"} {
		if err := Redraw(dir, id, "", "what"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
}

func TestCompactKeepsGraysAndEdges(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		v := uint8(i / 16)
		img.SetRGBA(i%64, i/64, color.RGBA{v, v, v, 255})
	}
	for i := range 300 { // more colours than a palette has
		img.SetRGBA(i%64, 60+i/64, color.RGBA{uint8(i), uint8(7 * i), uint8(13 * i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	small, err := compact(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	again, _ := compact(b.Bytes())
	got, err := png.Decode(bytes.NewReader(small))
	if err != nil || !slices.Equal(small, again) || got.Bounds() != img.Bounds() {
		t.Fatalf("%v, the same again: %t", err, slices.Equal(small, again))
	}
	for i := range 60 * 64 {
		r, _, _, _ := got.At(i%64, i/64).RGBA()
		if want := i / 16; max(int(r>>8)-want, want-int(r>>8)) > 2 {
			t.Fatalf("gray %d became %d", want, r>>8)
		}
	}
	if r, _, _, _ := got.At(0, 0).RGBA(); r != 0 {
		t.Errorf("black became %d", r)
	}
	if _, err := compact([]byte("no picture")); err == nil {
		t.Error("no error for what is no PNG")
	}
}

func TestErrorsDoNotNameFoldersOfTheMachine(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", "/somewhere/cache")
	t.Setenv("DCGMM_ROOT", "/somewhere")
	if got := withoutFolders("open /somewhere/cache/a/b.png: no; /somewhere/c"); got != "open a/b.png: no; c" {
		t.Errorf("got %q", got)
	}
}
