package main

// transposed returns the columns of the 4×4 matrix whose rows are in, in registers that it takes. in is spoiled.
func transposed(in []vec) []vec {
	t := vectors(4)
	for j := 0; j < 4; j += 2 {
		trn1(t[j], in[j], in[j+1])
		trn2(t[j+1], in[j], in[j+1])
	}
	for j := range 2 {
		trn1d(in[j], t[j], t[2+j])
		trn2d(in[2+j], t[j], t[2+j])
	}
	release(t...)
	return in
}

// patch loads 4 items for each of 4 dimensions, at their offsets.
func patch(in []vec, x, off, p gp, first int) {
	each(in, func(j int, v vec) {
		index(p, off, first+j)
		at(p, x)
		readOne(v, p, 0)
	})
}

// transposeStrip transposes 4 rows.
func transposeStrip() {
	function("transpose", "dst ldd# src lds# cols#", "transposes 4 rows of cols values, a multiple of 4; strides in bytes.")
	dst, ldd, cols := load("dst"), load("ldd"), load("cols")
	src, in := rows("src", load("lds"), 4), vectors(4)
	label("tile")
	each(in, func(i int, v vec) { readOne(v, src[i], 0) })
	for _, v := range transposed(in) {
		writeOne(v, dst, 0)
		add(ldd, dst)
	}
	add(16, src...)
	again(4, "tile", cols)
	done()
}

// accumulateTile adds 4 items to their segments, 16 dimensions at a time: they are transposed in registers so that both
// sums are contiguous.
func accumulateTile() {
	function("accumulate", "X Q ld# x off:*int32 seg:*int32 d#",
		"adds 4 items to their segments; ld in bytes, d a multiple of 16.")
	a := loads("X Q ld x off seg d")
	X, Q, ld, x, off, seg, d := a[0], a[1], a[2], a[3], a[4], a[5], a[6]
	p := general()
	var toX, toQ []gp
	for i := range 4 {
		index(p, seg, i)
		line("MUL %s, %s", ld, p)
		toX, toQ = append(toX, sum(X, p)), append(toQ, sum(Q, p))
	}
	in, sx, sq := vectors(4), vector(), vector()
	label("dimensions")
	for d := 0; d < 16; d += 4 {
		patch(in, x, off, p, d)
		for i, v := range transposed(in) {
			readOne(sx, toX[i], 4*d)
			readOne(sq, toQ[i], 4*d)
			fadd(sx, sx, v)
			fmla(sq, v, v)
			writeOne(sx, toX[i], 4*d)
			writeOne(sq, toQ[i], 4*d)
		}
	}
	add(64, off)
	add(64, toX...)
	add(64, toQ...)
	again(16, "dimensions", d)
	done()
}

// gatherTile writes 4 items as rows of d dimensions.
func gatherTile() {
	function("gather", "dst ld# x off:*int32 d#", "writes 4 items as rows; ld in bytes, d a multiple of 16.")
	x, off, d := load("x"), load("off"), load("d")
	to, in, p := rows("dst", load("ld"), 4), vectors(4), general()
	label("dimensions")
	patch(in, x, off, p, 0)
	for i, v := range transposed(in) {
		writeOne(v, to[i], 0)
	}
	add(16, off)
	add(16, to...)
	again(4, "dimensions", d)
	done()
}

// pixelTile: 16 bytes of each of 4 images become lanes of float32 divided by 255. The quotient is corrected once, which
// rounds it correctly for every byte.
func pixelTile() {
	function("pixels", "dst ldd# src:*byte off:*int", "writes 16 pixels/255 of 4 images, transposed; ldd in bytes.")
	dst, ldd, src, off := load("dst"), load("ldd"), load("src"), load("off")
	whole, inverse, rest, half, p := float(255), float(1.0/255), vector(), vectors(2), general()
	var in [4][]vec // by image
	for i := range in {
		line("MOVD %d(%s), %s", 8*i, off, p)
		add(src, p)
		v := vectors(4)
		readOne(v[0], p, 0)
		uxtlb(half[0], v[0])
		uxtlb2(half[1], v[0])
		for j := range v {
			if j%2 == 0 {
				uxtlh(v[j], half[j/2])
			} else {
				uxtlh2(v[j], half[j/2])
			}
			ucvtf(rest, v[j])
			fmul(v[j], inverse, rest)
			fmls(rest, whole, v[j]) // v − 255q
			fmla(v[j], inverse, rest)
		}
		in[i] = v
	}
	for j := range 4 {
		for _, v := range transposed([]vec{in[0][j], in[1][j], in[2][j], in[3][j]}) {
			writeOne(v, dst, 0)
			add(ldd, dst)
		}
	}
	done()
}
