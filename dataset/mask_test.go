package dataset

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// drawn shows a mask of h×w: # is missing.
func drawn(m []bool, w int) string {
	var s strings.Builder
	for i, gone := range m {
		if i > 0 && i%w == 0 {
			s.WriteByte('/')
		}
		if gone {
			s.WriteByte('#')
		} else {
			s.WriteByte('.')
		}
	}
	return s.String()
}

func TestMasks(t *testing.T) {
	for _, c := range []struct {
		what string
		h, w int
		want string
	}{
		{"right", 2, 5, "..###/..###"},
		{"left", 2, 5, "###../###.."},
		{"right", 1, 4, "..##"},
		{"top", 3, 2, "##/##/.."},
		{"bottom", 3, 2, "../##/##"},
		{"hole", 4, 6, "....../.####./.####./......"},
		{"hole", 1, 1, "#"},
	} {
		m, err := MakeMask(c.what, 3, c.h, c.w, 1)
		if err != nil || drawn(m, c.w) != c.want {
			t.Errorf("%s of %d×%d: %s (%v), want %s", c.what, c.h, c.w, drawn(m, c.w), err, c.want)
		}
	}
}

// A random mask depends on the seed and the image, not on how many there are.
func TestRandomMask(t *testing.T) {
	few, err1 := MakeMask("random:0.25", 2, 28, 28, 7)
	many, err2 := MakeMask("random:0.25", 50, 28, 28, 7)
	other, err3 := MakeMask("random:0.25", 50, 28, 28, 8)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	if !slices.Equal(few, many[:2*784]) || slices.Equal(many, other) || slices.Equal(many[:784], many[784:2*784]) {
		t.Error("masks are not one of each seed and image")
	}
	missing := 0
	for _, gone := range many {
		if gone {
			missing++
		}
	}
	if share := float64(missing) / float64(len(many)); share < 0.24 || share > 0.26 {
		t.Errorf("%.3f of the pixels are missing, want 0.25", share)
	}
}

func TestMaskPicture(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, h, w int, white ...image.Point) string {
		img := image.NewNRGBA(image.Rect(0, 0, w, h)) // transparent
		img.Set(0, 0, color.Black)
		for _, p := range white {
			img.Set(p.X, p.Y, color.White)
		}
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	good := save("good.png", 2, 3, image.Pt(1, 0), image.Pt(2, 1))
	if m, err := MakeMask(good, 9, 2, 3, 0); err != nil || drawn(m, 3) != ".#./..#" {
		t.Errorf("%s (%v)", drawn(m, 3), err)
	}
	text := filepath.Join(dir, "text.png")
	if err := os.WriteFile(text, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string][]string{
		good + "x":                 {"choose right, left, top, bottom, hole, random:0.5", "white = missing"},
		"middle":                   {`"middle"`, "white = missing"},
		"random:":                  {"between 0 and 1"},
		"random:1":                 {"between 0 and 1"},
		"random:NaN":               {"between 0 and 1"},
		"none.png":                 {"none.png", "white = missing"},
		text:                       {text, "whole PNG"},
		save("big.png", 4, 3):      {"it has 4×3 pixels, the images have 2×3", "draw a mask"},
		save("allKnown.png", 2, 3): {"no pixel is missing", "white"},
	} {
		_, err := MakeMask(what, 1, 2, 3, 0)
		if err == nil {
			t.Errorf("%s: no error", what)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", what, err, w)
			}
		}
	}
}

func TestFilesAreThoseOfTheImages(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"b/2.png", "a/9.png", "b/1.png"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		img := image.NewGray(image.Rect(0, 0, 1, 1))
		img.Pix[0] = uint8(i)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	s, err := ReadFolder(dir, 1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for i := range s.N {
		files = append(files, s.FilePath(i))
	}
	if want := []string{filepath.Join(dir, "a", "9.png"), filepath.Join(dir, "b", "1.png"), filepath.Join(dir, "b", "2.png")}; !slices.Equal(files, want) || !slices.Equal(s.Pix, []uint8{1, 2, 0}) {
		t.Errorf("files %v, pixels %v", files, s.Pix)
	}
	if _, err := ReadFolder(filepath.Join(dir, "none"), 1, 1, 1); err == nil || !strings.Contains(err.Error(), "none") {
		t.Error(err)
	}
}

// A mask that nobody has images for is an error before memory is asked for, also where its size is beyond int.
func TestGiantMasksAreErrors(t *testing.T) {
	for _, c := range []struct {
		what    string
		n, h, w int
	}{{"random:0.5", 1 << 62, 2, 2}, {"random:0.5", 1 << 20, 64, 64}, {"hole", 0, 1 << 32, 1 << 32}, {"left", 1, 1 << 20, 1 << 20}} {
		if _, err := MakeMask(c.what, c.n, c.h, c.w, 1); err == nil || !strings.Contains(err.Error(), "above 2 GiB") {
			t.Errorf("%s of %d×%d×%d: error %v", c.what, c.n, c.h, c.w, err)
		}
	}
}
