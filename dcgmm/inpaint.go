package dcgmm

import (
	"context"
	"fmt"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// Inpainting says how missing pixels are filled in (model.md §8). The zero value of every field means its default.
type Inpainting struct {
	// Rounds is how often the image goes up to the top and down again: 3. In the first, the top layer sees
	// responsibilities from the observed pixels alone; later, from these and from what the last round expects.
	Rounds int
	// ZeroFill takes missing pixels for black on the way up, in one round, as the authors do, instead of marginalising
	// them.
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
	if err := c.Sampling.validate(n, len(n.layers)-1); err != nil {
		return nil, err
	}
	for _, s := range c.Sampling.Sharpen {
		if s.Map != 0 {
			return nil, fmt.Errorf("Inpainting.Sampling.Sharpen: Map is %d; only the image, map 0, is sharpened", s.Map)
		}
	}
	if err := checkResult("in-painting", images.Len(), n.arch.Input.Size()); err != nil {
		return nil, err
	}
	if err := n.checkBlock("in-painting", searchBlocks+1); err != nil {
		return nil, err
	}
	c.Sampling.prepare(n)
	means := n.newMeans()
	seen := images
	if c.ZeroFill {
		seen = images.zeroFilled()
	}
	size := n.arch.Input.Size()
	out := make([]float32, images.Len()*size)
	err := n.eachGroup(ctx, "in-painting", images.Len(), c.Sampling.Workers, nil, func(b *block, first, count int) error {
		b.loadImages(seen, first, count)
		p := b.painterFor(c, means)
		p.rngs = make([]*rand.Rand, count)
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

// missing reports whether pixel p of image i is missing.
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
	shares laneMap     // responsibilities of the first layer, from the observed pixels
	means  laneMap     // codes of the first layer, if its factors are handed on: of whole patches, from the pixels
	top    laneMap     // responsibilities of the top layer, and its factors times them
	prior  [][]float32 // by set of the first layer: 1/π
	down   *expectedLanes
	belief laneMap // of the first layer: what it is asked for from above
	codes  laneMap // of the first layer, if its factors are handed on: its output from pixels and from above
	given  *conditional
	values []float32 // signals of all images, row-major
}

// minBelief is the least that a component of the first layer is believed in from above: it can be overruled by pixels.
const minBelief = 1e-3

// painterFor returns the block's painter, made when the block first needs it.
func (b *block) painterFor(c Inpainting, columns [][][]float32) *painter {
	for _, k := range b.kept {
		if p, ok := k.(*painter); ok {
			return p
		}
	}
	first, last, asked := b.net.layers[0].Out, b.net.layers[len(b.net.layers)-1], b.net.layers[0].Handed()
	top := Shape{H: last.Out.H, W: last.Out.W, C: last.Rows()}
	means := Shape{H: first.H, W: first.W, C: asked.C - first.C}
	p := &painter{block: b, Inpainting: c, shares: newLaneMap(first, first, 0, 0, b.n), top: newLaneMap(top, top, 0, 0, b.n), means: newLaneMap(means, means, 0, 0, b.n),
		down: newExpectedLanes(b, columns), belief: newLaneMap(asked, asked, 0, 0, b.n)}
	if b.net.layers[0].up != nil {
		p.codes = newLaneMap(asked, asked, 0, 0, b.n)
	}
	p.given = p.conditional()
	for set := range b.net.layers[0].gmm.Sets {
		var inverse []float32
		for _, pi := range b.net.layers[0].gmm.Weights(set) {
			inverse = append(inverse, float32(1/max(pi, 1e-30)))
		}
		p.prior = append(p.prior, inverse)
	}
	b.kept = append(b.kept, p)
	return p
}

func (p *painter) paint(ctx context.Context, dst []float32) error {
	top := len(p.net.layers) - 1
	for round := range p.Rounds {
		if err := p.up(round); err != nil {
			return err
		}
		if top == 0 {
			break // nothing above says more
		}
		if p.Draw {
			signals, err := p.drawDown(p.regions(&p.top, p.top.shape), top, 1)
			if err != nil {
				return err
			}
			p.fromRegions(&p.belief, signals)
			continue
		}
		asked, err := p.take(&p.top, top, 1)
		if err != nil {
			return err
		}
		copy(p.belief.v, asked.v)
	}
	if top > 0 { // what the first layer's components are, from pixels and from above
		for pos := range p.net.layers[0].P() {
			p.weigh(p.shares.block(pos), pos)
		}
	}
	signals, err := p.pixels()
	if err != nil {
		return err
	}
	for j, s := range p.Sampling.Sharpen {
		if err := p.net.sharpenRegions(ctx, p.block, signals, s, p.Sampling.slopes[j]); err != nil {
			return err
		}
	}
	for i, s := range signals {
		clip(dst[i*p.net.arch.Input.Size():], s.v)
	}
	return nil
}

// pixels takes the first layer's responsibilities down to images.
func (p *painter) pixels() (signals []region, err error) {
	switch {
	case p.Draw && p.net.layers[0].up != nil && len(p.net.layers) > 1:
		for pos := range p.net.layers[0].P() {
			dst := p.codes.block(pos)
			copy(dst, p.shares.block(pos)) // weighed already
			p.putCodes(dst, dst, pos)
		}
		return p.drawDown(p.regions(&p.codes, p.codes.shape), 0, 0)
	case p.Draw:
		return p.drawDown(p.regions(&p.shares, p.shares.shape), 0, 0)
	case p.net.layers[0].gmm.family.coupled():
		signals = p.regions(&p.shares, p.shares.shape)
		for i := range signals {
			p.given.i = i
			if signals[i], err = p.net.unfold(p.ctx, 0, signals[i], p.given, nil); err != nil {
				return nil, err
			}
		}
	default:
		image, err := p.take(&p.shares, 0, 0)
		if err != nil {
			return nil, err
		}
		signals = p.regions(&laneMap{v: image.v, shape: image.shape, n: p.n}, image.shape)
	}
	return signals, p.ctx.Err()
}

// take takes the output of layer from, of all images, down through layer to as Project does.
func (p *painter) take(output *laneMap, from, to int) (r region, err error) {
	r = region{shape: output.shape, n: p.n, v: output.v}
	for i := from; i >= to; i-- {
		if r, err = p.net.unfold(p.ctx, i, r, p.down, nil); err != nil {
			return r, err
		}
		p.net.ask(i, &r)
	}
	return r, nil
}

// up computes responsibilities from the first layer to the last: the first layer's from its pixels and, after the
// first round, from what it was asked for.
func (p *painter) up(round int) error {
	top := len(p.net.layers) - 1
	from := 0
	if round > 0 {
		from = 1
		for pos := range p.net.layers[0].P() {
			p.handOn(pos)
		}
	}
	return p.forward(from, top, func(layer, pos int, r, _ []float32) {
		if layer == 0 {
			copy(p.shares.block(pos), r)
			if pl := p.net.layers[0]; pl.up != nil {
				pl.up.posterior(p.means.block(pos), p.l, p.n, pl.set(pos))
			}
		}
		if layer == top {
			p.putCode(p.top.block(pos), pos, top, r)
		}
	})
}

// handOn writes the output of a position of the first layer, weighed, to the map of the second.
func (p *painter) handOn(pos int) {
	pl := p.net.layers[0]
	out := p.maps[1][0].at(pos/pl.Out.W, pos%pl.Out.W)
	if pl.plain() {
		p.weigh(out, pos)
		return
	}
	p.weigh(p.r, pos)
	if pl.up != nil {
		shares := p.codes.block(pos)
		copy(shares, p.r[:pl.K()*p.n])
		pl.fromResponsibilities(out, p.r, p.block.handed.tmp, p.n)
		p.putCodes(out, shares, pos)
		return
	}
	pl.fromResponsibilities(out, p.r, p.block.handed.tmp, p.n)
}

// putCodes completes the weights of a position of the first layer by its codes times these. Where pixels are missing,
// what is asked for from above is the prior of the factors; whole patches have the codes that they had in training. Of
// components with a share of less than leastShare they stay those of the pixels.
func (p *painter) putCodes(dst, shares []float32, pos int) {
	pl, n := p.net.layers[0], p.n
	K, L := pl.K(), pl.L
	copy(dst[K*n:], p.means.block(pos))
	if p.masks != nil && p.masks[0].seen[pos]&lacks != 0 && pl.gmm.family.coupled() {
		for i := range p.valid {
			if p.given.i = i; !p.given.look(pos) {
				continue
			}
			for k := range K {
				code := p.given.asked(pos, k)
				if code == nil || shares[k*n+i] < leastShare {
					continue
				}
				pl.up.recode(code, p.given.x, p.given.gone, pl.set(pos), k)
				for l, v := range code {
					dst[(K+k*L+l)*n+i] = v
				}
			}
		}
	}
	timesWeights(dst, K, L, n)
}

// weigh replaces π in the responsibilities of a position of the first layer by what is asked for from above:
// r·max(belief, minBelief)/π, normalised. Softmax of log-scores with the other prior would be the same; r is 0 where no
// prior helps.
func (p *painter) weigh(dst []float32, pos int) {
	kernel.Reweigh(dst, p.shares.block(pos), p.belief.block(pos)[:len(p.shares.block(pos))], p.prior[p.set(0, pos)], minBelief, p.net.layers[0].K(), p.n)
}

// regions are the maps of the valid images, without a border; they share memory, until the next call.
func (p *painter) regions(m *laneMap, inner Shape) []region {
	size, width := inner.Size(), inner.W*inner.C
	p.reserve(size)
	for y := range inner.H {
		kernel.Transpose(p.values[y*width:], size, m.v[((y+m.top)*m.shape.W+m.left)*m.shape.C*p.n:], p.n, width, p.valid)
	}
	out := make([]region, p.valid)
	for i := range out {
		out[i] = region{shape: inner, n: 1, v: p.values[i*size:][:size]}
	}
	return out
}

func (p *painter) reserve(size int) {
	if len(p.values) < p.n*size {
		p.values = make([]float32, p.n*size)
	}
}

// fromRegions is the inverse of regions, for a map without border.
func (p *painter) fromRegions(m *laneMap, signals []region) {
	size := m.shape.Size()
	p.reserve(size)
	for i, s := range signals {
		copy(p.values[i*size:], s.v)
	}
	kernel.Transpose(m.v, p.n, p.values, size, p.valid, size)
}

// drawDown takes the output of layer from of every image down through layer to, drawing.
func (p *painter) drawDown(signals []region, from, to int) ([]region, error) {
	d := p.net.newDrawer(p.Sampling)
	for i := range signals {
		d.rng = p.rngs[i]
		for layer := from; layer >= to; layer-- {
			var err error
			if signals[i], err = p.net.unfold(p.ctx, layer, signals[i], d, nil); err != nil {
				return nil, err
			}
			p.net.ask(layer, &signals[i])
		}
	}
	return signals, nil
}

// leastShare of a patch is worth the cost of an expectation.
const leastShare = 1e-6

// A conditional fills patches of image i with expectations given their observed values, where these say something of
// the missing ones.
type conditional struct {
	expected
	p    *painter
	i    int
	x    []float32 // D
	gone []bool
	code []float32 // L
}

func (p *painter) conditional() *conditional {
	pl := p.net.layers[0]
	return &conditional{expected{net: p.net}, p, 0, make([]float32, pl.D()), make([]bool, pl.D()), make([]float32, pl.L)}
}

// look takes the values of a patch and what is missing of them. It reports whether something is.
func (c *conditional) look(pos int) (lacks bool) {
	v := c.p.vectors(0, pos)
	v.take(c.x, c.i)
	if m := c.p.masks; m != nil {
		known := m[0].of(v)
		for d := range c.gone {
			c.gone[d] = known[v.table.At(d)+c.i] == 0
			lacks = lacks || c.gone[d]
		}
	}
	return lacks
}

// asked is the code of component k that is asked for from above, until the next call; nil where factors are not handed
// on, or the component is hardly asked for.
func (c *conditional) asked(pos, k int) []float32 {
	p := c.p
	pl, n := p.net.layers[0], p.n
	if pl.up == nil || len(p.net.layers) == 1 {
		return nil
	}
	b := p.belief.block(pos)
	weight := b[k*n+c.i]
	if weight < minBelief {
		return nil
	}
	for l := range c.code {
		c.code[l] = b[(pl.K()+k*pl.L+l)*n+c.i] / weight
	}
	return c.code
}

func (c *conditional) patch(dst []float32, layer, pos int, shares []float32) []float32 {
	lacks := c.look(pos)
	clear(dst)
	set := c.net.layers[layer].set(pos)
	for k, r := range shares {
		if r >= leastShare {
			var code []float32
			if lacks {
				code = c.asked(pos, k)
			}
			c.net.layers[layer].gmm.family.addConditional(dst, r, c.x, c.gone, set, k, code)
		}
	}
	return nil
}
