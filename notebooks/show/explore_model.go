package show

import (
	"fmt"
	"math"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

// ExploreAnnealing shows the grid of prototypes of a layer as annealing orders it, with a slider over moments of a
// training (Moments), and beside it the neighbourhood of one component at the width τ of that moment. The still picture
// has four moments, the first and the last among them. The error is that of Explore; it panics without moments, or if there is no such layer.
func ExploreAnnealing(title string, moments []Moment, layer int) error {
	if len(moments) == 0 {
		panic("show: ExploreAnnealing: no moments")
	}
	var names []string
	for _, m := range moments {
		names = append(names, m.String())
	}
	k := moments[0].Network.Layer(layer).K
	grid := func(i int) report.Sheet {
		s := Prototypes(moments[i].Network, layer)
		s.Caption = names[i]
		return s
	}
	var still []report.Sheet
	for _, i := range fromStartToEnd(len(moments), 4) {
		still = append(still, grid(i))
	}
	if len(still) == 4 {
		still[2].NewRow = true
	}
	return Explore(title, []Slider{{Name: "moment", Positions: names}}, still, func(at []int) ([]report.Sheet, error) {
		sheets := []report.Sheet{grid(at[0])}
		if state := moments[at[0]].State; state.Step > 0 && state.Layers[layer].Learning {
			sheets = append(sheets, Torus(k, state.Layers[layer].Tau, dcgmm.NewNeighbourhood(k).Cols/2))
		}
		return sheets, nil
	})
}

// fromStartToEnd are k of the numbers below n, at nearly equal distances, with the first and the last; all if there are
// no more.
func fromStartToEnd(n, k int) []int {
	if n <= k {
		return numbers(n)
	}
	var some []int
	for i := range k {
		some = append(some, (i*(n-1)+(k-1)/2)/(k-1))
	}
	return some
}

// Positions of the sliders of ExploreSamples.
var (
	temperatures = []float64{0.25, 0.5, 1, 2, 4}
	noises       = []float64{0, 0.25, 0.5, 0.75, 1}
)

// ExploreSamples shows n images drawn from the top layer, with a slider over the temperature T at which its components
// are chosen, with weights in proportion to π^(1/T), and one over the scale of the noise of the images
// (dcgmm.Sampling.Noise; what is modelled is 1). The still picture has the corners and the middle. The error is that of
// Network.Sample.
func ExploreSamples(title string, net *dcgmm.Network, n int, seed uint64) error {
	frame := func(at []int) ([]report.Sheet, error) {
		t, noise := temperatures[at[0]], noises[at[1]]
		how := dcgmm.Sampling{Seed: seed, Weights: tempered(net, t), Noise: layerNoise(net, noise)}
		values, err := net.Sample(Context(), net.Layers()-1, 0, n, how)
		if err != nil {
			return nil, err
		}
		return []report.Sheet{Sheet(fmt.Sprintf("temperature %v, noise %v", t, noise), 0, net.Input(), values)}, nil
	}
	var still []report.Sheet
	for _, at := range [][]int{{0, 0}, {2, 2}, {2, 4}, {4, 2}} {
		s, err := frame(at)
		if err != nil {
			return err
		}
		still = append(still, s...)
	}
	return Explore(title, []Slider{
		{Name: "temperature", Positions: Captions("%v", temperatures), Start: 2},
		{Name: "noise", Positions: Captions("%v", noises), Start: 2}}, still, frame)
}

// layerNoise scales the noise of the images; that of the layers above stays what it is by default.
func layerNoise(net *dcgmm.Network, scale float64) []float64 {
	noise := make([]float64, net.Layers())
	for i := range noise {
		if noise[i] = 1; slices.ContainsFunc(net.Arch().Layers, func(l layerInfo) bool { return l.Up }) {
			noise[i] = 0
		}
	}
	noise[0] = scale
	return noise
}

// tempered are the weights of the top layer at a temperature, P×K or K, as dcgmm.Sampling.Weights. Each set sums to 1.
func tempered(net *dcgmm.Network, t float64) []float64 {
	top := net.Layer(net.Layers() - 1)
	var all []float64
	for set := range top.Sets {
		weights, sum := top.Weights(set), 0.
		for i, w := range weights {
			weights[i] = math.Pow(w, 1/t)
			sum += weights[i]
		}
		for _, w := range weights {
			all = append(all, w/sum)
		}
	}
	return all
}

// NamedMask is a mask of the pixels of an image, for Images.Missing, with what a reader calls it.
type NamedMask struct {
	Name    string
	Missing []bool
}

// Masks are those to choose from: halves, the middle, a frame, every second square of a chess board.
func Masks(h, w int) []NamedMask {
	square := max(1, min(h, w)/7)
	return []NamedMask{
		{"lower half", Mask(h, w, func(y, _ int) bool { return y >= h/2 })},
		{"upper half", Mask(h, w, func(y, _ int) bool { return y < h/2 })},
		{"left half", Mask(h, w, func(_, x int) bool { return x < w/2 })},
		{"right half", Mask(h, w, func(_, x int) bool { return x >= w/2 })},
		{"middle", Mask(h, w, func(y, x int) bool { return inner(y, h) && inner(x, w) })},
		{"frame", Mask(h, w, func(y, x int) bool { return !inner(y, h) || !inner(x, w) })},
		{"chess board", Mask(h, w, func(y, x int) bool { return (y/square+x/square)%2 == 0 })},
	}
}

// inner reports whether a row or column is in the middle half of n.
func inner(i, n int) bool { return i >= n/4 && i < n-n/4 }

// ExploreMasks fills in what masks hide of some images, with a choice among the masks: the images as they are, hidden,
// and filled in, one row each. The still picture has all masks. The error is that of Network.Inpaint. It panics without
// masks, or if one does not fit.
func ExploreMasks(title string, net *dcgmm.Network, images dcgmm.Images, c dcgmm.Inpainting, masks ...NamedMask) error {
	var sheets []report.Sheet
	var names []string
	for _, m := range masks {
		hidden := images
		hidden.Missing = m.Missing
		filled, err := net.Inpaint(Context(), hidden, c)
		if err != nil {
			return err
		}
		sheet := Sheet(m.Name, images.Len(), images.Shape, slices.Concat(Values(images), Masked(hidden), filled))
		sheets, names = append(sheets, sheet), append(names, m.Name)
	}
	return Explore(title, []Slider{{Name: "mask", Positions: names}}, sheets, func(at []int) ([]report.Sheet, error) {
		return sheets[at[0] : at[0]+1], nil
	})
}
