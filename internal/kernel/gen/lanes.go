package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bestLanes: row maximum and first arg max of nv vectors of items. A NaN never compares greater.
func bestLanes(s isa, nv int) {
	s.function("best", tile{nv}, "best arg:*int32 l rows# n#",
		"finds maxima over rows of %d items; n is the length of a row in bytes.", nv*s.width)
	l, K, n := load("l"), load("rows"), load("n")
	one, low := s.constant(1), s.float(math.Inf(-1))
	b, a := make([]vec, nv), make([]vec, nv)
	k := s.zero()
	for v := range nv {
		b[v], a[v] = s.vec(), s.zero()
		VMOVAPS(low, b[v])
	}
	Label("row")
	for v := range nv {
		x := s.read(s.next(at(l), v))
		if s.wide() {
			greater := K1234[v]
			VCMPPS(Imm(0x1e), b[v], x, greater) // x > b, ordered, quiet
			VMOVAPS(x, greater, b[v])
			VMOVDQA32(k, greater, a[v])
		} else {
			greater := s.vec()
			VCMPPS(Imm(0x1e), b[v], x, greater)
			VBLENDVPS(greater, x, b[v], b[v])
			VBLENDVPS(greater, k, a[v], a[v])
		}
	}
	VPADDD(one, k, k)
	add(n, l)
	again("row", K)
	best, arg := load("best"), load("arg")
	for v := range nv {
		VMOVUPS(b[v], s.next(at(best), v))
		VMOVUPS(a[v], s.next(at(arg), v))
	}
	done()
}

// topLanes: row maximum of nv vectors of items. A NaN never counts.
func topLanes(s isa, nv int) {
	s.function("top", tile{nv}, "best l rows# n#",
		"finds maxima over rows of %d items; n is the length of a row in bytes.", nv*s.width)
	l, K, n := load("l"), load("rows"), load("n")
	low := s.float(math.Inf(-1))
	b := several(nv, func() vec { return s.copied(low) })
	Label("row")
	for v := range nv {
		VMAXPS(b[v], s.read(s.next(at(l), v)), b[v]) // x > b ? x : b, so a NaN in x loses
	}
	add(n, l)
	again("row", K)
	s.writes(b, at(load("best")))
	done()
}

// softmaxLanes: exp(l − best), its sum over the rows, and the quotient, for nv vectors of items side
// by side: one alone would wait for its own results. The steps of exp are those of exp32 in portable.go.
func softmaxLanes(s isa, nv int) {
	s.function("softmax", tile{nv}, "r sum l best rows# n#",
		"normalises exp(l − best) over rows of %d items; n is the length of a row in bytes.", nv*s.width)
	r, l, K, n := load("r"), load("l"), load("rows"), load("n")
	e := newExponential(s)
	b, total := make([]vec, nv), make([]vec, nv)
	best := load("best")
	for v := range nv {
		b[v], total[v] = s.vec(), s.zero()
		VMOVUPS(s.next(at(best), v), b[v])
	}
	to, k := moved(r), moved(K)
	Label("exponential")
	x := make([]vec, nv)
	for v := range nv {
		x[v] = s.read(s.next(at(l), v))
		VSUBPS(b[v], x[v], x[v])
	}
	for v, y := range e.of(x) {
		VADDPS(y, total[v], total[v])
		VMOVUPS(y, s.next(at(to), v))
	}
	add(n, l, to)
	again("exponential", k)
	sum := load("sum")
	for v := range nv {
		VMOVUPS(total[v], s.next(at(sum), v))
		VDIVPS(total[v], e.one, total[v])
	}
	s.scaleRows(r, K, n, total)
	done()
}

// scaleRows multiplies rows of items, each by its own factor.
func (s isa) scaleRows(row, count, n reg.Register, by []vec) {
	Label("quotient")
	for v := range by {
		y, m := s.vec(), s.next(at(row), v)
		VMULPS(m, by[v], y)
		VMOVUPS(y, m)
	}
	add(n, row)
	again("quotient", count)
}

// exponential holds the constants of exp.
type exponential struct {
	isa
	low, log2e, rnd, ln2hi, ln2lo, bias, one vec
	poly                                     []func() vec
}

func newExponential(s isa) *exponential {
	e := &exponential{isa: s, low: s.float(-40), log2e: s.float(1.44269504088896341), rnd: s.float(12582912),
		ln2hi: s.float(0.693359375), ln2lo: s.float(-2.12194440e-4), bias: s.constant(127), one: s.float(1)}
	for i, c := range []float64{
		0.0082903066650033, 0.0418979749083519, 0.1666763722896576, 0.4999915063381195, 0.9999997019767761, 1} {
		e.poly = append(e.poly, s.heldConstant("exp"+string(rune('a'+i)), F32(c)))
	}
	return e
}

// of emits exp of every x ≤ 0, step by step side by side.
func (e *exponential) of(x []vec) []vec {
	scaled, f, y := make([]vec, len(x)), make([]vec, len(x)), make([]vec, len(x))
	for v := range x {
		scaled[v], f[v], y[v] = e.vec(), e.vec(), e.vec()
		VMOVAPS(e.rnd, scaled[v])
		VFMADD231PS(x[v], e.log2e, scaled[v])
	}
	for v := range x {
		VSUBPS(e.rnd, scaled[v], y[v]) // the integer
		VMOVAPS(x[v], f[v])
		VFNMADD231PS(y[v], e.ln2hi, f[v])
		VFNMADD231PS(y[v], e.ln2lo, f[v])
	}
	for i, coefficient := range e.poly {
		c := coefficient()
		for v := range x {
			if i == 0 {
				VMOVAPS(c, y[v])
			} else {
				VFMADD213PS(c, f[v], y[v]) // y = f·y + c
			}
		}
	}
	for v := range x {
		VPADDD(e.bias, scaled[v], scaled[v])
		VPSLLD(Imm(23), scaled[v], scaled[v])
		VMULPS(scaled[v], y[v], y[v])
		if e.wide() {
			VCMPPS(Imm(0x15), e.low, x[v], K1234[v]) // not x < low: NaN stays
			VMOVAPS_Z(y[v], K1234[v], y[v])
		} else {
			under := e.vec()
			VCMPPS(Imm(0x11), e.low, x[v], under) // x < low
			VANDNPS(y[v], under, y[v])
		}
	}
	return y
}

func maxRow(s isa) {
	s.function("max", nil, "dst src n#", "raises dst to src; n in bytes.")
	dst, src, n := load("dst"), load("src"), load("n")
	eachVector(s, n, func(here func(reg.Register) Mem) {
		d, v := s.read(here(dst)), s.read(here(src))
		VMAXPS(d, v, d) // v > d ? v : d, so a NaN in v loses
		VMOVUPS(d, here(dst))
	})
	done()
}
