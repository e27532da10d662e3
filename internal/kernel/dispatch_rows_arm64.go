//go:build !purego

package kernel

func prefetch(x []float32) {
	prefetchLinesNEON(&x[0], uintptr(Pad(len(x))/Lanes)) // of 64 bytes
}

func scoreRow(x []float32, off []int32, s, m []float32, from, limit float32) (score float32) {
	if active == portable {
		return scoreRowGo(x, off, s, m, from, limit)
	}
	scoreRowNEON(&x[0], &off[0], &s[0], &m[0], uintptr(len(off)/2), from, limit, &score)
	return score
}

func within(mask []uint16, a, b []float32, c float32) {
	if active == portable {
		withinGo(mask, a, b, c)
		return
	}
	withinNEON(&mask[0], &a[0], &b[0], c, uintptr(len(a)))
}

func addMoments(x, q, r []float64, rows []float32, off []int32) {
	n := whole(len(x))
	if n > 0 {
		momentsNEON(&x[0], &q[0], &r[0], &rows[0], &off[0], uintptr(len(off)), uintptr(n))
	}
	if n < len(x) {
		addMomentsGo(x[n:], q[n:], r, rows[n:], off)
	}
}

func addSquares(dst, p []float32, K, L, n int) {
	if active == portable {
		addSquaresGo(dst, p, K, L, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		squaresNEON(&dst[i], &p[i], uintptr(K), uintptr(L), 4*uintptr(n))
	}
}

func gather(dst []float32, ld int, x []float32, off []int32, n int) {
	if active == portable {
		gatherGo(dst, ld, x, off, n)
		return
	}
	for i := 0; i < n; i += 4 {
		gatherNEON(&dst[i*ld], 4*uintptr(ld), &x[i], &off[0], uintptr(len(off)))
	}
}

func addOuter(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	if active == portable {
		addOuterGo(y, ldy, x, ldx, p, L, n)
		return
	}
	outerNEON(&y[0], 4*uintptr(ldy), &x[0], 4*uintptr(ldx), &p.Item[0], &p.Row[0], &p.A[0],
		uintptr(L), uintptr(len(p.Item)), 4*uintptr(n))
}

func ascendFactors(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	d := whole(len(c.Mu))
	if d > 0 {
		ascendFactorsNEON(&f[0], 4*uintptr(ldf), &c.Y[0], 4*uintptr(c.LdY), &c.Mu[0], &c.Root[0], &c.X[0], &c.Q[0],
			&c.Mean[0], &c.A[0], c.Rate, uintptr(c.L), &bad[0], 4*uintptr(d))
	}
	if d < len(c.Mu) {
		ascendFactorsGo(f[d:], ldf, c.from(d), bad)
	}
}

func factorGradient(g []float32, ldg int, f []float32, ldf int, c FactorStep, M float32) {
	d := whole(len(c.Mu))
	if d > 0 {
		factorGradientNEON(&g[0], 4*uintptr(ldg), &f[0], 4*uintptr(ldf), &c.Y[0], 4*uintptr(c.LdY),
			&c.Mu[0], &c.Root[0], &c.Mean[0], &c.A[0], M, uintptr(c.L), 4*uintptr(d))
	}
	if d < len(c.Mu) {
		factorGradientGo(g[d:], ldg, f[d:], ldf, c.from(d), M)
	}
}

func dot(sums *[Lanes]float32, a, b []float32) {
	n := whole(len(a))
	if n > 0 {
		dotNEON(&sums[0], &a[0], &b[0], uintptr(n))
	}
	dotGo(sums, a[n:], b[n:])
}

func scaleDot(sums *[Lanes]float32, w, s, b []float32) {
	n := whole(len(w))
	if n > 0 {
		scaleDotNEON(&sums[0], &w[0], &s[0], &b[0], uintptr(n))
	}
	scaleDotGo(sums, w[n:], s[n:], b[n:])
}
