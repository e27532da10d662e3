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
	function("ascend"+s.name, "mu *float32, s *float32, x *float32, q *float32, fs *float32, fm *float32, consts *float32, m *float32, e *int32, bad *float32, n uintptr",
		"updates n dimensions, a multiple of 64, of one component.")
	mu, sp, x, q, fs, fm := load("mu"), load("s"), load("x"), load("q"), load("fs"), load("fm")
	n := load("n")
	c := load("consts")
	constant := func(i int) func() reg.VecVirtual { return s.held(Mem{Base: c, Disp: 4 * i}) }
	S, stepMu, stepS, low, high := constant(0)(), constant(1)(), constant(2)(), constant(3), constant(4)
	half := s.constant(math.Float32bits(float32(math.Sqrt2 / 2)))
	fraction, exponentOfOne := s.heldConstant("fraction", 1<<23-1), s.heldConstant("one", 127<<23)
	bad := s.zero()
	parts := 64 / s.bytes()
	mantissa, exponent := s.sums("m", parts), s.sums("e", parts)
	at := GP64() // byte offset of the block
	XORQ(at, at)
	Label("block")
	for part := range parts {
		p := s.vec()
		for v := 0; v < 4; v++ {
			off := func(base reg.Register) Mem {
				return Mem{Base: base, Index: at, Scale: 1, Disp: 64*v + s.bytes()*part}
			}
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
		exponent.update(part, func(e reg.VecVirtual) { VPADDD(t, e, e) })
		VANDPS(fraction(), p, p)
		VORPS(exponentOfOne(), p, p)
		mantissa.update(part, func(m reg.VecVirtual) { VMULPS(p, m, m) })
	}
	ADDQ(U32(256), at)
	SUBQ(U32(64), n)
	JNZ(LabelRef("block"))
	mantissa.store()
	exponent.store()
	out := load("bad")
	VMOVUPS(bad, Mem{Base: out})
	VZEROUPPER()
	RET()
}

// held returns what gives a register with a float32 of memory in all its lanes: always the same one where there are 32,
// else a fresh one for every use, since 16 do not hold everything.
func (s isa) held(m Mem) func() reg.VecVirtual {
	broadcast := func() reg.VecVirtual {
		v := s.vec()
		VBROADCASTSS(m, v)
		return v
	}
	if !s.wide() {
		return broadcast
	}
	v := broadcast()
	return func() reg.VecVirtual { return v }
}

// heldConstant is held of bits that are no argument.
func (s isa) heldConstant(name string, bits uint32) func() reg.VecVirtual {
	if !s.wide() {
		return s.held(ConstData(name, U32(bits)))
	}
	v := s.constant(bits)
	return func() reg.VecVirtual { return v }
}

// accumulators are running results of one argument: in registers where there are 32, else in memory.
type accumulators struct {
	isa
	base reg.Register
	v    []reg.VecVirtual
}

// sums loads the accumulators of an argument.
func (s isa) sums(arg string, parts int) *accumulators {
	a := &accumulators{isa: s, base: load(arg)}
	for part := range parts {
		if s.wide() {
			v := s.vec()
			VMOVUPS(a.at(part), v)
			a.v = append(a.v, v)
		}
	}
	return a
}

func (a *accumulators) at(part int) Mem { return Mem{Base: a.base, Disp: a.bytes() * part} }

func (a *accumulators) update(part int, f func(reg.VecVirtual)) {
	if a.wide() {
		f(a.v[part])
		return
	}
	v := a.vec()
	VMOVUPS(a.at(part), v)
	f(v)
	VMOVUPS(v, a.at(part))
}

// store writes what is in registers.
func (a *accumulators) store() {
	for part, v := range a.v {
		VMOVUPS(v, a.at(part))
	}
}
