//go:build !purego

package kernel

// Tables of tiles, which ./gen/neon writes, are by rows (index + 1), for 16 items.

func scoreBlock(dst, x []float32, off []int32, w Weights, n int, p part) {
	if active == portable {
		scoreGo(dst, x, off, w, n, p)
		return
	}
	for i := 0; i < n; i += Lanes {
		for k, kt := 0, 0; k < w.K; k += kt {
			kt = even(w.K-k, len(scoreNEON))
			at := k*w.D + p.d0
			scoreNEON[kt-1](&dst[k*n+i], 4*uintptr(n), &x[i], &off[p.d0], &w.S[at], &w.M[at],
				4*uintptr(w.D), uintptr(p.d1-p.d0), p.start(w.C, k))
		}
	}
}

func linearBlock(dst, x []float32, off []int32, f Forms, n int, p part) {
	if active == portable {
		linearGo(dst, x, off, f, n, p)
		return
	}
	for i := 0; i < n; i += Lanes {
		for r, rt := 0, 0; r < f.R; r += rt {
			rt = even(f.R-r, len(linearNEON))
			linearNEON[rt-1](&dst[r*n+i], 4*uintptr(n), &x[i], &off[p.d0], &f.W[r*f.D+p.d0],
				4*uintptr(f.D), uintptr(p.d1-p.d0), p.start(f.B, r))
		}
	}
}

func mix(dst, src Grid, groups int, w []float32, R, J, n int) {
	if active == portable {
		mixGo(dst, src, groups, w, R, J, n)
		return
	}
	mixRows(&dst, &src, groups, &matrix{w, R, J, 0, J, R}, n)
}

func mixRows(dst, src *Grid, groups int, m *matrix, n int) {
	for i := 0; i < n; i += Lanes {
		for r, rt := 0, 0; r < m.R; r += rt {
			rt = even(m.R-r, len(mixNEON))
			from, to := m.terms(r, rt)
			mixNEON[rt-1](&dst.V[r*dst.Row+i], 4*uintptr(dst.Row), 4*uintptr(dst.Group),
				&src.V[from*src.Row+i], 4*uintptr(src.Row), 4*uintptr(src.Group),
				&m.v[m.first+r*m.row+from], 4*uintptr(m.row), uintptr(to-from), uintptr(groups))
		}
	}
}

func circulant(dst, src Grid, groups int, w []float32, R, n int) {
	switch {
	case active == portable:
		circulantGo(dst, src, groups, w, R, n)
	case R < 2 || R-2 >= len(circulantNEON): // each row lies one value before the last in w
		mixRows(&dst, &src, groups, &matrix{w, R, R, R, -1, band(w, R)}, n)
	default: // from 2 on
		circulantNEON[R-2](&dst.V[0], 4*uintptr(dst.Row), 4*uintptr(dst.Group),
			&src.V[0], 4*uintptr(src.Row), 4*uintptr(src.Group), &w[0], uintptr(groups), 4*uintptr(n))
	}
}

func distances(dst, x []float32, rows int, c []float32, D, whole int, idx []int32) {
	if active == portable {
		distancesGo(dst, x, rows, c, D, whole, idx)
		return
	}
	for r := range rows {
		for k, kt := 0, 0; k < len(idx); k += kt {
			kt = even(len(idx)-k, len(distancesNEON))
			distancesNEON[kt-1](&dst[r*len(idx)+k], &x[r*D], &c[0], 4*uintptr(D), &idx[k], uintptr(whole))
		}
	}
}

// first is the index of a single row.
var first int32

func distance(a, b []float32) (sum float32) {
	if active == portable {
		return distanceGo(a, b)
	}
	distances1NEON(&sum, &a[0], &b[0], 0, &first, uintptr(len(a)))
	return sum
}
