package dcgmm

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// patchesAgain are patches of position 1 that a round draws, given an image and a signal.
func patchesAgain(net *Network, image, signal []float32, beta float64, count int) (patches [][]float32) {
	pl := net.layers[0]
	d := net.newDrawer(Sampling{Top: 1, Noise: []float64{0}})
	d.rng = rand.New(rand.NewPCG(7, 1))
	again := newRedrawer(d, 0)
	again.image, again.beta = region{shape: pl.In, n: 1, v: image}, beta
	for range count {
		patch := make([]float32, pl.D())
		again.patch(patch, 0, 1, signal)
		patches = append(patches, patch)
	}
	return patches
}

// P(k) ∝ signal_k·p(x|k)^β, in float64 by the definition.
func TestComponentsAreDrawnAgainBySignalAndImage(t *testing.T) {
	net, err := New("F1x2/1x1 G3", Shape{H: 1, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	g := net.Layer(0)
	copy(g.Mu, []float32{0.1, 0.9, 0.4, 0.5, 0.8, 0.2})
	copy(g.PrecRoot, []float32{3, 2, 2.5, 4, 2, 3})
	copy(g.Logits, []float32{0, 1, -2}) // they have no part in it
	net.Refresh()
	image, signal := []float32{7, 0.45, 0.6}, []float32{0.5, 0.2, 0.8}
	const n = 20_000
	for _, beta := range []float64{0, 0.5, 1, 3} {
		want, sum := make([]float64, 3), 0.0
		for k := range want {
			log := math.Log(float64(signal[k]))
			for d := range 2 {
				s, mu := float64(g.PrecRoot[2*k+d]), float64(g.Mu[2*k+d])
				log += beta * (math.Log(s) - math.Pow(s*(float64(image[1+d])-mu), 2)/2)
			}
			want[k] = math.Exp(log)
			sum += want[k]
		}
		got := make([]float64, 3)
		for _, p := range patchesAgain(net, image, signal, beta, n) {
			k := slices.IndexFunc([]int{0, 1, 2}, func(k int) bool { return slices.Equal(p, g.Mu[2*k:][:2]) })
			got[k] += 1.0 / n
		}
		for k, v := range got {
			p := want[k] / sum
			if math.Abs(v-p) > 5*math.Sqrt(p*(1-p)/n) {
				t.Errorf("β = %v: component %d drawn with %v, want %v", beta, k, v, p)
			}
		}
	}
}

// Factors are those that the layer above asks for; where it asks for none, those of the image.
func TestFactorsOfRounds(t *testing.T) {
	net, err := New("F1x2/1x1 A1:1 U F1x2 A1:1", Shape{H: 1, W: 3, C: 1}, Init{MaxPrecRoot: 1000})
	if err != nil {
		t.Fatal(err)
	}
	g := net.Layer(0)
	copy(g.Mu, []float32{0.5, 0.5})
	copy(g.PrecRoot, []float32{100, 100})
	copy(g.Factors, []float32{30, 40}) // in pixels (0.3, 0.4), of length 0.5
	net.Refresh()
	image := []float32{7, 0.8, 0.9}
	for _, c := range []struct{ signal, want []float32 }{
		{[]float32{1, 0.25}, []float32{0.5 + 0.25*0.6, 0.5 + 0.25*0.8}},
		{[]float32{0, 0}, image[1:]}, // in the span: the posterior mean, but for the prior's share of 1/(1 + 2500)
	} {
		got := patchesAgain(net, image, c.signal, 1, 1)[0]
		for d, v := range got {
			if math.Abs(float64(v-c.want[d])) > 1e-3 {
				t.Errorf("signal %v: patch %v, want %v", c.signal, got, c.want)
			}
		}
	}
}

// Rounds make patches agree: what overlapping prototypes say of a pixel comes closer to the average of them.
func TestRoundsMakePatchesAgree(t *testing.T) {
	const arch = "F4/2 G8 F3 G4"
	in := Shape{H: 8, W: 8, C: 1}
	net := scrambledOf(t, arch, in)
	for i := range net.Layer(0).PrecRoot {
		net.Layer(0).PrecRoot[i] = 5
	}
	net.Refresh()
	likelihood := func(c Sampling) float64 {
		values := mustSample(t, net, 1, 0, 64, c)
		im := Images{Shape: in, Pix: make([]uint8, len(values))}
		for i, v := range values {
			im.Pix[i] = uint8(v*255 + 0.5)
		}
		e, err := net.Evaluate(context.Background(), im, 1)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range e.Layers[0].LSE {
			sum += float64(v)
		}
		return sum
	}
	before := likelihood(Sampling{Seed: 1, Noise: []float64{0}})
	after := likelihood(Sampling{Seed: 1, Noise: []float64{0}, Redraw: []float64{1, 4, 16}})
	if !(after > before) {
		t.Errorf("log-likelihood of patches %v after rounds, %v before", after, before)
	}
}

// Where no patches overlap there is nothing to agree on, and rounds change nothing.
func TestRoundsDoNothingWithoutOverlap(t *testing.T) {
	net := scrambledOf(t, "F4/4 A3:2 U F2 A3:2", Shape{H: 8, W: 8, C: 1})
	want := mustSample(t, net, 1, 0, 8, Sampling{Seed: 1})
	if !slices.Equal(mustSample(t, net, 1, 0, 8, Sampling{Seed: 1, Redraw: []float64{1, 2}}), want) {
		t.Error("rounds change patches that do not overlap")
	}
}
