package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// units are what coordinates are multiplied by before they are drawn: 1 unless sums of them may overflow.
type units struct{ x, y float64 }

// units of the points that will be drawn.
func (p *Panel) units() units {
	x, y := Range{math.Inf(1), math.Inf(-1)}, Range{math.Inf(1), math.Inf(-1)}
	for _, l := range p.Lines {
		for i := range l.X {
			if p.drawn(l.X[i], l.Y[i]) {
				x, y = x.with(l.X[i]), y.with(l.Y[i])
			}
		}
	}
	if p.Range != nil {
		y = *p.Range
	}
	return units{x.unit(p.LogX), y.unit(p.LogY)}
}

// drawn reports whether a point has a place on the axes.
func (p *Panel) drawn(x, y float64) bool {
	return Num(x).isNumber && Num(y).isNumber && !(p.LogX && x <= 0) && !(p.LogY && y <= 0)
}

// with is the range that holds v, too.
func (r Range) with(v float64) Range { return Range{min(r.Min, v), max(r.Max, v)} }

// unit is small for an axis with huge ends; a log axis may have one.
func (r Range) unit(log bool) float64 {
	if far := max(math.Abs(r.Min), math.Abs(r.Max)); r.Min <= r.Max && far > 1e290 && !(log && r.Min <= 1e290) {
		return 1e-20
	}
	return 1
}

// near is v, or a place as far out of sight that a line through it looks the same.
func (r *Range) near(v float64) float64 {
	if r == nil {
		return v
	}
	far := 1e3 * max(1, r.Max-r.Min)
	return max(r.Min-far, min(v, r.Max+far))
}

// axes fixes scales and ranges after everything was added.
func (p *Panel) axes(pl *plot.Plot, u units) {
	if p.Range != nil {
		pl.Y.Min, pl.Y.Max = p.Range.Min*u.y, p.Range.Max*u.y
	}
	if p.across != nil {
		pl.X.Min, pl.X.Max = p.across.Min*u.x, p.across.Max*u.x
	}
	pl.X.Tick.Marker, pl.Y.Tick.Marker = rescaled{roundTicks{}, u.x}, rescaled{roundTicks{}, u.y}
	for _, a := range []*plot.Axis{&pl.X, &pl.Y} {
		if math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) { // nothing was drawn
			a.Min, a.Max = 0, 1
		}
		if a.Min == a.Max {
			a.Min, a.Max = a.Min-0.5, a.Max+0.5
		}
		if least := 1e-9 * max(math.Abs(a.Min), math.Abs(a.Max)); a.Max-a.Min < least { // there would be no numbers for ticks
			a.Min, a.Max = a.Min-least, a.Max+least
		}
	}
	if p.LogX && pl.X.Min > 0 {
		logarithmic(&pl.X, u.x)
	}
	if p.LogY && pl.Y.Min > 0 {
		logarithmic(&pl.Y, u.y)
	}
}

// logarithmic makes a log axis, a little longer than what is drawn, so that points at its ends are whole.
func logarithmic(a *plot.Axis, unit float64) {
	more := math.Pow(a.Max/a.Min, 0.03)
	if math.IsInf(more, 1) {
		more = math.Pow(a.Max, 0.03) / math.Pow(a.Min, 0.03)
	}
	a.Min, a.Max = max(a.Min/more, math.SmallestNonzeroFloat64), min(a.Max*more, 1.79e308)
	a.Scale, a.Tick.Marker = plot.LogScale{}, rescaled{ratioTicks{}, unit}
}

// rescaled are ticks of an axis in units, with the numbers they stand for.
type rescaled struct {
	plot.Ticker
	unit float64
}

// Ticks returns the marks between two numbers.
func (r rescaled) Ticks(low, high float64) []plot.Tick {
	ticks := r.Ticker.Ticks(low, high)
	for i, t := range ticks {
		if r.unit != 1 && t.Label != "" {
			ticks[i].Label = strconv.FormatFloat(t.Value/r.unit, 'g', 3, 64)
		}
	}
	return ticks
}

// manyDecades have no room for the label of each.
const manyDecades = 24

// decadeTicks marks 1, 2 and 5 of every decade, only powers of ten when there are many, and some of these when there
// are more than manyDecades.
type decadeTicks struct{}

// Ticks returns the marks between two positive numbers.
func (decadeTicks) Ticks(low, high float64) []plot.Tick {
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	var ticks []plot.Tick
	step, marks := 1, 9
	if last-first > manyDecades {
		step, marks = (last-first)/(manyDecades/2), 1
	}
	for e := first; e <= last; e += step {
		for m := 1; m <= marks; m++ {
			t := plot.Tick{Value: float64(m) * math.Pow10(e)}
			if t.Value < low || t.Value > high {
				continue
			}
			if m == 1 || (m == 2 || m == 5) && last-first <= 3 {
				t.Label = ratioLabel(t.Value)
			}
			ticks = append(ticks, t)
		}
	}
	if labels(ticks) >= 2 {
		return ticks
	}
	return roundTicks{}.Ticks(low, high) // less than an octave: as on a linear axis
}

func labels(ticks []plot.Tick) (n int) {
	for _, t := range ticks {
		if t.Label != "" {
			n++
		}
	}
	return n
}
