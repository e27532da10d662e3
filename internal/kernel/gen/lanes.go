package main

import (
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

// eachRow emits a loop over K rows: p starts at base+i and moves by stride.
func eachRow(label string, base, i, stride, K reg.Register, body func(p reg.Register)) {
	p, k := GP64(), GP64()
	LEAQ(Mem{Base: base, Index: i, Scale: 1}, p)
	MOVQ(K, k)
	Label(label)
	body(p)
	ADDQ(stride, p)
	DECQ(k)
	JNZ(LabelRef(label))
}

// bestLanes: row maximum and first arg max. A NaN never compares greater.
func bestLanes(s isa) {
	function("best"+s.name, "best *float32, arg *int32, l *float32, rows uintptr, n uintptr",
		"finds maxima over rows; n is the length of a row in bytes.")
	best, arg, l, K, n := load("best"), load("arg"), load("l"), load("rows"), load("n")
	one := s.constant(1)
	low := s.constant(math.Float32bits(float32(math.Inf(-1))))
	eachVector(s, n, func(i reg.Register) {
		b, a, k := s.vec(), s.vec(), s.zero()
		VMOVAPS(low, b)
		VMOVAPS(k, a)
		eachRow("row", l, i, n, K, func(p reg.Register) {
			v := s.vec()
			VMOVUPS(Mem{Base: p}, v)
			if s.wide() {
				greater := reg.K1
				VCMPPS(Imm(0x1e), b, v, greater) // v > b, ordered, quiet
				VMOVAPS(v, greater, b)
				VMOVDQA32(k, greater, a)
			} else {
				greater := s.vec()
				VCMPPS(Imm(0x1e), b, v, greater)
				VBLENDVPS(greater, v, b, b)
				VBLENDVPS(greater, k, a, a)
			}
			VPADDD(one, k, k)
		})
		VMOVUPS(b, Mem{Base: best, Index: i, Scale: 1})
		VMOVUPS(a, Mem{Base: arg, Index: i, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// softmaxLanes: exp(l − best), its sum over the rows, and the quotient. The
// steps of exp are those of exp32 in portable.go.
func softmaxLanes(s isa) {
	function("softmax"+s.name, "r *float32, sum *float32, l *float32, best *float32, rows uintptr, n uintptr",
		"normalises exp(l − best) over rows; n is the length of a row in bytes.")
	r, sum, l, best, K, n := load("r"), load("sum"), load("l"), load("best"), load("rows"), load("n")
	f32 := func(f float64) reg.VecVirtual { return s.constant(math.Float32bits(float32(f))) }
	low, log2e, rnd := f32(-87), f32(1.44269504088896341), f32(12582912)
	ln2hi, ln2lo := f32(0.693359375), f32(-2.12194440e-4)
	bias, one := s.constant(127), f32(1)
	poly := []float64{1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, .5}
	coefs := make([]Mem, len(poly))
	for i, c := range poly {
		coefs[i] = GLOBLOnce(c)
	}
	diff := GP64() // r and l move together
	MOVQ(l, diff)
	SUBQ(r, diff)
	eachVector(s, n, func(i reg.Register) {
		b, total := s.vec(), s.zero()
		VMOVUPS(Mem{Base: best, Index: i, Scale: 1}, b)
		eachRow("exponential", r, i, n, K, func(p reg.Register) {
			x, j, f, e, c := s.vec(), s.vec(), s.vec(), s.vec(), s.vec()
			VMOVUPS(Mem{Base: p, Index: diff, Scale: 1}, x)
			VSUBPS(b, x, x)
			scaled := s.vec()
			VMOVAPS(rnd, scaled)
			VFMADD231PS(x, log2e, scaled)
			VSUBPS(rnd, scaled, j)
			VMOVAPS(x, f)
			VFNMADD231PS(j, ln2hi, f)
			VFNMADD231PS(j, ln2lo, f)
			VBROADCASTSS(coefs[0], e)
			for _, m := range coefs[1:] {
				VBROADCASTSS(m, c)
				VFMADD213PS(c, f, e) // e = f·e + c
			}
			VMULPS(f, e, e)
			VFMADD213PS(f, f, e)
			VADDPS(one, e, e)
			VPADDD(bias, scaled, scaled)
			VPSLLD(Imm(23), scaled, scaled)
			VMULPS(scaled, e, e)
			if s.wide() {
				keep := reg.K1
				VCMPPS(Imm(0x15), low, x, keep) // not x < low: NaN stays
				VMOVAPS_Z(e, keep, e)
			} else {
				under := s.vec()
				VCMPPS(Imm(0x11), low, x, under) // x < low
				VANDNPS(e, under, e)
			}
			VADDPS(e, total, total)
			VMOVUPS(e, Mem{Base: p})
		})
		VMOVUPS(total, Mem{Base: sum, Index: i, Scale: 1})
		inv := s.vec()
		VDIVPS(total, one, inv)
		eachRow("quotient", r, i, n, K, func(p reg.Register) {
			v := s.vec()
			VMULPS(Mem{Base: p}, inv, v)
			VMOVUPS(v, Mem{Base: p})
		})
	})
	VZEROUPPER()
	RET()
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
