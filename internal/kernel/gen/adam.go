package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The operations of this file are those of adamGo, gradientGo and factorGradientGo, in the same order and without fused ones.

func adam(s isa) {
	s.function("adam", nil, "v grad m q consts n#",
		"moves n bytes of values, a multiple of 16 of them; the constants are those of AdamStep.")
	v, g, m, q, c, n := load("v"), load("grad"), load("m"), load("q"), load("consts"), load("n")
	var constants [10]vec
	for i := range constants {
		constants[i] = s.broadcast(at(c).Offset(4 * i))
	}
	keep, take, keepSquares, takeSquares := constants[0], constants[1], constants[2], constants[3]
	rate, shift, epsilon := constants[4], constants[5], constants[6]
	flush := func(v, by vec) {
		VADDPS(by, v, v)
		VSUBPS(by, v, v)
	}
	flushGradient, flushMean, flushSquare := constants[7], constants[8], constants[9]
	eachVector(s, n, func(here func(reg.Register) Mem) {
		d, mean, square, t := s.vec(), s.vec(), s.vec(), s.vec()
		VMOVUPS(here(g), d)
		flush(d, flushGradient)
		VMULPS(here(m), keep, mean)
		VMULPS(d, take, t)
		VADDPS(t, mean, mean)
		flush(mean, flushMean)
		VMOVUPS(mean, here(m))
		VMULPS(here(q), keepSquares, square)
		VMULPS(d, d, d)
		VMULPS(d, takeSquares, d)
		VADDPS(d, square, square)
		flush(square, flushSquare)
		VMOVUPS(square, here(q))
		VSQRTPS(square, square)
		VMULPS(shift, square, square)
		VADDPS(epsilon, square, square)
		VMULPS(rate, mean, mean)
		VDIVPS(square, mean, mean)
		VADDPS(here(v), mean, mean)
		VMOVUPS(mean, here(v))
	})
	done()
}

func gradient(s isa) {
	s.function("gradient", nil, "gm gr mu r x q s:float32 over:float32 n#", "writes the gradients of n bytes of dimensions, a multiple of 16 of them.")
	S, over := s.broadcast(argument("s")), s.broadcast(argument("over"))
	gm, gr, mu, r, x, q := load("gm"), load("gr"), load("mu"), load("r"), load("x"), load("q")
	eachVector(s, load("n"), func(here func(reg.Register) Mem) {
		m, root, X, sm, t, u := s.vec(), s.vec(), s.vec(), s.vec(), s.vec(), s.vec()
		VMOVUPS(here(mu), m)
		VMOVUPS(here(r), root)
		VMOVUPS(here(x), X)
		VMULPS(m, S, sm)
		VSUBPS(sm, X, t) // X − Sμ
		VMULPS(root, root, u)
		VMULPS(t, u, t)
		VDIVPS(over, t, t)
		VMOVUPS(t, here(gm))
		VADDPS(X, X, X)
		VSUBPS(sm, X, X) // 2X − Sμ
		VMULPS(m, X, X)
		VMOVUPS(here(q), t)
		VSUBPS(X, t, t)
		VMULPS(root, t, t)
		VDIVPS(root, S, u)
		VSUBPS(t, u, u)
		VDIVPS(over, u, u)
		VMOVUPS(u, here(gr))
	})
	done()
}

func factorGradient(s isa) {
	s.function("factorGradient", nil, "grad ldg# f ldf# y ldy# mu r mean a over:float32 l# n#",
		"writes the gradients by l factors of n bytes of dimensions, a multiple of a register; strides in bytes.")
	over := s.broadcast(argument("over"))
	ldg, ldf, ldy, i := load("ldg"), load("ldf"), load("ldy"), cleared()
	Label("vector")
	m, r := s.vec(), s.vec()
	VMOVUPS(at(load("mu")).Idx(i, 1), m)
	VMOVUPS(at(load("r")).Idx(i, 1), r)
	gp, yp, mean, a, rows := loadAt("grad", i), loadAt("y", i), load("mean"), load("a"), load("l")
	Label("row")
	sum, t := s.vec(), s.vec()
	VBROADCASTSS(at(mean), t)
	VMULPS(m, t, t)
	VMOVUPS(at(yp), sum)
	VSUBPS(t, sum, sum)
	VMULPS(r, sum, sum)
	s.subtractTerms(sum, loadAt("f", i), ldf, a)
	VDIVPS(over, sum, sum)
	VMOVUPS(sum, at(gp))
	add(ldg, gp)
	add(ldy, yp)
	add(Imm(4), mean)
	again("row", rows)
	add(U32(s.bytes()), i)
	below("vector", i, load("n"))
	done()
}

// subtractTerms emits sum −= Σ_j a_j·f_j over l rows of f, and moves a on.
func (s isa) subtractTerms(sum vec, f, ldf, a reg.Register) {
	terms := load("l")
	Label("term")
	t := s.broadcast(at(a))
	VMULPS(at(f), t, t)
	VSUBPS(t, sum, sum)
	add(ldf, f)
	add(Imm(4), a)
	again("term", terms)
}
