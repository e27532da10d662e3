package main

import (
	"fmt"
	"image"
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
		return nil, fmt.Errorf("a grid of %d images of %v is too large; a PNG has at most %d images and %d pixels: write fewer, or .npy, .idx or a folder/", n, s, maxGrid, maxGridPixels)
	}
	return func(inner func(dataset.Sink) error) error {
		return o.within(path, func(to io.Writer) error {
			canvas := newCanvas(w, h, s.C)
			done := 0
			err := inner(func(values []float32) error {
				pix := dataset.Bytes(values)
				for ; len(pix) > 0; pix = pix[s.Size():] {
					canvas.put(pix[:s.Size()], s, gap+done/columns*(s.H+gap), gap+done%columns*(s.W+gap))
					done++
				}
				return nil
			})
			if err != nil {
				return err
			}
			return png.Encode(to, canvas.image())
		})
	}, nil
}

// pictureFolder writes a picture a file into a folder beside the wanted one, which takes its name in the end.
func (o *outputFlags) pictureFolder(path string, n int, s dcgmm.Shape) output {
	return func(inner func(dataset.Sink) error) error {
		return atomicfile.WriteFolder(path, o.force, func(temp string) error {
			digits, done := max(3, len(strconv.Itoa(n))), 0
			return inner(func(values []float32) error {
				pix := dataset.Bytes(values)
				for ; len(pix) > 0; pix = pix[s.Size():] {
					done++
					c := newCanvas(s.W, s.H, s.C)
					c.put(pix[:s.Size()], s, 0, 0)
					name := filepath.Join(temp, fmt.Sprintf("%0*d.png", digits, done))
					if err := atomicfile.Write(name, func(w io.Writer) error { return png.Encode(w, c.image()) }); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// canvas is a gray or a coloured picture.
type canvas struct {
	gray   *image.Gray
	colour *image.RGBA
}

// newCanvas is medium gray.
func newCanvas(w, h, channels int) *canvas {
	c, frame := &canvas{}, image.Rect(0, 0, w, h)
	if channels == 1 {
		c.gray = image.NewGray(frame)
		for i := range c.gray.Pix {
			c.gray.Pix[i] = 128
		}
		return c
	}
	c.colour = image.NewRGBA(frame)
	for i := range c.colour.Pix {
		c.colour.Pix[i] = 128
		if i%4 == 3 {
			c.colour.Pix[i] = 255
		}
	}
	return c
}

func (c *canvas) put(pix []uint8, s dcgmm.Shape, top, left int) {
	for y := range s.H {
		row := pix[y*s.W*s.C:][:s.W*s.C]
		if c.gray != nil {
			copy(c.gray.Pix[c.gray.PixOffset(left, top+y):], row)
			continue
		}
		to := c.colour.Pix[c.colour.PixOffset(left, top+y):]
		for x := range s.W {
			copy(to[4*x:4*x+3], row[3*x:])
		}
	}
}

func (c *canvas) image() image.Image {
	if c.gray != nil {
		return c.gray
	}
	return c.colour
}
