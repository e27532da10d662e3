package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// encoded is what an encoder writes of a picture.
func encoded(t *testing.T, encode func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// coloured is a picture of h×w pixels, all different.
func coloured(h, w int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		img.SetNRGBA(i%w, i/w, color.NRGBA{uint8(20 * (i % w)), uint8(20 * (i / w)), uint8(3 * i), 255})
	}
	return img
}

// Every format gives the pixels that were written, whatever the file is called.
func TestFormats(t *testing.T) {
	img := coloured(5, 7)
	want := FromImages([]image.Image{img}, 5, 7, 3).Pix
	deep := image.NewRGBA64(img.Bounds())
	draw.Draw(deep, deep.Bounds(), img, image.Point{}, draw.Src)
	for name, file := range map[string][]byte{
		"a.png":  pngOf(img),
		"b.PNG":  pngOf(deep),
		"c.bmp":  encoded(t, func(w io.Writer) error { return bmp.Encode(w, img) }),
		"d.tif":  encoded(t, func(w io.Writer) error { return tiff.Encode(w, img, nil) }),
		"e.TIFF": encoded(t, func(w io.Writer) error { return tiff.Encode(w, deep, &tiff.Options{Compression: tiff.Deflate}) }),
		"f.jpeg": pngOf(img), // misnamed
		"g.webp": pngOf(img),
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), file)
		s, report, err := Read(t.Context(), dir, Reading{H: 5, W: 7})
		if err != nil || s.C != 3 || !slices.Equal(s.Pix, want) || report.Colour != 1 {
			t.Errorf("%s: %+v, %v, want %v", name, s, err, want)
		}
	}
	grey16 := image.NewGray16(image.Rect(0, 0, 2, 1))
	grey16.SetGray16(1, 0, color.Gray16{Y: 0x80ff})
	for name, file := range map[string][]byte{"a.png": pngOf(grey16), "b.tif": encoded(t, func(w io.Writer) error { return tiff.Encode(w, grey16, nil) })} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), file)
		if s, _, err := Read(t.Context(), dir, Reading{H: 1, W: 2}); err != nil || s.C != 1 || !slices.Equal(s.Pix, []uint8{0, 0x80}) {
			t.Errorf("%s of 16 bits: %+v, %v", name, s, err)
		}
	}
}

// The same picture in WebP and PNG, both from golang.org/x/image.
func TestWebP(t *testing.T) {
	var sets []*Set
	for _, path := range []string{"testdata/gopher.webp", "testdata/gopher.png"} {
		s, _, err := ReadFiles(t.Context(), "list", []string{path}, Reading{H: 20, W: 30, C: 3})
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, s)
	}
	if sets[0].Files[0].H != sets[1].Files[0].H || !bytes.Equal(sets[0].Pix, sets[1].Pix) || slices.Max(sets[0].Pix) == slices.Min(sets[0].Pix) {
		t.Errorf("%v is not %v", sets[0].Pix, sets[1].Pix)
	}
}

// Of an animation the first frame is taken, in its place on the screen.
func TestGIF(t *testing.T) {
	palette := color.Palette{color.RGBA{0, 0, 200, 255}, color.RGBA{200, 0, 0, 255}}
	frame := func(r image.Rectangle, c uint8) *image.Paletted {
		img := image.NewPaletted(r, palette)
		for i := range img.Pix {
			img.Pix[i] = c
		}
		return img
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.gif"), encoded(t, func(w io.Writer) error {
		return gif.EncodeAll(w, &gif.GIF{Image: []*image.Paletted{frame(image.Rect(2, 0, 4, 1), 1), frame(image.Rect(0, 0, 4, 2), 0)}, Delay: []int{1, 1},
			Config: image.Config{ColorModel: palette, Width: 4, Height: 2}})
	}))
	s, _, err := Read(t.Context(), dir, Reading{H: 2, W: 4})
	want := make([]uint8, 24)
	want[6], want[9] = 200, 200
	if err != nil || s.C != 3 || !slices.Equal(s.Pix, want) || s.Files[0] != (File{"a.gif", 2, 4}) {
		t.Errorf("%+v, %v, want %v", s, err, want)
	}
}

// A folder is gray only if no header speaks of colour; what is asked for comes first.
func TestColourIsKept(t *testing.T) {
	greys := color.Palette{color.Gray{Y: 3}, color.Gray{Y: 200}}
	for name, test := range map[string]struct {
		files map[string]image.Image
		asked int
		c     int
		says  string
	}{
		"gray":          {map[string]image.Image{"a": grey(1, 1, 2), "b": image.NewPaletted(image.Rect(0, 0, 1, 1), greys)}, 0, 1, ""},
		"mixed":         {map[string]image.Image{"a": grey(1, 1, 2), "b": coloured(1, 1)}, 0, 3, "1 picture in colour, 1 in gray: all are read in colour (in gray with --size 1x1G)"},
		"colour":        {map[string]image.Image{"b": coloured(1, 1)}, 0, 3, "1 picture, read in colour"},
		"palette":       {map[string]image.Image{"b": image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.RGBA{1, 2, 3, 255}})}, 0, 3, "read in colour"},
		"gray wanted":   {map[string]image.Image{"a": grey(1, 1, 2), "b": coloured(1, 1)}, 1, 1, "1 of 2 pictures are in colour, but are read in gray"},
		"colour wanted": {map[string]image.Image{"a": grey(1, 1, 2)}, 3, 3, "all 1 pictures are gray, but are read in colour"},
	} {
		dir := t.TempDir()
		for file, img := range test.files {
			write(t, filepath.Join(dir, file+".png"), pngOf(img))
		}
		s, report, err := Read(t.Context(), dir, Reading{H: 1, W: 1, C: test.asked})
		if err != nil || s.C != test.c {
			t.Fatalf("%s: %+v, %v", name, s, err)
		}
		notes := report.Notes()
		if test.says == "" && len(notes) > 0 || test.says != "" && (len(notes) != 1 || !bytes.Contains([]byte(notes[0]), []byte(test.says))) {
			t.Errorf("%s: said %q, want %q", name, notes, test.says)
		}
	}
}

// A decoder that panics makes a bad file, not the end of the program.
func TestDecoderPanics(t *testing.T) {
	explode := func(io.Reader) (image.Config, error) { panic("boom") }
	image.RegisterFormat("explosive", "explosive!", func(r io.Reader) (image.Image, error) { panic("boom") }, explode)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.png"), []byte("explosive! and more"))
	_, err := ReadFolder(dir, 2, 2, 1)
	wantError(t, err, filepath.Join(dir, "a.png"), "header: the decoder failed: boom", "remove it")
	if _, err := decodePixels(bytes.NewReader([]byte("explosive!"))); err == nil {
		t.Error("no error")
	}
}

// exifJPEG puts an orientation into a JPEG file, as a TIFF structure of a byte order.
func exifJPEG(file []byte, orientation uint16, order binary.AppendByteOrder) []byte {
	start := map[binary.AppendByteOrder]string{binary.LittleEndian: "II*\x00", binary.BigEndian: "MM\x00*"}[order]
	entry := func(tag, kind uint16, value uint16) []byte {
		b := order.AppendUint16(order.AppendUint16(nil, tag), kind)
		return order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), value), 0)
	}
	t := order.AppendUint16(order.AppendUint32([]byte(start), 8), 2)
	t = append(append(t, entry(271, 3, 7)...), entry(274, 3, orientation)...)
	segment := append([]byte("Exif\x00\x00"), t...)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return slices.Concat(head, segment, file[2:])
}

// All eight orientations give the picture that a camera saw. The stored ones are made after the table of Exif 2.3,
// 4.6.4: what the first row and the first column of the stored picture are in the one that was seen.
func TestOrientation(t *testing.T) {
	const h, w = 3, 5
	seen := grey(h, w, 0)
	for i := range seen.Pix {
		seen.Pix[i] = uint8(17 * i)
	}
	type point struct{ y, x int }
	for orientation, at := range map[uint16]func(row, column int) point{
		1: func(r, c int) point { return point{r, c} }, 2: func(r, c int) point { return point{r, w - 1 - c} },
		3: func(r, c int) point { return point{h - 1 - r, w - 1 - c} }, 4: func(r, c int) point { return point{h - 1 - r, c} },
		5: func(r, c int) point { return point{c, r} }, 6: func(r, c int) point { return point{c, w - 1 - r} },
		7: func(r, c int) point { return point{h - 1 - c, w - 1 - r} }, 8: func(r, c int) point { return point{h - 1 - c, r} },
	} {
		rows, columns := h, w
		if orientation >= 5 {
			rows, columns = w, h
		}
		// Blocks of 8×8 pixels survive JPEG.
		stored := grey(8*rows, 8*columns, 0)
		for y := range 8 * rows {
			for x := range 8 * columns {
				p := at(y/8, x/8)
				stored.SetGray(x, y, seen.GrayAt(p.x, p.y))
			}
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.jpg"), exifJPEG(jpegOf(stored), orientation, order))
			s, report, err := Read(t.Context(), dir, Reading{H: 8 * h, W: 8 * w, C: 1})
			if err != nil || s.Files[0] != (File{"a.jpg", 8 * h, 8 * w}) || (report.Turned == 1) != (orientation != 1) || report.Reshaped != 0 {
				t.Fatalf("%d: %+v, %+v, %v", orientation, s, report, err)
			}
			for y := range h {
				for x := range w {
					have, want := s.Pix[(8*y+4)*8*w+8*x+4], seen.GrayAt(x, y).Y
					if max(have, want)-min(have, want) > 2 {
						t.Errorf("%d: point %d,%d is %d, want %d", orientation, y, x, have, want)
					}
				}
			}
		}
	}
}

// FuzzOrientation: whatever the bytes are, there is an orientation; a structure that says one is obeyed.
func FuzzOrientation(f *testing.F) {
	file := jpegOf(grey(8, 8, 3))
	f.Add(exifJPEG(file, 6, binary.LittleEndian), true)
	f.Add(exifJPEG(file, 3, binary.BigEndian), true)
	f.Add(exifJPEG(file, 9, binary.BigEndian)[20:], false)
	f.Add([]byte("II*\x00\xff\xff\xff\xff"), false)
	f.Fuzz(func(t *testing.T, b []byte, jpeg bool) {
		format := "tiff"
		if jpeg {
			format = "jpeg"
		}
		o := orientationOf(bytes.NewReader(b), format)
		if o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
		if o != upright && !bytes.Contains(b, []byte{1, 18}) && !bytes.Contains(b, []byte{18, 1}) { // the tag, 274
			t.Errorf("orientation %d without a tag", o)
		}
		for _, h := range []int{1, 3} { // no picture is turned out of its frame
			turn(make([]uint8, 2*h*3), make([]uint8, 2*h*3), h, 2, 3, o)
		}
	})
}

// Proportions: a wide picture of three colours side by side, in a square.
func TestFit(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 12, 4))
	for x, c := range []color.Color{color.NRGBA{200, 0, 0, 255}, color.NRGBA{0, 200, 0, 255}, color.NRGBA{0, 0, 200, 255}} {
		draw.Draw(img, image.Rect(4*x, 0, 4*x+4, 4), image.NewUniform(c), image.Point{}, draw.Src)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.png"), pngOf(img))
	at := func(s *Set, y, x int) [3]uint8 { return [3]uint8(s.Image(0)[(y*s.W+x)*3:]) }
	read := func(r Reading, side int) *Set {
		r.H, r.W = side, side
		s, report, err := Read(t.Context(), dir, r)
		if err != nil || report.Reshaped != 1 || s.Files[0].W != 12 {
			t.Fatal(report, err)
		}
		return s
	}
	if s := read(Reading{Fit: Crop}, 4); !slices.Equal(s.Pix, bytes.Repeat([]uint8{0, 200, 0}, 16)) {
		t.Errorf("cropped: %v", s.Pix)
	}
	s := read(Reading{Fit: Pad, Background: color.White}, 12)
	for x, want := range map[int][3]uint8{1: {200, 0, 0}, 5: {0, 200, 0}, 10: {0, 0, 200}} {
		if at(s, 4, x) != want || at(s, 7, x) != want || at(s, 3, x) != [3]uint8{255, 255, 255} || at(s, 8, x) != [3]uint8{255, 255, 255} {
			t.Errorf("padded: column %d is %v %v %v %v, want %v within white", x, at(s, 3, x), at(s, 4, x), at(s, 7, x), at(s, 8, x), want)
		}
	}
	if s := read(Reading{Fit: Pad}, 12); at(s, 3, 5) != [3]uint8{} {
		t.Errorf("padded without a background: %v", at(s, 3, 5))
	}
	if s, t3 := read(Reading{}, 12), read(Reading{Fit: Stretch}, 12); !slices.Equal(s.Pix, t3.Pix) || at(s, 0, 1)[0] < 190 || at(s, 11, 10)[2] < 190 {
		t.Errorf("stretched: %v", s.Pix)
	}
	narrow := image.Rect(0, 0, 1, 16384)
	for _, fit := range []Fit{Crop, Pad, Stretch} { // one pixel at least is left
		if from, to := (view{h: 28, w: 28, fit: fit}).place(narrow); from.Empty() || to.Empty() || !from.In(narrow) {
			t.Errorf("%s: %v to %v", fit, from, to)
		}
	}
}

// What is transparent shows the background, scaled or not, in gray and in colour.
func TestBackground(t *testing.T) {
	for _, side := range []int{2, 5} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a.png"), pngOf(flat(side, side, color.NRGBA{200, 100, 0, 128})))
		for name, want := range map[string][3]uint8{"black": {100, 50, 0}, "white": {227, 177, 127}, "#0000ff": {100, 50, 127}} {
			ground, err := ParseColour(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []int{1, 3} {
				s, _, err := Read(t.Context(), dir, Reading{H: 2, W: 2, C: c, Background: ground})
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range s.Pix {
					w := int(want[i%3])
					if c == 1 {
						w = (299*int(want[0]) + 587*int(want[1]) + 114*int(want[2])) / 1000
					}
					if d := int(v) - w; d < -2 || d > 2 {
						t.Errorf("%s, side %d, %d channels: %v, want %v", name, side, c, s.Pix, want)
						break
					}
				}
			}
		}
	}
	for _, name := range []string{"", "red", "#ff", "#gggggg", "0000000", "ff0000", "#+12345"} {
		if _, err := ParseColour(name); err == nil {
			t.Errorf("%q is a colour", name)
		}
	}
	_, err := ParseFit("squeeze")
	wantError(t, err, `fit "squeeze"`, "stretch", "crop", "pad")
}

var errPipe = errors.New("gone")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errPipe }

// A list has a path a line, or NUL between them; it ends with the context though nobody writes.
func TestLists(t *testing.T) {
	for text, want := range map[string][]string{"a.png\nb c.png\r\n\n": {"a.png", "b c.png"}, "a\nb.png\x00c.png\x00": {"a\nb.png", "c.png"}, "": nil} {
		paths, err := ReadList(t.Context(), bytes.NewReader([]byte(text)))
		if err != nil || !slices.Equal(paths, want) {
			t.Errorf("%q: %q, %v", text, paths, err)
		}
	}
	if _, err := ReadList(t.Context(), brokenReader{}); !errors.Is(err, errPipe) {
		t.Error(err)
	}
	r, w := io.Pipe()
	defer w.Close()
	_, err := ReadList(cancelled(t), r)
	wantError(t, err, "list of paths: interrupted")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x", "a.bin"), pngOf(grey(2, 2, 9)))
	paths := []string{filepath.Join(dir, "x", "a.bin"), filepath.Join(dir, "x"), filepath.Join(dir, "none.png"), filepath.Join(dir, "x", "a.bin")}
	_, _, err = ReadFiles(t.Context(), "list", paths, Reading{H: 2, W: 2})
	wantError(t, err, "2 of 4 pictures of list", paths[1]+": it is a folder", paths[2]+": no such file")
	s, _, err := ReadFiles(t.Context(), "list", paths, Reading{H: 2, W: 2, SkipBad: true})
	if err != nil || s.N != 2 || s.Labels != nil || s.Name != "list" || s.FilePath(1) != paths[3] || s.Pix[7] != 9 {
		t.Errorf("%+v, %v", s, err)
	}
	_, _, err = ReadFiles(t.Context(), "list", nil, Reading{H: 2, W: 2})
	wantError(t, err, "list: no paths; name a picture on each line")
	if _, err := os.Stat(paths[0]); err != nil {
		t.Error(err)
	}
}
