package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slopeKernels are the loops of gradients by the input and of the steps along them.
func slopeKernels(s isa) {
	if s.wide() {
		s.oneAndTwo(pullTiles)
		s.oneAndTwo(softmaxSlope)
		s.oneAndTwo(reweigh)
		s.oneAndTwo(tryRows)
	} else {
		pullTiles(s, 2)
		softmaxSlope(s, 2)
		reweigh(s, 1)
		tryRows(s, 2)
	}
	moveRow(s)
	takeRows(s)
}

// pullTiles adds Σ_k u_k·(B − x·A) to 4 dimensions of every tile of 4 (2 where there are 16 registers), for nv vectors
// of items and the listed rows k. Of a tile, w holds 4 times B and 4 times A for every k.
func pullTiles(s isa, nv int) {
	kt := s.width / 4
	s.function("pull", tile{nv, kt}, "grad x off:*int32 u n# rows:*int32 count# w tile# tiles#",
		"adds the slopes of the listed rows to %d dimensions of each tile for %d items; n and tile in bytes.",
		kt, nv*s.width)
	g, x, off, u, n, w, tiles := load("grad"), load("x"), load("off"), load("u"), load("n"), load("w"), load("tiles")
	accA, accB := make([]vec, nv*kt), make([]vec, nv*kt)
	Label("tile")
	for i := range accA {
		accA[i], accB[i] = s.zero(), s.zero()
	}
	rows, count := load("rows"), load("count")
	Label("row")
	k := index(at(rows))
	ku := moved(k)
	IMULQ(n, ku)
	SHLQ(Imm(5), k)
	uv := s.reads(at(u).Idx(ku, 1), nv)
	for j := range kt {
		for part, acc := range [][]vec{accB, accA} {
			c := s.broadcast(at(w).Idx(k, 1).Offset(16*part + 4*j))
			for v := range nv {
				VFMADD231PS(uv[v], c, acc[j*nv+v])
			}
		}
	}
	add(Imm(4), rows)
	again("row", count)
	for j := range kt {
		o := index(at(off).Offset(4 * j))
		for v := range nv {
			here := func(p reg.Register) Mem { return s.next(at(p).Idx(o, 4), v) }
			a, b := accA[j*nv+v], accB[j*nv+v]
			VFNMADD231PS(here(x), a, b)
			VADDPS(here(g), b, b)
			VMOVUPS(b, here(g))
		}
	}
	add(Imm(16), off)
	add(load("tile"), w)
	again("tile", tiles)
	done()
}

// softmaxSlope: u = r·(v − Σ r·v), or 0 where r is negligible; what is not 0 of a row marks it as live.
func softmaxSlope(s isa, nv int) {
	s.function("softmaxSlope", tile{nv}, "u r v live:*int32 rows# n# least:float32",
		"multiplies with the Jacobian of softmax over rows of %d items; n is the length of a row in bytes.", nv*s.width)
	u, r, v, live, K, n := load("u"), load("r"), load("v"), load("live"), load("rows"), load("n")
	least, zero := s.broadcast(argument("least")), s.zero()
	dot := several(nv, s.zero)
	pr, pv, k := moved(r), moved(v), moved(K)
	Label("dot")
	for i := range dot {
		VFMADD231PS(s.next(at(pv), i), s.read(s.next(at(pr), i)), dot[i])
	}
	add(n, pr, pv)
	again("dot", k)
	Label("row")
	for i := range dot {
		a, b, mask := s.read(s.next(at(r), i)), s.read(s.next(at(v), i)), GP32()
		VSUBPS(dot[i], b, b)
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
		VMOVUPS(b, s.next(at(u), i))
		ORL(mask, at(live))
	}
	add(n, r, v, u)
	add(Imm(4), live)
	again("row", K)
	done()
}

// reweigh: r·max(b, low)·c over the rows, divided by the sum of it.
func reweigh(s isa, nv int) {
	s.function("reweigh", tile{nv}, "dst r b c rows# n# low:float32 tiny:float32",
		"multiplies and normalises rows of %d items; n is the length of a row in bytes.", nv*s.width)
	dst, r, b, c, K, n := load("dst"), load("r"), load("b"), load("c"), load("rows"), load("n")
	low, tiny, one := s.vec(), s.vec(), s.float(1)
	VBROADCASTSS(argument("low"), low)
	VBROADCASTSS(argument("tiny"), tiny)
	sum := several(nv, s.zero)
	to, k := moved(dst), moved(K)
	Label("product")
	f := s.broadcast(at(c))
	for i := range sum {
		x := s.read(s.next(at(b), i))
		VMAXPS(low, x, x) // b > low ? b : low
		VMULPS(s.next(at(r), i), x, x)
		VMULPS(f, x, x)
		VADDPS(x, sum[i], sum[i])
		VMOVUPS(x, s.next(at(to), i))
	}
	add(n, r, b, to)
	add(Imm(4), c)
	again("product", k)
	for i := range sum {
		VMAXPS(sum[i], tiny, sum[i]) // tiny > sum ? tiny : sum, so NaN stays
		VDIVPS(sum[i], one, sum[i])
	}
	s.scaleRows(dst, K, n, sum)
	done()
}

// tryRows: v = clip(x + rate·g) where rate > 0, else x; the largest |v − x| and Σ (v − x0)².
func tryRows(s isa, nv int) {
	s.function("try", tile{nv}, "dst x x0 grad rate moved squares rows# n#",
		"tries a step for rows of %d items; n is the length of a row in bytes.", nv*s.width)
	dst, x, x0, g, K, n := load("dst"), load("x"), load("x0"), load("grad"), load("rows"), load("n")
	rp, mp, sp := load("rate"), load("moved"), load("squares")
	zero, one, sign := s.zero(), s.float(1), s.constant(1<<31-1)
	rate, most, squares, goes := make([]vec, nv), make([]vec, nv), make([]vec, nv), make([]reg.Register, nv)
	for i := range rate {
		rate[i], most[i], squares[i], goes[i] = s.vec(), s.vec(), s.zero(), K1234[i]
		VMOVUPS(s.next(at(rp), i), rate[i])
		VMOVUPS(s.next(at(mp), i), most[i])
		if !s.wide() {
			goes[i] = s.vec()
		}
		VCMPPS(Imm(0x1e), zero, rate[i], goes[i])
	}
	Label("row")
	for i := range rate {
		old, v, d := s.vec(), s.vec(), s.vec()
		VMOVUPS(s.next(at(x), i), old)
		VMOVAPS(old, v)
		VFMADD231PS(s.next(at(g), i), rate[i], v)
		VMAXPS(zero, v, v) // v > 0 ? v : 0, so NaN becomes 0
		VMINPS(one, v, v)
		if s.wide() {
			VBLENDMPS(v, old, goes[i], v)
		} else {
			VBLENDVPS(goes[i], v, old, v)
		}
		VMOVUPS(v, s.next(at(dst), i))
		VSUBPS(old, v, d)
		VANDPS(sign, d, d)
		VMAXPS(most[i], d, most[i])
		VSUBPS(s.next(at(x0), i), v, d)
		VFMADD231PS(d, d, squares[i])
	}
	add(n, dst, x, x0, g)
	again("row", K)
	for i := range rate {
		VMOVUPS(most[i], s.next(at(mp), i))
		VMOVUPS(squares[i], s.next(at(sp), i))
	}
	done()
}

// takeRows: x = v and g = slope − pull·(v − x0) where kept > 0.
func takeRows(s isa) {
	s.function("take", nil, "x grad v slope x0 kept rows# n# pull:float32",
		"takes a step for rows of %d items; n is the length of a row in bytes.", s.width)
	x, g, v, slope, x0, K, n := load("x"), load("grad"), load("v"), load("slope"), load("x0"), load("rows"), load("n")
	pull, kept := s.broadcast(argument("pull")), s.read(at(load("kept")))
	goes := reg.Register(kept)
	if s.wide() {
		goes = reg.K1
	}
	VCMPPS(Imm(0x1e), s.zero(), kept, goes)
	store := func(val vec, p reg.Register) {
		if s.wide() {
			VMOVUPS(val, goes, at(p))
			return
		}
		old := s.read(at(p))
		VBLENDVPS(goes, val, old, old)
		VMOVUPS(old, at(p))
	}
	Label("row")
	a, b, d := s.read(at(v)), s.read(at(slope)), s.vec()
	VSUBPS(at(x0), a, d)
	VFNMADD231PS(pull, d, b)
	store(a, x)
	store(b, g)
	add(n, x, g, v, slope, x0)
	again("row", K)
	done()
}

// moveRow: what is left in g goes to dst where src equals best.
func moveRow(s isa) {
	s.function("move", nil, "dst grad src best n#", "moves g to dst where src equals best; n in bytes.")
	dst, g, src, best, n := load("dst"), load("grad"), load("src"), load("best"), load("n")
	zero := s.zero()
	eachVector(s, n, func(here func(reg.Register) Mem) {
		a, v, d := s.read(here(src)), s.read(here(g)), s.read(here(dst))
		if s.wide() {
			VCMPPS(Imm(0), here(best), a, reg.K1)
			VADDPS(v, d, reg.K1, d)
			VMOVUPS(zero, reg.K1, here(g))
		} else {
			taken := s.vec()
			VCMPPS(Imm(0), here(best), a, a)
			VANDPS(v, a, taken)
			VADDPS(taken, d, d)
			VANDNPS(v, a, v)
			VMOVUPS(v, here(g))
		}
		VMOVUPS(d, here(dst))
	})
	done()
}
