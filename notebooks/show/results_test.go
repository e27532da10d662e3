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

func TestRedraw(t *testing.T) {
	dir := t.TempDir()
	line := []report.Line{{Name: "layer 1", X: []float64{1, 2}, Y: []float64{1, 0.5}}}
	training := report.Lines{ID: "F1-training", Notice: "glyphs", Panels: [][]report.Panel{
		{{Title: "flat", X: "epoch", Y: "loss", Lines: line}, {Y: "annealing width τ", LogY: true, Lines: line}}, {{Title: "deep", X: "epoch", Y: "loss", Lines: line}, {Y: "annealing width τ", LogY: true, Lines: line}}}}
	if err := training.Write(dir); err != nil {
		t.Fatal(err)
	}
	f, err := report.ReadLines(filepath.Join(dir, "F1-training.json"))
	if err != nil {
		t.Fatal(err)
	}
	panels, err := chosenPanels(f, []string{"deep"})
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
	if err := Picture(dir, "F3-alphabet", "F3"); err != nil {
		t.Errorf("pictures: %v", err)
	}
	for id, want := range map[string]string{"F1-training": "flat; deep", "F3-alphabet": "damaged", "F5c-shares": "no such file"} {
		if err := Redraw(dir, id, "", "what"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
	if err := Picture(dir, "F5-samples", ""); err == nil || !strings.Contains(err.Error(), "no such file") || !strings.Contains(err.Error(), "run the experiment again") {
		t.Errorf("a picture that is not there: %v", err)
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
