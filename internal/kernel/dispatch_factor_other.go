//go:build !amd64 || purego

package kernel

func linearBlock(dst, x []float32, off []int32, f Forms, n, d0, d1 int, first bool) {
	linearGo(dst, x, off, f, n, d0, d1, first)
}

func addSquares(dst, p []float32, K, L, n int) { addSquaresGo(dst, p, K, L, n) }

func gather(dst []float32, ld int, x []float32, off []int32, n int) { gatherGo(dst, ld, x, off, n) }

func addOuter(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	addOuterGo(y, ldy, x, ldx, p, L, n)
}

func ascendFactors(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	ascendFactorsGo(f, ldf, c, bad)
}

func dot(sums *[Lanes]float32, a, b []float32) { dotGo(sums, a, b) }

func scaleDot(sums *[Lanes]float32, w, s, b []float32) { scaleDotGo(sums, w, s, b) }
