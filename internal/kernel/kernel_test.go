package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const canary = 12345.678

// guarded returns n floats whose neighbours are canaries, at an address that is
// off the natural alignment of a vector by shift floats, and a check.
func guarded(t testing.TB, n, shift int) ([]float32, func()) {
	const edge = 64
	b := make([]float32, n+2*edge+shift)
	for i := range b {
		b[i] = canary
	}
	in := b[edge+shift : edge+shift+n : edge+shift+n]
	clear(in)
	return in, func() {
		t.Helper()
		for i, v := range b {
			if (i < edge+shift || i >= edge+shift+n) && v != canary {
				t.Fatalf("wrote %v outside the slice, at %d of [0,%d)", v, i-edge-shift, n)
			}
		}
	}
}

func fill(r *rand.Rand, x []float32, scale float64) {
	for i := range x {
		x[i] = float32(scale * r.NormFloat64())
	}
}

// scoreOracle is the definition in float64, and the sum of the magnitudes of its terms,
// to which the rounding error of any order of summation is proportional.
func scoreOracle(x []float32, off []int32, w Weights, k, i int) (q, size float64) {
	q = float64(w.C[k])
	size = math.Abs(q)
	for d := range w.D {
		t := float64(x[int(off[d])+i])*float64(w.S[k*w.D+d]) + float64(w.M[k*w.D+d])
		rounding := math.Abs(float64(x[int(off[d])+i])*float64(w.S[k*w.D+d])) + math.Abs(float64(w.M[k*w.D+d]))
		q -= t * t
		size += t*t + 2*math.Abs(t)*rounding
	}
	return q, size
}

func TestScoreMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, D := range []int{1, 2, 9, 63, 64, 65, 513, 1500} {
		for _, K := range []int{1, 2, 3, 5, 7, 8, 9, 13, 25, 49} {
			for _, n := range []int{16, 32, 48, 64, 80, 112} {
				if D*K*n > 1500*13*112 {
					continue
				}
				for _, scale := range []float64{1, 1e-39, 1e12} {
					eachVersion(func(name string) {
						scoreCase(t, r, fmt.Sprintf("%s D=%d K=%d n=%d scale=%g", name, D, K, n, scale), D, K, n, scale)
					})
				}
			}
		}
	}
}

func scoreCase(t *testing.T, r *rand.Rand, name string, D, K, n int, scale float64) {
	t.Helper()
	x, okX := guarded(t, D*n+7, 3)
	fill(r, x, scale)
	off := make([]int32, D) // any order, overlapping, unaligned
	for d := range off {
		off[d] = int32(r.IntN(len(x) - n + 1))
	}
	w := Weights{K: K, D: D, S: make([]float32, K*D), M: make([]float32, K*D), C: make([]float32, K)}
	fill(r, w.S, 1)
	fill(r, w.M, scale)
	fill(r, w.C, 10)
	dst, okDst := guarded(t, K*n, 1)
	Score(dst, x, NewTable(off), w, n)
	okX()
	okDst()
	for k := range K {
		for i := range n {
			want, size := scoreOracle(x, off, w, k, i)
			// Error bound: each of at most blockD+2 sums and D/blockD block sums rounds once.
			bound := size*float64(min(D, blockD)+D/blockD+4)*0x1p-24 + float64(D)*1e-44
			if got := float64(dst[k*n+i]); !(math.Abs(got-want) <= bound) {
				t.Fatalf("%s k=%d i=%d: got %v, want %v ± %v", name, k, i, got, want, bound)
			}
		}
	}
}

func TestMixMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, R := range []int{1, 2, 5, 6, 7, 8, 13} {
		for _, J := range []int{1, 3, 7, 49} {
			for _, n := range []int{16, 64, 80, 144} {
				for _, groups := range []int{1, 3} {
					eachVersion(func(name string) { mixCase(t, r, name, R, J, n, groups) })
				}
			}
		}
	}
}

func mixCase(t *testing.T, r *rand.Rand, name string, R, J, n, groups int) {
	t.Helper()
	ldd, lds := n+5, n+3
	dg, sg := R*ldd+2, J*lds+7
	dst, ok := guarded(t, (groups-1)*dg+(R-1)*ldd+n, 2)
	src := make([]float32, (groups-1)*sg+(J-1)*lds+n)
	w := make([]float32, R*J)
	fill(r, src, 1)
	fill(r, w, 1)
	Mix(Grid{dst, dg, ldd}, Grid{src, sg, lds}, groups, w, R, J, n)
	ok()
	written := make([]bool, len(dst))
	for g := range groups {
		for q := range R {
			for i := range n {
				var want, size float64
				for j := range J {
					p := float64(w[q*J+j]) * float64(src[g*sg+j*lds+i])
					want += p
					size += math.Abs(p)
				}
				at := g*dg + q*ldd + i
				written[at] = true
				if got := float64(dst[at]); math.Abs(got-want) > size*float64(J+1)*0x1p-24 {
					t.Fatalf("%s R=%d J=%d n=%d group=%d r=%d i=%d: got %v, want %v", name, R, J, n, g, q, i, got, want)
				}
			}
		}
	}
	for i, w := range written {
		if !w && dst[i] != 0 {
			t.Fatalf("%s R=%d J=%d n=%d groups=%d: wrote between rows, at %d", name, R, J, n, groups, i)
		}
	}
}

func TestCirculantIsItsMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, R := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 28, 67} {
		for _, n := range []int{16, 64, 80} {
			groups, ldd, lds := 3, n+5, n+3
			dg, sg := R*ldd+2, R*lds+7
			ring := make([]float32, R/2+1)
			fill(r, ring, 1)
			w := make([]float32, R*R)
			for i := range w {
				d := max(i/R-i%R, i%R-i/R)
				w[i] = ring[min(d, R-d)]
			}
			src := make([]float32, groups*sg)
			fill(r, src, 1)
			eachVersion(func(name string) {
				dst, ok := guarded(t, (groups-1)*dg+(R-1)*ldd+n, 2)
				Circulant(Grid{dst, dg, ldd}, Grid{src, sg, lds}, groups, twice(w[:R]), R, n)
				ok()
				for g := range groups {
					for k := range R {
						for i := range n {
							var want, size float64
							for j := range R {
								p := float64(w[k*R+j]) * float64(src[g*sg+j*lds+i])
								want += p
								size += math.Abs(p)
							}
							if got := float64(dst[g*dg+k*ldd+i]); math.Abs(got-want) > size*float64(R+2)*0x1p-24 {
								t.Fatalf("%s R=%d n=%d group=%d row=%d i=%d: got %v, want %v", name, R, n, g, k, i, got, want)
							}
						}
					}
				}
			})
		}
	}
}

func twice(v []float32) []float32 { return append(v[:len(v):len(v)], v...) }

// A band that is not the whole ring gives what the whole matrix gives, to the bit.
func TestNarrowCirculantHasTheBitsOfItsMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	const n = 48
	for _, R := range []int{64, 101, 131} {
		for _, reach := range []int{0, 1, 3, R/2 - 1, R / 2} {
			ring, w := make([]float32, R), make([]float32, R*R)
			fill(r, ring[:reach+1], 1)
			for m := range ring {
				ring[m] = ring[min(m, R-m)]
			}
			for i := range w {
				w[i] = ring[(i%R-i/R+R)%R]
			}
			src := make([]float32, R*n)
			fill(r, src, 1)
			eachVersion(func(name string) {
				if name == "portable" {
					return // pairs of neighbours are added first there
				}
				want, got := make([]float32, R*n), make([]float32, R*n)
				Mix(Grid{V: want, Row: n}, Grid{V: src, Row: n}, 1, w, R, R, n)
				Circulant(Grid{V: got, Row: n}, Grid{V: src, Row: n}, 1, twice(ring), R, n)
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("%s R=%d reach=%d: value %d is %v, of the matrix %v", name, R, reach, i, got[i], want[i])
					}
				}
			})
		}
	}
}

// The sum of the parts is the whole, whatever the parts.
func TestScorePartsSumToTheScore(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	const D, K, n = 1200, 13, 48
	x := make([]float32, D*n)
	w := Weights{K: K, D: D, S: make([]float32, K*D), M: make([]float32, K*D), C: make([]float32, K)}
	fill(r, x, 1)
	fill(r, w.S, 1)
	fill(r, w.M, 1)
	fill(r, w.C, 100)
	table := Contiguous(D, n)
	eachVersion(func(name string) {
		whole, sum := make([]float32, K*n), make([]float64, K*n)
		Score(whole, x, table, w, n)
		for _, cut := range [][2]int{{0, 100}, {100, 101}, {101, 900}, {900, D}} {
			part := make([]float32, K*n)
			fill(r, part, 1) // what was there does not matter
			ScorePart(part, x, table, w, n, cut[0], cut[1])
			for i, v := range part {
				sum[i] += float64(v)
			}
		}
		for i, v := range whole {
			if math.Abs(float64(v)-sum[i]) > 1e-5*math.Abs(sum[i]) {
				t.Fatalf("%s: score %v, sum of the parts %v", name, v, sum[i])
			}
		}
	})
}

func TestAddRowAndMomentsAgreeToTheBit(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, D := range []int{1, 15, 16, 33, 784} {
		row := make([]float32, D)
		fill(r, row, 3)
		var first []float64
		eachVersion(func(name string) {
			v := make([]float64, 3*D+2)
			for i := range v {
				v[i] = float64(i) * 1.1
			}
			sum, x, q := v[:D], v[D+1:2*D+1], v[2*D+2:]
			AddRow(sum, row)
			AddMoments(x, q, []float64{0.3}, row, []int32{0})
			was := func(i int) float64 { return float64(i) * 1.1 } // rounded: a compiler may fuse what is one expression
			for d, f := range row {
				rv := float64(0.3 * float64(f))
				if sum[d] != float64(was(d))+float64(f) || x[d] != float64(was(D+1+d))+rv || math.Abs(q[d]-was(2*D+2+d)-rv*float64(f)) > 1e-9 {
					t.Fatalf("%s D=%d d=%d: %v %v %v", name, D, d, sum[d], x[d], q[d])
				}
			}
			if v[D] != was(D) || v[2*D+1] != was(2*D+1) {
				t.Fatalf("%s D=%d: wrote outside", name, D)
			}
			if first == nil {
				first = v
			}
			if !slices.Equal(v, first) {
				t.Errorf("%s D=%d: differs from portable code", name, D)
			}
		})
	}
}

func TestPixelsAreRoundedCorrectly(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	src := make([]byte, 5000)
	for i := range src {
		src[i] = byte(i)
	}
	for _, width := range []int{0, 1, 15, 16, 17, 28, 32, 256} {
		for _, n := range []int{16, 112} {
			var off [Lanes]int
			for i := range off {
				off[i] = r.IntN(len(src) - width + 1)
			}
			off[3] = len(src) - width
			eachVersion(func(name string) {
				dst, ok := guarded(t, max(0, (width-1)*n+Lanes), 3)
				Pixels(dst, n, src, &off, width)
				ok()
				for i, o := range off {
					for j := range width {
						if got, want := dst[j*n+i], float32(src[o+j])/255; got != want {
							t.Fatalf("%s width=%d n=%d: pixel %d of image %d is %v, want %v", name, width, n, j, i, got, want)
						}
					}
				}
			})
		}
	}
}

func TestDistance2MatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for _, D := range []int{1, 15, 16, 17, 100, 784} {
		a, b := make([]float32, D+3)[3:], make([]float32, D)
		fill(r, a, 2)
		fill(r, b, 2)
		want := 0.0
		for d := range a {
			want += math.Pow(float64(a[d])-float64(b[d]), 2)
		}
		eachVersion(func(name string) {
			if got := float64(Distance2(a, b)); math.Abs(got-want) > 1e-6*want {
				t.Errorf("%s D=%d: %v, want %v", name, D, got, want)
			}
			if got := Distance2(b, b); got != 0 {
				t.Errorf("%s D=%d: distance to itself %v", name, D, got)
			}
		})
	}
}

func TestTables(t *testing.T) {
	table := NewTable([]int32{5, 900, 7})
	if table.Len() != 3 || len(table.off) != Lanes || table.off[Lanes-1] != 7 || table.top != 900 {
		t.Errorf("%+v", table)
	}
	part := Contiguous(40, 10).Part(16, 40)
	if part.Len() != 24 || part.off[0] != 160 || len(part.off) != 32 || part.off[31] != 390 {
		t.Errorf("%+v", part)
	}
}

func TestBestAndSoftmaxMatchOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, K := range []int{1, 2, 7, 49, 100} {
		for _, scale := range []float64{0, 1e-3, 1, 30, 1e4, 1e37} {
			n := []int{16, 32, 48, 64, 112}[K%5]
			eachVersion(func(name string) {
				l, ok := guarded(t, K*n, 1)
				fill(r, l, scale)
				best, arg := make([]float32, n), make([]int32, n)
				Best(best, arg, l, K, n)
				top, okTop := guarded(t, n, 2)
				Top(top, l, K, n)
				okTop()
				if !slices.Equal(top, best) {
					t.Fatalf("%s K=%d: Top %v, Best %v", name, K, top, best)
				}
				p, okP := guarded(t, K*n, 3)
				sum := make([]float32, n)
				Softmax(p, sum, l, best, K, n)
				ok()
				okP()
				for i := range n {
					checkSoftmaxItem(t, fmt.Sprintf("%s K=%d scale=%g i=%d", name, K, scale, i), l, p, best[i], sum[i], int(arg[i]), K, n, i)
				}
			})
		}
	}
}

func checkSoftmaxItem(t *testing.T, name string, l, p []float32, best, sum float32, arg, K, n, i int) {
	t.Helper()
	want := 0
	for k := range K {
		if l[k*n+i] > l[want*n+i] {
			want = k
		}
	}
	if arg != want || best != l[want*n+i] {
		t.Fatalf("%s: arg max %d (%v), want %d (%v)", name, arg, best, want, l[want*n+i])
	}
	var total float64
	for k := range K {
		total += math.Exp(float64(l[k*n+i]) - float64(best))
	}
	if math.Abs(float64(sum)-total) > 1e-6*total*float64(1+K/8) {
		t.Fatalf("%s: sum %v, want %v", name, sum, total)
	}
	for k := range K {
		// The argument l − best is rounded once: its error is relative to |l − best| ≤ 40; below, responsibilities are 0.
		exact := math.Exp(float64(l[k*n+i])-float64(best)) / total
		if got := float64(p[k*n+i]); math.Abs(got-exact) > 1e-5*exact+1e-17 {
			t.Fatalf("%s k=%d: responsibility %v, want %v", name, k, got, exact)
		}
	}
}

// Softmax of a single pair (0, x) exposes exp itself.
func TestExpWithinTwoUlp(t *testing.T) {
	eachVersion(func(name string) {
		const n = 16
		var worst float64
		l, p := make([]float32, 2*n), make([]float32, 2*n)
		sum, best := make([]float32, n), make([]float32, n)
		for x := float32(0); x > -40; x -= 0.0137 {
			for i := range n {
				l[n+i] = x - float32(i)*1e-4
			}
			Softmax(p, sum, l, best, 2, n)
			for i := range n {
				if l[n+i] <= -40 {
					continue
				}
				e := float64(p[n+i]) * float64(sum[i]) // undo the division
				want := math.Exp(float64(l[n+i]))
				worst = max(worst, math.Abs(e-want)/want/0x1p-23)
			}
		}
		if worst > 2+2 { // 2 for exp, 2 for 1/sum and the product here
			t.Errorf("%s: exp is off by %.2f ulp", name, worst)
		}
	})
}

// Maps of responsibilities are squared in the sums of precisions: subnormal numbers cost a hundred times as much.
func TestSquaresOfResponsibilitiesAreNoSubnormalNumbers(t *testing.T) {
	eachVersion(func(name string) {
		const n = 16
		l, p := make([]float32, 2*n), make([]float32, 2*n)
		sum, best := make([]float32, n), make([]float32, n)
		zeros := 0
		for x := float32(0); x > -90; x -= 0.5 {
			for i := range n {
				l[n+i] = x - float32(i)/n
			}
			Softmax(p, sum, l, best, 2, n)
			for i, v := range p[n:] {
				if v == 0 {
					zeros++
				} else if v*v < 0x1p-126 {
					t.Fatalf("%s: exp(%v) has the subnormal square %v", name, l[n+i], v*v)
				}
			}
		}
		if zeros == 0 {
			t.Errorf("%s: no responsibility is 0", name)
		}
	})
}

func TestSoftmaxSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	cases := []struct {
		name string
		in   []float32
		want []float32
		arg  int32
	}{
		{"−Inf has no weight", []float32{0, -inf, 0}, []float32{.5, 0, .5}, 0},
		{"far below", []float32{-1e30, 0, -88}, []float32{0, 1, 0}, 1},
		{"huge and equal", []float32{3e38, 3e38, -3e38}, []float32{.5, .5, 0}, 0},
		{"one NaN", []float32{1, nan, 2}, []float32{nan, nan, nan}, 2},
		{"nothing but −Inf", []float32{-inf, -inf, -inf}, []float32{nan, nan, nan}, 0},
	}
	for _, c := range cases {
		eachVersion(func(name string) {
			const n = 16
			K := len(c.in)
			l, best, sum, arg := make([]float32, K*n), make([]float32, n), make([]float32, n), make([]int32, n)
			for i := range l {
				l[i] = c.in[i/n]
			}
			Best(best, arg, l, K, n)
			top := make([]float32, n)
			Top(top, l, K, n)
			if !slices.Equal(top, best) {
				t.Fatalf("%s, %s: Top %v, Best %v", c.name, name, top, best)
			}
			Softmax(l, sum, l, best, K, n)
			for i := range l {
				if w := c.want[i/n]; l[i] != w && (w == w || l[i] == l[i]) {
					t.Fatalf("%s, %s: got %v, want %v", c.name, name, l[i], w)
				}
				if arg[i%n] != c.arg {
					t.Fatalf("%s, %s: arg %d, want %d", c.name, name, arg[i%n], c.arg)
				}
			}
		})
	}
}

func TestAccumulateMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, D := range []int{1, 9, 16, 17, 64, 100} {
		for _, K := range []int{1, 3, 25} {
			n, ld := 48, Pad(D)+16
			x := make([]float32, D*n)
			fill(r, x, 1)
			off := Contiguous(D, n)
			seg := make([]int32, n)
			for i := range seg {
				seg[i] = int32(r.IntN(K + 1))
			}
			eachVersion(func(name string) {
				X, okX := guarded(t, (K+1)*ld, 1)
				Q, okQ := guarded(t, (K+1)*ld, 5)
				Accumulate(X, Q, ld, x, off, seg, n)
				okX()
				okQ()
				for k := range K + 1 {
					for d := range D {
						var sx, sq float64
						for i := range n {
							if int(seg[i]) == k {
								v := float64(x[d*n+i])
								sx += v
								sq += v * v
							}
						}
						if math.Abs(float64(X[k*ld+d])-sx) > 2e-5 || math.Abs(float64(Q[k*ld+d])-sq) > 2e-5 {
							t.Fatalf("%s D=%d K=%d k=%d d=%d: %v %v, want %v %v", name, D, K, k, d, X[k*ld+d], Q[k*ld+d], sx, sq)
						}
					}
				}
			})
		}
	}
}

func TestTransposeAndMaxInto(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, rows := range []int{1, 7, 16, 33, 100} {
		for _, cols := range []int{1, 8, 17, 49, 64} {
			eachVersion(func(name string) {
				lds, ldd := cols+3, rows+1
				src := make([]float32, (rows-1)*lds+cols)
				fill(r, src, 1)
				dst, ok := guarded(t, (cols-1)*ldd+rows, 1)
				Transpose(dst, ldd, src, lds, rows, cols)
				ok()
				for i := range rows {
					for j := range cols {
						if dst[j*ldd+i] != src[i*lds+j] {
							t.Fatalf("%s %d×%d: wrong at %d,%d", name, rows, cols, i, j)
						}
					}
				}
				a, b := slices.Clone(src), slices.Clone(src)
				slices.Reverse(b)
				MaxInto(a, b)
				for i := range a {
					if a[i] != max(src[i], b[i]) {
						t.Fatalf("%s: max wrong at %d", name, i)
					}
				}
			})
		}
	}
}

// The SIMD versions agree to the bit, so that a model trained on one CPU is the
// model trained on the other.
func TestSIMDVersionsAgreeToTheBit(t *testing.T) {
	const D, K, n = 700, 13, 112
	type result struct {
		l, p, X, Q []float32
	}
	results := map[string]result{}
	eachVersion(func(name string) {
		r := rand.New(rand.NewPCG(11, 12))
		x := make([]float32, D*n)
		w := Weights{K: K, D: D, S: make([]float32, K*D), M: make([]float32, K*D), C: make([]float32, K)}
		fill(r, x, 1)
		fill(r, w.S, 0.2)
		fill(r, w.M, 0.2)
		res := result{make([]float32, K*n), make([]float32, K*n), make([]float32, K*Pad(D)), make([]float32, K*Pad(D))}
		best, sum, arg := make([]float32, n), make([]float32, n), make([]int32, n)
		Score(res.l, x, Contiguous(D, n), w, n)
		Best(best, arg, res.l, K, n)
		Softmax(res.p, sum, res.l, best, K, n)
		Accumulate(res.X, res.Q, Pad(D), x, Contiguous(D, n), arg, n)
		results[name] = res
	})
	a, okA := results["avx2"]
	b, okB := results["avx512"]
	if okA && okB && !(slices.Equal(a.l, b.l) && slices.Equal(a.p, b.p) && slices.Equal(a.X, b.X) && slices.Equal(a.Q, b.Q)) {
		t.Error("AVX2 and AVX-512 differ")
	}
	if len(results) == 0 {
		t.Fatal("nothing was compared")
	}
}

func TestPanicsNameTheFunction(t *testing.T) {
	for name, f := range map[string]func(){
		"kernel: Score: item count is not a multiple of Lanes": func() { Score(nil, nil, Table{}, Weights{}, 3) },
		"kernel: Score: slice too short for the stated shape":  func() { Score(nil, nil, Table{}, Weights{K: 1, D: 1}, 16) },
		"kernel: Score: offset out of range": func() {
			Score(make([]float32, 16), make([]float32, 16), NewTable([]int32{1}), Weights{1, 1, make([]float32, 1), make([]float32, 1), make([]float32, 1)}, 16)
		},
		"kernel: NewTable: negative offset":                    func() { NewTable([]int32{-1}) },
		"kernel: NewTable: no offsets":                         func() { NewTable(nil) },
		"kernel: Table.Part: not whole lanes of the table":     func() { Contiguous(40, 1).Part(8, 40) },
		"kernel: AddRow: slice too short for the stated shape": func() { AddRow(make([]float64, 2), make([]float32, 3)) },
		"kernel: Accumulate: segment out of range": func() {
			Accumulate(make([]float32, 16), make([]float32, 16), 16, make([]float32, 16), Contiguous(1, 16), append(make([]int32, 15), 1), 16)
		},
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

func BenchmarkScore(b *testing.B) {
	for _, D := range []int{9, 64, 784, 5929} {
		for _, K := range []int{25, 49, 100} {
			b.Run(fmt.Sprintf("D=%d/K=%d", D, K), func(b *testing.B) {
				const n = 112
				x := make([]float32, D*n)
				w := Weights{K: K, D: D, S: make([]float32, K*D), M: make([]float32, K*D), C: make([]float32, K)}
				dst, off := make([]float32, K*n), Contiguous(D, n)
				for b.Loop() {
					Score(dst, x, off, w, n)
				}
				b.ReportMetric(4*float64(D*K*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// BenchmarkPeak is the yardstick: what the others reach is a share of it.
func BenchmarkPeak(b *testing.B) {
	const rounds = 1000
	for b.Loop() {
		FMA(rounds)
	}
	b.ReportMetric(FMAFLOPs*rounds*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
