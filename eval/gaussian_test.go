package eval

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// More rows than a shard and more columns than a strip, against the definition.
func TestCovarianceIsTheDefinition(t *testing.T) {
	X, _ := blobs(2500, 83, 3, 0.1, 4)
	g, err := FitGaussian(context.Background(), X, 2)
	if err != nil {
		t.Fatal(err)
	}
	fast, err := covariance(context.Background(), X, g.Mean, 2)
	if err != nil {
		t.Fatal(err)
	}
	for c := 0; c < X.D; c += 9 {
		for d := range X.D {
			want := 0.0
			for i := range X.N {
				want += (float64(X.Row(i)[c]) - g.Mean[c]) * (float64(X.Row(i)[d]) - g.Mean[d]) / float64(X.N-1)
			}
			for _, cov := range []struct {
				v     []float64
				error float64
			}{{g.Cov, 1e-14}, {fast, 1e-7}} {
				if got := cov.v[c*X.D+d]; math.Abs(got-want) > cov.error || got != cov.v[d*X.D+c] {
					t.Fatalf("covariance %d, %d is %v and %v, by definition %v", c, d, got, cov.v[d*X.D+c], want)
				}
			}
		}
	}
}

// All components together are a rotation: distances stay, and variances add up.
func TestAllComponentsKeepDistances(t *testing.T) {
	X, _ := blobs(300, 11, 3, 0.2, 5)
	p, err := FitPCA(context.Background(), X, 11, 1)
	if err != nil {
		t.Fatal(err)
	}
	Z, sum := p.Project(nil, X, 3), 0.0
	for i := 1; i < X.N; i++ {
		if a, b := distance(toFloat64(X.Row(0)), X.Row(i)), distance(toFloat64(Z.Row(0)), Z.Row(i)); !near(a, b, 1e-5) {
			t.Fatalf("distance %v of rows 0 and %d, projected %v", a, i, b)
		}
	}
	for _, v := range p.Variance {
		sum += v
	}
	if !near(sum, p.Total, 1e-12) || !slices.IsSortedFunc(p.Variance, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) {
		t.Errorf("variances %v, total %v", p.Variance, p.Total)
	}
}

// The eigenvectors come from gonum, which uses all cores.
func TestPCAHasTheSameBitsOnAnyCores(t *testing.T) {
	X, _ := blobs(400, 210, 5, 0.2, 14)
	all := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(all)
	var first *PCA
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		p, err := FitPCA(context.Background(), X, 30, 0)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = p
		} else if !reflect.DeepEqual(p, first) {
			t.Errorf("other bits on %d cores", cores)
		}
	}
}

func TestPCASurvivesJSON(t *testing.T) {
	X, _ := blobs(50, 6, 2, 0.1, 6)
	p, err := FitPCA(context.Background(), X, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	var back PCA
	if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(*p, back) {
		t.Errorf("%+v became %+v (%v)", *p, back, err)
	}
}

// The moments of all resamples at once are those of the resampled rows.
func TestResampledMomentsAreThoseOfTheRows(t *testing.T) {
	X, _ := blobs(2200, 5, 3, 0.1, 7)
	g, err := FitGaussian(context.Background(), X, 1)
	if err != nil {
		t.Fatal(err)
	}
	w, r := newRowWeights(3, X.N), newRand()
	for k := range 3 {
		w.resample(k, 0, r)
	}
	sums, err := resampledMoments(context.Background(), X, g.Mean, w, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		rows := Matrix{N: X.N, D: X.D}
		for i := range X.N {
			for range int(*w.at(k, i)) {
				rows.X = append(rows.X, X.Row(i)...)
			}
		}
		want, err := FitGaussian(context.Background(), rows, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := &Gaussian{N: X.N, D: X.D, Mean: make([]float64, X.D), Cov: make([]float64, X.D*X.D)}
		got.fromMoments(g.Mean, sums.scale, sums.sum[k*sums.ld:(k+1)*sums.ld])
		nearAll(t, "mean", got.Mean, want.Mean, 1e-6)
		nearAll(t, "covariance", got.Cov, want.Cov, 1e-6)
	}
}

func TestFrechetProperties(t *testing.T) {
	ctx := context.Background()
	X, _ := blobs(900, 8, 3, 0.2, 8)
	g, err := FitGaussian(ctx, X, 1)
	if err != nil {
		t.Fatal(err)
	}
	same, err := g.FrechetTo(ctx, X, 50, newRand(), 2)
	if err != nil || same.Mean > 1e-9 || same.Low != 0 || !(same.High > 0) {
		t.Errorf("distance to itself %+v (%v)", same, err)
	}
	moved, scaled := Matrix{X.N, X.D, slices.Clone(X.X)}, Matrix{X.N, X.D, slices.Clone(X.X)}
	for i := range X.X {
		moved.X[i] += 3
		scaled.X[i] = 2*(X.X[i]-float32(g.Mean[i%X.D])) + float32(g.Mean[i%X.D])
	}
	trace := 0.0
	for d := range X.D {
		trace += g.Cov[d*X.D+d]
	}
	for _, c := range []struct {
		X    Matrix
		want float64
	}{{moved, 9 * 8}, {scaled, trace}} { // tr(C + 4C − 2·2C)
		got, err := g.FrechetTo(ctx, c.X, 50, newRand(), 2)
		if err != nil || !near(got.Mean, c.want, 1e-5) || !(got.Low < got.Mean && got.Mean < got.High) {
			t.Errorf("distance %+v, want %v (%v)", got, c.want, err)
		}
	}
}

func TestAroundMovesTheInterval(t *testing.T) {
	values := make([]float64, 41) // 1 … 3 with mean 2
	for i := range values {
		values[i] = 1 + float64(i)/20
	}
	for _, c := range []struct{ value, low, high, from, to float64 }{
		{2, 0, 9, 1.05, 2.95}, {5, 0, 9, 4.05, 5.95}, {0.5, 0, 1, 0, 1}, {0.5, math.Inf(-1), 2, -0.45, 1.45},
	} {
		got := around(7, c.value, values, c.low, c.high)
		if got.N != 7 || got.Mean != c.value || !near(got.Low, c.from, 1e-12) || !near(got.High, c.to, 1e-12) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// The intervals are as wide as the scatter of the figures over many samples says: ±1.96 of its deviations.
func TestIntervalsAreAsWideAsTheScatter(t *testing.T) {
	const draws, n = 60, 400
	ctx, rng := context.Background(), newRand()
	real, labels := blobs(3000, 4, 3, 0.1, 15)
	other, _ := blobs(n*draws, 4, 5, 0.1, 16)
	g, err1 := FitGaussian(ctx, real, 0)
	m, err2 := FitMMD(real, n, rng)
	b := &Bins{K: 3, D: 4, Std: []float32{1, 1, 1, 1}, Centers: GMMFromLabels(real, labels, 3, 1).Means, Counts: []int{1000, 1000, 1000}, N: 3000}
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	var figures [3][]float64
	var widths [3]float64
	for i := range draws {
		X := Matrix{n, 4, other.X[i*n*4 : (i+1)*n*4]}
		f, err1 := g.FrechetTo(ctx, X, 100, rng, 0)
		s, err2 := m.Test(ctx, X, 100, rng, 0)
		d, err3 := b.NDB(X, 100, rng, 0)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		for j, v := range []Interval{f, s.MMD2, d.JS} {
			figures[j] = append(figures[j], v.Mean)
			widths[j] += (v.High - v.Low) / draws
		}
	}
	for j, name := range []string{"Fréchet", "MMD²", "JS"} {
		v := Matrix{N: draws, D: 1}
		for _, x := range figures[j] {
			v.X = append(v.X, float32(x))
		}
		if want := 2 * 1.96 * math.Sqrt(meanVariance(v.columnMoments())); !near(widths[j]/want, 1, 0.3) {
			t.Errorf("%s: intervals are %v wide, the scatter says %v", name, widths[j], want)
		}
	}
}
