//go:build !purego

package kernel

func addSquares(dst, p []float32, K, L, n int) {
	if active == portable {
		addSquaresGo(dst, p, K, L, n)
		return
	}
	f, step := simd(squaresAVX2, squaresAVX512), width()
	for i := 0; i < n; i += step {
		f(&dst[i], &p[i], uintptr(K), uintptr(L), 4*uintptr(n))
	}
}

func gather(dst []float32, ld int, x []float32, off []int32, n int) {
	if active == portable {
		gatherGo(dst, ld, x, off, n)
		return
	}
	f, step := simd(gatherAVX2, gatherAVX512), width()
	for i := 0; i < n; i += step {
		f(&dst[i*ld], 4*uintptr(ld), &x[i], &off[0], uintptr(len(off)))
	}
}

func addOuter(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	if active == portable {
		addOuterGo(y, ldy, x, ldx, p, L, n)
		return
	}
	simd(outerAVX2, outerAVX512)(&y[0], 4*uintptr(ldy), &x[0], 4*uintptr(ldx), &p.Item[0], &p.Row[0], &p.A[0],
		uintptr(L), uintptr(len(p.Item)), 4*uintptr(n))
}

func ascendFactors(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	d := whole(len(c.Mu))
	ldfBytes, ldyBytes, L, n := 4*uintptr(ldf), 4*uintptr(c.LdY), uintptr(c.L), 4*uintptr(d)
	switch { // direct calls, as in ascend
	case n > 0 && active == useAVX2:
		ascendFactorsAVX2(&f[0], ldfBytes, &c.Y[0], ldyBytes, &c.Mu[0], &c.Root[0], &c.X[0], &c.Q[0],
			&c.Mean[0], &c.A[0], c.Rate, L, &bad[0], n)
	case n > 0:
		ascendFactorsAVX512(&f[0], ldfBytes, &c.Y[0], ldyBytes, &c.Mu[0], &c.Root[0], &c.X[0], &c.Q[0],
			&c.Mean[0], &c.A[0], c.Rate, L, &bad[0], n)
	}
	if d < len(c.Mu) {
		ascendFactorsGo(f[d:], ldf, c.from(d), bad)
	}
}

func factorGradient(g []float32, ldg int, f []float32, ldf int, c FactorStep, M float32) {
	d := whole(len(c.Mu))
	if d > 0 {
		simd(factorGradientAVX2, factorGradientAVX512)(&g[0], 4*uintptr(ldg), &f[0], 4*uintptr(ldf),
			&c.Y[0], 4*uintptr(c.LdY), &c.Mu[0], &c.Root[0], &c.Mean[0], &c.A[0], M, uintptr(c.L), 4*uintptr(d))
	}
	if d < len(c.Mu) {
		factorGradientGo(g[d:], ldg, f[d:], ldf, c.from(d), M)
	}
}

func dot(sums *[Lanes]float32, a, b []float32) {
	n := whole(len(a))
	switch {
	case n > 0 && active == useAVX2:
		dotAVX2(&sums[0], &a[0], &b[0], uintptr(n))
	case n > 0:
		dotAVX512(&sums[0], &a[0], &b[0], uintptr(n))
	}
	dotGo(sums, a[n:], b[n:])
}

func scaleDot(sums *[Lanes]float32, w, s, b []float32) {
	n := whole(len(w))
	switch {
	case n > 0 && active == useAVX2:
		scaleDotAVX2(&sums[0], &w[0], &s[0], &b[0], uintptr(n))
	case n > 0:
		scaleDotAVX512(&sums[0], &w[0], &s[0], &b[0], uintptr(n))
	}
	scaleDotGo(sums, w[n:], s[n:], b[n:])
}
