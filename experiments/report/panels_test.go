package report

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot"
)

func labelled(ticks []plot.Tick) (labels []string) {
	for _, t := range ticks {
		if t.Label != "" {
			labels = append(labels, t.Label)
		}
	}
	return labels
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		ticker    plot.Ticker
		low, high float64
		want      []string
	}{
		{roundTicks{}, 0.2, 18, []string{"5", "10", "15"}},
		{roundTicks{}, -0.03, 1.02, []string{"0.0", "0.5", "1.0"}},
		{roundTicks{}, 4e4, 1.3e6, []string{"500 k", "1 M"}},
		{roundTicks{}, -1.2, -0.4, []string{"−1.2", "−1.0", "−0.8", "−0.6", "−0.4"}},
		{ratioTicks{}, 0.08, 4, []string{"0.1", "0.3", "1", "3"}},
		{ratioTicks{}, 3.5e4, 1.4e6, []string{"100 k", "300 k", "1 M"}},
		{ratioTicks{}, 0.21, 0.41, []string{"0.3", "0.4"}},
	} {
		if got := labelled(c.ticker.Ticks(c.low, c.high)); !slices.Equal(got, c.want) {
			t.Errorf("%T from %v to %v: %v, want %v", c.ticker, c.low, c.high, got, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for x, want := range map[float64]string{385249: "385 k", 1230096: "1.23 M", 100000: "100 k", 1e6: "1 M", 999.6: "1 k", 20500: "20.5 k", 49: "49", 0.5: "0.5", 7.256: "7.26", 0: "0", 2e9: "2 G", -1500: "−1.5 k"} {
		if got := Thousands(x); got != want {
			t.Errorf("Thousands(%v) = %q, want %q", x, got, want)
		}
	}
}

// Panels of a column have the axes of all of them, and their words once.
func TestAlignedPanels(t *testing.T) {
	line := func(x, y Numbers) []Line { return []Line{{Name: "l", X: x, Y: y}} }
	f := Lines{ID: "a", OneLegend: true, Aligned: true, Panels: [][]Panel{
		{{X: "x", Y: "y", Lines: line(Numbers{0, 1}, Numbers{5, 6})}, {X: "x", Y: "y", Lines: line(Numbers{0, 1}, Numbers{0, 1})}},
		{{X: "x", Y: "y", Lines: line(Numbers{2, 3}, Numbers{-1, 2})}, {}},
	}}
	p := f.aligned(f.Panels[0][0], 0, 0)
	if *p.across != (Range{0, 3}) || *p.Range != (Range{-1, 6}) || p.X != "" || p.Y != "y" {
		t.Errorf("above: %+v, across %v, range %v", p, p.across, p.Range)
	}
	if p := f.aligned(f.Panels[1][0], 1, 0); *p.across != (Range{0, 3}) || *p.Range != (Range{-1, 6}) || p.X != "x" {
		t.Errorf("below: %+v", p)
	}
	if p := f.aligned(f.Panels[0][1], 0, 1); *p.across != (Range{0, 1}) || p.X != "x" || p.Y != "" {
		t.Errorf("right, nothing below: %+v", p)
	}
	c, err := f.draw()
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Image().Bounds().Dx(); w > 1200 {
		t.Errorf("%d pixels wide", w)
	}
	if n := count(c.Image(), palette[0]); n < 300 {
		t.Errorf("%d pixels of three lines and the legend", n)
	}
}

// With one legend, lines of a name have one look, and no two names of a figure have the same.
func TestLinesDifferInColourOrDashes(t *testing.T) {
	f := Lines{ID: "a", OneLegend: true, Panels: [][]Panel{{{}}}}
	for i := range 20 {
		f.Panels[0][0].Lines = append(f.Panels[0][0].Lines, Line{Name: string(rune('a' + i))})
	}
	for i, a := range f.names() {
		for _, b := range f.names()[:i] {
			x, y := f.look(0, Line{Name: a}), f.look(0, Line{Name: b})
			if x.line.Color == y.line.Color && (slices.Equal(x.line.Dashes, y.line.Dashes) || x.shape == y.shape) {
				t.Errorf("%s looks like %s", a, b)
			}
		}
	}
}

// Bars stand at their points, and an interval that is not finite is left out.
func TestBars(t *testing.T) {
	f := Lines{ID: "a", Panels: [][]Panel{{{Lines: []Line{{Name: "l", Marked: true, X: Numbers{1, 2, 3}, Y: Numbers{1, 2, 3}}}}}}}
	pixels := func() int {
		c, err := f.draw()
		if err != nil {
			t.Fatal(err)
		}
		return count(c.Image(), palette[0])
	}
	l := &f.Panels[0][0].Lines[0]
	l.Low, l.High = Numbers{1, 2, 3}, Numbers{1, 2, 3}
	without := pixels()
	l.Low, l.High = Numbers{math.NaN(), 1, 3}, Numbers{2, 3, 3}
	if with := pixels(); with < without+80 {
		t.Errorf("%d pixels with a bar, %d without", with, without)
	}
}
