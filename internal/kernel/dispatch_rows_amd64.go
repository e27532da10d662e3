//go:build !purego

package kernel

func distances(dst, x []float32, rows int, c []float32, D, whole int, idx []int32) {
	if active == portable {
		distancesGo(dst, x, rows, c, D, whole, idx)
		return
	}
	ldd, ld, n := 4*uintptr(len(idx)), 4*uintptr(D), 4*uintptr(whole)
	for r, high := 0, 0; r < rows; r += high {
		tiles := simd(distancesAVX2, distancesAVX512)[0]
		high = 1
		if active == useAVX512 && rows-r >= 4 {
			tiles, high = distancesAVX512[1], 4
		}
		for k, kt := 0, 0; k < len(idx); k += kt {
			kt = even(len(idx)-k, len(tiles))
			tiles[kt-1](&dst[r*len(idx)+k], ldd, &x[r*D], ld, &c[0], ld, &idx[k], n)
		}
	}
}

func prefetch(x []float32) {
	prefetchLines(&x[0], uintptr(Pad(len(x))/Lanes)) // of 64 bytes
}

// first is the index of a single row.
var first int32

func distance(a, b []float32) (sum float32) {
	switch n := 4 * uintptr(len(a)); active { // direct calls, as in ascend
	case portable:
		return distanceGo(a, b)
	case useAVX2:
		distancesAVX2_1x1(&sum, 0, &a[0], 0, &b[0], 0, &first, n)
	case useAVX512:
		distancesAVX512_1x1(&sum, 0, &a[0], 0, &b[0], 0, &first, n)
	}
	return sum
}

func scoreRow(x []float32, off []int32, s, m []float32, from, limit float32) (score float32) {
	switch pairs := uintptr(len(off) / 2); active {
	case portable:
		return scoreRowGo(x, off, s, m, from, limit)
	case useAVX2:
		scoreRowAVX2(&x[0], &off[0], &s[0], &m[0], pairs, from, limit, &score)
	case useAVX512:
		scoreRowAVX512(&x[0], &off[0], &s[0], &m[0], pairs, from, limit, &score)
	}
	return score
}

func within(mask []uint16, a, b []float32, c float32) {
	if active == portable {
		withinGo(mask, a, b, c)
		return
	}
	simd(withinAVX2, withinAVX512)(&mask[0], &a[0], &b[0], c, uintptr(len(a)))
}

func addMoments(x, q, r []float64, rows []float32, off []int32) {
	whole, count := 0, uintptr(len(off))
	step := func(columns int, f func(x, q, r *float64, rows *float32, off *int32, count, n uintptr)) {
		if n := (len(x) - whole) / columns * columns; n > 0 {
			f(&x[whole], &q[whole], &r[0], &rows[whole], &off[0], count, uintptr(n))
			whole += n
		}
	}
	switch active {
	case useAVX2:
		step(Lanes, momentsAVX2_4)
	case useAVX512:
		step(4*Lanes, momentsAVX512_8)
		step(Lanes, momentsAVX512_2)
	}
	if whole < len(x) {
		addMomentsGo(x[whole:], q[whole:], r, rows[whole:], off)
	}
}
