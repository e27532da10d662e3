package main

import (
	"fmt"
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What all kernels are written with: functions and their arguments, registers, loops.

type vec = reg.VecVirtual

// An isa is an instruction set: vectors of width float32 in size-byte registers.
type isa struct {
	name  string
	width int
	vec   func() vec
}

var (
	avx512 = isa{"AVX512", 16, ZMM}
	avx2   = isa{"AVX2", 8, YMM}
)

func (s isa) bytes() int { return 4 * s.width }

// wide reports whether s has mask registers and 32 vector registers.
func (s isa) wide() bool { return s.width == 16 }

// K1234 are mask registers for vectors side by side.
var K1234 = [4]reg.Register{reg.K1, reg.K2, reg.K3, reg.K4}

// A tile is the sizes in a kernel's name.
type tile []int

// function begins a kernel, called by its name, the instruction set and its tile; args are its arguments as in
// "dst n# off:*int32": *float32 unless they are uintptr (#) or say what they are. doc is a format for v.
func (s isa) function(name string, size tile, args, doc string, v ...any) {
	name += s.name
	table := name
	for i, n := range size {
		name += fmt.Sprintf("%c%d", "_x"[i], n)
	}
	if len(size) > 0 {
		record(table, size, name, signature(args))
	}
	TEXT(name, NOSPLIT, "func("+signature(args)+")")
	Pragma("noescape")
	Doc(name + " " + fmt.Sprintf(doc, v...))
}

// signature writes arguments as Go does.
func signature(args string) string {
	list := strings.Fields(args)
	for i, arg := range list {
		name, kind, typed := strings.Cut(arg, ":")
		if !typed {
			kind = "*float32"
			if n, ok := strings.CutSuffix(name, "#"); ok {
				name, kind = n, "uintptr"
			}
		}
		list[i] = name + " " + kind
	}
	return strings.Join(list, ", ")
}

// done ends a kernel.
func done() {
	VZEROUPPER()
	RET()
}

func load(name string) reg.Register { return Load(Param(name), GP64()) }

// loadAt loads a pointer that is an argument and adds an offset in bytes.
func loadAt(name string, offset reg.Register) reg.Register {
	p := load(name)
	ADDQ(offset, p)
	return p
}

// argument is where a float32 argument lies.
func argument(name string) Mem {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return address.Addr
}

// at is where p points to.
func at(p reg.Register) Mem { return Mem{Base: p} }

// next addresses vector v after m.
func (s isa) next(m Mem, v int) Mem { return m.Offset(v * s.bytes()) }

func (s isa) zero() vec {
	v := s.vec()
	if s.wide() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// constant broadcasts bits to all lanes of a register.
func (s isa) constant(bits uint32) vec {
	v, r, x := s.vec(), GP32(), XMM()
	MOVL(U32(bits), r)
	VMOVD(r, x)
	VPBROADCASTD(x, v)
	return v
}

func (s isa) float(f float64) vec { return s.constant(math.Float32bits(float32(f))) }

func (s isa) broadcast(m Mem) vec {
	v := s.vec()
	VBROADCASTSS(m, v)
	return v
}

func (s isa) read(m Mem) vec {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

func (s isa) copied(from vec) vec {
	v := s.vec()
	VMOVAPS(from, v)
	return v
}

// several are n registers made alike.
func several(n int, f func() vec) []vec {
	v := make([]vec, n)
	for i := range v {
		v[i] = f()
	}
	return v
}

// reads loads n vectors that lie one after another.
func (s isa) reads(m Mem, n int) []vec {
	v := make([]vec, n)
	for i := range v {
		v[i] = s.read(s.next(m, i))
	}
	return v
}

func (s isa) writes(v []vec, m Mem) {
	for i := range v {
		VMOVUPS(v[i], s.next(m, i))
	}
}

// cleared is a register that is 0.
func cleared() reg.GPVirtual {
	r := GP64()
	XORQ(r, r)
	return r
}

// moved is a copy.
func moved(from Op) reg.GPVirtual {
	r := GP64()
	MOVQ(from, r)
	return r
}

// index loads an int32.
func index(m Mem) reg.GPVirtual {
	r := GP64()
	MOVLQSX(m, r)
	return r
}

// add moves pointers on.
func add(by Op, pointers ...reg.Register) {
	for _, p := range pointers {
		ADDQ(by, p)
	}
}

// again counts down by one and goes back to a label until 0 is left.
func again(label string, count reg.Register) {
	DECQ(count)
	JNZ(LabelRef(label))
}

// againBy counts down by a divisor of count.
func againBy(by Constant, label string, count reg.Register) {
	SUBQ(by, count)
	JNZ(LabelRef(label))
}

// below goes back to a label while i < n.
func below(label string, i, n reg.Register) {
	CMPQ(i, n)
	JLT(LabelRef(label))
}

// eachVector emits a loop over the vectors of a row of n bytes with the moving offset i.
func eachVector(s isa, n reg.Register, body func(here func(reg.Register) Mem)) {
	i := cleared()
	Label("vector")
	body(func(p reg.Register) Mem { return at(p).Idx(i, 1) })
	add(U32(s.bytes()), i)
	below("vector", i, n)
}
