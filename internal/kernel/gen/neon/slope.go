package main

// The loops of gradients by the input and of the steps along them.

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

// pull adds Σ_k u_k·(B − x·A) to the 4 dimensions of every tile, for 8 items and the listed rows k. Of a tile, w holds 4
// times B and 4 times A for every k.
func pull() {
	function("pull", "grad x off:*int32 u n# rows:*int32 count# w tile# tiles#",
		"adds the slopes of the listed rows to the dimensions of each tile for 8 items; n and tile in bytes.")
	a := loads("grad x off u n w tile tiles")
	g, x, off, u, n, w, tile, tiles := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
	list, count, k, p := general(), general(), general(), general()
	accA, accB, uv, c := vectors(8), vectors(8), vectors(2), vectors(2)
	label("tile")
	each(append(accA, accB...), func(_ int, v vec) { setZero(v) })
	reload("rows", list)
	reload("count", count)
	label("row")
	line("MOVW.P 4(%s), %s", list, k)
	line("MADD %s, %s, %s, %s", n, u, k, p) // u + k·n
	line("ADD %s<<5, %s, %s", k, w, k)
	read(uv, p, 0)
	read(c, k, 0)
	for j := range 4 {
		for v := range uv {
			fmlaLane(accB[2*j+v], uv[v], c[0], j)
			fmlaLane(accA[2*j+v], uv[v], c[1], j)
		}
	}
	again(1, "row", count)
	for j := range 4 {
		index(p, off, j)
		line("ADD %s<<2, %s, %s", p, x, k)
		at(p, g)
		read(uv, k, 0)
		read(c, p, 0)
		for v := range uv {
			b := accB[2*j+v]
			fmls(b, uv[v], accA[2*j+v])
			fadd(b, b, c[v])
		}
		write(accB[2*j:][:2], p, 0)
	}
	add(16, off)
	add(tile, w)
	again(1, "tile", tiles)
	done()
}
