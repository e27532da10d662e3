package show

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

// Sheet makes a sheet from N images of values in [0, 1], N×H×W×C row-major: what Sample, Inpaint or Sharpen return.
// cols is the number of images in a row, 0 for about as many as rows; captions, one for each image, may be left out.
// It panics if the values are not a whole number of images.
func Sheet(caption string, cols int, s dcgmm.Shape, values []float32, captions ...string) report.Sheet {
	return ByteSheet(caption, cols, s, dataset.Bytes(values), captions...)
}

// ByteSheet is Sheet for pixels in [0, 255].
func ByteSheet(caption string, cols int, s dcgmm.Shape, pix []uint8, captions ...string) report.Sheet {
	if len(pix)%s.Size() != 0 {
		panic(fmt.Sprintf("show: Sheet %q: %d values are not a whole number of images of %v", caption, len(pix), s))
	}
	if cols == 0 {
		cols = int(math.Ceil(math.Sqrt(float64(len(pix) / s.Size()))))
	}
	return report.Sheet{Caption: caption, Cols: cols, H: s.H, W: s.W, C: s.C, Pix: pix, Captions: captions}
}

// SetSheet shows all images of a set with their classes, if it has labels. To show some images, use Set.Head,
// Set.Subset or Set.Select.
func SetSheet(caption string, cols int, set *dataset.Set) report.Sheet {
	var captions []string
	for _, class := range set.Labels {
		captions = append(captions, ClassName(set, int(class)))
	}
	return ByteSheet(caption, cols, dcgmm.Shape{H: set.H, W: set.W, C: set.C}, set.Pix, captions...)
}

// ClassName is what a class of a set is called: its name if it has one, else its number.
func ClassName(set *dataset.Set, class int) string {
	if class < len(set.ClassNames) {
		return set.ClassNames[class]
	}
	return fmt.Sprint(class)
}

// CellSheet is a sheet of a cell's Result: its Alphabet, Extremes or Drawn.Pictures.
func CellSheet(s cell.Sheet) report.Sheet {
	return report.Sheet{Caption: s.Caption, Cols: s.Cols, H: s.H, W: s.W, C: s.C, Pix: s.Pix, Captions: s.Captions}
}

// Captions formats each value for the captions of a sheet, as by fmt.Sprintf.
func Captions[T any](format string, values []T) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf(format, v))
	}
	return all
}

// Prototypes shows what the components of a layer stand for in the middle of its map, projected down to the pixels
// (model.md §6), in the order of their grid. captions, one a component, may be left out. It panics if there is no such
// layer.
func Prototypes(net *dcgmm.Network, layer int, captions ...string) report.Sheet {
	l := net.Arch().Layers[layer]
	middle := l.Out.H/2*l.Out.W + l.Out.W/2
	return prototypes(fmt.Sprintf("layer %d, %s", layer+1, l.Name()), 0, l.K(), captions, func(k int) ([]float32, dcgmm.Shape) {
		return net.Project(layer, middle, k)
	})
}

// prototypes makes a sheet of n images that project makes.
func prototypes(caption string, cols, n int, captions []string, project func(i int) ([]float32, dcgmm.Shape)) report.Sheet {
	var all []float32
	var shape dcgmm.Shape
	for i := range n {
		var values []float32
		values, shape = project(i)
		all = append(all, values...)
	}
	return Sheet(caption, cols, shape, all, captions...)
}

// SideBySide puts images of several kinds into rows, the first image of each kind, then the second: original, masked,
// filled in. Each kind is N×H×W×C; the result is for a Sheet with one column for each kind. It panics if they differ in
// length.
func SideBySide(s dcgmm.Shape, kinds ...[]float32) []float32 {
	var all []float32
	for i := 0; i < len(kinds[0]); i += s.Size() {
		for _, k := range kinds {
			if len(k) != len(kinds[0]) {
				panic(fmt.Sprintf("show: SideBySide: %d and %d values", len(kinds[0]), len(k)))
			}
			all = append(all, k[i:i+s.Size()]...)
		}
	}
	return all
}

// Extremes shows the n images with the highest and the n with the lowest scores, one score an image, first the most
// extreme; below each its class, if the set has labels, and its score. It panics unless there is a score for each image.
func Extremes(set *dataset.Set, scores []float64, n int) []report.Sheet {
	if len(scores) != set.N {
		panic(fmt.Sprintf("show: Extremes: %d scores for %d images", len(scores), set.N))
	}
	order := numbers(set.N)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	n = min(n, set.N)
	least := slices.Clone(order[set.N-n:])
	slices.Reverse(least)
	return []report.Sheet{scored("most likely", set, scores, order[:n]), scored("least likely", set, scores, least)}
}

func scored(caption string, set *dataset.Set, scores []float64, indices []int) report.Sheet {
	s := SetSheet(caption, min(5, len(indices)), set.Subset(indices))
	for i, at := range indices {
		if score := fmt.Sprintf("%.0f", scores[at]); set.Labels == nil {
			s.Captions = append(s.Captions, score)
		} else {
			s.Captions[i] += ": " + score
		}
	}
	return s
}

// numbers are 0, 1, … below n.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
