//go:build !purego

package kernel

type version int

const (
	portable version = iota
	useNEON
)

func (v version) String() string { return [...]string{"portable", "neon"}[v] }

// active is the version in use; tests change it. Every 64-bit Arm processor for Linux or macOS has NEON.
var active = useNEON

// CPU names the version of the kernels in use: "neon".
func CPU() string { return active.String() }

func bestOf(best []float32, arg []int32, l []float32, K, n int) {
	if active == portable || K == 0 {
		bestGo(best, arg, l, K, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		bestNEON(&best[i], &arg[i], &l[i], uintptr(K), 4*uintptr(n))
	}
}

func topOf(best, l []float32, K, n int) {
	if active == portable || K == 0 {
		topGo(best, l, K, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		topNEON(&best[i], &l[i], uintptr(K), 4*uintptr(n))
	}
}

func softmax(r, sum, l, best []float32, K, n int) {
	if active == portable || K == 0 {
		softmaxGo(r, sum, l, best, K, n)
		return
	}
	for i := 0; i < n; i += Lanes {
		softmaxNEON(&r[i], &sum[i], &l[i], &best[i], uintptr(K), 4*uintptr(n))
	}
}

func accumulate(X, Q []float32, ld int, x []float32, off, seg []int32, n int) {
	if active == portable {
		accumulateGo(X, Q, ld, x, off, seg, n)
		return
	}
	for i := 0; i < n; i += 4 {
		accumulateNEON(&X[0], &Q[0], 4*uintptr(ld), &x[i], &off[0], &seg[i], uintptr(len(off)))
	}
}

func pixels(dst []float32, n int, src []byte, off *[Lanes]int, width int) {
	if active == portable || width < Lanes {
		pixelsGo(dst, n, src, off, width)
		return
	}
	for j := 0; j < width; j += Lanes {
		j := min(j, width-Lanes) // the last tile overlaps: no loop for a rest
		for i := 0; i < Lanes; i += 4 {
			pixelsNEON(&dst[j*n+i], 4*uintptr(n), &src[j], &off[i])
		}
	}
}

func addRow(sum []float64, row []float32) {
	n := whole(len(row))
	if n > 0 {
		addNEON(&sum[0], &row[0], uintptr(n))
	}
	addRowGo(sum[n:], row[n:])
}

func subtractRow(sum []float64, row []float32) {
	n := whole(len(row))
	if n > 0 {
		subtractNEON(&sum[0], &row[0], uintptr(n))
	}
	subtractRowGo(sum[n:], row[n:])
}

func maxInto(dst, src []float32) {
	n := whole(len(dst))
	if n > 0 {
		maxNEON(&dst[0], &src[0], 4*uintptr(n))
	}
	maxIntoGo(dst[n:], src[n:])
}

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	if active == portable {
		transposeGo(dst, ldd, src, lds, rows, cols)
		return
	}
	wholeR, wholeC := rows&^3, cols&^3
	for r := 0; r < wholeR && wholeC > 0; r += 4 {
		transposeNEON(&dst[r], 4*uintptr(ldd), &src[r*lds], 4*uintptr(lds), uintptr(wholeC))
	}
	if wholeC < cols {
		transposeGo(dst[wholeC*ldd:], ldd, src[wholeC:], lds, rows, cols-wholeC)
	}
	if wholeR < rows && wholeC > 0 {
		transposeGo(dst[wholeR:], ldd, src[wholeR*lds:], lds, rows-wholeR, wholeC)
	}
}

func ascend(mu, r, X, Q, fs, fm []float32, b *blockStep) {
	if active == portable {
		ascendGo(mu, r, X, Q, fs, fm, b)
		return
	}
	ascendNEON(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &b.c.S, &b.m[0], &b.e[0], &b.bad[0], uintptr(len(mu)))
}

func adam(v, g, m, q []float32, c AdamStep) {
	n := whole(len(v))
	if n > 0 {
		adamNEON(&v[0], &g[0], &m[0], &q[0], &c.Keep, 4*uintptr(n))
	}
	adamGo(v[n:], g[n:], m[n:], q[n:], c)
}

func gradient(gm, gr, mu, r, X, Q []float32, S, M float32) {
	n := whole(len(mu))
	if n > 0 {
		gradientNEON(&gm[0], &gr[0], &mu[0], &r[0], &X[0], &Q[0], S, M, 4*uintptr(n))
	}
	gradientGo(gm[n:], gr[n:], mu[n:], r[n:], X[n:], Q[n:], S, M)
}

func fma(n int) {
	if active == portable {
		fmaGo(n)
		return
	}
	fmaNEON(uintptr(n))
}
