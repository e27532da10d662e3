package report

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count is the number of pixels that are near a colour.
func count(img image.Image, c color.Color) (n int) {
	r0, g0, b0, _ := c.RGBA()
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			d := func(a, b uint32) float64 { return math.Abs(float64(a) - float64(b)) }
			if d(r, r0) < 4000 && d(g, g0) < 4000 && d(b, b0) < 4000 {
				n++
			}
		}
	}
	return n
}

func testLines() Lines {
	return Lines{ID: "F9-lines", Title: "A figure", Notice: "generated glyphs, not MNIST", Panels: [][]Panel{
		{{Title: "one", X: "x", Y: "y", Lines: []Line{{Name: "rising", X: []float64{0, 1, 2}, Y: []float64{0, 1, 4}}, {Name: "with a gap", X: []float64{0, 1, 2, 3}, Y: []float64{2, math.NaN(), 1, 0}}}},
			{Title: "log", X: "x", Y: "y", LogX: true, LogY: true, Lines: []Line{{Name: "marked", Marked: true, X: []float64{1, 10, 100, -1}, Y: []float64{1, 0.1, 0.01, 5}}}}},
		{{Title: "roc", X: "x", Y: "y", Range: &Range{0, 1}, Diagonal: true, Lines: []Line{{Name: "a", X: []float64{0, 0.2, 1}, Y: []float64{0, 0.8, 1}}}},
			{Title: "nothing"}},
	}}
}

func TestLinesAreDrawn(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	f := testLines()
	for _, dir := range []string{a, b} {
		if err := f.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"F9-lines.png", "F9-lines.json"} {
		x, err1 := os.ReadFile(filepath.Join(a, name))
		y, err2 := os.ReadFile(filepath.Join(b, name))
		if err1 != nil || err2 != nil || !bytes.Equal(x, y) {
			t.Errorf("%s: two drawings differ (%v, %v)", name, err1, err2)
		}
	}
	img := readPNG(t, filepath.Join(a, "F9-lines.png"))
	for i, c := range palette[:2] {
		if n := count(img, c); n < 100 {
			t.Errorf("line %d has %d pixels of its colour", i, n)
		}
	}
	if n := count(img, noticeColor); n < 50 {
		t.Errorf("the notice has %d red pixels", n)
	}
	f.Notice = ""
	if err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if n := count(readPNG(t, filepath.Join(b, "F9-lines.png")), noticeColor); n > 10 {
		t.Errorf("without a notice there are %d red pixels", n)
	}
	text, err := os.ReadFile(filepath.Join(a, "F9-lines.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Notice":"generated glyphs, not MNIST"`, `{"Name":"rising","X":[0,1,2],"Y":[0,1,4]}`, `"Y":[2,null,1,0]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestDecadeTicks(t *testing.T) {
	var labels []string
	for _, tick := range (decadeTicks{}).Ticks(0.15, 12) {
		if tick.Label != "" {
			labels = append(labels, tick.Label)
		}
	}
	if got := strings.Join(labels, " "); got != "0.2 0.5 1 2 5 10" {
		t.Errorf("labels %s", got)
	}
	for _, tick := range (decadeTicks{}).Ticks(1e-5, 1e5) {
		if strings.HasPrefix(tick.Label, "2") {
			t.Errorf("label %s on an axis of ten decades", tick.Label)
		}
	}
}

func TestPicturesShowTheirValues(t *testing.T) {
	dir := t.TempDir()
	f := Pictures{ID: "F9-pictures", Title: "Pictures", Notice: "loud", Sheets: []Sheet{
		{Caption: "gray", Cols: 2, H: 2, W: 3, C: 1, Pix: []byte{0, 50, 100, 150, 200, 250, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Captions: []string{"a", "b", "c"}},
		{Caption: "colour", Cols: 1, H: 1, W: 1, C: 3, Pix: []byte{10, 200, 30}},
	}}
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	img := readPNG(t, filepath.Join(dir, "F9-pictures.png"))
	sheets, _, _ := f.layout(newFaces())
	first, second := sheets[0], sheets[1]
	at := func(s placed, image, y, x int) color.RGBA { // the middle of a pixel's square
		px := s.x + tileGap + image%s.Cols*s.tileW + x*s.scale + s.scale/2
		py := s.y + tileGap + image/s.Cols*s.tileH + y*s.scale + s.scale/2
		return color.RGBAModel.Convert(img.At(px, py)).(color.RGBA)
	}
	for i, v := range first.Pix {
		if got := at(first, i/6, i%6/3, i%3); got != (color.RGBA{v, v, v, 255}) {
			t.Errorf("value %d of image %d is drawn as %v, want %d", i%6, i/6, got, v)
		}
	}
	if got := at(second, 0, 0, 0); got != (color.RGBA{10, 200, 30, 255}) {
		t.Errorf("colour is drawn as %v", got)
	}
	if n := count(img, noticeColor); n < 20 {
		t.Errorf("the notice has %d red pixels", n)
	}
	text, err := os.ReadFile(filepath.Join(dir, "F9-pictures.json"))
	if err != nil || !strings.Contains(string(text), `"Caption": "gray"`) || !strings.Contains(string(text), `"Notice": "loud"`) || strings.Contains(string(text), "250") {
		t.Errorf("%v\n%s", err, text)
	}
}

// Captions that are too long have several lines, and pictures of a row stand beside each other; captions of images do
// not overlap.
func TestCaptionsHaveRoom(t *testing.T) {
	pix := make([]byte, 10)
	f := Pictures{Sheets: []Sheet{
		{Caption: "short", Cols: 5, H: 1, W: 1, C: 1, Pix: pix},
		{Caption: strings.Repeat("words without end ", 9), Cols: 5, H: 1, W: 1, C: 1, Pix: pix, Captions: slices.Repeat([]string{"100: −12345"}, 10)},
		{Caption: strings.Repeat("i", 300), Cols: 5, H: 1, W: 1, C: 1, Pix: pix, NewRow: true},
	}}
	faces := newFaces()
	sheets, width, _ := f.layout(faces)
	if a, b := sheets[0], sheets[1]; a.y != b.y || len(a.lines) != 1 || len(b.lines) < 3 || a.x+a.width > b.x || b.x+b.width > width {
		t.Errorf("a row of %d and %d lines at %d and %d", len(a.lines), len(b.lines), a.y, b.y)
	}
	for _, s := range sheets {
		for _, l := range s.lines {
			if w := textWidth(faces.text, l); w > s.width || w > max(leastCaption, s.Cols*s.tileW+s.gap) && strings.Contains(l, " ") {
				t.Errorf("a line of %d pixels in a sheet of %d: %q", w, s.width, l)
			}
		}
		if s.Captions != nil && s.tileW < textWidth(faces.small, s.Captions[0]) {
			t.Error("captions of images overlap")
		}
	}
	if a, b := sheets[1], sheets[2]; b.y-lineHeight < a.y+a.height {
		t.Error("rows overlap")
	}
}

// Frames have the colours of their groups, which a line below the title explains; -1 has none.
func TestFramesShowGroups(t *testing.T) {
	dir := t.TempDir()
	f := Pictures{ID: "F9-groups", Title: "Groups", Groups: []string{"0", "1"}, Sheets: []Sheet{
		{Caption: "clusters", Cols: 3, H: 2, W: 2, C: 1, Pix: make([]byte, 12), Groups: []int{1, -1, 0}}}}
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	img := readPNG(t, filepath.Join(dir, "F9-groups.png"))
	sheets, _, _ := f.layout(newFaces())
	s := sheets[0]
	for i, g := range s.Groups {
		x, y := s.x+frameWidth/2+i*s.tileW, s.y+frameWidth+s.scale
		if got, want := color.RGBAModel.Convert(img.At(x, y)), color.RGBAModel.Convert(groupColor(g)); got != want {
			t.Errorf("the frame of image %d is %v, want %v", i, got, want)
		}
		if g >= 0 && color.RGBAModel.Convert(img.At(margin+7, margin+f.headHeight()+lineHeight-8)) != color.RGBAModel.Convert(groupColor(0)) {
			t.Error("the legend does not begin with the first colour")
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a group without a name")
		}
	}()
	f.Groups = f.Groups[:1]
	_ = f.Write(dir)
}

// A figure keeps no room for what it does not say: its notice, the caption of a sheet.
func TestWhatIsNotSaidNeedsNoRoom(t *testing.T) {
	height := func(notice, caption string) int {
		f := Pictures{ID: "F9-room", Title: "Room", Notice: notice, Sheets: []Sheet{{Caption: caption, Cols: 1, H: 2, W: 2, C: 1, Pix: make([]byte, 4)}}}
		_, _, h := f.layout(newFaces())
		return h
	}
	bare := height("", "")
	if got := height("generated data", ""); got != bare+lineHeight {
		t.Errorf("with a notice %d pixels, without %d", got, bare)
	}
	if got := height("", "clusters"); got != bare+lineHeight {
		t.Errorf("with a caption %d pixels, without %d", got, bare)
	}
}

func TestUnwritableFoldersAreReported(t *testing.T) {
	if os.Geteuid() == 0 {
		// The superuser may write everywhere: a file in the place of the folder stops anybody.
		t.Log("running as root")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	table, lines := testTable(), testLines()
	pictures := Pictures{ID: "a", Sheets: []Sheet{{Cols: 1, H: 1, W: 1, C: 1, Pix: []byte{1}}}}
	for name, write := range map[string]func(string) error{"table": table.Write, "lines": lines.Write, "pictures": pictures.Write} {
		if err := write(filepath.Join(file, "sub")); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A legend is not cut off by the edge of the figure, however long its names.
func TestLegendFits(t *testing.T) {
	for _, n := range []int{10, 60, 61, 62} {
		f := Lines{ID: "F9-lines", Title: "A figure", Panels: [][]Panel{{{Lines: []Line{{Name: strings.Repeat("M", n), X: []float64{0, 1}, Y: []float64{0, 1}}}}}}}
		var b bytes.Buffer
		if err := f.WritePNG(&b); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		r := img.Bounds()
		for x := r.Max.X - 5; x < r.Max.X; x++ {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				if v, _, _, _ := img.At(x, y).RGBA(); v != 0xffff {
					t.Fatalf("%d letters: something is drawn at the right edge, (%d, %d) of %v", n, x, y, r.Max)
				}
			}
		}
	}
}

// ByName gives a line that is the second of one panel and the only one of another the same colour in both.
func TestColoursByName(t *testing.T) {
	line := func(name string) Line { return Line{Name: name, X: []float64{0, 1}, Y: []float64{0, 1}} }
	f := Lines{ID: "F9-lines", Title: "A figure", Panels: [][]Panel{{{Lines: []Line{line("a"), line("b")}}, {Lines: []Line{line("b")}}}}}
	if got := f.style(0, line("b")).Color; got != palette[0] {
		t.Errorf("by place the first line has the colour %v", got)
	}
	f.ByName = true
	dir := t.TempDir()
	if err := f.Write(dir); err != nil {
		t.Fatal(err)
	}
	img := readPNG(t, filepath.Join(dir, "F9-lines.png")).(interface {
		image.Image
		SubImage(image.Rectangle) image.Image
	})
	right := img.Bounds()
	right.Min.X = (right.Min.X + right.Max.X) / 2
	if a, b := count(img.SubImage(right), palette[0]), count(img.SubImage(right), palette[1]); a > 0 || b < 100 {
		t.Errorf("the second panel has %d pixels of the colour of a and %d of that of b", a, b)
	}
	variant := Line{Name: "b, predicted", Of: "b"}
	f.Panels[0][0].Lines = append(f.Panels[0][0].Lines, variant, line("c"))
	if got := f.style(0, variant); got.Color != palette[1] || got.Dashes == nil {
		t.Errorf("a variant of b has the colour %v and dashes %v", got.Color, got.Dashes)
	}
	if got := f.style(0, line("c")).Color; got != palette[2] {
		t.Errorf("the line after a variant has the colour %v", got)
	}
}
