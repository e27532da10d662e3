package show

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
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

// Prototypes shows what the components of a layer stand for in the middle of its map, projected down to the pixels
// (model.md §6), in the order of their grid. captions, one a component, may be left out. It panics if there is no such layer.
func Prototypes(net *dcgmm.Network, layer int, captions ...string) report.Sheet {
	l := net.Arch().Layers[layer]
	middle := l.Out.H/2*l.Out.W + l.Out.W/2
	var all []float32
	var shape dcgmm.Shape
	for k := range l.K() {
		var values []float32
		values, shape = net.Project(layer, middle, k)
		all = append(all, values...)
	}
	return Sheet(fmt.Sprintf("layer %d, %s", layer+1, l.Name()), 0, shape, all, captions...)
}

// missingGray is how a pixel that is not known is shown.
const missingGray = 0.4

// Masked returns images as values in [0, 1], N×H×W×C, missing pixels gray: for Sheet, beside the filled-in ones.
func Masked(images dcgmm.Images) []float32 {
	checkMask("Masked", images)
	values := make([]float32, len(images.Pix))
	for i, v := range images.Pix {
		values[i] = float32(v) / 255
		if eval.IsMissing(images.Missing, i/images.Shape.C) {
			values[i] = missingGray
		}
	}
	return values
}

// SideBySide puts images of several kinds into rows, the first image of each kind, then the second: original, masked,
// filled in. Each kind is N×H×W×C; the result is for a Sheet with one column for each kind. It panics if they differ in length.
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

// Extremes shows the n images with the highest and the n with the lowest scores, one score an image, first the most extreme;
// below each its class, if the set has labels, and its score. It panics unless there is a score for each image.
func Extremes(set *dataset.Set, scores []float64, n int) []report.Sheet {
	if len(scores) != set.N {
		panic(fmt.Sprintf("show: Extremes: %d scores for %d images", len(scores), set.N))
	}
	order := make([]int, set.N)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	n = min(n, set.N)
	least := slices.Clone(order[set.N-n:])
	slices.Reverse(least)
	return []report.Sheet{scored("most likely", set, scores, order[:n]), scored("least likely", set, scores, least)}
}

func scored(caption string, set *dataset.Set, scores []float64, indices []int) report.Sheet {
	s := SetSheet(caption, 0, set.Subset(indices))
	s.Captions = nil
	for _, i := range indices {
		words := fmt.Sprintf("%.0f", scores[i])
		if set.Labels != nil {
			words = ClassName(set, int(set.Labels[i])) + ": " + words
		}
		s.Captions = append(s.Captions, words)
	}
	s.Cols = min(5, len(indices))
	return s
}

// Clusters shows the first images of the largest clusters, each with its number, its size and the classes of its images, if the
// set has labels. cluster has one number for each image, as Evaluation.Cluster does; at most n clusters and perCluster images of each
// are shown. It panics unless there is a cluster for each image.
func Clusters(set *dataset.Set, cluster []int, n, perCluster int) []report.Sheet {
	if len(cluster) != set.N {
		panic(fmt.Sprintf("show: Clusters: %d clusters for %d images", len(cluster), set.N))
	}
	members := map[int][]int{}
	for i, k := range cluster {
		members[k] = append(members[k], i)
	}
	order := slices.SortedFunc(maps.Keys(members), func(a, b int) int {
		return cmp.Or(cmp.Compare(len(members[b]), len(members[a])), cmp.Compare(a, b))
	})
	var sheets []report.Sheet
	for _, k := range order[:min(n, len(order))] {
		all := members[k]
		caption := fmt.Sprintf("cluster %d, %d images", k, len(all))
		sheets = append(sheets, SetSheet(caption, 10, set.Subset(all[:min(perCluster, len(all))])))
	}
	return sheets
}
