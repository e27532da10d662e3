package show

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

// Heat shows numbers on a grid as gray levels, rows×cols row-major, from the least (black) to the greatest (white),
// which the caption names, rounded to decimals. All maps of the sheet share the scale: values are n·rows·cols of them.
// captions, one a map, may be left out. Numbers that are not finite are black. It panics unless values are a whole
// number of maps.
func Heat(caption string, rows, cols, decimals int, values []float64, captions ...string) report.Sheet {
	low, high := 0., 0.
	if finite := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v-v != 0 }); len(finite) > 0 {
		low, high = slices.Min(finite), slices.Max(finite)
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
	one := oneMap(values, out, image)
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

// Winners shows what a layer makes of an image: at every position of its map, in order, the prototype of the component with
// the largest value, one of responsibilities or log-scores (N×H×W×K, as Network.Responsibilities returns). It panics if
// there is no such layer or image.
func Winners(net *dcgmm.Network, layer int, values []float32, image int) report.Sheet {
	out := net.Arch().Layers[layer].Out
	one := oneMap(values, out, image)
	caption := fmt.Sprintf("layer %d: the winner's prototype at each position", layer+1)
	return prototypes(caption, out.W, out.H*out.W, nil, func(p int) ([]float32, dcgmm.Shape) {
		here := one[p*out.C:][:out.C]
		return net.Project(layer, p, slices.Index(here, slices.Max(here)))
	})
}

// Strongest are the n components with the largest sums of values over the map of an image, the largest first; of equals the
// first. values are N×H×W×K, such as responsibilities. It panics if there is no such image, or n is not in [0, K].
func Strongest(values []float32, out dcgmm.Shape, image, n int) []int {
	one := oneMap(values, out, image)
	sums, order := make([]float64, out.C), numbers(out.C)
	for i, v := range one {
		sums[i%out.C] += float64(v)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sums[b], sums[a]) })
	if n < 0 || n > out.C {
		panic(fmt.Sprintf("show: Strongest: %d of %d components", n, out.C))
	}
	return order[:n]
}

// Pool takes the maxima of maps (n·rows·cols row-major values) over size×size windows side by side, as pooling does
// (model.md §2): a window that reaches past the border takes what lies inside. It panics unless values are a whole number
// of maps that a window fits in.
func Pool(rows, cols, size int, values []float64) (pooled []float64, pooledRows, pooledCols int) {
	if size < 1 || size > min(rows, cols) || len(values)%(rows*cols) != 0 {
		panic(fmt.Sprintf("show: Pool: %d values in maps of %d×%d, windows of %d", len(values), rows, cols, size))
	}
	pooledRows, pooledCols = (rows+size-1)/size, (cols+size-1)/size
	for one := range slices.Chunk(values, rows*cols) {
		for r := range pooledRows {
			for c := range pooledCols {
				best := one[r*size*cols+c*size]
				for y := r * size; y < min(rows, (r+1)*size); y++ {
					best = max(best, slices.Max(one[y*cols+c*size:y*cols+min(cols, (c+1)*size)]))
				}
				pooled = append(pooled, best)
			}
		}
	}
	return pooled, pooledRows, pooledCols
}

// oneMap is the map of one image, H×W×K.
func oneMap(values []float32, out dcgmm.Shape, image int) []float32 {
	size := out.Size()
	if image < 0 || (image+1)*size > len(values) {
		panic(fmt.Sprintf("show: there is no image %d in %d values of maps of %v", image, len(values), out))
	}
	return values[image*size : (image+1)*size]
}
