//go:build !amd64 || purego

package kernel

func adam(v, g, m, q []float32, c AdamStep) { adamGo(v, g, m, q, c) }

func factorGradient(g []float32, ldg int, f []float32, ldf int, mu, r, Y []float32, ldy int, c FactorStep, M float32) {
	factorGradientGo(g, ldg, f, ldf, mu, r, Y, ldy, c, M)
}
