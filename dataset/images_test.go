package dataset

import (
	"bytes"
	"image"
	"image/color"
	"testing"
)

// Pictures and sets turn into one another without loss, grey and in colour, whatever the origin of a picture's frame.
func TestImagesBothWays(t *testing.T) {
	for _, channels := range []int{1, 3} {
		s := &Set{N: 2, H: 3, W: 5, C: channels, Pix: make([]uint8, 2*3*5*channels)}
		for i := range s.Pix {
			s.Pix[i] = uint8(7 * i)
		}
		back := FromImages([]image.Image{s.Picture(0), s.Picture(1)}, 3, 5, channels)
		if back.N != 2 || back.H != 3 || back.W != 5 || back.C != channels || !bytes.Equal(back.Pix, s.Pix) {
			t.Errorf("%d channels: %+v, want %+v", channels, back, s)
		}
	}
	shifted := image.NewGray(image.Rect(-4, 9, 1, 12)) // 5×3
	shifted.SetGray(0, 10, color.Gray{Y: 200})
	if s := FromImages([]image.Image{shifted}, 3, 5, 1); s.Image(0)[1*5+4] != 200 {
		t.Errorf("the point is not at (1, 4): %v", s.Pix)
	}
	wide := image.NewUniform(color.Gray{Y: 90})
	if s := FromImages([]image.Image{clipped{wide, image.Rect(0, 0, 8, 2)}}, 4, 4, 1); s.Image(0)[5] != 90 {
		t.Errorf("scaled: %v", s.Pix)
	}
}

// clipped is a part of an endless picture.
type clipped struct {
	image.Image
	frame image.Rectangle
}

func (c clipped) Bounds() image.Rectangle { return c.frame }

func TestImagesPanic(t *testing.T) {
	s := &Set{N: 1, H: 1, W: 1, C: 2, Pix: []uint8{1, 2}}
	for want, f := range map[string]func(){
		"dataset: FromImages: 0×5 pixels of 1 channels":                                 func() { FromImages(nil, 0, 5, 1) },
		"dataset: FromImages: 5×5 pixels of 2 channels":                                 func() { FromImages(nil, 5, 5, 2) },
		"dataset: FromImages: picture 0 has no pixels":                                  func() { FromImages([]image.Image{image.NewGray(image.Rectangle{})}, 5, 5, 1) },
		"dataset: Picture: an image of 2 channels is neither grey nor of three colours": func() { s.Picture(0) },
		"dataset: Image: index 1 of 1 images":                                           func() { s.Picture(1) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
