package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slopeKernels are the loops of gradients by the input and of the steps along them.
func slopeKernels(s isa) {
	if s.wide() {
		pullTiles(s, 1, 4)
		pullTiles(s, 2, 4)
		softmaxSlope(s, 1)
		softmaxSlope(s, 2)
		reweigh(s, 1)
		reweigh(s, 2)
		tryRows(s, 1)
		tryRows(s, 2)
	} else {
		pullTiles(s, 2, 2)
		softmaxSlope(s, 2)
		reweigh(s, 1)
		tryRows(s, 2)
	}
	moveRow(s)
	takeRows(s)
}

// pullTiles adds Σ_k u_k·(B − x·A) to kt dimensions of every tile of 4, for nv vectors of items and the listed rows k.
// Of a tile, w holds 4 times B and 4 times A for every k.
func pullTiles(s isa, nv, kt int) {
	function(fmt.Sprintf("pull%s_%dx%d", s.name, nv, kt),
		"grad *float32, x *float32, off *int32, u *float32, n uintptr, rows *int32, count uintptr, w *float32, tile uintptr, tiles uintptr",
		fmt.Sprintf("adds the slopes of the listed rows to %d dimensions of each tile for %d items; n and tile in bytes.", kt, nv*s.width))
	g, x, off, u, n := load("grad"), load("x"), load("off"), load("u"), load("n")
	w, tiles := load("w"), load("tiles")
	accA, accB := make([]reg.VecVirtual, nv*kt), make([]reg.VecVirtual, nv*kt)
	Label("tile")
	for i := range accA {
		accA[i], accB[i] = s.zero(), s.zero()
	}
	rows, count := load("rows"), load("count")
	Label("row")
	k, ku := GP64(), GP64()
	MOVLQSX(Mem{Base: rows}, k)
	MOVQ(k, ku)
	IMULQ(n, ku)
	SHLQ(Imm(5), k)
	uv := make([]reg.VecVirtual, nv)
	for v := range uv {
		uv[v] = s.vec()
		VMOVUPS(Mem{Base: u, Index: ku, Scale: 1, Disp: v * s.bytes()}, uv[v])
	}
	for j := range kt {
		for part, acc := range [][]reg.VecVirtual{accB, accA} {
			c := s.vec()
			VBROADCASTSS(Mem{Base: w, Index: k, Scale: 1, Disp: 16*part + 4*j}, c)
			for v := range nv {
				VFMADD231PS(uv[v], c, acc[j*nv+v])
			}
		}
	}
	ADDQ(Imm(4), rows)
	DECQ(count)
	JNZ(LabelRef("row"))
	for j := range kt {
		o := GP64()
		MOVLQSX(Mem{Base: off, Disp: 4 * j}, o)
		for v := range nv {
			at := func(p reg.Register) Mem { return Mem{Base: p, Index: o, Scale: 4, Disp: v * s.bytes()} }
			a, b := accA[j*nv+v], accB[j*nv+v]
			VFNMADD231PS(at(x), a, b)
			VADDPS(at(g), b, b)
			VMOVUPS(b, at(g))
		}
	}
	ADDQ(Imm(16), off)
	ADDQ(load("tile"), w)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// softmaxSlope: u = r·(v − Σ r·v), or 0 where r is negligible; what is not 0 of a row marks it as live.
func softmaxSlope(s isa, nv int) {
	function(fmt.Sprintf("softmaxSlope%s_%d", s.name, nv), "u *float32, r *float32, v *float32, live *int32, rows uintptr, n uintptr, least float32",
		fmt.Sprintf("multiplies with the Jacobian of softmax over rows of %d items; n is the length of a row in bytes.", nv*s.width))
	u, r, v, live, K, n := load("u"), load("r"), load("v"), load("live"), load("rows"), load("n")
	least := s.vec()
	parameter("least", least)
	zero := s.zero()
	dot := make([]reg.VecVirtual, nv)
	for i := range dot {
		dot[i] = s.zero()
	}
	pr, pv, k := GP64(), GP64(), GP64()
	MOVQ(r, pr)
	MOVQ(v, pv)
	MOVQ(K, k)
	Label("dot")
	for i := range dot {
		a := s.vec()
		VMOVUPS(Mem{Base: pr, Disp: i * s.bytes()}, a)
		VFMADD231PS(Mem{Base: pv, Disp: i * s.bytes()}, a, dot[i])
	}
	ADDQ(n, pr)
	ADDQ(n, pv)
	DECQ(k)
	JNZ(LabelRef("dot"))
	Label("row")
	for i := range dot {
		a, b := s.vec(), s.vec()
		VMOVUPS(Mem{Base: r, Disp: i * s.bytes()}, a)
		VMOVUPS(Mem{Base: v, Disp: i * s.bytes()}, b)
		VSUBPS(dot[i], b, b)
		mask := GP32()
		if s.wide() {
			VCMPPS(Imm(0x15), least, a, K1234[i]) // not r < least: NaN stays
			VMULPS_Z(a, b, K1234[i], b)
			VCMPPS(Imm(0x04), zero, b, K1234[i]) // not 0, or NaN
			KMOVW(K1234[i], mask)
		} else {
			under := s.vec()
			VCMPPS(Imm(0x11), least, a, under)
			VMULPS(a, b, b)
			VANDNPS(b, under, b)
			VCMPPS(Imm(0x04), zero, b, under)
			VMOVMSKPS(under, mask)
		}
		VMOVUPS(b, Mem{Base: u, Disp: i * s.bytes()})
		ORL(mask, Mem{Base: live})
	}
	ADDQ(n, r)
	ADDQ(n, v)
	ADDQ(n, u)
	ADDQ(Imm(4), live)
	DECQ(K)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// reweigh: r·max(b, low)·c over the rows, divided by the sum of it.
func reweigh(s isa, nv int) {
	function(fmt.Sprintf("reweigh%s_%d", s.name, nv), "dst *float32, r *float32, b *float32, c *float32, rows uintptr, n uintptr, low float32, tiny float32",
		fmt.Sprintf("multiplies and normalises rows of %d items; n is the length of a row in bytes.", nv*s.width))
	dst, r, b, c, K, n := load("dst"), load("r"), load("b"), load("c"), load("rows"), load("n")
	low, tiny, one := s.vec(), s.vec(), s.constant(math.Float32bits(1))
	parameter("low", low)
	parameter("tiny", tiny)
	sum := make([]reg.VecVirtual, nv)
	for i := range sum {
		sum[i] = s.zero()
	}
	to, k := GP64(), GP64()
	MOVQ(dst, to)
	MOVQ(K, k)
	Label("product")
	f := s.vec()
	VBROADCASTSS(Mem{Base: c}, f)
	for i := range sum {
		x := s.vec()
		VMOVUPS(Mem{Base: b, Disp: i * s.bytes()}, x)
		VMAXPS(low, x, x) // b > low ? b : low
		VMULPS(Mem{Base: r, Disp: i * s.bytes()}, x, x)
		VMULPS(f, x, x)
		VADDPS(x, sum[i], sum[i])
		VMOVUPS(x, Mem{Base: to, Disp: i * s.bytes()})
	}
	ADDQ(n, r)
	ADDQ(n, b)
	ADDQ(n, to)
	ADDQ(Imm(4), c)
	DECQ(k)
	JNZ(LabelRef("product"))
	for i := range sum {
		VMAXPS(sum[i], tiny, sum[i]) // tiny > sum ? tiny : sum, so NaN stays
		VDIVPS(sum[i], one, sum[i])
	}
	Label("quotient")
	for i := range sum {
		x := s.vec()
		VMULPS(Mem{Base: dst, Disp: i * s.bytes()}, sum[i], x)
		VMOVUPS(x, Mem{Base: dst, Disp: i * s.bytes()})
	}
	ADDQ(n, dst)
	DECQ(K)
	JNZ(LabelRef("quotient"))
	VZEROUPPER()
	RET()
}

// tryRows: v = clip(x + rate·g) where rate > 0, else x; the largest |v − x| and Σ (v − x0)².
func tryRows(s isa, nv int) {
	function(fmt.Sprintf("try%s_%d", s.name, nv),
		"dst *float32, x *float32, x0 *float32, grad *float32, rate *float32, moved *float32, squares *float32, rows uintptr, n uintptr",
		fmt.Sprintf("tries a step for rows of %d items; n is the length of a row in bytes.", nv*s.width))
	dst, x, x0, g, K, n := load("dst"), load("x"), load("x0"), load("grad"), load("rows"), load("n")
	rp, mp, sp := load("rate"), load("moved"), load("squares")
	zero, one, sign := s.zero(), s.constant(math.Float32bits(1)), s.constant(1<<31-1)
	rate, moved, squares, goes := make([]reg.VecVirtual, nv), make([]reg.VecVirtual, nv), make([]reg.VecVirtual, nv), make([]reg.VecVirtual, nv)
	for i := range rate {
		rate[i], moved[i], squares[i] = s.vec(), s.vec(), s.zero()
		VMOVUPS(Mem{Base: rp, Disp: i * s.bytes()}, rate[i])
		VMOVUPS(Mem{Base: mp, Disp: i * s.bytes()}, moved[i])
		if s.wide() {
			VCMPPS(Imm(0x1e), zero, rate[i], K1234[i])
		} else {
			goes[i] = s.vec()
			VCMPPS(Imm(0x1e), zero, rate[i], goes[i])
		}
	}
	Label("row")
	for i := range rate {
		old, v, d := s.vec(), s.vec(), s.vec()
		VMOVUPS(Mem{Base: x, Disp: i * s.bytes()}, old)
		VMOVAPS(old, v)
		VFMADD231PS(Mem{Base: g, Disp: i * s.bytes()}, rate[i], v)
		VMAXPS(zero, v, v) // v > 0 ? v : 0, so NaN becomes 0
		VMINPS(one, v, v)
		if s.wide() {
			VBLENDMPS(v, old, K1234[i], v)
		} else {
			VBLENDVPS(goes[i], v, old, v)
		}
		VMOVUPS(v, Mem{Base: dst, Disp: i * s.bytes()})
		VSUBPS(old, v, d)
		VANDPS(sign, d, d)
		VMAXPS(moved[i], d, moved[i])
		VSUBPS(Mem{Base: x0, Disp: i * s.bytes()}, v, d)
		VFMADD231PS(d, d, squares[i])
	}
	for _, p := range []reg.Register{dst, x, x0, g} {
		ADDQ(n, p)
	}
	DECQ(K)
	JNZ(LabelRef("row"))
	for i := range rate {
		VMOVUPS(moved[i], Mem{Base: mp, Disp: i * s.bytes()})
		VMOVUPS(squares[i], Mem{Base: sp, Disp: i * s.bytes()})
	}
	VZEROUPPER()
	RET()
}

// takeRows: x = v and g = slope − pull·(v − x0) where kept > 0.
func takeRows(s isa) {
	function("take"+s.name,
		"x *float32, grad *float32, v *float32, slope *float32, x0 *float32, kept *float32, rows uintptr, n uintptr, pull float32",
		fmt.Sprintf("takes a step for rows of %d items; n is the length of a row in bytes.", s.width))
	x, g, v, slope, x0, K, n := load("x"), load("grad"), load("v"), load("slope"), load("x0"), load("rows"), load("n")
	pull, kept := s.vec(), s.vec()
	parameter("pull", pull)
	kp := load("kept")
	VMOVUPS(Mem{Base: kp}, kept)
	zero := s.zero()
	if s.wide() {
		VCMPPS(Imm(0x1e), zero, kept, reg.K1)
	} else {
		VCMPPS(Imm(0x1e), zero, kept, kept)
	}
	store := func(val reg.VecVirtual, p reg.Register) {
		if s.wide() {
			VMOVUPS(val, reg.K1, Mem{Base: p})
			return
		}
		old := s.vec()
		VMOVUPS(Mem{Base: p}, old)
		VBLENDVPS(kept, val, old, old)
		VMOVUPS(old, Mem{Base: p})
	}
	Label("row")
	a, b, d := s.vec(), s.vec(), s.vec()
	VMOVUPS(Mem{Base: v}, a)
	VMOVUPS(Mem{Base: slope}, b)
	VSUBPS(Mem{Base: x0}, a, d)
	VFNMADD231PS(pull, d, b)
	store(a, x)
	store(b, g)
	for _, p := range []reg.Register{x, g, v, slope, x0} {
		ADDQ(n, p)
	}
	DECQ(K)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// moveRow: what is left in g goes to dst where src equals best.
func moveRow(s isa) {
	function("move"+s.name, "dst *float32, grad *float32, src *float32, best *float32, n uintptr", "moves g to dst where src equals best; n in bytes.")
	dst, g, src, best, n := load("dst"), load("grad"), load("src"), load("best"), load("n")
	zero := s.zero()
	eachVector(s, n, func(i reg.Register) {
		at := func(p reg.Register) Mem { return Mem{Base: p, Index: i, Scale: 1} }
		a, v, d := s.vec(), s.vec(), s.vec()
		VMOVUPS(at(src), a)
		VMOVUPS(at(g), v)
		VMOVUPS(at(dst), d)
		if s.wide() {
			VCMPPS(Imm(0), at(best), a, reg.K1)
			VADDPS(v, d, reg.K1, d)
			VMOVUPS(zero, reg.K1, at(g))
		} else {
			taken := s.vec()
			VCMPPS(Imm(0), at(best), a, a)
			VANDPS(v, a, taken)
			VADDPS(taken, d, d)
			VANDNPS(v, a, v)
			VMOVUPS(v, at(g))
		}
		VMOVUPS(d, at(dst))
	})
	VZEROUPPER()
	RET()
}

// parameter broadcasts a float32 argument.
func parameter(name string, v reg.VecVirtual) {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(a.Addr, v)
}
