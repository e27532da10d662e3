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
	constant := func(i int) reg.VecVirtual {
		v := s.vec()
		VBROADCASTSS(Mem{Base: c, Disp: 4 * i}, v)
		return v
	}
	S, stepMu, stepS, low, high := constant(0), constant(1), constant(2), constant(3), constant(4)
	half := s.constant(math.Float32bits(float32(math.Sqrt2 / 2)))
	fraction, exponentOfOne := s.constant(1<<23-1), s.constant(127<<23)
	bad := s.zero()
	parts := 64 / s.bytes()
	mantissa, exponent := make([]reg.VecVirtual, parts), make([]reg.VecVirtual, parts)
	for _, out := range []struct {
		v   []reg.VecVirtual
		arg string
	}{{mantissa, "m"}, {exponent, "e"}} {
		base := load(out.arg)
		for part := range parts {
			out.v[part] = s.vec()
			VMOVUPS(Mem{Base: base, Disp: s.bytes() * part}, out.v[part])
		}
	}
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
			VMAXPS(r, low, r) // of two, the last in Intel's order if one is NaN: r
			VMINPS(r, high, r)
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
		VPADDD(t, exponent[part], exponent[part])
		VANDPS(fraction, p, p)
		VORPS(exponentOfOne, p, p)
		VMULPS(p, mantissa[part], mantissa[part])
	}
	ADDQ(U32(256), at)
	SUBQ(U32(64), n)
	JNZ(LabelRef("block"))
	m, e := load("m"), load("e")
	for part := range parts {
		VMOVUPS(mantissa[part], Mem{Base: m, Disp: s.bytes() * part})
		VMOVUPS(exponent[part], Mem{Base: e, Disp: s.bytes() * part})
	}
	out := load("bad")
	VMOVUPS(bad, Mem{Base: out})
	VZEROUPPER()
	RET()
}
