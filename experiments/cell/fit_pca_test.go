package cell

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/eval"
)

// The mixture of package eval and a network of factor analysers are written independently of each other; they must
// give the same log-likelihoods of whole images, and the same clusters.
func TestAnalysersGiveTheLikelihoodsOfPCA(t *testing.T) {
	t.Parallel()
	ctx, set := context.Background(), glyphs().Train
	fit, err := eval.FitPCAGMM(ctx, matrix(set), eval.PCAGMMConfig{K: 12, Dims: 9, MaxIter: 5}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	ev, err := flatPCA{&fit.PCAGMM, images(set).Shape}.network().Evaluate(ctx, images(glyphs().Test), 0)
	if err != nil {
		t.Fatal(err)
	}
	s := fit.Evaluate(matrix(glyphs().Test), 0)
	for i, want := range s.LogProb {
		if got := ev.Layers[0].LSE[i]; math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
			t.Fatalf("image %d: log-likelihood %v, want %v", i, got, want)
		}
		if ev.Cluster[i] != s.Component[i] {
			t.Errorf("image %d: cluster %d, want %d", i, ev.Cluster[i], s.Component[i])
		}
	}
}

// An experiment that leaves a class out fits space and components to the others alone.
func TestLeftOutClassIsUnknownToPCA(t *testing.T) {
	t.Parallel()
	changed := *glyphs()
	train := *changed.Train
	train.Pix = slices.Clone(train.Pix)
	size := train.H * train.W * train.C
	r := rand.New(rand.NewPCG(7, 8))
	for i, label := range train.Labels {
		if label == 1 {
			for j := range size {
				train.Pix[i*size+j] = uint8(r.Uint32())
			}
		}
	}
	changed.Train = &train
	on := func(data *dataset.Data, leaveOut int) string {
		return comparable(t, runOn(t, data, spec(PCA, leaveOut), Options{}))
	}
	if on(glyphs(), 1) != on(&changed, 1) {
		t.Error("training images of the class that is left out change the model")
	}
	if on(glyphs(), 2) == on(&changed, 2) {
		t.Error("training images of a known class do not change the model")
	}
}

// Outliers are told by the projection; the likelihood is that of all pixels.
func TestScoresOfPCA(t *testing.T) {
	t.Parallel()
	r := run(t, spec(PCA, 1), Options{})
	var names []string
	for _, o := range r.Outliers {
		names = append(names, o.Score)
	}
	if !slices.Equal(names, []string{MainScore, WholeImageScore, "corrected"}) || r.Outliers[0].AUC == r.Outliers[1].AUC {
		t.Errorf("outliers %v", names)
	}
	set := glyphs()
	inliers := set.Train.WithoutClass(1)
	m := r.Spec.Model
	fit, err := eval.FitPCAGMM(context.Background(), matrix(inliers), eval.PCAGMMConfig{Dims: m.Dims, K: m.K, Floor: m.Floor, MaxIter: m.MaxIter}, r.Spec.flatRand())
	if err != nil {
		t.Fatal(err)
	}
	known, mean := set.Test.WithoutClass(1), 0.
	for _, v := range fit.Evaluate(matrix(known), 0).LogProb {
		mean += v / float64(known.N)
	}
	if math.Abs(*r.LogLik-mean) > 1e-9*math.Abs(mean) {
		t.Errorf("log-likelihood %v, want %v", *r.LogLik, mean)
	}
	if r.Params != fit.Params() || r.Layers[0].K != m.K {
		t.Errorf("%d parameters, %+v", r.Params, r.Layers)
	}
}

// A network is kept of what is sampled only.
func TestPCANetworkIsKept(t *testing.T) {
	t.Parallel()
	for leaveOut, want := range map[int]bool{NoClass: true, 1: false} {
		st, s := &Store{Dir: t.TempDir()}, spec(PCA, leaveOut)
		run(t, s, Options{Store: st})
		if _, err := os.Stat(st.NetworkPath(s.Key(glyphs()))); (err == nil) != want {
			t.Errorf("class %d left out: %v", leaveOut, err)
		}
	}
	s := spec(PCA, NoClass)
	s.Model.Dims = 14 * 14
	if _, _, err := Run(context.Background(), s, glyphs(), Options{}); err == nil || !strings.Contains(err.Error(), "lower Dims") {
		t.Errorf("no axis for the noise: %v", err)
	}
}
