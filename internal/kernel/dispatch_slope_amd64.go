//go:build !purego

package kernel

var (
	pullStrips         = newStrips(Lanes, pullAVX2_2x2, pullAVX512_1x4, pullAVX512_2x4)
	softmaxSlopeStrips = newStrips(Lanes, softmaxSlopeAVX2_2, softmaxSlopeAVX512_1, softmaxSlopeAVX512_2)
	reweighStrips      = newStrips(Lanes/2, reweighAVX2_1, reweighAVX512_1, reweighAVX512_2)
	tryStrips          = newStrips(Lanes, tryAVX2_2, tryAVX512_1, tryAVX512_2)
)

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
		for i := 0; i < n; {
			f, width := pullStrips.next(n - i)
			f(&g[i], &x[i], &off[0], &u[i], row, rows, count, &s.w[0], tile, tiles)
			i += width
		}
	}
}

func softmaxSlope(u, r, v []float32, live []int32, K, n int) {
	if active == portable || K == 0 {
		softmaxSlopeGo(u, r, v, live, K, n)
		return
	}
	for i := 0; i < n; {
		f, width := softmaxSlopeStrips.next(n - i)
		f(&u[i], &r[i], &v[i], &live[0], uintptr(K), 4*uintptr(n), leastShare)
		i += width
	}
}

func moveWhereEqual(dst, g, src, best []float32) {
	n := whole(len(dst))
	if n > 0 {
		simd(moveAVX2, moveAVX512)(&dst[0], &g[0], &src[0], &best[0], 4*uintptr(n))
	}
	moveWhereEqualGo(dst[n:], g[n:], src[n:], best[n:])
}

func reweigh(dst, r, b, c []float32, low float32, K, n int) {
	if active == portable || K == 0 {
		reweighGo(dst, r, b, c, low, K, n)
		return
	}
	for i := 0; i < n; {
		f, width := reweighStrips.next(n - i)
		f(&dst[i], &r[i], &b[i], &c[0], uintptr(K), 4*uintptr(n), low, leastSum)
		i += width
	}
}

func try(dst []float32, t *Trial, rows, n int) {
	if active == portable || rows == 0 {
		tryGo(dst, t, rows, n)
		return
	}
	for i := 0; i < n; {
		f, width := tryStrips.next(n - i)
		f(&dst[i], &t.X[i], &t.X0[i], &t.Gradient[i], &t.Rate[i], &t.Moved[i], &t.Squares[i],
			uintptr(rows), 4*uintptr(n))
		i += width
	}
}

func take(x, g []float32, a *Accepted, rows, n int) {
	if active == portable || rows == 0 {
		takeGo(x, g, a, rows, n)
		return
	}
	f, step := simd(takeAVX2, takeAVX512), width()
	for i := 0; i < n; i += step {
		f(&x[i], &g[i], &a.V[i], &a.Gradient[i], &a.X0[i], &a.Kept[i], uintptr(rows), 4*uintptr(n), a.Penalty)
	}
}
