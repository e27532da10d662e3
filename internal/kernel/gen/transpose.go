package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposed returns the columns of the width×width matrix whose rows are in.
func transposed(s isa, in []reg.VecVirtual) []reg.VecVirtual {
	n := len(in)
	u := make([]reg.VecVirtual, n) // u[g+j], 128-bit lane q: column 4q+j of rows g…g+3
	for g := 0; g < n; g += 4 {
		var t [4]reg.VecVirtual
		for j := range t {
			t[j] = s.vec()
		}
		for j := 0; j < 4; j += 2 {
			VUNPCKLPS(in[g+j+1], in[g+j], t[j])
			VUNPCKHPS(in[g+j+1], in[g+j], t[j+1])
		}
		for j := 0; j < 4; j += 2 {
			u[g+j], u[g+j+1] = s.vec(), s.vec()
			VUNPCKLPD(t[2+j/2], t[j/2], u[g+j])
			VUNPCKHPD(t[2+j/2], t[j/2], u[g+j+1])
		}
	}
	out := make([]reg.VecVirtual, n)
	for j := range 4 {
		if !s.wide() {
			out[j], out[4+j] = s.vec(), s.vec()
			VPERM2F128(Imm(0x20), u[4+j], u[j], out[j])
			VPERM2F128(Imm(0x31), u[4+j], u[j], out[4+j])
			continue
		}
		even, odd := [2]reg.VecVirtual{s.vec(), s.vec()}, [2]reg.VecVirtual{s.vec(), s.vec()}
		for h := range 2 {
			a, b := u[8*h+j], u[8*h+4+j]
			VSHUFF32X4(Imm(0x88), b, a, even[h])
			VSHUFF32X4(Imm(0xdd), b, a, odd[h])
		}
		for q, pair := range [][2]reg.VecVirtual{even, odd} {
			out[4*q+j], out[8+4*q+j] = s.vec(), s.vec()
			VSHUFF32X4(Imm(0x88), pair[1], pair[0], out[4*q+j])
			VSHUFF32X4(Imm(0xdd), pair[1], pair[0], out[8+4*q+j])
		}
	}
	return out
}

func transposeTile(s isa) {
	function("transpose"+s.name, "dst *float32, ldd uintptr, src *float32, lds uintptr",
		"transposes one square tile of a register's width; strides in bytes.")
	src, lds := load("src"), load("lds")
	in := make([]reg.VecVirtual, s.width)
	for i := range in {
		in[i] = s.vec()
		VMOVUPS(Mem{Base: src}, in[i])
		ADDQ(lds, src)
	}
	dst, ldd := load("dst"), load("ldd")
	for _, v := range transposed(s, in) {
		VMOVUPS(v, Mem{Base: dst})
		ADDQ(ldd, dst)
	}
	VZEROUPPER()
	RET()
}

// accumulateTile adds width items to their segments, width dimensions at a
// time: the tile is transposed in registers so that both sums are contiguous.
func accumulateTile(s isa) {
	function("accumulate"+s.name, "X *float32, Q *float32, ld uintptr, x *float32, off *int32, seg *int32, d uintptr",
		"adds a register's width of items to their segments; ld in bytes, d a multiple of 16.")
	X, Q, ld, x, off, seg := load("X"), load("Q"), load("ld"), load("x"), load("off"), load("seg")
	d := load("d")
	Label("dimensions")
	in := make([]reg.VecVirtual, s.width)
	for i := range in {
		o := GP64()
		MOVLQSX(Mem{Base: off, Disp: 4 * i}, o)
		in[i] = s.vec()
		VMOVUPS(Mem{Base: x, Index: o, Scale: 4}, in[i])
	}
	for i, v := range transposed(s, in) {
		row, sum := GP64(), s.vec()
		MOVLQSX(Mem{Base: seg, Disp: 4 * i}, row)
		IMULQ(ld, row)
		VADDPS(Mem{Base: X, Index: row, Scale: 1}, v, sum)
		VMOVUPS(sum, Mem{Base: X, Index: row, Scale: 1})
		VMOVUPS(Mem{Base: Q, Index: row, Scale: 1}, sum)
		VFMADD231PS(v, v, sum)
		VMOVUPS(sum, Mem{Base: Q, Index: row, Scale: 1})
	}
	ADDQ(U32(uint32(4*s.width)), off)
	ADDQ(U32(uint32(4*s.width)), X)
	ADDQ(U32(uint32(4*s.width)), Q)
	SUBQ(U32(uint32(s.width)), d)
	JNZ(LabelRef("dimensions"))
	VZEROUPPER()
	RET()
}
