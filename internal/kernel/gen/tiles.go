package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows addresses kt rows of a matrix, a stride apart, with scaled indices, so
// that a tile walks its rows with one moving pointer and no row table.
type rows struct {
	base             reg.Register
	st, st3, st5, sf reg.Register
}

func newRows(base, strideBytes reg.Register, kt int) rows {
	r := rows{base: base, st: strideBytes}
	multiple := func(needed, lea int) reg.Register {
		if kt <= needed {
			return nil
		}
		m := GP64()
		LEAQ(Mem{Base: strideBytes, Index: strideBytes, Scale: uint8(lea)}, m)
		return m
	}
	r.st3 = multiple(3, 2)
	r.st5 = multiple(5, 4)
	if kt > 7 {
		r.sf = GP64()
		LEAQ(Mem{Base: r.st3, Index: strideBytes, Scale: 4}, r.sf)
	}
	return r
}

// with shares the strides for another base.
func (r rows) with(base reg.Register) rows { r.base = base; return r }

func (r rows) at(k, disp int) Mem {
	m := Mem{Base: r.base, Disp: disp}
	switch k {
	case 1:
		m.Index, m.Scale = r.st, 1
	case 2:
		m.Index, m.Scale = r.st, 2
	case 3:
		m.Index, m.Scale = r.st3, 1
	case 4:
		m.Index, m.Scale = r.st, 4
	case 5:
		m.Index, m.Scale = r.st5, 1
	case 6:
		m.Index, m.Scale = r.st3, 2
	case 7:
		m.Index, m.Scale = r.sf, 1
	}
	return m
}

// scoreTile computes nv vectors of items times kt components: from c (or dst,
// if c is nil) it subtracts Σ_d (x·S + M)².
func scoreTile(s isa, nv, kt int) {
	function(fmt.Sprintf("score%s_%dx%d", s.name, nv, kt),
		"dst *float32, ldd uintptr, x *float32, off *int32, s *float32, m *float32, ldw uintptr, d uintptr, c *float32",
		fmt.Sprintf("subtracts the squares of d dimensions for %d items and %d components; strides in bytes.", nv*s.width, kt))
	x, off := load("x"), load("off")
	ldw := load("ldw")
	S := newRows(load("s"), ldw, kt)
	M := S.with(load("m"))
	d := load("d")

	acc := make([]reg.VecVirtual, nv*kt)
	for i := range acc {
		acc[i] = s.zero()
	}
	label := "dimension"
	Label(label)
	o := GP64()
	MOVLQSX(Mem{Base: off}, o)
	xv := make([]reg.VecVirtual, nv)
	for v := range xv {
		xv[v] = s.vec()
		VMOVUPS(Mem{Base: x, Index: o, Scale: 4, Disp: v * s.bytes()}, xv[v])
	}
	for k := range kt {
		sk, mk := s.vec(), s.vec()
		VBROADCASTSS(S.at(k, 0), sk)
		VBROADCASTSS(M.at(k, 0), mk)
		for v := range nv {
			t := mk
			if v < nv-1 {
				t = s.vec()
				VMOVAPS(mk, t)
			}
			VFMADD231PS(xv[v], sk, t)
			VFMADD231PS(t, t, acc[k*nv+v])
		}
	}
	ADDQ(Imm(4), off)
	ADDQ(Imm(4), S.base)
	ADDQ(Imm(4), M.base)
	DECQ(d)
	JNZ(LabelRef(label))

	dst := newRows(load("dst"), load("ldd"), kt)
	c := load("c")
	TESTQ(c, c)
	JZ(LabelRef("more"))
	for k := range kt {
		ck := s.vec()
		VBROADCASTSS(Mem{Base: c, Disp: 4 * k}, ck)
		for v := range nv {
			out := s.vec()
			VSUBPS(acc[k*nv+v], ck, out)
			VMOVUPS(out, dst.at(k, v*s.bytes()))
		}
	}
	VZEROUPPER()
	RET()
	Label("more")
	for k := range kt {
		for v := range nv {
			out := s.vec()
			VMOVUPS(dst.at(k, v*s.bytes()), out)
			VSUBPS(acc[k*nv+v], out, out)
			VMOVUPS(out, dst.at(k, v*s.bytes()))
		}
	}
	VZEROUPPER()
	RET()
}

// mixTile computes kt rows of nv vectors of a matrix product with row-major weights, for groups of rows
// a group stride apart.
func mixTile(s isa, nv, kt int) {
	function(fmt.Sprintf("mix%s_%dx%d", s.name, nv, kt),
		"dst *float32, ldd uintptr, dg uintptr, src *float32, lds uintptr, sg uintptr, w *float32, ldw uintptr, j uintptr, groups uintptr",
		fmt.Sprintf("computes %d rows of %d items of each group; strides in bytes.", kt, nv*s.width))
	W := newRows(load("w"), load("ldw"), kt)
	from, to, groups := load("src"), load("dst"), load("groups")
	acc := make([]reg.VecVirtual, nv*kt)
	Label("group")
	for i := range acc {
		acc[i] = s.zero()
	}
	src, lds, j := GP64(), load("lds"), load("j")
	MOVQ(from, src)
	Label("term")
	xv := make([]reg.VecVirtual, nv)
	for v := range xv {
		xv[v] = s.vec()
		VMOVUPS(Mem{Base: src, Disp: v * s.bytes()}, xv[v])
	}
	for k := range kt {
		if s.wide() {
			for v := range nv {
				VFMADD231PS_BCST(W.at(k, 0), xv[v], acc[k*nv+v])
			}
			continue
		}
		wk := s.vec()
		VBROADCASTSS(W.at(k, 0), wk)
		for v := range nv {
			VFMADD231PS(xv[v], wk, acc[k*nv+v])
		}
	}
	ADDQ(lds, src)
	ADDQ(Imm(4), W.base)
	DECQ(j)
	JNZ(LabelRef("term"))

	ldd := load("ldd")
	dst := GP64()
	MOVQ(to, dst)
	for k := range kt {
		for v := range nv {
			VMOVUPS(acc[k*nv+v], Mem{Base: dst, Disp: v * s.bytes()})
		}
		if k < kt-1 {
			ADDQ(ldd, dst)
		}
	}
	ADDQ(load("sg"), from)
	ADDQ(load("dg"), to)
	MOVQ(load("w"), W.base)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
