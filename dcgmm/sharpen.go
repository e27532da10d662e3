package dcgmm

import (
	"context"
	"fmt"
)

// Sharpened is the result of Sharpen.
type Sharpened struct {
	Values []float32   // N×H×W×C
	Trace  [][]float64 // of every image, the objective at the start and after every step, the same again where one was taken back
	Raised int         // steps that raised an objective
	Lower  int         // steps that ended below where they began: always 0
}

// MeanTrace is the objective at the start and after every step, the mean over the images. One that ended early stays
// where it ended.
func (s *Sharpened) MeanTrace() []float64 {
	longest := 0
	for _, t := range s.Trace {
		longest = max(longest, len(t))
	}
	mean := make([]float64, longest)
	for i := range mean {
		for _, t := range s.Trace {
			mean[i] += t[min(i, len(t)-1)] / float64(len(s.Trace))
		}
	}
	return mean
}

// Sharpen moves maps uphill. values are N×H×W×C, of the shape of what enters layer s.Map: images in [0, 1] for
// layer 0, responsibilities for others; values outside of [0, 1] are clipped before. Every image is treated alone: the
// result does not depend on the others or on workers. The error is the context's, or says that the values are no whole
// number of maps, too large, or not finite, or that scores are not finite.
func (n *Network) Sharpen(ctx context.Context, values []float32, s Sharpening, workers int) (*Sharpened, error) {
	s = s.withDefaults()
	if err := s.validate(n); err != nil {
		return nil, err
	}
	size := n.mapShape(s.Map).Size()
	if len(values)%size != 0 {
		return nil, fmt.Errorf("sharpening: %d values are no whole number of %v maps, %d values each: cut off or fill up the last one", len(values), n.mapShape(s.Map), size)
	}
	if !finite(values) {
		return nil, fmt.Errorf("sharpening: a value is not finite; give values in [0, 1]")
	}
	if err := n.checkBlock("sharpening", searchBlocks); err != nil {
		return nil, err
	}
	N := len(values) / size
	out := &Sharpened{Values: make([]float32, len(values)), Trace: make([][]float64, N)}
	slopes := n.newSlopes(s.Map, s.Target)
	err := n.eachGroup(ctx, "sharpening", N, workers, nil, func(b *block, first, count int) error {
		c := b.lineSearch(s, slopes)
		dst := out.Values[first*size:][:count*size]
		clip(dst, values[first*size:])
		if err := c.ascend(ctx, dst); err != nil {
			return err
		}
		copy(out.Trace[first:], c.trace)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, t := range out.Trace {
		for i := 1; i < len(t); i++ {
			if t[i] > t[i-1] {
				out.Raised++
			} else if t[i] < t[i-1] {
				out.Lower++
			}
		}
	}
	return out, nil
}

// clip writes the values of src into [0, 1], as many as the shorter of the two has.
func clip(dst, src []float32) {
	for i := range min(len(dst), len(src)) {
		dst[i] = min(max(src[i], 0), 1)
	}
}

// sharpenRegions sharpens the maps of a group of images in place. They have no missing pixels, whatever the block's
// images have: what was filled in counts.
func (n *Network) sharpenRegions(ctx context.Context, b *block, maps []region, s Sharpening, slopes []slopes) error {
	defer func(m []*missing) { b.masks = m }(b.masks)
	b.masks = nil
	size := maps[0].shape.Size()
	values := make([]float32, len(maps)*size)
	for i, m := range maps {
		clip(values[i*size:], m.v) // a vector that was drawn may lie outside
	}
	c := b.lineSearch(s, slopes)
	if err := c.ascend(ctx, values); err != nil {
		return err
	}
	for i, m := range maps {
		copy(m.v, values[i*size:])
	}
	return nil
}
