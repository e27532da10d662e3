package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// images are N slopes of 5×7×3 values in [0, 1], with a little noise.
func images(N int, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	X := Matrix{N: N, D: 5 * 7 * 3}
	for range N {
		down, right, tint := r.Float32()/3, r.Float32()/3, r.Float32()/8
		for i := range X.D {
			h, w, c := i/21, i/3%7, i%3
			v := down*float32(h)/5 + right*float32(w)/7 + tint*float32(c) + 0.3 + 0.02*float32(r.NormFloat64())
			X.X = append(X.X, min(max(v, 0), 1))
		}
	}
	return X
}

func evaluatorOf(t *testing.T, workers int) (*GenerativeEvaluator, Matrix) {
	t.Helper()
	all := images(1800, 21)
	cut := 1200 * all.D
	train, test := Matrix{1200, all.D, all.X[:cut]}, Matrix{600, all.D, all.X[cut:]}
	j, err := FitGenerative(context.Background(), train, test,
		GenerativeConfig{H: 5, W: 7, C: 3, Dims: 6, Resamples: 60, MMDRows: 300, Bins: BinsConfig{K: 9}, Workers: workers}, newRand())
	if err != nil {
		t.Fatal(err)
	}
	return j, train
}

func TestEvaluationHasTheSameBitsForAnyWorkers(t *testing.T) {
	fake := images(700, 22)
	var first Generative
	for i, workers := range []int{1, 2, 5} {
		j, _ := evaluatorOf(t, workers)
		got, err := j.Evaluate(context.Background(), fake, newRand())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = got
		} else if !reflect.DeepEqual(got, first) {
			t.Errorf("%d workers: %+v, with one %+v", workers, got, first)
		}
	}
}

// intervals are all metrics of an evaluation, with their names.
func (g Generative) intervals() map[string]Interval {
	return map[string]Interval{
		"Fréchet": g.Frechet, "NDB": g.NDB, "JS": g.JS, "precision": g.Precision, "recall": g.Recall,
		"density": g.Density, "coverage": g.Coverage, "energy": g.Energy, "MMD": g.MMD,
	}
}

func TestRealImagesAreRatedGoodAndNoiseBad(t *testing.T) {
	j, train := evaluatorOf(t, 0)
	r := newRand()
	noise := Matrix{500, train.D, make([]float32, 500*train.D)}
	for i := range noise.X {
		noise.X[i] = r.Float32()
	}
	good, err1 := j.Evaluate(context.Background(), subset(train, 600, r), r)
	bad, err2 := j.Evaluate(context.Background(), noise, r)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for _, c := range []struct {
		name      string
		low, high float64
	}{
		{"Fréchet", 0, 0.1}, {"NDB", 0, 0.34}, {"JS", 0, 0.03}, {"precision", 0.8, 1}, {"recall", 0.8, 1},
		{"density", 0.8, 1.2}, {"coverage", 0.8, 1}, {"energy", 0.9, 1.1}, {"MMD", -0.01, 0.01},
	} {
		v, worse := good.intervals()[c.name], bad.intervals()[c.name]
		if !(v.Low <= v.Mean && v.Mean <= v.High && v.Low >= c.low && v.High <= c.high) {
			t.Errorf("%s of training images is %+v, want within [%v, %v]", c.name, v, c.low, c.high)
		}
		if c.name == "recall" {
			continue // the balls around noise are so large that they hold everything, which is why there is coverage
		}
		if worse.Mean >= c.low && worse.Mean <= c.high {
			t.Errorf("%s of noise is %+v, want outside [%v, %v]", c.name, worse, c.low, c.high)
		}
	}
	if good.N != 600 || good.MMDPValue < 0.01 || bad.MMDPValue > 0.02 {
		t.Errorf("N %d, p-values %v and %v", good.N, good.MMDPValue, bad.MMDPValue)
	}
}

func TestTestImagesAreRatedPerfect(t *testing.T) {
	j, _ := evaluatorOf(t, 0)
	g, err := j.Evaluate(context.Background(), j.Manifold.X, newRand())
	if err != nil {
		t.Fatal(err)
	}
	if g.Frechet.Mean > 1e-9 || g.Precision.Mean != 1 || g.Recall.Mean != 1 || g.Coverage.Mean != 1 || !near(g.Energy.Mean, 1, 1e-12) || g.MMDPValue < 0.05 {
		t.Errorf("%+v", g)
	}
}

func TestGenerativeErrors(t *testing.T) {
	ctx, X := context.Background(), images(40, 23)
	config := GenerativeConfig{H: 5, W: 7, C: 3, Bins: BinsConfig{K: 4}, Resamples: 5}
	for want, change := range map[string]func(c *GenerativeConfig){
		"images of 0×7×3": func(c *GenerativeConfig) { c.H = 0 },
		"must not be":     func(c *GenerativeConfig) { c.Resamples = -1 },
		"nor MMDRows 1":   func(c *GenerativeConfig) { c.MMDRows = 1 },
		"Dims is 106":     func(c *GenerativeConfig) { c.Dims = 106 },
		"K -2":            func(c *GenerativeConfig) { c.Bins.K = -2 },
		"StdFloor is NaN": func(c *GenerativeConfig) { c.Bins.StdFloor = math.NaN() },
		"Level is 1":      func(c *GenerativeConfig) { c.Bins.Level = 1 },
		"lower K":         func(c *GenerativeConfig) { c.Bins.K = 41 },
		"lower k":         func(c *GenerativeConfig) { c.K = 40 },
	} {
		c := config
		change(&c)
		if _, err := FitGenerative(ctx, X, X, c, newRand()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	j, err := FitGenerative(ctx, X, X, config, newRand())
	if err != nil {
		t.Fatal(err)
	}
	odd := Matrix{X.N, X.D, slices.Clone(X.X)}
	odd.X[7] = float32(math.Inf(1))
	for want, fake := range map[string]Matrix{"column 7": odd, "k = 5 neighbours of N = 3 rows": {3, X.D, X.X[:3*X.D]}} {
		if _, err := j.Evaluate(ctx, fake, newRand()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err1 := FitGenerative(ended, X, X, config, newRand())
	if _, err2 := j.Evaluate(ended, X, newRand()); !errors.Is(err1, context.Canceled) || !errors.Is(err2, context.Canceled) {
		t.Errorf("after the end of the context: %v and %v", err1, err2)
	}
}

func TestGenerativePanics(t *testing.T) {
	ctx, X := context.Background(), Matrix{4, 3, []float32{1, 2, 3, 4, 5, 6, 7, 8, 10, 1, 0, 1}}
	wide := Matrix{2, 6, X.X}
	g, err := FitGaussian(ctx, X, 1)
	if err != nil {
		t.Fatal(err)
	}
	for want, call := range map[string]func(){
		"FitPCA: 4 dimensions":                func() { FitPCA(ctx, X, 4, 1) },
		"Project: rows of 6":                  func() { (&PCA{D: 3}).Project(nil, wide, 1) },
		"Frechet: Gaussians over 3 and 6":     func() { Frechet(g, &Gaussian{D: 6}) },
		"FrechetTo: 0 resamples":              func() { g.FrechetTo(ctx, X, 0, newRand(), 1) },
		"FitManifold: k is 0":                 func() { FitManifold(ctx, X, 0, 1) },
		"Evaluate: rows of 6":                 func() { (&Manifold{K: 1, X: X}).Evaluate(ctx, wide, 1, newRand(), 1) },
		"NDB: 0 resamples":                    func() { (&Bins{D: 3}).NDB(X, 0, newRand(), 1) },
		"GradientEnergy: rows of 3":           func() { GradientEnergy(nil, X, 2, 2, 1, 1) },
		"GradientEnergy: images of 3×0×1":     func() { GradientEnergy(nil, X, 3, 0, 1, 1) },
		"EnergyRatio: 1 real images":          func() { EnergyRatio([]float64{1}, []float64{0}, 1, newRand()) },
		"FitMMD: 1 rows":                      func() { FitMMD(X, 1, newRand()) },
		"Test: 0 resamples":                   func() { (&MMD{X: X, Median: 1}).Test(ctx, X, 0, newRand(), 1) },
		"Classify: 3 labels and K = 1 for 4":  func() { (&KNN{X, make([]int, 3), 1}).Classify(ctx, nil, X, 1) },
		"Classify: label -1":                  func() { (&KNN{X, []int{0, 0, -1, 0}, 1}).Classify(ctx, nil, X, 1) },
		"Sample: n = 1 rows":                  func() { new3().Sample(1, -1, newRand()) },
		"Sample: the weights sum to 0":        func() { (&GMM{1, 1, []float32{0}, []float32{0}, []float32{1}}).Sample(1, 1, newRand()) },
		"Conditional: missing has 4 values":   func() { new3().Conditional(nil, X, make([]bool, 4), 1) },
		"LogProbMarginal: dst has 1 values":   func() { new3().LogProbMarginal(make([]float64, 1), X, make([]bool, 3), 1) },
		"FitGenerative: rows of 6 values, wa": func() { FitGenerative(ctx, wide, wide, GenerativeConfig{H: 3, W: 1}, newRand()) },
	} {
		func() {
			defer func() {
				if r, _ := recover().(string); !strings.HasPrefix(r, "eval: ") || !strings.Contains(r, want) {
					t.Errorf("panic %q, want one with %q", r, want)
				}
			}()
			call()
		}()
	}
}
