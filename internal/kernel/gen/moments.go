package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// sumRow: sum = sum ± row in float64, by op(row, sum, result).
func sumRow(s isa, name, verb string, op func(...Op)) {
	s.function(name, nil, "sum:*float64 row n#", "%s n values, a multiple of 16, in float64.", verb)
	sum, row, n, i := load("sum"), load("row"), load("n"), cleared()
	Label("part")
	v, total := s.vec(), s.vec()
	m := at(sum).Idx(i, 1)
	VCVTPS2PD(at(row), v)
	VMOVUPD(m, total)
	op(v, total, total)
	VMOVUPD(total, m)
	add(U32(s.bytes()/2), row)
	add(U32(s.bytes()), i)
	againBy(U32(s.width/2), "part", n)
	done()
}

// addMoments adds rows to first and second moments, tiles of some columns at a time so that the sums stay in registers
// from row to row.
func addMoments(s isa) {
	if s.wide() {
		momentsTile(s, 8)
	}
	momentsTile(s, 32/s.width)
}

// momentsTile: x += r·row, q += r·row² for nv registers of columns at a time, products rounded before they are added,
// as in the portable code.
func momentsTile(s isa, nv int) {
	columns := nv * s.width / 2
	s.function("moments", tile{nv}, "x:*float64 q:*float64 r:*float64 rows off:*int32 count# n#",
		"adds first and second moments of count rows of n values, a multiple of %d, in float64.", columns)
	x, q, r, rows, off, count, n := load("x"), load("q"), load("r"), load("rows"), load("off"), load("count"), load("n")
	sx, sq := make([]vec, nv), make([]vec, nv)
	Label("columns")
	for v := range nv {
		sx[v], sq[v] = s.vec(), s.vec()
		VMOVUPD(s.next(at(x), v), sx[v])
		VMOVUPD(s.next(at(q), v), sq[v])
	}
	i := cleared()
	Label("row")
	o, weight := index(at(off).Idx(i, 4)), s.vec()
	VBROADCASTSD(at(r).Idx(i, 8), weight)
	for v := range nv {
		value, rv := s.vec(), s.vec()
		VCVTPS2PD(at(rows).Idx(o, 4).Offset(v*s.bytes()/2), value)
		VMULPD(value, weight, rv)
		VADDPD(rv, sx[v], sx[v])
		VMULPD(value, rv, rv)
		VADDPD(rv, sq[v], sq[v])
	}
	INCQ(i)
	below("row", i, count)
	for v := range nv {
		VMOVUPD(sx[v], s.next(at(x), v))
		VMOVUPD(sq[v], s.next(at(q), v))
	}
	add(U32(nv*s.bytes()), x, q)
	add(U32(nv*s.bytes()/2), rows)
	againBy(U32(columns), "columns", n)
	done()
}
