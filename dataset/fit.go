package dataset

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/draw"
)

// Fit says what becomes of pictures of other proportions than the wanted ones.
type Fit string

// The ways to fit. The zero value is Stretch.
const (
	Stretch Fit = "stretch" // all of the picture, its proportions changed
	Crop    Fit = "crop"    // its middle: what is left over is cut off at two sides
	Pad     Fit = "pad"     // all of it in the middle, the background at two sides
)

// ParseFit returns the way to fit of that name. The error names those that there are.
func ParseFit(name string) (Fit, error) {
	switch f := Fit(name); f {
	case Stretch, Crop, Pad:
		return f, nil
	}
	return "", fmt.Errorf("dataset: fit %q: choose stretch (proportions change), crop (the middle) or pad (all of it, with the background beside)", name)
}

// ParseColour reads black, white, gray or #rrggbb in hexadecimal digits. The error says so.
func ParseColour(name string) (color.Color, error) {
	switch strings.ToLower(name) {
	case "black":
		return color.Black, nil
	case "white":
		return color.White, nil
	case "gray", "grey":
		return color.Gray{Y: 128}, nil
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(name, "#"), 16, 24)
	if err != nil || len(name) != 7 || name[0] != '#' {
		return nil, fmt.Errorf("dataset: colour %q: choose black, white, gray or #rrggbb, for instance #ff8000", name)
	}
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}, nil
}

// view is how pictures are to be seen: h×w pixels of c channels, 1 or 3.
type view struct {
	h, w, c    int
	fit        Fit
	background color.Color // nil: black
}

// size is the number of values of an image.
func (v view) size() int { return v.h * v.w * v.c }

// draw puts a picture of an orientation into the values of dst.
func (v view) draw(dst []uint8, img image.Image, orientation int) {
	if orientation == upright {
		v.drawUpright(dst, img)
		return
	}
	stored := v
	if sideways(orientation) {
		stored.h, stored.w = v.w, v.h
	}
	pix := make([]uint8, len(dst))
	stored.drawUpright(pix, img)
	turn(dst, pix, v.h, v.w, v.c, orientation)
}

func (v view) drawUpright(dst []uint8, img image.Image) {
	frame := image.Rect(0, 0, v.w, v.h)
	if v.c == 1 {
		v.compose(&image.Gray{Pix: dst, Stride: v.w, Rect: frame}, img)
		return
	}
	canvas := image.NewRGBA(frame)
	v.compose(canvas, img)
	for i := range v.h * v.w {
		copy(dst[3*i:3*i+3], canvas.Pix[4*i:])
	}
}

// compose draws img over the background. On black, premultiplied colours without their alpha are the result.
func (v view) compose(dst draw.Image, img image.Image) {
	from, to := v.place(img.Bounds())
	op := draw.Src
	if v.background != nil && v.background != color.Black {
		op = draw.Over
	}
	if op == draw.Over || to != dst.Bounds() {
		ground := v.background
		if ground == nil {
			ground = color.Black
		}
		draw.Draw(dst, dst.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	}
	if from.Size() == to.Size() {
		draw.Draw(dst, to, img, from.Min, op)
		return
	}
	draw.CatmullRom.Scale(dst, to, img, from, op, nil)
}

// place returns what part of a picture goes to what part of the view.
func (v view) place(picture image.Rectangle) (from, to image.Rectangle) {
	frame := image.Rect(0, 0, v.w, v.h)
	switch v.fit {
	case Crop:
		return middle(picture, float64(v.w)/float64(v.h)), frame
	case Pad:
		return picture, middle(frame, float64(picture.Dx())/float64(picture.Dy()))
	}
	return picture, frame
}

// middle is the largest part in the middle of r whose width is ratio times its height, as near as whole pixels are.
func middle(r image.Rectangle, ratio float64) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	if float64(w) > ratio*float64(h) {
		w = max(1, int(math.Round(ratio*float64(h))))
	} else {
		h = max(1, int(math.Round(float64(w)/ratio)))
	}
	at := r.Min.Add(image.Pt((r.Dx()-w)/2, (r.Dy()-h)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}
