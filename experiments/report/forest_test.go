package report

import (
	"bytes"
	"encoding/json"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

func testForest() *Forest {
	return &Forest{ID: "F-test", Title: "Advantage", Panels: []ForestPanel{
		{Title: "purity", Rows: []ForestRow{{"MNIST", 0.2, 0.1, 0.3, "0.9 / 0.7", Favourable}, {"FashionMNIST", -0.2, -0.3, -0.1, "0.5 / 0.7", Adverse}}},
		{Title: "cost", Ratio: true, Rows: []ForestRow{{"MNIST", 0, -0.5, 0.5, "1.00×", Neutral}}},
	}}
}

// A row in favour is drawn right of the line at 0, one against it left of it, each in its colour.
func TestForestSides(t *testing.T) {
	var b bytes.Buffer
	if err := testForest().WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	middle := func(want color.Color) float64 {
		r0, g0, b0, _ := want.RGBA()
		sum, n := 0., 0.
		for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
			for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
				if r, g, b, _ := img.At(x, y).RGBA(); r == r0 && g == g0 && b == b0 {
					sum, n = sum+float64(x), n+1
				}
			}
		}
		if n == 0 {
			t.Fatalf("nothing has the colour %v", want)
		}
		return sum / n
	}
	centre := float64(forestLeft+(forestWidth-forestLeft-forestRight)/2) / 72 * dpi
	quarter := float64(forestWidth-forestLeft-forestRight) / 72 * dpi * 0.2 / 0.6 / 1.12
	for want, at := range map[float64]color.Color{centre + quarter: palette[0], centre - quarter: palette[1]} {
		if got := middle(at); math.Abs(got-want) > 3 {
			t.Errorf("a row is at %.1f, want %.1f", got, want)
		}
	}
	if w := img.Bounds().Dx(); w > 1200 {
		t.Errorf("%d pixels wide", w)
	}
}

func TestForestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := testForest().Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "F-test.json"))
	var read Forest
	if err != nil || json.Unmarshal(text, &read) != nil || read.Panels[0].Rows[1].Low != -0.3 {
		t.Errorf("%v: %s", err, text)
	}
	for name, spoil := range map[string]func(*Forest){
		"not finite": func(f *Forest) { f.Panels[0].Rows[0].Low = math.NaN() },
		"no mark":    func(f *Forest) { f.Panels[0].Rows[0].Mark = "" },
		"no panels":  func(f *Forest) { f.Panels = nil },
		"a path":     func(f *Forest) { f.ID = "../x" },
	} {
		f := testForest()
		spoil(f)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			_ = f.Write(dir)
		}()
	}
}
