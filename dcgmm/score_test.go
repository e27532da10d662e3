package dcgmm

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// By hand: layer 1 has training mean 2, deviation 1; layer 2 no spread.
func TestStandardised(t *testing.T) {
	got := Standardised([][]float64{{1, 3}, {5, 5, 5}}, [][]float64{{2, 4}, {5, 8}})
	if len(got) != 2 || math.Abs(got[0]) > 1e-12 || math.Abs(got[1]-5) > 1e-12 {
		t.Errorf("%v, want [0 5]", got)
	}
}

func TestScoringStopsWithItsContext(t *testing.T) {
	net, err := New("F2 G3", Shape{4, 4, 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(100, Shape{4, 4, 1}, 1)
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
	if _, err := net.Evaluate(context.Background(), Images{Shape: Shape{4, 4, 3}, Pix: make([]uint8, 48)}, 1); err == nil || !strings.Contains(err.Error(), "4×4×3") {
		t.Errorf("colour images: %v", err)
	}
}

// Bugs of the caller panic and say where.
func TestCallersBugsPanic(t *testing.T) {
	net, err := New("F2 G3", Shape{4, 4, 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(3, Shape{4, 4, 1}, 1)
	for want, call := range map[string]func(){
		"layer 1 of a network of 1": func() { _, _ = net.LogScores(context.Background(), im, 1, 1) },
		"no component 3":            func() { net.Project(0, 0, 3) },
		"at position 9":             func() { net.Project(0, 9, 0) },
		"no whole number of":        func() { Images{Shape: Shape{4, 4, 1}, Pix: make([]uint8, 17)}.Len() },
		"the same layers":           func() { Standardised(nil, [][]float64{{1}}) },
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
