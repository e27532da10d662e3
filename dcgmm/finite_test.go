package dcgmm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// use does with a network whatever can be done with it on some images; a result that is not finite is an error of its
// own.
func use(ctx context.Context, net *Network, im Images) error {
	allFinite := func(name string, v []float32) error {
		if !finite(v) {
			return fmt.Errorf("BUG: %s returned values that are not finite", name)
		}
		return nil
	}
	top := net.Layers() - 1
	var errs []error
	note := func(name string, v []float32, err error) {
		errs = append(errs, err, allFinite(name, v))
	}
	ev, err := net.Evaluate(ctx, im, 1)
	errs = append(errs, err)
	if err == nil {
		for _, l := range ev.Layers {
			if !finite(l.Max) || !finite(l.LSE) || !finite(l.Min) || !finite(l.Tail) {
				errs = append(errs, errors.New("BUG: Evaluate returned scores that are not finite"))
			}
		}
	}
	scorer := net.Scorer()
	if scorer == nil {
		scorer, _, err = FitScorer(ctx, net, im, 1)
		errs = append(errs, err)
	}
	if scorer != nil {
		scores, _, err := scorer.Score(ctx, im, 1)
		errs = append(errs, err)
		for _, s := range scores {
			if !finite(s.Values) {
				errs = append(errs, fmt.Errorf("BUG: Scorer returned %s scores that are not finite", s.Name))
			}
			if c := scorer.Calibration; c != nil && !finite([]float64{c.Share(s.Name, s.Values[0]), c.Threshold(s.Name, 0.3)}) {
				errs = append(errs, fmt.Errorf("BUG: the calibration of %s is not finite", s.Name))
			}
		}
	}
	for i := range net.Layers() {
		v, err := net.LogScores(ctx, im, i, 1)
		note("LogScores", v, err)
		v, err = net.Responsibilities(ctx, im, i, 1)
		note("Responsibilities", v, err)
	}
	for _, c := range []Sampling{{}, {Top: 2, Sparse: true}, {Sharpen: []Sharpening{{Iterations: 2, Target: top}}}} {
		v, err := net.Sample(ctx, top, 0, 2, c)
		note("Sample", v, err)
		v, err = net.Vary(ctx, im, top, c)
		note("Vary", v, err)
	}
	s, err := net.Sharpen(ctx, make([]float32, im.Shape.Size()), Sharpening{Iterations: 2, Target: top}, 1)
	errs = append(errs, err)
	if err == nil {
		note("Sharpen", s.Values, nil)
	}
	im.Missing = make([]bool, im.Shape.H*im.Shape.W)
	im.Missing[0] = true
	for _, c := range []Inpainting{{}, {Draw: true}} {
		v, err := net.Inpaint(ctx, im, c)
		note("Inpaint", v, err)
	}
	im.Missing = nil
	if net.Classifier() != nil {
		_, p, err := net.Classify(ctx, im, 1)
		errs = append(errs, err)
		if !finite(p) {
			errs = append(errs, errors.New("BUG: Classify returned probabilities that are not finite"))
		}
	}
	return errors.Join(errs...)
}

// Parameters that are finite but extreme give errors that name their layer, or finite numbers, in whatever is done with
// them.
func TestExtremeParametersGiveErrorsOrFiniteNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	archs := []string{"F3/1 G3 F2 G2", "F3/1 A3:2 T2 S1 M F1 I2", "F4 G3", "F4 A2:3", "F2/1 G3 T.01 F3 G2"}
	in := Shape{H: 4, W: 4, C: 1}
	im, _ := randomImages(3, in, 6)
	extreme := []float32{math.MaxFloat32, -math.MaxFloat32, 1e30, -1e30, 1e19, -1e19, 1e10, 0, 1e-40}
	refused, named := 0, 0
	const all = 300
	for i := range all {
		net, err := New(archs[i%len(archs)], in, Init{Seed: uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range net.layers {
			for kind, p := range l.gmm.family.parameters() {
				v := p.v
				for j := range v {
					if r.IntN(4) == 0 || i%3 == kind {
						v[j] = extreme[r.IntN(len(extreme))]
					}
				}
			}
			for j := range l.gmm.PrecRoot {
				l.gmm.PrecRoot[j] = []float32{1e-6, 1e6, 1}[r.IntN(3)]
			}
		}
		top := net.Layers() - 1
		c := &Classifier{Layer: top, Classes: 2, W: make([]float32, 2*net.layers[top].Out.Size()), Bias: make([]float32, 2)}
		for j := range c.W {
			c.W[j] = extreme[r.IntN(len(extreme))]
		}
		net.classifier = c
		var b bytes.Buffer
		if err := net.Save(&b); err != nil {
			t.Fatal(err)
		}
		ck, err := Load(&b)
		if err != nil {
			t.Fatal(err)
		}
		err = use(context.Background(), ck.Network, im)
		if err == nil {
			continue
		}
		refused++
		var bad *NotFiniteError
		if errors.As(err, &bad) && strings.Contains(err.Error(), fmt.Sprintf("of layer %d (%s) are not finite", bad.Layer+1, bad.Name)) {
			named++
		}
		if strings.Contains(err.Error(), "BUG") {
			t.Fatalf("checkpoint %d, %s: %v", i, net.arch, err)
		}
	}
	if refused < all/2 || named < refused*9/10 {
		t.Errorf("of %d extreme networks %d were refused, %d with the layer's name", all, refused, named)
	}
}

// A weight π too small for a number still has a logarithm: a component that alone explains an image is its winner.
func TestTinyWeightsHaveFiniteScores(t *testing.T) {
	for _, arch := range []string{"F2 G2", "F2 A2:1"} {
		net, err := New(arch, Shape{H: 2, W: 2, C: 1}, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		g := net.Layer(0)
		copy(g.Mu, []float32{1e4, 1e4, 1e4, 1e4, 0, 0, 0, 0})
		for i := range g.PrecRoot {
			g.PrecRoot[i] = 1
		}
		copy(g.Logits, []float32{0, -1000})
		for i := range g.Factors {
			g.Factors[i] = 1e-6
		}
		net.Refresh()
		im := Images{Shape: Shape{H: 2, W: 2, C: 1}, Pix: make([]uint8, 4)}
		for _, missing := range [][]bool{nil, {true, false, false, false}, {true, true, true, true}} {
			im.Missing = missing
			l, err := net.LogScores(context.Background(), im, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			seen := 4.
			for _, gone := range missing {
				if gone {
					seen--
				}
			}
			if want := -1000 - seen*halfLog2Pi; math.Abs(float64(l[1])-want) > 1e-3 {
				t.Errorf("%s: score %v, want %v", arch, l[1], want)
			}
		}
	}
}

// Equal training scores have no spread, however their mean is rounded.
func TestCombinationOfEqualScores(t *testing.T) {
	for n := 1; n < 40; n++ {
		train := make([]float64, n)
		for i := range train {
			train[i] = 0.1
		}
		if z := FitCombination(Sum, [][]float64{train}).Score([][]float64{{0.3}})[0]; math.Abs(z-0.2) > 1e-12 {
			t.Fatalf("%d equal scores: z = %v, want 0.2", n, z)
		}
	}
}

// A stopped context ends what is under way within a row of positions, not at the end of a map.
func TestSamplingOfALargeImageStops(t *testing.T) {
	net, err := New("F8/8 G4", Shape{H: 512, W: 512, C: 1}, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	rows := 0
	r := regionIn(nil, 0, 0, net.layers[0].Out, 1)
	_, err = net.unfold(ctx, 0, r, fills(func([]float32, int, int, []float32) {
		if rows++; rows == 100 {
			stop(errors.New("enough"))
		}
	}), nil)
	if !errors.Is(err, context.Canceled) || rows != 128 {
		t.Errorf("error %v after %d positions of rows of 64", err, rows)
	}
	if _, err := net.Sample(ctx, 0, 0, 1, Sampling{}); err == nil || !strings.Contains(err.Error(), "sampling stopped: enough") {
		t.Errorf("error %v", err)
	}
}

// Sampling an image needs memory for that image and no maps of many.
func TestSampledImageNeedsItsOwnMemory(t *testing.T) {
	in := Shape{H: 1024, W: 1024, C: 1}
	for _, arch := range []string{"F8/8 G4", "F2/2 G16", "M32 F4 G3"} {
		net, err := New(arch, in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []Sampling{{}, {Sparse: true, Choose: Uniform}} {
			size := allocated(func() { _, err = net.Sample(context.Background(), 0, 0, 1, c) })
			if honest := uint64(4 * in.Size()); err != nil || size > honest+honest/3 {
				t.Errorf("%s: %d bytes for an image of %d, error %v", arch, size, honest, err)
			}
		}
	}
}
