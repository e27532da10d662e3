//go:build !purego

package kernel

// Tables of tiles, which ./gen writes, are by width in Lanes (first index + 1) and rows (second + 1).

func scoreBlock(dst, x []float32, off []int32, w Weights, n int, p part) {
	if active == portable {
		scoreGo(dst, x, off, w, n, p)
		return
	}
	tiles := simd(scoreAVX2, scoreAVX512)
	for i, wide := 0, 0; i < n; i += wide * Lanes {
		wide = even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for k, kt := 0, 0; k < w.K; k += kt {
			kt = even(w.K-k, len(row))
			at := k*w.D + p.d0
			row[kt-1](&dst[k*n+i], 4*uintptr(n), &x[i], &off[p.d0], &w.S[at], &w.M[at],
				4*uintptr(w.D), uintptr(p.d1-p.d0), p.start(w.C, k))
		}
	}
}

func linearBlock(dst, x []float32, off []int32, f Forms, n int, p part) {
	if active == portable {
		linearGo(dst, x, off, f, n, p)
		return
	}
	tiles := simd(linearAVX2, linearAVX512)
	for i, wide := 0, 0; i < n; i += wide * Lanes {
		wide = even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for r, rt := 0, 0; r < f.R; r += rt {
			rt = even(f.R-r, len(row))
			row[rt-1](&dst[r*n+i], 4*uintptr(n), &x[i], &off[p.d0], &f.W[r*f.D+p.d0],
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
	tiles := simd(mixAVX2, mixAVX512)
	for i, wide := 0, 0; i < n; i += wide * Lanes {
		wide = even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for r, rt := 0, 0; r < m.R; r += rt {
			rt = even(m.R-r, len(row))
			from, to := m.terms(r, rt)
			row[rt-1](&dst.V[r*dst.Row+i], 4*uintptr(dst.Row), 4*uintptr(dst.Group),
				&src.V[from*src.Row+i], 4*uintptr(src.Row), 4*uintptr(src.Group),
				&m.v[m.first+r*m.row+from], 4*uintptr(m.row), uintptr(to-from), uintptr(groups))
		}
	}
}

func circulant(dst, src Grid, groups int, w []float32, R, n int) {
	sizes := simd(circulantAVX2, circulantAVX512)[0] // from 2 on
	switch {
	case active == portable:
		circulantGo(dst, src, groups, w, R, n)
	case R < 2 || R-2 >= len(sizes): // each row lies one value before the last in w
		mixRows(&dst, &src, groups, &matrix{w, R, R, R, -1, band(w, R)}, n)
	default:
		sizes[R-2](&dst.V[0], 4*uintptr(dst.Row), 4*uintptr(dst.Group),
			&src.V[0], 4*uintptr(src.Row), 4*uintptr(src.Group), &w[0], uintptr(groups), 4*uintptr(n))
	}
}
