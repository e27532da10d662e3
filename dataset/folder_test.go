package dataset

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// pngOf encodes img.
func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(img image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// grey is a picture of h×w pixels of one level.
func grey(h, w int, level uint8) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	return img
}

func flat(h, w int, c color.Color) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		img.Set(i%w, i/w, c)
	}
	return img
}

func TestReadFolderFlat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	write(t, filepath.Join(dir, "b.PNG"), pngOf(grey(3, 5, 20)))
	write(t, filepath.Join(dir, "a.jpeg"), jpegOf(grey(9, 4, 10)))
	write(t, filepath.Join(dir, "10.jpg"), jpegOf(grey(3, 5, 100)))
	write(t, filepath.Join(dir, "9.png"), pngOf(grey(30, 50, 90)))
	write(t, filepath.Join(dir, ".DS_Store"), []byte("hidden"))
	s, err := ReadFolder(dir, 3, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.check("test")
	if s.Name != "mine" || s.N != 4 || s.H != 3 || s.W != 5 || s.C != 1 || s.Labels != nil || s.Classes != 0 || s.ClassNames != nil || s.Generated {
		t.Errorf("%+v", s)
	}
	for i, want := range []uint8{100, 90, 10, 20} { // 10.jpg 9.png a.jpeg b.PNG
		for _, have := range s.Image(i) {
			if max(have, want)-min(have, want) > 1 { // JPEG loses a little
				t.Errorf("image %d is %v, want %d", i, s.Image(i), want)
				break
			}
		}
	}
}

func TestReadFolderClasses(t *testing.T) {
	dir := t.TempDir()
	for i, path := range []string{"10/x.png", "9/b.png", "9/a.png", "cats/1.png"} {
		write(t, filepath.Join(dir, path), pngOf(grey(2, 2, uint8(i))))
	}
	write(t, filepath.Join(dir, ".git", "config"), []byte("hidden"))
	t.Chdir(dir)
	for range 2 {
		s, err := ReadFolder(".", 2, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		s.check("test")
		if !slices.Equal(s.ClassNames, []string{"10", "9", "cats"}) || s.Classes != 3 || s.Name != filepath.Base(dir) {
			t.Errorf("%+v", s)
		}
		if !slices.Equal(s.Labels, []uint8{0, 1, 1, 2}) {
			t.Errorf("labels %v", s.Labels)
		}
		for i, want := range []uint8{0, 2, 1, 3} {
			if s.Image(i)[0] != want {
				t.Errorf("image %d is number %d, want %d", i, s.Image(i)[0], want)
			}
		}
	}
}

// TestReadFolderPixels: kinds of colour, with and without scaling.
func TestReadFolderPixels(t *testing.T) {
	orange := color.NRGBA{200, 100, 50, 255}
	const luma = 124 // (299·200 + 587·100 + 114·50)/1000
	tests := []struct {
		name    string
		picture image.Image
		c       int
		want    []uint8
		slack   int
	}{
		{"grey", grey(2, 3, 77), 1, []uint8{77}, 0},
		{"grey scaled", grey(7, 5, 77), 1, []uint8{77}, 0},
		{"grey as colour", grey(7, 5, 77), 3, []uint8{77, 77, 77}, 0},
		{"white scaled", grey(50, 41, 255), 1, []uint8{255}, 0},
		{"16 bits", image.NewGray16(image.Rect(0, 0, 3, 2)), 1, []uint8{0}, 0},
		{"colour", flat(2, 3, orange), 3, []uint8{200, 100, 50}, 0},
		{"colour scaled", flat(9, 8, orange), 3, []uint8{200, 100, 50}, 1},
		{"colour to grey", flat(2, 3, orange), 1, []uint8{luma}, 1},
		{"colour to grey, scaled", flat(1, 1, orange), 1, []uint8{luma}, 1},
		{"transparent", flat(2, 3, color.NRGBA{255, 255, 255, 0}), 1, []uint8{0}, 0},
		{"half transparent", flat(2, 3, color.NRGBA{200, 100, 50, 128}), 3, []uint8{100, 50, 25}, 1},
		{"half transparent, scaled", flat(4, 9, color.NRGBA{200, 100, 50, 128}), 3, []uint8{100, 50, 25}, 1},
		{"palette", image.NewPaletted(image.Rect(0, 0, 6, 6), color.Palette{orange}), 3, []uint8{200, 100, 50}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.png"), pngOf(test.picture))
			s, err := ReadFolder(dir, 2, 3, test.c)
			if err != nil {
				t.Fatal(err)
			}
			s.check("test")
			for i, have := range s.Pix {
				if d := int(have) - int(test.want[i%test.c]); d > test.slack || d < -test.slack {
					t.Fatalf("pixels %v, want %v", s.Pix, test.want)
				}
			}
		})
	}
}

// TestReadFolderExact: a picture of the right size keeps its pixels.
func TestReadFolderExact(t *testing.T) {
	dir := t.TempDir()
	img := grey(5, 7, 0)
	for i := range img.Pix {
		img.Pix[i] = uint8(37 * i)
	}
	write(t, filepath.Join(dir, "a.png"), pngOf(img))
	s, err := ReadFolder(dir, 5, 7, 1)
	if err != nil || !slices.Equal(s.Pix, img.Pix) {
		t.Errorf("%v: %v is not %v", err, s, img.Pix)
	}
}

// TestReadFolderScales: one half is white, the other black; the edge stays in place.
func TestReadFolderScales(t *testing.T) {
	dir := t.TempDir()
	img := grey(40, 80, 0)
	for i := range img.Pix {
		if i%80 < 40 {
			img.Pix[i] = 255
		}
	}
	write(t, filepath.Join(dir, "a.png"), pngOf(img))
	s, err := ReadFolder(dir, 3, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range s.Pix {
		if x := i % 8; x < 3 && v < 250 || x > 4 && v > 5 || x == 3 && v < 200 || x == 4 && v > 55 {
			t.Errorf("pixel %d,%d is %d", i/8, x, v)
		}
	}
}

// patch overwrites bytes of b from position at on.
func patch(b []byte, at int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], with)
	return b
}

func TestReadFolderDamaged(t *testing.T) {
	good := pngOf(grey(20, 20, 5))
	long := jpegOf(grey(64, 64, 5))
	const replace = "; replace the file by a whole PNG or JPEG, or remove it"
	tests := []struct {
		name  string
		files map[string][]byte
		bad   string // path in the error
		want  []string
	}{
		{"empty file", map[string][]byte{"a.png": {}}, "a.png", []string{"header: ", replace}},
		{"text", map[string][]byte{"a.png": []byte("no picture")}, "a.png", []string{"header: image: unknown format", replace}},
		{"second of two", map[string][]byte{"a.png": good, "b.jpg": good[:9]}, "b.jpg", []string{"header: ", replace}},
		{"cut PNG", map[string][]byte{"a.png": good[:len(good)-20]}, "a.png", []string{"pixels: ", replace}},
		{"cut JPEG", map[string][]byte{"a.jpg": long[:len(long)-20]}, "a.jpg", []string{"pixels: ", replace}},
		{"flipped bit", map[string][]byte{"a.png": flip(good, 45)}, "a.png", []string{"pixels: ", replace}},
		{"in a class", map[string][]byte{"x/a.png": good, "y/b.png": good[:40]}, "y/b.png", []string{"pixels: ", replace}},
		{"long side", map[string][]byte{"a.png": pngOf(grey(1, 1<<14+1, 0))}, "a.png", []string{"size: 16385×1 pixels", "limit of 16384 a side", "; scale the picture down"}},
		// A JPEG of 16,000×16,000 pixels, as far as its header goes.
		{"bomb", map[string][]byte{"a.jpg": patch(long, bytes.Index(long, []byte{0xff, 0xc0})+5, 0x3e, 0x80, 0x3e, 0x80)}, "a.jpg", []string{"size: 16000×16000 pixels", "67108864 in all", "; scale the picture down"}},
		{"no height", map[string][]byte{"a.jpg": patch(long, bytes.Index(long, []byte{0xff, 0xc0})+5, 0, 0)}, "a.jpg", []string{replace}},
		{"only a list", map[string][]byte{"x/labels.csv": nil}, "", []string{"no pictures; put PNG or JPEG files into it", "there are other files: 1 .csv"}},
		{"text as GIF", map[string][]byte{"a.gif": []byte("no picture"), "b.png": good}, "a.gif", []string{"header: image: unknown format", replace, "leave it out with --skip-bad"}},
		{"mixed", map[string][]byte{"a.png": good, "x/b.png": good}, "a.png", []string{"in no class: it is beside the folder x; keep the pictures either in one folder or in one sub-folder"}},
		{"empty", map[string][]byte{".keep": nil}, "", []string{"no pictures; put PNG or JPEG files into it"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for path, content := range test.files {
				write(t, filepath.Join(dir, path), content)
			}
			s, err := ReadFolder(dir, 28, 28, 1)
			if s != nil {
				t.Error("a set came with the error")
			}
			wantError(t, err, append(test.want, "dataset: "+filepath.Join(dir, test.bad)+": ")...)
		})
	}
}

func TestReadFolderNotThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	_, err := ReadFolder(missing, 28, 28, 1)
	wantError(t, err, missing, "no such file", "; give a folder of PNG or JPEG files that can be read")
	write(t, missing, nil)
	_, err = ReadFolder(missing, 28, 28, 1)
	wantError(t, err, missing, "not a directory", "; give a folder of PNG or JPEG files")
}

func TestReadFolderLinks(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, filepath.Join(elsewhere, "a.png"), pngOf(grey(2, 2, 9)))
	link := filepath.Join(dir, "class")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Logf("no links here: %v", err)
		return
	}
	s, err := ReadFolder(dir, 2, 2, 1)
	if err != nil || !slices.Equal(s.ClassNames, []string{"class"}) || s.Pix[0] != 9 {
		t.Errorf("%+v, %v", s, err)
	}
	remove(t, filepath.Join(elsewhere, "a.png"))
	remove(t, elsewhere)
	_, err = ReadFolder(dir, 2, 2, 1)
	wantError(t, err, link, "; mend or remove it")
}

func TestReadFolderLimits(t *testing.T) {
	dir := t.TempDir()
	for i := range 257 {
		write(t, filepath.Join(dir, string(rune('Ā'+i)), "a.png"), pngOf(grey(1, 1, 0)))
	}
	_, err := ReadFolder(dir, 28, 28, 1)
	wantError(t, err, dir+": 257 sub-folders, but there are at most 256 classes", "--no-classes")
	if s, _, err := Read(t.Context(), dir, Reading{H: 1, W: 1, NoClasses: true}); err != nil || s.N != 257 || s.Labels != nil {
		t.Errorf("without classes: %+v, %v", s, err)
	}

	many := t.TempDir()
	picture := filepath.Join(many, "0.png")
	write(t, picture, pngOf(grey(1, 1, 0)))
	for i := range 700 { // of 3 MiB each
		if err := os.Link(picture, filepath.Join(many, string(rune('Ā'+i))+".png")); err != nil {
			t.Fatal(err)
		}
	}
	_, err = ReadFolder(many, 1024, 1024, 3)
	wantError(t, err, many+": 701 pictures of 3145728 bytes are above 2147483648 in all; choose a smaller size or fewer pictures")
}
