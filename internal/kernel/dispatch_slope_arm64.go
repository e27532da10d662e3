//go:build !purego

package kernel

func pull(g, x []float32, off []int32, u []float32, live []int32, s Slopes, n int) {
	if active == portable {
		pullGo(g, x, off, u, live, s, n)
		return
	}
	tiles, tile := uintptr((s.D+slopeTile-1)/slopeTile), uintptr(4*2*slopeTile*s.K)
	for i := 0; i < n; i += Lanes / 2 {
		pullNEON(&g[i], &x[i], &off[0], &u[i], 4*uintptr(n), &live[0], uintptr(len(live)), &s.w[0], tile, tiles)
	}
}

func softmaxSlope(u, r, v []float32, live []int32, K, n int) {
	if active == portable || K == 0 {
		softmaxSlopeGo(u, r, v, live, K, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		softmaxSlopeNEON(&u[i], &r[i], &v[i], &live[0], uintptr(K), 4*uintptr(n), leastShare)
	}
}

func moveWhereEqual(dst, g, src, best []float32) {
	n := whole(len(dst))
	if n > 0 {
		moveNEON(&dst[0], &g[0], &src[0], &best[0], 4*uintptr(n))
	}
	moveWhereEqualGo(dst[n:], g[n:], src[n:], best[n:])
}

func reweigh(dst, r, b, c []float32, low float32, K, n int) {
	if active == portable || K == 0 {
		reweighGo(dst, r, b, c, low, K, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		reweighNEON(&dst[i], &r[i], &b[i], &c[0], uintptr(K), 4*uintptr(n), low, leastSum)
	}
}

func try(dst []float32, t *Trial, rows, n int) {
	if active == portable || rows == 0 {
		tryGo(dst, t, rows, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		tryNEON(&dst[i], &t.X[i], &t.X0[i], &t.Gradient[i], &t.Rate[i], &t.Moved[i], &t.Squares[i],
			uintptr(rows), 4*uintptr(n))
	}
}

func take(x, g []float32, a *Accepted, rows, n int) {
	if active == portable || rows == 0 {
		takeGo(x, g, a, rows, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		takeNEON(&x[i], &g[i], &a.V[i], &a.Gradient[i], &a.X0[i], &a.Kept[i], uintptr(rows), 4*uintptr(n), a.Penalty)
	}
}
