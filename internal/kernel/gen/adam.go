package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adamKernels: the operations are those of adamGo and factorGradientGo, in the same order and without fused ones.
func adamKernels(s isa) {
	adam(s)
	factorGradient(s)
}

func adam(s isa) {
	function("adam"+s.name, "v *float32, grad *float32, m *float32, q *float32, consts *float32, n uintptr",
		"moves n bytes of values, a multiple of 16 of them; the constants are those of AdamStep.")
	v, g, m, q, c, n := load("v"), load("grad"), load("m"), load("q"), load("consts"), load("n")
	constants := make([]reg.VecVirtual, 7)
	for i := range constants {
		constants[i] = s.vec()
		VBROADCASTSS(Mem{Base: c, Disp: 4 * i}, constants[i])
	}
	keep, take, keepSquares, takeSquares, rate, shift, epsilon := constants[0], constants[1], constants[2], constants[3], constants[4], constants[5], constants[6]
	eachVector(s, n, func(i reg.Register) {
		at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 1} }
		d, mean, square, t := s.vec(), s.vec(), s.vec(), s.vec()
		VMOVUPS(at(g), d)
		VMULPS(at(m), keep, mean)
		VMULPS(d, take, t)
		VADDPS(t, mean, mean)
		VMOVUPS(mean, at(m))
		VMULPS(at(q), keepSquares, square)
		VMULPS(d, d, d)
		VMULPS(d, takeSquares, d)
		VADDPS(d, square, square)
		VMOVUPS(square, at(q))
		VSQRTPS(square, square)
		VMULPS(shift, square, square)
		VADDPS(epsilon, square, square)
		VMULPS(rate, mean, mean)
		VDIVPS(square, mean, mean)
		VADDPS(at(v), mean, mean)
		VMOVUPS(mean, at(v))
	})
	VZEROUPPER()
	RET()
}

func factorGradient(s isa) {
	function("factorGradient"+s.name, "grad *float32, ldg uintptr, f *float32, ldf uintptr, y *float32, ldy uintptr, mu *float32, r *float32, mean *float32, a *float32, over float32, l uintptr, n uintptr",
		"writes the gradients by l factors of n bytes of dimensions, a multiple of a register; strides in bytes.")
	over := s.argument("over")
	ldg, ldf, ldy := load("ldg"), load("ldf"), load("ldy")
	at := GP64()
	XORQ(at, at)
	pointer := func(name string) reg.Register { return loadAt(name, at) }
	Label("vector")
	m, r := s.vec(), s.vec()
	VMOVUPS(Mem{Base: load("mu"), Index: at, Scale: 1}, m)
	VMOVUPS(Mem{Base: load("r"), Index: at, Scale: 1}, r)
	gp, yp, mean, a, rows := pointer("grad"), pointer("y"), load("mean"), load("a"), load("l")
	Label("row")
	sum, t := s.vec(), s.vec()
	VBROADCASTSS(Mem{Base: mean}, t)
	VMULPS(m, t, t)
	VMOVUPS(Mem{Base: yp}, sum)
	VSUBPS(t, sum, sum)
	VMULPS(r, sum, sum)
	fp, terms := pointer("f"), load("l")
	Label("term")
	VBROADCASTSS(Mem{Base: a}, t)
	VMULPS(Mem{Base: fp}, t, t)
	VSUBPS(t, sum, sum)
	ADDQ(ldf, fp)
	ADDQ(Imm(4), a)
	DECQ(terms)
	JNZ(LabelRef("term"))
	VDIVPS(over, sum, sum)
	VMOVUPS(sum, Mem{Base: gp})
	ADDQ(ldg, gp)
	ADDQ(ldy, yp)
	ADDQ(Imm(4), mean)
	DECQ(rows)
	JNZ(LabelRef("row"))
	ADDQ(U32(uint32(s.bytes())), at)
	n := load("n")
	CMPQ(at, n)
	JLT(LabelRef("vector"))
	VZEROUPPER()
	RET()
}
