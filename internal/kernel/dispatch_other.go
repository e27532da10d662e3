//go:build !amd64 || purego

package kernel

func scoreBlock(dst, x []float32, off []int32, w Weights, n, d0, d1 int, first bool) {
	scoreGo(dst, x, off, w, n, d0, d1, first)
}

func mix(dst, src Grid, groups int, w []float32, R, J, n int) {
	mixGo(dst, src, groups, w, R, J, n)
}

func addRow(sum []float64, row []float32) { addRowGo(sum, row) }

func subtractRow(sum []float64, row []float32) { subtractRowGo(sum, row) }

func bestOf(best []float32, arg []int32, l []float32, K, n int) { bestGo(best, arg, l, K, n) }

func softmax(r, sum, l, best []float32, K, n int) { softmaxGo(r, sum, l, best, K, n) }

func accumulate(X, Q []float32, ld int, x []float32, off []int32, seg []int32, n int) {
	accumulateGo(X, Q, ld, x, off, seg, n)
}

func maxInto(dst, src []float32) { maxIntoGo(dst, src) }

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	transposeGo(dst, ldd, src, lds, rows, cols)
}

// CPU names the version of the kernels in use: "avx512", "avx2" or "portable".
func CPU() string { return "portable" }

func ascend(mu, r, X, Q, fs, fm []float32, c *[5]float32, p *product, bad *[Lanes]float32) {
	*bad = [Lanes]float32{}
	ascendGo(mu, r, X, Q, fs, fm, c, p, bad)
}

func fma(n int) { fmaGo(n) }

func topOf(best, l []float32, K, n int) { topGo(best, l, K, n) }

func pixels(dst []float32, n int, src []byte, off *[Lanes]int, width int) {
	pixelsGo(dst, n, src, off, width)
}

func circulant(dst, src Grid, groups int, w []float32, R, n int) {
	circulantGo(dst, src, groups, w, R, n)
}
