package dcgmm

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// By hand: two layers of 4 and 1 positions, two training images, one that is seen.
func TestScoresOfEvaluationsByHand(t *testing.T) {
	net, err := New("F1 G2 F2 G3", Shape{H: 2, W: 2, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	layer := func(mean, min, tail []float64) LayerScores {
		return LayerScores{LSE: mean, Min: min, Tail: tail}
	}
	train := &Evaluation{Layers: []LayerScores{layer([]float64{1, 3}, nil, []float64{0, 2}), layer([]float64{10, 14}, nil, []float64{10, 14})}}
	seen := &Evaluation{Layers: []LayerScores{layer([]float64{0}, []float64{-7}, []float64{-2}), layer([]float64{16}, []float64{16}, []float64{16})}}
	s := &Scorer{net: net}
	s.combine(net.columnsOf(train))
	want := map[string]float64{"top": 16, "layer 1": 0, "layer 1 min": -7, "layer 1 tail": -2, "sum": 16, "combined": -2 + 2, "combined tail": -3 + 2, "weakest": -2,
		"weighted": (-2 + 2 - 3) / (3 + 1e-3)} // all say the same of the training images: equal weights
	got := s.ofEvaluation(seen)
	for _, s := range got {
		if v, ok := want[s.Name]; !ok || len(s.Values) != 1 || math.Abs(s.Values[0]-v) > 1e-9 {
			t.Errorf("%s: %v, want %v", s.Name, s.Values, v)
		}
		delete(want, s.Name)
	}
	if len(want) > 0 || got[0].Name != TopScore {
		t.Errorf("not computed: %v; first is %q", want, got[0].Name)
	}
}

func mustFitScorer(t *testing.T, net *Network, im Images, workers int) *Scorer {
	t.Helper()
	s, _, err := FitScorer(context.Background(), net, im, workers)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func allScores(t *testing.T, s *Scorer, im Images, workers int) []Score {
	t.Helper()
	scores, _, err := s.Score(context.Background(), im, workers)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range scores {
		if len(v.Values) != im.Len() || !finite(v.Values) {
			t.Fatalf("%s: %d values of %d images, or not finite", v.Name, len(v.Values), im.Len())
		}
	}
	return scores
}

func scoreNamed(t *testing.T, all []Score, name string) []float64 {
	t.Helper()
	i := slices.IndexFunc(all, func(s Score) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no score %q", name)
	}
	return all[i].Values
}

// sameScores reports whether two lists agree to the bit.
func sameScores(a, b []Score) bool {
	return slices.EqualFunc(a, b, func(a, b Score) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) })
}

// scrambledOf is a network with random parameters.
func scrambledOf(t testing.TB, arch string, in Shape) *Network {
	t.Helper()
	net, err := New(arch, in, Init{Seed: 3, MaxPrecRoot: 8})
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{}
	for range net.Layers() {
		o.layers = append(o.layers, &oracleLayer{})
	}
	scramble(net, o, 4)
	return net
}

func TestScorerDoesNotDependOnWorkersOrNeighbours(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 2}
	im, _ := randomImages(150, in, 5)
	for _, arch := range []string{"F3/1 A3:2 T2 U M F2x3 A4:1", "F6x7 A4:2", "F3/1p G5 M F2 I3"} {
		net := scrambledOf(t, arch, in)
		one := allScores(t, mustFitScorer(t, net, im, 1), im, 1)
		s := mustFitScorer(t, net, im, 3)
		if !sameScores(one, allScores(t, s, im, 3)) {
			t.Errorf("%s: scores depend on the workers", arch)
		}
		for _, i := range []int{0, 77, 149} {
			alone := allScores(t, s, Images{Shape: in, Pix: im.Pix[i*in.Size():][:in.Size()]}, 1)
			for j, v := range alone {
				if v.Values[0] != one[j].Values[i] {
					t.Errorf("%s: %s of image %d alone is %v, among others %v", arch, v.Name, i, v.Values[0], one[j].Values[i])
				}
			}
		}
	}
}

// Scores are kept by a checkpoint to the bit, beside a classifier and an optimizer's averages.
func TestScorerIsKeptInCheckpoints(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 1}
	im, _ := randomImages(60, in, 8)
	for _, arch := range []string{"F3/1 A3:2 T2 M F2x3 G4", "F6x7 G3"} {
		net := scrambledOf(t, arch, in)
		tr, err := NewTrainer(net, im, Config{Epochs: 1, BatchSize: 20, Optimizer: Adam})
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := NewClassifierTrainer(net, im, make([]uint8, im.Len()), ClassifierConfig{Layer: net.Layers() - 1, Classes: 2}); err != nil {
			t.Fatal(err)
		}
		var old bytes.Buffer
		if err := net.Save(&old); err != nil {
			t.Fatal(err)
		}
		if old.Bytes()[8] != plainVersion {
			t.Errorf("a network without scorer has version %d", old.Bytes()[8])
		}
		if ck, err := Load(&old); err != nil || ck.Network.Scorer() != nil {
			t.Errorf("without scorer: %v", err)
		}
		s := mustFitScorer(t, net, im, 0)
		net.SetScorer(s)
		want := allScores(t, s, im, 0)
		var b, again bytes.Buffer
		if err := tr.Save(&b); err != nil {
			t.Fatal(err)
		}
		ck, err := Load(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if !sameScores(want, allScores(t, ck.Network.Scorer(), im, 0)) {
			t.Errorf("%s: a loaded scorer gives other scores", arch)
		}
		resumed, err := ck.Resume(im, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := resumed.Save(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: loaded and saved, the checkpoint is another: %v", arch, err)
		}
		mustPanic(t, "fitted to another network", func() { net.SetScorer(ck.Network.Scorer()) })
	}
}

func TestDamagedScorersAreRefused(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 1}
	im, _ := randomImages(60, in, 8)
	net := scrambledOf(t, "F3/1 G3 F4x5 G4", in)
	net.SetScorer(mustFitScorer(t, net, im, 0))
	var b bytes.Buffer
	if err := net.Save(&b); err != nil {
		t.Fatal(err)
	}
	last := bytes.Clone(b.Bytes())
	copy(last[len(last)-8:], []byte{0, 0, 0xc0, 0x7f})
	if _, err := Load(bytes.NewReader(resealed(last))); err == nil || !strings.Contains(err.Error(), "a direction of its scorer is not finite") {
		t.Errorf("NaN: %v", err)
	}
	type object = map[string]any
	for want, change := range map[string]func(s object){
		"combinations are not for 2 layers": func(s object) { delete(s, "Combined") },
		`is "weakest", not "sum"`:           func(s object) { s["Tails"].(object)["Rule"] = "weakest" },
		"2 means, 2 deviations and 2 weights of 3": func(s object) {
			s["Weighted"] = s["Combined"]
			s["Weighted"].(object)["Rule"] = "weighted"
			s["Combined"] = s["Tails"]
		},
		"a deviation is 0":                             func(s object) { s["Weakest"].(object)["Deviation"] = []float64{1, 0} },
		"a deviation is -1":                            func(s object) { s["Corrected"].(object)["corrected weakest"].(object)["Deviation"] = []float64{-1} },
		`the score "corrected" of its scorer: 0 means`: func(s object) { s["Corrected"].(object)["corrected"].(object)["Mean"] = nil },
		`with the score "corrected": false`:            func(s object) { delete(s, "Corrected") },
		"a pathway of 2 maps, not 3":                   func(s object) { s["Pathway"] = s["Pathway"].([]any)[1:] },
		"1 offsets of":                                 func(s object) { s["Pathway"].([]any)[2].(object)["Offset"] = []float64{1} },
		"a variance of the pathway score is 0":         func(s object) { s["Pathway"].([]any)[0].(object)["Variance"].([]any)[1] = 0 },
		"checkpoint is truncated": func(s object) {
			w := s["Pathway"].([]any)[0].(object)
			w["Variance"] = append(w["Variance"].([]any), 1)
			w["Offset"] = append(w["Offset"].([]any), 1)
		},
		"1 corrections that are not known": func(s object) { s["Corrected"].(object)["corrected twice"] = s["Corrected"].(object)["corrected"] },
		"unknown field":                    func(s object) { s["Offsets"] = 1 },
		"checkpoint is damaged: its checksum does not": func(s object) {
			w := s["Pathway"].([]any)[2].(object)
			w["Variance"] = w["Variance"].([]any)[1:]
			w["Offset"] = w["Offset"].([]any)[1:]
		},
	} {
		text := withHeader(t, b.Bytes(), func(h map[string]any) { change(h["Scorer"].(object)) })
		if ck, err := Load(bytes.NewReader(text)); err == nil || ck != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Likelihoods prefer plain images; the corrected score knows how likely such a plain image would have to be.
func TestPlainOutliersFallByTheCorrection(t *testing.T) {
	in := Shape{H: 8, W: 8, C: 1}
	r := rand.New(rand.NewPCG(6, 7))
	textures := func(n int) Images {
		im := Images{Shape: in}
		for range n {
			contrast := 40 + 60*r.Float64()
			for range in.Size() {
				im.Pix = append(im.Pix, uint8(128+contrast*(2*r.Float64()-1)))
			}
		}
		return im
	}
	train, inliers := textures(400), textures(100)
	plain := Images{Shape: in, Pix: bytes.Repeat([]byte{128}, 20*in.Size())}
	for _, arch := range []string{"F8 G4", "F4 G5 F2 G4"} {
		net, err := New(arch, in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := net.Fit(context.Background(), train, Config{Epochs: 10, BatchSize: 20}); err != nil {
			t.Fatal(err)
		}
		s := mustFitScorer(t, net, train, 0)
		in, out := allScores(t, s, inliers, 0), allScores(t, s, plain, 0)
		if arch == "F8 G4" { // the log-likelihood of pixels
			if top, best := scoreNamed(t, out, TopScore), slices.Max(scoreNamed(t, in, TopScore)); top[0] <= best {
				t.Errorf("%s: plain images have a log-likelihood of %v, inliers up to %v: nothing to correct", arch, top[0], best)
			}
			if top, least := scoreNamed(t, out, CorrectedScore), slices.Min(scoreNamed(t, in, CorrectedScore)); top[0] >= least {
				t.Errorf("%s: corrected, plain images have %v, inliers from %v", arch, top[0], least)
			}
		}
	}
}

// A set of equal, plain images has no spread in anything.
func TestEqualImagesHaveFiniteScores(t *testing.T) {
	in := Shape{H: 6, W: 6, C: 1}
	equal := Images{Shape: in, Pix: make([]uint8, 5*in.Size())}
	other, _ := randomImages(5, in, 3)
	for _, arch := range []string{"F6 A3:2", "F3/1 G3 M F2 G2"} {
		net := scrambledOf(t, arch, in)
		s := mustFitScorer(t, net, equal, 0)
		allScores(t, s, equal, 0)
		allScores(t, s, other, 0)
	}
}

// What is missing does not count: whatever its pixels are, all scores are the same.
func TestScorerLeavesMissingPixelsOut(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 2}
	im, _ := randomImages(40, in, 5)
	net := scrambledOf(t, "F3/1 A3:2 M F2x3 G4", in)
	s := mustFitScorer(t, net, im, 0)
	some := Images{Shape: in, Pix: bytes.Clone(im.Pix), Missing: make([]bool, 42)}
	for i := range 14 {
		some.Missing[3*i] = true
	}
	before := allScores(t, s, some, 0)
	for i := range some.Pix {
		if some.Missing[i/2%42] {
			some.Pix[i] = 255 - some.Pix[i]
		}
	}
	if !sameScores(before, allScores(t, s, some, 0)) {
		t.Error("missing pixels count")
	}
	each := Images{Shape: in, Pix: im.Pix, Missing: slices.Repeat(some.Missing, im.Len())}
	if !sameScores(before, allScores(t, s, each, 0)) {
		t.Error("a mask for each image gives other scores than one for all")
	}
}
