package dataset

import (
	"fmt"
	"image"
)

// FromImages makes a Set of N images of h×w×c pixels of pictures that are in memory, as ReadFolder does of files: 1
// channel is grey, 3 are red, green, blue, and pictures of other sizes are scaled. Labels and names are the caller's
// to set. It panics unless h and w are in [1,1024] and c is 1 or 3, and for a picture without pixels.
func FromImages(pictures []image.Image, h, w, c int) *Set {
	checkScale("FromImages", h, w, c)
	s := &Set{N: len(pictures), H: h, W: w, C: c, Pix: make([]uint8, len(pictures)*h*w*c)}
	for i, p := range pictures {
		if p.Bounds().Empty() {
			panic(fmt.Sprintf("dataset: FromImages: picture %d has no pixels", i))
		}
		view{h: h, w: w, c: c}.draw(s.Image(i), p, upright)
	}
	return s
}

// checkScale panics unless pictures can be scaled to h×w×c.
func checkScale(caller string, h, w, c int) {
	if min(h, w) < 1 || max(h, w) > maxFolderSide || c != 1 && c != 3 {
		panic(fmt.Sprintf("dataset: %s: %d×%d pixels of %d channels", caller, h, w, c))
	}
}

// Picture returns image i as an image.Image of W×H pixels, which FromImages undoes: an *image.Gray, or with three
// channels an opaque *image.RGBA. It is a copy. It panics unless 0 ≤ i < N, and for other numbers of channels.
func (s *Set) Picture(i int) image.Image {
	pix, frame := s.Image(i), image.Rect(0, 0, s.W, s.H)
	switch s.C {
	case 1:
		return &image.Gray{Pix: append([]uint8(nil), pix...), Stride: s.W, Rect: frame}
	case 3:
		img := image.NewRGBA(frame)
		for j := range s.H * s.W {
			copy(img.Pix[4*j:], pix[3*j:3*j+3])
			img.Pix[4*j+3] = 255
		}
		return img
	}
	panic(fmt.Sprintf("dataset: Picture: an image of %d channels is neither grey nor of three colours", s.C))
}
