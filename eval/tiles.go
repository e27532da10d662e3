package eval

import (
	"context"

	"deepgmm/internal/kernel"
)

// tileRows rows are one unit of work where every row meets many others. Like
// shardRows it depends on nothing; it is smaller, as each row costs more.
const tileRows = 512

// distances are the squared Euclidean distances between all rows of A and all
// rows of B, found tile by tile as ‖a‖² + ‖b‖² − 2a·b in float32, which takes half
// of the time of Σ(a−b)². Their error is about 2⁻²²(‖a‖² + ‖b‖²). Two rows have
// the same distance, to the bit, in every pass and in either order.
type distances struct {
	A, B Matrix
	a, b []float32 // ‖·‖²/2 of their rows
}

func newDistances(A, B Matrix) *distances {
	return &distances{A, B, halfNorms(A), halfNorms(B)}
}

func halfNorms(X Matrix) []float32 {
	half := make([]float32, X.N)
	for i := range half {
		var norm float64
		for _, v := range X.Row(i) {
			norm += float64(v) * float64(v)
		}
		half[i] = float32(norm / 2)
	}
	return half
}

// tile is the distances of some rows of A, i0 ≤ i < i1, to some of B, j0 ≤ j < j1.
type tile struct {
	i0, i1, j0, j1 int
	d2             []float32 // blockRows×blockRows row-major
	lanes          []float32 // D×blockRows: the rows of B
}

// row is the squared distances of row i of A to the tile's rows of B.
func (t *tile) row(i int) []float32 { return t.d2[(i-t.i0)*blockRows:][:t.j1-t.j0] }

// each calls f for all tiles, on several goroutines at once. A row of A belongs
// to one goroutine and meets the rows of B in their order; t is f's only during
// the call, and f may overwrite its distances.
func (p *distances) each(ctx context.Context, workers int, f func(t *tile)) error {
	n := (p.A.N + tileRows - 1) / tileRows
	bufs := buffers(workers, n, func() *tile {
		return &tile{d2: make([]float32, blockRows*blockRows), lanes: make([]float32, p.B.D*blockRows)}
	})
	err := inOrder(ctx, n, bufs, func(s int, t *tile) {
		for t.j0 = 0; t.j0 < p.B.N && ctx.Err() == nil; t.j0 += blockRows {
			t.j1 = min(t.j0+blockRows, p.B.N)
			kernel.Transpose(t.lanes, blockRows, p.B.X[t.j0*p.B.D:], p.B.D, t.j1-t.j0, p.B.D)
			end := min((s+1)*tileRows, p.A.N)
			for t.i0 = s * tileRows; t.i0 < end; t.i0 += blockRows {
				t.i1 = min(t.i0+blockRows, end)
				p.fill(t)
				f(t)
			}
		}
	}, func(*tile) {})
	if err == nil {
		err = ctx.Err() // a unit may have been cut short
	}
	return err
}

// fill finds the distances of a tile whose lanes are loaded.
func (p *distances) fill(t *tile) {
	D := p.A.D
	kernel.Mix(kernel.Grid{V: t.d2, Row: blockRows}, kernel.Grid{V: t.lanes, Row: blockRows}, 1,
		p.A.X[t.i0*D:t.i1*D], t.i1-t.i0, D, kernel.Pad(t.j1-t.j0))
	b := p.b[t.j0:t.j1]
	for i := t.i0; i < t.i1; i++ {
		a, row := p.a[i], t.row(i)
		for j, dot := range row {
			row[j] = 2 * max(0, a+b[j]-dot)
		}
	}
}
