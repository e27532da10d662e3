package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Pictures is a figure of sheets of small images, side by side as far as they fit.
type Pictures struct {
	ID     string // name of its files, letters, digits and '-'
	Title  string
	Notice string `json:",omitempty"` // loud, below the title
	Sheets []Sheet

	Groups []string `json:",omitempty"` // names of what colours of frames stand for
}

// Sheet is N images of one size in rows.
type Sheet struct {
	Caption  string
	Cols     int      `json:"-"` // images in a row
	H, W, C  int      // of an image; C is 1 (gray) or 3 (red, green, blue)
	Pix      []byte   `json:"-"`          // N×H×W×C row-major
	Captions []string `json:",omitempty"` // below each image; nil: none
	NewRow   bool     `json:"-"`          // the sheet begins a row of sheets
	Groups   []int    `json:",omitempty"` // of each image: the number of the figure's group whose colour frames it, or -1; nil: none
}

func (s *Sheet) n() int { return len(s.Pix) / max(1, s.H*s.W*s.C) }

// check panics when the figure contradicts itself: a bug of the caller.
func (f *Pictures) check() {
	if err := validID(f.ID); err != nil {
		panic("report: Pictures: " + err.Error())
	}
	if len(f.Sheets) == 0 {
		panic("report: Pictures " + f.ID + ": no sheets")
	}
	for _, s := range f.Sheets {
		if s.n() == 0 || s.n()*s.H*s.W*s.C != len(s.Pix) || s.C != 1 && s.C != 3 || s.Cols < 1 || s.Captions != nil && len(s.Captions) != s.n() {
			panic(fmt.Sprintf("report: Pictures %s: sheet %q: %d bytes of %d×%d×%d images, %d columns, %d captions",
				f.ID, s.Caption, len(s.Pix), s.H, s.W, s.C, s.Cols, len(s.Captions)))
		}
		if s.Groups != nil && (len(s.Groups) != s.n() || slices.Max(s.Groups) >= len(f.Groups)) {
			panic(fmt.Sprintf("report: Pictures %s: sheet %q: %d images, groups %v of %d", f.ID, s.Caption, s.n(), s.Groups, len(f.Groups)))
		}
	}
}

// Write writes ID.png to a folder, and ID.json with everything but the pixels. It panics without sheets, or if the
// fields of a sheet do not agree.
func (f *Pictures) Write(dir string) error {
	f.check()
	return writeFiles(dir, f.ID, map[string]func(io.Writer) error{".png": f.WritePNG, ".json": func(w io.Writer) error { return encode(w, f, " ") }})
}

// Forms are the endings of the files that Write writes.
func (f *Pictures) Forms() []string { return []string{".json", ".png"} }

// WritePNG draws the figure. It panics as Write does.
func (f *Pictures) WritePNG(w io.Writer) error {
	f.check()
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, f.draw())
}

// Sizes in pixels.
const (
	figureWidth = 1400
	margin      = 16
	lineHeight  = 24
	tileGap     = 2
	frameWidth  = 4   // of an image of a group
	sheetSide   = 440 // what a sheet is magnified to, about

	captionLine  = 20  // from a line of a sheet's caption to the next
	leastCaption = 200 // width of captions of small sheets
	captionGap   = 6   // between those of images
)

var (
	background = color.RGBA{255, 255, 255, 255}
	gap        = color.RGBA{120, 140, 180, 255}
)

// placed is a sheet with its magnification and the place of its pictures, below the lines of its caption.
type placed struct {
	*Sheet
	scale, x, y, width, height int
	lines                      []string
	tileW, tileH               int // of an image with its gap and caption
	gap                        int
}

// layout puts sheets side by side, in rows of at most figureWidth pixels.
func (f *Pictures) layout(faces faces) (sheets []placed, width, height int) {
	x, y, first := margin, 2*margin+f.headHeight()+f.groupsHeight(), 0
	endRow := func() {
		y += placeRow(sheets[first:], y) + margin
		x, first = margin, len(sheets)
	}
	for i := range f.Sheets {
		p := f.Sheets[i].place(faces)
		if x > margin && (p.NewRow || x+p.width+margin > figureWidth) {
			endRow()
		}
		p.x = x
		sheets = append(sheets, p)
		x += p.width + 2*margin
		width = max(width, x-margin)
	}
	endRow()
	return sheets, max(width, min(figureWidth, 11*len(f.Title)+2*margin)), y
}

// headHeight is that of the title, and of the notice where there is one.
func (f *Pictures) headHeight() int {
	if f.Notice == "" {
		return lineHeight
	}
	return 2 * lineHeight
}

// place is a sheet that has no place yet. Its caption has as many lines as its width asks for.
func (s *Sheet) place(faces faces) placed {
	rows := (s.n() + s.Cols - 1) / s.Cols
	p := placed{Sheet: s, scale: max(1, sheetSide/max(s.Cols*s.W, rows*s.H)), gap: tileGap}
	if s.Groups != nil {
		p.gap = frameWidth
	}
	for _, c := range s.Captions { // they need room
		p.scale = max(p.scale, (textWidth(faces.small, c)+captionGap+s.W-1)/s.W)
	}
	p.tileW, p.tileH = s.W*p.scale+p.gap, s.H*p.scale+p.gap
	if s.Captions != nil {
		p.tileH += lineHeight - 6
	}
	p.width, p.height = s.Cols*p.tileW+p.gap, rows*p.tileH+p.gap
	p.lines = wrapped(faces.text, s.Caption, max(leastCaption, p.width))
	for _, l := range p.lines {
		p.width = max(p.width, textWidth(faces.text, l))
	}
	return p
}

// placeRow gives a row of sheets its place below y, pictures beside pictures, and returns its height.
func placeRow(row []placed, y int) (height int) {
	lines, head := 0, 0
	for _, p := range row {
		lines = max(lines, len(p.lines))
	}
	if lines > 0 {
		head = (lines-1)*captionLine + lineHeight
	}
	for i := range row {
		row[i].y = y + head
		height = max(height, head+row[i].height+4)
	}
	return height
}

func textWidth(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }

// wrapped are lines of words that fit a width, as far as single words do. No words are no line.
func wrapped(face font.Face, s string, width int) (lines []string) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return nil
	}
	line := ""
	for _, word := range words {
		if longer := strings.TrimSpace(line + " " + word); line == "" || textWidth(face, longer) <= width {
			line = longer
			continue
		}
		lines, line = append(lines, line), word
	}
	return append(lines, line)
}

func (f *Pictures) draw() image.Image {
	faces := newFaces()
	sheets, width, height := f.layout(faces)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(background), image.Point{}, draw.Src)
	label(img, faces.title, f.Title, color.Black, margin, margin+lineHeight-4)
	label(img, faces.text, f.Notice, noticeColor, margin, margin+2*lineHeight)
	f.drawGroups(img, faces)
	for _, s := range sheets {
		s.draw(img, faces)
	}
	return img
}

func (s *placed) draw(img *image.RGBA, faces faces) {
	for i, l := range s.lines {
		label(img, faces.text, l, color.Black, s.x, s.y-6-(len(s.lines)-1-i)*captionLine)
	}
	size := s.H * s.W * s.C
	for i := range s.n() {
		x, y := s.x+s.gap+i%s.Cols*s.tileW, s.y+s.gap+i/s.Cols*s.tileH
		frame := image.Rect(x-s.gap, y-s.gap, x+s.W*s.scale+s.gap, y+s.H*s.scale+s.gap)
		draw.Draw(img, frame, image.NewUniform(s.frameColor(i)), image.Point{}, draw.Src)
		s.tile(img, x, y, s.Pix[i*size:(i+1)*size])
		if s.Captions != nil {
			label(img, faces.small, s.Captions[i], color.Black, x, y+s.H*s.scale+13)
		}
	}
}

// tile draws one image, every pixel as a square.
func (s *placed) tile(img *image.RGBA, x, y int, pix []byte) {
	for py := range s.H * s.scale {
		for px := range s.W * s.scale {
			v := pix[(py/s.scale*s.W+px/s.scale)*s.C:]
			c := color.RGBA{v[0], v[0], v[0], 255}
			if s.C == 3 {
				c = color.RGBA{v[0], v[1], v[2], 255}
			}
			img.SetRGBA(x+px, y+py, c)
		}
	}
}

// faces are the sizes of the font; not for several goroutines at once.
type faces struct{ title, text, small font.Face }

func newFaces() (f faces) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic("report: Go font: " + err.Error()) // embedded
	}
	face := func(size float64) font.Face {
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			panic("report: Go font: " + err.Error())
		}
		return face
	}
	f.title, f.text, f.small = face(21), face(17), face(13)
	return f
}

// label writes words, their left end on the base line at (x, y).
func label(img draw.Image, face font.Face, s string, c color.Color, x, y int) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}
