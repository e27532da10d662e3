package eval

import (
	"context"
	"math"

	"deepgmm/internal/kernel"
)

// tileRows rows are one unit of work where every row meets many others. Like
// shardRows it depends on nothing; it is smaller, as each row costs more.
const tileRows = 512

// tile is a value for each pair of some rows of A, i0 ≤ i < i1, and of B, j0 ≤ j < j1.
type tile struct {
	i0, i1, j0, j1 int
	v              []float32 // blockRows×blockRows row-major
	rows           []float32 // tileRows×D: centred rows of A, of the whole unit
	lanes          []float32 // D×blockRows: centred rows of B
}

// row is the values of row i of A and the tile's rows of B.
func (t *tile) row(i int) []float32 { return t.v[(i-t.i0)*blockRows:][:t.j1-t.j0] }

// eachTile calls f for all tiles of A rows and B others, on several goroutines at once. A row of A belongs to one
// goroutine and meets the rows of B in their order; t is f's only during the call.
func eachTile(ctx context.Context, A, B, workers int, f func(t *tile)) error {
	bufs := buffers(workers, A, tileRows, func() *tile { return &tile{v: make([]float32, blockRows*blockRows)} })
	err := inOrder(ctx, A, tileRows, bufs, func(i0, i1 int, t *tile) {
		for t.j0 = 0; t.j0 < B && ctx.Err() == nil; t.j0 += blockRows {
			t.j1 = min(t.j0+blockRows, B)
			inBlocks(i0, i1, func(i0, i1 int) {
				t.i0, t.i1 = i0, i1
				f(t)
			})
		}
	}, func(*tile) {})
	if err == nil {
		err = ctx.Err() // a unit may have been cut short
	}
	return err
}

// distances are lower bounds of the squared Euclidean distances between all rows of A and all rows of B, found tile
// by tile with the float32 products ‖a‖² + ‖b‖² − 2a·b, which take half of the time of Σ(a−b)². a and b are the rows
// less the mean of B: far from the origin the products would cancel. A bound that may matter is not enough to decide:
// exact does, so the same two rows have the same distance, to the bit, in every pass and in either order.
//
// With u = 2⁻²⁴ the products are off by no more than (D+10)·(u·(‖a‖² + ‖b‖²) + 2⁻¹⁴⁸): (D+1)u·2‖a‖‖b‖ for a·b, in any
// order of additions, with or without FMA; 4u(‖a‖² + ‖b‖²) for the rounding of a and b themselves and as much for
// that of the norms and sums; 2⁻¹⁴⁹ for each product that underflows. A bound is slack(‖a‖²) + slack(‖b‖²), twice as
// much or more, below what the products say. A row of which the squares do not fit in float32 has no bounds: they are
// 0 or NaN.
type distances struct {
	A, B   Matrix
	center []float32 // D
	a, b   norms
}

// norms are those of centred rows, as the bounds need them.
type norms struct {
	half []float32 // (‖·‖² − slack)/2
	gap  []float32 // a bound is at most the sum of two gaps below the distance
}

func newDistances(A, B Matrix) *distances {
	p := &distances{A: A, B: B, center: make([]float32, B.D)}
	for d, mean := range B.mean() {
		if c := float32(mean); c-c == 0 {
			p.center[d] = c // else some value is not finite
		}
	}
	p.a, p.b = p.norms(A), p.norms(B)
	return p
}

// slack is what the float32 squares and products of a row of D values may be off in a distance, twofold.
func slack(D int, norm2 float64) float64 {
	return float64(2 * float64(D+10) * (float64(0x1p-24*norm2) + 0x1p-148))
}

func (p *distances) norms(X Matrix) norms {
	n := norms{make([]float32, X.N), make([]float32, X.N)}
	row := make([]float32, X.D)
	for i := range X.N {
		p.centre(row, X.Row(i))
		norm2 := squaredNorm(row)
		n.half[i] = float32((norm2 - slack(X.D, norm2)) / 2)
		n.gap[i] = float32(2 * slack(X.D, norm2))
		if !(norm2 < math.MaxFloat32/8) {
			n.half[i], n.gap[i] = float32(math.Inf(-1)), float32(math.Inf(1))
		}
	}
	return n
}

// centre writes a row less the centre to dst.
func (p *distances) centre(dst, row []float32) {
	for d, c := range p.center {
		dst[d] = row[d] - c
	}
}

// each calls f for all tiles of lower bounds, as eachTile does.
func (p *distances) each(ctx context.Context, workers int, f func(t *tile)) error {
	return eachTile(ctx, p.A.N, p.B.N, workers, func(t *tile) {
		if t.i0%tileRows == 0 { // the first tile with these rows of B
			p.load(t)
		}
		p.fill(t)
		f(t)
	})
}

// load centres the rows of B that are new, and for the first ones those of A.
func (p *distances) load(t *tile) {
	D := p.B.D
	if t.rows == nil {
		t.rows, t.lanes = make([]float32, tileRows*D), make([]float32, D*blockRows)
	}
	if t.j0 == 0 {
		for i := t.i0; i < min(t.i0+tileRows, p.A.N); i++ {
			p.centre(t.rows[(i-t.i0)*D:], p.A.Row(i))
		}
	}
	kernel.Transpose(t.lanes, blockRows, p.B.X[t.j0*D:], D, t.j1-t.j0, D)
	for d, c := range p.center {
		for l := d * blockRows; l < (d+1)*blockRows; l += kernel.Lanes {
			for j, v := range (*[kernel.Lanes]float32)(t.lanes[l:]) {
				t.lanes[l+j] = v - c
			}
		}
	}
}

// fill finds the bounds of a tile that is loaded.
func (p *distances) fill(t *tile) {
	D, n := p.B.D, t.i1-t.i0
	kernel.Mix(kernel.Grid{V: t.v, Row: blockRows}, kernel.Grid{V: t.lanes, Row: blockRows}, 1,
		t.rows[t.i0%tileRows*D:][:n*D], n, D, kernel.Pad(t.j1-t.j0))
	b := p.b.half[t.j0:t.j1]
	for i := t.i0; i < t.i1; i++ {
		a, row := p.a.half[i], t.row(i)
		for j, dot := range row {
			row[j] = 2 * max(0, a+b[j]-dot)
		}
	}
}

// exact is the squared distance of row i of A and row j of B, in float64.
func (p *distances) exact(i, j int) float64 { return squaredDistance(p.A.Row(i), p.B.Row(j)) }

// upper is the upper bound that belongs to the lower bound low of rows i and j.
func (p *distances) upper(i, j int, low float32) float32 { return low + p.a.gap[i] + p.b.gap[j] }

// within reports whether rows i and j, whose lower bound is low, are no farther apart than a squared radius.
func (p *distances) within(i, j int, low float32, radius2 float64) bool {
	if float64(low) > radius2 {
		return false
	}
	return float64(p.upper(i, j, low)) <= radius2 || p.exact(i, j) <= radius2
}

// squaredDistance is Σ(a−b)² in float64: right to (D/4+4)·2⁻⁵³ of itself for all finite values, and the same bits for
// b and a.
func squaredDistance(a, b []float32) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		d0, d1 := float64(a[0])-float64(b[0]), float64(a[1])-float64(b[1])
		d2, d3 := float64(a[2])-float64(b[2]), float64(a[3])-float64(b[3])
		s0, s1, s2, s3 = s0+float64(d0*d0), s1+float64(d1*d1), s2+float64(d2*d2), s3+float64(d3*d3)
		a, b = a[4:], b[4:]
	}
	for d, v := range a {
		diff := float64(v) - float64(b[d])
		s0 += float64(diff * diff)
	}
	return (s0 + s1) + (s2 + s3)
}

// beyondFloat32 reports whether a squared distance may be off in float32: its squares overflow or underflow.
func beyondFloat32(d2 float32) bool { return !(d2 > 1e-30 && d2 <= math.MaxFloat32) }

// squaredNorm is Σx² in float64.
func squaredNorm(x []float32) float64 {
	var even, odd float64
	for len(x) >= 2 {
		even, odd = even+float64(float64(x[0])*float64(x[0])), odd+float64(float64(x[1])*float64(x[1]))
		x = x[2:]
	}
	for _, v := range x {
		even += float64(float64(v) * float64(v))
	}
	return even + odd
}
