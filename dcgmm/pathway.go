package dcgmm

import (
	"context"
	"errors"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// The pathway score (model.md §4): an image goes up, down as expectations, and up again. Its maps and those of what was
// reconstructed agree for images like those of the training, on every layer. After the novelty score along the pathway
// (NAP) of RaPP [Kim et al., ICLR 2020], with the differences whitened in their first principal directions only: there
// are too many others to know their variances.

const (
	pathwayDirections = 64      // of every map, at most; and one for eight images that they are fitted to
	pathwayImages     = 500     // that they are fitted to, at most
	pathwayValues     = 1 << 24 // of a map of all these images, at most
	leastPathway      = 64      // images, even if these are more values
)

// A walk takes the images of a block up, down and up again.
type walk struct {
	b     *block
	down  *expectedLanes
	first [][]float32 // by map, D×lanes: of the images; after differences, less those of what was reconstructed
}

// pathwayMaps are the sizes D of the maps that are compared: the pixels, what enters each other layer, and the top
// layer's log-scores.
func pathwayMaps(a arch.Arch) (sizes []int) {
	for _, l := range a.Layers {
		sizes = append(sizes, l.In.Size())
	}
	sizes[0] = a.Input.Size()
	return append(sizes, a.Layers[len(a.Layers)-1].Out.Size())
}

func (n *Network) newWalk(b *block, means [][][]float32) *walk {
	w := &walk{b: b, down: newExpectedLanes(b, means)}
	for _, size := range pathwayMaps(n.arch) {
		w.first = append(w.first, make([]float32, size*b.n))
	}
	return w
}

// differences fills first with the differences of the loaded images.
func (w *walk) differences() error {
	b, n := w.b, w.b.net
	top := len(n.layers) - 1
	code, err := w.up(func(dst, v []float32) { copy(dst, v) })
	if err != nil {
		return err
	}
	for i := top; i >= 0; i-- {
		if code, err = n.unfold(b.ctx, i, code, w.down, nil); err != nil {
			return err
		}
		n.ask(i, &code)
	}
	b.loadRegion(&code)
	_, err = w.up(func(dst, v []float32) {
		for i, x := range v {
			dst[i] -= x
		}
	})
	return err
}

// up takes what is loaded to the top and shows all maps with where they belong, in parts. It returns the code.
func (w *walk) up(see func(dst, v []float32)) (region, error) {
	b := w.b
	top := len(b.net.layers) - 1
	pl := b.net.layers[top]
	code := regionIn(nil, 0, 0, Shape{H: pl.Out.H, W: pl.Out.W, C: pl.Rows()}, b.n)
	size := pl.Out.C * b.n
	err := b.forward(0, top, func(i, pos int, resp, _ []float32) {
		if i == top {
			b.putCode(code.at(pos/pl.Out.W, pos%pl.Out.W), pos, top, resp)
			see(w.first[top+1][pos*size:][:size], b.l[:size])
		}
	})
	if err != nil {
		return code, err
	}
	for i, maps := range b.maps {
		m, shape := &maps[len(maps)-1], b.net.layers[i].In
		if i == 0 {
			m, shape = &maps[0], b.net.arch.Input
		}
		for pos := range shape.H * shape.W {
			at := m.at(pos/shape.W, pos%shape.W)
			see(w.first[i][pos*len(at):][:len(at)], at)
		}
	}
	return code, nil
}

// loadRegion takes the place of the loaded images, clipped to [0, 1]. Pixels that are missing stay as they are.
func (b *block) loadRegion(r *region) {
	m, shape := &b.maps[0][0], b.net.arch.Input
	for y := range shape.H {
		for x := range shape.W {
			to := m.at(y, x)
			known := b.knownAt(y, x)
			for i, v := range r.at(y, x) {
				if known == nil || known[i] != 0 {
					to[i] = min(max(v, 0), 1)
				}
			}
		}
	}
}

// knownAt is 1 where a pixel of an image is known and 0 where it is missing, C×n; nil: all are.
func (b *block) knownAt(y, x int) []float32 {
	if b.masks == nil {
		return nil
	}
	return b.masks[0].known.at(y, x)
}

// eachWalk shows the differences of groups of consecutive images.
func (n *Network) eachWalk(ctx context.Context, images Images, workers int, see func(w *walk, first, count int)) error {
	if err := n.checkBlock("pathway score", 3); err != nil {
		return err
	}
	means := n.newMeans()
	return n.eachGroup(ctx, "pathway score", images.Len(), workers, nil, func(b *block, first, count int) error {
		b.loadImages(images, first, count)
		w := n.newWalk(b, means)
		if err := w.differences(); err != nil {
			return err
		}
		see(w, first, count)
		return nil
	})
}

// fitPathway whitens the differences of inlying images.
func (n *Network) fitPathway(ctx context.Context, inliers Images, workers int) ([]whitening, error) {
	sizes := pathwayMaps(n.arch)
	sample := inliers.spread(pathwaySample(sizes))
	N := sample.Len()
	diffs := make([][]float32, len(sizes))
	for i, D := range sizes {
		diffs[i] = make([]float32, N*D)
	}
	err := n.eachWalk(ctx, sample, workers, func(w *walk, first, count int) {
		for i, D := range sizes {
			kernel.Transpose(diffs[i][first*D:], D, w.first[i], w.b.n, D, count)
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range diffs {
		if !finite(diffs[i]) {
			return nil, errors.New("pathway score: differences of reconstructions are not finite: parameters are extreme; use another checkpoint or train again")
		}
	}
	fitted := make([]whitening, len(sizes))
	return fitted, eachTask(ctx, "pathway score", len(sizes), workers, func(i, _ int) (err error) {
		fitted[i], err = fitWhitening(diffs[i], N, sizes[i])
		return err
	})
}

// pathwaySample is how many images the maps of these sizes are whitened by.
func pathwaySample(sizes []int) int {
	n := pathwayImages
	for _, D := range sizes {
		n = min(n, pathwayValues/D)
	}
	return max(n, leastPathway)
}

// spread are at most n of the images, evenly spread.
func (im Images) spread(n int) Images {
	N, size, pixels := im.Len(), im.Shape.Size(), im.Shape.H*im.Shape.W
	if N <= n {
		return im
	}
	some := Images{Shape: im.Shape, Missing: im.Missing}
	if len(im.Missing) > pixels {
		some.Missing = nil
	}
	for j := range n {
		i := j * N / n
		some.Pix = append(some.Pix, im.Pix[i*size:][:size]...)
		if len(im.Missing) > pixels {
			some.Missing = append(some.Missing, im.Missing[i*pixels:][:pixels]...)
		}
	}
	return some
}

// part are n of the images, from first on.
func (im Images) part(first, n int) Images {
	size, pixels := im.Shape.Size(), im.Shape.H*im.Shape.W
	some := Images{Shape: im.Shape, Pix: im.Pix[first*size:][:n*size], Missing: im.Missing}
	if len(im.Missing) > pixels {
		some.Missing = im.Missing[first*pixels:][:n*pixels]
	}
	return some
}

// pathway scores images: less the squared length of their whitened differences.
func (n *Network) pathway(ctx context.Context, images Images, white []whitening, workers int) ([]float64, error) {
	scores := make([]float64, images.Len())
	err := n.eachWalk(ctx, images, workers, func(w *walk, first, count int) {
		for i := range white {
			white[i].subtract(scores[first:first+count], w.first[i], w.b.n)
		}
	})
	return scores, err
}
