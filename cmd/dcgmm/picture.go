package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"path/filepath"
	"strconv"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// maxGrid bounds a grid: more images, or more pixels, can hardly be looked at.
const (
	maxGrid       = 1024
	maxGridPixels = 1 << 26
)

// pictures passes values on as pictures of a shape.
func pictures(values []float32, in dcgmm.Shape, see func(image.Image) error) error {
	s := &dataset.Set{N: len(values) / in.Size(), H: in.H, W: in.W, C: in.C, Pix: dataset.Bytes(values)}
	for i := range s.N {
		if err := see(s.Picture(i)); err != nil {
			return err
		}
	}
	return nil
}

// gridFile shows the images in rows, a pixel a pixel, with two gray ones between them.
func (o *outputFlags) gridFile(path string, n int, s dcgmm.Shape) (output, error) {
	columns := o.columns
	if columns == 0 {
		for columns*columns < n {
			columns++
		}
	}
	columns = min(columns, n)
	rows := (n + columns - 1) / columns
	const gap = 2
	h, w := gap+rows*(s.H+gap), gap+columns*(s.W+gap)
	if n > maxGrid || h*w > maxGridPixels {
		return nil, fmt.Errorf("a grid of %d images of %v is too large; a PNG has at most %d images and %d pixels: "+
			"write fewer, or .npy, .idx or a folder/", n, s, maxGrid, maxGridPixels)
	}
	return func(inner func(dataset.Sink) error) error {
		return o.within(path, func(to io.Writer) error {
			var canvas draw.Image = image.NewGray(image.Rect(0, 0, w, h))
			if s.C == 3 {
				canvas = image.NewRGBA(canvas.Bounds())
			}
			draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
			done := 0
			err := inner(func(values []float32) error {
				return pictures(values, s, func(img image.Image) error {
					at := image.Pt(gap+done%columns*(s.W+gap), gap+done/columns*(s.H+gap))
					draw.Draw(canvas, img.Bounds().Add(at), img, image.Point{}, draw.Src)
					done++
					return nil
				})
			})
			if err != nil {
				return err
			}
			return png.Encode(to, canvas)
		})
	}, nil
}

// pictureFolder writes a picture a file into a folder beside the wanted one, which takes its name in the end.
func (o *outputFlags) pictureFolder(path string, n int, s dcgmm.Shape) output {
	return func(inner func(dataset.Sink) error) error {
		return atomicfile.WriteFolder(path, o.force, func(temp string) error {
			digits, done := max(3, len(strconv.Itoa(n))), 0
			return inner(func(values []float32) error {
				return pictures(values, s, func(img image.Image) error {
					done++
					name := filepath.Join(temp, fmt.Sprintf("%0*d.png", digits, done))
					return atomicfile.Write(name, func(w io.Writer) error { return png.Encode(w, img) })
				})
			})
		})
	}
}
