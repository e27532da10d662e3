package eval

import (
	"context"
	"math"
	"testing"
)

// The test holds its level for samples of one distribution and finds another one.
func TestMMDTellsSamplesApart(t *testing.T) {
	X, _ := blobs(1400, 5, 3, 0.1, 9)
	real, same := Matrix{600, 5, X.X[:3000]}, Matrix{800, 5, X.X[3000:]}
	other, _ := blobs(700, 5, 3, 0.1, 10)
	m, err := FitMMD(real, 600, newRand())
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Test(context.Background(), same, 199, newRand(), 2)
	if err != nil || s.P < 0.05 || s.MMD2.N != 600 || !(s.MMD2.Low < 0.002 && s.MMD2.High > 0) {
		t.Errorf("the same distribution: %+v (%v)", s, err)
	}
	s, err = m.Test(context.Background(), other, 199, newRand(), 2)
	if err != nil || s.P != 1./200 || !(s.MMD2.Low > 0.01 && s.MMD2.Low < s.MMD2.Mean && s.MMD2.Mean < s.MMD2.High) {
		t.Errorf("another distribution: %+v (%v)", s, err)
	}
}

// Under the null hypothesis P is uniform: the random divisions scatter as samples of one distribution do.
func TestPValuesAreUniformForOneDistribution(t *testing.T) {
	const draws, n = 200, 40
	X, _ := blobs(2*n*draws, 3, 4, 0.1, 17)
	mean, small := 0.0, 0
	for i := range draws {
		rows := X.X[i*2*n*3 : (i+1)*2*n*3]
		m, err := FitMMD(Matrix{n, 3, rows[:n*3]}, n, newRand())
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Test(context.Background(), Matrix{n, 3, rows[n*3:]}, 49, newRand(), 1)
		if err != nil {
			t.Fatal(err)
		}
		mean += s.P / draws
		if s.P <= 0.1 {
			small++
		}
	}
	// ±4 standard deviations of a mean of uniform values, and of a binomial count.
	if math.Abs(mean-0.51) > 4*math.Sqrt(1./12/draws) || math.Abs(float64(small)-0.1*draws) > 4*math.Sqrt(0.1*0.9*draws) {
		t.Errorf("mean P %v, %d of %d at most 0.1", mean, small, draws)
	}
}

// The sums over pairs, for weightings of any kind, by the definition; the tiles cut through the border
// between real and other rows.
func TestKernelFormsAreTheDefinition(t *testing.T) {
	X, _ := blobs(333, 3, 2, 0.3, 11)
	real := 140
	m := &MMD{X: Matrix{real, 3, X.X[:3*real]}, Median: 0.7}
	w := divisions(real, X.N-real, 2, newRand())
	f, err := m.forms(context.Background(), X, w, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := newKernelForms(w.R)
	for i := range X.N {
		for j := range X.N {
			if i == j {
				continue
			}
			d := distance(toFloat64(X.Row(i)), X.Row(j))
			kernel := 0.0
			for _, s := range []float64{0.5, 1, 2} {
				kernel += math.Exp(-d*d/(2*s*s*m.Median*m.Median)) / 3
			}
			for r := range w.R {
				v := float64(*w.at(r, i)) * kernel
				want.quad[r] += v * float64(*w.at(r, j))
				want.all[r] += v
				if j < real {
					want.real[r] += v
				}
			}
		}
	}
	nearAll(t, "quadratic form", f.quad, want.quad, 1e-5)
	nearAll(t, "sum over real rows", f.real, want.real, 1e-5)
	nearAll(t, "sum over all rows", f.all, want.all, 1e-5)
}

func TestMMDOfEqualRows(t *testing.T) {
	same := Matrix{5, 2, make([]float32, 10)}
	if _, err := FitMMD(same, 5, newRand()); err == nil {
		t.Error("no error for rows without distances")
	}
	m := &MMD{X: Matrix{2, 1, []float32{0, 1}}, Median: 1}
	s, err := m.Test(context.Background(), Matrix{2, 1, []float32{0, 1}}, 30, newRand(), 1)
	if sum := s.MMD2.Low + s.MMD2.Mean + s.MMD2.High; err != nil || sum-sum != 0 {
		t.Errorf("two rows: %+v (%v)", s, err) // a resample may hold one row twice, which must not become NaN
	}
}
