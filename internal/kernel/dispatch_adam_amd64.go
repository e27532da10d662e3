//go:build !purego

package kernel

func adam(v, g, m, q []float32, c AdamStep) {
	switch n := 4 * uintptr(len(v)); active { // direct calls, as in ascend
	case portable:
		adamGo(v, g, m, q, c)
	case useAVX2:
		adamAVX2(&v[0], &g[0], &m[0], &q[0], &c.Keep, n)
	case useAVX512:
		adamAVX512(&v[0], &g[0], &m[0], &q[0], &c.Keep, n)
	}
}

func factorGradient(g []float32, ldg int, f []float32, ldf int, c FactorStep, M float32) {
	ldgBytes, ldfBytes, ldyBytes, L, n := 4*uintptr(ldg), 4*uintptr(ldf), 4*uintptr(c.LdY), uintptr(c.L), 4*uintptr(len(c.Mu))
	switch active {
	case portable:
		factorGradientGo(g, ldg, f, ldf, c, M)
	case useAVX2:
		factorGradientAVX2(&g[0], ldgBytes, &f[0], ldfBytes, &c.Y[0], ldyBytes, &c.Mu[0], &c.Root[0], &c.Mean[0], &c.A[0], M, L, n)
	case useAVX512:
		factorGradientAVX512(&g[0], ldgBytes, &f[0], ldfBytes, &c.Y[0], ldyBytes, &c.Mu[0], &c.Root[0], &c.Mean[0], &c.A[0], M, L, n)
	}
}
