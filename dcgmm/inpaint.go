package dcgmm

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// Inpainting says how missing pixels are filled in (model.md §8). The zero value of every field means its default.
type Inpainting struct {
	// Rounds is how often the image goes up to the top and down again: 3. In the first, the top layer sees responsibilities
	// from the observed pixels alone; later, from these and from what the last round expects.
	Rounds int
	// ZeroFill takes missing pixels for black on the way up, in one round, as the authors do, instead of marginalising them.
	ZeroFill bool
	// Draw takes random vectors of drawn components on the way down instead of expectations: plausible images
	// instead of those with the least squared error.
	Draw     bool
	Sampling Sampling // how, with Draw: Seed, Top, Temperature and Sparse; Sharpen and Workers count always
}

// Inpaint fills in the missing pixels of images and keeps the others. It returns N×H×W×C values in
// [0, 1]. Images without missing pixels are an error.
func (n *Network) Inpaint(ctx context.Context, images Images, c Inpainting) ([]float32, error) {
	if err := n.checkImages(images); err != nil {
		return nil, err
	}
	if images.Missing == nil {
		return nil, fmt.Errorf("in-painting: the images have no missing pixels: set Images.Missing")
	}
	if c.Rounds == 0 {
		c.Rounds = 3
	}
	if c.ZeroFill {
		c.Rounds = 1
	}
	if c.Rounds < 1 || c.Rounds > 1000 {
		return nil, fmt.Errorf("Inpainting.Rounds is %d; it must be between 1 and 1000", c.Rounds)
	}
	c.Sampling = c.Sampling.withDefaults()
	if err := c.Sampling.validate(n, len(n.gmms)-1); err != nil {
		return nil, err
	}
	c.Sampling.prepare(n)
	seen := images
	if c.ZeroFill {
		seen = images.zeroFilled()
	}
	size := n.in.Size()
	out := make([]float32, images.Len()*size)
	err := n.eachGroup(ctx, "in-painting", images.Len(), c.Sampling.Workers, nil, func(b *block, first, count int) error {
		b.loadImages(seen, first, count)
		p := &painter{block: b, Inpainting: c, rngs: make([]*rand.Rand, count)}
		for i := range p.rngs {
			p.rngs[i] = sampleRand(c.Sampling.Seed, first+i)
		}
		dst := out[first*size:][:count*size]
		if err := p.paint(ctx, dst); err != nil {
			return err
		}
		images.keepObserved(dst, first)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// missing tells whether pixel p of image i is missing.
func (im Images) missing(i, p int) bool {
	pixels := im.Shape.H * im.Shape.W
	if len(im.Missing) == pixels {
		return im.Missing[p]
	}
	return im.Missing[i*pixels+p]
}

// zeroFilled are the images with black in the place of missing pixels.
func (im Images) zeroFilled() Images {
	out := Images{Shape: im.Shape, Pix: make([]uint8, len(im.Pix))}
	for j, v := range im.Pix {
		p := j / im.Shape.C
		if pixels := im.Shape.H * im.Shape.W; !im.missing(p/pixels, p%pixels) {
			out.Pix[j] = v
		}
	}
	return out
}

// keepObserved puts the observed pixels of the images from first on into dst.
func (im Images) keepObserved(dst []float32, first int) {
	size := im.Shape.Size()
	for j := range dst {
		if i := first + j/size; !im.missing(i, j%size/im.Shape.C) {
			dst[j] = float32(im.Pix[first*size+j]) / 255
		}
	}
}

// painter fills in a block of images.
type painter struct {
	*block
	Inpainting
	rngs   []*rand.Rand
	scores []float32 // P×K×n: log-scores of the first layer, from the observed pixels
	belief []region  // of the first layer: what it is asked for from above, by image
}

func (p *painter) paint(ctx context.Context, dst []float32) error {
	n := p.net
	top := len(n.gmms) - 1
	var signals []region
	for round := range p.Rounds {
		p.up(round)
		signals = p.tops()
		if top == 0 {
			break // nothing above says more
		}
		for i := range signals {
			signals[i] = p.down(signals[i], i, top, 1)
		}
		p.belief = signals
	}
	if top > 0 {
		for i := range signals {
			signals[i] = p.posterior(i)
		}
	}
	for i := range signals {
		signals[i] = p.down(signals[i], i, 0, 0)
	}
	known := p.missing
	p.missing = nil // what was filled in counts now: the score that is sharpened is that of the whole image
	defer func() { p.missing = known }()
	for j, s := range p.Sampling.Sharpen {
		if s.Map == 0 {
			if err := n.sharpenRegions(ctx, p.block, signals, s, p.Sampling.pulls[j]); err != nil {
				return err
			}
		}
	}
	for i, s := range signals {
		clip(dst[i*n.in.Size():], s.v)
	}
	return nil
}

// up computes responsibilities from the first layer to the last: the first layer's from its log-scores and, after the
// first round, from what it was asked for.
func (p *painter) up(round int) {
	pl, K := p.net.plans[0], p.net.gmms[0].K
	top := len(p.net.gmms) - 1
	size := K * p.n
	if round == 0 {
		p.scores = make([]float32, pl.positions()*size)
		p.forward(0, 0, func(_, pos int, _ []float32) { copy(p.scores[pos*size:], p.l[:size]) })
	}
	l := p.l[:size]
	for pos := range pl.positions() {
		copy(l, p.scores[pos*size:])
		p.addBelief(l, pos)
		kernel.Top(p.best, l, K, p.n)
		if top > 0 {
			p.emit(0, pos, l, p.best, p.sum)
		}
	}
	if top > 0 {
		p.forward(1, top, func(_, _ int, _ []float32) {})
	}
}

// addBelief replaces log π of a position of the first layer by the logarithm of what is asked for from above.
func (p *painter) addBelief(l []float32, pos int) {
	if p.belief == nil {
		return
	}
	K := p.net.gmms[0].K
	logPi := p.net.gmms[0].Weights(p.net.plans[0].set(pos))
	for i, b := range p.belief {
		signal := b.v[pos*K:][:K]
		for k, v := range signal {
			l[k*p.n+i] += float32(math.Log(float64(max(v, minBelief))) - math.Log(logPi[k]))
		}
	}
}

// minBelief is the least that a component of the first layer is believed in from above: it can be overruled by pixels.
const minBelief = 1e-3

// tops are the top layer's responsibilities of the valid images.
func (p *painter) tops() []region {
	top := len(p.net.gmms) - 1
	pl := p.net.plans[top]
	K := pl.out.C
	tops := make([]region, p.valid)
	for i := range tops {
		tops[i] = newRegion(0, 0, pl.out)
	}
	r := p.r[:K*p.n]
	for pos := range pl.positions() {
		if top == 0 {
			copy(p.l, p.scores[pos*K*p.n:][:K*p.n])
		} else {
			p.block.score(p.l, top, pos)
		}
		kernel.Top(p.best, p.l, K, p.n)
		kernel.Softmax(r, p.sum, p.l, p.best, K, p.n)
		for i := range tops {
			for k := range K {
				tops[i].v[pos*K+k] = r[k*p.n+i]
			}
		}
	}
	return tops
}

// posterior is what the first layer's components are after the last round, from pixels and from above.
func (p *painter) posterior(i int) region {
	pl, K := p.net.plans[0], p.net.gmms[0].K
	out := newRegion(0, 0, pl.out)
	for pos := range pl.positions() {
		scores := p.scores[pos*K*p.n:]
		logPi := p.net.gmms[0].Weights(pl.set(pos))
		row := out.v[pos*K:][:K]
		best := math.Inf(-1)
		l := make([]float64, K)
		for k := range K {
			l[k] = float64(scores[k*p.n+i]) + math.Log(float64(max(p.belief[i].v[pos*K+k], minBelief))/logPi[k])
			best = max(best, l[k])
		}
		var sum float64
		for k := range l {
			l[k] = math.Exp(l[k] - best)
			sum += l[k]
		}
		for k := range row {
			row[k] = float32(l[k] / sum)
		}
	}
	return out
}

// down takes the output of layer from of image i down through layer to.
func (p *painter) down(signal region, i, from, to int) region {
	fill, undo := p.net.expectedPatch, unpooler(repeat)
	if p.Draw {
		d := &drawer{net: p.net, top: p.Sampling.Top, temperature: p.Sampling.Temperature, rng: p.rngs[i]}
		fill = d.patch
		if p.Sampling.Sparse {
			undo = d.scatter
		}
	}
	for layer := from; layer >= to; layer-- {
		signal = p.net.unfold(layer, signal, fill, undo)
	}
	return signal
}
