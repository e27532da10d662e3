package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// factorKernels are the loops of mixtures of factor analysers.
func factorKernels(s isa) {
	if s.wide() {
		for nv := 1; nv <= 4; nv++ {
			for kt := 1; kt <= 7; kt++ {
				linearTile(s, nv, kt)
			}
		}
	} else {
		for kt := 1; kt <= 4; kt++ {
			linearTile(s, 2, kt)
		}
	}
	squaresLanes(s)
	gatherTile(s)
	outerRows(s)
	ascendFactors(s)
	dotLanes(s)
	scaleDotLanes(s)
}

// linearTile computes nv vectors of items times kt linear forms: to b (or dst, if b is nil) it adds Σ_d W·x.
func linearTile(s isa, nv, kt int) {
	function(fmt.Sprintf("linear%s_%dx%d", s.name, nv, kt),
		"dst *float32, ldd uintptr, x *float32, off *int32, w *float32, ldw uintptr, d uintptr, b *float32",
		fmt.Sprintf("adds the products of d dimensions for %d items and %d forms; strides in bytes.", nv*s.width, kt))
	x, off, d := load("x"), load("off"), load("d")
	W := newRows(load("w"), load("ldw"), kt)
	acc := make([]reg.VecVirtual, nv*kt)
	for i := range acc {
		acc[i] = s.zero()
	}
	Label("dimension")
	o := GP64()
	MOVLQSX(Mem{Base: off}, o)
	xv := make([]reg.VecVirtual, nv)
	for v := range xv {
		xv[v] = s.vec()
		VMOVUPS(Mem{Base: x, Index: o, Scale: 4, Disp: v * s.bytes()}, xv[v])
	}
	for k := range kt {
		if s.wide() {
			for v := range nv {
				VFMADD231PS_BCST(W.at(k, 0), xv[v], acc[k*nv+v])
			}
			continue
		}
		wk := s.vec()
		VBROADCASTSS(W.at(k, 0), wk)
		for v := range nv {
			VFMADD231PS(xv[v], wk, acc[k*nv+v])
		}
	}
	ADDQ(Imm(4), off)
	ADDQ(Imm(4), W.base)
	DECQ(d)
	JNZ(LabelRef("dimension"))

	dst := newRows(load("dst"), load("ldd"), kt)
	b := load("b")
	TESTQ(b, b)
	JZ(LabelRef("more"))
	for k := range kt {
		from := s.vec()
		VBROADCASTSS(Mem{Base: b, Disp: 4 * k}, from)
		for v := range nv {
			VADDPS(from, acc[k*nv+v], acc[k*nv+v])
			VMOVUPS(acc[k*nv+v], dst.at(k, v*s.bytes()))
		}
	}
	VZEROUPPER()
	RET()
	Label("more")
	for k := range kt {
		for v := range nv {
			VADDPS(dst.at(k, v*s.bytes()), acc[k*nv+v], acc[k*nv+v])
			VMOVUPS(acc[k*nv+v], dst.at(k, v*s.bytes()))
		}
	}
	VZEROUPPER()
	RET()
}

// squaresLanes adds half the sum of squares of each component's rows, one vector of items.
func squaresLanes(s isa) {
	function("squares"+s.name, "dst *float32, p *float32, rows uintptr, l uintptr, n uintptr",
		"adds ½Σp² of l rows to each of the rows of dst; n is the length of a row in bytes.")
	dst, p, rows, L, n := load("dst"), load("p"), load("rows"), load("l"), load("n")
	half := s.constant(0x3f000000)
	Label("row")
	sum, l := s.zero(), GP64()
	MOVQ(L, l)
	Label("square")
	v := s.vec()
	VMOVUPS(Mem{Base: p}, v)
	VFMADD231PS(v, v, sum)
	ADDQ(n, p)
	DECQ(l)
	JNZ(LabelRef("square"))
	out := s.vec()
	VMOVUPS(Mem{Base: dst}, out)
	VFMADD231PS(half, sum, out)
	VMOVUPS(out, Mem{Base: dst})
	ADDQ(n, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// gatherTile writes width items as rows of d dimensions, transposed in registers.
func gatherTile(s isa) {
	function("gather"+s.name, "dst *float32, ld uintptr, x *float32, off *int32, d uintptr",
		"writes a register's width of items as rows; ld in bytes, d a multiple of 16.")
	dst, ld, x, off, d := load("dst"), load("ld"), load("x"), load("off"), load("d")
	Label("dimensions")
	in := make([]reg.VecVirtual, s.width)
	for i := range in {
		o := GP64()
		MOVLQSX(Mem{Base: off, Disp: 4 * i}, o)
		in[i] = s.vec()
		VMOVUPS(Mem{Base: x, Index: o, Scale: 4}, in[i])
	}
	row := GP64()
	MOVQ(dst, row)
	for _, v := range transposed(s, in) {
		VMOVUPS(v, Mem{Base: row})
		ADDQ(ld, row)
	}
	ADDQ(U32(uint32(4*s.width)), off)
	ADDQ(U32(uint32(4*s.width)), dst)
	SUBQ(U32(uint32(s.width)), d)
	JNZ(LabelRef("dimensions"))
	VZEROUPPER()
	RET()
}

// outerRows: for every pair, l rows of y += a·(row of x).
func outerRows(s isa) {
	function("outer"+s.name, "y *float32, ldy uintptr, x *float32, ldx uintptr, item *int32, row *int32, a *float32, l uintptr, pairs uintptr, n uintptr",
		"adds the outer products of pairs of l factors and n values; strides and n in bytes, n a multiple of a register.")
	y, ldy, x, ldx := load("y"), load("ldy"), load("x"), load("ldx")
	item, row, a, L, pairs, n := load("item"), load("row"), load("a"), load("l"), load("pairs"), load("n")
	Label("pair")
	yp, xp, l := GP64(), GP64(), GP64()
	MOVLQSX(Mem{Base: row}, yp)
	IMULQ(L, yp)
	IMULQ(ldy, yp)
	ADDQ(y, yp)
	MOVLQSX(Mem{Base: item}, xp)
	IMULQ(ldx, xp)
	ADDQ(x, xp)
	MOVQ(L, l)
	Label("factor")
	av := s.vec()
	VBROADCASTSS(Mem{Base: a}, av)
	eachVector(s, n, func(i reg.Register) {
		at := Mem{Base: yp, Index: i, Scale: 1}
		sum := s.vec()
		VMOVUPS(at, sum)
		VFMADD231PS(Mem{Base: xp, Index: i, Scale: 1}, av, sum)
		VMOVUPS(sum, at)
	})
	ADDQ(ldy, yp)
	ADDQ(Imm(4), a)
	DECQ(l)
	JNZ(LabelRef("factor"))
	ADDQ(Imm(4), item)
	ADDQ(Imm(4), row)
	DECQ(pairs)
	JNZ(LabelRef("pair"))
	VZEROUPPER()
	RET()
}

// ascendFactors: the operations are those of ascendFactorsGo, in the same order and without fused ones.
func ascendFactors(s isa) {
	function("ascendFactors"+s.name, "f *float32, ldf uintptr, y *float32, ldy uintptr, mu *float32, r *float32, x *float32, q *float32, mean *float32, a *float32, rate float32, l uintptr, bad *float32, n uintptr",
		"updates l factors of n bytes of dimensions, a multiple of a register, and corrects x and q; strides in bytes.")
	rate := s.argument("rate")
	bad, at := s.zero(), GP64()
	XORQ(at, at)
	here := func(name string) Mem { return Mem{Base: load(name), Index: at, Scale: 1} }
	pointer := func(name string) reg.Register { return loadAt(name, at) }
	ldf, ldy := load("ldf"), load("ldy")
	Label("vector")
	m, r, g, h := s.vec(), s.vec(), s.zero(), s.zero()
	VMOVUPS(here("mu"), m)
	VMOVUPS(here("r"), r)
	fp, yp, mean, l := pointer("f"), pointer("y"), load("mean"), load("l")
	Label("sums")
	f, y, mb, t := s.vec(), s.vec(), s.vec(), s.vec()
	VMOVUPS(Mem{Base: fp}, f)
	VMOVUPS(Mem{Base: yp}, y)
	VBROADCASTSS(Mem{Base: mean}, mb)
	VMULPS(f, mb, t)
	VADDPS(t, g, g)
	VMULPS(f, y, t)
	VADDPS(t, h, h)
	VMULPS(m, mb, t)
	VSUBPS(t, y, y)
	VMULPS(r, y, y)
	VMOVUPS(y, Mem{Base: yp})
	ADDQ(ldf, fp)
	ADDQ(ldy, yp)
	ADDQ(Imm(4), mean)
	DECQ(l)
	JNZ(LabelRef("sums"))

	v := s.vec()
	VMULPS(m, g, m)
	VADDPS(m, h, h)
	VDIVPS(r, g, g)
	VDIVPS(r, h, h)
	X, Q := here("x"), here("q")
	VMOVUPS(X, v)
	VSUBPS(g, v, v)
	VMOVUPS(v, X)
	VMOVUPS(Q, v)
	VSUBPS(h, v, v)
	VMOVUPS(v, Q)

	rows := load("l")
	yp = pointer("y")
	a := load("a")
	Label("row")
	sum := s.vec()
	VMOVUPS(Mem{Base: yp}, sum)
	fp = pointer("f")
	l = load("l")
	Label("term")
	t = s.vec()
	VBROADCASTSS(Mem{Base: a}, t)
	VMULPS(Mem{Base: fp}, t, t)
	VSUBPS(t, sum, sum)
	ADDQ(ldf, fp)
	ADDQ(Imm(4), a)
	DECQ(l)
	JNZ(LabelRef("term"))
	VMOVUPS(sum, Mem{Base: yp})
	ADDQ(ldy, yp)
	DECQ(rows)
	JNZ(LabelRef("row"))

	fp, yp, l = pointer("f"), pointer("y"), load("l")
	Label("step")
	t = s.vec()
	VMULPS(Mem{Base: yp}, rate, t)
	VADDPS(Mem{Base: fp}, t, t)
	VMOVUPS(t, Mem{Base: fp})
	VSUBPS(t, t, t)
	VADDPS(t, bad, bad)
	ADDQ(ldf, fp)
	ADDQ(ldy, yp)
	DECQ(l)
	JNZ(LabelRef("step"))

	ADDQ(U32(uint32(s.bytes())), at)
	n := load("n")
	CMPQ(at, n)
	JLT(LabelRef("vector"))
	VMOVUPS(bad, Mem{Base: load("bad")})
	VZEROUPPER()
	RET()
}

// laneSums emits a loop over n values, a multiple of 16, and stores the 16 sums to which body adds.
func laneSums(s isa, body func(part reg.Register, disp int, acc reg.VecVirtual)) {
	n, at := load("n"), GP64()
	XORQ(at, at)
	acc := make([]reg.VecVirtual, 16/s.width)
	for i := range acc {
		acc[i] = s.zero()
	}
	Label("part")
	for i := range acc {
		body(at, i*s.bytes(), acc[i])
	}
	ADDQ(Imm(64), at)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("part"))
	sums := load("sums")
	for i := range acc {
		VMOVUPS(acc[i], Mem{Base: sums, Disp: i * s.bytes()})
	}
	VZEROUPPER()
	RET()
}

// dotLanes: Σ a·b of every 16th value, for each of 16 lanes.
func dotLanes(s isa) {
	function("dot"+s.name, "sums *float32, a *float32, b *float32, n uintptr", "sums the products of n values, a multiple of 16, in 16 lanes.")
	a, b := load("a"), load("b")
	laneSums(s, func(at reg.Register, disp int, acc reg.VecVirtual) {
		v := s.vec()
		VMOVUPS(Mem{Base: a, Index: at, Scale: 1, Disp: disp}, v)
		VFMADD231PS(Mem{Base: b, Index: at, Scale: 1, Disp: disp}, v, acc)
	})
}

// scaleDotLanes: w ·= s, then as dotLanes of w and b.
func scaleDotLanes(s isa) {
	function("scaleDot"+s.name, "sums *float32, w *float32, s *float32, b *float32, n uintptr", "multiplies n values, a multiple of 16, by s and sums their products with b in 16 lanes.")
	w, scale, b := load("w"), load("s"), load("b")
	laneSums(s, func(at reg.Register, disp int, acc reg.VecVirtual) {
		v := s.vec()
		VMOVUPS(Mem{Base: w, Index: at, Scale: 1, Disp: disp}, v)
		VMULPS(Mem{Base: scale, Index: at, Scale: 1, Disp: disp}, v, v)
		VMOVUPS(v, Mem{Base: w, Index: at, Scale: 1, Disp: disp})
		VFMADD231PS(Mem{Base: b, Index: at, Scale: 1, Disp: disp}, v, acc)
	})
}
