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
	Score(dst, x, off, w, n)
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
	for _, R := range []int{1, 2, 5, 6, 7, 13} {
		for _, J := range []int{1, 3, 7, 49} {
			for _, n := range []int{16, 64, 80, 144} {
				eachVersion(func(name string) {
					ldd, lds := n+5, n+3
					dst, ok := guarded(t, (R-1)*ldd+n, 2)
					src := make([]float32, (J-1)*lds+n)
					w := make([]float32, R*J)
					fill(r, src, 1)
					fill(r, w, 1)
					Mix(dst, ldd, src, lds, w, R, J, n)
					ok()
					for q := range R {
						for i := range n {
							var want, size float64
							for j := range J {
								p := float64(w[q*J+j]) * float64(src[j*lds+i])
								want += p
								size += math.Abs(p)
							}
							if got := float64(dst[q*ldd+i]); math.Abs(got-want) > size*float64(J+1)*0x1p-24 {
								t.Fatalf("%s R=%d J=%d n=%d r=%d i=%d: got %v, want %v", name, R, J, n, q, i, got, want)
							}
						}
						for i := n; i < ldd && q < R-1; i++ {
							if dst[q*ldd+i] != 0 {
								t.Fatalf("%s: wrote between rows", name)
							}
						}
					}
				})
			}
		}
	}
}

func TestBestAndSoftmaxMatchOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, K := range []int{1, 2, 7, 49, 100} {
		for _, scale := range []float64{0, 1e-3, 1, 30, 1e4, 1e37} {
			n := 48
			eachVersion(func(name string) {
				l, ok := guarded(t, K*n, 1)
				fill(r, l, scale)
				best, arg := make([]float32, n), make([]int32, n)
				Best(best, arg, l, K, n)
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
		// The argument l − best is rounded once: its error is relative to |l − best| ≤ 87.
		exact := math.Exp(float64(l[k*n+i])-float64(best)) / total
		if got := float64(p[k*n+i]); math.Abs(got-exact) > 1e-5*exact+2e-38 {
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
		for x := float32(0); x > -87; x -= 0.0137 {
			for i := range n {
				l[n+i] = x - float32(i)*1e-4
			}
			Softmax(p, sum, l, best, 2, n)
			for i := range n {
				if l[n+i] < -86 {
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
			off := Offsets(D, n)
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
		Score(res.l, x, Offsets(D, n), w, n)
		Best(best, arg, res.l, K, n)
		Softmax(res.p, sum, res.l, best, K, n)
		Accumulate(res.X, res.Q, Pad(D), x, Offsets(D, n), arg, n)
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
		"kernel: Score: item count is not a multiple of Lanes": func() { Score(nil, nil, nil, Weights{}, 3) },
		"kernel: Score: slice too short for the stated shape":  func() { Score(nil, nil, nil, Weights{K: 1, D: 1}, 16) },
		"kernel: Score: offset out of range": func() {
			Score(make([]float32, 16), make([]float32, 16), []int32{1}, Weights{1, 1, make([]float32, 1), make([]float32, 1), make([]float32, 1)}, 16)
		},
		"kernel: Accumulate: segment out of range": func() {
			Accumulate(make([]float32, 16), make([]float32, 16), 16, make([]float32, 16), make([]int32, 16), append(make([]int32, 15), 1), 16)
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
				dst, off := make([]float32, K*n), Offsets(D, n)
				for b.Loop() {
					Score(dst, x, off, w, n)
				}
				b.ReportMetric(4*float64(D*K*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
