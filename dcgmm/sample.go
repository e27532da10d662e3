package dcgmm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"deepgmm/internal/kernel"
	"deepgmm/internal/parallel"
)

// Choice says how the components of the layer where sampling starts are chosen.
type Choice string

const (
	ByWeight Choice = ""        // drawn, as likely as their weights π
	Uniform  Choice = "uniform" // drawn, all equally likely
	Cycle    Choice = "cycle"   // one after the other: image i gets component i mod K
)

// Sampling says how images are drawn (model.md §6). The zero value of every field means its default.
type Sampling struct {
	Seed       uint64
	Choose     Choice    // how the starting layer's components are chosen
	Components []int     // choose among these only; nil: all. One of them: from that component
	Weights    []float64 // P×K or K, ≥ 0: instead of π, such as Classifier.Signal gives; nil: π
	Top        int       // S: a lower layer draws among that many components of the strongest signal; 1
	// Noise is the scale of the noise of every layer, from the images up, or one of all: 0 draws means (and factors, as
	// modelled), 1 what is modelled; nil: 1, and 0 above the first layer if factors are handed up. There noise is of codes,
	// whose positions would no longer agree.
	Noise []float64
	// Redraw are the powers β of rounds in which layers whose patches overlap draw every patch again, given the average
	// so far: P(k) ∝ signal_k·p(x|k)^β. Only the last round has noise. nil: no rounds.
	Redraw  []float64
	Average bool // patches that overlap are averaged, as in the paper, instead of joined by precision
	Sparse  bool // pooling puts a value at one random place of its window instead of all of it
	Sharpen []Sharpening
	Workers int // goroutines; 0 means GOMAXPROCS. It does not change the result

	slopes [][]slopes // of every sharpening
}

// maxNoise keeps scaled deviations in the range of float32.
const maxNoise = 1e6

// maxPower keeps log-likelihoods times it in the range of float64.
const maxPower = 1e6

// minSignal is what the signal to a component is clipped to from below (model.md §6).
const minSignal = 1e-6

// streamSample is the stream of randomness of sampled images: each has its own.
const streamSample = 0x73616d70 // "samp"

func (c Sampling) withDefaults() Sampling {
	if c.Top == 0 {
		c.Top = 1
	}
	c.Sharpen = slices.Clone(c.Sharpen)
	for i := range c.Sharpen {
		c.Sharpen[i] = c.Sharpen[i].withDefaults()
	}
	return c
}

func (c *Sampling) prepare(n *Network) {
	for _, s := range c.Sharpen {
		c.slopes = append(c.slopes, n.newSlopes(s.Map, s.Target))
	}
}

// validate reports the first field that is out of range for sampling from a layer, after defaults.
func (c Sampling) validate(n *Network, layer int) error {
	K, P, n0 := n.layers[layer].K(), n.layers[layer].P(), len(n.layers)
	if c.Components != nil && len(c.Components) == 0 {
		return fmt.Errorf("Sampling.Components is empty; nil stands for all components")
	}
	for _, k := range c.Components {
		if k < 0 || k >= K {
			return fmt.Errorf("Sampling.Components has %d; layer %d has the components 0 to %d", k, layer+1, K-1)
		}
	}
	if c.Choose != ByWeight && c.Choose != Uniform && c.Choose != Cycle {
		return fmt.Errorf("Sampling.Choose is %q; it must be %q, %q or %q", c.Choose, ByWeight, Uniform, Cycle)
	}
	if c.Weights != nil && len(c.Weights) != K && len(c.Weights) != P*K {
		return fmt.Errorf("Sampling.Weights has %d values; layer %d has %d components at %d positions", len(c.Weights), layer+1, K, P)
	}
	for _, w := range c.Weights {
		if !(w >= 0) || w > 1e30 {
			return fmt.Errorf("Sampling.Weights has %v; weights must be finite and not negative", w)
		}
	}
	if c.Top < 1 {
		return fmt.Errorf("Sampling.Top is %d; it must be at least 1", c.Top)
	}
	if n := len(c.Noise); n > 1 && n != n0 {
		return fmt.Errorf("Sampling.Noise has %d values for %d layers; give one, or one for each", n, n0)
	}
	for _, v := range c.Noise {
		if !(v >= 0 && v <= maxNoise) {
			return fmt.Errorf("Sampling.Noise has %v; it must be between 0 and %v", v, float64(maxNoise))
		}
	}
	for _, v := range c.Redraw {
		if !(v >= 0 && v <= maxPower) {
			return fmt.Errorf("Sampling.Redraw has %v; it must be between 0 and %v", v, float64(maxPower))
		}
	}
	for _, s := range c.Sharpen {
		if s.Map > layer {
			return fmt.Errorf("Sampling.Sharpen: sampling from layer %d makes no input of layer %d", layer+1, s.Map+1)
		}
		if err := s.validate(n); err != nil {
			return err
		}
	}
	return nil
}

// Sample draws the images first … first+count−1 of an endless sequence, top-down from a layer
// (counted from 0): image i depends on the seed and i only, not on how the sequence is
// cut into calls. It returns count×H×W×C values, clipped to [0, 1]. The error is the context's, or says what of the
// settings does not fit, or that values are not finite. It panics if there is no such layer or count < 0.
func (n *Network) Sample(ctx context.Context, layer, first, count int, c Sampling) ([]float32, error) {
	n.checkLayer("Sample", layer)
	if count < 0 || first < 0 {
		panic(fmt.Sprintf("dcgmm: Sample: %d images from %d on", count, first))
	}
	c = c.withDefaults()
	if err := c.validate(n, layer); err != nil {
		return nil, err
	}
	c.prepare(n)
	start, err := n.newStarter(layer, c)
	if err != nil {
		return nil, err
	}
	size := n.arch.Input.Size()
	if err := checkResult("sampling", count, size); err != nil {
		return nil, err
	}
	out := make([]float32, count*size)
	draw := func(b *block, from, group int) error {
		signals := make([]region, group)
		rngs := make([]*rand.Rand, group)
		for i := range signals {
			rngs[i] = sampleRand(c.Seed, first+from+i)
			signals[i] = start.signal(ctx, first+from+i, rngs[i])
		}
		return n.descend(ctx, b, layer, signals, rngs, c, out[from*size:][:group*size])
	}
	if len(c.Sharpen) > 0 {
		if err = n.checkBlock("sharpening", searchBlocks); err == nil {
			err = n.eachGroup(ctx, "sampling", count, c.Workers, nil, draw)
		}
	} else { // without a block, and one image of a worker at a time
		err = eachTask(ctx, "sampling", count, n.drawers(c.Workers), func(i, _ int) error { return draw(nil, i, 1) })
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// drawers is how many of the wanted workers draw images at the same time: fewer if their maps are large.
func (n *Network) drawers(wanted int) int {
	most := 0
	for i := range n.arch.Layers {
		most = max(most, mapSize(&n.arch.Layers[i]))
	}
	return max(1, min(parallel.Count(wanted), roomy/most))
}

// Vary draws variants of images: each image is run up to a layer (counted from 0), and a new one is sampled down from
// its responsibilities there, and from its factors if the layer hands them on (model.md §8). Choose, Components and
// Weights do not count. It returns N×H×W×C values in [0, 1]. It panics if there is no such layer.
func (n *Network) Vary(ctx context.Context, images Images, layer int, c Sampling) ([]float32, error) {
	n.checkLayer("Vary", layer)
	c = c.withDefaults()
	c.Components, c.Weights, c.Choose = nil, nil, ByWeight
	if err := c.validate(n, layer); err != nil {
		return nil, err
	}
	if err := n.checkImages(images); err != nil {
		return nil, err
	}
	size := n.arch.Input.Size()
	if err := checkResult("sampling", images.Len(), size); err != nil {
		return nil, err
	}
	if err := n.checkBlock("variants", 1+(searchBlocks-1)*min(1, len(c.Sharpen))); err != nil {
		return nil, err
	}
	c.prepare(n)
	shape, up := n.layers[layer].Handed(), n.layers[layer].up
	out := make([]float32, images.Len()*size)
	err := n.eachGroup(ctx, "sampling", images.Len(), c.Workers, nil, func(b *block, from, group int) error {
		v, code := make([]float32, group*shape.Size()), make([]float32, shape.C*b.n)
		b.loadImages(images, from, group)
		err := b.forward(0, layer, func(i, pos int, r, _ []float32) {
			if i != layer {
				return
			}
			if up != nil {
				b.putCode(code, pos, layer, r)
				r = code
			}
			kernel.Transpose(v[pos*shape.C:], shape.Size(), r, b.n, shape.C, group)
		})
		if err != nil {
			return err
		}
		signals := make([]region, group)
		rngs := make([]*rand.Rand, group)
		for i := range signals {
			rngs[i] = sampleRand(c.Seed, from+i)
			signals[i] = region{shape: shape, n: 1, v: v[i*shape.Size():][:shape.Size()]}
		}
		return n.descend(ctx, b, layer, signals, rngs, c, out[from*size:][:group*size])
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func sampleRand(seed uint64, i int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, streamSample+uint64(i)<<32))
}

// starter chooses the components of the layer where sampling begins.
type starter struct {
	shape   Shape
	cycle   []int       // not nil: one after the other
	weights [][]float64 // of the components, by position, or one for all
}

func (n *Network) newStarter(layer int, c Sampling) (*starter, error) {
	pl, g := n.layers[layer], n.layers[layer].gmm
	s := &starter{shape: pl.Out}
	allowed := c.Components
	if allowed == nil {
		for k := range g.K {
			allowed = append(allowed, k)
		}
	}
	if c.Choose == Cycle {
		s.cycle = allowed
		return s, nil
	}
	places := g.Sets
	if len(c.Weights) > g.K {
		places = pl.P()
	}
	for pos := range places {
		w := make([]float64, g.K)
		pi := g.Weights(pl.set(pos))
		if len(c.Weights) > 0 {
			pi = c.Weights[pos*g.K%len(c.Weights):][:g.K]
		}
		for _, k := range allowed {
			w[k] = pi[k]
			if c.Choose == Uniform {
				w[k] = 1
			}
		}
		if slices.Max(w) == 0 {
			return nil, fmt.Errorf("sampling from layer %d: all components to choose from have weight 0 at position %d", layer+1, pos)
		}
		s.weights = append(s.weights, w)
	}
	return s, nil
}

// signal is the starting layer's output of image i: one component at every position. It may end early when the context
// does.
func (s *starter) signal(ctx context.Context, i int, r *rand.Rand) region {
	out := region{shape: s.shape, n: 1, one: make([]int32, s.shape.H*s.shape.W)}
	for pos := range out.one {
		if pos%s.shape.W == 0 && ctx.Err() != nil {
			break
		}
		if s.cycle != nil {
			out.one[pos] = int32(s.cycle[i%len(s.cycle)])
		} else {
			out.one[pos] = int32(draw(s.weights[min(pos, len(s.weights)-1)], r))
		}
	}
	return out
}

// draw returns k with a probability proportional to w[k] ≥ 0.
func draw[F float32 | float64](w []F, r *rand.Rand) int {
	var sum float64
	for _, v := range w {
		sum += float64(v)
	}
	at := r.Float64() * sum
	last := 0
	for k, v := range w {
		if v > 0 {
			last = k
			if at -= float64(v); at < 0 {
				return k
			}
		}
	}
	return last // rounding
}

// descend takes the signals of a layer for a group of images down to pixels dst, sharpening on the
// way. Every image has its own generator.
func (n *Network) descend(ctx context.Context, b *block, layer int, signals []region, rngs []*rand.Rand, c Sampling, dst []float32) error {
	d := n.newDrawer(c)
	for i := layer; i >= 0; i-- {
		for j := range signals {
			var to []float32
			if i == 0 {
				to = dst[j*n.arch.Input.Size():][:n.arch.Input.Size()]
			}
			d.rng = rngs[j]
			var err error
			if signals[j], err = n.unfold(ctx, i, signals[j], d, to); err != nil {
				return err
			}
		}
		for j, s := range c.Sharpen {
			if s.Map != i {
				continue
			}
			if err := n.sharpenRegions(ctx, b, signals, s, c.slopes[j]); err != nil {
				return err
			}
		}
		for j := range signals {
			n.ask(i, &signals[j])
		}
	}
	for j, s := range signals {
		clip(dst[j*n.arch.Input.Size():], s.v)
	}
	return nil
}

// drawer hands down random vectors of drawn components (model.md §6), of one image.
type drawer struct {
	net       *Network
	top       int
	noise     []float64
	redraws   []float64
	average   bool
	sparse    bool
	rng       *rand.Rand
	kept      []candidate // scratch, up to K
	weights   []float32
	z         []float32
	precision []float32 // D: weights of a patch
}

func (n *Network) newDrawer(c Sampling) *drawer {
	d := &drawer{net: n, top: c.Top, noise: c.Noise, redraws: c.Redraw, average: c.Average, sparse: c.Sparse}
	if d.noise == nil && n.arch.HandsUp() {
		d.noise = make([]float64, len(n.layers))
		d.noise[0] = 1
	}
	return d
}

// patch draws a component among the strongest of a signal, then a vector of it (model.md §6).
func (d *drawer) patch(dst []float32, layer, pos int, signal []float32) []float32 {
	l := d.net.layers[layer]
	set, K, scale := l.set(pos), l.K(), d.scale(layer)
	k := d.component(signal[:K])
	weights := d.weigh(layer, set, k)
	if L := len(signal)/K - 1; L > 0 {
		d.z = slices.Grow(d.z[:0], L)[:L]
		factorsOf(d.z, signal, K, k)
		l.gmm.family.(latent).drawGiven(dst, set, k, d.z, scale, d.rng)
		return weights
	}
	l.gmm.family.draw(dst, set, k, scale, d.rng)
	return weights
}

// weigh returns the precisions of a component where patches overlap: the mean of a product of Gaussians is that of
// theirs, weighed by precision. It is nil elsewhere, and where averages are wanted.
func (d *drawer) weigh(layer, set, k int) []float32 {
	l := d.net.layers[layer]
	if d.average || !l.Overlaps() {
		return nil
	}
	d.precision = slices.Grow(d.precision[:0], l.D())[:l.D()]
	_, s, _ := l.gmm.component(set, k)
	for i, v := range s {
		d.precision[i] = v * v
	}
	return d.precision
}

func (d *drawer) unpool(ctx context.Context, p pool, r region, dst []float32) region {
	if d.sparse {
		return p.scatter(ctx, r, dst, d.rng)
	}
	return p.repeat(ctx, r, dst)
}

// scale is that of a layer's noise.
func (d *drawer) scale(layer int) float32 {
	switch len(d.noise) {
	case 0:
		return 1
	case 1:
		return float32(d.noise[0])
	}
	return float32(d.noise[layer])
}

func (d *drawer) component(signal []float32) int {
	if d.top == 1 {
		return strongest(signal)
	}
	d.kept = d.kept[:0] // the strongest first, the first of equals
	for k, v := range signal {
		v = max(v, minSignal)
		if len(d.kept) == d.top {
			if v <= d.kept[d.top-1].v {
				continue
			}
			d.kept = d.kept[:d.top-1]
		}
		at := len(d.kept)
		d.kept = append(d.kept, candidate{})
		for ; at > 0 && d.kept[at-1].v < v; at-- {
			d.kept[at] = d.kept[at-1]
		}
		d.kept[at] = candidate{k, v}
	}
	slices.SortFunc(d.kept, func(a, b candidate) int { return a.k - b.k })
	d.weights = d.weights[:0]
	for _, c := range d.kept {
		d.weights = append(d.weights, c.v)
	}
	return d.kept[draw(d.weights, d.rng)].k
}

// A candidate is a component with its signal.
type candidate struct {
	k int
	v float32
}

func strongest(signal []float32) int {
	best, at := signal[0], 0
	for k, v := range signal {
		if v > best {
			best, at = v, k
		}
	}
	return at
}
