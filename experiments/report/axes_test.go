package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// Axes of any two numbers end, and show the line between them: sums, differences and ratios of the ends overflow,
// underflow or leave no numbers for ticks between.
func TestAxesOfAnyNumbers(t *testing.T) {
	values := []float64{
		-1.7e308, -1, 0, math.SmallestNonzeroFloat64, 1e-310, 1e-200, 1,
		math.Nextafter(1, 2), 1e17, 1e17 + 16, 1e150, 1e291, 1.7e308, math.MaxFloat64,
	}
	for i, low := range values {
		for _, high := range values[i:] {
			for _, log := range []bool{false, true} {
				f := Lines{ID: "a", Panels: [][]Panel{{{LogX: log, LogY: log, Lines: []Line{
					{Name: "l", Marked: true, X: []float64{low, high, math.NaN()}, Y: []float64{high, low, math.Inf(1)}},
				}}}}}
				c, err := f.draw()
				if err != nil {
					t.Fatal(err)
				}
				// The legend alone has 35 pixels, two points on the axes and a line have at least 100.
				if n := count(c.Image(), palette[0]); n < 60 && !(log && low <= 0) {
					t.Errorf("from %v to %v, logarithmic %t: %d pixels", low, high, log, n)
				}
			}
		}
	}
}

// A point far outside of a fixed range ends no line early and hangs nothing.
func TestPointsFarOutsideOfTheRange(t *testing.T) {
	for _, far := range []float64{1e10, 1e291, math.MaxFloat64} {
		f := Lines{ID: "a", Panels: [][]Panel{{{Range: &Range{0, 1}, Diagonal: true, Lines: []Line{
			{Name: "l", X: []float64{0, 1, 2}, Y: []float64{0.5, 0.5, far}},
		}}}}}
		c, err := f.draw()
		if err != nil {
			t.Fatal(err)
		}
		if n := count(c.Image(), palette[0]); n < 200 {
			t.Errorf("a point at %v: %d pixels", far, n)
		}
	}
}

func TestLabelsOfLongAxes(t *testing.T) {
	labels := func(marker plot.Ticker, low, high float64) string {
		var out []string
		for _, tick := range marker.Ticks(low, high) {
			if tick.Label != "" {
				out = append(out, tick.Label)
			}
		}
		return strings.Join(out, " ")
	}
	if got := labels(rescaled{plot.DefaultTicks{}, 1e-20}, -1.7e288, 1.7e288); got != "-1.7e+308 0 1.7e+308" {
		t.Errorf("labels %s", got)
	}
	if got := labels(decadeTicks{}, 1e-200, 1e150); len(strings.Fields(got)) < 5 || len(strings.Fields(got)) > manyDecades {
		t.Errorf("labels %s", got)
	}
}

func TestRangesMustBeRanges(t *testing.T) {
	for _, r := range []Range{{math.NaN(), 1}, {0, math.Inf(1)}, {1, 0}} {
		f := Lines{ID: "a", Panels: [][]Panel{{{Title: "p", Range: &r, Lines: []Line{{Name: "l", X: []float64{1}, Y: []float64{1}}}}}}}
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, "Lines a: panel p: range") {
					t.Errorf("range %v: %s", r, text)
				}
			}()
			f.check()
		}()
	}
}
