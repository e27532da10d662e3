package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var slopeShapes = []struct{ K, n int }{{1, 16}, {2, 32}, {7, 48}, {49, 32}, {64, 80}}

// agree holds the first SIMD version's results against the next one's.
type agreement map[string][]float32

func (a agreement) check(t *testing.T, version, what string, v ...[]float32) {
	t.Helper()
	if version == "portable" {
		return
	}
	all := slices.Concat(v...)
	if want, ok := a[what]; ok && !slices.Equal(all, want) {
		t.Errorf("%s: the SIMD versions differ", what)
	}
	a[what] = all
}

func TestPullMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	same := agreement{}
	for _, D := range []int{1, 2, 3, 4, 5, 9, 64, 67, 513} {
		for _, s := range slopeShapes {
			K, n := s.K, s.n
			A, B := make([]float32, K*D), make([]float32, K*D)
			fill(r, A, 3)
			fill(r, B, 3)
			w := NewSlopes(K, D, func(k, d int) (float32, float32) { return B[k*D+d], A[k*D+d] })
			x, u, before := make([]float32, D*(n+3)+7), make([]float32, K*n), make([]float32, D*(n+3)+7)
			fill(r, x, 1)
			fill(r, u, 1)
			fill(r, before, 1)
			off := make([]int32, D) // in any order, unaligned
			for i, d := range r.Perm(D) {
				off[i] = int32(d*(n+3) + 5)
			}
			var live []int32
			for k := range K {
				if k%3 != 1 || K == 1 {
					live = append(live, int32(k))
				}
			}
			eachVersion(func(name string) {
				what := fmt.Sprintf("D=%d K=%d n=%d", D, K, n)
				g, ok := guarded(t, len(before), 1)
				copy(g, before)
				Pull(g, x, NewTable(off), u, live, w, n)
				ok()
				want, size := make([]float64, len(g)), make([]float64, len(g))
				for i, v := range before {
					want[i] = float64(v)
					size[i] = math.Abs(want[i])
				}
				for d, o := range off {
					for i := range n {
						for _, k := range live {
							b, a := float64(u[int(k)*n+i])*float64(B[int(k)*D+d]), float64(u[int(k)*n+i])*float64(A[int(k)*D+d])*float64(x[int(o)+i])
							want[int(o)+i] += b - a
							size[int(o)+i] += math.Abs(b) + math.Abs(a)
						}
					}
				}
				for i, v := range g {
					if math.Abs(float64(v)-want[i]) > size[i]*float64(K+3)*0x1p-24 {
						t.Fatalf("%s %s: value %d is %v, want %v", name, what, i, v, want[i])
					}
				}
				same.check(t, name, what, g)
				copy(g, before)
				Pull(g, x, NewTable(off), u, nil, w, n)
				if !slices.Equal(g, before) {
					t.Fatalf("%s %s: without components the gradient changed", name, what)
				}
			})
		}
	}
}

// shares fills K×n values with responsibilities: some are 0, some are alone, some are almost nothing.
func shares(r *rand.Rand, p []float32, K, n int) {
	best, sum := make([]float32, n), make([]float32, n)
	scale := []float64{0.1, 3, 60}
	for i := range n {
		for k := range K {
			p[k*n+i] = float32(scale[i%3] * r.NormFloat64())
		}
	}
	Top(best, p, K, n)
	Softmax(p, sum, p, best, K, n)
}

func TestSoftmaxSlopeMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(53, 54))
	same := agreement{}
	for _, s := range slopeShapes {
		K, n := s.K, s.n
		p, v := make([]float32, K*n), make([]float32, K*n)
		shares(r, p, K, n)
		fill(r, v, 5)
		if K > 2 { // a component without any share
			for i := range n {
				p[2*n+i] = 0
			}
		}
		eachVersion(func(name string) {
			what := fmt.Sprintf("K=%d n=%d", K, n)
			u, ok := guarded(t, K*n, 3)
			live := SoftmaxSlope(u, p, v, make([]int32, K+2), K, n)
			ok()
			var alive []int32
			for k := range K {
				lives := false
				for i := range n {
					lives = lives || u[k*n+i] != 0
					var dot, size float64
					for j := range K {
						dot += float64(p[j*n+i]) * float64(v[j*n+i])
						size += math.Abs(float64(p[j*n+i]) * float64(v[j*n+i]))
					}
					share := float64(p[k*n+i])
					bound := share*(size+math.Abs(float64(v[k*n+i])))*float64(K+3)*0x1p-24 + 1e-42
					if share < 0x1p-40 {
						if u[k*n+i] != 0 {
							t.Fatalf("%s %s: a share of %v has the slope %v", name, what, share, u[k*n+i])
						}
						continue
					}
					if want := share * (float64(v[k*n+i]) - dot); math.Abs(float64(u[k*n+i])-want) > bound {
						t.Fatalf("%s %s k=%d i=%d: %v, want %v", name, what, k, i, u[k*n+i], want)
					}
				}
				if lives {
					alive = append(alive, int32(k))
				}
			}
			if !slices.Equal(live, alive) {
				t.Fatalf("%s %s: live %v, want %v", name, what, live, alive)
			}
			same.check(t, name, what, u)
		})
	}
}

func TestSoftmaxSlopeKeepsNaN(t *testing.T) {
	nan := float32(math.NaN())
	eachVersion(func(name string) {
		p, v, u := make([]float32, 3*16), make([]float32, 3*16), make([]float32, 3*16)
		p[16+5] = nan
		if live := SoftmaxSlope(u, p, v, make([]int32, 3), 3, 16); !slices.Equal(live, []int32{1}) || u[16+5] == u[16+5] || u[0] != 0 {
			t.Errorf("%s: live %v, slope %v", name, live, u[16+5])
		}
	})
}

func TestMoveWhereEqualMovesAll(t *testing.T) {
	r := rand.New(rand.NewPCG(55, 56))
	for _, n := range []int{0, 1, 15, 16, 37, 1568} {
		src, best, before := make([]float32, n), make([]float32, n), make([]float32, n)
		fill(r, src, 1)
		fill(r, before, 1)
		for i := range best {
			best[i] = src[i]
			if i%3 == 1 {
				best[i]++
			}
		}
		eachVersion(func(name string) {
			g, okG := guarded(t, n, 1)
			dst, ok := guarded(t, n, 2)
			copy(g, before)
			for i := range dst {
				dst[i] = float32(i)
			}
			MoveWhereEqual(dst, g, src, best)
			ok()
			okG()
			for i := range dst {
				want, left := float32(i)+before[i], float32(0)
				if i%3 == 1 {
					want, left = float32(i), before[i]
				}
				if dst[i] != want || g[i] != left {
					t.Fatalf("%s n=%d: value %d is %v, %v left; want %v, %v", name, n, i, dst[i], g[i], want, left)
				}
			}
		})
	}
}

func TestReweighMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(57, 58))
	same := agreement{}
	for _, s := range slopeShapes {
		K, n := s.K, s.n
		p, b, c := make([]float32, K*n), make([]float32, K*n), make([]float32, K)
		shares(r, p, K, n)
		fill(r, b, 0.5)
		for k := range c {
			c[k] = 1 / (0.01 + r.Float32())
		}
		for k := range K { // nothing at all
			p[k*n+3] = 0
		}
		eachVersion(func(name string) {
			what := fmt.Sprintf("K=%d n=%d", K, n)
			dst, ok := guarded(t, K*n, 1)
			Reweigh(dst, p, b, c, 1e-3, K, n)
			ok()
			for i := range n {
				var sum float64
				term := func(k int) float64 {
					return float64(p[k*n+i]) * max(float64(b[k*n+i]), float64(float32(1e-3))) * float64(c[k])
				}
				for k := range K {
					sum += term(k)
				}
				for k := range K {
					if want := term(k) / max(sum, leastSum); math.Abs(float64(dst[k*n+i])-want) > want*float64(K+6)*0x1p-24+1e-37 {
						t.Fatalf("%s %s k=%d i=%d: %v, want %v", name, what, k, i, dst[k*n+i], want)
					}
				}
			}
			same.check(t, name, what, dst)
			again := slices.Clone(p)
			Reweigh(again, again, b, c, 1e-3, K, n)
			if !slices.Equal(again, dst) {
				t.Fatalf("%s %s: in place it gives other values", name, what)
			}
		})
	}
}

func TestTryAndTakeMatchOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(59, 60))
	same := agreement{}
	for _, s := range slopeShapes {
		rows, n := s.K, s.n
		x, x0, g, slope := make([]float32, rows*n), make([]float32, rows*n), make([]float32, rows*n), make([]float32, rows*n)
		fill(r, x, 1) // also outside of [0, 1], where a lane without a step stays
		fill(r, x0, 1)
		fill(r, g, 1)
		fill(r, slope, 1)
		rate := make([]float32, n)
		for i := range rate {
			rate[i] = []float32{0, 0.1, 1e12, -1}[i%4]
		}
		g[n-3] = float32(math.NaN()) // becomes 0
		eachVersion(func(name string) {
			what := fmt.Sprintf("rows=%d n=%d", rows, n)
			dst, ok := guarded(t, rows*n, 1)
			moved, okM := guarded(t, n, 2)
			squares, okS := guarded(t, n, 3)
			moved[1] = 0.25
			fill(r, squares, 1) // what was there does not matter
			Try(dst, &Trial{X: x, X0: x0, Gradient: g, Rate: rate, Moved: moved, Squares: squares}, rows, n)
			ok()
			okM()
			okS()
			for i := range n {
				var sum float64
				most := 0.0
				if i == 1 {
					most = 0.25
				}
				for k := range rows {
					at := k*n + i
					want := float64(x[at])
					if rate[i] > 0 {
						want = min(max(want+float64(rate[i])*float64(g[at]), 0), 1)
						if g[at] != g[at] {
							want = 0
						}
					}
					if math.Abs(float64(dst[at])-want) > 4*0x1p-24 || rate[i] <= 0 && dst[at] != x[at] {
						t.Fatalf("%s %s row %d, item %d: %v, want %v", name, what, k, i, dst[at], want)
					}
					most = max(most, math.Abs(float64(dst[at])-float64(x[at])))
					sum += math.Pow(float64(dst[at])-float64(x0[at]), 2)
				}
				if math.Abs(float64(moved[i])-most) > 1e-6*(1+most) || math.Abs(float64(squares[i])-sum) > sum*float64(rows+3)*0x1p-23 {
					t.Fatalf("%s %s item %d: moved %v, squares %v; want %v, %v", name, what, i, moved[i], squares[i], most, sum)
				}
			}
			newX, okX := guarded(t, rows*n, 5)
			newG, okG := guarded(t, rows*n, 1)
			copy(newX, x)
			copy(newG, x0)
			Take(newX, newG, &Accepted{V: dst, Gradient: slope, X0: x0, Kept: rate, Penalty: 0.3}, rows, n)
			okX()
			okG()
			for at := range x {
				wantX, wantG := x[at], float64(x0[at])
				if rate[at%n] > 0 {
					wantX, wantG = dst[at], float64(slope[at])-0.3*(float64(dst[at])-float64(x0[at]))
				}
				if newX[at] != wantX || math.Abs(float64(newG[at])-wantG) > 1e-6*(1+math.Abs(wantG)) {
					t.Fatalf("%s %s: taken %v, %v; want %v, %v", name, what, newX[at], newG[at], wantX, wantG)
				}
			}
			same.check(t, name, what, dst, moved, squares, newX, newG)
		})
	}
}

func TestSlopePanicsNameTheFunction(t *testing.T) {
	w := NewSlopes(2, 1, func(_, _ int) (float32, float32) { return 1, 1 })
	v := func(n int) []float32 { return make([]float32, n) }
	for name, f := range map[string]func(){
		"kernel: Pull: offset out of range":                          func() { Pull(v(16), v(16), NewTable([]int32{1}), v(32), nil, w, 16) },
		"kernel: Pull: no such component":                            func() { Pull(v(16), v(16), NewTable([]int32{0}), v(32), []int32{2}, w, 16) },
		"kernel: Pull: slice too short for the stated shape":         func() { Pull(v(16), v(16), NewTable([]int32{0}), v(31), nil, w, 16) },
		"kernel: SoftmaxSlope: slice too short for the stated shape": func() { SoftmaxSlope(v(32), v(32), v(32), nil, 2, 16) },
		"kernel: Reweigh: slice too short for the stated shape":      func() { Reweigh(v(32), v(32), v(32), v(1), 0, 2, 16) },
		"kernel: Try: item count is not a multiple of Lanes":         func() { Try(nil, &Trial{}, 0, 3) },
		"kernel: Take: slice too short for the stated shape":         func() { Take(v(16), v(16), &Accepted{V: v(16), Gradient: v(16), X0: v(16), Kept: v(15)}, 1, 16) },
	} {
		func() {
			defer func() {
				if got := recover(); got != name {
					t.Errorf("panic %v, want %q", got, name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkPull(b *testing.B) {
	for _, D := range []int{9, 64, 5929} {
		for _, live := range []int{5, 49} {
			b.Run(fmt.Sprintf("D=%d/live=%d", D, live), func(b *testing.B) {
				const n, K = 32, 49
				w := NewSlopes(K, D, func(_, _ int) (float32, float32) { return 1, 1 })
				g, x, u, off := make([]float32, D*n), make([]float32, D*n), make([]float32, K*n), Contiguous(D, n)
				ks := make([]int32, live)
				for i := range ks {
					ks[i] = int32(i * K / live)
				}
				for b.Loop() {
					Pull(g, x, off, u, ks, w, n)
				}
				b.ReportMetric(4*float64(D*live*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
