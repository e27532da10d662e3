package analysis

import (
	"math"
	"slices"
	"testing"

	"deepgmm/experiments/cell"
)

// A quarter of a circle of 1000 points needs few chords; no point is farther from the simplified curve than a line is wide.
func TestSimplified(t *testing.T) {
	var curve []cell.ROC
	for i := range 1000 {
		sin, cos := math.Sincos(float64(i) / 999 * math.Pi / 2)
		curve = append(curve, cell.ROC{FPR: 1 - cos, TPR: sin})
	}
	few := simplified(curve)
	if len(few) < 10 || len(few) > 40 || few[0] != curve[0] || few[len(few)-1] != curve[999] {
		t.Fatalf("%d points from %v to %v", len(few), few[0], few[len(few)-1])
	}
	for _, p := range curve {
		at, _ := slices.BinarySearchFunc(few, p, func(a, b cell.ROC) int { return int(math.Copysign(1, a.FPR-b.FPR)) })
		at = max(1, min(at, len(few)-1))
		a, b := few[at-1], few[at]
		dx, dy := b.FPR-a.FPR, b.TPR-a.TPR
		if d := math.Abs(dx*(p.TPR-a.TPR)-dy*(p.FPR-a.FPR)) / math.Hypot(dx, dy); d > 0.00201 {
			t.Errorf("%v is %v from the chord of %v and %v", p, d, a, b)
		}
	}
	for _, short := range [][]cell.ROC{nil, curve[:1], curve[:2]} {
		if got := simplified(short); !slices.Equal(got, short) {
			t.Errorf("%v became %v", short, got)
		}
	}
	if got := simplified([]cell.ROC{{}, {FPR: 0.5, TPR: 0.5}, {FPR: 1, TPR: 1}}); len(got) != 2 {
		t.Errorf("points on a line stay: %v", got)
	}
}
