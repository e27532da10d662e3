package report

import (
	"math"
	"path"
	"strconv"
	"strings"
)

// Value is one cell of a table: a text, a number, a number with an interval, or missing.
type Value struct {
	text     string
	target   string // path that the text leads to, in Markdown; "": none
	more     string // words behind the link
	number   float64
	low, up  float64
	isNumber bool
	interval bool
}

// Text returns a cell with words. What stands between two single backticks is code.
func Text(s string) Value { return Value{text: s} }

// Link returns a cell with words that lead to a path, relative to the page, and more words behind them. Only Markdown
// and JSON have the link; other forms have the words.
func Link(s, target, more string) Value { return Value{text: s + more, target: target, more: more} }

// Under returns the cell for a page above the folder that its link is relative to.
func (v Value) Under(folder string) Value {
	if v.target != "" {
		v.target = path.Join(folder, v.target)
	}
	return v
}

// Num returns a cell with a number. A number that is not finite is missing.
func Num(x float64) Value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return None()
	}
	return Value{number: x, isNumber: true}
}

// NumCI returns a cell with a number and its interval. It is missing if one of the three is not finite.
func NumCI(x, low, up float64) Value {
	v := Num(x)
	if !v.isNumber || !Num(low).isNumber || !Num(up).isNumber {
		return None()
	}
	v.low, v.up, v.interval = low, up, true
	return v
}

// None returns an empty cell.
func None() Value { return Value{} }

// String returns the words of the cell, "" for a number or a missing value.
func (v Value) String() string { return v.text }

// Float returns the number of the cell, ok false if it has none.
func (v Value) Float() (x float64, ok bool) { return v.number, v.isNumber }

// Interval returns the bounds of the number, ok false if it has none.
func (v Value) Interval() (low, up float64, ok bool) { return v.low, v.up, v.interval }

// Text returns the cell as words, a number with so many decimals.
func (v Value) Text(decimals int) string {
	switch {
	case v.interval:
		return decimal(v.number, decimals) + " [" + decimal(v.low, decimals) + ", " + decimal(v.up, decimals) + "]"
	case v.isNumber:
		return decimal(v.number, decimals)
	case v.text == "":
		return "–"
	}
	return v.text
}

// markdown is the cell in a Markdown table.
func (v Value) markdown(decimals int) string {
	switch {
	case v.target != "":
		return link(strings.TrimSuffix(v.text, v.more), v.target, v.more)
	case v.isNumber, v.text == "":
		return v.Text(decimals)
	}
	return Inline(v.text)
}

// decimal is a number with a real minus sign.
func decimal(x float64, decimals int) string {
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if s[0] == '-' {
		if r, err := strconv.ParseFloat(s, 64); err == nil && r == 0 {
			return s[1:] // −0.00
		}
		return "−" + s[1:]
	}
	return s
}

// exact is a number that reads back as the same float64.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// Thousands is a count in words of three digits: 385 k, 1.23 M; below 1,000 it has three digits, too.
func Thousands(x float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if math.Abs(x) >= 0.9995*unit.size {
			return digits3(x/unit.size) + unit.name
		}
	}
	return digits3(x)
}

// digits3 is a number with three digits, or all those before its point.
func digits3(x float64) string {
	decimals := 2
	for _, limit := range []float64{9.995, 99.95} {
		if math.Abs(x) >= limit {
			decimals--
		}
	}
	text := decimal(x, decimals)
	if decimals > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Ratio is 10^x with its interval, if it has one, for log₁₀ of ratios: 1.25× [1.10, 1.40].
func Ratio(v Value) string {
	of := func(x float64) string { return decimal(math.Pow(10, x), 2) }
	if !v.interval {
		return of(v.number) + "×"
	}
	return of(v.number) + "× [" + of(v.low) + ", " + of(v.up) + "]"
}

// Difference is a signed number with its interval, if it has one: +0.175 [0.164, 0.186].
func Difference(v Value, decimals int) string {
	sign := ""
	if v.number > 0 {
		sign = "+"
	}
	return sign + v.Text(decimals)
}
