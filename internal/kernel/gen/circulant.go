package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// circulantRows: out_k = w_0·x_k + Σ_m w_m·(x_(k+m) + x_(k−m)) over a ring of size rows, for groups of
// rows. Sums and products run side by side: half of the multiplications of a matrix product.
func circulantRows(s isa, size int) {
	s.function("circulant", tile{size}, "dst ldd# dg# src lds# sg# w groups# n#",
		"multiplies rings of %d rows of n items with a symmetric circulant matrix; strides and n in bytes.", size)
	from, to, groups, n := load("src"), load("dst"), load("groups"), load("n")
	lds, ldd, weights := load("lds"), load("ldd"), load("w")
	w := make([]func() vec, size/2+1)
	for m := range w {
		w[m] = s.held(at(weights).Offset(4 * m))
	}
	Label("group")
	i := cleared()
	Label("items")
	p := GP64()
	LEAQ(at(from).Idx(i, 1), p)
	x := make([]vec, size)
	for r := range x {
		x[r] = s.read(at(p))
		if r < size-1 {
			add(lds, p)
		}
	}
	LEAQ(at(to).Idx(i, 1), p)
	for k := range size {
		out := s.vec()
		VMULPS(x[k], w[0](), out)
		for m := 1; m <= size/2; m++ {
			after, before := x[(k+m)%size], x[(k-m+size)%size]
			if 2*m == size {
				VFMADD231PS(after, w[m](), out)
				continue
			}
			sum := s.vec()
			VADDPS(before, after, sum)
			VFMADD231PS(sum, w[m](), out)
		}
		VMOVUPS(out, at(p))
		if k < size-1 {
			add(ldd, p)
		}
	}
	add(U32(s.bytes()), i)
	below("items", i, n)
	add(load("sg"), from)
	add(load("dg"), to)
	again("group", groups)
	done()
}
