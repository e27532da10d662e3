package dcgmm

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
)

// What a caller got wrong panics with a name, not with what the run-time says of an index.
func TestCallersBugsAreNamed(t *testing.T) {
	in, ctx := Shape{H: 4, W: 4, C: 1}, context.Background()
	net, err := New("F2/2 G3 F2 G2", in, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(3, in, 1)
	ct, err := NewClassifierTrainer(net, im, []uint8{0, 1, 0}, ClassifierConfig{})
	if err != nil {
		t.Fatal(err)
	}
	masked := func(pixels int) Images { return Images{Shape: in, Pix: im.Pix, Missing: make([]bool, pixels)} }
	unmade := "not made by New"
	for _, c := range []struct {
		want string
		call func()
	}{
		{"NewNeighbourhood: -1 components", func() { NewNeighbourhood(-1) }},
		{"NewNeighbourhood: 0 components", func() { NewNeighbourhood(0) }},
		{"NewNeighbourhood: 9223372036854775807 components", func() { NewNeighbourhood(math.MaxInt) }},
		{"Neighbourhood.At: components 9 and 0 of 4", func() { NewNeighbourhood(4).At(9, 0) }},
		{"Neighbourhood.At: components 0 and 4 of 4", func() { NewNeighbourhood(4).At(0, 4) }},
		{"Neighbourhood.At: components -1 and 0 of 4", func() { NewNeighbourhood(4).At(-1, 0) }},
		{"Neighbourhood.At: components 0 and 0 of 0", func() { new(Neighbourhood).At(0, 0) }},
		{"Neighbourhood.SetWidth: a width of -1", func() { NewNeighbourhood(4).SetWidth(-1) }},
		{"Neighbourhood.SetWidth: a width of NaN", func() { NewNeighbourhood(4).SetWidth(math.NaN()) }},
		{"Layer: layer 5 of a network of 2 layers", func() { net.Layer(5) }},
		{"Layer: layer -1 of a network of 2 layers", func() { net.Layer(-1) }},
		{"LogScores: layer 2 of a network of 2 layers", func() { _, _ = net.LogScores(ctx, im, 2, 1) }},
		{"Responsibilities: layer 2 of a network of 2 layers", func() { _, _ = net.Responsibilities(ctx, im, 2, 1) }},
		{"GMM.Weights: set 1 of 1", func() { net.Layer(0).Weights(1) }},
		{"GMM.Weights: set -1 of 1", func() { net.Layer(0).Weights(-1) }},
		{"Roughness: the mask has 17 pixels", func() { Roughness(masked(17)) }},
		{"Roughness: the mask has 0 pixels", func() { Roughness(masked(0)) }},
		{"Roughness: 47 bytes of pixels are no whole number of 4×4×1 images", func() { Roughness(Images{Shape: in, Pix: im.Pix[:47]}) }},
		{"Roughness: no images", func() { Roughness(Images{Shape: in}) }},
		{"Read: index 3 of 3 images", func() { _ = im.Source().Read(ctx, make([]uint8, 16), []int{3}) }},
		{"Read: index -1 of 3 images", func() { _ = im.Source().Read(ctx, make([]uint8, 16), []int{-1}) }},
		{"Read: 15 values for 1 images of 16", func() { _ = im.Source().Read(ctx, make([]uint8, 15), []int{0}) }},
		{"ClassifierTrainer.Learn: index 3 of 3 images", func() { ct.Learn([]int32{0, 3}) }},
		{"Propose: 0 images of 4×4×1", func() { Propose(in, 0) }},
		{"Propose: image shape 200000×1×1: every size must be between 1 and 65536", func() { Propose(Shape{H: 200000, W: 1, C: 1}, 100) }},
		{"Propose: image shape 1×4294967296×1: every size", func() { Propose(Shape{H: 1, W: 1 << 32, C: 1}, 100) }},
		{"Propose: image shape: a map of 65536×65536×1 has", func() { Propose(Shape{H: 65536, W: 65536, C: 1}, 100) }},
		{"Network: " + unmade, func() { _ = new(Network).Save(new(bytes.Buffer)) }},
		{"Network: " + unmade, func() { new(Network).UpperPrecRoot() }},
		{"Trainer: " + unmade, func() { new(Trainer).Steps() }},
		{"Trainer: " + unmade, func() { new(Trainer).Planned() }},
		{"Trainer: " + unmade, func() { _ = new(Trainer).Run(ctx, nil) }},
		{"Trainer: " + unmade, func() { _ = new(Trainer).Save(new(bytes.Buffer)) }},
		{"Trainer: " + unmade, func() { _ = new(Trainer).EndEarly(im) }},
		{"ClassifierTrainer: " + unmade, func() { _ = new(ClassifierTrainer).Run(ctx, nil) }},
		{"ClassifierTrainer: " + unmade, func() { new(ClassifierTrainer).Learn([]int32{0}) }},
		{"Evaluator: " + strings.Replace(unmade, "New", "NewEvaluator", 1), func() { _, _ = new(Evaluator).Evaluate(im) }},
		{"Scorer: not made by FitScorer", func() { _, _, _ = new(Scorer).Score(ctx, im, 1) }},
		{"Scorer: not made by FitScorer", func() { _ = new(Scorer).Calibrate(ctx, im, false, 1) }},
		{"Scorer: not made by FitScorer", func() { _ = new(Scorer).FitPlaces(ctx, im.Source(), 1) }},
	} {
		mustPanic(t, c.want, c.call)
	}
}

// A part of many images is taken after they are checked: what does not fit is an error there, too.
func TestSpreadImagesThatDoNotFitAreErrors(t *testing.T) {
	in, ctx := Shape{H: 4, W: 4, C: 1}, context.Background()
	net, err := New("F2/2 G3 F2 G2", in, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(calibrationImages+1, in, 1)
	s, _, err := FitScorer(ctx, net, im.spread(50), 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, fit := range map[string]func(im Images) error{
		"FitScorer": func(im Images) error { _, _, err := FitScorer(ctx, net, im, 1); return err },
		"FitUsual":  func(im Images) error { _, err := FitUsual(ctx, net, im, 1); return err },
		"FitPlaces": func(im Images) error { return s.FitPlaces(ctx, im.Source(), 1) },
		"Calibrate": func(im Images) error { return s.Calibrate(ctx, im, false, 1) },
	} {
		for want, bad := range map[string]Images{
			"the mask has 17 pixels":           {Shape: in, Pix: im.Pix, Missing: make([]bool, 17)},
			"bytes of pixels are no whole num": {Shape: in, Pix: im.Pix[1:]},
			"the images are 0×4×1":             {Shape: Shape{W: 4, C: 1}, Pix: im.Pix},
		} {
			if err := fit(bad); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
		}
	}
}

// What New takes is proposed for, however large; a search of all folds would not end.
func TestLargeProposals(t *testing.T) {
	for _, in := range []Shape{{H: 65536, W: 1, C: 1}, {H: 65521, W: 2047, C: 1}, {H: 11585, W: 11583, C: 1}, {H: 1, W: 1, C: 65536}} {
		text := Propose(in, 100)
		if a, err := arch.Parse(text, in); err != nil || a.Top().P() != 1 {
			t.Errorf("%v: %s: %v", in, text, err)
		}
	}
}

// The fold of a side is the best of all: that of a search that leaves none out.
func TestProposedFoldsAreTheBest(t *testing.T) {
	for side := 1; side <= 1000; side += 1 + side/100 {
		want, least := min(float64(side), proposedPatch*math.Sqrt(float64(side)/proposedSide)), math.Inf(1)
		var patch, stride, positions int
		for p := 1; p <= side; p++ {
			for s := 1; s <= p; s++ {
				n := (side-p)/s + 1
				cost := math.Abs(float64(p)-want)/want + math.Abs(float64(n)-proposedMap)/proposedMap
				if (side-p)%s == 0 && cost < least {
					least, patch, stride, positions = cost, p, s, n
				}
			}
		}
		if p, s, n := proposedFold(side); p != patch || s != stride || n != positions {
			t.Errorf("side %d: patch %d, stride %d, %d positions; want %d, %d, %d", side, p, s, n, patch, stride, positions)
		}
	}
}
