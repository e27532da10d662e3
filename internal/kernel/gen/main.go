// Command gen writes the SIMD versions of package kernel:
//
//	go run ./internal/kernel/gen -out internal/kernel/kernel_amd64.s -stubs internal/kernel/kernel_amd64.go -pkg kernel
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is an instruction set: vectors of width float32 in size-byte registers.
type isa struct {
	name  string
	width int
	vec   func() reg.VecVirtual
}

var (
	avx512 = isa{"AVX512", 16, ZMM}
	avx2   = isa{"AVX2", 8, YMM}
)

func (s isa) bytes() int { return 4 * s.width }

// wide reports whether s has mask registers and 32 vector registers.
func (s isa) wide() bool { return s.width == 16 }

func (s isa) zero() reg.VecVirtual {
	v := s.vec()
	if s.wide() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// constant broadcasts f to all lanes of a register.
func (s isa) constant(bits uint32) reg.VecVirtual {
	v, r := s.vec(), GP32()
	MOVL(U32(bits), r)
	x := XMM()
	VMOVD(r, x)
	VPBROADCASTD(x, v)
	return v
}

func main() {
	ConstraintExpr("!purego")

	// Register budget of a score tile: nv·kt sums, nv inputs, S and M of one
	// component, and one or more temporaries.
	for nv := 1; nv <= 4; nv++ {
		for kt := 1; kt <= scoreTiles512[nv-1]; kt++ {
			scoreTile(avx512, nv, kt)
		}
	}
	for kt := 1; kt <= scoreTilesAVX2; kt++ {
		scoreTile(avx2, 2, kt)
	}
	for nv := 1; nv <= 4; nv++ {
		for kt := 1; kt <= 7; kt++ {
			mixTile(avx512, nv, kt)
		}
		bestLanes(avx512, nv)
		topLanes(avx512, nv)
	}
	bestLanes(avx2, 2)
	topLanes(avx2, 2)
	softmaxLanes(avx512, 1)
	softmaxLanes(avx512, 2)
	softmaxLanes(avx2, 1)
	for kt := 1; kt <= 4; kt++ {
		mixTile(avx2, 2, kt)
	}
	prefetchRow()
	for _, s := range []isa{avx512, avx2} {
		for size := 2; size <= 10; size++ {
			circulantRows(s, size)
		}
		maxRow(s)
		transposeTile(s)
		accumulateTile(s)
		ascendBlocks(s)
		sumRow(s, "add", "adds", VADDPD)
		sumRow(s, "subtract", "takes off", VSUBPD)
		rowKernels(s)
		pixelTile(s)
		peakLoop(s)
		factorKernels(s)
		slopeKernels(s)
		adamKernels(s)
	}
	Generate()
}

var scoreTiles512 = [4]int{8, 8, 8, 6}

const scoreTilesAVX2 = 5

func function(name, args, doc string) {
	TEXT(name, NOSPLIT, "func("+args+")")
	Pragma("noescape")
	Doc(name + " " + doc)
}

func load(name string) reg.Register { return Load(Param(name), GP64()) }

// loadAt loads a pointer that is an argument and adds an offset in bytes.
func loadAt(name string, offset reg.Register) reg.Register {
	p := load(name)
	ADDQ(offset, p)
	return p
}

// argument broadcasts a float32 argument to all lanes of a register.
func (s isa) argument(name string) reg.VecVirtual {
	v := s.vec()
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, v)
	return v
}
