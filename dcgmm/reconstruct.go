package dcgmm

import (
	"context"

	"deepgmm/internal/kernel"
)

// Reconstruct takes images up to a layer, counted from 0, and down again as expectations: what the codes of that layer,
// responsibilities and the posterior means of their factors, say of the images. It returns N×H×W×C values. The error is
// the context's, or says that the images do not fit, are too many, or have scores that are not finite. It panics if
// there is no such layer.
func (n *Network) Reconstruct(ctx context.Context, images Images, layer, workers int) ([]float32, error) {
	n.checkLayer("Reconstruct", layer)
	if err := n.checkImages(images); err != nil {
		return nil, err
	}
	size := n.arch.Input.Size()
	if err := checkResult("reconstruction", images.Len(), size); err != nil {
		return nil, err
	}
	if err := n.checkBlock("reconstruction", 2); err != nil {
		return nil, err
	}
	out, means := make([]float32, images.Len()*size), n.newMeans()
	err := n.eachGroup(ctx, "reconstruction", images.Len(), workers, nil, func(b *block, first, count int) error {
		b.loadImages(images, first, count)
		r, err := b.codes(layer)
		if err != nil {
			return err
		}
		down := newExpectedLanes(b, means)
		for i := layer; i >= 0; i-- {
			if r, err = n.unfold(ctx, i, r, down, nil); err != nil {
				return err
			}
			n.ask(i, &r)
		}
		kernel.Transpose(out[first*size:], size, r.v, b.n, size, count)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// codes takes the loaded images up to a layer: responsibilities and, behind them, factors times these.
func (b *block) codes(layer int) (region, error) {
	pl := b.net.layers[layer]
	r := regionIn(nil, 0, 0, Shape{H: pl.Out.H, W: pl.Out.W, C: pl.Rows()}, b.n)
	err := b.forward(0, layer, func(i, pos int, resp, _ []float32) {
		if i == layer {
			b.putCode(r.at(pos/pl.Out.W, pos%pl.Out.W), pos, layer, resp)
		}
	})
	return r, err
}

// putCode writes a position's code, of its responsibilities and the scores b.l.
func (b *block) putCode(dst []float32, pos, layer int, resp []float32) {
	pl := b.net.layers[layer]
	copy(dst, resp)
	if f, ok := pl.gmm.family.(latent); ok {
		writeFactors(f, dst, handed{l: b.l, n: b.n, set: pl.set(pos)}, pl.K(), pl.L)
	}
}
