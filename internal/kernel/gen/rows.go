package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowKernels are loops over rows as they lie in a data matrix, 16 dimensions side by side.
func rowKernels(s isa) {
	for kt := 1; kt <= 6; kt++ {
		distanceTile(s, 1, kt)
		if s.wide() {
			distanceTile(s, 4, kt)
		}
	}
	scoreRow(s)
	withinMask(s)
	addMoments(s)
}

// prefetchRow: asks for the cache lines of a row.
func prefetchRow() {
	function("prefetchLines", "x *float32, lines uintptr", "asks for cache lines of 64 bytes.")
	x, lines := load("x"), load("lines")
	Label("line")
	PREFETCHT0(Mem{Base: x})
	ADDQ(Imm(64), x)
	DECQ(lines)
	JNZ(LabelRef("line"))
	RET()
}

// sixteen is the sum of 16 lanes, of one register or two, in the order of Distance2: halves onto halves.
func sixteen(s isa, acc []reg.VecVirtual) reg.VecVirtual {
	y, x := YMM(), XMM()
	if s.wide() {
		VEXTRACTF64X4(Imm(1), acc[0], y)
		VADDPS(y, acc[0].AsY(), y)
		VEXTRACTF32X4(Imm(1), y, x)
	} else {
		VADDPS(acc[1], acc[0], y)
		VEXTRACTF128(Imm(1), y, x)
	}
	VADDPS(x, y.AsX(), x)
	t := XMM()
	VMOVHLPS(x, x, t)
	VADDPS(t, x, x)
	VMOVSHDUP(x, t)
	VADDSS(t, x, x)
	return x
}

// distanceTile: the squared distances of nr rows from kt centres, each summed in 16 lanes.
func distanceTile(s isa, nr, kt int) {
	function(fmt.Sprintf("distances%s_%dx%d", s.name, nr, kt), "dst *float32, ldd uintptr, x *float32, ldx uintptr, c *float32, ldc uintptr, idx *int32, n uintptr",
		fmt.Sprintf("finds the squared distances of %d rows of n values, a multiple of 16, from %d of the rows of c; strides and n in bytes.", nr, kt))
	row, center := make([]reg.GPVirtual, nr), make([]reg.GPVirtual, kt)
	for i := range row {
		row[i] = GP64()
		if i == 0 {
			Load(Param("x"), row[0])
			continue
		}
		MOVQ(row[i-1], row[i])
		ADDQ(load("ldx"), row[i])
	}
	c, ldc, idx := load("c"), load("ldc"), load("idx")
	for k := range center {
		center[k] = GP64()
		MOVLQSX(Mem{Base: idx, Disp: 4 * k}, center[k])
		IMULQ(ldc, center[k])
		ADDQ(c, center[k])
	}
	parts := 16 / s.width
	acc := make([][]reg.VecVirtual, nr*kt)
	for i := range acc {
		for range parts {
			acc[i] = append(acc[i], s.zero())
		}
	}
	n, at := load("n"), GP64()
	XORQ(at, at)
	Label("part")
	for p := range parts {
		x := make([]reg.VecVirtual, nr)
		for i := range x {
			x[i] = s.vec()
			VMOVUPS(Mem{Base: row[i], Index: at, Scale: 1, Disp: p * s.bytes()}, x[i])
		}
		for k := range kt {
			m := Mem{Base: center[k], Index: at, Scale: 1, Disp: p * s.bytes()}
			for i := range nr {
				diff := s.vec()
				VSUBPS(m, x[i], diff)
				VFMADD231PS(diff, diff, acc[i*kt+k][p])
			}
		}
	}
	ADDQ(Imm(64), at)
	CMPQ(at, n)
	JLT(LabelRef("part"))
	dst, ldd := load("dst"), load("ldd")
	for i := range nr {
		for k := range kt {
			VMOVSS(sixteen(s, acc[i*kt+k]), Mem{Base: dst, Disp: 4 * k})
		}
		if i < nr-1 {
			ADDQ(ldd, dst)
		}
	}
	VZEROUPPER()
	RET()
}

// scoreRow: from − Σ (x·S + M)² over pairs of chunks of 16 dimensions; after every 4 pairs it looks whether the rest matters.
func scoreRow(s isa) {
	function("scoreRow"+s.name, "x *float32, off *int32, s *float32, m *float32, pairs uintptr, from float32, limit float32, out *float32",
		"subtracts the squares of pairs of 16 dimensions, until it falls below limit.")
	x, off, S, M, pairs := load("x"), load("off"), load("s"), load("m"), load("pairs")
	from, limit := Load(Param("from"), XMM()), Load(Param("limit"), XMM())
	parts := 16 / s.width
	acc := [2][]reg.VecVirtual{}
	for h := range acc {
		for range parts {
			acc[h] = append(acc[h], s.zero())
		}
	}
	left, score := GP64(), XMM()
	Label("look")
	MOVQ(U32(4), left)
	CMPQ(pairs, left)
	CMOVQLT(pairs, left)
	SUBQ(left, pairs)
	Label("pair")
	for h := range acc {
		o := GP64()
		MOVLQSX(Mem{Base: off, Disp: 4 * h}, o)
		for p := range parts {
			disp := 64*h + p*s.bytes()
			t, v := s.vec(), s.vec()
			VMOVUPS(Mem{Base: M, Disp: disp}, t)
			VMOVUPS(Mem{Base: S, Disp: disp}, v)
			VFMADD231PS(Mem{Base: x, Index: o, Scale: 4, Disp: p * s.bytes()}, v, t)
			VFMADD231PS(t, t, acc[h][p])
		}
	}
	ADDQ(Imm(8), off)
	ADDQ(U32(128), S)
	ADDQ(U32(128), M)
	DECQ(left)
	JNZ(LabelRef("pair"))
	both := make([]reg.VecVirtual, parts)
	for p := range both {
		both[p] = s.vec()
		VADDPS(acc[1][p], acc[0][p], both[p])
	}
	VSUBSS(sixteen(s, both), from, score)
	VUCOMISS(score, limit)
	JA(LabelRef("done")) // limit > score; not for a NaN
	TESTQ(pairs, pairs)
	JNZ(LabelRef("look"))
	Label("done")
	out := load("out")
	VMOVSS(score, Mem{Base: out})
	VZEROUPPER()
	RET()
}

// withinMask: a bit of 16 for every lane, set unless a − b > c.
func withinMask(s isa) {
	function("within"+s.name, "mask *uint16, a *float32, b *float32, c float32, n uintptr", "compares n values, a multiple of 16.")
	mask, a, b, n := load("mask"), load("a"), load("b"), load("n")
	c := s.vec()
	addr, err := Param("c").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(addr.Addr, c)
	Label("lanes")
	for p := range 16 / s.width {
		v := s.vec()
		VMOVUPS(Mem{Base: a, Disp: p * s.bytes()}, v)
		VSUBPS(Mem{Base: b, Disp: p * s.bytes()}, v, v)
		if s.wide() {
			k, bits := K(), GP32()
			VCMPPS(Imm(0x1a), c, v, k) // not v > c, also for a NaN
			KMOVW(k, bits)
			MOVW(bits.As16(), Mem{Base: mask})
			continue
		}
		bits := GP32()
		VCMPPS(Imm(0x1a), c, v, v)
		VMOVMSKPS(v, bits)
		MOVB(bits.As8(), Mem{Base: mask, Disp: p})
	}
	ADDQ(Imm(2), mask)
	ADDQ(Imm(64), a)
	ADDQ(Imm(64), b)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("lanes"))
	VZEROUPPER()
	RET()
}
