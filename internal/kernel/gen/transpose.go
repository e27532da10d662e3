package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposed returns the columns of the width×width matrix whose rows are in.
func transposed(s isa, in []vec) []vec {
	n := len(in)
	u := make([]vec, n) // u[g+j], 128-bit lane q: column 4q+j of rows g…g+3
	for g := 0; g < n; g += 4 {
		t := several(4, s.vec)
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
	out := make([]vec, n)
	for j := range 4 {
		if !s.wide() {
			out[j], out[4+j] = s.vec(), s.vec()
			VPERM2F128(Imm(0x20), u[4+j], u[j], out[j])
			VPERM2F128(Imm(0x31), u[4+j], u[j], out[4+j])
			continue
		}
		even, odd := several(2, s.vec), several(2, s.vec)
		for h := range 2 {
			a, b := u[8*h+j], u[8*h+4+j]
			VSHUFF32X4(Imm(0x88), b, a, even[h])
			VSHUFF32X4(Imm(0xdd), b, a, odd[h])
		}
		for q, pair := range [][]vec{even, odd} {
			out[4*q+j], out[8+4*q+j] = s.vec(), s.vec()
			VSHUFF32X4(Imm(0x88), pair[1], pair[0], out[4*q+j])
			VSHUFF32X4(Imm(0xdd), pair[1], pair[0], out[8+4*q+j])
		}
	}
	return out
}

// writeRows stores vectors as rows a stride apart, from p on.
func writeRows(v []vec, p, stride reg.Register) {
	for i := range v {
		VMOVUPS(v[i], at(p))
		add(stride, p)
	}
}

// patch loads a vector of items for each of width dimensions, at their offsets.
func (s isa) patch(x, off reg.Register) []vec {
	in := make([]vec, s.width)
	for i := range in {
		in[i] = s.read(at(x).Idx(index(at(off).Offset(4*i)), 4))
	}
	return in
}

func transposeTile(s isa) {
	s.function("transpose", nil, "dst ldd# src lds#",
		"transposes one square tile of a register's width; strides in bytes.")
	src, lds := load("src"), load("lds")
	in := make([]vec, s.width)
	for i := range in {
		in[i] = s.read(at(src))
		add(lds, src)
	}
	dst, ldd := load("dst"), load("ldd")
	writeRows(transposed(s, in), dst, ldd)
	done()
}

// accumulateTile adds width items to their segments, width dimensions at a
// time: the tile is transposed in registers so that both sums are contiguous.
func accumulateTile(s isa) {
	s.function("accumulate", nil, "X Q ld# x off:*int32 seg:*int32 d#",
		"adds a register's width of items to their segments; ld in bytes, d a multiple of 16.")
	X, Q, ld, x, off, seg, d := load("X"), load("Q"), load("ld"), load("x"), load("off"), load("seg"), load("d")
	Label("dimensions")
	for i, v := range transposed(s, s.patch(x, off)) {
		row, sum := index(at(seg).Offset(4*i)), s.vec()
		IMULQ(ld, row)
		toX, toQ := at(X).Idx(row, 1), at(Q).Idx(row, 1)
		VADDPS(toX, v, sum)
		VMOVUPS(sum, toX)
		VMOVUPS(toQ, sum)
		VFMADD231PS(v, v, sum)
		VMOVUPS(sum, toQ)
	}
	add(U32(s.bytes()), off, X, Q)
	againBy(U32(s.width), "dimensions", d)
	done()
}

// gatherTile writes width items as rows of d dimensions, transposed in registers.
func gatherTile(s isa) {
	s.function("gather", nil, "dst ld# x off:*int32 d#",
		"writes a register's width of items as rows; ld in bytes, d a multiple of 16.")
	dst, ld, x, off, d := load("dst"), load("ld"), load("x"), load("off"), load("d")
	Label("dimensions")
	in := s.patch(x, off)
	row := moved(dst)
	writeRows(transposed(s, in), row, ld)
	add(U32(s.bytes()), off, dst)
	againBy(U32(s.width), "dimensions", d)
	done()
}

// pixelTile: a square tile of bytes, one image a row, becomes lanes of float32 divided by 255. The quotient
// is corrected once, which rounds it correctly for every byte: a tenth of the time of a division.
func pixelTile(s isa) {
	s.function("pixels", nil, "dst ldd# src:*byte off:*int",
		"writes a square tile of pixels/255, transposed; ldd in bytes.")
	dst, ldd, src, off := load("dst"), load("ldd"), load("src"), load("off")
	whole, inverse := s.float(255), s.float(1.0/255)
	in := make([]vec, s.width)
	for i := range in {
		p, v, rest := moved(at(off).Offset(8*i)), s.vec(), s.vec()
		in[i] = s.vec()
		VPMOVZXBD(at(src).Idx(p, 1), v)
		VCVTDQ2PS(v, rest)
		VMULPS(inverse, rest, in[i])
		VFNMADD231PS(whole, in[i], rest) // v − 255q
		VFMADD231PS(inverse, rest, in[i])
	}
	writeRows(transposed(s, in), dst, ldd)
	done()
}
