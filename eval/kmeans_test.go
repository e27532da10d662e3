package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestKMeansFindsSeparateGroups(t *testing.T) {
	X, label := blobs(1500, 7, 6, 0.02, 1)
	m, err := FitKMeans(context.Background(), X, KMeansConfig{K: 6, NInit: 3}, newRand())
	if err != nil {
		t.Fatal(err)
	}
	if p := NewContingency(label, m.Labels).ARI(); p < 0.999 || !m.Converged || m.Empty != 0 {
		t.Errorf("ARI %v, %+v", p, m.Converged)
	}
	labels, dist2 := m.Assign(X, 2)
	sum := 0.0
	for i, d := range dist2 {
		sum += d
		want := 0.0
		for j, v := range X.Row(i) {
			want += math.Pow(float64(v-m.Centers[labels[i]*X.D+j]), 2)
		}
		if !near(d, want, 1e-6) {
			t.Fatalf("row %d: distance² %v, by hand %v", i, d, want)
		}
	}
	if !slices.Equal(labels, m.Labels) || !near(sum, m.Inertia, 1e-6) {
		t.Errorf("Assign's inertia is %v, the fit's %v", sum, m.Inertia)
	}
}

// More starts cannot give a worse result from the same generator's first start on.
func TestMoreStartsAreNotWorse(t *testing.T) {
	X, _ := blobs(400, 3, 12, 0.05, 2)
	last := math.Inf(1)
	for _, n := range []int{1, 3, 9} {
		m, err := FitKMeans(context.Background(), X, KMeansConfig{K: 12, NInit: n}, newRand())
		if err != nil {
			t.Fatal(err)
		}
		if m.Inertia > last {
			t.Errorf("%d starts: inertia %v, before %v", n, m.Inertia, last)
		}
		last = m.Inertia
	}
}

func TestInertiaNeverRises(t *testing.T) {
	X, _ := blobs(900, 5, 9, 0.2, 3)
	last := math.Inf(1)
	steps := 0
	_, err := FitKMeans(context.Background(), X, KMeansConfig{K: 9, Tol: -1, Progress: func(s Step) {
		if s.Value > last*(1+1e-6) || s.Phase != "k-means" || s.Iteration != steps {
			t.Errorf("%+v after %v", s, last)
		}
		last = s.Value
		steps++
	}}, newRand())
	if err != nil || steps < 3 {
		t.Errorf("%d steps, %v", steps, err)
	}
}

// Two of three centres start far from everything: they lose all rows and are given others.
func TestEmptyClustersAreSeededAnew(t *testing.T) {
	X := Matrix{6, 1, []float32{0, 0.1, 0.2, 5, 5.1, 9}}
	m, err := FitKMeansFrom(context.Background(), X, []float32{1, 1000, 2000}, KMeansConfig{K: 3, Tol: -1})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(m.Centers))
	if m.Empty != 0 || !near(float64(got[0]), 0.1, 1e-6) || !near(float64(got[1]), 5.05, 1e-6) || got[2] != 9 {
		t.Errorf("centres %v, %d empty", got, m.Empty)
	}
}

func TestFewerDistinctRowsThanClusters(t *testing.T) {
	X := Matrix{5, 2, []float32{1, 1, 1, 1, 2, 2, 2, 2, 1, 1}}
	m, err := FitKMeans(context.Background(), X, KMeansConfig{K: 4}, newRand())
	if err != nil || m.Inertia != 0 || m.Empty != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestEqualDistancesGoToTheFirstCentre(t *testing.T) {
	m := &KMeans{K: 3, D: 1, Centers: []float32{2, 0, 0}}
	labels, _ := m.Assign(Matrix{3, 1, []float32{1, 0, -3}}, 1)
	if fmt.Sprint(labels) != "[0 1 1]" {
		t.Errorf("labels %v", labels)
	}
}

func TestKMeansDoesNotDependOnWorkers(t *testing.T) {
	X, _ := blobs(5000, 19, 10, 0.2, 4)
	one, err := FitKMeans(context.Background(), X, KMeansConfig{K: 10, MaxIter: 15, Workers: 1}, newRand())
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 3, 16} {
		many, err := FitKMeans(context.Background(), X, KMeansConfig{K: 10, MaxIter: 15, Workers: workers}, newRand())
		if err != nil || fmt.Sprint(one) != fmt.Sprint(many) {
			t.Errorf("%d workers give other bits (%v)", workers, err)
		}
	}
}

func TestKMeansErrors(t *testing.T) {
	X, _ := blobs(20, 2, 2, 0.1, 5)
	bad := Matrix{3, 2, []float32{0, 0, 1, float32(math.NaN()), 2, 2}}
	for want, fit := range map[string]func() error{
		"K is 0":  func() error { _, err := FitKMeans(context.Background(), X, KMeansConfig{}, newRand()); return err },
		"lower K": func() error { _, err := FitKMeans(context.Background(), X, KMeansConfig{K: 21}, newRand()); return err },
		"Tol is NaN": func() error {
			_, err := FitKMeans(context.Background(), X, KMeansConfig{K: 2, Tol: math.NaN()}, newRand())
			return err
		},
		"NInit -1": func() error {
			_, err := FitKMeans(context.Background(), X, KMeansConfig{K: 2, NInit: -1}, newRand())
			return err
		},
		"row 1, column": func() error {
			_, err := FitKMeans(context.Background(), bad, KMeansConfig{K: 2}, newRand())
			return err
		},
	} {
		if err := fit(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestFitsEndWithTheirContext(t *testing.T) {
	X, _ := blobs(3000, 5, 9, 0.2, 3)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := FitKMeans(ctx, X, KMeansConfig{K: 9, Tol: -1, Progress: func(s Step) {
		if s.Iteration == 2 {
			cancel()
		}
	}}, newRand())
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "iteration 3 of 300") {
		t.Errorf("k-means: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	_, err = FitGMM(ctx, X, GMMConfig{K: 9, Tol: -1, Progress: func(s Step) {
		if s.Phase == "em" && s.Iteration == 2 {
			cancel()
		}
	}}, newRand())
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "EM: iteration 3 of 100") {
		t.Errorf("EM: %v", err)
	}
	if _, err := ClusterValidity(ctx, X, make([]int, X.N), 1); err == nil {
		t.Error("validity of one cluster")
	}
	labels := make([]int, X.N)
	labels[3] = 1
	labels[4] = 1
	if _, err := ClusterValidity(ctx, X, labels, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("validity: %v", err)
	}
}
