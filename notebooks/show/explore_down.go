package show

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/report"
)

type layerInfo = arch.Layer

// followed is how many components of the layer below are shown for each on the way down.
const followed = 6

// Followed shows a component of a layer on its way down: what it stands for in the pixels, then for every layer below
// the components that its mean asks for most, each with its share of what is asked for, and from there on the first of
// them. It panics if there is no such layer or component.
func Followed(net *dcgmm.Network, layer, k int) []report.Sheet {
	info := net.Arch().Layers[layer]
	if k < 0 || k >= info.K() {
		panic(fmt.Sprintf("show: Followed: component %d of %d", k, info.K()))
	}
	middle := func(l layerInfo) int { return l.Out.H/2*l.Out.W + l.Out.W/2 }
	pixels, shape := net.Project(layer, middle(info), k)
	sheets := []report.Sheet{Sheet(fmt.Sprintf("layer %d: component %d", layer+1, k), 1, shape, pixels)}
	for ; layer > 0; layer-- {
		below := net.Arch().Layers[layer-1]
		order, share := asked(net, layer, middle(net.Arch().Layers[layer]), k)
		order = order[:min(followed, len(order))]
		var all []float32
		caption := fmt.Sprintf("component %d asks layer %d for", k, layer)
		for i, low := range order {
			pixels, shape = net.Project(layer-1, middle(below), low)
			all = append(all, pixels...)
			caption += fmt.Sprintf("%s %d (%.0f %%)", map[bool]string{true: "", false: ","}[i == 0], low, 100*share[low])
		}
		sheets = append(sheets, Sheet(caption, 3, shape, all))
		k = order[0]
	}
	return sheets
}

// asked are the components of the layer below that the mean of component k of a layer at a position asks for, those
// asked for most first, and the share of each in [0, 1]. What a mean has below 0 asks for nothing.
func asked(net *dcgmm.Network, layer, position, k int) (order []int, share []float64) {
	g := net.Layer(layer)
	set := position
	if g.Sets == 1 {
		set = 0
	}
	mean := g.Mu[(set*g.K+k)*g.D:][:g.D]
	channels := net.Arch().Layers[layer].In.C
	share, sum := make([]float64, net.Layer(layer-1).K), 0.
	for i, v := range mean {
		if c := i % channels; c < len(share) && v > 0 { // behind responsibilities, factors
			share[c] += float64(v)
			sum += float64(v)
		}
	}
	for c := range share {
		share[c] /= max(sum, 1e-30)
	}
	order = numbers(len(share))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(share[b], share[a]) })
	return order, share
}

// ExploreComponent shows the alphabet of a layer, its prototypes, and follows the component that is chosen with the
// slider or by a click down to the pixels (Followed). The still picture follows component k. The error is that of
// Explore. It panics if there is no such layer or component.
func ExploreComponent(title string, net *dcgmm.Network, layer, k int) error {
	n := net.Layer(layer).K
	alphabet := Prototypes(net, layer)
	step := (n + maxFrames - 1) / maxFrames // of very many only some
	var names []string
	for i := 0; i < n; i += step {
		names = append(names, fmt.Sprint(i))
	}
	s := Slider{Name: "component", Positions: names, Start: k / step, Pick: &alphabet}
	if step > 1 {
		s.Pick = nil
	}
	still := append([]report.Sheet{alphabet}, Followed(net, layer, k)...)
	return Explore(title, []Slider{s}, still, func(at []int) ([]report.Sheet, error) {
		return Followed(net, layer, at[0]*step), nil
	})
}
