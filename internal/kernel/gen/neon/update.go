package main

import "math"

// The operations of this file are those of the portable versions, in the same order and without fused ones, so that all
// versions agree to the bit.

// ascendBlocks: one step of gradient ascent for whole blocks of 4·16 dimensions.
func ascendBlocks() {
	function("ascend", "mu s x q fs fm consts m e:*int32 bad n#",
		"updates n dimensions, a multiple of 64, of one component.")
	p, consts, n := loads("mu s x q fs fm"), load("consts"), load("n")
	c := reads(consts, 0, 1)[0] // S, the rates of means and roots, the lower bound
	S, low, high, half := vector(), vector(), vector(), float(math.Sqrt2/2)
	dup(S, c, 0)
	dup(low, c, 3)
	scalar(high, consts, 16)
	dup(high, high, 0)
	fraction, one, bad := constant(1<<23-1), constant(127<<23), zero()
	mp, ep := load("m"), load("e")
	mantissa, exponent := reads(mp, 0, 4), reads(ep, 0, 4)
	r, m, X, t, dMu, dS, prod, scratch := vector(), vector(), vector(), vector(), vector(), vector(), vector(), vector()
	label("block")
	for part := range 4 {
		for v := range 4 {
			offset := 64*v + 16*part
			readOne(r, p[1], offset)
			readOne(m, p[0], offset)
			readOne(X, p[2], offset)
			fmulLane(t, m, c, 0) // S·m
			fsub(dMu, X, t)
			fmul(dS, r, r)
			fmul(dMu, dS, dMu) // r²·(X − S·m)
			fadd(X, X, X)
			fsub(X, X, t) // 2X − S·m
			fmul(X, m, X)
			readOne(t, p[3], offset)
			fsub(t, t, X) // Q − m·(2X − S·m)
			fmul(t, r, t)
			fdiv(dS, S, r)
			fsub(dS, dS, t)
			fmulLane(dMu, dMu, c, 1)
			fadd(m, m, dMu)
			fmulLane(dS, dS, c, 2)
			fadd(r, r, dS)
			raise(r, low, scratch)
			lower(r, high, scratch)
			writeOne(m, p[0], offset)
			writeOne(r, p[1], offset)
			fsub(t, m, m)
			fadd(bad, bad, t)
			fsub(t, r, r)
			fadd(bad, bad, t)
			if v == 0 {
				copyTo(prod, r)
			} else {
				fmul(prod, r, prod)
			}
			fmul(t, half, r)
			writeOne(t, p[4], offset)
			fmul(t, m, t)
			setZero(scratch)
			fsub(t, scratch, t)
			writeOne(t, p[5], offset)
		}
		ushr(t, prod, 23)
		addl(exponent[part], exponent[part], t)
		and(prod, prod, fraction)
		orr(prod, prod, one)
		fmul(mantissa[part], mantissa[part], prod)
	}
	add(256, p...)
	again(64, "block", n)
	write(mantissa, mp, 0)
	write(exponent, ep, 0)
	writeOne(bad, load("bad"), 0)
	done()
}

func adam() {
	function("adam", "v grad m q consts n#",
		"moves n bytes of values, a multiple of 16 of them; the constants are those of AdamStep.")
	p, consts := loads("v grad m q"), load("consts")
	average, step, epsilon := vector(), vector(), vector()
	readOne(average, consts, 0) // keep, take, keepSquares, takeSquares
	readOne(step, consts, 12)   // takeSquares, rate, shift, epsilon
	dup(epsilon, step, 3)
	flushGradient, flushMean, flushSquare := vector(), vector(), vector()
	readOne(flushSquare, consts, 28)
	dup(flushGradient, flushSquare, 0)
	dup(flushMean, flushSquare, 1)
	dup(flushSquare, flushSquare, 2)
	flush := func(v, by vec) {
		fadd(v, v, by)
		fsub(v, v, by)
	}
	d, mean, square, t := vector(), vector(), vector(), vector()
	values(load("n"), 64, p, func(offset, _ int) {
		readOne(d, p[1], offset)
		flush(d, flushGradient)
		readOne(mean, p[2], offset)
		fmulLane(mean, mean, average, 0)
		fmulLane(t, d, average, 1)
		fadd(mean, mean, t)
		flush(mean, flushMean)
		writeOne(mean, p[2], offset)
		readOne(square, p[3], offset)
		fmulLane(square, square, average, 2)
		fmul(d, d, d)
		fmulLane(d, d, average, 3)
		fadd(square, square, d)
		flush(square, flushSquare)
		writeOne(square, p[3], offset)
		fsqrt(square, square)
		fmulLane(square, square, step, 2)
		fadd(square, square, epsilon)
		fmulLane(mean, mean, step, 1)
		fdiv(mean, mean, square)
		readOne(t, p[0], offset)
		fadd(mean, mean, t)
		writeOne(mean, p[0], offset)
	})
	done()
}

func gradient() {
	function("gradient", "gm gr mu r x q s:float32 over:float32 n#", "writes the gradients of n bytes of dimensions, a multiple of 16 of them.")
	S, over, p := spread("s"), spread("over"), loads("gm gr mu r x q")
	m, root, X, sm, t, u := vector(), vector(), vector(), vector(), vector(), vector()
	values(load("n"), 64, p, func(offset, _ int) {
		readOne(m, p[2], offset)
		readOne(root, p[3], offset)
		readOne(X, p[4], offset)
		fmul(sm, m, S)
		fsub(t, X, sm) // X − Sμ
		fmul(u, root, root)
		fmul(t, u, t)
		fdiv(t, t, over)
		writeOne(t, p[0], offset)
		fadd(X, X, X)
		fsub(X, X, sm) // 2X − Sμ
		fmul(X, m, X)
		readOne(t, p[5], offset)
		fsub(t, t, X)
		fmul(t, root, t)
		fdiv(u, S, root)
		fsub(u, u, t)
		fdiv(u, u, over)
		writeOne(u, p[1], offset)
	})
	done()
}

// pairs emits a loop over n bytes of dimensions, two registers at a time, with their offset i.
func pairs(body func(i gp)) {
	i, n := general(), load("n")
	line("MOVD $0, %s", i)
	label("vector")
	body(i)
	add(32, i)
	line("CMP %s, %s", i, n)
	line("BNE vector")
}

// from loads a pointer that is an argument and adds an offset.
func from(name string, i, p gp) {
	reload(name, p)
	add(i, p)
}

// subtractTerms emits sum −= Σ_j a_j·f_j over l rows of f, and moves a on.
func subtractTerms(sum []vec, f, ldf, a, terms gp) {
	w, t := vector(), vectors(len(sum))
	label("term")
	scalar(w, a, 0)
	read(t, f, 0)
	each(t, func(i int, t vec) {
		fmulLane(t, t, w, 0)
		fsub(sum[i], sum[i], t)
	})
	add(ldf, f)
	add(4, a)
	again(1, "term", terms)
	release(append(t, w)...)
}

func factorGradient() {
	function("factorGradient", "grad ldg# f ldf# y ldy# mu r mean a over:float32 l# n#",
		"writes the gradients by l factors of n bytes of dimensions, a multiple of 32; strides in bytes.")
	over, ldg, ldf, ldy := spread("over"), load("ldg"), load("ldf"), load("ldy")
	m, r, t, sum, mean := vectors(2), vectors(2), vectors(2), vectors(2), vector()
	p, to, yp, fp, mp, a, count, terms := general(), general(), general(), general(), general(), general(), general(), general()
	pairs(func(i gp) {
		from("mu", i, p)
		read(m, p, 0)
		from("r", i, p)
		read(r, p, 0)
		from("grad", i, to)
		from("y", i, yp)
		reload("mean", mp)
		reload("a", a)
		reload("l", count)
		label("row")
		scalar(mean, mp, 0)
		read(sum, yp, 0)
		for v := range sum {
			fmulLane(t[v], m[v], mean, 0)
			fsub(sum[v], sum[v], t[v])
			fmul(sum[v], r[v], sum[v])
		}
		from("f", i, fp)
		reload("l", terms)
		subtractTerms(sum, fp, ldf, a, terms)
		each(sum, func(_ int, v vec) { fdiv(v, v, over) })
		write(sum, to, 0)
		add(ldg, to)
		add(ldy, yp)
		add(4, mp)
		again(1, "row", count)
	})
	done()
}

func ascendFactors() {
	function("ascendFactors", "f ldf# y ldy# mu r x q mean a rate:float32 l# bad n#",
		"updates l factors of n bytes of dimensions, a multiple of 32, and corrects x and q; strides in bytes.")
	rate, bad, ldf, ldy := spread("rate"), zero(), load("ldf"), load("ldy")
	m, r, g, h, f, y, t, mean := vectors(2), vectors(2), vectors(2), vectors(2), vectors(2), vectors(2), vectors(2), vector()
	p, fp, yp, mp, a, count, terms := general(), general(), general(), general(), general(), general(), general()
	pairs(func(i gp) {
		from("mu", i, p)
		read(m, p, 0)
		from("r", i, p)
		read(r, p, 0)
		each(append(g, h...), func(_ int, v vec) { setZero(v) })
		from("f", i, fp)
		from("y", i, yp)
		reload("mean", mp)
		reload("l", count)
		label("sums")
		read(f, fp, 0)
		read(y, yp, 0)
		scalar(mean, mp, 0)
		for v := range f {
			fmulLane(t[v], f[v], mean, 0)
			fadd(g[v], g[v], t[v])
			fmul(t[v], f[v], y[v])
			fadd(h[v], h[v], t[v])
			fmulLane(t[v], m[v], mean, 0)
			fsub(y[v], y[v], t[v])
			fmul(y[v], r[v], y[v])
		}
		write(y, yp, 0)
		add(ldf, fp)
		add(ldy, yp)
		add(4, mp)
		again(1, "sums", count)
		for v := range m {
			fmul(m[v], m[v], g[v])
			fadd(h[v], h[v], m[v])
			fdiv(g[v], g[v], r[v])
			fdiv(h[v], h[v], r[v])
		}
		subtractFrom("x", i, p, g, t)
		subtractFrom("q", i, p, h, t)
		reload("l", count)
		from("y", i, yp)
		reload("a", a)
		label("row")
		read(y, yp, 0)
		from("f", i, fp)
		reload("l", terms)
		subtractTerms(y, fp, ldf, a, terms)
		write(y, yp, 0)
		add(ldy, yp)
		again(1, "row", count)
		from("f", i, fp)
		from("y", i, yp)
		reload("l", count)
		label("step")
		read(y, yp, 0)
		read(f, fp, 0)
		for v := range f {
			fmul(t[v], rate, y[v])
			fadd(f[v], f[v], t[v])
			fsub(t[v], f[v], f[v])
			fadd(bad, bad, t[v])
		}
		write(f, fp, 0)
		add(ldf, fp)
		add(ldy, yp)
		again(1, "step", count)
	})
	writeOne(bad, load("bad"), 0)
	done()
}

// subtractFrom subtracts two registers from an argument's values.
func subtractFrom(name string, i, p gp, by, scratch []vec) {
	from(name, i, p)
	read(scratch, p, 0)
	each(scratch, func(v int, t vec) { fsub(t, t, by[v]) })
	write(scratch, p, 0)
}
