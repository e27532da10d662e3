package main

// sumRow: sum = op(sum, row) in float64.
func sumRow(name, verb string, op func(d, a, b vec)) {
	function(name, "sum:*float64 row n#", "%s n values, a multiple of 16, in float64.", verb)
	sum, row, n, v := load("sum"), load("row"), load("n"), vector()
	total, wide := vectors(2), vectors(2)
	label("part")
	readOne(v, row, 0)
	read(total, sum, 0)
	fcvtl(wide[0], v)
	fcvtl2(wide[1], v)
	each(total, func(i int, t vec) { op(t, t, wide[i]) })
	write(total, sum, 0)
	add(16, row)
	add(32, sum)
	again(4, "part", n)
	done()
}

// moments: x += r·row, q += r·row² for 16 columns at a time, products rounded before they are added, as in the portable
// code.
func moments() {
	function("moments", "x:*float64 q:*float64 r:*float64 rows off:*int32 count# n#",
		"adds first and second moments of count rows of n values, a multiple of 16, in float64.")
	a := loads("x q rows n count")
	x, q, data, n := a[0], a[1], a[2], a[3]
	sx, sq, weight, v, wide, rv := vectors(8), vectors(8), vector(), vector(), vectors(2), vectors(2)
	r, off, count, p := general(), general(), general(), general()
	label("columns")
	read(sx, x, 0)
	read(sq, q, 0)
	reload("r", r)
	reload("off", off)
	line("MOVD %s, %s", a[4], count)
	label("row")
	line("MOVW.P 4(%s), %s", off, p)
	at(p, data)
	line("VLD1R.P 8(%s), [V%d.D2]", r, weight)
	for i := range 4 {
		readOne(v, p, 16*i)
		fcvtl(wide[0], v)
		fcvtl2(wide[1], v)
		for j := range 2 {
			fmuld(rv[j], weight, wide[j])
			faddd(sx[2*i+j], sx[2*i+j], rv[j])
			fmuld(rv[j], wide[j], rv[j])
			faddd(sq[2*i+j], sq[2*i+j], rv[j])
		}
	}
	again(1, "row", count)
	write(sx, x, 0)
	write(sq, q, 0)
	add(128, x, q)
	add(64, data)
	again(16, "columns", n)
	done()
}
