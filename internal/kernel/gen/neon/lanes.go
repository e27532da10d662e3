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
	return &exponential{low: float(-87), rnd: float(12582912), bias: constant(127),
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

// reweigh: r·max(b, low)·c over the rows, divided by the sum of it.
func reweigh() {
	function("reweigh", "dst r b c rows# n# low:float32 tiny:float32",
		"multiplies and normalises rows of 16 items; n is the length of a row in bytes.")
	a := loads("dst r b c rows n")
	dst, r, b, c, count, n := a[0], a[1], a[2], a[3], a[4], a[5]
	low, tiny, f := spread("low"), spread("tiny"), vector()
	sum := zeros(4)
	to, k := moved(dst), moved(count)
	label("product")
	scalar(f, c, 0)
	x, rv, scratch, most := reads(b, 0, 4), reads(r, 0, 4), vectors(4), vectors(4)
	for i := range sum {
		copyTo(most[i], low)
		raise(most[i], x[i], scratch[i]) // b > low ? b : low
		fmul(most[i], rv[i], most[i])
		fmulLane(most[i], most[i], f, 0)
		fadd(sum[i], sum[i], most[i])
	}
	write(most, to, 0)
	add(n, r, b, to)
	add(4, c)
	again(1, "product", k)
	release(append(x, most...)...)
	one := float(1)
	for i := range sum {
		raise(sum[i], tiny, scratch[i]) // tiny > sum ? tiny : sum, so NaN stays
		fdiv(sum[i], one, sum[i])
	}
	scaleRows(dst, count, n, sum)
	done()
}

// softmaxSlope: u = r·(v − Σ r·v), or 0 where r is negligible; what is not 0 of a row marks it as live.
func softmaxSlope() {
	function("softmaxSlope", "u r v live:*int32 rows# n# least:float32",
		"multiplies with the Jacobian of softmax over rows of 16 items; n is the length of a row in bytes.")
	args := loads("u r v live rows n")
	u, r, v, live, count, n := args[0], args[1], args[2], args[3], args[4], args[5]
	least, dot, a, b, scratch := spread("least"), zeros(4), vectors(4), vectors(4), vectors(4)
	pr, pv, k := moved(r), moved(v), moved(count)
	label("dot")
	read(a, pr, 0)
	read(b, pv, 0)
	each(dot, func(i int, dot vec) { fmla(dot, a[i], b[i]) })
	add(n, pr, pv)
	again(1, "dot", k)
	label("row")
	read(a, r, 0)
	read(b, v, 0)
	for i := range dot {
		fsub(b[i], b[i], dot[i])
		fcmgt(scratch[i], least, a[i])
		fmul(b[i], b[i], a[i])
		bic(b[i], b[i], scratch[i])
	}
	write(b, u, 0)
	each(b, func(_ int, b vec) { shl(b, b, 1) }) // neither 0 nor −0
	orr(b[0], b[0], b[1])
	orr(b[2], b[2], b[3])
	orr(b[0], b[0], b[2])
	umaxv(b[0], b[0])
	mark, old := general(), general()
	line("FMOVS F%d, %s", b[0], mark)
	line("MOVWU (%s), %s", live, old)
	line("ORR %s, %s", mark, old)
	line("MOVW %s, (%s)", old, live)
	add(n, r, v, u)
	add(4, live)
	again(1, "row", count)
	done()
}

// tryRows: v = clip(x + rate·g) where rate > 0, else x; the largest |v − x| and Σ (v − x0)².
func tryRows() {
	function("try", "dst x x0 grad rate moved squares rows# n#",
		"tries a step for rows of 16 items; n is the length of a row in bytes.")
	a := loads("dst x x0 grad rows n rate moved squares")
	dst, x, x0, g, count, n, moved, squares := a[0], a[1], a[2], a[3], a[4], a[5], a[7], a[8]
	zero, one := zero(), float(1)
	rate, most, total, goes := reads(a[6], 0, 4), reads(moved, 0, 4), zeros(4), vectors(4)
	old, step, v, d, scratch := vector(), vector(), vector(), vector(), vector()
	each(goes, func(i int, goes vec) { fcmgt(goes, rate[i], zero) })
	label("row")
	for i := range rate {
		read([]vec{old}, x, 16*i)
		read([]vec{step}, g, 16*i)
		read([]vec{d}, x0, 16*i)
		copyTo(v, old)
		fmla(v, step, rate[i])
		fcmgt(scratch, v, zero)
		and(v, v, scratch) // v > 0 ? v : 0, so NaN becomes 0
		lower(v, one, scratch)
		copyTo(step, old)
		bit(step, v, goes[i])
		write([]vec{step}, dst, 16*i)
		fsub(old, step, old)
		fabs(old, old)
		raise(most[i], old, scratch)
		fsub(d, step, d)
		fmla(total[i], d, d)
	}
	add(n, dst, x, x0, g)
	again(1, "row", count)
	write(most, moved, 0)
	write(total, squares, 0)
	done()
}

// takeRows: x = v and g = slope − pull·(v − x0) where kept > 0.
func takeRows() {
	function("take", "x grad v slope x0 kept rows# n# pull:float32",
		"takes a step for rows of 16 items; n is the length of a row in bytes.")
	a := loads("x grad v slope x0 rows n kept")
	x, g, count, n := a[0], a[1], a[5], a[6]
	pull, goes, zero := spread("pull"), reads(a[7], 0, 4), zero()
	each(goes, func(_ int, goes vec) { fcmgt(goes, goes, zero) })
	label("row")
	v, slope, x0, oldX, oldG := reads(a[2], 0, 4), reads(a[3], 0, 4), reads(a[4], 0, 4), reads(x, 0, 4), reads(g, 0, 4)
	for i := range goes {
		fsub(x0[i], v[i], x0[i])
		fmls(slope[i], pull, x0[i])
		bit(oldX[i], v[i], goes[i])
		bit(oldG[i], slope[i], goes[i])
	}
	write(oldX, x, 0)
	write(oldG, g, 0)
	add(n, a[:5]...)
	again(1, "row", count)
	done()
}

// squaresLanes adds half the sum of squares of each component's rows.
func squaresLanes() {
	function("squares", "dst p rows# l# n#",
		"adds ½Σp² of l rows of 16 items to each of the rows of dst; n is the length of a row in bytes.")
	a := loads("dst p rows l n")
	dst, p, count, n := a[0], a[1], a[2], a[4]
	half, sum, v, out, l := float(0.5), vectors(4), vectors(4), vectors(4), general()
	label("row")
	each(sum, func(_ int, v vec) { setZero(v) })
	line("MOVD %s, %s", a[3], l)
	label("square")
	read(v, p, 0)
	each(v, func(i int, v vec) { fmla(sum[i], v, v) })
	add(n, p)
	again(1, "square", l)
	read(out, dst, 0)
	each(out, func(i int, out vec) { fmla(out, half, sum[i]) })
	write(out, dst, 0)
	add(n, dst)
	again(1, "row", count)
	done()
}
