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

// simd is the one in use of two versions of a kernel.
func simd[F any](avx2, avx512 F) F {
	if active == useAVX512 {
		return avx512
	}
	return avx2
}

// width is how many items a register of the version in use holds.
func width() int { return simd(Lanes/2, Lanes) }

// strips are the versions of a kernel for items side by side: width of them in AVX2, 1, 2, … times Lanes in AVX-512.
type strips[F any] struct {
	width  int
	avx2   F
	avx512 []F
}

func newStrips[F any](width int, avx2 F, avx512 ...F) *strips[F] {
	return &strips[F]{width, avx2, avx512}
}

// next is the kernel for the first of left items, and how many it takes: the last two strips are nearly equal.
func (s *strips[F]) next(left int) (F, int) {
	if active == useAVX2 {
		return s.avx2, s.width
	}
	wide := left / Lanes
	if most := len(s.avx512); wide > most {
		wide = min((wide+1)/2, most)
	}
	return s.avx512[wide-1], wide * Lanes
}

var (
	bestStrips    = newStrips(Lanes, bestAVX2_2, bestAVX512_1, bestAVX512_2, bestAVX512_3, bestAVX512_4)
	topStrips     = newStrips(Lanes, topAVX2_2, topAVX512_1, topAVX512_2, topAVX512_3, topAVX512_4)
	softmaxStrips = newStrips(Lanes/2, softmaxAVX2_1, softmaxAVX512_1, softmaxAVX512_2)
)

func bestOf(best []float32, arg []int32, l []float32, K, n int) {
	if active == portable || K == 0 {
		bestGo(best, arg, l, K, n)
		return
	}
	for i := 0; i < n; {
		f, width := bestStrips.next(n - i)
		f(&best[i], &arg[i], &l[i], uintptr(K), 4*uintptr(n))
		i += width
	}
}

func topOf(best, l []float32, K, n int) {
	if active == portable || K == 0 {
		topGo(best, l, K, n)
		return
	}
	for i := 0; i < n; {
		f, width := topStrips.next(n - i)
		f(&best[i], &l[i], uintptr(K), 4*uintptr(n))
		i += width
	}
}

func softmax(r, sum, l, best []float32, K, n int) {
	if active == portable || K == 0 {
		softmaxGo(r, sum, l, best, K, n)
		return
	}
	for i := 0; i < n; {
		f, width := softmaxStrips.next(n - i)
		f(&r[i], &sum[i], &l[i], &best[i], uintptr(K), 4*uintptr(n))
		i += width
	}
}

func accumulate(X, Q []float32, ld int, x []float32, off, seg []int32, n int) {
	if active == portable {
		accumulateGo(X, Q, ld, x, off, seg, n)
		return
	}
	f, step := simd(accumulateAVX2, accumulateAVX512), width()
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
	n := whole(len(row))
	if n > 0 {
		simd(addAVX2, addAVX512)(&sum[0], &row[0], uintptr(n))
	}
	addRowGo(sum[n:], row[n:])
}

func subtractRow(sum []float64, row []float32) {
	n := whole(len(row))
	if n > 0 {
		simd(subtractAVX2, subtractAVX512)(&sum[0], &row[0], uintptr(n))
	}
	subtractRowGo(sum[n:], row[n:])
}

func maxInto(dst, src []float32) {
	n := whole(len(dst))
	if n > 0 {
		simd(maxAVX2, maxAVX512)(&dst[0], &src[0], 4*uintptr(n))
	}
	maxIntoGo(dst[n:], src[n:])
}

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	if active == portable {
		transposeGo(dst, ldd, src, lds, rows, cols)
		return
	}
	f, b := simd(transposeAVX2, transposeAVX512), width()
	wholeR, wholeC := rows&^(b-1), cols&^(b-1)
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

// Kernels that take the address of a local variable are called directly: else it would escape to the heap.

func ascend(mu, r, X, Q, fs, fm []float32, b *blockStep) {
	switch n := uintptr(len(mu)); active {
	case portable:
		ascendGo(mu, r, X, Q, fs, fm, b)
	case useAVX2:
		ascendAVX2(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &b.c.S, &b.m[0], &b.e[0], &b.bad[0], n)
	case useAVX512:
		ascendAVX512(&mu[0], &r[0], &X[0], &Q[0], &fs[0], &fm[0], &b.c.S, &b.m[0], &b.e[0], &b.bad[0], n)
	}
}

func adam(v, g, m, q []float32, c AdamStep) {
	n := whole(len(v))
	switch {
	case n > 0 && active == useAVX2:
		adamAVX2(&v[0], &g[0], &m[0], &q[0], &c.Keep, 4*uintptr(n))
	case n > 0:
		adamAVX512(&v[0], &g[0], &m[0], &q[0], &c.Keep, 4*uintptr(n))
	}
	adamGo(v[n:], g[n:], m[n:], q[n:], c)
}

func gradient(gm, gr, mu, r, X, Q []float32, S, M float32) {
	n := whole(len(mu))
	if n > 0 {
		simd(gradientAVX2, gradientAVX512)(&gm[0], &gr[0], &mu[0], &r[0], &X[0], &Q[0], S, M, 4*uintptr(n))
	}
	gradientGo(gm[n:], gr[n:], mu[n:], r[n:], X[n:], Q[n:], S, M)
}

func fma(n int) {
	if active == portable {
		fmaGo(n)
		return
	}
	simd(fmaAVX2, fmaAVX512)(uintptr(n))
}
