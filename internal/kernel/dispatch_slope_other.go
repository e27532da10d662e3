//go:build !amd64 || purego

package kernel

func pull(g, x []float32, off []int32, u []float32, live []int32, s Slopes, n int) {
	pullGo(g, x, off, u, live, s, n)
}

func softmaxSlope(u, r, v []float32, live []int32, K, n int) { softmaxSlopeGo(u, r, v, live, K, n) }

func moveWhereEqual(dst, g, src, best []float32) { moveWhereEqualGo(dst, g, src, best) }

func reweigh(dst, r, b, c []float32, low float32, K, n int) { reweighGo(dst, r, b, c, low, K, n) }

func try(dst, x, x0, g, rate, moved, squares []float32, rows, n int) {
	tryGo(dst, x, x0, g, rate, moved, squares, rows, n)
}

func take(x, g, v, slope, x0, kept []float32, pull float32, rows, n int) {
	takeGo(x, g, v, slope, x0, kept, pull, rows, n)
}
