package dcgmm

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// barImages are 8×8 images with three bright rows (label 0) or columns (label 1) side by side.
func barImages(n int, seed uint64) (Images, []uint8) {
	r := rand.New(rand.NewPCG(seed, 5))
	im := Images{Shape: Shape{H: 8, W: 8, C: 1}, Pix: make([]uint8, n*64)}
	labels := make([]uint8, n)
	for i := range n {
		labels[i] = uint8(r.IntN(2))
		first := r.IntN(6)
		for p := range 64 {
			line := p / 8
			if labels[i] == 1 {
				line = p % 8
			}
			im.Pix[i*64+p] = uint8(r.IntN(40))
			if line >= first && line < first+3 {
				im.Pix[i*64+p] = 255
			}
		}
	}
	return im, labels
}

// trained returns a network trained on bars. Nobody may change it.
func trained(t testing.TB, arch string) *Network {
	t.Helper()
	trainedMutex.Lock()
	defer trainedMutex.Unlock()
	if net := trainedNetworks[arch]; net != nil {
		return net
	}
	im, _ := barImages(2000, 51)
	net, err := New(arch, im.Shape, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, im, Config{Epochs: 100, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	trainedNetworks[arch] = net
	return net
}

var (
	trainedMutex    sync.Mutex
	trainedNetworks = map[string]*Network{}
)

// copyOf is a network of its own with the same parameters and no classifier.
func copyOf(t testing.TB, net *Network) *Network {
	t.Helper()
	c, err := New(net.arch.String(), net.arch.Input, Init{MaxPrecRoot: net.MaxPrecRoot()})
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range c.layers {
		for j, p := range l.gmm.family.parameters() {
			copy(p.v, net.layers[i].gmm.family.parameters()[j].v)
		}
	}
	c.Refresh()
	return c
}

const deepBars = "F3 G9 M F3 G16"

func mustInpaint(t *testing.T, net *Network, im Images, c Inpainting) []float32 {
	t.Helper()
	out, err := net.Inpaint(context.Background(), im, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(im.Pix) {
		t.Fatalf("%d values for %d pixels", len(out), len(im.Pix))
	}
	return out
}

func TestObservedPixelsAreKept(t *testing.T) {
	eachMaskable(t, func(net *Network, _ *oracle) {
		const n = 34
		im, _ := randomImages(n, net.arch.Input, 52)
		for _, shared := range []bool{true, false} {
			im.Missing = randomMask(n, net.arch.Input, 0.4, 53)
			if shared {
				im.Missing = im.Missing[:net.arch.Input.H*net.arch.Input.W]
			}
			for _, c := range []Inpainting{{}, {ZeroFill: true}, {Draw: true, Rounds: 2},
				{Sampling: Sampling{Sharpen: []Sharpening{{Target: net.Layers() - 1, Iterations: 2, Rate: 10}}}}} {
				filled := 0
				for j, v := range mustInpaint(t, net, im, c) {
					switch {
					case !(v >= 0 && v <= 1):
						t.Fatalf("%s %+v: value %v", net.arch, c, v)
					case im.missing(j/net.arch.Input.Size(), j%net.arch.Input.Size()/net.arch.Input.C):
						filled++
					case v != float32(im.Pix[j])/255:
						t.Fatalf("%s %+v: the observed value %d became %v", net.arch, c, im.Pix[j], v*255)
					}
				}
				if filled == 0 {
					t.Fatal("nothing is missing")
				}
			}
		}
	})
}

// filled is Σ_k r_k·E[x | x_o, k]: μ where there are no factors, else μ_m + Σ_mo Σ_oo⁻¹(x_o − μ_o) with whole matrices.
func (l *oracleLayer) filled(set int, r, x, missing, asked []float64) []float32 {
	D := len(x)
	out := make([]float64, D)
	for k := range r {
		mu := slices.Clone(l.mu[set][k*D:][:D])
		z := l.priorOf(set, k, D, missing, asked)
		gone := make([]bool, D)
		var diff []float64
		for d := range x {
			mu[d] += l.shift(set, k, D, d, z)
			if gone[d] = missing[d] == 1; !gone[d] {
				diff = append(diff, x[d]-mu[d])
			}
		}
		var told []float64
		g := &oracleComponent{}
		if l.factors > 0 && len(diff) > 0 {
			g = l.covariance(set, k, D)
			told = g.without(gone).solve(diff)
		}
		for d := range x {
			v, at := mu[d], 0
			for b := range x {
				if !gone[b] && told != nil {
					v += g.sigma.At(d, b) * told[at]
					at++
				}
			}
			out[d] += r[k] * v
		}
	}
	patch := make([]float32, D)
	for d, v := range out {
		patch[d] = float32(v)
	}
	return patch
}

// A flat mixture fills in Σ_k r_k·E[x | x_o, k] with r from the marginals.
func TestFlatInpaintingIsTheExpectation(t *testing.T) {
	checked := 0
	eachMaskable(t, func(net *Network, o *oracle) {
		l := o.layers[0]
		if net.Layers() > 1 {
			return
		}
		const n = 6
		im, maps := randomImages(n, net.arch.Input, 54)
		im.Missing = randomMask(n, net.arch.Input, 0.5, 55)
		pixels := net.arch.Input.H * net.arch.Input.W
		out := mustInpaint(t, net, im, Inpainting{})
		for i, m := range maps {
			mask := im.Missing[i*pixels:][:pixels]
			var patches [][]float32
			first := o.maskedForward(m, mask)[0]
			for pos, r := range first.resp {
				patches = append(patches, l.filled(l.set(pos), r, first.x[pos], first.missing[pos], nil))
			}
			for j, want := range l.unfolded(net.arch.Input, patches).v {
				if !mask[j/net.arch.Input.C] {
					continue
				}
				if got := float64(out[i*net.arch.Input.Size()+j]); math.Abs(got-min(max(want, 0), 1)) > 1e-4 {
					t.Fatalf("%s: value %d of image %d is %v, oracle %v", net.arch, j, i, got, want)
				}
				checked++
			}
		}
	})
	if checked < 1000 {
		t.Errorf("only %d values were checked", checked)
	}
}

// unpooled undoes a pooling densely: the mean of the windows that contain a place (model.md §2).
func (m oracleMap) unpooled(p [4]int, H, W int) oracleMap {
	out, covered := newOracleMap(H, W, m.C), newOracleMap(H, W, m.C)
	for i := range m.H {
		for j := range m.W {
			for y := i * p[2]; y < min(i*p[2]+p[0], H); y++ {
				for x := j * p[3]; x < min(j*p[3]+p[1], W); x++ {
					for c := range m.C {
						*out.at(y, x, c) += *m.at(i, j, c)
						*covered.at(y, x, c)++
					}
				}
			}
		}
	}
	for j := range out.v {
		out.v[j] /= covered.v[j]
	}
	return out
}

// expected takes signals, by position, down through a layer as means weighted by what is positive of them. pl gives
// shapes only.
func (l *oracleLayer) expected(pl *layer, signals [][]float64) oracleMap {
	var patches [][]float32
	for pos, signal := range signals {
		D, total := len(l.mu[0])/l.k, 0.0
		for _, v := range signal[:l.k] {
			total += max(v, 0)
		}
		patch := make([]float32, D)
		for d := range patch {
			v, set := 0.0, l.set(pos)
			for k := range l.k {
				if signal[k] <= 0 {
					continue
				}
				v += signal[k] / total * l.mu[set][k*D+d]
				if len(signal) > l.k {
					for j, z := range l.factorsOf(set, k, D, slices.Clone(signal[l.k+k*l.factors:][:l.factors])) {
						v += z / total * l.f[set][(k*l.factors+j)*D+d] / l.s[set][k*D+d]
					}
				}
			}
			patch[d] = float32(v)
		}
		patches = append(patches, patch)
	}
	m := l.unfolded(pl.In, patches)
	for j := len(l.pools) - 1; j >= 0; j-- {
		m = m.unpooled(l.pools[j], pl.Pools[j].In.H, pl.Pools[j].In.W)
	}
	return m
}

// asksFor inverts the tempering of a signal from above: s^T, normalised.
func (l *oracleLayer) asksFor(signal []float64) {
	if l.temper == 0 {
		return
	}
	sum, was := 0.0, slices.Clone(signal)
	for k, v := range signal[:l.k] {
		signal[k] = math.Pow(max(v, 0), l.temper)
		sum += signal[k]
	}
	for k := range l.k {
		signal[k] /= max(sum, 1e-300)
	}
	for at := range signal[l.k:] {
		k := at / l.factors
		signal[l.k+at] *= signal[k] / max(was[k], leastWeight)
	}
}

// byPosition are the values of a map's positions.
func (m oracleMap) byPosition() (out [][]float64) {
	for at := 0; at < len(m.v); at += m.C {
		out = append(out, m.v[at:][:m.C])
	}
	return out
}

// places is 1 where a position hands up what more than a quarter of its patch tells, as a map of one channel.
func (o oracleOutput) places(H, W int) oracleMap {
	known := newOracleMap(H, W, 1)
	for pos, missing := range o.missing {
		seen := 0.0
		for _, v := range missing {
			seen += 1 - v
		}
		if 4*seen > float64(len(missing)) {
			known.v[pos] = 1
		}
	}
	return known
}

// partlyFrom is forwardFrom of a map of which some places are known. What is not drops out of the scores.
func (o *oracle) partlyFrom(m, known oracleMap, below *oracleLayer) (out []oracleOutput) {
	for _, l := range o.layers {
		for _, p := range l.pools {
			m, known = m.pooledWith(p, below), known.pool(p)
		}
		gone := newOracleMap(m.H, m.W, m.C)
		for j := range gone.v {
			gone.v[j] = 1 - known.v[j/m.C]
		}
		below = l
		x, h, w := m.padded(l.pad).patches(l.fold)
		missing, _, _ := gone.padded(l.pad).patches(l.fold)
		m = newOracleMap(h, w, l.channels())
		oo := oracleOutput{x: x, missing: missing}
		for pos := range x {
			scores := l.marginals(l.set(pos), x[pos], missing[pos])
			resp := l.handsOn(scores)
			if l.up {
				resp = append(resp, l.codes(l.set(pos), x[pos], missing[pos], resp, nil)...)
			}
			copy(m.v[pos*m.C:], resp)
			oo.scores, oo.resp = append(oo.scores, scores), append(oo.resp, resp)
		}
		known = oo.places(h, w)
		out = append(out, oo)
	}
	return out
}

// inpainted is model.md §8, in rounds.
func (o *oracle) inpainted(net *Network, image oracleMap, missing []bool, rounds int) oracleMap {
	l, top := o.layers[0], len(o.layers)-1
	first := o.maskedForward(image, missing)[0]
	scores := first.scores
	var belief [][]float64
	resp := func() (out [][]float64) {
		for pos, ell := range scores {
			ell = slices.Clone(ell)
			for k, p := range softmaxOf(l.logits[l.set(pos)]) {
				if belief != nil {
					ell[k] += math.Log(math.Max(belief[pos][k], 1e-3)) - math.Log(p)
				}
			}
			out = append(out, softmaxOf(ell))
		}
		return out
	}
	for range rounds {
		m := newOracleMap(net.layers[0].Out.H, net.layers[0].Out.W, l.channels())
		for pos, r := range resp() {
			logs := make([]float64, len(r))
			for k, v := range r {
				logs[k] = math.Log(v)
			}
			up := l.handsOn(logs)
			if l.up {
				var asked []float64
				if belief != nil {
					asked = belief[pos]
				}
				up = append(up, l.codes(l.set(pos), first.x[pos], first.missing[pos], up, asked)...)
			}
			copy(m.v[pos*m.C:], up)
		}
		var signals [][]float64
		last := (&oracle{o.layers[1:]}).partlyFrom(m, first.places(m.H, m.W), l)[top-1]
		for pos, ell := range last.scores {
			r, t := softmaxOf(ell), o.layers[top]
			if t.factors > 0 {
				r = append(r, t.codes(t.set(pos), last.x[pos], last.missing[pos], r, nil)...)
			}
			signals = append(signals, r)
		}
		for i := top; i > 0; i-- {
			signals = o.layers[i].expected(net.layers[i], signals).byPosition()
			for _, s := range signals {
				o.layers[i-1].asksFor(s)
			}
		}
		belief = signals
	}
	var patches [][]float32
	for pos, r := range resp() {
		patches = append(patches, l.filled(l.set(pos), r, first.x[pos], first.missing[pos], belief[pos]))
	}
	return l.unfolded(net.arch.Input, patches)
}

func TestDeepInpaintingAgreesWithTheOracle(t *testing.T) {
	checked := 0
	eachMaskable(t, func(net *Network, o *oracle) {
		if net.Layers() == 1 {
			return
		}
		const n = 5
		im, maps := randomImages(n, net.arch.Input, 75)
		im.Missing = randomMask(n, net.arch.Input, 0.5, 76)
		pixels, W := net.arch.Input.H*net.arch.Input.W, net.arch.Input.W
		for p := range 2 * pixels { // two images lack their right half: places of which nothing is known
			im.Missing[p] = p%W >= W/2
		}
		for _, rounds := range []int{1, 2, 4} {
			out := mustInpaint(t, net, im, Inpainting{Rounds: rounds})
			for i, m := range maps {
				mask := im.Missing[i*pixels:][:pixels]
				for j, want := range o.inpainted(net, m, mask, rounds).v {
					if !mask[j/net.arch.Input.C] {
						continue
					}
					if got := float64(out[i*net.arch.Input.Size()+j]); math.Abs(got-min(max(want, 0), 1)) > 2e-4 {
						t.Fatalf("%s, %d rounds: value %d of image %d is %v, oracle %v", net.arch, rounds, j, i, got, want)
					}
					checked++
				}
			}
		}
	})
	if checked < 500 {
		t.Errorf("only %d values were checked", checked)
	}
}

// With one component a layer and whole patches missing, what is filled in is exact: the pixels of E[c_m | c_o], the
// conditional mean of the missing codes given the observed ones by the covariance of the top layer.
func TestMissingCodesHaveTheirConditionalMean(t *testing.T) {
	in := Shape{H: 4, W: 6, C: 1}
	net, err := New("F2/2 A1:2 U F2x3 A1:2", in, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	joinAll(net)
	lower, top := net.layers[0], net.layers[1]
	r := rand.New(rand.NewPCG(5, 6))
	for _, l := range net.layers {
		for i := range l.gmm.Mu {
			l.gmm.Mu[i], l.gmm.PrecRoot[i] = 0.5+0.05*float32(r.NormFloat64()), 2+r.Float32()
		}
		for i := range l.gmm.Factors {
			l.gmm.Factors[i] = 1.2 * float32(r.NormFloat64())
		}
	}
	for d := range top.D() {
		top.gmm.Mu[d] = float32(1 - min(d%3, 1)) // a responsibility of 1, which the factors leave alone, codes around 0
		for l := 0; l < top.L && d%3 == 0; l++ {
			top.gmm.Factors[l*top.D()+d] = 0
		}
	}
	net.Refresh()
	im, _ := randomImages(1, in, 7)
	im.Missing = make([]bool, 24)
	var gone []int // dimensions of the top layer: responsibility and two codes of every place
	for _, place := range []int{1, 5} {
		for p := range 24 {
			if p/6/2 == place/3 && p%6/2 == place%3 {
				im.Missing[p] = true
			}
		}
		gone = append(gone, 3*place, 3*place+1, 3*place+2)
	}
	got := mustInpaint(t, net, im, Inpainting{Rounds: 1})

	whole := im
	whole.Missing = nil
	codes, err := net.Responsibilities(context.Background(), whole, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	D := top.D()
	sigma := mat.NewSymDense(D, nil) // (I + FᵀF)_de / s_d s_e
	for d := range D {
		for e := range d + 1 {
			v := 0.0
			for l := range top.L {
				v += float64(top.gmm.Factors[l*D+d]) * float64(top.gmm.Factors[l*D+e])
			}
			if d == e {
				v++
			}
			sigma.SetSym(d, e, v/float64(top.gmm.PrecRoot[d])/float64(top.gmm.PrecRoot[e]))
		}
	}
	var seen []int
	for d := range D {
		if !slices.Contains(gone, d) {
			seen = append(seen, d)
		}
	}
	oo, diff := mat.NewSymDense(len(seen), nil), mat.NewVecDense(len(seen), nil)
	for i, d := range seen {
		diff.SetVec(i, float64(codes[d])-float64(top.gmm.Mu[d]))
		for j, e := range seen {
			oo.SetSym(i, j, sigma.At(d, e))
		}
	}
	var c mat.Cholesky
	var told mat.VecDense
	if !c.Factorize(oo) || c.SolveVecTo(&told, diff) != nil {
		t.Fatal("the covariance is singular")
	}
	moved := 0.0
	for _, place := range []int{1, 5} {
		patch := make([]float64, 4)
		for q := range patch {
			patch[q] = float64(lower.gmm.Mu[q])
		}
		before, column := slices.Clone(patch), make([]float32, 4)
		for l := range 2 {
			d := 3*place + 1 + l
			code := float64(top.gmm.Mu[d])
			for i, e := range seen {
				code += sigma.At(d, e) * told.AtVec(i)
			}
			lower.gmm.family.(latent).loading(column, 0, 0, l)
			for q, v := range column {
				patch[q] += code * float64(v)
				before[q] += float64(top.gmm.Mu[d]) * float64(v)
			}
		}
		for q, want := range patch {
			y, x := place/3*2+q/2, place%3*2+q%2
			if v := float64(got[y*6+x]); math.Abs(v-min(max(want, 0), 1)) > 2e-6 {
				t.Errorf("place %d, pixel %d: %v, want %v", place, q, v, want)
			}
			moved = max(moved, math.Abs(want-before[q]))
		}
	}
	if moved < 0.01 {
		t.Errorf("what is observed moves pixels by %v at most", moved)
	}
}

// meanImage is the mean of images, in [0, 1].
func meanImage(im Images) []float64 {
	mean := make([]float64, im.Shape.Size())
	for j, v := range im.Pix {
		mean[j%len(mean)] += float64(v) / 255 / float64(im.Len())
	}
	return mean
}

// On bars with a hidden rectangle, marginals leave a smaller error than zeros in the place of what is missing, and than
// the mean image.
func TestMarginalsFillInBetterThanZeros(t *testing.T) {
	train, _ := barImages(2000, 51)
	mean := meanImage(train)
	im, _ := barImages(200, 56)
	im.Missing = make([]bool, 64)
	for y := 2; y < 7; y++ {
		for x := 1; x < 5; x++ {
			im.Missing[y*8+x] = true
		}
	}
	for _, arch := range []string{deepBars, "F8 G12", "F8 A9:2"} {
		net := trained(t, arch)
		marginal, zeros := mustInpaint(t, net, im, Inpainting{}), mustInpaint(t, net, im, Inpainting{ZeroFill: true})
		var errors [3]float64
		for j, v := range im.Pix {
			if im.Missing[j%64] {
				for i, got := range []float64{float64(marginal[j]), float64(zeros[j]), mean[j%64]} {
					e := got - float64(v)/255
					errors[i] += e * e / float64(20*im.Len())
				}
			}
		}
		if !(errors[0] < 0.7*errors[1] && errors[0] < 0.7*errors[2]) {
			t.Errorf("%s: mean squared errors %.4f by marginals, %.4f by zeros, %.4f of the mean image", arch, errors[0], errors[1], errors[2])
		}
	}
}

func TestInpaintingDependsOnSeedAndNumberOnly(t *testing.T) {
	net := trained(t, deepBars)
	im, _ := barImages(70, 57)
	im.Missing = randomMask(70, im.Shape, 0.5, 58)
	sharp := []Sharpening{{Target: 1, Iterations: 3, Rate: 0.01}}
	seen := map[string]bool{}
	for _, c := range []Inpainting{
		{},
		{Rounds: 1},
		{ZeroFill: true},
		{Sampling: Sampling{Sharpen: sharp}},
		{Draw: true, Sampling: Sampling{Seed: 1, Top: 2}},
		{Draw: true, Sampling: Sampling{Seed: 2, Top: 2}},
		{Draw: true, Sampling: Sampling{Seed: 1, Top: 2, Sparse: true}},
		{Draw: true, Sampling: Sampling{Seed: 1, Top: 2, Noise: []float64{0.1}, Sharpen: sharp}},
	} {
		c.Sampling.Workers = 1
		want := mustInpaint(t, net, im, c)
		for _, workers := range []int{3, 16} {
			c.Sampling.Workers = workers
			if !slices.Equal(mustInpaint(t, net, im, c), want) {
				t.Errorf("%+v: other images than with one worker", c)
			}
		}
		few := Images{im.Shape, im.Pix[:5*64], im.Missing[:5*64]}
		if !slices.Equal(mustInpaint(t, net, few, c), want[:5*64]) {
			t.Errorf("%+v: the first images are others when the rest is not there", c)
		}
		text := ""
		for _, v := range want {
			text += string(rune(v * 0xffff))
		}
		if seen[text] {
			t.Errorf("%+v makes no difference", c)
		}
		seen[text] = true
		if !c.Draw {
			c.Sampling.Seed = 77
			if !slices.Equal(mustInpaint(t, net, im, c), want) {
				t.Errorf("%+v: expectations depend on the seed", c)
			}
		}
	}
}

// Sharpening a filled-in image moves it uphill for the score of the whole image, not of what is observed: the missing
// value, whose precision asks for much smaller steps than the observed one's, goes to the mean.
func TestInpaintingSharpensWholeImages(t *testing.T) {
	net, err := New("F1x2 G1", Shape{H: 1, W: 2, C: 1}, Init{MaxPrecRoot: 100})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0.9, 0.6})
	copy(net.Layer(0).PrecRoot, []float32{0.5, 8})
	net.Refresh()
	im := Images{Shape: net.arch.Input, Pix: []uint8{51, 0, 102, 0, 255, 0}, Missing: []bool{false, true}}
	c := Inpainting{Draw: true, Sampling: Sampling{Seed: 3, Sharpen: []Sharpening{{Iterations: 300, Rate: 0.1}}}}
	drawn := mustInpaint(t, net, im, Inpainting{Draw: true, Sampling: Sampling{Seed: 3}})
	for i, v := range mustInpaint(t, net, im, c) {
		if i%2 == 0 {
			continue
		}
		if math.Abs(float64(v)-0.6) > 5e-3 {
			t.Errorf("image %d: %v drawn, %v sharpened, want the mean 0.6", i/2, drawn[i], v)
		}
	}
	// The mask counts again afterwards: a second group of the same worker.
	many, _ := randomImages(70, net.arch.Input, 1)
	many.Missing = []bool{false, true}
	c.Sampling.Workers = 1
	for j := 1; j < len(many.Pix); j += 2 {
		many.Pix[j] = 0
	}
	a := mustInpaint(t, net, many, c)
	for j := 1; j < len(many.Pix); j += 2 {
		many.Pix[j] = 255
	}
	if !slices.Equal(a, mustInpaint(t, net, many, c)) {
		t.Error("missing pixels count after a sharpening")
	}
}

func TestBadInpainting(t *testing.T) {
	net, err := New("F2 G3 F3x2 G4", Shape{H: 4, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(2, net.arch.Input, 59)
	if _, err := net.Inpaint(context.Background(), im, Inpainting{}); err == nil || !strings.Contains(err.Error(), "set Images.Missing") {
		t.Errorf("no mask: %v", err)
	}
	im.Missing = make([]bool, 12)
	for want, c := range map[string]Inpainting{
		"Inpainting.Rounds is -1":          {Rounds: -1},
		"Inpainting.Rounds is 1001":        {Rounds: 1001},
		"Sampling.Top is -1":               {Sampling: Sampling{Top: -1}},
		"Sampling.Noise has -2":            {Sampling: Sampling{Noise: []float64{-2}}},
		"Sharpening.Iterations is -5":      {Sampling: Sampling{Sharpen: []Sharpening{{Iterations: -5}}}},
		"Map 0 and Target 2 must be layer": {Sampling: Sampling{Sharpen: []Sharpening{{Target: 2}}}},
	} {
		if _, err := net.Inpaint(context.Background(), im, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", c, err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := net.Inpaint(ctx, im, Inpainting{}); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "in-painting stopped") {
		t.Errorf("cancelled: %v", err)
	}
}
