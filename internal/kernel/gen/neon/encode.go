package main

import "fmt"

// The instructions on vectors, as numbers: Go's assembler has few of them. Codes are those of the Arm Architecture
// Reference Manual (A64 SIMD and floating-point instructions) with registers, lanes and shifts 0. Package check runs
// each of them.

// A vec is a vector register of 4 float32 or int32, or of 2 float64.
type vec uint32

// checked are all instructions, with what package check gives them to do.
var checked []check

// A check emits an instruction for registers d, a and b.
type check struct {
	name string
	emit func(d, a, b vec)
}

// word emits the code of an instruction.
func word(code uint32, format string, v ...any) {
	line("WORD $0x%08x // "+format, append([]any{code}, v...)...)
}

// three is an instruction d = a op b; some read d, too. kind is what lanes a register has.
func three(name, kind string, code uint32) func(d, a, b vec) {
	emit := func(d, a, b vec) {
		word(code|uint32(b<<16|a<<5|d), "%s v%d.%s, v%d.%s, v%d.%s", name, d, kind, a, kind, b, kind)
	}
	checked = append(checked, check{name + "_" + kind, emit})
	return emit
}

// two is an instruction d = op a.
func two(name, to, from string, code uint32) func(d, a vec) {
	emit := func(d, a vec) { word(code|uint32(a<<5|d), "%s %s, %s", name, register(d, to), register(a, from)) }
	checked = append(checked, check{name + "_" + to, func(d, a, b vec) { emit(d, a) }})
	return emit
}

// register names a register, or its first lane if kind is one.
func register(v vec, kind string) string {
	if kind == "s" {
		return fmt.Sprintf("s%d", v)
	}
	return fmt.Sprintf("v%d.%s", v, kind)
}

// byLane is an instruction d = a op a lane of b.
func byLane(name string, code uint32) func(d, a, b vec, lane int) {
	emit := func(d, a, b vec, lane int) {
		at := uint32(lane&1<<21 | lane>>1<<11)
		word(code|at|uint32(b<<16|a<<5|d), "%s v%d.4s, v%d.4s, v%d.s[%d]", name, d, a, b, lane)
	}
	for lane := range 4 {
		checked = append(checked, check{fmt.Sprintf("%s_lane%d", name, lane), func(d, a, b vec) { emit(d, a, b, lane) }})
	}
	return emit
}

// shifted is an instruction that shifts 32-bit lanes; number is what stands for a shift by n.
func shifted(name string, code uint32, number func(n int) int) func(d, a vec, n int) {
	emit := func(d, a vec, n int) {
		word(code|uint32(number(n))<<16|uint32(a<<5|d), "%s v%d.4s, v%d.4s, #%d", name, d, a, n)
	}
	checked = append(checked, check{name + "_23", func(d, a, b vec) { emit(d, a, 23) }})
	return emit
}

var (
	fadd  = three("fadd", "4s", 0x4e20d400)
	fsub  = three("fsub", "4s", 0x4ea0d400)
	fmul  = three("fmul", "4s", 0x6e20dc00)
	fdiv  = three("fdiv", "4s", 0x6e20fc00)
	fmla  = three("fmla", "4s", 0x4e20cc00)  // d += a·b
	fmls  = three("fmls", "4s", 0x4ea0cc00)  // d −= a·b
	fcmgt = three("fcmgt", "4s", 0x6ea0e400) // all bits where a > b, else none
	fcmeq = three("fcmeq", "4s", 0x4e20e400)
	addl  = three("add", "4s", 0x4ea08400)

	and = three("and", "16b", 0x4e201c00)
	bic = three("bic", "16b", 0x4e601c00) // a and not b
	orr = three("orr", "16b", 0x4ea01c00)
	bit = three("bit", "16b", 0x6ea01c00) // d = a where b

	trn1  = three("trn1", "4s", 0x4e802800)
	trn2  = three("trn2", "4s", 0x4e806800)
	trn1d = three("trn1", "2d", 0x4ec02800)
	trn2d = three("trn2", "2d", 0x4ec06800)

	faddd = three("fadd", "2d", 0x4e60d400)
	fsubd = three("fsub", "2d", 0x4ee0d400)
	fmuld = three("fmul", "2d", 0x6e60dc00)

	fsqrt  = two("fsqrt", "4s", "4s", 0x6ea1f800)
	fabs   = two("fabs", "4s", "4s", 0x4ea0f800)
	ucvtf  = two("ucvtf", "4s", "4s", 0x6e21d800)
	fcvtl  = two("fcvtl", "2d", "2s", 0x0e617800) // float64 of the lower half
	fcvtl2 = two("fcvtl2", "2d", "4s", 0x4e617800)
	uxtlb  = two("uxtl", "8h", "8b", 0x2f08a400)
	uxtlb2 = two("uxtl2", "8h", "16b", 0x6f08a400)
	uxtlh  = two("uxtl", "4s", "4h", 0x2f10a400)
	uxtlh2 = two("uxtl2", "4s", "8h", 0x6f10a400)
	addv   = two("addv", "s", "4s", 0x4eb1b800)
	umaxv  = two("umaxv", "s", "4s", 0x6eb0a800)

	fmlaLane = byLane("fmla", 0x4f801000)
	fmlsLane = byLane("fmls", 0x4f805000)
	fmulLane = byLane("fmul", 0x4f809000)

	shl  = shifted("shl", 0x4f005400, func(n int) int { return 32 + n })
	ushr = shifted("ushr", 0x6f000400, func(n int) int { return 64 - n })
)

// dup copies a lane of a to all lanes of d.
func dup(d, a vec, lane int) {
	word(0x4e040400|uint32(lane)<<19|uint32(a<<5|d), "dup v%d.4s, v%d.s[%d]", d, a, lane)
}

func init() {
	for lane := range 4 {
		checked = append(checked, check{fmt.Sprintf("dup_lane%d", lane), func(d, a, b vec) { dup(d, a, lane) }})
	}
}

// copyTo is d = a.
func copyTo(d, a vec) { word(0x4ea01c00|uint32(a<<16|a<<5|d), "mov v%d.16b, v%d.16b", d, a) }

// setZero is d = 0.
func setZero(d vec) { word(0x6e201c00|uint32(d<<16|d<<5|d), "eor v%d.16b, v%d.16b, v%d.16b", d, d, d) }
