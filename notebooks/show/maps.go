package show

import (
	"fmt"
	"math"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

// Heat shows numbers on a grid as gray levels, rows×cols row-major, from the least (black) to the greatest (white),
// which the caption names, rounded to decimals. All maps of the sheet share the scale: values are n·rows·cols of them.
// captions, one a map, may be left out. Numbers that are not finite are black. It panics unless values are a whole number of maps.
func Heat(caption string, rows, cols, decimals int, values []float64, captions ...string) report.Sheet {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		low, high = 0, 0
	}
	gray := make([]float32, len(values))
	for i, v := range values {
		if u := (v - low) / (high - low); u > 0 && u <= 1 {
			gray[i] = float32(u)
		}
	}
	caption = fmt.Sprintf("%s (black %.*f, white %.*f)", caption, decimals, low, decimals, high)
	return Sheet(caption, 0, dcgmm.Shape{H: rows, W: cols, C: 1}, gray, captions...)
}

// Maps takes the maps of some components out of N×H×W×K values, such as Network.LogScores and Network.Responsibilities
// return, for one image: len(components)×H×W values for Heat. It panics if there is no such image or component.
func Maps(values []float32, out dcgmm.Shape, image int, components ...int) []float64 {
	size := out.Size()
	one := values[image*size : (image+1)*size]
	var maps []float64
	for _, k := range components {
		if k < 0 || k >= out.C {
			panic(fmt.Sprintf("show: Maps: component %d of %d", k, out.C))
		}
		for p := range out.H * out.W {
			maps = append(maps, float64(one[p*out.C+k]))
		}
	}
	return maps
}

// OnGrid shows one value for each component at its place on the torus grid (model.md §3), as Heat does.
func OnGrid(caption string, decimals int, values []float32) report.Sheet {
	g := dcgmm.NewNeighbourhood(len(values))
	wide := make([]float64, len(values))
	for k, v := range values {
		wide[k] = float64(v)
	}
	return Heat(caption, g.Rows, g.Cols, decimals, wide)
}

// Patches cuts an image into the h×w pieces that folding with a stride gives a mixture (model.md §1), from left to right
// and from top to bottom: rows×cols pieces of h×w×C bytes, for ByteSheet with cols columns. It panics if h×w does not fit.
func Patches(s dcgmm.Shape, pix []uint8, h, w, stride int) (pieces []uint8, rows, cols int) {
	if h < 1 || w < 1 || stride < 1 || h > s.H || w > s.W || len(pix) != s.Size() {
		panic(fmt.Sprintf("show: Patches: %d×%d, stride %d, of %d values of %v", h, w, stride, len(pix), s))
	}
	rows, cols = (s.H-h)/stride+1, (s.W-w)/stride+1
	for r := range rows {
		for c := range cols {
			for y := range h {
				at := ((r*stride+y)*s.W + c*stride) * s.C
				pieces = append(pieces, pix[at:at+w*s.C]...)
			}
		}
	}
	return pieces, rows, cols
}

// Torus shows the annealing matrix of K components at width tau as maps on their grid (model.md §3): for each of the
// components named, how much of the others' log-scores it takes part in. All of a row sum to 1.
func Torus(k int, tau float64, components ...int) report.Sheet {
	g := dcgmm.NewNeighbourhood(k)
	g.SetWidth(tau)
	var values []float64
	var captions []string
	for _, c := range components {
		for j := range k {
			values = append(values, g.At(c, j))
		}
		captions = append(captions, fmt.Sprintf("k = %d", c))
	}
	return Heat(fmt.Sprintf("τ = %.2f", tau), g.Rows, g.Cols, 3, values, captions...)
}
