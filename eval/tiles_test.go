package eval

import (
	"context"
	"math"
	"slices"
	"testing"
)

// slowDistance2 is Σ(a−b)² by the definition in float64.
func slowDistance2(a, b []float32) float64 {
	d := distance(toFloat64(a), b)
	return d * d
}

// hardRows are matrices of which the products of rows cancel, overflow or underflow, by name.
func hardRows() map[string]Matrix {
	X, _ := blobs(150, 37, 5, 0.2, 1)
	change := func(X Matrix, f func(i int, v float32) float32) Matrix {
		X.X = slices.Clone(X.X)
		for i, v := range X.X {
			X.X[i] = f(i, v)
		}
		return X
	}
	scaled := func(s float32) Matrix { return change(X, func(_ int, v float32) float32 { return v * s }) }
	wide, _ := blobs(140, 3072, 5, 0.01, 2)
	return map[string]Matrix{
		"random": X, "wide": wide,
		"bright":       change(X, func(_ int, v float32) float32 { return 1 - v/255 }),
		"shifted":      change(X, func(_ int, v float32) float32 { return v + 1000 }),
		"two places":   change(X, func(i int, v float32) float32 { return v + float32(i/37%2*1000) }),
		"nearly equal": change(X, func(i int, v float32) float32 { return 0.7 + float32(i%5)*0x1p-24 }),
		"doubled":      {2 * X.N, X.D, append(slices.Clone(X.X), X.X...)},
		"flat":         change(X, func(i int, v float32) float32 { return float32(i/37) / 255 }),
		"1e-45":        scaled(1e-45), "1e-25": scaled(1e-25), "1e-19": scaled(1e-19), "1e-10": scaled(1e-10),
		"1e15": scaled(1e15), "1e18": scaled(1e18), "1e19": scaled(1e19), "1e38": scaled(1e38),
		"one outlier": change(X, func(i int, v float32) float32 {
			if i < 37 {
				return 3e38 * v
			}
			return v
		}),
	}
}

// Every bound is one, and no wider than stated, whichever rows the centre is of; the distance that decides has the same
// bits in both orders.
func TestBoundsOfDistances(t *testing.T) {
	for name, X := range hardRows() {
		half := Matrix{X.N / 2, X.D, X.X[:X.N/2*X.D]}
		for _, B := range []Matrix{X, half} {
			p := newDistances(X, B)
			err := p.each(context.Background(), 2, func(d *tile) {
				for i := d.i0; i < d.i1; i++ {
					for j, low := range d.row(i) {
						j += d.j0
						want, got := slowDistance2(X.Row(i), B.Row(j)), p.exact(i, j)
						up := p.upper(i, j, low)
						if float64(low) > want || float64(up) < want {
							t.Errorf("%s: rows %d and %d at %v: bounds %v and %v", name, i, j, want, low, up)
						}
						if math.Abs(got-want) > 1e-12*want || got != squaredDistance(B.Row(j), X.Row(i)) {
							t.Errorf("%s: rows %d and %d at %v: %v, and %v", name, i, j, want, got, squaredDistance(B.Row(j), X.Row(i)))
						}
						products := float64(low) + slack(X.D, centredNorm2(p, X.Row(i))) + slack(X.D, centredNorm2(p, B.Row(j)))
						if stated := (slack(X.D, centredNorm2(p, X.Row(i))) + slack(X.D, centredNorm2(p, B.Row(j)))) / 2; low > 0 && math.Abs(products-want) > stated {
							t.Errorf("%s: rows %d and %d at %v: the products say %v, more than %v away", name, i, j, want, products, stated)
						}
					}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if t.Failed() {
				return
			}
		}
	}
}

func centredNorm2(p *distances, row []float32) float64 {
	z := make([]float32, len(row))
	p.centre(z, row)
	return squaredNorm(z)
}

// Neighbours, radii and the overlap of two sets are those of sorting distances.
func TestHardRowsAreRankedRight(t *testing.T) {
	ctx := context.Background()
	for name, X := range hardRows() {
		if X.D > 100 {
			X = Matrix{40, X.D, X.X[:40*X.D]}
		}
		const k = 3
		d2 := make([][]float64, X.N)
		for i := range d2 {
			for j := range X.N {
				d2[i] = append(d2[i], slowDistance2(X.Row(i), X.Row(j)))
			}
		}
		got, err := nearest(ctx, X, X, k, true, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range X.N {
			var order []int32
			for j := range X.N {
				if j != i {
					order = append(order, int32(j))
				}
			}
			slices.SortStableFunc(order, func(a, b int32) int {
				x, y := d2[i][a], d2[i][b]
				switch {
				case math.Abs(x-y) <= 1e-12*max(x, y): // rounding may decide
					return 0
				case x < y:
					return -1
				}
				return 1
			})
			for c, j := range got.id[i*k : (i+1)*k] {
				if want := d2[i][order[c]]; math.Abs(d2[i][j]-want) > 1e-12*want || math.Abs(got.d2[i*k+c]-want) > 1e-12*want {
					t.Fatalf("%s: neighbour %d of row %d is %d at %v, want %v", name, c, i, j, got.d2[i*k+c], want)
				}
			}
		}
		half := Matrix{X.N / 2, X.D, X.X[:X.N/2*X.D]}
		rest := Matrix{X.N - X.N/2, X.D, X.X[X.N/2*X.D:]}
		a, errA := FitManifold(ctx, half, k, 1)
		b, errB := FitManifold(ctx, rest, k, 2)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		o, err := a.overlap(ctx, b, 2)
		if err != nil {
			t.Fatal(err)
		}
		reached := make([]float64, half.N)
		covered := make([]float64, half.N)
		for i := range rest.N {
			inside := 0
			for j := range half.N {
				d := squaredDistance(rest.Row(i), half.Row(j))
				if d <= a.Radius2[j] {
					inside++
					covered[j] = 1
				}
				if d <= b.Radius2[i] {
					reached[j] = 1
				}
			}
			if o.density[i] != float64(inside)/k || (o.precision[i] == 1) != (inside > 0) {
				t.Errorf("%s: row %d lies in %v balls, want %d", name, i, o.density[i]*k, inside)
			}
		}
		if !slices.Equal(o.recall, reached) || !slices.Equal(o.coverage, covered) {
			t.Errorf("%s: recall %v, want %v; coverage %v, want %v", name, o.recall, reached, o.coverage, covered)
		}
	}
}
