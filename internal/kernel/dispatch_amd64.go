//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go run ./gen -out kernel_amd64.s -stubs kernel_amd64.go -pkg kernel

type version int

const (
	portable version = iota
	useAVX2
	useAVX512
)

func (v version) String() string { return [...]string{"portable", "avx2", "avx512"}[v] }

// active is the version in use; tests change it.
var active = best()

func best() version {
	x := cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasFMA && x.HasAVX2:
		return useAVX512
	case x.HasAVX2 && x.HasFMA:
		return useAVX2
	}
	return portable
}

// CPU names the version of the kernels in use: "avx512", "avx2" or "portable".
func CPU() string { return active.String() }

type scoreFunc func(dst *float32, ldd uintptr, x *float32, off *int32, s, m *float32, ldw, d uintptr, c *float32)

// Score tiles by width in Lanes (first index + 1) and components (second + 1).
var scoreTiles512 = [4][]scoreFunc{
	{scoreAVX512_1x1, scoreAVX512_1x2, scoreAVX512_1x3, scoreAVX512_1x4, scoreAVX512_1x5, scoreAVX512_1x6, scoreAVX512_1x7, scoreAVX512_1x8},
	{scoreAVX512_2x1, scoreAVX512_2x2, scoreAVX512_2x3, scoreAVX512_2x4, scoreAVX512_2x5, scoreAVX512_2x6, scoreAVX512_2x7, scoreAVX512_2x8},
	{scoreAVX512_3x1, scoreAVX512_3x2, scoreAVX512_3x3, scoreAVX512_3x4, scoreAVX512_3x5, scoreAVX512_3x6, scoreAVX512_3x7, scoreAVX512_3x8},
	{scoreAVX512_4x1, scoreAVX512_4x2, scoreAVX512_4x3, scoreAVX512_4x4, scoreAVX512_4x5, scoreAVX512_4x6},
}

var scoreTilesAVX2 = [1][]scoreFunc{{scoreAVX2_2x1, scoreAVX2_2x2, scoreAVX2_2x3, scoreAVX2_2x4, scoreAVX2_2x5}}

func scoreBlock(dst, x []float32, off []int32, w Weights, n, d0, d1 int, first bool) {
	tiles := scoreTilesAVX2[:]
	switch active {
	case portable:
		scoreGo(dst, x, off, w, n, d0, d1, first)
		return
	case useAVX512:
		tiles = scoreTiles512[:]
	}
	for i := 0; i < n; {
		wide := even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for k := 0; k < w.K; {
			kt := even(w.K-k, len(row))
			var c *float32 // nil: go on from dst
			switch {
			case first && d0 == 0:
				c = &w.C[k]
			case first:
				c = &zeros[0]
			}
			row[kt-1](&dst[k*n+i], 4*uintptr(n), &x[i], &off[d0], &w.S[k*w.D+d0], &w.M[k*w.D+d0], 4*uintptr(w.D), uintptr(d1-d0), c)
			k += kt
		}
		i += wide * Lanes
	}
}

// zeros is the start of a part of a score, for the components of the largest tile.
var zeros [8]float32

// even is the size of the next tile when left units are cut into the fewest
// tiles of at most most units, all nearly equal: short tiles run slower.
func even(left, most int) int {
	tiles := (left + most - 1) / most
	return (left + tiles - 1) / tiles
}

type mixFunc func(dst *float32, ldd, dg uintptr, src *float32, lds, sg uintptr, w *float32, ldw, j, groups uintptr)

// Mix tiles by width in Lanes (first index + 1) and rows (second + 1).
var (
	mixTiles512 = [4][]mixFunc{
		{mixAVX512_1x1, mixAVX512_1x2, mixAVX512_1x3, mixAVX512_1x4, mixAVX512_1x5, mixAVX512_1x6, mixAVX512_1x7},
		{mixAVX512_2x1, mixAVX512_2x2, mixAVX512_2x3, mixAVX512_2x4, mixAVX512_2x5, mixAVX512_2x6, mixAVX512_2x7},
		{mixAVX512_3x1, mixAVX512_3x2, mixAVX512_3x3, mixAVX512_3x4, mixAVX512_3x5, mixAVX512_3x6, mixAVX512_3x7},
		{mixAVX512_4x1, mixAVX512_4x2, mixAVX512_4x3, mixAVX512_4x4, mixAVX512_4x5, mixAVX512_4x6, mixAVX512_4x7},
	}
	mixTilesAVX2 = [1][]mixFunc{{mixAVX2_2x1, mixAVX2_2x2, mixAVX2_2x3, mixAVX2_2x4}}
)

func mix(dst, src Grid, groups int, w []float32, R, J, n int) {
	tiles := mixTilesAVX2[:]
	switch active {
	case portable:
		mixGo(dst, src, groups, w, R, J, n)
		return
	case useAVX512:
		tiles = mixTiles512[:]
	}
	for i := 0; i < n; {
		wide := even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for r := 0; r < R; {
			rt := even(R-r, len(row))
			row[rt-1](&dst.V[r*dst.Row+i], 4*uintptr(dst.Row), 4*uintptr(dst.Group), &src.V[i], 4*uintptr(src.Row), 4*uintptr(src.Group),
				&w[r*J], 4*uintptr(J), uintptr(J), uintptr(groups))
			r += rt
		}
		i += wide * Lanes
	}
}

type circulantFunc func(dst *float32, ldd, dg uintptr, src *float32, lds, sg uintptr, w *float32, groups, n uintptr)

// Circulant matrices by size (index + 2).
var (
	circulant512 = []circulantFunc{circulantAVX512_2, circulantAVX512_3, circulantAVX512_4, circulantAVX512_5, circulantAVX512_6, circulantAVX512_7, circulantAVX512_8, circulantAVX512_9, circulantAVX512_10}
	circulant2   = []circulantFunc{circulantAVX2_2, circulantAVX2_3, circulantAVX2_4, circulantAVX2_5, circulantAVX2_6, circulantAVX2_7, circulantAVX2_8, circulantAVX2_9, circulantAVX2_10}
)

func circulant(dst, src Grid, groups int, w []float32, R, n int) {
	if active == portable {
		circulantGo(dst, src, groups, w, R, n)
		return
	}
	if R < 2 || R-2 >= len(circulant512) {
		ring(dst, src, groups, w, R, n)
		return
	}
	f := circulant2[R-2]
	if active == useAVX512 {
		f = circulant512[R-2]
	}
	f(&dst.V[0], 4*uintptr(dst.Row), 4*uintptr(dst.Group), &src.V[0], 4*uintptr(src.Row), 4*uintptr(src.Group), &w[0], uintptr(groups), 4*uintptr(n))
}

// ring is mix for a circulant matrix: its rows lie in w one value before each other. Rows whose band does not go round the
// ring take no more than their band.
func ring(dst, src Grid, groups int, w []float32, R, n int) {
	tiles := mixTilesAVX2[:]
	if active == useAVX512 {
		tiles = mixTiles512[:]
	}
	reach := band(w, R)
	for i := 0; i < n; {
		wide := even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for r := 0; r < R; {
			rt := even(R-r, len(row))
			from, to := max(r-reach, 0), min(r+rt+reach, R)
			if r-reach < 0 || r+rt+reach > R {
				from, to = 0, R
			}
			row[rt-1](&dst.V[r*dst.Row+i], 4*uintptr(dst.Row), 4*uintptr(dst.Group), &src.V[from*src.Row+i], 4*uintptr(src.Row), 4*uintptr(src.Group),
				&w[R-r+from], ^uintptr(3), uintptr(to-from), uintptr(groups)) // ^3 is a stride of −4 bytes
			r += rt
		}
		i += wide * Lanes
	}
}

func bestOf(best []float32, arg []int32, l []float32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		bestGo(best, arg, l, K, n)
		return
	}
	for i := 0; i < n; {
		f, wide := bestAVX2_2, 1
		if active == useAVX512 {
			wide = even((n-i)/Lanes, len(best512))
			f = best512[wide-1]
		}
		f(&best[i], &arg[i], &l[i], uintptr(K), 4*uintptr(n))
		i += wide * Lanes
	}
}

var best512 = [4]func(best *float32, arg *int32, l *float32, rows uintptr, n uintptr){bestAVX512_1, bestAVX512_2, bestAVX512_3, bestAVX512_4}

func topOf(best, l []float32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		topGo(best, l, K, n)
		return
	}
	for i := 0; i < n; {
		f, wide := topAVX2_2, 1
		if active == useAVX512 {
			wide = even((n-i)/Lanes, len(top512))
			f = top512[wide-1]
		}
		f(&best[i], &l[i], uintptr(K), 4*uintptr(n))
		i += wide * Lanes
	}
}

var top512 = [4]func(best *float32, l *float32, rows uintptr, n uintptr){topAVX512_1, topAVX512_2, topAVX512_3, topAVX512_4}

func softmax(r, sum, l, best []float32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		softmaxGo(r, sum, l, best, K, n)
		return
	}
	for i := 0; i < n; {
		f, step := softmaxAVX2_1, Lanes/2
		if active == useAVX512 {
			f, step = softmaxAVX512_1, Lanes
			if n-i >= 2*Lanes {
				f, step = softmaxAVX512_2, 2*Lanes
			}
		}
		f(&r[i], &sum[i], &l[i], &best[i], uintptr(K), 4*uintptr(n))
		i += step
	}
}

func accumulate(X, Q []float32, ld int, x []float32, off []int32, seg []int32, n int) {
	if active == portable || len(off) == 0 {
		accumulateGo(X, Q, ld, x, off, seg, n)
		return
	}
	f, step := accumulateAVX2, 8
	if active == useAVX512 {
		f, step = accumulateAVX512, 16
	}
	for i := 0; i < n; i += step {
		f(&X[0], &Q[0], 4*uintptr(ld), &x[i], &off[0], &seg[i], uintptr(len(off)))
	}
}

func pixels(dst []float32, n int, src []byte, off *[Lanes]int, width int) {
	if active == portable || width < Lanes {
		pixelsGo(dst, n, src, off, width)
		return
	}
	for j := 0; j < width; j += Lanes {
		j := min(j, width-Lanes) // the last tile overlaps: no loop for a rest
		if active == useAVX512 {
			pixelsAVX512(&dst[j*n], 4*uintptr(n), &src[j], &off[0])
			continue
		}
		for half := range 4 {
			i, d := half%2*8, half/2*8
			pixelsAVX2(&dst[(j+d)*n+i], 4*uintptr(n), &src[j+d], &off[i])
		}
	}
}

func addRow(sum []float64, row []float32) {
	whole := len(row) &^ (Lanes - 1)
	if active != portable && whole > 0 {
		f := addAVX2
		if active == useAVX512 {
			f = addAVX512
		}
		f(&sum[0], &row[0], uintptr(whole))
		sum, row = sum[whole:], row[whole:]
	}
	addRowGo(sum, row)
}

func subtractRow(sum []float64, row []float32) {
	whole := len(row) &^ (Lanes - 1)
	if active != portable && whole > 0 {
		f := subtractAVX2
		if active == useAVX512 {
			f = subtractAVX512
		}
		f(&sum[0], &row[0], uintptr(whole))
		sum, row = sum[whole:], row[whole:]
	}
	subtractRowGo(sum, row)
}

func maxInto(dst, src []float32) {
	whole := len(dst) &^ (Lanes - 1)
	if active != portable && whole > 0 {
		f := maxAVX2
		if active == useAVX512 {
			f = maxAVX512
		}
		f(&dst[0], &src[0], 4*uintptr(whole))
		dst, src = dst[whole:], src[whole:]
	}
	maxIntoGo(dst, src)
}

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	f, b := transposeAVX2, 8
	switch active {
	case portable:
		transposeGo(dst, ldd, src, lds, rows, cols)
		return
	case useAVX512:
		f, b = transposeAVX512, 16
	}
	wholeR, wholeC := rows/b*b, cols/b*b
	for r := 0; r < wholeR; r += b {
		for c := 0; c < wholeC; c += b {
			f(&dst[c*ldd+r], 4*uintptr(ldd), &src[r*lds+c], 4*uintptr(lds))
		}
	}
	if wholeC < cols {
		transposeGo(dst[wholeC*ldd:], ldd, src[wholeC:], lds, rows, cols-wholeC)
	}
	if wholeR < rows && wholeC > 0 {
		transposeGo(dst[wholeR:], ldd, src[wholeR*lds:], lds, rows-wholeR, wholeC)
	}
}

func ascend(mu, r, X, Q, fs, fm []float32, c *[5]float32, p *product, bad *[Lanes]float32) {
	n := uintptr(len(mu))
	*bad = [Lanes]float32{}
	switch active { // direct calls: through a variable, the arrays would escape to the heap
	case portable:
		ascendGo(mu, r, X, Q, fs, fm, c, p, bad)
	case useAVX2:
		ascendAVX2(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &c[0], &p.m[0], &p.e[0], &bad[0], n)
	case useAVX512:
		ascendAVX512(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &c[0], &p.m[0], &p.e[0], &bad[0], n)
	}
}

func fma(n int) {
	switch active {
	case portable:
		fmaGo(n)
	case useAVX2:
		fmaAVX2(uintptr(n))
	case useAVX512:
		fmaAVX512(uintptr(n))
	}
}
