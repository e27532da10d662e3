package main

// Loops over values that lie side by side, 16 at a time.

// values emits a loop over n values, or 4n bytes of them, a multiple of 16; body gets the offset of each of 4 registers
// from the pointers, which move on.
func values(n gp, step int, pointers []gp, body func(offset, i int)) {
	label("part")
	for i := range 4 {
		body(16*i, i)
	}
	add(64, pointers...)
	again(step, "part", n)
}

// readOne loads one register.
func readOne(v vec, p gp, offset int) { read([]vec{v}, p, offset) }

func writeOne(v vec, p gp, offset int) { write([]vec{v}, p, offset) }

func maxRow() {
	function("max", "dst src n#", "raises dst to src; n in bytes.")
	p, d, v, scratch := loads("dst src"), vector(), vector(), vector()
	values(load("n"), 64, p, func(offset, _ int) {
		readOne(d, p[0], offset)
		readOne(v, p[1], offset)
		raise(d, v, scratch)
		writeOne(d, p[0], offset)
	})
	done()
}

// moveRow: what is left in g goes to dst where src equals best.
func moveRow() {
	function("move", "dst grad src best n#", "moves g to dst where src equals best; n in bytes.")
	p := loads("dst grad src best")
	d, g, a, b := vector(), vector(), vector(), vector()
	values(load("n"), 64, p, func(offset, _ int) {
		readOne(d, p[0], offset)
		readOne(g, p[1], offset)
		readOne(a, p[2], offset)
		readOne(b, p[3], offset)
		fcmeq(a, a, b)
		and(b, g, a)
		fadd(d, d, b)
		bic(g, g, a)
		writeOne(d, p[0], offset)
		writeOne(g, p[1], offset)
	})
	done()
}

// dotLanes: Σ a·b of every 16th value, for each of 16 lanes.
func dotLanes() {
	function("dot", "sums a b n#", "sums the products of n values, a multiple of 16, in 16 lanes.")
	p, acc, a, b := loads("a b"), zeros(4), vector(), vector()
	values(load("n"), 16, p, func(offset, i int) {
		readOne(a, p[0], offset)
		readOne(b, p[1], offset)
		fmla(acc[i], a, b)
	})
	write(acc, load("sums"), 0)
	done()
}

// scaleDotLanes: w ·= s, then as dotLanes of w and b.
func scaleDotLanes() {
	function("scaleDot", "sums w s b n#",
		"multiplies n values, a multiple of 16, by s and sums their products with b in 16 lanes.")
	p, acc, w, s, b := loads("w s b"), zeros(4), vector(), vector(), vector()
	values(load("n"), 16, p, func(offset, i int) {
		readOne(w, p[0], offset)
		readOne(s, p[1], offset)
		readOne(b, p[2], offset)
		fmul(w, w, s)
		writeOne(w, p[0], offset)
		fmla(acc[i], w, b)
	})
	write(acc, load("sums"), 0)
	done()
}

// withinMask: a bit of 16 for every lane, set unless a − b > c.
func withinMask() {
	function("within", "mask:*uint16 a b c:float32 n#", "compares n values, a multiple of 16.")
	p, mask, c, v, b, bits := loads("a b"), load("mask"), spread("c"), vector(), vector(), vector()
	var power []vec
	r := general()
	for i := range 4 {
		power = append(power, vector())
		for lane := range 4 {
			line("MOVD $%d, %s", 1<<(4*i+lane), r)
			line("VMOV %s, V%d.S[%d]", r, power[i], lane)
		}
	}
	values(load("n"), 16, p, func(offset, i int) {
		readOne(v, p[0], offset)
		readOne(b, p[1], offset)
		fsub(v, v, b)
		fcmgt(v, v, c)
		bic(v, power[i], v)
		if i == 0 {
			copyTo(bits, v)
			return
		}
		orr(bits, bits, v)
		if i == 3 {
			addv(bits, bits)
			line("FMOVS F%d, %s", bits, r)
			line("MOVH.P %s, 2(%s)", r, mask)
		}
	})
	done()
}

// sixteen is the sum of 16 lanes, halves onto halves, in the first lane of acc[0].
func sixteen(acc []vec, scratch vec) {
	fadd(acc[0], acc[0], acc[2])
	fadd(acc[1], acc[1], acc[3])
	fadd(acc[0], acc[0], acc[1])
	trn2d(scratch, acc[0], acc[0])
	fadd(acc[0], acc[0], scratch)
	dup(scratch, acc[0], 1)
	fadd(acc[0], acc[0], scratch)
}

// distanceTile: the squared distances of a row from kt centres, each summed in 16 lanes.
func distanceTile(name string, kt int) {
	function(name, "dst x c ldc# idx:*int32 n#",
		"finds the squared distances of a row of n values, a multiple of 16, from %d of the rows of c; ldc in bytes.", kt)
	a := loads("x c ldc idx")
	p := []gp{a[0]}
	for k := range kt {
		r := general()
		index(r, a[3], k)
		line("MADD %s, %s, %s, %s", a[2], a[1], r, r) // c + idx·ldc
		p = append(p, r)
	}
	acc, x, c := zeros(4*kt), vector(), vectors(2)
	values(load("n"), 16, p, func(offset, i int) {
		readOne(x, p[0], offset)
		for k := range kt {
			c := c[k%2]
			readOne(c, p[1+k], offset)
			fsub(c, x, c)
			fmla(acc[4*k+i], c, c)
		}
	})
	dst := load("dst")
	for k := range kt {
		sixteen(acc[4*k:][:4], x)
		line("FMOVS F%d, %d(%s)", acc[4*k], 4*k, dst)
	}
	done()
}

// scoreRow: from − Σ (x·S + M)² over pairs of chunks of 16 dimensions; after every 4 pairs it looks whether the rest
// matters.
func scoreRow() {
	function("scoreRow", "x off:*int32 s m pairs# from:float32 limit:float32 out",
		"subtracts the squares of pairs of 16 dimensions, until it falls below limit.")
	a := loads("x off s m pairs out")
	x, off, S, M, pairs := a[0], a[1], a[2], a[3], a[4]
	from, limit, score := vector(), vector(), vector()
	line("FMOVS %s, F%d", argumentAt("from"), from)
	line("FMOVS %s, F%d", argumentAt("limit"), limit)
	acc, t, s, v := zeros(8), vectors(4), vectors(4), vectors(4)
	left, p := general(), general()
	label("look")
	line("MOVD $4, %s", left)
	line("CMP %s, %s", left, pairs)
	line("CSEL LT, %s, %s, %s", pairs, left, left)
	line("SUB %s, %s", left, pairs)
	label("pair")
	for h := range 2 {
		index(p, off, h)
		at(p, x)
		read(t, M, 64*h)
		read(s, S, 64*h)
		read(v, p, 0)
		for i := range t {
			fmla(t[i], v[i], s[i])
			fmla(acc[4*h+i], t[i], t[i])
		}
	}
	add(8, off)
	add(128, S, M)
	again(1, "pair", left)
	for i := range t {
		fadd(t[i], acc[i], acc[4+i])
	}
	sixteen(t, s[0])
	fsub(score, from, t[0])
	line("FCMPS F%d, F%d", score, limit)
	line("BGT done") // limit > score; not for a NaN
	line("CBNZ %s, look", pairs)
	label("done")
	line("FMOVS F%d, (%s)", score, a[5])
	done()
}

// peakLoop: 24·16 fused multiply-adds a round, 24 registers of them under way at any time.
func peakLoop() {
	function("fma", "n#", "does n rounds of 24·16 fused multiply-adds.")
	n, acc, x := load("n"), zeros(24), zero()
	label("round")
	for range 4 {
		each(acc, func(_ int, v vec) { fmla(v, x, x) })
	}
	again(1, "round", n)
	done()
}

// prefetchRow asks for cache lines; those of 128 bytes are asked for twice.
func prefetchRow() {
	function("prefetchLines", "x lines#", "asks for cache lines of 64 bytes.")
	x, lines := load("x"), load("lines")
	label("line")
	line("PRFM (%s), PLDL1KEEP", x)
	add(64, x)
	again(1, "line", lines)
	done()
}
