package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// factorKernels are the loops of mixtures of factor analysers.
func factorKernels(s isa) {
	if s.wide() {
		for nv := 1; nv <= 4; nv++ {
			tiles(s, nv, 7, linearTile)
		}
	} else {
		tiles(s, 2, 4, linearTile)
	}
	squaresLanes(s)
	gatherTile(s)
	outerRows(s)
	ascendFactors(s)
	dotLanes(s)
	scaleDotLanes(s)
}

// squaresLanes adds half the sum of squares of each component's rows, one vector of items.
func squaresLanes(s isa) {
	s.function("squares", nil, "dst p rows# l# n#",
		"adds ½Σp² of l rows to each of the rows of dst; n is the length of a row in bytes.")
	dst, p, rows, L, n := load("dst"), load("p"), load("rows"), load("l"), load("n")
	half := s.float(0.5)
	Label("row")
	sum, l := s.zero(), moved(L)
	Label("square")
	v := s.read(at(p))
	VFMADD231PS(v, v, sum)
	add(n, p)
	again("square", l)
	out := s.read(at(dst))
	VFMADD231PS(half, sum, out)
	VMOVUPS(out, at(dst))
	add(n, dst)
	again("row", rows)
	done()
}

// outerRows: for every pair, l rows of y += a·(row of x).
func outerRows(s isa) {
	s.function("outer", nil, "y ldy# x ldx# item:*int32 row:*int32 a l# pairs# n#",
		"adds the outer products of pairs of l factors and n values; strides and n in bytes, n a multiple of a register.")
	y, ldy, x, ldx := load("y"), load("ldy"), load("x"), load("ldx")
	item, row, a, L, pairs, n := load("item"), load("row"), load("a"), load("l"), load("pairs"), load("n")
	Label("pair")
	yp := index(at(row))
	IMULQ(L, yp)
	IMULQ(ldy, yp)
	ADDQ(y, yp)
	xp := index(at(item))
	IMULQ(ldx, xp)
	ADDQ(x, xp)
	l := moved(L)
	Label("factor")
	av := s.broadcast(at(a))
	eachVector(s, n, func(here func(reg.Register) Mem) {
		sum := s.read(here(yp))
		VFMADD231PS(here(xp), av, sum)
		VMOVUPS(sum, here(yp))
	})
	add(ldy, yp)
	add(Imm(4), a)
	again("factor", l)
	add(Imm(4), item, row)
	again("pair", pairs)
	done()
}

// ascendFactors: the operations are those of ascendFactorsGo, in the same order and without fused ones.
func ascendFactors(s isa) {
	s.function("ascendFactors", nil, "f ldf# y ldy# mu r x q mean a rate:float32 l# bad n#",
		"updates l factors of n bytes of dimensions, a multiple of a register, and corrects x and q; strides in bytes.")
	rate, bad, i := s.broadcast(argument("rate")), s.zero(), cleared()
	here := func(name string) Mem { return at(load(name)).Idx(i, 1) }
	ldf, ldy := load("ldf"), load("ldy")
	Label("vector")
	m, r, g, h := s.vec(), s.vec(), s.zero(), s.zero()
	VMOVUPS(here("mu"), m)
	VMOVUPS(here("r"), r)
	fp, yp, mean, l := loadAt("f", i), loadAt("y", i), load("mean"), load("l")
	Label("sums")
	f, y, mb, t := s.read(at(fp)), s.read(at(yp)), s.broadcast(at(mean)), s.vec()
	VMULPS(f, mb, t)
	VADDPS(t, g, g)
	VMULPS(f, y, t)
	VADDPS(t, h, h)
	VMULPS(m, mb, t)
	VSUBPS(t, y, y)
	VMULPS(r, y, y)
	VMOVUPS(y, at(yp))
	add(ldf, fp)
	add(ldy, yp)
	add(Imm(4), mean)
	again("sums", l)

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
	yp = loadAt("y", i)
	a := load("a")
	Label("row")
	sum := s.read(at(yp))
	s.subtractTerms(sum, loadAt("f", i), ldf, a)
	VMOVUPS(sum, at(yp))
	add(ldy, yp)
	again("row", rows)

	fp, yp, l = loadAt("f", i), loadAt("y", i), load("l")
	Label("step")
	t = s.vec()
	VMULPS(at(yp), rate, t)
	VADDPS(at(fp), t, t)
	VMOVUPS(t, at(fp))
	VSUBPS(t, t, t)
	VADDPS(t, bad, bad)
	add(ldf, fp)
	add(ldy, yp)
	again("step", l)

	add(U32(s.bytes()), i)
	below("vector", i, load("n"))
	VMOVUPS(bad, at(load("bad")))
	done()
}
