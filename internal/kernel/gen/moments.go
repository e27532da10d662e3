package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sumRow: sum = sum ± row in float64, by op(row, sum, result).
func sumRow(s isa, name, verb string, op func(...Op)) {
	function(name+s.name, "sum *float64, row *float32, n uintptr", verb+" n values, a multiple of 16, in float64.")
	sum, row, n, at := load("sum"), load("row"), load("n"), GP64()
	XORQ(at, at)
	Label("part")
	v, total := s.vec(), s.vec()
	m := Mem{Base: sum, Index: at, Scale: 1}
	VCVTPS2PD(Mem{Base: row}, v)
	VMOVUPD(m, total)
	op(v, total, total)
	VMOVUPD(total, m)
	ADDQ(U32(uint32(s.bytes()/2)), row)
	ADDQ(U32(uint32(s.bytes())), at)
	SUBQ(U32(uint32(s.width/2)), n)
	JNZ(LabelRef("part"))
	VZEROUPPER()
	RET()
}

// addMoments adds rows to first and second moments, tiles of some columns at a time so that the sums stay in registers from row to row.
func addMoments(s isa) {
	if s.wide() {
		momentsTile(s, 8)
	}
	momentsTile(s, 32/s.width)
}

// momentsTile: x += r·row, q += r·row² for nv registers of columns at a time, products rounded before they are added, as in the portable code.
func momentsTile(s isa, nv int) {
	columns := nv * s.width / 2
	function(fmt.Sprintf("moments%s_%d", s.name, nv), "x *float64, q *float64, r *float64, rows *float32, off *int32, count uintptr, n uintptr",
		fmt.Sprintf("adds first and second moments of count rows of n values, a multiple of %d, in float64.", columns))
	x, q, r, rows, off, count, n := load("x"), load("q"), load("r"), load("rows"), load("off"), load("count"), load("n")
	sx, sq := make([]reg.VecVirtual, nv), make([]reg.VecVirtual, nv)
	Label("columns")
	for v := range nv {
		sx[v], sq[v] = s.vec(), s.vec()
		VMOVUPD(Mem{Base: x, Disp: v * s.bytes()}, sx[v])
		VMOVUPD(Mem{Base: q, Disp: v * s.bytes()}, sq[v])
	}
	i := GP64()
	XORQ(i, i)
	Label("row")
	o, weight := GP64(), s.vec()
	MOVLQSX(Mem{Base: off, Index: i, Scale: 4}, o)
	VBROADCASTSD(Mem{Base: r, Index: i, Scale: 8}, weight)
	for v := range nv {
		value, rv := s.vec(), s.vec()
		VCVTPS2PD(Mem{Base: rows, Index: o, Scale: 4, Disp: v * s.bytes() / 2}, value)
		VMULPD(value, weight, rv)
		VADDPD(rv, sx[v], sx[v])
		VMULPD(value, rv, rv)
		VADDPD(rv, sq[v], sq[v])
	}
	INCQ(i)
	CMPQ(i, count)
	JLT(LabelRef("row"))
	for v := range nv {
		VMOVUPD(sx[v], Mem{Base: x, Disp: v * s.bytes()})
		VMOVUPD(sq[v], Mem{Base: q, Disp: v * s.bytes()})
	}
	ADDQ(U32(uint32(nv*s.bytes())), x)
	ADDQ(U32(uint32(nv*s.bytes())), q)
	ADDQ(U32(uint32(nv*s.bytes()/2)), rows)
	SUBQ(U32(uint32(columns)), n)
	JNZ(LabelRef("columns"))
	VZEROUPPER()
	RET()
}
