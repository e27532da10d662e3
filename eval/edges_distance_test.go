package eval

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
)

// flatRows are rows of D equal values, one row for each value.
func flatRows(D int, values ...float32) Matrix {
	X := Matrix{N: len(values), D: D}
	for _, v := range values {
		X.X = append(X.X, slices.Repeat([]float32{v}, D)...)
	}
	return X
}

func TestFlatPicturesFindThemselves(t *testing.T) {
	levels, labels := make([]float32, 256), make([]int, 256)
	for i := range levels {
		levels[i], labels[i] = float32(i)/255, i
	}
	X := flatRows(32*32*3, levels...)
	got, err := (&KNN{X, labels, 1}).Classify(context.Background(), nil, X, 2)
	if err != nil || !slices.Equal(got, labels) {
		t.Errorf("classes %v (%v)", got, err)
	}
}

func TestNearlyEqualReferences(t *testing.T) {
	X := flatRows(784, 1, 1)
	X.X[0] = 254. / 255
	got, err := (&KNN{X, []int{0, 1}, 1}).Classify(context.Background(), nil, Matrix{1, 784, X.Row(1)}, 1)
	if err != nil || got[0] != 1 {
		t.Errorf("class %v (%v), want 1", got, err)
	}
}

func TestRadiiOfNearlyEqualRows(t *testing.T) {
	m, err := FitManifold(context.Background(), flatRows(1000, 1, 1.001, 1.003), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 1000 times the squared differences 0.001, 0.001 and 0.002, as far as float32 holds 1.001.
	nearAll(t, "squared radius", m.Radius2, []float64{0.001, 0.001, 0.004}, 1e-3)
}

// The ball of a row that is there twice is a point.
func TestBallsOfBrightDoubledRows(t *testing.T) {
	X, _ := blobs(400, 784, 6, 0.1, 3)
	for i, v := range X.X {
		X.X[i] = 1 - v/100
	}
	real, fake := Matrix{200, 784, X.X[:200*784]}, Matrix{200, 784, X.X[200*784:]}
	m, err := FitManifold(context.Background(), Matrix{400, 784, append(slices.Clone(real.X), real.X...)}, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Evaluate(context.Background(), fake, 10, newRand(), 2)
	if err != nil || s.Precision.Mean != 0 || s.Density.Mean != 0 || s.Coverage.Mean != 0 {
		t.Errorf("%+v (%v), want a precision, density and coverage of 0", s, err)
	}
}

// moved are the rows of X times scale, plus shift.
func moved(X Matrix, scale, shift float32) Matrix {
	out := Matrix{X.N, X.D, slices.Clone(X.X)}
	for i, v := range X.X {
		out.X[i] = v*scale + shift
	}
	return out
}

// Multiples of 2⁻¹⁰ keep all digits when 1000 is added, and powers of two keep those of everything.
func TestMMDOfMovedRows(t *testing.T) {
	X, _ := blobs(500, 20, 3, 0.1, 9)
	for i, v := range X.X {
		X.X[i] = float32(math.Round(float64(v)*1024) / 1024)
	}
	mmd := func(scale, shift float32) float64 {
		Y := moved(X, scale, shift)
		m, err := FitMMD(Matrix{250, 20, Y.X[:250*20]}, 250, newRand())
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Test(context.Background(), moved(Matrix{250, 20, Y.X[250*20:]}, 1, 0.25*scale), 5, newRand(), 2)
		if err != nil {
			t.Fatal(err)
		}
		return s.MMD2.Mean
	}
	want := mmd(1, 0)
	for _, c := range [][2]float32{{1, 1000}, {0x1p-85, 0}, {0x1p-60, 0}, {0x1p60, 0}, {0x1p125, 0}} {
		if got := mmd(c[0], c[1]); !near(got, want, 1e-6) {
			t.Errorf("times %v plus %v: MMD² %v, want %v", c[0], c[1], got, want)
		}
	}
}

func TestProjectionsOfShiftedRows(t *testing.T) {
	X, _ := blobs(300, 200, 4, 0.2, 5)
	Y := moved(X, 1, 1000)
	p, err := FitPCA(context.Background(), Y, 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Project(nil, Y, 2)
	for i := range Y.N {
		for k := range p.Dims {
			want := 0.0
			for d, v := range Y.Row(i) {
				want += (float64(v) - p.Mean[d]) * float64(p.Components[k*p.D+d])
			}
			far := distance(p.Mean, Y.Row(i))
			if stated := float64(p.D+4) / (1 << 24) * far; math.Abs(float64(got.Row(i)[k])-want) > min(stated, 1e-6*far) {
				t.Fatalf("coordinate %d of row %d is %v, want %v", k, i, got.Row(i)[k], want)
			}
		}
	}
}

// Dunn 9/3, as distances 9 and 3 say; the silhouette is that of all five distances by hand.
func TestValidityAtAnyScale(t *testing.T) {
	want := (34./3-1)/(34./3) + (31./3-1)/(31./3) + (9.5-2)/9.5 + (10.5-1.5)/10.5 + (12.5-2.5)/12.5
	if want /= 5; math.Abs(want-0.85232) > 5e-6 {
		t.Fatalf("silhouette %v by hand", want)
	}
	for _, s := range []float64{1e-40, 1e-30, 1e-25, 1e-20, 1e-15, 1, 1e15, 1e18, 1e19, 1e30, 1e37} {
		X := Matrix{N: 5, D: 1}
		for _, v := range []float64{0, 1, 10, 11, 13} {
			X.X = append(X.X, float32(v*s))
		}
		v, err := ClusterValidity(context.Background(), X, []int{0, 0, 1, 1, 1}, 1)
		tol := 1e-6
		if s < 1e-37 {
			tol = 1e-4 // float32 holds fewer digits
		}
		// Centroids 0.5 and 34/3, spreads 0.5 and 10/9.
		if daviesBouldin := (0.5 + 10./9) / (34./3 - 0.5); err != nil || !near(v.Dunn, 3, tol) || !near(v.Silhouette, want, tol) || !near(v.DaviesBouldin, daviesBouldin, tol) {
			t.Errorf("scale %v: %+v (%v), want Dunn 3, silhouette %v, Davies–Bouldin %v", s, v, err, want, daviesBouldin)
		}
	}
}

func TestClustersOfExtremeRows(t *testing.T) {
	ctx := context.Background()
	X, _ := blobs(60, 3, 2, 0.05, 4)
	for _, scale := range []float32{1e37, 1e19, 1e-25} {
		Y := moved(X, scale, 0)
		_, err1 := FitKMeans(ctx, Y, KMeansConfig{K: 2}, newRand())
		_, err2 := FitKMeansFrom(ctx, X, Y.X[:6], KMeansConfig{K: 2})
		_, err3 := FitGMM(ctx, Y, GMMConfig{K: 2}, newRand())
		_, err4 := FitGMMFrom(ctx, Y, &GMM{2, 3, []float32{0.5, 0.5}, X.X[:6], slices.Repeat([]float32{1}, 6)}, GMMConfig{K: 2})
		_, err5 := FitBins(ctx, Y, BinsConfig{K: 2}, newRand())
		for i, err := range []error{err1, err2, err3, err4, err5} {
			if small := scale < 1; i < 4 && (err == nil || !strings.Contains(err.Error(), "scale the data to [0, 1]")) || i == 4 && small && err == nil {
				t.Errorf("scale %v, fit %d: %v", scale, i, err)
			}
		}
		// What was fitted to ordinary rows assigns others.
		m := KMeans{K: 2, D: 3, Centers: Y.X[:6]}
		one := KMeans{K: 2, D: 3, Centers: X.X[:6]}
		got, d2 := m.Assign(Y, 1)
		want, d1 := one.Assign(X, 1)
		if !slices.Equal(got, want) {
			t.Errorf("scale %v: labels %v, want %v", scale, got, want)
		}
		for i := range d1 {
			if want := d1[i] * float64(scale) * float64(scale); math.Abs(d2[i]-want) > 1e-3*want {
				t.Fatalf("scale %v: squared distance %v, want %v", scale, d2[i], want)
			}
		}
	}
	b, err := FitBins(ctx, X, BinsConfig{K: 2}, newRand())
	if err != nil {
		t.Fatal(err)
	}
	if s, err := b.NDB(moved(X, 3e38, 0), 5, newRand(), 1); err == nil {
		t.Errorf("NDB of values that cannot be divided: %+v", s)
	}
}
