package dcgmm

import (
	"math"
	"testing"
)

func TestTorusIsTheNearestRectangle(t *testing.T) {
	for k, want := range map[int][2]int{1: {1, 1}, 2: {1, 2}, 6: {2, 3}, 7: {1, 7}, 12: {3, 4}, 36: {6, 6}, 49: {7, 7}, 50: {5, 10}, 100: {10, 10}} {
		if rows, cols := torus(k); rows != want[0] || cols != want[1] {
			t.Errorf("torus(%d) = %d×%d, want %d×%d", k, rows, cols, want[0], want[1])
		}
	}
}

// The matrix as stored, a Kronecker product, is that of the distances on the torus; its rows sum to 1.
func TestNeighbourhoodIsTheFormula(t *testing.T) {
	for _, k := range []int{1, 2, 6, 7, 12, 49, 50} {
		n := NewNeighbourhood(k)
		l := oracleLayer{k: k, rows: n.Rows, cols: n.Cols}
		for _, tau := range []float64{0.2, 0.7, 2.5, 40} {
			n.SetWidth(tau)
			g := l.neighbours(tau)
			for a := range k {
				sum := 0.0
				for b := range k {
					sum += n.At(a, b)
					if math.Abs(n.At(a, b)-g[a][b]) > 1e-6 || n.At(a, b) != n.At(b, a) {
						t.Fatalf("K=%d τ=%g: G[%d][%d] = %v, formula %v", k, tau, a, b, n.At(a, b), g[a][b])
					}
				}
				if math.Abs(sum-1) > 1e-5 {
					t.Fatalf("K=%d τ=%g: row %d sums to %v", k, tau, a, sum)
				}
			}
		}
		for _, tau := range []float64{0, 1e-3, 0.1} {
			n.SetWidth(tau)
			for a := range k {
				for b := range k {
					if want := map[bool]float64{true: 1}[a == b]; n.At(a, b) != want {
						t.Fatalf("K=%d τ=%g: G[%d][%d] = %v", k, tau, a, b, n.At(a, b))
					}
				}
			}
		}
	}
}

// The schedule by hand, windows of two steps, δ = 0.1: window averages 0, 10, 20, 20.5, 40, 35.
// u: –, –, 1 (rises), 0.025 (flat: lower), 0.95 (rises), −0.125 (flat, −2δ < u < δ: lower), 23 then −0.34 (falls: no
// change).
func TestAdaptiveScheduleLowersOnlyWhenFlat(t *testing.T) {
	c := Config{Window: 2, RateEnd: 0.5, Rate: 0.8, Tau: 4, Gamma: 0.5, Delta: 0.1, TauEnd: 1.5}.withDefaults(1)
	a := newAnnealing(&c, 9)
	tau := []float64{4, 4, 4, 2, 2, 1.5, 1.5}
	rate := []float64{0.8, 0.8, 0.8, 0.5, 0.5, 0.5, 0.5}
	for i, avg := range []float64{0, 10, 20, 20.5, 40, 35, 23} {
		a.observe(avg-1, &c)
		a.observe(avg+1, &c)
		if a.Tau != tau[i] || a.Rate != rate[i] {
			t.Errorf("after window %d: τ %v, ε %v; want %v, %v", i+1, a.Tau, a.Rate, tau[i], rate[i])
		}
	}
	if a.Windows != 7 || a.First != 0 || a.Last != 23 {
		t.Errorf("state %+v", a)
	}
}

func TestFixedScheduleFollowsTime(t *testing.T) {
	c := Config{Schedule: Fixed, Rate: 0.04, RateEnd: 0.01, Tau: 4, TauEnd: 0.25, AnnealShare: 0.5}.withDefaults(1)
	a := newAnnealing(&c, 9)
	for done, want := range map[float64][2]float64{0: {4, 0.04}, 0.25: {1, 0.02}, 0.5: {0.25, 0.01}, 0.9: {0.25, 0.01}} {
		a.follow(done, 9, &c)
		if math.Abs(a.Tau-want[0]) > 1e-12 || math.Abs(a.Rate-want[1]) > 1e-12 {
			t.Errorf("after %v of the steps: τ %v, ε %v; want %v", done, a.Tau, a.Rate, want)
		}
	}
	if a := newAnnealing(&Config{}, 8); a.Tau != 1 { // 0.25·√16
		t.Errorf("default τ of K = 8 is %v", a.Tau)
	}
}
