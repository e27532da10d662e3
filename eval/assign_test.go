package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"deepgmm/internal/kernel"
)

// plainLloyd is n iterations by the definition: all distances, fresh sums. Centres must not lose all rows.
func plainLloyd(t *testing.T, X Matrix, start []float32, K, n int) (centers []float32, labels []int) {
	centers, labels = slices.Clone(start), make([]int, X.N)
	for it := 0; ; it++ {
		sums, counts := make([]float64, len(centers)), make([]int, K)
		for i := range X.N {
			best := float32(math.Inf(1))
			for k := range K {
				if d := kernel.Distance2(X.Row(i), centers[k*X.D:(k+1)*X.D]); d < best {
					best, labels[i] = d, k
				}
			}
			counts[labels[i]]++
			for d, v := range X.Row(i) {
				sums[labels[i]*X.D+d] += float64(v)
			}
		}
		if it == n {
			return centers, labels
		}
		for k, c := range counts {
			if c == 0 {
				t.Fatal("a centre has lost all rows: not for this test")
			}
			for d := k * X.D; d < (k+1)*X.D; d++ {
				centers[d] = float32(sums[d] / float64(c))
			}
		}
	}
}

// lattice rows have few values a column: many rows are equal, and many as near to two centres. Sums of the values are
// exact.
func lattice(N, D int, scale float32) Matrix {
	r := rand.New(rand.NewPCG(41, 0))
	X := Matrix{N, D, make([]float32, N*D)}
	for i := range X.X {
		X.X[i] = scale * float32(r.IntN(2))
	}
	for i := N / 2; i < N; i++ { // the second half copies the first
		copy(X.Row(i), X.Row(i-N/2))
	}
	return X
}

// bytes are values like those of images, k/255.
func bytes(X Matrix) Matrix {
	for i, v := range X.X {
		X.X[i] = float32(math.Round(float64(min(max(v, 0), 1)*255))) / 255
	}
	return X
}

func TestBoundsGiveTheLabelsOfPlainLloyd(t *testing.T) {
	images, _ := blobs(900, 40, 30, 0.5, 24)
	rows, _ := blobs(700, 64, 5, 0.6, 25)
	far := Matrix{rows.N, rows.D, slices.Clone(rows.X)}
	for i := range far.X {
		far.X[i] += 1000 // distances are small beside the values
	}
	for name, X := range map[string]Matrix{
		"bytes": bytes(images), "lattice": lattice(800, 20, 1), "far": far, "small": lattice(800, 20, 1e-16),
		"smaller": lattice(400, 20, 1e-21), "underflow": lattice(400, 20, 6e-23), "large": lattice(400, 20, 1e15), "K > D": lattice(500, 9, 1),
	} {
		const K = 17
		start := slices.Clone(X.X[:K*X.D])
		for n := 1; n <= 12; n++ {
			got, err := lloyd(context.Background(), X, slices.Clone(start), KMeansConfig{K: K, MaxIter: n, Tol: -1}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got.Empty > 0 {
				t.Fatalf("%s: a centre lost its rows", name)
			}
			centers, labels := plainLloyd(t, X, start, K, got.Iterations)
			if !slices.Equal(labels, got.Labels) || !slices.Equal(centers, got.Centers) {
				t.Fatalf("%s, %d iterations: labels or centres are not those of the plain loop", name, n)
			}
		}
	}
}

// In few small rows of whole numbers, a centre often moves to exactly the same distance as another.
func TestBoundsGiveTiesToTheFirst(t *testing.T) {
	ties := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 42))
		const K = 4
		X := Matrix{14, 4, make([]float32, 14*4)}
		for i := range X.N {
			X.X[4*i], X.X[4*i+1] = float32(r.IntN(5)), float32(r.IntN(3))
		}
		start := slices.Clone(X.X[:K*4])
		c := KMeansConfig{K: K, MaxIter: 5, Tol: -1}
		fits := [2]*KMeans{}
		for i := range fits {
			run := newLloydRun(X, slices.Clone(start), c)
			if i == 1 {
				run.bounds = nil
			}
			var err error
			if fits[i], err = run.run(context.Background(), c, 0); err != nil {
				t.Fatal(err)
			}
		}
		if fmt.Sprint(fits[0]) != fmt.Sprint(fits[1]) {
			t.Fatalf("seed %d: %+v with bounds, %+v without", seed, fits[0], fits[1])
		}
		for i, k := range fits[0].Labels {
			for other := k + 1; other < K; other++ {
				if kernel.Distance2(X.Row(i), fits[0].Centers[4*k:4*k+4]) == kernel.Distance2(X.Row(i), fits[0].Centers[4*other:4*other+4]) {
					ties++
				}
			}
		}
	}
	if ties < 5 {
		t.Errorf("only %d ties", ties)
	}
}

// With and without bounds, centres that lose their rows included, all results are the same to the bit.
func TestBoundsChangeNothing(t *testing.T) {
	X, _ := blobs(2500, 30, 12, 0.3, 26)
	X = bytes(X)
	c := KMeansConfig{K: 20, MaxIter: 30, Tol: -1}
	start := slices.Clone(X.X[:20*30])
	for k := 12; k < 20; k++ {
		for d := range 30 {
			start[k*30+d] = float32(k) // far from all rows
		}
	}
	var values [2][]float64
	var fits [2]*KMeans
	for i := range 2 {
		c.Progress = func(s Step) { values[i] = append(values[i], s.Value) }
		r := newLloydRun(X, slices.Clone(start), c)
		if i == 1 {
			r.bounds = nil
		}
		fit, err := r.run(context.Background(), c, 0)
		if err != nil {
			t.Fatal(err)
		}
		fits[i] = fit
		if i == 1 {
			break
		}
		left := 0
		for i, k := range fit.Labels {
			r.bufs[0].list(r.bounds, i, k, r.bounds.upper[i])
			left += len(r.bufs[0].some)
		}
		if left > X.N*3 {
			t.Errorf("%d distances of %d rows are left open by the bounds", left, X.N)
		}
	}
	if fmt.Sprint(fits[0]) != fmt.Sprint(fits[1]) || !slices.Equal(values[0], values[1]) {
		t.Error("the bounds changed the result")
	}
	if last := values[0][len(values[0])-1]; !near(last, fits[0].Inertia, 1e-6) {
		t.Errorf("the last inertia reported is %v, the final one %v", last, fits[0].Inertia)
	}
}

// The bounds are bounds of the true distances, and near to them.
func TestBoundsHold(t *testing.T) {
	X, _ := blobs(500, 50, 8, 0.4, 27)
	c := KMeansConfig{K: 10, MaxIter: 6, Tol: -1}
	r := newLloydRun(X, slices.Clone(X.X[:10*50]), c)
	if _, err := r.run(context.Background(), c, 0); err != nil {
		t.Fatal(err)
	}
	tight := math.Inf(1)
	for i := range X.N {
		for k := range 10 {
			var d2 float64
			for d, v := range X.Row(i) {
				diff := float64(v) - float64(r.m.Centers[k*50+d])
				d2 += diff * diff
			}
			low := float64(r.bounds.lower[i*r.bounds.ld+k]) - float64(r.bounds.within[k])
			if low > math.Sqrt(d2) {
				t.Fatalf("row %d, centre %d: lower bound %v, distance %v", i, k, low, math.Sqrt(d2))
			}
			if k == r.m.Labels[i] {
				if up := float64(r.bounds.upper[i]); up < math.Sqrt(d2) {
					t.Fatalf("row %d: upper bound %v, distance %v", i, up, math.Sqrt(d2))
				}
				tight = min(tight, math.Sqrt(d2)-low)
			}
		}
	}
	if tight > 1e-4 {
		t.Errorf("no lower bound is nearer than %v", tight)
	}
}
