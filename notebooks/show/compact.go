package show

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
)

// compact makes a PNG small enough for a notebook: at most 256 colours, less than half the bytes. Each channel is rounded to 64 levels, which
// nobody sees; black, white and the 64 grays between stay apart. Of more colours, as the soft edges of many curves have, the rarest become
// the nearest of the others. The same PNG gives the same bytes.
func compact(b []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r := img.Bounds()
	counts := map[color.RGBA]int{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			counts[rounded(img.At(x, y))]++
		}
	}
	palette := frequent(counts)
	index := map[color.RGBA]uint8{}
	for c := range counts {
		index[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(r, palette)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			small.SetColorIndex(x, y, index[rounded(img.At(x, y))])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// frequent are the 256 most frequent colours at most, those that are as frequent as others in the order of their channels.
func frequent(counts map[color.RGBA]int) color.Palette {
	all := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range all[:min(256, len(all))] {
		palette = append(palette, c)
	}
	return palette
}

// rounded is an opaque colour of 64 levels a channel.
func rounded(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	level := func(v uint32) uint8 { return uint8((v*63 + 0x7fff) / 0xffff * 255 / 63) }
	return color.RGBA{level(r), level(g), level(b), 255}
}
