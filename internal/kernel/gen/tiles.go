package main

import (
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
	multiple := func(needed int, of reg.Register, lea uint8) reg.Register {
		if kt <= needed {
			return nil
		}
		m := GP64()
		LEAQ(at(of).Idx(strideBytes, lea), m)
		return m
	}
	r.st3 = multiple(3, strideBytes, 2)
	r.st5 = multiple(5, strideBytes, 4)
	r.sf = multiple(7, r.st3, 4)
	return r
}

// with shares the strides for another base.
func (r rows) with(base reg.Register) rows { r.base = base; return r }

// at addresses row k.
func (r rows) at(k int) Mem {
	if k == 0 {
		return at(r.base)
	}
	stride := []reg.Register{r.st, r.st, r.st3, r.st, r.st5, r.st3, r.sf}[k-1]
	return at(r.base).Idx(stride, []uint8{1, 2, 1, 4, 1, 2, 1}[k-1])
}

// writeTile ends a kernel with the sums of rows of nv vectors: what combine makes of them and of their row's value at
// start, or of what is in dst if start is nil, goes to dst.
func (s isa) writeTile(acc []vec, nv int, start string, combine func(from Op, acc vec) vec) {
	kt := len(acc) / nv
	dst := newRows(load("dst"), load("ldd"), kt)
	c := load(start)
	TESTQ(c, c)
	JZ(LabelRef("more"))
	for k := range kt {
		from := s.broadcast(at(c).Offset(4 * k))
		for v := range nv {
			VMOVUPS(combine(from, acc[k*nv+v]), s.next(dst.at(k), v))
		}
	}
	done()
	Label("more")
	for i := range acc {
		m := s.next(dst.at(i/nv), i%nv)
		VMOVUPS(combine(m, acc[i]), m)
	}
	done()
}

// scoreTile computes nv vectors of items times kt components: from c (or dst,
// if c is nil) it subtracts Σ_d (x·S + M)².
func scoreTile(s isa, nv, kt int) {
	s.function("score", tile{nv, kt}, "dst ldd# x off:*int32 s m ldw# d# c",
		"subtracts the squares of d dimensions for %d items and %d components; strides in bytes.", nv*s.width, kt)
	x, off, ldw := load("x"), load("off"), load("ldw")
	S := newRows(load("s"), ldw, kt)
	M := S.with(load("m"))
	d := load("d")
	acc := several(nv*kt, s.zero)
	Label("dimension")
	xv := s.reads(at(x).Idx(index(at(off)), 4), nv)
	for k := range kt {
		sk, mk := s.broadcast(S.at(k)), s.broadcast(M.at(k))
		for v := range nv {
			t := mk
			if v < nv-1 {
				t = s.copied(mk)
			}
			VFMADD231PS(xv[v], sk, t)
			VFMADD231PS(t, t, acc[k*nv+v])
		}
	}
	add(Imm(4), off, S.base, M.base)
	again("dimension", d)
	s.writeTile(acc, nv, "c", func(from Op, acc vec) vec {
		out := s.vec()
		if m, ok := from.(Mem); ok {
			VMOVUPS(m, out)
			from = out
		}
		VSUBPS(acc, from, out)
		return out
	})
}

// addProducts emits acc += w·x of kt weights and the vectors x.
func (s isa) addProducts(acc []vec, W rows, x []vec) {
	nv := len(x)
	for k := range len(acc) / nv {
		if s.wide() {
			for v := range nv {
				VFMADD231PS_BCST(W.at(k), x[v], acc[k*nv+v])
			}
			continue
		}
		wk := s.broadcast(W.at(k))
		for v := range nv {
			VFMADD231PS(x[v], wk, acc[k*nv+v])
		}
	}
}

// linearTile computes nv vectors of items times kt linear forms: to b (or dst, if b is nil) it adds Σ_d W·x.
func linearTile(s isa, nv, kt int) {
	s.function("linear", tile{nv, kt}, "dst ldd# x off:*int32 w ldw# d# b",
		"adds the products of d dimensions for %d items and %d forms; strides in bytes.", nv*s.width, kt)
	x, off, d := load("x"), load("off"), load("d")
	W := newRows(load("w"), load("ldw"), kt)
	acc := several(nv*kt, s.zero)
	Label("dimension")
	s.addProducts(acc, W, s.reads(at(x).Idx(index(at(off)), 4), nv))
	add(Imm(4), off, W.base)
	again("dimension", d)
	s.writeTile(acc, nv, "b", func(from Op, acc vec) vec {
		VADDPS(from, acc, acc)
		return acc
	})
}

// mixTile computes kt rows of nv vectors of a matrix product with row-major weights, for groups of rows
// a group stride apart.
func mixTile(s isa, nv, kt int) {
	s.function("mix", tile{nv, kt}, "dst ldd# dg# src lds# sg# w ldw# j# groups#",
		"computes %d rows of %d items of each group; strides in bytes.", kt, nv*s.width)
	W := newRows(load("w"), load("ldw"), kt)
	from, to, groups := load("src"), load("dst"), load("groups")
	acc := make([]vec, nv*kt)
	Label("group")
	for i := range acc {
		acc[i] = s.zero()
	}
	src, lds, j := GP64(), load("lds"), load("j")
	MOVQ(from, src)
	Label("term")
	s.addProducts(acc, W, s.reads(at(src), nv))
	add(lds, src)
	add(Imm(4), W.base)
	again("term", j)

	ldd, dst := load("ldd"), moved(to)
	for k := range kt {
		s.writes(acc[k*nv:][:nv], at(dst))
		if k < kt-1 {
			add(ldd, dst)
		}
	}
	add(load("sg"), from)
	add(load("dg"), to)
	MOVQ(load("w"), W.base)
	again("group", groups)
	done()
}
