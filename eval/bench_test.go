package eval

import (
	"context"
	"testing"
)

// Ten iterations on 10,000 rows of 784 values with K = 49, the size of the flat rivals on MNIST. What is skipped
// depends on the data: these groups overlap.
func BenchmarkKMeans10Iterations(b *testing.B) {
	X, _ := blobs(10_000, 784, 49, 1, 1)
	for b.Loop() {
		if _, err := FitKMeansFrom(context.Background(), X, X.X[:49*784], KMeansConfig{K: 49, MaxIter: 10, Tol: -1, Workers: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEM10Iterations(b *testing.B) {
	X, labels := blobs(10_000, 784, 49, 1, 1)
	start := GMMFromLabels(X, labels, 49, 1e-2)
	for b.Loop() {
		if _, err := FitGMMFrom(context.Background(), X, start, GMMConfig{K: 49, RegCovar: 1e-3, MaxIter: 10, Tol: -1, Workers: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAUC(b *testing.B) {
	r := newRand()
	in, out := make([]float64, 9000), make([]float64, 1000)
	for _, s := range [][]float64{in, out} {
		for i := range s {
			s[i] = r.NormFloat64()
		}
	}
	for b.Loop() {
		if _, err := AUC(in, out); err != nil {
			b.Fatal(err)
		}
	}
}

// 2048² distances of 784 values and the five nearest of each.
func BenchmarkNearest(b *testing.B) {
	X, _ := blobs(2048, 784, 49, 0.2, 1)
	for b.Loop() {
		if _, err := FitManifold(context.Background(), X, 5, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// The covariance of 10,000 rows of 784 values.
func BenchmarkCovariance(b *testing.B) {
	X, _ := blobs(10_000, 784, 49, 0.2, 1)
	mean, err := X.means()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := covariance(context.Background(), X, mean, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// 10,000 projections to 50 values, with 400 resamples.
func BenchmarkFrechet(b *testing.B) {
	X, _ := blobs(10_000, 50, 9, 0.2, 1)
	g, err := FitGaussian(context.Background(), X, 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := g.FrechetTo(context.Background(), X, 400, newRand(), 1); err != nil {
			b.Fatal(err)
		}
	}
}
