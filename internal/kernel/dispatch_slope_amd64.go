//go:build !purego

package kernel

func pull(g, x []float32, off []int32, u []float32, live []int32, s Slopes, n int) {
	tiles, tile := uintptr((s.D+slopeTile-1)/slopeTile), uintptr(4*2*slopeTile*s.K)
	rows, count, row := &live[0], uintptr(len(live)), 4*uintptr(n)
	switch active {
	case portable:
		pullGo(g, x, off, u, live, s, n)
	case useAVX2: // half of a tile's dimensions, then the others
		for i := 0; i < n; i += Lanes {
			pullAVX2_2x2(&g[i], &x[i], &off[0], &u[i], row, rows, count, &s.w[0], tile, tiles)
			pullAVX2_2x2(&g[i], &x[i], &off[2], &u[i], row, rows, count, &s.w[2], tile, tiles)
		}
	case useAVX512:
		for i := 0; i < n; i += 2 * Lanes {
			f := pullAVX512_2x4
			if n-i == Lanes {
				f = pullAVX512_1x4
			}
			f(&g[i], &x[i], &off[0], &u[i], row, rows, count, &s.w[0], tile, tiles)
		}
	}
}

func softmaxSlope(u, r, v []float32, live []int32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		softmaxSlopeGo(u, r, v, live, K, n)
		return
	}
	for i := 0; i < n; {
		f, step := softmaxSlopeAVX2_2, Lanes
		if active == useAVX512 {
			f = softmaxSlopeAVX512_1
			if n-i >= 2*Lanes {
				f, step = softmaxSlopeAVX512_2, 2*Lanes
			}
		}
		f(&u[i], &r[i], &v[i], &live[0], uintptr(K), 4*uintptr(n), leastShare)
		i += step
	}
}

func moveWhereEqual(dst, g, src, best []float32) {
	whole := len(dst) &^ (Lanes - 1)
	if active != portable && whole > 0 {
		f := moveAVX2
		if active == useAVX512 {
			f = moveAVX512
		}
		f(&dst[0], &g[0], &src[0], &best[0], 4*uintptr(whole))
		dst, g, src, best = dst[whole:], g[whole:], src[whole:], best[whole:]
	}
	moveWhereEqualGo(dst, g, src, best)
}

func reweigh(dst, r, b, c []float32, low float32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		reweighGo(dst, r, b, c, low, K, n)
		return
	}
	for i := 0; i < n; {
		f, step := reweighAVX2_1, Lanes/2
		if active == useAVX512 {
			f, step = reweighAVX512_1, Lanes
			if n-i >= 2*Lanes {
				f, step = reweighAVX512_2, 2*Lanes
			}
		}
		f(&dst[i], &r[i], &b[i], &c[0], uintptr(K), 4*uintptr(n), low, leastSum)
		i += step
	}
}

func try(dst, x, x0, g, rate, moved, squares []float32, rows, n int) {
	if active == portable || rows == 0 || n == 0 {
		tryGo(dst, x, x0, g, rate, moved, squares, rows, n)
		return
	}
	for i := 0; i < n; {
		f, step := tryAVX2_2, Lanes
		if active == useAVX512 {
			f = tryAVX512_1
			if n-i >= 2*Lanes {
				f, step = tryAVX512_2, 2*Lanes
			}
		}
		f(&dst[i], &x[i], &x0[i], &g[i], &rate[i], &moved[i], &squares[i], uintptr(rows), 4*uintptr(n))
		i += step
	}
}

func take(x, g, v, slope, x0, kept []float32, pull float32, rows, n int) {
	if active == portable || rows == 0 || n == 0 {
		takeGo(x, g, v, slope, x0, kept, pull, rows, n)
		return
	}
	f, step := takeAVX2, Lanes/2
	if active == useAVX512 {
		f, step = takeAVX512, Lanes
	}
	for i := 0; i < n; i += step {
		f(&x[i], &g[i], &v[i], &slope[i], &x0[i], &kept[i], uintptr(rows), 4*uintptr(n), pull)
	}
}
