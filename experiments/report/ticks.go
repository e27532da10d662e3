package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// roundTicks mark a linear axis at multiples of 1, 2 or 5 times a power of ten, two to five of them.
type roundTicks struct{}

// Ticks returns the marks between two numbers; where floats are too coarse for round ones, they are those of the plotter.
func (roundTicks) Ticks(low, high float64) []plot.Tick {
	span := high - low
	power := math.Pow(10, math.Floor(math.Log10(span/2)))
	far := max(math.Abs(low), math.Abs(high))
	if !(span > 0) || math.IsInf(span, 0) || power == 0 || math.IsInf(power, 0) || power < 1e-12*far || far > 1e15 || power < 1e-12 {
		return plot.DefaultTicks{}.Ticks(low, high)
	}
	step := power
	for _, m := range []float64{2, 5} {
		if m*power <= span/2*1.0000001 {
			step = m * power
		}
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*span; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: roundLabel(i*step, decimals)})
	}
	return ticks
}

// roundLabel is a number with so many decimals; counts from 10,000 on are in thousands.
func roundLabel(x float64, decimals int) string {
	if math.Abs(x) >= 1e4 {
		return Thousands(x)
	}
	return decimal(x, decimals)
}

// ratioTicks mark a logarithmic axis and label 1 and 3 of every decade: 0.1, 0.3, 1, 3 and so on. Where fewer than two
// of these would be seen, or more than there is room for, they are those of decadeTicks.
type ratioTicks struct{}

// Ticks returns the marks between two positive numbers.
func (ratioTicks) Ticks(low, high float64) []plot.Tick {
	all := decadeTicks{}.Ticks(low, high)
	if math.Log10(high)-math.Log10(low) > 4 {
		return all
	}
	found := make([]plot.Tick, len(all))
	for i, t := range all {
		leading := t.Value / math.Pow(10, math.Floor(math.Log10(t.Value)+1e-9))
		found[i] = plot.Tick{Value: t.Value}
		if math.Abs(leading-1) < 1e-6 || math.Abs(leading-3) < 1e-6 {
			found[i].Label = ratioLabel(t.Value)
		}
	}
	if labels(found) < 2 {
		return all
	}
	return found
}

func ratioLabel(x float64) string {
	if x >= 1e3 && x < 1e12 {
		return Thousands(x)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
