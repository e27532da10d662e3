package show

import (
	"fmt"
	"strings"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// DrawnMask makes a mask of h×w pixels, for Images.Missing, out of a drawing in letters: '#' is missing, '.' is known.
// The drawing has rows of equal length; it is magnified to the mask. It panics on other letters and unequal rows.
//
//	show.DrawnMask(28, 28, `
//		....
//		.##.
//		....`)
func DrawnMask(h, w int, drawing string) []bool {
	rows := strings.Fields(drawing)
	for _, row := range rows {
		if len(row) != len(rows[0]) || strings.Trim(row, "#.") != "" {
			panic(fmt.Sprintf("show: DrawnMask: row %q: every row has as many '#' and '.' as the first", row))
		}
	}
	if len(rows) == 0 {
		panic("show: DrawnMask: the drawing is empty")
	}
	return Mask(h, w, func(y, x int) bool { return rows[y*len(rows)/h][x*len(rows[0])/w] == '#' })
}

// Mask makes a mask of h×w pixels, for Images.Missing, out of a function that says of each pixel whether it is missing.
func Mask(h, w int, missing func(y, x int) bool) []bool {
	mask := make([]bool, 0, h*w)
	for y := range h {
		for x := range w {
			mask = append(mask, missing(y, x))
		}
	}
	return mask
}

// ShareMissing is the share of a mask's pixels that are missing, in [0, 1].
func ShareMissing(mask []bool) float64 {
	n := 0
	for _, m := range mask {
		if m {
			n++
		}
	}
	return float64(n) / float64(max(1, len(mask)))
}

// MissingErrors is how far filled-in images (N×H×W×C values in [0, 1]) are from the true ones: of each image, the mean
// squared error over its missing pixels, as eval.InpaintingErrors.
func MissingErrors(images dcgmm.Images, filled []float32) []float64 {
	return eval.InpaintingErrors(images.Pix, filled, images.Missing, images.Len(), images.Shape.C)
}

// checkMask panics if the mask does not fit the images.
func checkMask(who string, images dcgmm.Images) {
	pixels := images.Shape.H * images.Shape.W
	if n := len(images.Missing); n != 0 && n != pixels && n != pixels*images.Len() {
		panic(fmt.Sprintf("show: %s: %d values of Missing for %d images of %d pixels", who, n, images.Len(), pixels))
	}
}
