package main

// Sums of mixtures of factor analysers.

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

// outerRows: for every pair, l rows of y += a·(row of x).
func outerRows() {
	function("outer", "y ldy# x ldx# item:*int32 row:*int32 a l# pairs# n#",
		"adds the outer products of pairs of l factors and n values; strides and n in bytes, n a multiple of 64.")
	p := loads("y ldy x ldx item row a l pairs n")
	y, ldy, x, ldx, item, row, a, L, count, n := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]
	yp, xp, l, to, from, left := general(), general(), general(), general(), general(), general()
	w, sum, v := vector(), vectors(4), vectors(4)
	label("pair")
	index(yp, row, 0)
	line("MUL %s, %s", L, yp)
	line("MADD %s, %s, %s, %s", ldy, y, yp, yp)
	index(xp, item, 0)
	line("MADD %s, %s, %s, %s", ldx, x, xp, xp)
	line("MOVD %s, %s", L, l)
	label("factor")
	scalar(w, a, 0)
	line("MOVD %s, %s", yp, to)
	line("MOVD %s, %s", xp, from)
	line("MOVD %s, %s", n, left)
	label("vector")
	read(sum, to, 0)
	read(v, from, 0)
	each(v, func(i int, v vec) { fmlaLane(sum[i], v, w, 0) })
	write(sum, to, 0)
	add(64, to, from)
	again(64, "vector", left)
	add(ldy, yp)
	add(4, a)
	again(1, "factor", l)
	add(4, item, row)
	again(1, "pair", count)
	done()
}
