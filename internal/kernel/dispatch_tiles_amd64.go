//go:build !purego

package kernel

// Tiles by width in Lanes (first index + 1) and rows (second + 1).

type (
	scoreFunc  func(dst *float32, ldd uintptr, x *float32, off *int32, s, m *float32, ldw, d uintptr, c *float32)
	linearFunc func(dst *float32, ldd uintptr, x *float32, off *int32, w *float32, ldw, d uintptr, b *float32)
	mixFunc    func(dst *float32, ldd, dg uintptr, src *float32, lds, sg uintptr, w *float32, ldw, j, groups uintptr)
)

var scoreTilesAVX2 = [][]scoreFunc{{scoreAVX2_2x1, scoreAVX2_2x2, scoreAVX2_2x3, scoreAVX2_2x4, scoreAVX2_2x5}}

var scoreTiles512 = [][]scoreFunc{
	{scoreAVX512_1x1, scoreAVX512_1x2, scoreAVX512_1x3, scoreAVX512_1x4,
		scoreAVX512_1x5, scoreAVX512_1x6, scoreAVX512_1x7, scoreAVX512_1x8},
	{scoreAVX512_2x1, scoreAVX512_2x2, scoreAVX512_2x3, scoreAVX512_2x4,
		scoreAVX512_2x5, scoreAVX512_2x6, scoreAVX512_2x7, scoreAVX512_2x8},
	{scoreAVX512_3x1, scoreAVX512_3x2, scoreAVX512_3x3, scoreAVX512_3x4,
		scoreAVX512_3x5, scoreAVX512_3x6, scoreAVX512_3x7, scoreAVX512_3x8},
	{scoreAVX512_4x1, scoreAVX512_4x2, scoreAVX512_4x3, scoreAVX512_4x4, scoreAVX512_4x5, scoreAVX512_4x6},
}

var linearTilesAVX2 = [][]linearFunc{{linearAVX2_2x1, linearAVX2_2x2, linearAVX2_2x3, linearAVX2_2x4}}

var linearTiles512 = [][]linearFunc{
	{linearAVX512_1x1, linearAVX512_1x2, linearAVX512_1x3, linearAVX512_1x4,
		linearAVX512_1x5, linearAVX512_1x6, linearAVX512_1x7},
	{linearAVX512_2x1, linearAVX512_2x2, linearAVX512_2x3, linearAVX512_2x4,
		linearAVX512_2x5, linearAVX512_2x6, linearAVX512_2x7},
	{linearAVX512_3x1, linearAVX512_3x2, linearAVX512_3x3, linearAVX512_3x4,
		linearAVX512_3x5, linearAVX512_3x6, linearAVX512_3x7},
	{linearAVX512_4x1, linearAVX512_4x2, linearAVX512_4x3, linearAVX512_4x4,
		linearAVX512_4x5, linearAVX512_4x6, linearAVX512_4x7},
}

var mixTilesAVX2 = [][]mixFunc{{mixAVX2_2x1, mixAVX2_2x2, mixAVX2_2x3, mixAVX2_2x4}}

var mixTiles512 = [][]mixFunc{
	{mixAVX512_1x1, mixAVX512_1x2, mixAVX512_1x3, mixAVX512_1x4, mixAVX512_1x5, mixAVX512_1x6, mixAVX512_1x7},
	{mixAVX512_2x1, mixAVX512_2x2, mixAVX512_2x3, mixAVX512_2x4, mixAVX512_2x5, mixAVX512_2x6, mixAVX512_2x7},
	{mixAVX512_3x1, mixAVX512_3x2, mixAVX512_3x3, mixAVX512_3x4, mixAVX512_3x5, mixAVX512_3x6, mixAVX512_3x7},
	{mixAVX512_4x1, mixAVX512_4x2, mixAVX512_4x3, mixAVX512_4x4, mixAVX512_4x5, mixAVX512_4x6, mixAVX512_4x7},
}

// even is the size of the next tile when left units are cut into the fewest
// tiles of at most most units, all nearly equal: short tiles run slower.
func even(left, most int) int {
	tiles := (left + most - 1) / most
	return (left + tiles - 1) / tiles
}

func scoreBlock(dst, x []float32, off []int32, w Weights, n int, p part) {
	if active == portable {
		scoreGo(dst, x, off, w, n, p)
		return
	}
	tiles := simd(scoreTilesAVX2, scoreTiles512)
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
	tiles := simd(linearTilesAVX2, linearTiles512)
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

// matrix is R×J weights: row r begins at v[first+r·row]. Rows take no more than the terms within reach of r, unless
// these go round the ends.
type matrix struct {
	v                       []float32
	R, J, first, row, reach int
}

func mix(dst, src Grid, groups int, w []float32, R, J, n int) {
	if active == portable {
		mixGo(dst, src, groups, w, R, J, n)
		return
	}
	mixRows(dst, src, groups, matrix{w, R, J, 0, J, R}, n)
}

func mixRows(dst, src Grid, groups int, m matrix, n int) {
	tiles := simd(mixTilesAVX2, mixTiles512)
	for i, wide := 0, 0; i < n; i += wide * Lanes {
		wide = even((n-i)/Lanes, len(tiles))
		row := tiles[wide-1]
		for r, rt := 0, 0; r < m.R; r += rt {
			rt = even(m.R-r, len(row))
			from, to := r-m.reach, r+rt+m.reach
			if from < 0 || to > m.R {
				from, to = 0, m.J
			}
			row[rt-1](&dst.V[r*dst.Row+i], 4*uintptr(dst.Row), 4*uintptr(dst.Group),
				&src.V[from*src.Row+i], 4*uintptr(src.Row), 4*uintptr(src.Group),
				&m.v[m.first+r*m.row+from], 4*uintptr(m.row), uintptr(to-from), uintptr(groups))
		}
	}
}

type circulantFunc func(dst *float32, ldd, dg uintptr, src *float32, lds, sg uintptr, w *float32, groups, n uintptr)

// Circulant matrices by size (index + 2).
var (
	circulantAVX2 = []circulantFunc{circulantAVX2_2, circulantAVX2_3, circulantAVX2_4, circulantAVX2_5,
		circulantAVX2_6, circulantAVX2_7, circulantAVX2_8, circulantAVX2_9, circulantAVX2_10}
	circulant512 = []circulantFunc{circulantAVX512_2, circulantAVX512_3, circulantAVX512_4, circulantAVX512_5,
		circulantAVX512_6, circulantAVX512_7, circulantAVX512_8, circulantAVX512_9, circulantAVX512_10}
)

func circulant(dst, src Grid, groups int, w []float32, R, n int) {
	sizes := simd(circulantAVX2, circulant512)
	switch {
	case active == portable:
		circulantGo(dst, src, groups, w, R, n)
	case R < 2 || R-2 >= len(sizes): // each row lies one value before the last in w
		mixRows(dst, src, groups, matrix{w, R, R, R, -1, band(w, R)}, n)
	default:
		sizes[R-2](&dst.V[0], 4*uintptr(dst.Row), 4*uintptr(dst.Group),
			&src.V[0], 4*uintptr(src.Row), 4*uintptr(src.Group), &w[0], uintptr(groups), 4*uintptr(n))
	}
}
