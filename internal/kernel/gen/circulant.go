package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// circulantRows: out_k = w_0·x_k + Σ_m w_m·(x_(k+m) + x_(k−m)) over a ring of size rows, for groups of
// rows. Sums and products run side by side: half of the multiplications of a matrix product.
func circulantRows(s isa, size int) {
	function(fmt.Sprintf("circulant%s_%d", s.name, size),
		"dst *float32, ldd uintptr, dg uintptr, src *float32, lds uintptr, sg uintptr, w *float32, groups uintptr, n uintptr",
		fmt.Sprintf("multiplies rings of %d rows of n items with a symmetric circulant matrix; strides and n in bytes.", size))
	from, to, groups, n := load("src"), load("dst"), load("groups"), load("n")
	lds, ldd, weights := load("lds"), load("ldd"), load("w")
	w := make([]reg.VecVirtual, size/2+1)
	if s.wide() {
		for m := range w {
			w[m] = s.vec()
			VBROADCASTSS(Mem{Base: weights, Disp: 4 * m}, w[m])
		}
	}
	weight := func(m int) reg.VecVirtual {
		if s.wide() {
			return w[m]
		}
		v := s.vec()
		VBROADCASTSS(Mem{Base: weights, Disp: 4 * m}, v)
		return v
	}
	Label("group")
	i := GP64()
	XORQ(i, i)
	Label("items")
	p := GP64()
	LEAQ(Mem{Base: from, Index: i, Scale: 1}, p)
	x := make([]reg.VecVirtual, size)
	for r := range x {
		x[r] = s.vec()
		VMOVUPS(Mem{Base: p}, x[r])
		if r < size-1 {
			ADDQ(lds, p)
		}
	}
	LEAQ(Mem{Base: to, Index: i, Scale: 1}, p)
	for k := range size {
		out := s.vec()
		VMULPS(x[k], weight(0), out)
		for m := 1; m <= size/2; m++ {
			after, before := x[(k+m)%size], x[(k-m+size)%size]
			if 2*m == size {
				VFMADD231PS(after, weight(m), out)
				continue
			}
			sum := s.vec()
			VADDPS(before, after, sum)
			VFMADD231PS(sum, weight(m), out)
		}
		VMOVUPS(out, Mem{Base: p})
		if k < size-1 {
			ADDQ(ldd, p)
		}
	}
	ADDQ(U32(uint32(s.bytes())), i)
	CMPQ(i, n)
	JLT(LabelRef("items"))
	ADDQ(load("sg"), from)
	ADDQ(load("dg"), to)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
