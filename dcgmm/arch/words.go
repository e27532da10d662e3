package arch

import (
	"fmt"
	"strconv"
	"strings"
)

// limit is the largest number accepted in an architecture: far above any use,
// and small enough that products of three sizes stay in range.
const limit = 1 << 16

// mostWords is the largest number of words of an architecture.
const mostWords = 1000

// A token is one parsed word of an architecture.
type token struct {
	text string
	kind byte // 'F', 'G', 'I', 'A', 'M', 'T', 'S' or 'U'
	win  Window
	pad  bool // F8/3p: zero padding so that patches cover the whole map
	k    int
	l    int     // factors of 'A'
	x    float64 // temperature of 'T', width of 'S'
}

const grammar = "an architecture is words like F8/2 (fold 8×8 patches, stride 2; F3x5/1x2 for rectangles, F8/3p to pad), " +
	"G49 (mixture of 49), I49 (mixture with parameters of its own per position), " +
	"A49:4 (mixture of 49 factor analysers with 4 factors), M or M3/2 (max-pooling), " +
	"and after a mixture T8 (hand on softmax(ℓ/8)), S1.5 (smoothed over the grid of components by a Gaussian of width 1.5), " +
	"U (behind an A: hand on the posterior means of its factors, too)"

func parseToken(word string) (t token, err error) {
	t = token{text: word, kind: word[0]}
	rest := word[1:]
	switch t.kind {
	case 'G', 'I':
		t.k, err = number(rest, "number of components")
	case 'A':
		k, l, given := strings.Cut(rest, ":")
		if t.k, err = number(k, "number of components"); err != nil {
			return t, err
		}
		if !given {
			return t, fmt.Errorf("the number of factors is missing: write A%d:4 for 4 of them, or G%d for none; %s", t.k, t.k, grammar)
		}
		t.l, err = number(l, "number of factors")
	case 'M':
		if rest == "" {
			rest = "2"
		}
		t.win, err = parseWindow(rest, true)
	case 'F':
		rest, t.pad = strings.CutSuffix(rest, "p")
		t.win, err = parseWindow(rest, false)
	case 'U':
		if rest != "" {
			err = fmt.Errorf("the word U has no number; %s", grammar)
		}
	case 'T':
		t.x, err = real(rest, "temperature", minTemper)
	case 'S':
		t.x, err = real(rest, "width of smoothing", minSmooth)
	default:
		err = fmt.Errorf("unknown layer; %s", grammar)
	}
	return t, err
}

// parseWindow reads "8", "8/2", "3x5/1x2". Without a stride a pooling kernel
// moves by its own size, a patch by one pixel.
func parseWindow(s string, pool bool) (Window, error) {
	size, stride, strided := strings.Cut(s, "/")
	h, w, err := parsePair(size, "size")
	if err != nil {
		return Window{}, err
	}
	win := Window{h, w, 1, 1}
	if pool {
		win.StrideH, win.StrideW = h, w
	}
	if strided {
		win.StrideH, win.StrideW, err = parsePair(stride, "stride")
	}
	return win, err
}

func parsePair(s, what string) (a, b int, err error) {
	first, second, two := strings.Cut(s, "x")
	if a, err = number(first, what); err != nil || !two {
		return a, a, err
	}
	b, err = number(second, what)
	return a, b, err
}

// Bounds of the real numbers: float32 keeps ℓ/T apart from 0, and a width has a neighbour with a weight.
const (
	minTemper = 1e-2
	minSmooth = 0.2
	maxReal   = 1e4
)

func real(s, what string, low float64) (float64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.Trim(s, "0123456789.") != "" {
		return 0, fmt.Errorf("the %s %q is not a decimal number; %s", what, s, grammar)
	}
	if !(x >= low && x <= maxReal) {
		return 0, fmt.Errorf("the %s is %v; it must be between %v and %v", what, x, low, maxReal)
	}
	return x, nil
}

func number(s, what string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || strings.HasPrefix(s, "+") {
		return 0, fmt.Errorf("the %s %q is not a whole number; %s", what, s, grammar)
	}
	if n < 1 || n > limit {
		return 0, fmt.Errorf("the %s is %d; it must be between 1 and %d", what, n, limit)
	}
	return n, nil
}
