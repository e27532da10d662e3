//go:build !amd64 || purego

package kernel

// CPU names the version of the kernels in use: "avx512", "avx2" or "portable".
func CPU() string { return "portable" }

func scoreBlock(dst, x []float32, off []int32, w Weights, n int, p part) {
	scoreGo(dst, x, off, w, n, p)
}
func linearBlock(dst, x []float32, off []int32, f Forms, n int, p part) {
	linearGo(dst, x, off, f, n, p)
}
func mix(dst, src Grid, groups int, w []float32, R, J, n int) {
	mixGo(dst, src, groups, w, R, J, n)
}
func circulant(dst, src Grid, groups int, w []float32, R, n int) {
	circulantGo(dst, src, groups, w, R, n)
}
func bestOf(best []float32, arg []int32, l []float32, K, n int) { bestGo(best, arg, l, K, n) }
func topOf(best, l []float32, K, n int)                         { topGo(best, l, K, n) }
func softmax(r, sum, l, best []float32, K, n int)               { softmaxGo(r, sum, l, best, K, n) }
func accumulate(X, Q []float32, ld int, x []float32, off, seg []int32, n int) {
	accumulateGo(X, Q, ld, x, off, seg, n)
}
func pixels(dst []float32, n int, src []byte, off *[Lanes]int, width int) {
	pixelsGo(dst, n, src, off, width)
}
func addRow(sum []float64, row []float32)      { addRowGo(sum, row) }
func subtractRow(sum []float64, row []float32) { subtractRowGo(sum, row) }
func maxInto(dst, src []float32)               { maxIntoGo(dst, src) }
func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	transposeGo(dst, ldd, src, lds, rows, cols)
}
func ascend(mu, r, X, Q, fs, fm []float32, b *blockStep) { ascendGo(mu, r, X, Q, fs, fm, b) }
func fma(n int)                                          { fmaGo(n) }
func adam(v, g, m, q []float32, c AdamStep)              { adamGo(v, g, m, q, c) }

func addSquares(dst, p []float32, K, L, n int)                      { addSquaresGo(dst, p, K, L, n) }
func gather(dst []float32, ld int, x []float32, off []int32, n int) { gatherGo(dst, ld, x, off, n) }
func addOuter(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	addOuterGo(y, ldy, x, ldx, p, L, n)
}
func ascendFactors(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	ascendFactorsGo(f, ldf, c, bad)
}
func factorGradient(g []float32, ldg int, f []float32, ldf int, c FactorStep, M float32) {
	factorGradientGo(g, ldg, f, ldf, c, M)
}
func dot(sums *[Lanes]float32, a, b []float32)         { dotGo(sums, a, b) }
func scaleDot(sums *[Lanes]float32, w, s, b []float32) { scaleDotGo(sums, w, s, b) }

func prefetch([]float32)              {}
func distance(a, b []float32) float32 { return distanceGo(a, b) }
func distances(dst, x []float32, rows int, c []float32, D, whole int, idx []int32) {
	distancesGo(dst, x, rows, c, D, whole, idx)
}
func scoreRow(x []float32, off []int32, s, m []float32, from, limit float32) float32 {
	return scoreRowGo(x, off, s, m, from, limit)
}
func within(mask []uint16, a, b []float32, c float32)           { withinGo(mask, a, b, c) }
func addMoments(x, q, r []float64, rows []float32, off []int32) { addMomentsGo(x, q, r, rows, off) }

func pull(g, x []float32, off []int32, u []float32, live []int32, s Slopes, n int) {
	pullGo(g, x, off, u, live, s, n)
}
func softmaxSlope(u, r, v []float32, live []int32, K, n int) { softmaxSlopeGo(u, r, v, live, K, n) }
func moveWhereEqual(dst, g, src, best []float32)             { moveWhereEqualGo(dst, g, src, best) }
func reweigh(dst, r, b, c []float32, low float32, K, n int)  { reweighGo(dst, r, b, c, low, K, n) }
func try(dst []float32, t Trial, rows, n int)                { tryGo(dst, t, rows, n) }
func take(x, g []float32, a Accepted, rows, n int)           { takeGo(x, g, a, rows, n) }
