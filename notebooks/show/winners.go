package show

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

// Winners shows what a layer makes of an image: at every position of its map, in order, the prototype of the component with
// the largest value, one of responsibilities or log-scores (N×H×W×K, as Network.Responsibilities returns). It panics if
// there is no such layer or image.
func Winners(net *dcgmm.Network, layer int, values []float32, image int) report.Sheet {
	out := net.Arch().Layers[layer].Out
	one := oneMap(values, out, image)
	var all []float32
	var shape dcgmm.Shape
	for p := range out.H * out.W {
		var pixels []float32
		pixels, shape = net.Project(layer, p, winner(one[p*out.C:][:out.C]))
		all = append(all, pixels...)
	}
	return Sheet(fmt.Sprintf("layer %d: the winner's prototype at each position", layer+1), out.W, shape, all)
}

// Strongest are the n components with the largest sums of values over the map of an image, the largest first; of equals the
// first. values are N×H×W×K, such as responsibilities. It panics if there is no such image, or n is not in [0, K].
func Strongest(values []float32, out dcgmm.Shape, image, n int) []int {
	one := oneMap(values, out, image)
	sums, order := make([]float64, out.C), make([]int, out.C)
	for i, v := range one {
		sums[i%out.C] += float64(v)
	}
	for k := range order {
		order[k] = k
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

func winner(values []float32) int { return slices.Index(values, slices.Max(values)) }
