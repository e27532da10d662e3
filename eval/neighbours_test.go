package eval

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
)

func toFloat64(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// Ranking by sorting all distances, of integers so that there are ties and no rounding.
func TestNearestAreThoseOfSorting(t *testing.T) {
	r := newRand()
	A, B := Matrix{N: 37, D: 3}, Matrix{N: 301, D: 3}
	for _, m := range []*Matrix{&A, &B} {
		for range m.N * m.D {
			m.X = append(m.X, float32(r.IntN(5)))
		}
	}
	for _, c := range []struct {
		A      Matrix
		others bool
		k      int
	}{{A, false, 1}, {A, false, 7}, {A, false, 301}, {B, true, 4}, {B, true, 300}} {
		got, err := nearest(context.Background(), c.A, B, c.k, c.others, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.A.N {
			var order []int32
			for j := range B.N {
				if !c.others || i != j {
					order = append(order, int32(j))
				}
			}
			slices.SortStableFunc(order, func(a, b int32) int {
				x := toFloat64(c.A.Row(i))
				return int(math.Round(math.Pow(distance(x, B.Row(int(a))), 2) - math.Pow(distance(x, B.Row(int(b))), 2)))
			})
			if id := got.id[i*c.k : (i+1)*c.k]; !slices.Equal(id, order[:c.k]) {
				t.Fatalf("k = %d, row %d: neighbours %v, by sorting %v", c.k, i, id, order[:c.k])
			}
		}
	}
}

func TestVotesByHand(t *testing.T) {
	X := Matrix{6, 1, []float32{0, 1, 2, 3, 4, 9}}
	for _, c := range []struct {
		labels []int
		K      int
		query  float32
		want   int
	}{
		{[]int{3, 1, 1, 0, 0, 0}, 1, -1, 3},
		{[]int{3, 1, 1, 0, 0, 0}, 3, -1, 1}, // two votes against one nearer
		{[]int{3, 1, 1, 3, 0, 0}, 4, -1, 3}, // two each: the nearest decides
		{[]int{1, 3, 3, 1, 0, 0}, 4, -1, 1},
		{[]int{0, 5, 4, 0, 0, 0}, 2, 1.5, 5}, // the same distance: the first
		{[]int{0, 1, 2, 2, 1, 0}, 6, 9, 0},   // two each
	} {
		k := KNN{X, c.labels, c.K}
		if got, _ := k.Classify(context.Background(), nil, Matrix{1, 1, []float32{c.query}}, 1); got[0] != c.want {
			t.Errorf("%+v: class %d", c, got[0])
		}
	}
}

func TestManifoldOfItself(t *testing.T) {
	X, _ := blobs(700, 17, 6, 0.1, 3)
	m, err := FitManifold(context.Background(), X, 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Evaluate(context.Background(), Matrix{X.N, X.D, slices.Clone(X.X)}, 20, newRand(), 0)
	if err != nil || s.Precision.Mean != 1 || s.Recall.Mean != 1 || s.Coverage.Mean != 1 || s.Precision.Low != 1 {
		t.Errorf("a sample against itself: %+v (%v)", s, err)
	}
	// Each real ball holds its own image and its K neighbours.
	if want := 6.0 / 5; !near(s.Density.Mean, want, 1e-12) || !(s.Density.Low < want && s.Density.High > want) {
		t.Errorf("density %+v of a sample against itself, want %v", s.Density, want)
	}
	far, _ := blobs(200, 17, 6, 0.1, 3)
	for i := range far.X {
		far.X[i] += 50
	}
	s, err = m.Evaluate(context.Background(), far, 20, newRand(), 0)
	if err != nil || s != (ManifoldScores{Interval{200, 0, 0, 0}, Interval{200, 0, 0, 0}, Interval{700, 0, 0, 0}, Interval{700, 0, 0, 0}}) {
		t.Errorf("a sample far away: %+v (%v)", s, err)
	}
}

func TestNeighboursStopWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	X, labels := blobs(200, 3, 2, 0.1, 1)
	k := KNN{X, labels, 3}
	_, err := k.Classify(ctx, nil, X, 1)
	_, err2 := FitManifold(ctx, X, 2, 1)
	_, err3 := FitManifold(context.Background(), X, 200, 1)
	if !errors.Is(err, context.Canceled) || !errors.Is(err2, context.Canceled) || err3 == nil {
		t.Errorf("errors %v, %v, %v", err, err2, err3)
	}
}
