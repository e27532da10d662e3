package cell

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"deepgmm/eval"
)

// The flat GMM of package eval and a network of one layer are written independently of each
// other; with the same parameters they must give the same log-likelihoods and clusters.
func TestFlatNetworkGivesTheLikelihoodsOfEM(t *testing.T) {
	t.Parallel()
	ctx, set := context.Background(), glyphs().Train
	fit, err := eval.FitGMM(ctx, matrix(set), eval.GMMConfig{K: 12, RegCovar: 1e-2, MaxIter: 5}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	net := asNetwork(&fit.GMM, images(set).Shape)
	ev, err := net.Evaluate(ctx, images(glyphs().Test), 0)
	if err != nil {
		t.Fatal(err)
	}
	X := matrix(glyphs().Test)
	clusters := fit.Predict(nil, X, 0)
	for i, want := range fit.LogProb(nil, X, 0) {
		if got := ev.Layers[0].LSE[i]; math.Abs(got-want) > 1e-4*math.Abs(want) {
			t.Fatalf("image %d: log-likelihood %v, EM says %v", i, got, want)
		}
		if ev.Cluster[i] != clusters[i] {
			t.Errorf("image %d: cluster %d, EM says %d", i, ev.Cluster[i], clusters[i])
		}
	}
}
