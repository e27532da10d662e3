package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// axes fixes scales and ranges after everything was added.
func (p *Panel) axes(pl *plot.Plot) {
	if p.Range != nil {
		pl.Y.Min, pl.Y.Max = p.Range.Min, p.Range.Max
	}
	for _, a := range []*plot.Axis{&pl.X, &pl.Y} {
		if math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) { // nothing was drawn
			a.Min, a.Max = 0, 1
		}
		if a.Min == a.Max {
			a.Min, a.Max = a.Min-0.5, a.Max+0.5
		}
	}
	if p.LogX && pl.X.Min > 0 {
		logarithmic(&pl.X)
	}
	if p.LogY && pl.Y.Min > 0 {
		logarithmic(&pl.Y)
	}
}

// logarithmic makes a log axis, a little longer than what is drawn, so that points at its ends are whole.
func logarithmic(a *plot.Axis) {
	more := math.Pow(a.Max/a.Min, 0.03)
	a.Min, a.Max = a.Min/more, a.Max*more
	a.Scale, a.Tick.Marker = plot.LogScale{}, decadeTicks{}
}

// decadeTicks marks 1, 2 and 5 of every decade, and only powers of ten when there are many.
type decadeTicks struct{}

// Ticks returns the marks between two positive numbers.
func (decadeTicks) Ticks(low, high float64) []plot.Tick {
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	var ticks []plot.Tick
	for e := first; e <= last; e++ {
		for m := 1; m < 10; m++ {
			t := plot.Tick{Value: float64(m) * math.Pow10(e)}
			if t.Value < low || t.Value > high {
				continue
			}
			if m == 1 || (m == 2 || m == 5) && last-first <= 3 {
				t.Label = strconv.FormatFloat(t.Value, 'g', 3, 64)
			}
			ticks = append(ticks, t)
		}
	}
	if labels(ticks) >= 2 {
		return ticks
	}
	return plot.DefaultTicks{}.Ticks(low, high) // less than an octave: as on a linear axis
}

func labels(ticks []plot.Tick) (n int) {
	for _, t := range ticks {
		if t.Label != "" {
			n++
		}
	}
	return n
}
