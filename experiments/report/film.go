package report

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"
)

// Film is a figure that moves: pictures one after the other. All have the same layout.
type Film struct {
	Still  Pictures // what shows in its place where nothing moves; its ID, Title and Notice are those of the film
	Frames [][]Sheet
}

// The pace of a film, in hundredths of a second.
const (
	frameDelay = 25
	lastDelay  = 300
)

// Write writes ID.gif, and of the still picture ID.png and ID.json. It panics as Pictures does, and without frames.
func (f *Film) Write(dir string) error {
	if len(f.Frames) == 0 {
		panic("report: Film " + f.Still.ID + ": no frames")
	}
	return errors.Join(f.Still.Write(dir), writeFiles(dir, f.Still.ID, map[string]func(io.Writer) error{".gif": f.WriteGIF}))
}

// Forms are the endings of the files that Write writes.
func (f *Film) Forms() []string { return append(f.Still.Forms(), ".gif") }

// WriteGIF draws the frames, in grays, over and over, with a rest at the end. A colour is the nearest gray.
func (f *Film) WriteGIF(w io.Writer) error {
	const grays = 64
	palette := make(color.Palette, grays)
	for i := range palette {
		palette[i] = color.Gray{uint8(i * 255 / (grays - 1))}
	}
	var g gif.GIF
	for i, sheets := range f.Frames {
		p := Pictures{ID: f.Still.ID, Title: f.Still.Title, Notice: f.Still.Notice, Sheets: sheets}
		p.check()
		from := p.draw()
		to := image.NewPaletted(from.Bounds(), palette)
		draw.Draw(to, to.Bounds(), from, image.Point{}, draw.Src)
		g.Image, g.Delay = append(g.Image, to), append(g.Delay, frameDelay)
		if i == len(f.Frames)-1 {
			g.Delay[i] = lastDelay
		}
	}
	return gif.EncodeAll(w, &g)
}
