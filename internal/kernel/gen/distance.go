package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// distanceLanes: Σ (a−b)² of every 16th value, for each of 16 lanes.
func distanceLanes(s isa) {
	function("distance"+s.name, "sums *float32, a *float32, b *float32, n uintptr", "sums the squared differences of n values, a multiple of 16, in 16 lanes.")
	a, b, n := load("a"), load("b"), load("n")
	acc := make([]reg.VecVirtual, 16/s.width)
	for i := range acc {
		acc[i] = s.zero()
	}
	Label("part")
	for i := range acc {
		v := s.vec()
		VMOVUPS(Mem{Base: a, Disp: i * s.bytes()}, v)
		VSUBPS(Mem{Base: b, Disp: i * s.bytes()}, v, v)
		VFMADD231PS(v, v, acc[i])
	}
	ADDQ(Imm(64), a)
	ADDQ(Imm(64), b)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("part"))
	sums := load("sums")
	for i := range acc {
		VMOVUPS(acc[i], Mem{Base: sums, Disp: i * s.bytes()})
	}
	VZEROUPPER()
	RET()
}
