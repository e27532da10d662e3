package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ascendBlocks: one step of gradient ascent for whole blocks of 4·16
// dimensions. The operations are those of ascendGo in step.go, in the same order and
// without fused ones, so that all versions agree to the bit.
func ascendBlocks(s isa) {
	s.function("ascend", nil, "mu s x q fs fm consts m e:*int32 bad n#",
		"updates n dimensions, a multiple of 64, of one component.")
	mu, sp, x, q, fs, fm := load("mu"), load("s"), load("x"), load("q"), load("fs"), load("fm")
	n, c := load("n"), load("consts")
	constant := func(i int) func() vec { return s.held(at(c).Offset(4 * i)) }
	S, stepMu, stepS, low, high := constant(0)(), constant(1)(), constant(2)(), constant(3), constant(4)
	half := s.float(math.Sqrt2 / 2)
	fraction, exponentOfOne := s.heldConstant("fraction", U32(1<<23-1)), s.heldConstant("one", U32(127<<23))
	bad := s.zero()
	parts := 64 / s.bytes()
	mantissa, exponent := s.sums("m", parts), s.sums("e", parts)
	block := cleared() // its offset in bytes
	Label("block")
	for part := range parts {
		p := s.vec()
		for v := range 4 {
			off := func(p reg.Register) Mem { return s.next(at(p).Idx(block, 1).Offset(64*v), part) }
			r, m, X, t, dMu, dS := s.vec(), s.vec(), s.vec(), s.vec(), s.vec(), s.vec()
			VMOVUPS(off(sp), r)
			VMOVUPS(off(mu), m)
			VMOVUPS(off(x), X)
			VMULPS(m, S, t) // S·m
			VSUBPS(t, X, dMu)
			VMULPS(r, r, dS)
			VMULPS(dMu, dS, dMu) // r²·(X − S·m)
			VADDPS(X, X, X)
			VSUBPS(t, X, X) // 2X − S·m
			VMULPS(m, X, X)
			VMOVUPS(off(q), t)
			VSUBPS(X, t, t) // Q − m·(2X − S·m)
			VMULPS(r, t, t)
			VDIVPS(r, S, dS)
			VSUBPS(t, dS, dS)
			VMULPS(stepMu, dMu, dMu)
			VADDPS(dMu, m, m)
			VMULPS(stepS, dS, dS)
			VADDPS(dS, r, r)
			VMAXPS(r, low(), r) // of two, the last in Intel's order if one is NaN: r
			VMINPS(r, high(), r)
			VMOVUPS(m, off(mu))
			VMOVUPS(r, off(sp))
			VSUBPS(m, m, t)
			VADDPS(t, bad, bad)
			VSUBPS(r, r, t)
			VADDPS(t, bad, bad)
			if v == 0 {
				VMOVAPS(r, p)
			} else {
				VMULPS(r, p, p)
			}
			VMULPS(half, r, t)
			VMOVUPS(t, off(fs))
			VMULPS(m, t, t)
			sign := s.zero()
			VSUBPS(t, sign, t)
			VMOVUPS(t, off(fm))
		}
		t := s.vec()
		VPSRLD(Imm(23), p, t)
		exponent.update(part, func(e vec) { VPADDD(t, e, e) })
		VANDPS(fraction(), p, p)
		VORPS(exponentOfOne(), p, p)
		mantissa.update(part, func(m vec) { VMULPS(p, m, m) })
	}
	add(U32(256), block)
	againBy(U32(64), "block", n)
	s.writes(mantissa.v, at(mantissa.base))
	s.writes(exponent.v, at(exponent.base))
	VMOVUPS(bad, at(load("bad")))
	done()
}

// held returns what gives a register with a float32 of memory in all its lanes: always the same one where there are 32,
// else a fresh one for every use, since 16 do not hold everything.
func (s isa) held(m Mem) func() vec {
	if !s.wide() {
		return func() vec { return s.broadcast(m) }
	}
	v := s.broadcast(m)
	return func() vec { return v }
}

// heldConstant is held of a U32 or F32 that is no argument.
func (s isa) heldConstant(name string, c Constant) func() vec {
	if !s.wide() {
		return s.held(ConstData(name, c))
	}
	bits, ok := c.(U32)
	if !ok {
		bits = U32(math.Float32bits(float32(c.(F32))))
	}
	v := s.constant(uint32(bits))
	return func() vec { return v }
}

// accumulators are running results of one argument: in registers where there are 32, else in memory.
type accumulators struct {
	isa
	base reg.Register
	v    []vec
}

// sums loads the accumulators of an argument.
func (s isa) sums(arg string, parts int) *accumulators {
	a := &accumulators{isa: s, base: load(arg)}
	if s.wide() {
		a.v = s.reads(at(a.base), parts)
	}
	return a
}

func (a *accumulators) update(part int, f func(vec)) {
	if a.wide() {
		f(a.v[part])
		return
	}
	m := a.next(at(a.base), part)
	v := a.read(m)
	f(v)
	VMOVUPS(v, m)
}
