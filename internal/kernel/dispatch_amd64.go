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

func scoreBlock(dst, x []float32, off []int32, w Weights, n, d0, d1 int) {
	tiles := scoreTilesAVX2[:]
	switch active {
	case portable:
		scoreGo(dst, x, off, w, n, d0, d1)
		return
	case useAVX512:
		tiles = scoreTiles512[:]
	}
	for i := 0; i < n; {
		wide := even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for k := 0; k < w.K; {
			kt := even(w.K-k, len(row))
			var c *float32
			if d0 == 0 {
				c = &w.C[k]
			}
			row[kt-1](&dst[k*n+i], 4*uintptr(n), &x[i], &off[d0], &w.S[k*w.D+d0], &w.M[k*w.D+d0], 4*uintptr(w.D), uintptr(d1-d0), c)
			k += kt
		}
		i += wide * Lanes
	}
}

// even is the size of the next tile when left units are cut into the fewest
// tiles of at most most units, all nearly equal: short tiles run slower.
func even(left, most int) int {
	tiles := (left + most - 1) / most
	return (left + tiles - 1) / tiles
}

type mixFunc func(dst *float32, ldd uintptr, src *float32, lds uintptr, w *float32, ldw, j uintptr)

var (
	mix512x4 = []mixFunc{mixAVX512_4x1, mixAVX512_4x2, mixAVX512_4x3, mixAVX512_4x4, mixAVX512_4x5, mixAVX512_4x6}
	mix512x1 = []mixFunc{mixAVX512_1x1, mixAVX512_1x2, mixAVX512_1x3, mixAVX512_1x4, mixAVX512_1x5, mixAVX512_1x6}
	mix2x2   = []mixFunc{mixAVX2_2x1, mixAVX2_2x2, mixAVX2_2x3, mixAVX2_2x4}
)

func mix(dst []float32, ldd int, src []float32, lds int, w []float32, R, J, n int) {
	if active == portable {
		mixGo(dst, ldd, src, lds, w, R, J, n)
		return
	}
	for i := 0; i < n; {
		tiles, step := mix2x2, Lanes
		if active == useAVX512 {
			tiles = mix512x1
			if n-i >= 4*Lanes {
				tiles, step = mix512x4, 4*Lanes
			}
		}
		for r := 0; r < R; {
			rt := even(R-r, len(tiles))
			tiles[rt-1](&dst[r*ldd+i], 4*uintptr(ldd), &src[i], 4*uintptr(lds), &w[r*J], 4*uintptr(J), uintptr(J))
			r += rt
		}
		i += step
	}
}

func bestOf(best []float32, arg []int32, l []float32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		bestGo(best, arg, l, K, n)
		return
	}
	f := bestAVX2
	if active == useAVX512 {
		f = bestAVX512
	}
	f(&best[0], &arg[0], &l[0], uintptr(K), 4*uintptr(n))
}

func softmax(r, sum, l, best []float32, K, n int) {
	if active == portable || K == 0 || n == 0 {
		softmaxGo(r, sum, l, best, K, n)
		return
	}
	f := softmaxAVX2
	if active == useAVX512 {
		f = softmaxAVX512
	}
	f(&r[0], &sum[0], &l[0], &best[0], uintptr(K), 4*uintptr(n))
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

func ascend(mu, r, X, Q, fs, fm []float32, c *[5]float32, prod *[stepBlocks * Lanes]float32, bad *[Lanes]float32) {
	n := uintptr(len(mu))
	*bad = [Lanes]float32{}
	switch active { // direct calls: through a variable, the arrays would escape to the heap
	case portable:
		ascendGo(mu, r, X, Q, fs, fm, c, prod, bad)
	case useAVX2:
		ascendAVX2(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &c[0], &prod[0], &bad[0], n)
	case useAVX512:
		ascendAVX512(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &c[0], &prod[0], &bad[0], n)
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
