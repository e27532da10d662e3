package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A covariance of rank 1, λuuᵀ, has the distance ‖m₁−m₂‖² + λ + tr C − 2√(λ uᵀCu): (λuuᵀ)^½ is √λ uuᵀ, so the root of
// the product is √(λ uᵀCu) uuᵀ.
func TestFrechetOfTwoImages(t *testing.T) {
	ctx := context.Background()
	for _, D := range []int{50, 200} {
		for _, copies := range []int{1, 700} {
			r := rand.New(rand.NewPCG(uint64(D), 1))
			rows, two := Matrix{N: 300, D: D}, Matrix{N: 2 * copies, D: D}
			for range rows.N * D {
				rows.X = append(rows.X, float32(r.NormFloat64()))
			}
			images := make([]float32, 2*D)
			for i := range images {
				images[i] = r.Float32()
			}
			two.X = slices.Repeat(images, copies)
			many, err1 := FitGaussian(ctx, rows, 2)
			few, err2 := FitGaussian(ctx, two, 2)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			n := float64(two.N)
			lambda := squaredDistance(images[:D], images[D:]) / 4 * n / (n - 1)
			var along, between, trace float64
			for c := range D {
				u := float64(images[c]) - float64(images[D+c])
				between += math.Pow(few.Mean[c]-many.Mean[c], 2)
				trace += many.Cov[c*D+c]
				for d := range D {
					along += u * many.Cov[c*D+d] * (float64(images[d]) - float64(images[D+d])) / squaredDistance(images[:D], images[D:])
				}
			}
			want := between + lambda + trace - 2*math.Sqrt(lambda*along)
			to, err := many.FrechetTo(ctx, two, 20, newRand(), 2)
			back, err2 := few.FrechetTo(ctx, rows, 20, newRand(), 2)
			for _, got := range []float64{Frechet(few, many), Frechet(many, few), to.Mean, back.Mean} {
				if err != nil || err2 != nil || !near(got, want, 1e-7) || got != to.Mean {
					t.Errorf("D = %d, %d rows: distance %v, want %v (%v, %v)", D, two.N, got, want, err, err2)
				}
			}
			if zero := Frechet(few, few); zero > 1e-12*lambda {
				t.Errorf("D = %d: distance %v of a Gaussian and itself", D, zero)
			}
		}
	}
}

// Singular values and products come from gonum, which uses all cores.
func TestFrechetHasTheSameBitsOnAnyCores(t *testing.T) {
	X, _ := blobs(5000, 130, 5, 0.2, 14)
	all := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(all)
	var first float64
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		a, err1 := FitGaussian(context.Background(), Matrix{2200, 130, X.X[:2200*130]}, 0)
		b, err2 := FitGaussian(context.Background(), Matrix{2800, 130, X.X[2200*130:]}, 0)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if d := Frechet(a, b); cores == 1 {
			first = d
		} else if d != first {
			t.Errorf("distance %v on %d cores, %v on one", d, cores, first)
		}
	}
}

// Powers of two change the exponents only: variances and distances have their square.
func TestMomentsAtAnyScale(t *testing.T) {
	ctx := context.Background()
	X, _ := blobs(400, 6, 3, 0.2, 8)
	half := func(X Matrix) (a, b Matrix) { return Matrix{200, 6, X.X[:1200]}, Matrix{200, 6, X.X[1200:]} }
	judge := func(scale float32) (Interval, *PCA) {
		a, b := half(moved(X, scale, 0))
		g, err1 := FitGaussian(ctx, a, 1)
		p, err2 := FitPCA(ctx, a, 2, 1)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		i, err := g.FrechetTo(ctx, b, 50, newRand(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return i, p
	}
	want, pca := judge(1)
	for _, scale := range []float32{0x1p-90, 0x1p-60, 0x1p70, 0x1p126} {
		got, p := judge(scale)
		square := float64(scale) * float64(scale)
		nearAll(t, "distance", []float64{got.Mean / square, got.Low / square, got.High / square}, []float64{want.Mean, want.Low, want.High}, 1e-6)
		nearAll(t, "variance", []float64{p.Variance[0] / square, p.Variance[1] / square, p.Total / square}, []float64{pca.Variance[0], pca.Variance[1], pca.Total}, 1e-6)
	}
}

func TestLogProbOfExtremeRows(t *testing.T) {
	g := &GMM{2, 1, []float32{0.5, 0.5}, []float32{0, 0}, []float32{1e-6, 1e-4}}
	none := []bool{false}
	for _, c := range []struct {
		x, want float64 // in nats
	}{{1e17, -5e37}, {1e19, -5e41}, {-3e38, -4.5e80}} {
		X := Matrix{2, 1, []float32{0.001, float32(c.x)}}
		got := g.LogProb(nil, X, 1)
		if !near(got[1], c.want, 1e-6) || !near(got[1], g.LogProbMarginal(nil, X, none, 1)[1], 1e-5) || !near(g.Score(X, 1), c.want/2, 1e-6) {
			t.Errorf("x = %v: log-likelihood %v, want %v", c.x, got[1], c.want)
		}
		if k := g.Predict(nil, X, 1); !slices.Equal(k, []int{0, 1}) {
			t.Errorf("x = %v: components %v, want 0 and 1", c.x, k)
		}
	}
	one := &GMM{1, 1, []float32{1}, []float32{0}, []float32{1e-6}}
	if got := one.LogProb(nil, Matrix{1, 1, []float32{1e17}}, 1)[0]; !near(got, -5e39, 1e-6) {
		t.Errorf("log-likelihood %v, want -5e39", got)
	}
	// The mean over the root of the variance does not fit in float32.
	far := &GMM{2, 1, []float32{0.5, 0.5}, []float32{0, 3e38}, []float32{1, 1e-6}}
	X := Matrix{1, 1, []float32{3e38}}
	want := math.Log(0.5) - 0.5*math.Log(2*math.Pi*float64(float32(1e-6)))
	scores := far.LogScores(nil, X, 1)
	if got := far.LogProb(nil, X, 1)[0]; !near(got, want, 1e-6) || far.Predict(nil, X, 1)[0] != 1 || !math.IsInf(float64(scores[0]), -1) || !near(float64(scores[1]), want, 1e-6) {
		t.Errorf("log-likelihood %v, want %v; log-scores %v", got, want, scores)
	}
	if got := far.LogProb(nil, Matrix{1, 1, []float32{float32(math.NaN())}}, 1)[0]; !math.IsNaN(got) {
		t.Errorf("a row with a NaN has the log-likelihood %v", got)
	}
}

func TestIntervalsHoldTheirValue(t *testing.T) {
	r := newRand()
	for n := 1; n < 500; n++ {
		value := float64(1+r.IntN(6)) / 7
		i := around(n, value, slices.Repeat([]float64{value}, n), 0, 1)
		if !(i.Low <= value && value <= i.High) || i.High-i.Low > 1e-12 {
			t.Fatalf("%d times %v: %+v", n, value, i)
		}
	}
}

func TestBootstrapIntervalsHoldTheirMean(t *testing.T) {
	r := newRand()
	for range 500 {
		values := make([]float64, 1+r.IntN(9))
		for j := range values {
			values[j] = math.Ldexp(r.NormFloat64(), r.IntN(5))
		}
		if i := Bootstrap(values, 1+r.IntN(3), r); !(i.Low <= i.Mean && i.Mean <= i.High) {
			t.Fatalf("%v: %+v", values, i)
		}
	}
}

func TestBootstrapOfHugeAndInfiniteValues(t *testing.T) {
	i := Bootstrap([]float64{1.7e308, 1.6e308, 1.5e308}, 1000, newRand())
	if !near(i.Mean, 1.6e308, 1e-12) || !(i.Low >= 1.5e308 && i.Low < i.Mean && i.High > i.Mean && i.High <= 1.7e308) {
		t.Errorf("huge values: %+v", i)
	}
	if i := Bootstrap([]float64{1, math.Inf(1)}, 100, newRand()); i != (Interval{2, math.Inf(1), math.Inf(1), math.Inf(1)}) {
		t.Errorf("an infinite value: %+v", i)
	}
	if i := Bootstrap([]float64{5e-324, 5e-324}, 100, newRand()); i != (Interval{2, 5e-324, 5e-324, 5e-324}) {
		t.Errorf("denormal values: %+v", i)
	}
}

func TestAssignmentOfHugeCosts(t *testing.T) {
	r := newRand()
	for range 200 {
		n, m := 2+r.IntN(4), 2+r.IntN(4)
		small, huge := make([][]float64, n), make([][]float64, n)
		for i := range small {
			for range m {
				c := float64(r.IntN(31) - 15)
				small[i], huge[i] = append(small[i], c), append(huge[i], c*0x1p1020)
			}
		}
		if a, b := Assignment(small), Assignment(huge); !slices.Equal(a, b) {
			t.Fatalf("%v: columns %v, for huge costs %v", small, a, b)
		}
	}
}

func TestGradientEnergyOfHugeValues(t *testing.T) {
	if e := GradientEnergy(nil, Matrix{1, 2, []float32{3e38, -3e38}}, 1, 2, 1, 1); !near(e[0], 1.8e77, 1e-6) {
		t.Errorf("energy %v, want 1.8e77", e)
	}
}

func TestFlatTestImagesAreRefused(t *testing.T) {
	X, _ := blobs(50, 4, 2, 0.1, 1)
	flat := flatRows(4, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
	_, err := FitGenerative(context.Background(), X, flat, GenerativeConfig{H: 2, W: 2, K: 2, Bins: BinsConfig{K: 3}}, newRand())
	if err == nil || !strings.Contains(err.Error(), "flat") {
		t.Errorf("flat test images: %v", err)
	}
}
