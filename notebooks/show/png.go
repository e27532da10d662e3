package show

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"slices"
)

// paletteSize is the number of colours that a PNG can name.
const paletteSize = 256

// withPalette makes a diagram smaller, since notebooks are committed with their pictures: a PNG that names 256 of its
// colours in a palette. There are more at the edges of letters and lines; these differ by some levels then.
func withPalette(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		img, err := png.Decode(&b)
		if err != nil {
			return err
		}
		return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, paletted(img))
	}
}

// inGray makes sheets of gray images smaller by a third: a PNG of gray levels, the blue frames among them.
func inGray(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		img, err := png.Decode(&b)
		if err != nil {
			return err
		}
		gray := image.NewGray(img.Bounds())
		each(gray.Rect, func(x, y int) { gray.Set(x, y, img.At(x, y)) })
		return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, gray)
	}
}

func paletted(img image.Image) *image.Paletted {
	r := img.Bounds()
	count := map[color.RGBA]int{}
	each(r, func(x, y int) { count[rgba(img.At(x, y))]++ })
	colors := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B), cmp.Compare(a.A, b.A))
	})
	palette := apart(colors)
	nearest := map[color.RGBA]uint8{}
	for _, c := range colors {
		nearest[c] = uint8(palette.Index(c))
	}
	p := image.NewPaletted(r, palette)
	each(r, func(x, y int) { p.SetColorIndex(x, y, nearest[rgba(img.At(x, y))]) })
	return p
}

// apart chooses at most paletteSize of the colours, so that the others are as near to one as can be: in their order, those
// that are not within a distance of one that was chosen; the distance grows until they fit.
func apart(colors []color.RGBA) color.Palette {
	for distance := 0; ; distance += 2 {
		var palette color.Palette
		for _, c := range colors {
			near := func(p color.Color) bool { return far(c, p.(color.RGBA)) <= distance }
			if !slices.ContainsFunc(palette, near) {
				palette = append(palette, c)
			}
		}
		if len(palette) <= paletteSize {
			return palette
		}
	}
}

// far is the largest difference of the levels of two colours.
func far(a, b color.RGBA) int {
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B), d(a.A, b.A))
}

func each(r image.Rectangle, do func(x, y int)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			do(x, y)
		}
	}
}

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }
