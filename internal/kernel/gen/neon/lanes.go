package main

import "math"

// Loops over rows of 16 items.

// bestLanes: row maximum and first arg max. A NaN never compares greater.
func bestLanes() {
	function("best", "best arg:*int32 l rows# n#", "finds maxima over rows of 16 items; n is the length of a row in bytes.")
	l, count, n := load("l"), load("rows"), load("n")
	one, k := constant(1), zero()
	best, arg, x, greater := lowest(), zeros(4), vectors(4), vectors(4)
	label("row")
	read(x, l, 0)
	for v := range x {
		fcmgt(greater[v], x[v], best[v])
		bit(best[v], x[v], greater[v])
		bit(arg[v], k, greater[v])
	}
	addl(k, k, one)
	add(n, l)
	again(1, "row", count)
	write(best, load("best"), 0)
	write(arg, load("arg"), 0)
	done()
}

// lowest are 4 registers of −Inf.
func lowest() []vec {
	v := []vec{float(math.Inf(-1))}
	for range 3 {
		v = append(v, vector())
		copyTo(v[len(v)-1], v[0])
	}
	return v
}

// topLanes: row maximum. A NaN never counts.
func topLanes() {
	function("top", "best l rows# n#", "finds maxima over rows of 16 items; n is the length of a row in bytes.")
	l, count, n := load("l"), load("rows"), load("n")
	best, x, scratch := lowest(), vectors(4), vectors(4)
	label("row")
	read(x, l, 0)
	each(x, func(i int, x vec) { raise(best[i], x, scratch[i]) })
	add(n, l)
	again(1, "row", count)
	write(best, load("best"), 0)
	done()
}

// softmaxLanes: exp(l − best), its sum over the rows, and the quotient. The steps of exp are those of exp32 in portable.go.
func softmaxLanes() {
	function("softmax", "r sum l best rows# n#",
		"normalises exp(l − best) over rows of 16 items; n is the length of a row in bytes.")
	r, l, count, n := load("r"), load("l"), load("rows"), load("n")
	e := newExponential()
	best, total := reads(load("best"), 0, 4), zeros(4)
	to, k := moved(r), moved(count)
	label("exponential")
	for half := range 2 {
		x := reads(l, 32*half, 2)
		each(x, func(i int, x vec) { fsub(x, x, best[2*half+i]) })
		y := e.of(x)
		each(y, func(i int, y vec) { fadd(total[2*half+i], total[2*half+i], y) })
		write(y, to, 32*half)
		release(append(x, y...)...)
	}
	add(n, l, to)
	again(1, "exponential", k)
	write(total, load("sum"), 0)
	one := float(1)
	each(total, func(_ int, t vec) { fdiv(t, one, t) })
	scaleRows(r, count, n, total)
	done()
}

// scaleRows multiplies rows of items, each by its own factor.
func scaleRows(row, count, n gp, by []vec) {
	label("quotient")
	y := reads(row, 0, 4)
	each(y, func(i int, y vec) { fmul(y, y, by[i]) })
	write(y, row, 0)
	add(n, row)
	again(1, "quotient", count)
}

// exponential holds the constants of exp.
type exponential struct {
	low, rnd, bias, lanes vec    // lanes: 1/log 2, and log 2 in two parts
	poly                  [2]vec // coefficients in lanes
}

func newExponential() *exponential {
	return &exponential{low: float(-40), rnd: float(12582912), bias: constant(127),
		lanes: four(1.44269504088896341, 0.693359375, -2.12194440e-4),
		poly: [2]vec{four(0.0082903066650033, 0.0418979749083519, 0.1666763722896576, 0.4999915063381195),
			four(0.9999997019767761, 1)}}
}

// of emits exp of every x ≤ 0, step by step side by side. The results are in registers that it takes.
func (e *exponential) of(x []vec) []vec {
	n := len(x)
	scaled, f, y, next := vectors(n), vectors(n), vectors(n), vectors(n)
	for v := range x {
		copyTo(scaled[v], e.rnd)
		fmlaLane(scaled[v], x[v], e.lanes, 0)
	}
	for v := range x {
		fsub(y[v], scaled[v], e.rnd) // the integer
		copyTo(f[v], x[v])
		fmlsLane(f[v], y[v], e.lanes, 1)
		fmlsLane(f[v], y[v], e.lanes, 2)
	}
	for i := range 6 {
		for v := range x {
			dup(next[v], e.poly[i/4], i%4)
			if i > 0 {
				fmla(next[v], f[v], y[v])
			}
		}
		y, next = next, y
	}
	for v := range x {
		addl(scaled[v], scaled[v], e.bias)
		shl(scaled[v], scaled[v], 23)
		fmul(y[v], y[v], scaled[v])
		fcmgt(next[v], e.low, x[v]) // x < low: not for NaN
		bic(y[v], y[v], next[v])
	}
	release(append(append(scaled, f...), next...)...)
	return y
}
