//go:build !amd64 || purego

package kernel

func prefetch([]float32) {}

func distance(a, b []float32) float32 { return distanceGo(a, b) }

func distances(dst, x []float32, rows int, c []float32, D, whole int, idx []int32) {
	distancesGo(dst, x, rows, c, D, whole, idx)
}

func scoreRow(x []float32, off []int32, s, m []float32, from, limit float32) float32 {
	return scoreRowGo(x, off, s, m, from, limit)
}

func within(mask []uint16, a, b []float32, c float32) { withinGo(mask, a, b, c) }

func addMoments(x, q, r []float64, rows []float32, off []int32) { addMomentsGo(x, q, r, rows, off) }
