package report

import (
	"image"
	"image/color"
	"image/draw"
	"unicode/utf8"
)

// groupColors are ten colours of frames: those of Okabe and Ito without black, which much of the images is, and others of
// another lightness.
var groupColors = append(append([]color.Color{}, palette[:6]...), color.RGBA{140, 90, 50, 255}, color.RGBA{240, 228, 66, 255}, color.RGBA{120, 40, 140, 255}, color.RGBA{170, 170, 170, 255})

func groupColor(g int) color.Color {
	if g < 0 {
		return background
	}
	return groupColors[g%len(groupColors)]
}

// frameColor is that of the frame of image i.
func (s *placed) frameColor(i int) color.Color {
	if s.Groups == nil {
		return gap
	}
	return groupColor(s.Groups[i])
}

// groupsHeight is that of the line that says what the colours stand for.
func (f *Pictures) groupsHeight() int {
	if len(f.Groups) == 0 {
		return 0
	}
	return lineHeight
}

// drawGroups says what the colours stand for.
func (f *Pictures) drawGroups(img draw.Image, faces faces) {
	const square = 14
	x, base := margin, margin+f.headHeight()+lineHeight-4
	for g, name := range f.Groups {
		at := image.Rect(x, base-square+2, x+square, base+2)
		draw.Draw(img, at, image.NewUniform(groupColor(g)), image.Point{}, draw.Src)
		label(img, faces.text, name, color.Black, x+square+6, base)
		x += square + 24 + 9*utf8.RuneCountInString(name)
	}
}
