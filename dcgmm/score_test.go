package dcgmm

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// By hand: layer 1 has training mean 2, deviation 1; layer 2 no spread. For the weakest, z is (−1, 3) in layer 1 and
// (1, −0.5) in layer 2.
func TestCombinationsByHand(t *testing.T) {
	for _, c := range []struct {
		rule          Rule
		train, scores [][]float64
		first, second float64
	}{
		{Sum, [][]float64{{1, 3}, {5, 5, 5}}, [][]float64{{2, 4}, {5, 8}}, 0, 5},
		{Weakest, [][]float64{{1, 3}, {4, 8}}, [][]float64{{1, 5}, {8, 5}}, -1, -0.5},
	} {
		got := FitCombination(c.rule, c.train).Score(c.scores)
		if len(got) != 2 || math.Abs(got[0]-c.first) > 1e-12 || math.Abs(got[1]-c.second) > 1e-12 {
			t.Errorf("%s: %v, want [%v %v]", c.rule, got, c.first, c.second)
		}
	}
}

// Two layers that say the same count as one: z of three layers, correlations by hand, weights from the equations Cw =
// 1.
func TestWeightedSharesTheWeightOfEquals(t *testing.T) {
	a, b := []float64{1, -1, 1, -1}, []float64{1, 1, -1, -1} // uncorrelated, deviation 1
	got := FitCombination(Weighted, [][]float64{a, a, b}).Score([][]float64{{2}, {4}, {8}})
	twin, alone := 1/(2+ridge), 1/(1+ridge)
	if want := 6*twin + 8*alone; math.Abs(got[0]-want) > 1e-9 {
		t.Errorf("%v, want %v", got[0], want)
	}
	mustPanic(t, "layer 2 has 1 training scores, the first 2", func() { FitCombination(Weighted, [][]float64{{1, 2}, {1}}) })
	mustPanic(t, "scores of 0 layers, fitted to 1", func() { FitCombination(Weakest, [][]float64{{1, 2}}).Score(nil) })
	mustPanic(t, "for the scores of 0 layers", func() { FitCombination(Sum, nil) })
}

func TestLowestMean(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for n := 1; n < 60; n++ {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(r.IntN(n)) // with ties
		}
		sorted := slices.Sorted(slices.Values(v))
		for m := 1; m <= n; m++ {
			want := 0.0
			for _, x := range sorted[:m] {
				want += x / float64(m)
			}
			r.Shuffle(n, func(i, j int) { v[i], v[j] = v[j], v[i] })
			if got := lowestMean(v, m); math.Abs(got-want) > 1e-9 {
				t.Fatalf("the lowest %d of %v have mean %v, not %v", m, sorted, got, want)
			}
		}
	}
}

func TestScoringStopsWithItsContext(t *testing.T) {
	net, err := New("F2 G3", Shape{H: 4, W: 4, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(100, Shape{H: 4, W: 4, C: 1}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := net.Evaluate(ctx, im, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("Evaluate: %v", err)
	}
	if _, err := net.LogScores(ctx, im, 0, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("LogScores: %v", err)
	}
	if ev, err := net.Evaluate(context.Background(), im, 2); err != nil || ev.Cluster != nil {
		t.Errorf("a top layer of nine positions gives clusters %v, %v", ev.Cluster, err)
	}
	if _, err := net.Evaluate(context.Background(), Images{Shape: Shape{H: 4, W: 4, C: 3}, Pix: make([]uint8, 48)}, 1); err == nil || !strings.Contains(err.Error(), "4×4×3") {
		t.Errorf("colour images: %v", err)
	}
}

// Bugs of the caller panic and say where.
func TestCallersBugsPanic(t *testing.T) {
	net, err := New("F2 G3", Shape{H: 4, W: 4, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(3, Shape{H: 4, W: 4, C: 1}, 1)
	for want, call := range map[string]func(){
		"layer 1 of a network of 1": func() { _, _ = net.LogScores(context.Background(), im, 1, 1) },
		"no component 3":            func() { net.Project(0, 0, 3) },
		"at position 9":             func() { net.Project(0, 9, 0) },
		"for the scores of 0":       func() { FitCombination(Sum, nil) },
	} {
		func() {
			defer func() {
				if r, _ := recover().(string); !strings.HasPrefix(r, "dcgmm: ") || !strings.Contains(r, want) {
					t.Errorf("panic %q, want one with %q", r, want)
				}
			}()
			call()
		}()
	}
}
