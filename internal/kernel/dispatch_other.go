//go:build !amd64 || purego

package kernel

func scoreBlock(dst, x []float32, off []int32, w Weights, n, d0, d1 int) {
	scoreGo(dst, x, off, w, n, d0, d1)
}

func mix(dst []float32, ldd int, src []float32, lds int, w []float32, R, J, n int) {
	mixGo(dst, ldd, src, lds, w, R, J, n)
}

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

func ascend(mu, r, X, Q, fs, fm []float32, c *[5]float32, prod *[stepBlocks * Lanes]float32, bad *[Lanes]float32) {
	*bad = [Lanes]float32{}
	ascendGo(mu, r, X, Q, fs, fm, c, prod, bad)
}

func fma(n int) { fmaGo(n) }
