package eval

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// rowsOf is a matrix as testdata/make_generative.py writes it.
type rowsOf struct {
	N, D int
	X    []float32
}

func (r rowsOf) matrix() Matrix { return Matrix(r) }

// expectedGenerative is what scikit-learn, SciPy and NumPy made of generated inputs:
// testdata/make_generative.py says how, and writes the file.
type expectedGenerative struct {
	PCA []struct {
		X, Other                        rowsOf
		Dims                            int
		Components, Variance, Projected []float64
		Total                           float64
	}
	Frechet []struct {
		A, B     rowsOf
		Distance float64
	}
	Proportions []struct {
		A, B    []int
		P       []float64
		NDB, JS float64
	}
	Manifolds []struct {
		Real, Fake                           rowsOf
		K                                    int
		Radius2                              []float64
		Precision, Density, Recall, Coverage float64
	}
	Energy []struct {
		H, W, C int
		X       rowsOf
		Energy  []float64
	}
	MMD []struct {
		A, B         rowsOf
		Median, MMD2 float64
	}
	KNN []struct {
		X, Queries      rowsOf
		Labels, Classes []int
		K               int
	}
	Missing []struct {
		X                         rowsOf
		Missing                   []bool
		K                         int
		Weights, Means, Variances []float32
		LogProb                   []float64 `json:"log_prob"`
		Filled                    []float64
	}
}

func loadGenerative(t *testing.T) expectedGenerative {
	t.Helper()
	text, err := os.ReadFile("testdata/generative.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expectedGenerative
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{len(e.PCA), len(e.Frechet), len(e.Proportions), len(e.Manifolds), len(e.Energy), len(e.MMD), len(e.KNN), len(e.Missing)} {
		if n < 2 {
			t.Fatalf("testdata/generative.json has too few cases")
		}
	}
	return e
}

// nearAll reports the first value that is not near what is expected.
func nearAll[T float32 | float64](t *testing.T, what string, got []T, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, expected %d", what, len(got), len(want))
	}
	for i, v := range want {
		if !near(float64(got[i]), v, tol) {
			t.Fatalf("%s %d is %v, expected %v", what, i, got[i], v)
		}
	}
}

func TestPCAAgreesWithScikitLearn(t *testing.T) {
	for _, c := range loadGenerative(t).PCA {
		p, err := FitPCA(context.Background(), c.X.matrix(), c.Dims, 2)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, "component value", p.Components, c.Components, 1e-4)
		nearAll(t, "variance", p.Variance, c.Variance, 1e-7)
		nearAll(t, "coordinate", p.Project(nil, c.Other.matrix(), 2).X, c.Projected, 2e-5)
		nearAll(t, "total variance", []float64{p.Total}, []float64{c.Total}, 1e-7)
	}
}

func TestFrechetAgreesWithSciPy(t *testing.T) {
	for i, c := range loadGenerative(t).Frechet {
		ctx := context.Background()
		a, errA := FitGaussian(ctx, c.A.matrix(), 1)
		b, errB := FitGaussian(ctx, c.B.matrix(), 2)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		to, err := a.FrechetTo(ctx, c.B.matrix(), 20, newRand(), 2)
		for _, got := range []float64{Frechet(a, b), Frechet(b, a), to.Mean} {
			if err != nil || !near(got, c.Distance, 1e-5) {
				t.Errorf("case %d: distance %v, SciPy %v (%v)", i, got, c.Distance, err)
			}
		}
	}
}

func TestProportionsAgreeWithSciPy(t *testing.T) {
	for i, c := range loadGenerative(t).Proportions {
		b := &Bins{K: len(c.A), Level: 0.05, Counts: c.A}
		for _, n := range c.A {
			b.N += n
		}
		if got := b.differ(c.B); got != c.NDB {
			t.Errorf("case %d: NDB/K %v, SciPy %v", i, got, c.NDB)
		}
		for _, p := range c.P { // at a level just above a bin's p-value one bin more differs than just below
			b.Level = p * (1 - 1e-9)
			below := b.differ(c.B)
			b.Level = p * (1 + 1e-9)
			if above := b.differ(c.B); p < 1 && above-below < 0.5/float64(b.K) {
				t.Errorf("case %d: no bin has SciPy's p-value %v", i, p)
			}
		}
		if got := jensenShannon(c.A, c.B); !near(got, c.JS, 1e-12) {
			t.Errorf("case %d: divergence %v, SciPy %v", i, got, c.JS)
		}
	}
}

func TestManifoldAgreesWithScikitLearn(t *testing.T) {
	for i, c := range loadGenerative(t).Manifolds {
		m, err := FitManifold(context.Background(), c.Real.matrix(), c.K, 2)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, "squared radius", m.Radius2, c.Radius2, 1e-6)
		s, err := m.Evaluate(context.Background(), c.Fake.matrix(), 10, newRand(), 2)
		got := []float64{s.Precision.Mean, s.Density.Mean, s.Recall.Mean, s.Coverage.Mean}
		want := []float64{c.Precision, c.Density, c.Recall, c.Coverage}
		if nearAll(t, "precision, density, recall, coverage", got, want, 1e-12); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

func TestGradientEnergyAgreesWithNumPy(t *testing.T) {
	for _, c := range loadGenerative(t).Energy {
		nearAll(t, "energy", GradientEnergy(nil, c.X.matrix(), c.H, c.W, c.C, 2), c.Energy, 1e-7)
	}
}

func TestMMDAgreesWithSciPy(t *testing.T) {
	for i, c := range loadGenerative(t).MMD {
		m, err := FitMMD(c.A.matrix(), c.A.N, newRand())
		if err != nil || !near(m.Median, c.Median, 1e-6) {
			t.Fatalf("case %d: median distance %v, SciPy %v (%v)", i, m.Median, c.Median, err)
		}
		s, err := m.Test(context.Background(), c.B.matrix(), 10, newRand(), 2)
		if err != nil || math.Abs(s.MMD2.Mean-c.MMD2) > 1e-6 {
			t.Errorf("case %d: MMD² %v, SciPy %v (%v)", i, s.MMD2.Mean, c.MMD2, err)
		}
	}
}

func TestKNNAgreesWithScikitLearn(t *testing.T) {
	for i, c := range loadGenerative(t).KNN {
		k := KNN{X: c.X.matrix(), Labels: c.Labels, K: c.K}
		if got, err := k.Classify(context.Background(), nil, c.Queries.matrix(), 2); err != nil || !slices.Equal(got, c.Classes) {
			t.Errorf("case %d: classes %v, scikit-learn %v (%v)", i, got, c.Classes, err)
		}
	}
}

func TestMissingValuesAgreeWithSciPy(t *testing.T) {
	for _, c := range loadGenerative(t).Missing {
		g := &GMM{K: c.K, D: c.X.D, Weights: c.Weights, Means: c.Means, Variances: c.Variances}
		X := c.X.matrix()
		for i, gone := range c.Missing {
			if gone {
				X.X[i] = float32(math.NaN())
			}
		}
		nearAll(t, "log-likelihood", g.LogProbMarginal(nil, X, c.Missing, 2), c.LogProb, 1e-6)
		nearAll(t, "filled value", g.Conditional(nil, X, c.Missing, 2), c.Filled, 1e-6)
	}
}
