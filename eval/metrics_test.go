package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"
)

// The AUC counted pair by pair.
func TestAUCIsTheShareOfWonPairs(t *testing.T) {
	r := newRand()
	for range 200 {
		in, out := make([]float64, 1+r.IntN(30)), make([]float64, 1+r.IntN(30))
		for i := range in {
			in[i] = float64(r.IntN(9))
		}
		for i := range out {
			out[i] = float64(r.IntN(9)) - 2
		}
		won := 0.0
		for _, a := range in {
			for _, b := range out {
				if a > b {
					won++
				} else if a == b {
					won += 0.5
				}
			}
		}
		got, err := AUC(in, out)
		if err != nil || !near(got, won/float64(len(in)*len(out)), 1e-14) {
			t.Fatalf("AUC %v, pairs %v", got, won/float64(len(in)*len(out)))
		}
		// The curve has that area, with all points and with the corners only.
		for _, corners := range []bool{false, true} {
			points, err := ROC(in, out, corners)
			if err != nil {
				t.Fatal(err)
			}
			area := 0.0
			for i := 1; i < len(points); i++ {
				area += (points[i].FPR - points[i-1].FPR) * (points[i].TPR + points[i-1].TPR) / 2
			}
			if last := points[len(points)-1]; !near(area, got, 1e-12) || points[0] != (ROCPoint{0, 0, math.Inf(1)}) || last.FPR != 1 || last.TPR != 1 {
				t.Fatalf("corners %t: area %v, AUC %v", corners, area, got)
			}
		}
	}
}

func TestAUCOfOddScores(t *testing.T) {
	if got, err := AUC([]float64{math.Inf(1), 0}, []float64{math.Inf(-1), math.Inf(1)}); err != nil || got != 0.625 {
		t.Errorf("infinite scores: %v, %v", got, err) // of four pairs: a tie, a win, a loss and a win
	}
	for _, c := range [][2][]float64{{nil, {1}}, {{1}, nil}, {{1, math.NaN()}, {1}}, {{1}, {math.NaN()}}} {
		if got, err := AUC(c[0], c[1]); err == nil {
			t.Errorf("AUC(%v) = %v", c, got)
		}
		if got, err := ROC(c[0], c[1], true); err == nil {
			t.Errorf("ROC(%v) = %v", c, got)
		}
	}
}

// All orders of the columns, for problems small enough.
func TestAssignmentIsTheCheapest(t *testing.T) {
	r := newRand()
	for range 300 {
		n, m := 1+r.IntN(5), 1+r.IntN(6)
		cost := make([][]float64, n)
		for i := range cost {
			cost[i] = make([]float64, m)
			for j := range cost[i] {
				cost[i][j] = float64(r.IntN(20) - 10)
			}
		}
		total, used := 0.0, map[int]bool{}
		matched := 0
		for i, j := range Assignment(cost) {
			if j < 0 {
				continue
			}
			if used[j] {
				t.Fatalf("column %d is given twice", j)
			}
			used[j] = true
			matched++
			total += cost[i][j]
		}
		if matched != min(n, m) || total != cheapest(cost, 0, make([]bool, m), max(0, n-m)) {
			t.Fatalf("%v: total %v with %d matched, cheapest %v", cost, total, matched, cheapest(cost, 0, make([]bool, m), max(0, n-m)))
		}
	}
}

// cheapest tries everything; spare is how many rows may stay without a column.
func cheapest(cost [][]float64, row int, used []bool, spare int) float64 {
	if row == len(cost) {
		return 0
	}
	best := math.Inf(1)
	if spare > 0 {
		best = cheapest(cost, row+1, used, spare-1)
	}
	for j := range used {
		if !used[j] {
			used[j] = true
			best = math.Min(best, cost[row][j]+cheapest(cost, row+1, used, spare))
			used[j] = false
		}
	}
	return best
}

// Renaming clusters changes nothing; NMI and ARI are symmetric; all are in range.
func TestLabelMetricsProperties(t *testing.T) {
	property := func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 1))
		n, k, c := 2+r.IntN(60), 1+r.IntN(6), 1+r.IntN(6)
		classes, clusters, renamed := make([]int, n), make([]int, n), make([]int, n)
		names := r.Perm(k)
		for i := range n {
			classes[i], clusters[i] = r.IntN(c), r.IntN(k)
			renamed[i] = 10 * names[clusters[i]]
		}
		a, b, swapped := NewContingency(classes, clusters), NewContingency(classes, renamed), NewContingency(clusters, classes)
		inRange := func(x, low float64) bool { return x >= low-1e-12 && x <= 1+1e-12 }
		return near(a.Purity(), b.Purity(), 1e-12) && near(a.NMI(), b.NMI(), 1e-12) && near(a.ARI(), b.ARI(), 1e-12) && near(a.Accuracy(), b.Accuracy(), 1e-12) &&
			near(a.NMI(), swapped.NMI(), 1e-12) && near(a.ARI(), swapped.ARI(), 1e-12) && near(a.Accuracy(), swapped.Accuracy(), 1e-12) &&
			inRange(a.Purity(), 0) && inRange(a.NMI(), 0) && inRange(a.ARI(), -1) && a.Accuracy() <= a.Purity()+1e-12
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 500}); err != nil {
		t.Error(err)
	}
}

// Four points on a line by hand: clusters {0, 1} and {10, 12}.
// Centroids 0.5 and 11, spreads 0.5 and 1: Davies–Bouldin 1.5/10.5. Dunn 9/2.
// Silhouettes: (11−1)/11, (10−1)/10, (9.5−2)/9.5, (11.5−2)/11.5.
func TestValidityByHand(t *testing.T) {
	v, err := ClusterValidity(context.Background(), Matrix{4, 1, []float32{0, 1, 10, 12}}, []int{7, 7, -2, -2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	silhouette := (10./11 + 9./10 + 7.5/9.5 + 9.5/11.5) / 4
	if !near(v.DaviesBouldin, 1.5/10.5, 1e-12) || !near(v.Dunn, 4.5, 1e-6) || !near(v.Silhouette, silhouette, 1e-6) {
		t.Errorf("%+v, want %v 4.5 %v", v, 1.5/10.5, silhouette)
	}
	// Rows of different clusters coincide; clusters of one row each are refused.
	v, err = ClusterValidity(context.Background(), Matrix{3, 1, []float32{1, 1, 2}}, []int{0, 1, 1}, 1)
	if err != nil || v.Dunn != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, labels := range [][]int{{1, 1, 1}, {1, 2, 3}} {
		if _, err := ClusterValidity(context.Background(), Matrix{3, 1, []float32{1, 2, 3}}, labels, 1); !errors.Is(err, ErrClusterCount) {
			t.Errorf("labels %v: %v", labels, err)
		}
	}
	if _, err := ClusterValidity(context.Background(), Matrix{3, 1, []float32{1, float32(math.NaN()), 3}}, []int{0, 0, 1}, 1); err == nil {
		t.Error("NaN has distances")
	}
}

func TestValidityDoesNotDependOnWorkers(t *testing.T) {
	X, labels := blobs(2500, 9, 6, 0.3, 12)
	one, err := ClusterValidity(context.Background(), X, labels, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 5} {
		if many, err := ClusterValidity(context.Background(), X, labels, workers); err != nil || many != one {
			t.Errorf("%d workers: %+v, one %+v (%v)", workers, many, one, err)
		}
	}
}

func TestBootstrap(t *testing.T) {
	values := []float64{0.2, 0.4, 0.3, 0.5, 0.6}
	i := Bootstrap(values, 20_000, newRand())
	// All 5⁵ resamples: the 2.5 % and the 97.5 % quantile of their means.
	var means []float64
	for code := range 3125 {
		sum := 0.0
		for range 5 {
			sum += values[code%5]
			code /= 5
		}
		means = append(means, sum/5)
	}
	slices.Sort(means)
	if i.N != 5 || !near(i.Mean, 0.4, 1e-12) || math.Abs(i.Low-quantile(means, 0.025)) > 0.011 || math.Abs(i.High-quantile(means, 0.975)) > 0.011 {
		t.Errorf("%+v, exact [%v, %v]", i, quantile(means, 0.025), quantile(means, 0.975))
	}
	if again := Bootstrap(values, 20_000, newRand()); again != i {
		t.Error("the same generator gives another interval")
	}
	if one := Bootstrap([]float64{3}, 10, newRand()); one != (Interval{1, 3, 3, 3}) {
		t.Errorf("one value: %+v", one)
	}
	if nan := Bootstrap([]float64{3, math.NaN()}, 10, newRand()); !math.IsNaN(nan.Mean) || !math.IsNaN(nan.Low) {
		t.Errorf("NaN: %+v", nan)
	}
	d := BootstrapPaired([]float64{1.5, 2.5, 3.5}, []float64{1, 2, 3}, 100, newRand())
	if d != (Interval{3, 0.5, 0.5, 0.5}) {
		t.Errorf("pairs: %+v", d)
	}
}
