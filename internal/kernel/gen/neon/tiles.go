package main

// Tiles of 16 items and kt rows: 4 registers a row. Sums run over one dimension after another for every lane, as in the
// versions for amd64, and have the same bits.

// writeTile ends a kernel with sums: what combine makes of them and of their row's value at start, or of what is in dst
// if start is nil, goes to dst.
func writeTile(acc []vec, start string, combine func(acc, from vec)) {
	c, dst, ldd := load(start), load("dst"), load("ldd")
	from := vectors(4)
	line("CBZ %s, more", c)
	for k := 0; k < len(acc); k += 4 {
		broadcast(from[0], c)
		each(acc[k:][:4], func(_ int, a vec) { combine(a, from[0]) })
		write(acc[k:][:4], dst, 0)
		add(4, c)
		add(ldd, dst)
	}
	done()
	label("more")
	for k := 0; k < len(acc); k += 4 {
		read(from, dst, 0)
		each(acc[k:][:4], func(i int, a vec) { combine(a, from[i]) })
		write(acc[k:][:4], dst, 0)
		add(ldd, dst)
	}
	done()
}

// dimensions emits a loop over the values of 16 items in a table, with what body makes of value number i.
func dimensions(x []vec, body func(i gp)) {
	base, off, d, i, p := load("x"), load("off"), load("d"), general(), general()
	line("MOVD $0, %s", i)
	label("dimension")
	line("MOVW (%s)(%s<<2), %s", off, i, p)
	at(p, base)
	read(x, p, 0)
	body(i)
	add(1, i)
	line("CMP %s, %s", i, d)
	line("BNE dimension")
}

// scoreTile: from c (or dst, if c is nil) it subtracts Σ_d (x·S + M)².
func scoreTile(name string, kt int) {
	function(name, "dst ldd# x off:*int32 s m ldw# d# c",
		"subtracts the squares of d dimensions for 16 items and %d components; strides in bytes.", kt)
	ldw := load("ldw")
	S, M := rows("s", ldw, kt), rows("m", ldw, kt)
	releaseGeneral(ldw)
	acc, x, t, s := zeros(4*kt), vectors(4), vectors(4), vector()
	dimensions(x, func(i gp) {
		for k := range kt {
			line("FMOVS (%s)(%s<<2), F%d", S[k], i, s)
			line("FMOVS (%s)(%s<<2), F%d", M[k], i, t[0])
			dup(t[0], t[0], 0)
			each(t[1:], func(_ int, v vec) { copyTo(v, t[0]) })
			each(t, func(v int, t vec) { fmlaLane(t, x[v], s, 0) })
			each(t, func(v int, t vec) { fmla(acc[4*k+v], t, t) })
		}
	})
	release(append(x, t...)...)
	releaseGeneral(append(S, M...)...)
	writeTile(acc, "c", func(acc, from vec) { fsub(acc, from, acc) })
}

// linearTile: to b (or dst, if b is nil) it adds Σ_d W·x.
func linearTile(name string, kt int) {
	function(name, "dst ldd# x off:*int32 w ldw# d# b",
		"adds the products of d dimensions for 16 items and %d forms; strides in bytes.", kt)
	W := rows("w", load("ldw"), kt)
	acc, x, w := zeros(4*kt), vectors(4), vector()
	dimensions(x, func(i gp) {
		for k := range kt {
			line("FMOVS (%s)(%s<<2), F%d", W[k], i, w)
			each(x, func(v int, x vec) { fmlaLane(acc[4*k+v], x, w, 0) })
		}
	})
	release(x...)
	releaseGeneral(W...)
	writeTile(acc, "b", func(acc, from vec) { fadd(acc, from, acc) })
}

// mixTile: kt rows of a matrix product with row-major weights, for groups of rows a group stride apart.
func mixTile(name string, kt int) {
	function(name, "dst ldd# dg# src lds# sg# w ldw# j# groups#",
		"computes %d rows of 16 items of each group; strides in bytes.", kt)
	W := rows("w", load("ldw"), kt)
	a := loads("src dst lds ldd sg dg j groups")
	from, to, lds, ldd, sg, dg, terms, groups := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
	p, i := general(), general()
	acc, x, w := vectors(4*kt), vectors(4), vector()
	label("group")
	each(acc, func(_ int, v vec) { setZero(v) })
	line("MOVD %s, %s", from, p)
	line("MOVD $0, %s", i)
	label("term")
	read(x, p, 0)
	for k := range kt {
		line("FMOVS (%s)(%s<<2), F%d", W[k], i, w)
		each(x, func(v int, x vec) { fmlaLane(acc[4*k+v], x, w, 0) })
	}
	add(lds, p)
	add(1, i)
	line("CMP %s, %s", i, terms)
	line("BNE term")
	line("MOVD %s, %s", to, p)
	for k := range kt {
		write(acc[4*k:][:4], p, 0)
		add(ldd, p)
	}
	add(sg, from)
	add(dg, to)
	again(1, "group", groups)
	done()
}

// circulantRows: out_k = w_0·x_k + Σ_m w_m·(x_(k+m) + x_(k−m)) over a ring of size rows, for groups of rows.
func circulantRows(name string, size int) {
	function(name, "dst ldd# dg# src lds# sg# w groups# n#",
		"multiplies rings of %d rows of n items with a symmetric circulant matrix; strides and n in bytes.", size)
	a := loads("src dst lds ldd sg dg groups n w")
	from, to, lds, ldd, sg, dg, groups, n, weights := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]
	w, x, out, pair := vectors(size/2+1), vectors(size), vectors(4), vectors(4)
	each(w, func(m int, w vec) { scalar(w, weights, 4*m) })
	i, p := general(), general()
	label("group")
	line("MOVD $0, %s", i)
	label("items")
	line("ADD %s, %s, %s", i, from, p)
	each(x, func(_ int, x vec) {
		read([]vec{x}, p, 0)
		add(lds, p)
	})
	line("ADD %s, %s, %s", i, to, p)
	for k := range size {
		out, pair := out[k%4], pair[k%4]
		fmulLane(out, x[k], w[0], 0)
		for m := 1; m <= size/2; m++ {
			after, before := x[(k+m)%size], x[(k-m+size)%size]
			if 2*m == size {
				fmlaLane(out, after, w[m], 0)
				continue
			}
			fadd(pair, before, after)
			fmlaLane(out, pair, w[m], 0)
		}
		write([]vec{out}, p, 0)
		add(ldd, p)
	}
	add(16, i)
	line("CMP %s, %s", i, n)
	line("BNE items")
	add(sg, from)
	add(dg, to)
	again(1, "group", groups)
	done()
}
