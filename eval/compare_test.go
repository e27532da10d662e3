package eval

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// By hand: two inliers and two outliers. Placements of a are 1, 1 and 0, 0, of b 1, 0.5 and 0, 0.5.
func TestCompareAUCByHand(t *testing.T) {
	a, b := Ranked{[]float64{3, 4}, []float64{1, 2}}, Ranked{[]float64{3, 1.5}, []float64{1, 2}}
	d, p, err := CompareAUC(a, b)
	// Differences of the inliers are 0 and 0.5, of the outliers 0 and −0.5: variances of means 1/16 each.
	if want := 0.5 * math.Erfc(0.25/math.Sqrt(1./8)/math.Sqrt2); err != nil || d != 0.25 || math.Abs(p-want) > 1e-12 {
		t.Errorf("%v, %v, %v; want 0.25, %v", d, p, err, want)
	}
	if d, p, err = CompareAUC(b, a); err != nil || d != -0.25 || p < 0.5 {
		t.Errorf("the other way round: %v, %v, %v", d, p, err)
	}
	if d, p, err = CompareAUC(a, a); err != nil || d != 0 || p != 1 {
		t.Errorf("the same: %v, %v, %v", d, p, err)
	}
	worst := Ranked{[]float64{1, 2}, []float64{3, 4}}
	if d, p, err = CompareAUC(a, worst); err != nil || d != 1 || p != 0 {
		t.Errorf("all right and all wrong: %v, %v, %v", d, p, err)
	}
	if d, p, err = CompareAUC(Ranked{[]float64{3}, []float64{1, 2}}, Ranked{[]float64{0}, []float64{1, 2}}); err != nil || d != 1 || p != 1 {
		t.Errorf("of one inlier: %v, %v, %v", d, p, err)
	}
	if _, _, err := CompareAUC(Ranked{[]float64{math.NaN()}, []float64{1}}, Ranked{[]float64{1}, []float64{1}}); err == nil {
		t.Error("NaN is no error")
	}
	defer func() {
		if r, _ := recover().(string); !strings.Contains(r, "are not the same ones") {
			t.Errorf("other images: %q", r)
		}
	}()
	_, _, _ = CompareAUC(a, Ranked{[]float64{1}, []float64{1, 2}})
}

// Of scores that are equally good the p-value is below 5 % about as often.
func TestCompareAUCIsCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	low := 0
	for range 1000 {
		var a, b Ranked
		for i := range 90 {
			shared, x, y := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
			if i < 50 {
				a.Inliers, b.Inliers = append(a.Inliers, shared+x+1), append(b.Inliers, shared+y+1)
			} else {
				a.Outliers, b.Outliers = append(a.Outliers, shared+x), append(b.Outliers, shared+y)
			}
		}
		_, p, err := CompareAUC(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if p < 0.05 {
			low++
		}
	}
	if low < 30 || low > 75 {
		t.Errorf("%d of 1000 p-values are below 0.05", low)
	}
}
