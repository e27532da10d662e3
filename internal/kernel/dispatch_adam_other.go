//go:build !amd64 || purego

package kernel

func adam(v, g, m, q []float32, c AdamStep) { adamGo(v, g, m, q, c) }

func factorGradient(g []float32, ldg int, f []float32, ldf int, c FactorStep, M float32) {
	factorGradientGo(g, ldg, f, ldf, c, M)
}
