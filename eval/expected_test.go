package eval

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// expected is what scikit-learn and SciPy made of generated inputs: testdata/make_expected.py
// says how, and writes the file.
type expected struct {
	Labels []struct {
		Name                       string
		Classes, Clusters          []int
		Purity, NMI, ARI, Accuracy float64
	}
	AUC []struct {
		Name              string
		Inliers, Outliers []float64
		AUC               float64
		FPR, TPR          []float64
		Thresholds        []float64
	}
	Validity []struct {
		Name             string
		N, D             int
		X                []float32
		Labels           []int
		DaviesBouldin    float64 `json:"davies_bouldin"`
		Silhouette, Dunn float64
	}
	KMeans []struct {
		N, D, K    int
		X, Start   []float32
		Iterations int
		Inertia    float64
		Centers    []float64
		Labels     []int
	}
	GMM []struct {
		N, D, K                   int
		X                         []float32
		Reg                       float64
		Iterations                int
		Start                     struct{ Weights, Means, Variances []float32 }
		Weights, Means, Variances []float64
		LowerBound                float64   `json:"lower_bound"`
		LogProb                   []float64 `json:"log_prob"`
		Labels                    []int
	}
	Quantiles struct{ Values, P, Q []float64 }
}

func loadExpected(t *testing.T) expected {
	t.Helper()
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Labels) < 10 || len(e.AUC) < 5 || len(e.Validity) < 4 || len(e.KMeans) < 5 || len(e.GMM) < 5 {
		t.Fatalf("testdata/expected.json has too few cases")
	}
	return e
}

// near is |a−b| ≤ tol·max(1, |b|); equal infinities are near.
func near(a, b, tol float64) bool {
	return a == b || math.Abs(a-b) <= tol*math.Max(1, math.Abs(b))
}

func TestLabelMetricsAgreeWithScikitLearn(t *testing.T) {
	for _, c := range loadExpected(t).Labels {
		table := NewContingency(c.Classes, c.Clusters)
		for _, v := range []struct {
			name      string
			got, want float64
		}{{"purity", table.Purity(), c.Purity}, {"NMI", table.NMI(), c.NMI}, {"ARI", table.ARI(), c.ARI}, {"accuracy", table.Accuracy(), c.Accuracy}} {
			if !near(v.got, v.want, 1e-12) {
				t.Errorf("%s: %s = %v, scikit-learn %v", c.Name, v.name, v.got, v.want)
			}
		}
	}
}

func TestROCAgreesWithScikitLearn(t *testing.T) {
	for _, c := range loadExpected(t).AUC {
		auc, err := AUC(c.Inliers, c.Outliers)
		if err != nil || !near(auc, c.AUC, 1e-14) {
			t.Errorf("%s: AUC %v, scikit-learn %v (%v)", c.Name, auc, c.AUC, err)
		}
		points, err := ROC(c.Inliers, c.Outliers, false)
		if err != nil || len(points) != len(c.FPR) {
			t.Fatalf("%s: %d points, scikit-learn %d (%v)", c.Name, len(points), len(c.FPR), err)
		}
		for i, p := range points {
			if !near(p.FPR, c.FPR[i], 1e-14) || !near(p.TPR, c.TPR[i], 1e-14) || i > 0 && p.Threshold != c.Thresholds[i-1] {
				t.Errorf("%s: point %d is %+v, scikit-learn (%v, %v)", c.Name, i, p, c.FPR[i], c.TPR[i])
			}
		}
	}
}

func TestValidityAgreesWithScikitLearn(t *testing.T) {
	for _, c := range loadExpected(t).Validity {
		for _, workers := range []int{1, 3} {
			v, err := ClusterValidity(context.Background(), Matrix{c.N, c.D, c.X}, c.Labels, workers)
			if err != nil {
				t.Fatal(err)
			}
			if !near(v.DaviesBouldin, c.DaviesBouldin, 1e-6) || !near(v.Silhouette, c.Silhouette, 1e-5) || !near(v.Dunn, c.Dunn, 1e-5) {
				t.Errorf("%s: %+v, expected %v %v %v", c.Name, v, c.DaviesBouldin, c.Dunn, c.Silhouette)
			}
		}
	}
}

func TestKMeansAgreesWithScikitLearn(t *testing.T) {
	for i, c := range loadExpected(t).KMeans {
		m, err := FitKMeansFrom(context.Background(), Matrix{c.N, c.D, c.X}, c.Start, KMeansConfig{K: c.K, MaxIter: c.Iterations, Tol: -1, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		if !near(m.Inertia, c.Inertia, 1e-5) || !slices.Equal(m.Labels, c.Labels) {
			t.Errorf("case %d: inertia %v, scikit-learn %v; equal labels: %t", i, m.Inertia, c.Inertia, slices.Equal(m.Labels, c.Labels))
		}
		for j, v := range m.Centers {
			if !near(float64(v), c.Centers[j], 1e-5) {
				t.Fatalf("case %d: centre value %d is %v, scikit-learn %v", i, j, v, c.Centers[j])
			}
		}
	}
}

// From the same start, the same log-likelihood to 1e-4 relative and far better.
func TestEMAgreesWithScikitLearn(t *testing.T) {
	for i, c := range loadExpected(t).GMM {
		X := Matrix{c.N, c.D, c.X}
		start := &GMM{K: c.K, D: c.D, Weights: c.Start.Weights, Means: c.Start.Means, Variances: c.Start.Variances}
		fit, err := FitGMMFrom(context.Background(), X, start, GMMConfig{K: c.K, RegCovar: c.Reg, MaxIter: c.Iterations, Tol: -1, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		if fit.Iterations != c.Iterations || !fit.Monotone {
			t.Errorf("case %d: %d iterations, want %d; monotone %t, shortfall %g", i, fit.Iterations, c.Iterations, fit.Monotone, fit.Shortfall)
		}
		if got := fit.LogLikelihood[c.Iterations-1]; !near(got, c.LowerBound, 2e-5) {
			t.Errorf("case %d: log-likelihood before the last M-step %v, scikit-learn %v", i, got, c.LowerBound)
		}
		for j, v := range fit.LogProb(nil, X, 2) {
			if !near(v, c.LogProb[j], 1e-4) {
				t.Fatalf("case %d: log-likelihood of row %d is %v, scikit-learn %v", i, j, v, c.LogProb[j])
			}
		}
		if got := fit.Predict(nil, X, 1); !slices.Equal(got, c.Labels) {
			t.Errorf("case %d: other labels than scikit-learn", i)
		}
		for _, v := range []struct {
			name string
			got  []float32
			want []float64
		}{{"weight", fit.Weights, c.Weights}, {"mean", fit.Means, c.Means}, {"variance", fit.Variances, c.Variances}} {
			for j := range v.want {
				if !near(float64(v.got[j]), v.want[j], 1e-5) {
					t.Fatalf("case %d: %s %d is %v, scikit-learn %v", i, v.name, j, v.got[j], v.want[j])
				}
			}
		}
	}
}

func TestQuantilesAgreeWithNumPy(t *testing.T) {
	q := loadExpected(t).Quantiles
	for i, p := range q.P {
		if got := quantile(q.Values, p); !near(got, q.Q[i], 1e-12) {
			t.Errorf("quantile %v is %v, NumPy %v", p, got, q.Q[i])
		}
	}
}
