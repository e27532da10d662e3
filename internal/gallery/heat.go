package gallery

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
)

// Heat is shown from HeatFrom on, in yellow, and is fully red at HeatUpTo, on a logarithmic scale: the unit is what
// dcgmm.Network.Heat has, the limit of 5 % of the inliers.
const (
	HeatFrom = 1.5
	HeatUpTo = 30
)

// HeatWords say what the colours mean.
var HeatWords = fmt.Sprintf("yellow: unlikelier there than in usual pictures "+
	"(%v times as far below the median as the worst 5 %%); red: %v times and more", HeatFrom, HeatUpTo)

// heatColour is the colour of a heat and how much of the picture it covers, in [0, 1].
func heatColour(heat float32) (c color.RGBA, cover float64) {
	if !(heat > HeatFrom) {
		return c, 0
	}
	t := min(1, math.Log(float64(heat)/HeatFrom)/math.Log(HeatUpTo/HeatFrom))
	return color.RGBA{uint8(255 - 35*t), uint8(225 * (1 - t)), 0, 255}, 0.55 + 0.3*t
}

// Heat is a picture in pale gray with the heat of every pixel, H×W values, over it. It panics unless there are as many.
func Heat(picture image.Image, heat []float32) *image.RGBA {
	b := picture.Bounds()
	if len(heat) != b.Dx()*b.Dy() {
		panic(fmt.Sprintf("gallery: Heat: %d values for %v pixels", len(heat), b.Size()))
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for i, h := range heat {
		x, y := i%b.Dx(), i/b.Dx()
		gray := color.GrayModel.Convert(picture.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y
		c, cover := heatColour(h)
		mix := func(over uint8) uint8 { return uint8((1-cover)*(50+0.6*float64(gray)) + cover*float64(over)) }
		out.SetRGBA(x, y, color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255})
	}
	return out
}

// Beside puts pictures of one height side by side with a white gap, magnified by a whole number to about side pixels,
// or scaled down to them.
func Beside(side int, pictures ...image.Image) *image.RGBA {
	gap, x := 4, 0
	var scaled []*image.RGBA
	for _, p := range pictures {
		s := Fit(p, side)
		scaled = append(scaled, s)
		x += s.Bounds().Dx() + gap
	}
	out := image.NewRGBA(image.Rect(0, 0, x-gap, scaled[0].Bounds().Dy()))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	x = 0
	for _, s := range scaled {
		draw.Draw(out, s.Bounds().Add(image.Pt(x, 0)), s, image.Point{}, draw.Src)
		x += s.Bounds().Dx() + gap
	}
	return out
}

// Fit magnifies a picture, every pixel as a square, as far as its longer side stays within side pixels, or scales a
// larger one down to it.
func Fit(p image.Image, side int) *image.RGBA {
	size := p.Bounds().Size()
	long := max(size.X, size.Y)
	if long <= side {
		times := side / long
		out := image.NewRGBA(image.Rect(0, 0, size.X*times, size.Y*times))
		xdraw.NearestNeighbor.Scale(out, out.Bounds(), p, p.Bounds(), xdraw.Src, nil)
		return out
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, size.X*side/long), max(1, size.Y*side/long)))
	xdraw.CatmullRom.Scale(out, out.Bounds(), p, p.Bounds(), xdraw.Src, nil)
	return out
}
