package dcgmm

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var heatArchs = []string{"F3/2p G4 M3/2 F2 G5", "F3/2x1 A4:2 U M F2 G3", "M2 F3/1 G5 M F2x1/1 I3", "F9x8 G3"}

// Means over positions are the scores of images.
func TestPositionScoresAverageToScores(t *testing.T) {
	in := Shape{H: 9, W: 8, C: 2}
	im, _ := randomImages(70, in, 3)
	for _, arch := range []string{"F3x2/2 G4 F2 G5", "F3/2p A4:2 T2 M F2 G3", "F9x8 G3"} {
		net := scrambledOf(t, arch, in)
		ev := mustEvaluate(t, net, im)
		for layer, l := range net.layers {
			one, err := net.PositionScores(context.Background(), im, layer, 1)
			if err != nil {
				t.Fatal(err)
			}
			many, err := net.PositionScores(context.Background(), im, layer, 3)
			if err != nil || !slices.Equal(one, many) || len(one) != 70*l.P() {
				t.Fatalf("%s: %d and %d values, %v", arch, len(one), len(many), err)
			}
			for i := range 70 {
				mean := 0.0
				for _, v := range one[i*l.P():][:l.P()] {
					mean += float64(v) / float64(l.P())
				}
				if want := ev.Layers[layer].LSE[i]; math.Abs(mean-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s, layer %d, image %d: mean %v, score %v", arch, layer, i, mean, want)
				}
			}
		}
	}
}

func mustEvaluate(t *testing.T, net *Network, im Images) *Evaluation {
	t.Helper()
	ev, err := net.Evaluate(context.Background(), im, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// A pixel that is changed changes positions that see it and no others: in the first mixture all of them, above some.
func TestReceptiveFields(t *testing.T) {
	in := Shape{H: 9, W: 8, C: 2}
	ctx := context.Background()
	for _, arch := range heatArchs {
		net := scrambledOf(t, arch, in)
		im, _ := randomImages(1, in, 5)
		for layer, l := range net.layers {
			before, err := net.PositionScores(ctx, im, layer, 0)
			if err != nil {
				t.Fatal(err)
			}
			rows, cols := net.receptiveField(layer)
			changes := 0
			for pixel := range in.H * in.W {
				other := Images{Shape: in, Pix: slices.Clone(im.Pix)}
				other.Pix[2*pixel] ^= 255
				other.Pix[2*pixel+1] ^= 255
				after, err := net.PositionScores(ctx, other, layer, 0)
				if err != nil {
					t.Fatal(err)
				}
				y, x := pixel/in.W, pixel%in.W
				for pos := range l.P() {
					r, c := rows[pos/l.Out.W], cols[pos%l.Out.W]
					sees := r.first <= y && y < r.end && c.first <= x && x < c.end
					changed := before[pos] != after[pos]
					if changed && !sees || sees && !changed && layer == 0 && len(l.Pools) == 0 {
						t.Errorf("%s, layer %d: position %d of %v sees rows %v, columns %v; pixel %d, %d changed it: %t", arch, layer, pos, l.Out, r, c, y, x, changed)
					}
					if changed {
						changes++
					}
				}
			}
			if changes < in.H*in.W/4 {
				t.Errorf("%s, layer %d: only %d changes", arch, layer, changes)
			}
		}
	}
}

// By hand: 1×3 positions of width 2 and stride 1 over 4 pixels.
func TestSpreadAveragesByCoverage(t *testing.T) {
	net := scrambledOf(t, "F1x2 G3", Shape{H: 1, W: 4, C: 1})
	got := make([]float32, 4)
	net.newSpreader(0).spread(got, func(pos int) float64 { return []float64{4, 8, 0}[pos] })
	if want := []float32{4, 6, 4, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// By hand: median and 5 % quantile of 21 values; what all agree on has a share of the mean unit.
func TestUsualByHand(t *testing.T) {
	var values []float32
	for i := range 21 {
		values = append(values, float32(-3*i), 7)
	}
	u := newUsual(values, 2)
	if want := (Usual{[]float32{-30, 7}, []float32{27, 1.35}}); !reflect.DeepEqual(u, want) {
		t.Errorf("%v, want %v", u, want)
	}
	if got := u.below(0, -57); got != 1 {
		t.Errorf("the 5 %% quantile is %v units below", got)
	}
	if got := newUsual([]float32{2, 2, 2}, 1); !reflect.DeepEqual(got, Usual{[]float32{2}, []float32{1}}) {
		t.Errorf("of equal values %v", got)
	}
}

// gratings are noisy stripes of random phase.
func gratings(n int, in Shape, seed uint64) Images {
	r := rand.New(rand.NewPCG(seed, 1))
	im := Images{Shape: in}
	for range n {
		phase := 12 * r.Float64()
		for i := range in.Size() {
			v := 110 + 50*math.Sin(float64(i/in.C%in.W)+phase) + 8*r.NormFloat64()
			im.Pix = append(im.Pix, uint8(max(0, min(255, v))))
		}
	}
	return im
}

// A bright square is where the map is highest, in every layer that has places; elsewhere it is as usual.
func TestHeatPeaksAtThePlantedSquare(t *testing.T) {
	in, ctx := Shape{H: 16, W: 20, C: 1}, context.Background()
	net, err := New("F4/2 G9 F3/2 G9 F2 G4", in, Init{Seed: 1, MaxPrecRoot: 8})
	if err != nil {
		t.Fatal(err)
	}
	if err := net.Fit(ctx, gratings(300, in, 1), Config{Epochs: 20, BatchSize: 20, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	usual, err := FitUsual(ctx, net, gratings(200, in, 2), 0)
	if err != nil {
		t.Fatal(err)
	}
	im := gratings(12, in, 3)
	corner := func(i int) (y, x int) { return i % 4 * 4, i % 5 * 4 }
	for i := range 12 {
		y0, x0 := corner(i)
		for y := range 4 {
			for x := range 4 {
				im.Pix[i*in.Size()+(y0+y)*in.W+x0+x] = 250
			}
		}
	}
	margin := []int{3, 7} // of the fields that see the square, beyond it
	near := []int{1, 7}   // of the peak
	for layer := range margin {
		heat, err := net.Heat(ctx, im, layer, usual, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			one := heat[i*in.Size():][:in.Size()]
			peak := slices.Index(one, slices.Max(one))
			y, x := peak/in.W, peak%in.W
			y0, x0 := corner(i)
			if m := near[layer]; y < y0-m || y >= y0+4+m || x < x0-m || x >= x0+4+m {
				t.Errorf("layer %d, image %d: the square is at %d, %d, the peak at %d, %d", layer, i, y0, x0, y, x)
			}
			if layer == 0 && slices.Max(one) < 5 {
				t.Errorf("image %d: the square has a heat of %v", i, slices.Max(one))
			}
			far, n := 0.0, 0
			for p, v := range one {
				if m := margin[layer]; p/in.W < y0-m || p/in.W >= y0+4+m || p%in.W < x0-m || p%in.W >= x0+4+m {
					far, n = far+float64(v), n+1
				}
			}
			if n > 0 && math.Abs(far/float64(n)) > 1 {
				t.Errorf("layer %d, image %d: elsewhere the heat is %v", layer, i, far/float64(n))
			}
		}
	}
}

// The scorer of a checkpoint says what is usual, with values for each position of the layers that are small enough.
func TestUsualIsKeptInCheckpoints(t *testing.T) {
	net, text := calibrated(t)
	im, _ := randomImages(3, net.Input(), 8)
	ck, err := Load(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want, err := net.Heat(context.Background(), im, 0, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ck.Network.Heat(context.Background(), im, 0, nil, 3); err != nil || !slices.Equal(got, want) {
		t.Errorf("a loaded network says something else: %v", err)
	}
	type object = map[string]any
	layer := func(c object) object { return c["Usual"].([]any)[0].(object) }
	for want, change := range map[string]func(c object){
		"usual log-likelihoods of 1 layers, not 2":         func(c object) { c["Usual"] = c["Usual"].([]any)[1:] },
		"of 19 and 20 positions of layer 1, not 20":        func(c object) { layer(c)["Median"] = layer(c)["Median"].([]any)[1:] },
		"of layer 1 is not finite, or has no unit":         func(c object) { layer(c)["Unit"].([]any)[4] = 0 },
		"a calibration with a distance of codes of -1":     func(c object) { c["CodeUnit"] = -1 },
		"a calibration with a distance of codes of 1e+300": func(c object) { c["CodeUnit"] = 1e300 },
	} {
		bad := withHeader(t, text, func(h map[string]any) { change(h["Scorer"].(object)["Calibration"].(object)) })
		if ck, err := Load(bytes.NewReader(bad)); err == nil || ck != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	before := withHeader(t, text, func(h map[string]any) {
		delete(h["Scorer"].(object)["Calibration"].(object), "Usual")
		delete(h["Scorer"].(object)["Calibration"].(object), "CodeUnit")
	})
	ck, err = Load(bytes.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	if heat, err := ck.Network.Heat(context.Background(), im, 0, nil, 0); err == nil || heat != nil || !strings.Contains(err.Error(), "nothing is known of what is usual") {
		t.Errorf("a calibration of before: %v", err)
	}
}

func TestUsualOfLargeMaps(t *testing.T) {
	for arch, want := range map[string][]int{"F2 G2 F2/1 G2 F62 G3": {63 * 63, 1, 1}, "F2 G2 M F2 G3 F31 G2": {63 * 63, 1, 1}, "F2/2 G2 F8 G3 F25 G2": {32 * 32, 25 * 25, 1}} {
		net := scrambledOf(t, arch, Shape{H: 64, W: 64, C: 1})
		if got := usualSizes(net.arch); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", arch, got, want)
		}
	}
	net := scrambledOf(t, "F2 G2 F2 G2 F62 G3", Shape{H: 64, W: 64, C: 1})
	im, _ := randomImages(3, net.Input(), 8)
	usual, err := FitUsual(context.Background(), net, im, 0)
	if err != nil {
		t.Fatal(err)
	}
	heat, err := net.Heat(context.Background(), im, 1, usual, 0)
	if err != nil || len(heat) != 3*64*64 || !finite(heat) {
		t.Errorf("%d values, %v", len(heat), err)
	}
	mustPanic(t, "usual log-likelihoods of 2 layers, not 3", func() { _, _ = net.Heat(context.Background(), im, 1, usual[1:], 0) })
	mustPanic(t, "layer 3 of a network of 3 layers", func() { _, _ = net.Heat(context.Background(), im, 3, usual, 0) })
}
