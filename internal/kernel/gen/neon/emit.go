package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// What all kernels are written with: functions and their arguments, registers, loops.

// Text of the three files.
var assembly, stubs, tables strings.Builder

// An argument lies at an offset from the frame pointer.
type argument struct {
	name, kind string
	at         int
}

// The function that is being written: its arguments, and its registers that are free.
var (
	arguments []argument
	freeV     []vec
	freeR     []gp
)

// A gp is a general register.
type gp int

func (r gp) String() string { return fmt.Sprintf("R%d", int(r)) }

// line emits one instruction or label.
func line(format string, v ...any) { fmt.Fprintf(&assembly, "\t"+format+"\n", v...) }

func label(name string) { fmt.Fprintf(&assembly, "%s:\n", name) }

// function begins a kernel; args are its arguments as in "dst n# off:*int32": *float32 unless they are uintptr (#) or
// say what they are. doc is a format for v.
func function(name, args, doc string, v ...any) {
	name += "NEON"
	arguments = nil
	size := 0
	for _, arg := range strings.Fields(args) {
		name, kind, typed := strings.Cut(arg, ":")
		if !typed {
			kind = "*float32"
			if n, ok := strings.CutSuffix(name, "#"); ok {
				name, kind = n, "uintptr"
			}
		}
		width := 8
		if kind == "float32" {
			width = 4
		}
		size = (size + width - 1) &^ (width - 1)
		arguments = append(arguments, argument{name, kind, size})
		size += width
	}
	text := fmt.Sprintf(doc, v...)
	fmt.Fprintf(&stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s(%s)\n", name, text, name, signature())
	fmt.Fprintf(&assembly, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", name, signature(), name, size)
	freeV, freeR = nil, nil
	for v := range 32 {
		freeV = append(freeV, vec(v))
	}
	for r := range 27 { // R18 belongs to the system, R27 to the assembler, the others to Go
		if r != 18 {
			freeR = append(freeR, gp(r))
		}
	}
}

// tiles emits kernels for least to most rows and a table of them.
func tiles(name string, least, most int, kernel func(name string, rows int)) {
	var names []string
	for rows := least; rows <= most; rows++ {
		size := fmt.Sprintf("%s%d", name, rows)
		kernel(size, rows)
		names = append(names, size+"NEON")
	}
	fmt.Fprintf(&tables, "\nvar %sNEON = [...]func(%s){%s}\n", name, signature(), strings.Join(names, ", "))
}

// signature writes the arguments as Go does.
func signature() string {
	var list []string
	for _, a := range arguments {
		list = append(list, a.name+" "+a.kind)
	}
	return strings.Join(list, ", ")
}

func done() { line("RET") }

// argumentAt is where an argument lies.
func argumentAt(name string) string {
	i := slices.IndexFunc(arguments, func(a argument) bool { return a.name == name })
	if i < 0 {
		panic("no argument " + name)
	}
	return fmt.Sprintf("%s+%d(FP)", name, arguments[i].at)
}

// general takes a general register.
func general() gp {
	r := freeR[0]
	freeR = freeR[1:]
	return r
}

// vector takes a vector register.
func vector() vec {
	v := freeV[0]
	freeV = freeV[1:]
	return v
}

func vectors(n int) []vec {
	v := make([]vec, n)
	for i := range v {
		v[i] = vector()
	}
	return v
}

// release gives vector registers back.
func release(v ...vec) { freeV = append(v, freeV...) }

// releaseGeneral gives general registers back.
func releaseGeneral(r ...gp) { freeR = append(r, freeR...) }

func load(name string) gp {
	r := general()
	reload(name, r)
	return r
}

func reload(name string, r gp) { line("MOVD %s, %s", argumentAt(name), r) }

func loads(names string) (r []gp) {
	for _, name := range strings.Fields(names) {
		r = append(r, load(name))
	}
	return r
}

// moved is a copy.
func moved(from gp) gp {
	r := general()
	line("MOVD %s, %s", from, r)
	return r
}

// sum is a + b.
func sum(a, b gp) gp {
	r := general()
	line("ADD %s, %s, %s", b, a, r)
	return r
}

// add moves pointers on by a number or a register.
func add(by any, pointers ...gp) {
	for _, p := range pointers {
		line("ADD %s, %s", operand(by), p)
	}
}

func operand(v any) string {
	if n, ok := v.(int); ok {
		return fmt.Sprintf("$%d", n)
	}
	return fmt.Sprint(v)
}

// again counts down by a number and goes back to a label until 0 is left.
func again(by int, name string, count gp) {
	line("SUBS $%d, %s", by, count)
	line("BNE %s", name)
}

// float32 constants and arguments in all lanes.

func constant(bits uint32) vec {
	v, r := vector(), general()
	line("MOVD $0x%x, %s", bits, r)
	line("VDUP %s, V%d.S4", r, v)
	releaseGeneral(r)
	return v
}

func float(f float64) vec { return constant(math.Float32bits(float32(f))) }

// four are constants in the lanes of a register.
func four(f ...float64) vec {
	v, r := vector(), general()
	for i, x := range f {
		line("MOVD $0x%x, %s", math.Float32bits(float32(x)), r)
		line("VMOV %s, V%d.S[%d]", r, v, i)
	}
	releaseGeneral(r)
	return v
}

func zero() vec {
	v := vector()
	setZero(v)
	return v
}

func zeros(n int) []vec {
	v := vectors(n)
	for _, r := range v {
		setZero(r)
	}
	return v
}

// spread puts a float32 argument in all lanes.
func spread(name string) vec {
	v := vector()
	line("FMOVS %s, F%d", argumentAt(name), v)
	dup(v, v, 0)
	return v
}

// scalar loads a float32 into the first lane of v.
func scalar(v vec, p gp, offset int) { line("FMOVS %d(%s), F%d", offset, p, v) }

// broadcast loads a float32 into all lanes of v.
func broadcast(v vec, p gp) { line("VLD1R (%s), [V%d.S4]", p, v) }

// read loads vectors that lie one after another.
func read(v []vec, p gp, offset int) {
	for ; len(v) > 1; v, offset = v[2:], offset+32 {
		line("FLDPQ %d(%s), (F%d, F%d)", offset, p, v[0], v[1])
	}
	if len(v) > 0 {
		line("FMOVQ %d(%s), F%d", offset, p, v[0])
	}
}

// reads loads n vectors into registers that it takes.
func reads(p gp, offset, n int) []vec {
	v := vectors(n)
	read(v, p, offset)
	return v
}

func write(v []vec, p gp, offset int) {
	for ; len(v) > 1; v, offset = v[2:], offset+32 {
		line("FSTPQ (F%d, F%d), %d(%s)", v[0], v[1], offset, p)
	}
	if len(v) > 0 {
		line("FMOVQ F%d, %d(%s)", v[0], offset, p)
	}
}

// raise is d = a > d ? a : d, which keeps d if either is NaN, as MAXPS does and fmax does not.
func raise(d, a, scratch vec) {
	fcmgt(scratch, a, d)
	bit(d, a, scratch)
}

// lower is d = d > a ? a : d.
func lower(d, a, scratch vec) {
	fcmgt(scratch, d, a)
	bit(d, a, scratch)
}

// rows are pointers to kt rows a stride apart.
func rows(base string, stride gp, kt int) []gp {
	r := []gp{load(base)}
	for k := 1; k < kt; k++ {
		r = append(r, sum(r[k-1], stride))
	}
	return r
}

// index loads an int32, the i-th from p.
func index(r, p gp, i int) { line("MOVW %d(%s), %s", 4*i, p, r) }

// at makes r the address of value number r behind p.
func at(r, p gp) { line("ADD %s<<2, %s, %s", r, p, r) }

// each emits a function for all of some registers.
func each(v []vec, f func(i int, v vec)) {
	for i := range v {
		f(i, v[i])
	}
}
