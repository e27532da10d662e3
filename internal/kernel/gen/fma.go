package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakLoop: 24·16 fused multiply-adds a round that depend on each other as little as the
// latency of the instruction asks for: 12 sums at least are under way at any time.
func peakLoop(s isa) {
	function("fma"+s.name, "n uintptr", "does n rounds of 24·16 fused multiply-adds.")
	n := load("n")
	sums := 24
	if !s.wide() {
		sums = 12
	}
	acc := make([]reg.VecVirtual, sums)
	for i := range acc {
		acc[i] = s.zero()
	}
	x := s.zero()
	Label("round")
	for done := 0; done < 24*16; done += sums * s.width {
		for i := range acc {
			VFMADD231PS(x, x, acc[i])
		}
	}
	DECQ(n)
	JNZ(LabelRef("round"))
	VZEROUPPER()
	RET()
}
