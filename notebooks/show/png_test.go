package show

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"deepgmm/experiments/dataset"
	"deepgmm/experiments/report"
)

// A diagram takes 60 % of the bytes at most, and no one sees the difference.
func TestDiagramsAreSmaller(t *testing.T) {
	x := make([]float64, 100)
	y := make([]float64, 100)
	for i := range x {
		x[i], y[i] = float64(i), float64(i*i%37)
	}
	lines := report.Lines{ID: "x", Title: "x", Panels: [][]report.Panel{{{X: "x", Y: "y", Lines: []report.Line{{Name: "a", X: x, Y: y}, {Name: "b", X: y, Y: x}}}}}}
	var before, after bytes.Buffer
	if err := lines.WritePNG(&before); err != nil {
		t.Fatal(err)
	}
	if err := withPalette(lines.WritePNG)(&after); err != nil {
		t.Fatal(err)
	}
	if after.Len() > before.Len()*6/10 {
		t.Errorf("%d bytes are %d", before.Len(), after.Len())
	}
	a, err := png.Decode(&before)
	if err != nil {
		t.Fatal(err)
	}
	b, err := png.Decode(&after)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	each(a.Bounds(), func(x, y int) {
		d := far(rgba(a.At(x, y)), rgba(b.At(x, y)))
		sum += d
		if d > 24 {
			t.Fatalf("pixel (%d, %d) is %v, was %v", x, y, b.At(x, y), a.At(x, y))
		}
	})
	if mean := float64(sum) / float64(a.Bounds().Dx()*a.Bounds().Dy()); mean > 0.3 {
		t.Errorf("levels differ by %v on average", mean)
	}
}

func TestFewColoursStay(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	each(img.Rect, func(x, y int) { img.Set(x, y, color.RGBA{uint8(x * 16), uint8(y * 16), 7, 255}) })
	p := paletted(img)
	each(img.Rect, func(x, y int) {
		if rgba(p.At(x, y)) != img.RGBAAt(x, y) {
			t.Fatalf("pixel (%d, %d) is %v", x, y, p.At(x, y))
		}
	})
}

// Sheets of gray images keep their levels.
func TestGraySheetsAreSmaller(t *testing.T) {
	pictures := report.Pictures{ID: "x", Title: "x", Sheets: []report.Sheet{SetSheet("glyphs", 5, dataset.Glyphs(20, 1, 1, 1).Train)}}
	var before, after bytes.Buffer
	if err := pictures.WritePNG(&before); err != nil {
		t.Fatal(err)
	}
	if err := inGray(pictures.WritePNG)(&after); err != nil {
		t.Fatal(err)
	}
	if after.Len() > before.Len()*8/10 {
		t.Errorf("%d bytes are %d", before.Len(), after.Len())
	}
	a, err := png.Decode(&before)
	if err != nil {
		t.Fatal(err)
	}
	b, err := png.Decode(&after)
	if err != nil {
		t.Fatal(err)
	}
	each(a.Bounds(), func(x, y int) {
		if c := rgba(a.At(x, y)); c.R == c.G && c.G == c.B && c != rgba(b.At(x, y)) {
			t.Fatalf("pixel (%d, %d) is %v, was %v", x, y, b.At(x, y), c)
		}
	})
}
