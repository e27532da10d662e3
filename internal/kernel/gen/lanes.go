package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// eachVector emits a loop over the vectors of a row of n items (n in bytes,
// counted down) with the moving offset i in bytes.
func eachVector(s isa, n reg.Register, body func(i reg.Register)) {
	i := GP64()
	XORQ(i, i)
	Label("vector")
	body(i)
	ADDQ(U32(uint32(s.bytes())), i)
	CMPQ(i, n)
	JLT(LabelRef("vector"))
}

// bestLanes: row maximum and first arg max of nv vectors of items. A NaN never compares greater.
func bestLanes(s isa, nv int) {
	function(fmt.Sprintf("best%s_%d", s.name, nv), "best *float32, arg *int32, l *float32, rows uintptr, n uintptr",
		fmt.Sprintf("finds maxima over rows of %d items; n is the length of a row in bytes.", nv*s.width))
	l, K, n := load("l"), load("rows"), load("n")
	one := s.constant(1)
	low := s.constant(math.Float32bits(float32(math.Inf(-1))))
	b, a := make([]reg.VecVirtual, nv), make([]reg.VecVirtual, nv)
	k := s.zero()
	for v := range nv {
		b[v], a[v] = s.vec(), s.zero()
		VMOVAPS(low, b[v])
	}
	Label("row")
	for v := range nv {
		x := s.vec()
		VMOVUPS(Mem{Base: l, Disp: v * s.bytes()}, x)
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
	ADDQ(n, l)
	DECQ(K)
	JNZ(LabelRef("row"))
	best, arg := load("best"), load("arg")
	for v := range nv {
		VMOVUPS(b[v], Mem{Base: best, Disp: v * s.bytes()})
		VMOVUPS(a[v], Mem{Base: arg, Disp: v * s.bytes()})
	}
	VZEROUPPER()
	RET()
}

// K1234 are mask registers for vectors side by side.
var K1234 = [4]reg.Register{reg.K1, reg.K2, reg.K3, reg.K4}

// topLanes: row maximum of nv vectors of items. A NaN never counts.
func topLanes(s isa, nv int) {
	function(fmt.Sprintf("top%s_%d", s.name, nv), "best *float32, l *float32, rows uintptr, n uintptr",
		fmt.Sprintf("finds maxima over rows of %d items; n is the length of a row in bytes.", nv*s.width))
	l, K, n := load("l"), load("rows"), load("n")
	low := s.constant(math.Float32bits(float32(math.Inf(-1))))
	b := make([]reg.VecVirtual, nv)
	for v := range nv {
		b[v] = s.vec()
		VMOVAPS(low, b[v])
	}
	Label("row")
	for v := range nv {
		x := s.vec()
		VMOVUPS(Mem{Base: l, Disp: v * s.bytes()}, x)
		VMAXPS(b[v], x, b[v]) // x > b ? x : b, so a NaN in x loses
	}
	ADDQ(n, l)
	DECQ(K)
	JNZ(LabelRef("row"))
	best := load("best")
	for v := range nv {
		VMOVUPS(b[v], Mem{Base: best, Disp: v * s.bytes()})
	}
	VZEROUPPER()
	RET()
}

// softmaxLanes: exp(l − best), its sum over the rows, and the quotient, for nv vectors of items side
// by side: one alone would wait for its own results. The steps of exp are those of exp32 in portable.go.
func softmaxLanes(s isa, nv int) {
	function(fmt.Sprintf("softmax%s_%d", s.name, nv), "r *float32, sum *float32, l *float32, best *float32, rows uintptr, n uintptr",
		fmt.Sprintf("normalises exp(l − best) over rows of %d items; n is the length of a row in bytes.", nv*s.width))
	r, l, K, n := load("r"), load("l"), load("rows"), load("n")
	e := newExponential(s)
	b, total := make([]reg.VecVirtual, nv), make([]reg.VecVirtual, nv)
	best := load("best")
	for v := range nv {
		b[v], total[v] = s.vec(), s.zero()
		VMOVUPS(Mem{Base: best, Disp: v * s.bytes()}, b[v])
	}
	to, k := GP64(), GP64()
	MOVQ(r, to)
	MOVQ(K, k)
	Label("exponential")
	x := make([]reg.VecVirtual, nv)
	for v := range nv {
		x[v] = s.vec()
		VMOVUPS(Mem{Base: l, Disp: v * s.bytes()}, x[v])
		VSUBPS(b[v], x[v], x[v])
	}
	for v, y := range e.of(x) {
		VADDPS(y, total[v], total[v])
		VMOVUPS(y, Mem{Base: to, Disp: v * s.bytes()})
	}
	ADDQ(n, l)
	ADDQ(n, to)
	DECQ(k)
	JNZ(LabelRef("exponential"))
	sum := load("sum")
	for v := range nv {
		VMOVUPS(total[v], Mem{Base: sum, Disp: v * s.bytes()})
		VDIVPS(total[v], e.one, total[v])
	}
	Label("quotient")
	for v := range nv {
		y := s.vec()
		VMULPS(Mem{Base: r, Disp: v * s.bytes()}, total[v], y)
		VMOVUPS(y, Mem{Base: r, Disp: v * s.bytes()})
	}
	ADDQ(n, r)
	DECQ(K)
	JNZ(LabelRef("quotient"))
	VZEROUPPER()
	RET()
}

// exponential holds the constants of exp.
type exponential struct {
	isa
	low, log2e, rnd, ln2hi, ln2lo, bias, one reg.VecVirtual
	poly                                     []reg.VecVirtual // in registers where there are 32
	mem                                      []Mem
}

func newExponential(s isa) *exponential {
	f32 := func(f float64) reg.VecVirtual { return s.constant(math.Float32bits(float32(f))) }
	e := &exponential{isa: s, low: f32(-87), log2e: f32(1.44269504088896341), rnd: f32(12582912),
		ln2hi: f32(0.693359375), ln2lo: f32(-2.12194440e-4), bias: s.constant(127), one: f32(1)}
	for _, c := range []float64{0.0082903066650033, 0.0418979749083519, 0.1666763722896576, 0.4999915063381195, 0.9999997019767761, 1} {
		if s.wide() {
			e.poly = append(e.poly, f32(c))
		} else {
			e.mem = append(e.mem, GLOBLOnce(c))
		}
	}
	return e
}

// coefficient is one of the polynomial, in a register.
func (e *exponential) coefficient(i int) reg.VecVirtual {
	if e.wide() {
		return e.poly[i]
	}
	c := e.vec()
	VBROADCASTSS(e.mem[i], c)
	return c
}

// of emits exp of every x ≤ 0, step by step side by side.
func (e *exponential) of(x []reg.VecVirtual) []reg.VecVirtual {
	scaled, f, y := make([]reg.VecVirtual, len(x)), make([]reg.VecVirtual, len(x)), make([]reg.VecVirtual, len(x))
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
	first := e.coefficient(0)
	for v := range x {
		VMOVAPS(first, y[v])
	}
	for i := 1; i < 6; i++ {
		c := e.coefficient(i)
		for v := range x {
			VFMADD213PS(c, f[v], y[v]) // y = f·y + c
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

var constants = map[float64]Mem{}

// GLOBLOnce places a float32 constant in read-only memory.
func GLOBLOnce(c float64) Mem {
	if m, ok := constants[c]; ok {
		return m
	}
	m := ConstData("exp"+string(rune('a'+len(constants))), F32(float32(c)))
	constants[c] = m
	return m
}

func maxRow(s isa) {
	function("max"+s.name, "dst *float32, src *float32, n uintptr", "raises dst to src; n in bytes.")
	dst, src, n := load("dst"), load("src"), load("n")
	eachVector(s, n, func(i reg.Register) {
		d, v := s.vec(), s.vec()
		VMOVUPS(Mem{Base: dst, Index: i, Scale: 1}, d)
		VMOVUPS(Mem{Base: src, Index: i, Scale: 1}, v)
		VMAXPS(d, v, d) // v > d ? v : d, so a NaN in v loses
		VMOVUPS(d, Mem{Base: dst, Index: i, Scale: 1})
	})
	VZEROUPPER()
	RET()
}
