package dcgmm

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomMask is a mask of n images in which a share of the pixels is missing.
func randomMask(n int, s Shape, share float64, seed uint64) []bool {
	r := rand.New(rand.NewPCG(seed, 4))
	mask := make([]bool, n*s.H*s.W)
	for i := range mask {
		mask[i] = r.Float64() < share
	}
	return mask
}

func mustScore(t *testing.T, net *Network, im Images, layer int) []float32 {
	t.Helper()
	out, err := net.LogScores(context.Background(), im, layer, 2)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Without a formula: the marginal density is the whole density, summed over a fine grid of the missing value. The
// trapezoid rule is exact to rounding for a Gaussian when its step is below half a deviation; deviations are between
// 0.6 and 3 here.
func TestMarginalsAreIntegrals(t *testing.T) {
	for _, c := range []struct {
		arch string
		in   Shape
		l    *oracleLayer
	}{
		{"F1x2 G3", Shape{H: 1, W: 2, C: 1}, &oracleLayer{k: 3}},
		{"F2x1 I2", Shape{H: 2, W: 1, C: 1}, &oracleLayer{k: 2, own: true}},
		{"F1x3 G4", Shape{H: 1, W: 3, C: 1}, &oracleLayer{k: 4}},
		{"F1x3 A3:1", Shape{H: 1, W: 3, C: 1}, &oracleLayer{k: 3}},
		{"F1x3 A2:2", Shape{H: 1, W: 3, C: 1}, &oracleLayer{k: 2}},
	} {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		scramble(net, &oracle{[]*oracleLayer{c.l}}, 41)
		const n = 5
		D := c.in.Size()
		im, maps := randomImages(n, c.in, 42)
		for _, shared := range []bool{true, false} {
			for gone := range D {
				at := func(i int) int { return (gone + i) % D } // of image i
				im.Missing = make([]bool, n*D)
				for i := range n {
					if shared {
						at = func(int) int { return gone }
					}
					im.Missing[i*D+at(i)] = true
				}
				if shared {
					im.Missing = im.Missing[:D]
				}
				scores := mustScore(t, net, im, 0)
				for i, m := range maps {
					const step, reach = 0.2, 25.0
					integral := make([]float64, c.l.k)
					x := slices.Clone(m.v)
					for v := -reach; v <= reach; v += step {
						x[at(i)] = v
						for k, ell := range c.l.logScores(0, x) {
							integral[k] += step * math.Exp(ell)
						}
					}
					for k, v := range integral {
						if got := float64(scores[i*c.l.k+k]); !close4(got, math.Log(v), 1) {
							t.Errorf("%s, value %d missing: ℓ_%d of image %d is %v, integral %v", c.arch, at(i), k, i, got, math.Log(v))
						}
					}
				}
			}
		}
	}
}

// maskedForward is oracle.forward for an image with missing pixels: layer 0 by marginals (model.md §8). Pixels of the
// border are known to be 0.
func (o *oracle) maskedForward(image oracleMap, missing []bool) []oracleOutput {
	l := o.layers[0]
	gone := newOracleMap(image.H, image.W, image.C)
	for j := range gone.v {
		if missing[j/image.C] {
			gone.v[j] = 1
		}
	}
	xs, h, w := image.padded(l.pad).patches(l.fold)
	masks, _, _ := gone.padded(l.pad).patches(l.fold)
	m := newOracleMap(h, w, l.channels())
	var out oracleOutput
	for pos, x := range xs {
		scores := l.marginals(l.set(pos), x, masks[pos])
		resp, up := softmaxOf(scores), l.handsOn(scores)
		if l.up {
			up = append(up, l.codes(l.set(pos), x, masks[pos], up, nil)...)
		}
		copy(m.v[pos*m.C:], up)
		out.x, out.scores, out.resp, out.missing = append(out.x, x), append(out.scores, scores), append(out.resp, resp), append(out.missing, masks[pos])
	}
	return append([]oracleOutput{out}, (&oracle{o.layers[1:]}).partlyFrom(m, out.places(h, w), l)...)
}

func (l *oracleLayer) marginals(set int, x, missing []float64) []float64 {
	D := len(x)
	out := make([]float64, l.k)
	for k, p := range softmaxOf(l.logits[set]) {
		out[k] = math.Log(p)
		var observed, mu []float64
		gone := make([]bool, D)
		for d := range x {
			if gone[d] = missing[d] == 1; !gone[d] {
				observed, mu = append(observed, x[d]), append(mu, l.mu[set][k*D+d])
			}
		}
		if l.factors > 0 && len(observed) > 0 {
			out[k] += l.covariance(set, k, D).without(gone).logDensity(observed, mu)
			continue
		}
		for d := range x {
			if s := l.s[set][k*D+d]; !gone[d] {
				e := s * (x[d] - l.mu[set][k*D+d])
				out[k] += math.Log(s) - 0.5*math.Log(2*math.Pi) - 0.5*e*e
			}
		}
	}
	return out
}

// eachMaskable calls check for the networks that take masks, scrambled.
func eachMaskable(t *testing.T, check func(net *Network, o *oracle)) {
	t.Helper()
	n := 0
	for _, c := range networkCases {
		if len(c.layers[0].pools) > 0 {
			continue
		}
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := &oracle{c.layers}
		scramble(net, o, 43)
		check(net, o)
		n++
	}
	if n < 12 {
		t.Errorf("only %d networks were checked", n)
	}
}

func TestMaskedScoresAgreeWithTheOracle(t *testing.T) {
	eachMaskable(t, func(net *Network, o *oracle) {
		const n = 35 // two groups
		im, maps := randomImages(n, net.arch.Input, 44)
		pixels := net.arch.Input.H * net.arch.Input.W
		for _, shared := range []bool{false, true} {
			im.Missing = randomMask(n, net.arch.Input, 0.4, 45)
			mask := func(i int) []bool { return im.Missing[i*pixels:][:pixels] }
			if shared {
				im.Missing = im.Missing[:pixels]
				mask = func(int) []bool { return im.Missing }
			}
			for layer := range net.Layers() {
				scores := mustScore(t, net, im, layer)
				at := 0
				for i, m := range maps {
					if i%7 > 0 {
						at += net.layers[layer].Out.Size()
						continue
					}
					for pos, want := range o.maskedForward(m, mask(i))[layer].scores {
						for k, ell := range want {
							if !close4(float64(scores[at]), ell, 1) {
								t.Fatalf("%s: ℓ_%d of image %d, layer %d, position %d is %v, oracle %v", net.arch, k, i, layer, pos, scores[at], ell)
							}
							at++
						}
					}
				}
				if at != len(scores) {
					t.Fatalf("%s: %d scores compared of %d", net.arch, at, len(scores))
				}
			}
		}
	})
}

func TestAMaskThatHidesNothingChangesNothing(t *testing.T) {
	eachMaskable(t, func(net *Network, _ *oracle) {
		im, _ := randomImages(9, net.arch.Input, 46)
		for layer := range net.Layers() {
			im.Missing = nil
			want := mustScore(t, net, im, layer)
			for _, images := range []int{1, 9} {
				im.Missing = make([]bool, images*net.arch.Input.H*net.arch.Input.W)
				for j, v := range mustScore(t, net, im, layer) {
					if !close4(float64(v), float64(want[j]), 1) {
						t.Fatalf("%s layer %d: score %d is %v with a mask, %v without", net.arch, layer, j, v, want[j])
					}
				}
			}
		}
	})
}

// Where nothing is observed, the likelihood is Σπ = 1, and the winner is the most frequent component.
func TestAnImageThatIsAllMissing(t *testing.T) {
	eachMaskable(t, func(net *Network, _ *oracle) {
		if net.Layers() > 1 || net.layers[0].Padded != net.layers[0].In { // the border of a padded map is observed
			return
		}
		im, _ := randomImages(3, net.arch.Input, 47)
		im.Missing = slices.Repeat([]bool{true}, net.arch.Input.H*net.arch.Input.W)
		ev, err := net.Evaluate(context.Background(), im, 1)
		if err != nil {
			t.Fatal(err)
		}
		want, P := 0.0, net.layers[0].P()
		for pos := range P {
			want += math.Log(slices.Max(net.layers[0].gmm.Weights(net.layers[0].set(pos)))) / float64(P)
		}
		for i := range 3 {
			if lse := ev.Layers[0].LSE[i]; math.Abs(lse) > 1e-5 {
				t.Errorf("%s: log-likelihood %v of nothing, want 0", net.arch, lse)
			}
			if got := ev.Layers[0].Max[i]; math.Abs(got-want) > 1e-5 {
				t.Errorf("%s: maximum %v, want log max π = %v", net.arch, got, want)
			}
		}
	})
}

// What lies in Pix where pixels are missing is not looked at; nor do workers or neighbours matter.
func TestMissingPixelsDoNotCount(t *testing.T) {
	eachMaskable(t, func(net *Network, _ *oracle) {
		const n = 67
		im, _ := randomImages(n, net.arch.Input, 48)
		im.Missing = randomMask(n, net.arch.Input, 0.5, 49)
		other := Images{Shape: im.Shape, Pix: slices.Clone(im.Pix), Missing: im.Missing}
		changed := 0
		for j := range other.Pix {
			if im.missing(j/net.arch.Input.Size(), j%net.arch.Input.Size()/net.arch.Input.C) {
				other.Pix[j] ^= 0x5a
				changed++
			}
		}
		if changed == 0 {
			t.Fatal("nothing is missing")
		}
		evaluate := func(im Images, workers int) string {
			ev, err := net.Evaluate(context.Background(), im, workers)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(ev)
		}
		want := evaluate(im, 1)
		for _, workers := range []int{1, 3, 16} {
			if evaluate(other, workers) != want {
				t.Errorf("%s: other scores with %d workers and other values where pixels are missing", net.arch, workers)
			}
		}
		size, pixels, top := net.arch.Input.Size(), net.arch.Input.H*net.arch.Input.W, net.Layers()-1
		all := mustScore(t, net, im, top)
		for _, i := range []int{0, 40, 66} {
			alone := mustScore(t, net, Images{net.arch.Input, im.Pix[i*size:][:size], im.Missing[i*pixels:][:pixels]}, top)
			if !slices.Equal(alone, all[i*len(alone):][:len(alone)]) {
				t.Errorf("%s: image %d has other scores when it is alone", net.arch, i)
			}
		}
		for _, c := range []Inpainting{{}, {ZeroFill: true}, {Draw: true}} {
			a, err := net.Inpaint(context.Background(), im, c)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := net.Inpaint(context.Background(), other, c); err != nil || !slices.Equal(a, b) {
				t.Errorf("%s: %+v fills in what it should not see; error %v", net.arch, c, err)
			}
		}
	})
}

func TestBadMasks(t *testing.T) {
	net, err := New("F2 G3 M F3x2 G2", Shape{H: 6, W: 5, C: 2}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(4, net.arch.Input, 50)
	for _, n := range []int{0, 29, 31, 60, 240} {
		im.Missing = make([]bool, n)
		want := fmt.Sprintf("the mask has %d pixels; it must have 6×5 for all images, or as many for each of 4", n)
		if _, err := net.Evaluate(context.Background(), im, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Evaluate: %v", err)
		}
		if _, err := net.Inpaint(context.Background(), im, Inpainting{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Inpaint: %v", err)
		}
	}
	im.Missing = make([]bool, 30)
	labels := make([]uint8, 4)
	if _, err := NewTrainer(net, im, Config{}); err == nil || !strings.Contains(err.Error(), "missing pixels cannot be trained on") {
		t.Errorf("NewTrainer: %v", err)
	}
	if _, err := NewClassifierTrainer(net, im, labels, ClassifierConfig{}); err == nil || !strings.Contains(err.Error(), "missing pixels cannot be trained on") {
		t.Errorf("NewClassifierTrainer: %v", err)
	}
	pooling, err := New("M F2 G3", net.arch.Input, Init{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `"M F2 G3" pools pixels before its first mixture`
	if _, err := pooling.Evaluate(context.Background(), im, 1); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Evaluate: %v", err)
	}
	if _, err := pooling.Inpaint(context.Background(), im, Inpainting{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Inpaint: %v", err)
	}
}
