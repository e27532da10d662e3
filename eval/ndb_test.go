package eval

import (
	"context"
	"math"
	"slices"
	"testing"
)

func TestBinsOfTheirOwnImages(t *testing.T) {
	X, _ := blobs(3000, 6, 8, 0.1, 1)
	b, err := FitBins(context.Background(), X, BinsConfig{K: 12}, newRand())
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, b.K)
	for _, k := range b.Assign(X, 2) {
		counts[k]++
	}
	s, err := b.NDB(X, 200, newRand(), 2)
	if err != nil || !slices.Equal(counts, b.Counts) || s.NDB.Mean != 0 || s.JS.Mean != 0 || s.JS.Low != 0 || s.Bins != 12 {
		t.Errorf("counts %v of bins %v, %+v (%v)", counts, b.Counts, s, err)
	}
	one := Matrix{400, X.D, slices.Repeat(X.Row(0), 400)}
	s, err = b.NDB(one, 50, newRand(), 1)
	if err != nil || s.NDB.Mean < 0.9 || s.JS.Mean < 0.4 || s.NDB.High != s.NDB.Mean {
		t.Errorf("one image many times: %+v (%v)", s, err)
	}
}

// Samples of the training distribution differ in about as many bins as the level says.
func TestLevelOfTheBinTest(t *testing.T) {
	X, _ := blobs(8000, 4, 5, 0.2, 2)
	train, test := Matrix{4000, 4, X.X[:16000]}, Matrix{4000, 4, X.X[16000:]}
	b, err := FitBins(context.Background(), train, BinsConfig{K: 200, MaxIter: 5}, newRand())
	if err != nil {
		t.Fatal(err)
	}
	// k-means shrinks no bin's count for the rows it was fitted to, so 5 % of 200 bins, ±4 standard deviations.
	if s, err := b.NDB(test, 20, newRand(), 0); err != nil || s.NDB.Mean > 0.05+4*math.Sqrt(0.05*0.95/200) {
		t.Errorf("%+v (%v)", s, err)
	}
}

// By hand: pixels are divided by their deviation, or by the floor.
func TestDeviationsHaveAFloor(t *testing.T) {
	X := Matrix{4, 3, []float32{0, 5, 1, 0, 5, 1, 2, 5, 1.1, 2, 5, 1}}
	if got := deviations(X, 0.25); !slices.Equal(got, []float32{1, 0.25, 0.25}) {
		t.Errorf("deviations %v", got)
	}
	b := Bins{K: 1, D: 3, Std: []float32{1, 0.25, 2}}
	if got := b.divide(X).Row(2); !slices.Equal(got, []float32{2, 20, 0.55}) {
		t.Errorf("divided %v", got)
	}
}

func TestDivergenceByHand(t *testing.T) {
	for _, c := range []struct {
		a, b []int
		want float64
	}{
		{[]int{1, 3}, []int{2, 6}, 0}, {[]int{4, 0}, []int{0, 9}, math.Ln2},
		{[]int{1, 1}, []int{2, 0}, 0.5*(0.5*math.Log(2./3)+0.5*math.Log(2)) + 0.5*math.Log(4./3)},
	} {
		if got := jensenShannon(c.a, c.b); !near(got, c.want, 1e-14) {
			t.Errorf("%v %v: %v, by hand %v", c.a, c.b, got, c.want)
		}
	}
}
