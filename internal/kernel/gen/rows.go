package main

import (
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
	isa{}.function("prefetchLines", nil, "x lines#", "asks for cache lines of 64 bytes.")
	x, lines := load("x"), load("lines")
	Label("line")
	PREFETCHT0(at(x))
	add(Imm(64), x)
	again("line", lines)
	RET()
}

// parts is the number of registers that hold 16 lanes.
func (s isa) parts() int { return 16 / s.width }

// sixteen is the sum of 16 lanes, of one register or two, in the order of Distance2: halves onto halves.
func sixteen(s isa, acc []vec) vec {
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
	s.function("distances", tile{nr, kt}, "dst ldd# x ldx# c ldc# idx:*int32 n#",
		"finds the squared distances of %d rows of n values, a multiple of 16, "+
			"from %d of the rows of c; strides and n in bytes.", nr, kt)
	row, center := make([]reg.Register, nr), make([]reg.Register, kt)
	row[0] = load("x")
	for i := 1; i < nr; i++ {
		row[i] = moved(row[i-1])
		add(load("ldx"), row[i])
	}
	c, ldc, idx := load("c"), load("ldc"), load("idx")
	for k := range center {
		center[k] = index(at(idx).Offset(4 * k))
		IMULQ(ldc, center[k])
		ADDQ(c, center[k])
	}
	acc := make([][]vec, nr*kt)
	for i := range acc {
		acc[i] = several(s.parts(), s.zero)
	}
	n, i := load("n"), cleared()
	Label("part")
	for p := range s.parts() {
		here := func(base reg.Register) Mem { return s.next(at(base).Idx(i, 1), p) }
		x := make([]vec, nr)
		for r := range x {
			x[r] = s.read(here(row[r]))
		}
		for k := range kt {
			for r := range nr {
				diff := s.vec()
				VSUBPS(here(center[k]), x[r], diff)
				VFMADD231PS(diff, diff, acc[r*kt+k][p])
			}
		}
	}
	add(Imm(64), i)
	below("part", i, n)
	dst, ldd := load("dst"), load("ldd")
	for i := range acc {
		if i > 0 && i%kt == 0 {
			add(ldd, dst)
		}
		VMOVSS(sixteen(s, acc[i]), at(dst).Offset(4*(i%kt)))
	}
	done()
}

// scoreRow: from − Σ (x·S + M)² over pairs of chunks of 16 dimensions; after every 4 pairs it looks whether the rest
// matters.
func scoreRow(s isa) {
	s.function("scoreRow", nil, "x off:*int32 s m pairs# from:float32 limit:float32 out",
		"subtracts the squares of pairs of 16 dimensions, until it falls below limit.")
	x, off, S, M, pairs := load("x"), load("off"), load("s"), load("m"), load("pairs")
	from, limit := Load(Param("from"), XMM()), Load(Param("limit"), XMM())
	acc := [][]vec{several(s.parts(), s.zero), several(s.parts(), s.zero)}
	left, score := GP64(), XMM()
	Label("look")
	MOVQ(U32(4), left)
	CMPQ(pairs, left)
	CMOVQLT(pairs, left)
	SUBQ(left, pairs)
	Label("pair")
	for h := range acc {
		o := index(at(off).Offset(4 * h))
		for p := range s.parts() {
			here := func(base reg.Register) Mem { return s.next(at(base).Offset(64*h), p) }
			t, v := s.read(here(M)), s.read(here(S))
			VFMADD231PS(s.next(at(x).Idx(o, 4), p), v, t)
			VFMADD231PS(t, t, acc[h][p])
		}
	}
	add(Imm(8), off)
	add(U32(128), S, M)
	again("pair", left)
	both := several(s.parts(), s.vec)
	for p := range both {
		VADDPS(acc[1][p], acc[0][p], both[p])
	}
	VSUBSS(sixteen(s, both), from, score)
	VUCOMISS(score, limit)
	JA(LabelRef("done")) // limit > score; not for a NaN
	TESTQ(pairs, pairs)
	JNZ(LabelRef("look"))
	Label("done")
	VMOVSS(score, at(load("out")))
	done()
}

// withinMask: a bit of 16 for every lane, set unless a − b > c.
func withinMask(s isa) {
	s.function("within", nil, "mask:*uint16 a b c:float32 n#", "compares n values, a multiple of 16.")
	mask, a, b, n := load("mask"), load("a"), load("b"), load("n")
	c := s.broadcast(argument("c"))
	Label("lanes")
	for p := range s.parts() {
		v := s.read(s.next(at(a), p))
		VSUBPS(s.next(at(b), p), v, v)
		if s.wide() {
			k, bits := K(), GP32()
			VCMPPS(Imm(0x1a), c, v, k) // not v > c, also for a NaN
			KMOVW(k, bits)
			MOVW(bits.As16(), at(mask))
			continue
		}
		bits := GP32()
		VCMPPS(Imm(0x1a), c, v, v)
		VMOVMSKPS(v, bits)
		MOVB(bits.As8(), at(mask).Offset(p))
	}
	add(Imm(2), mask)
	add(Imm(64), a, b)
	againBy(Imm(16), "lanes", n)
	done()
}

// laneSums emits a loop over n values, a multiple of 16, and stores the 16 sums to which body adds.
func laneSums(s isa, body func(here func(reg.Register) Mem, acc vec)) {
	n, i := load("n"), cleared()
	acc := several(s.parts(), s.zero)
	Label("part")
	for p := range acc {
		body(func(base reg.Register) Mem { return s.next(at(base).Idx(i, 1), p) }, acc[p])
	}
	add(Imm(64), i)
	againBy(Imm(16), "part", n)
	s.writes(acc, at(load("sums")))
	done()
}

// dotLanes: Σ a·b of every 16th value, for each of 16 lanes.
func dotLanes(s isa) {
	s.function("dot", nil, "sums a b n#", "sums the products of n values, a multiple of 16, in 16 lanes.")
	a, b := load("a"), load("b")
	laneSums(s, func(here func(reg.Register) Mem, acc vec) { VFMADD231PS(here(b), s.read(here(a)), acc) })
}

// scaleDotLanes: w ·= s, then as dotLanes of w and b.
func scaleDotLanes(s isa) {
	s.function("scaleDot", nil, "sums w s b n#",
		"multiplies n values, a multiple of 16, by s and sums their products with b in 16 lanes.")
	w, scale, b := load("w"), load("s"), load("b")
	laneSums(s, func(here func(reg.Register) Mem, acc vec) {
		v := s.read(here(w))
		VMULPS(here(scale), v, v)
		VMOVUPS(v, here(w))
		VFMADD231PS(here(b), v, acc)
	})
}

// peakLoop: 24·16 fused multiply-adds a round that depend on each other as little as the
// latency of the instruction asks for: 12 sums at least are under way at any time.
func peakLoop(s isa) {
	s.function("fma", nil, "n#", "does n rounds of 24·16 fused multiply-adds.")
	n := load("n")
	sums := 24 / s.parts()
	acc := several(sums, s.zero)
	x := s.zero()
	Label("round")
	for done := 0; done < 24*16; done += sums * s.width {
		for i := range acc {
			VFMADD231PS(x, x, acc[i])
		}
	}
	again("round", n)
	done()
}
