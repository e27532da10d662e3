package eval

import (
	"math"
	"testing"
)

// Adjusted by hand: sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 are 0.02, 0.03, 0.06, 0.04, and the last must not
// be below the one before it.
func TestHolm(t *testing.T) {
	for _, c := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.2}, []float64{0.2}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.6, 0.001}, []float64{1, 1, 0.003}},
		{[]float64{0.02, 0.02}, []float64{0.04, 0.04}},
		{[]float64{0, 1}, []float64{0, 1}},
	} {
		got := Holm(c.p)
		if len(got) != len(c.want) {
			t.Fatalf("Holm(%v) = %v", c.p, got)
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("Holm(%v) = %v, want %v", c.p, got, c.want)
			}
		}
	}
}

// Quantiles of printed tables of Student's t: 2.776 for 4 degrees of freedom and 4.303 for 2 are p = 0.05. Differences
// −1, 0, 1 around m have the standard error 1/√3; −2, −1, 0, 1, 2 have √(2.5/5).
func TestPairedT(t *testing.T) {
	three, five := 4.303/math.Sqrt(3), 2.776*math.Sqrt(0.5)
	for _, c := range []struct {
		diff []float64
		want float64
	}{
		{[]float64{three - 1, three, three + 1}, 0.05},
		{[]float64{-three - 1, -three, -three + 1}, 0.05},
		{[]float64{five - 2, five - 1, five, five + 1, five + 2}, 0.05},
		{[]float64{-1, 1}, 1},
		{[]float64{0.3, 0.3, 0.3}, 0},
		{[]float64{0, 0}, 1},
		{[]float64{5}, 1},
	} {
		if got := PairedT(c.diff); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("PairedT(%v) = %v, want %v", c.diff, got, c.want)
		}
	}
}
