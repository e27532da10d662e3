//go:build !purego

package kernel

type linearFunc func(dst *float32, ldd uintptr, x *float32, off *int32, w *float32, ldw, d uintptr, b *float32)

// Tiles of linear forms by width in Lanes (first index + 1) and forms (second + 1).
var (
	linearTiles512 = [4][]linearFunc{
		{linearAVX512_1x1, linearAVX512_1x2, linearAVX512_1x3, linearAVX512_1x4, linearAVX512_1x5, linearAVX512_1x6, linearAVX512_1x7},
		{linearAVX512_2x1, linearAVX512_2x2, linearAVX512_2x3, linearAVX512_2x4, linearAVX512_2x5, linearAVX512_2x6, linearAVX512_2x7},
		{linearAVX512_3x1, linearAVX512_3x2, linearAVX512_3x3, linearAVX512_3x4, linearAVX512_3x5, linearAVX512_3x6, linearAVX512_3x7},
		{linearAVX512_4x1, linearAVX512_4x2, linearAVX512_4x3, linearAVX512_4x4, linearAVX512_4x5, linearAVX512_4x6, linearAVX512_4x7},
	}
	linearTilesAVX2 = [1][]linearFunc{{linearAVX2_2x1, linearAVX2_2x2, linearAVX2_2x3, linearAVX2_2x4}}
)

func linearBlock(dst, x []float32, off []int32, f Forms, n, d0, d1 int, first bool) {
	tiles := linearTilesAVX2[:]
	switch active {
	case portable:
		linearGo(dst, x, off, f, n, d0, d1, first)
		return
	case useAVX512:
		tiles = linearTiles512[:]
	}
	for i := 0; i < n; {
		wide := even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for r := 0; r < f.R; {
			rt := even(f.R-r, len(row))
			var b *float32 // nil: go on from dst
			switch {
			case first && d0 == 0:
				b = &f.B[r]
			case first:
				b = &zeros[0]
			}
			row[rt-1](&dst[r*n+i], 4*uintptr(n), &x[i], &off[d0], &f.W[r*f.D+d0], 4*uintptr(f.D), uintptr(d1-d0), b)
			r += rt
		}
		i += wide * Lanes
	}
}

func addSquares(dst, p []float32, K, L, n int) {
	f, step := squaresAVX2, Lanes/2
	switch active {
	case portable:
		addSquaresGo(dst, p, K, L, n)
		return
	case useAVX512:
		f, step = squaresAVX512, Lanes
	}
	for i := 0; i < n; i += step {
		f(&dst[i], &p[i], uintptr(K), uintptr(L), 4*uintptr(n))
	}
}

func gather(dst []float32, ld int, x []float32, off []int32, n int) {
	f, step := gatherAVX2, Lanes/2
	switch active {
	case portable:
		gatherGo(dst, ld, x, off, n)
		return
	case useAVX512:
		f, step = gatherAVX512, Lanes
	}
	for i := 0; i < n; i += step {
		f(&dst[i*ld], 4*uintptr(ld), &x[i], &off[0], uintptr(len(off)))
	}
}

func addOuter(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	f := outerAVX2
	switch active {
	case portable:
		addOuterGo(y, ldy, x, ldx, p, L, n)
		return
	case useAVX512:
		f = outerAVX512
	}
	f(&y[0], 4*uintptr(ldy), &x[0], 4*uintptr(ldx), &p.Item[0], &p.Row[0], &p.A[0], uintptr(L), uintptr(len(p.Item)), 4*uintptr(n))
}

func ascendFactors(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	ldfBytes, ldyBytes, L, n := 4*uintptr(ldf), 4*uintptr(c.LdY), uintptr(c.L), 4*uintptr(len(c.Mu))
	switch active { // direct calls, as in ascend
	case portable:
		ascendFactorsGo(f, ldf, c, bad)
	case useAVX2:
		ascendFactorsAVX2(&f[0], ldfBytes, &c.Y[0], ldyBytes, &c.Mu[0], &c.Root[0], &c.X[0], &c.Q[0], &c.Mean[0], &c.A[0], c.Rate, L, &bad[0], n)
	case useAVX512:
		ascendFactorsAVX512(&f[0], ldfBytes, &c.Y[0], ldyBytes, &c.Mu[0], &c.Root[0], &c.X[0], &c.Q[0], &c.Mean[0], &c.A[0], c.Rate, L, &bad[0], n)
	}
}

func dot(sums *[Lanes]float32, a, b []float32) {
	switch n := uintptr(len(a)); active { // direct calls, as in ascend
	case portable:
		dotGo(sums, a, b)
	case useAVX2:
		dotAVX2(&sums[0], &a[0], &b[0], n)
	case useAVX512:
		dotAVX512(&sums[0], &a[0], &b[0], n)
	}
}

func scaleDot(sums *[Lanes]float32, w, s, b []float32) {
	switch n := uintptr(len(w)); active { // direct calls, as in ascend
	case portable:
		scaleDotGo(sums, w, s, b)
	case useAVX2:
		scaleDotAVX2(&sums[0], &w[0], &s[0], &b[0], n)
	case useAVX512:
		scaleDotAVX512(&sums[0], &w[0], &s[0], &b[0], n)
	}
}
