package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// eachPart emits a loop over n float32 values, a register's width of float64 at a time; p
// moves through row, and at counts float64 values in bytes.
func eachPart(s isa, row, n reg.Register, body func(v reg.VecVirtual, at reg.Register)) {
	at := GP64()
	XORQ(at, at)
	Label("part")
	v := s.vec()
	VCVTPS2PD(Mem{Base: row}, v)
	body(v, at)
	ADDQ(U32(uint32(s.bytes()/2)), row)
	ADDQ(U32(uint32(s.bytes())), at)
	SUBQ(U32(uint32(s.width/2)), n)
	JNZ(LabelRef("part"))
	VZEROUPPER()
	RET()
}

// addRow: sum += row in float64.
func addRow(s isa) {
	function("add"+s.name, "sum *float64, row *float32, n uintptr", "adds n values, a multiple of 16, in float64.")
	sum := load("sum")
	eachPart(s, load("row"), load("n"), func(v reg.VecVirtual, at reg.Register) {
		m := Mem{Base: sum, Index: at, Scale: 1}
		VADDPD(m, v, v)
		VMOVUPD(v, m)
	})
}

// addMoments: x += r·row, q += r·row², products rounded before they are added, as in the portable code.
func addMoments(s isa) {
	function("moments"+s.name, "x *float64, q *float64, r float64, row *float32, n uintptr", "adds n first and second moments, a multiple of 16, in float64.")
	x, q := load("x"), load("q")
	r := s.vec()
	if a, err := Param("r").Resolve(); err == nil {
		VBROADCASTSD(a.Addr, r)
	} else {
		panic(err)
	}
	eachPart(s, load("row"), load("n"), func(v reg.VecVirtual, at reg.Register) {
		rv, t := s.vec(), s.vec()
		VMULPD(v, r, rv)
		mx, mq := Mem{Base: x, Index: at, Scale: 1}, Mem{Base: q, Index: at, Scale: 1}
		VADDPD(mx, rv, t)
		VMOVUPD(t, mx)
		VMULPD(v, rv, rv)
		VADDPD(mq, rv, rv)
		VMOVUPD(rv, mq)
	})
}
