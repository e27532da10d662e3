package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLinearMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, D := range []int{1, 2, 9, 64, 513, 1500} {
		for _, R := range []int{1, 2, 3, 5, 7, 8, 13, 20} {
			for _, n := range []int{16, 32, 48, 64, 80, 112} {
				if D*R*n > 1500*13*48 {
					continue
				}
				for _, scale := range []float64{1, 1e-39, 1e12} {
					eachVersion(func(name string) {
						linearCase(t, r, fmt.Sprintf("%s D=%d R=%d n=%d scale=%g", name, D, R, n, scale), D, R, n, scale)
					})
				}
			}
		}
	}
}

func linearCase(t *testing.T, r *rand.Rand, name string, D, R, n int, scale float64) {
	t.Helper()
	x, okX := guarded(t, D*n+7, 3)
	fill(r, x, scale)
	off := make([]int32, D) // any order, overlapping, unaligned
	for d := range off {
		off[d] = int32(r.IntN(len(x) - n + 1))
	}
	f := Forms{R: R, D: D, W: make([]float32, R*D), B: make([]float32, R)}
	fill(r, f.W, 1)
	fill(r, f.B, 10)
	dst, okDst := guarded(t, R*n, 1)
	fill(r, dst, 1) // what was there does not matter
	Linear(dst, x, NewTable(off), f, n)
	okX()
	okDst()
	for k := range R {
		for i := range n {
			want, size := float64(f.B[k]), math.Abs(float64(f.B[k]))
			for d, o := range off {
				p := float64(f.W[k*D+d]) * float64(x[int(o)+i])
				want, size = want+p, size+math.Abs(p)
			}
			bound := size*float64(min(D, blockD)+D/blockD+3)*0x1p-24 + float64(D)*1e-44
			if got := float64(dst[k*n+i]); !(math.Abs(got-want) <= bound) {
				t.Fatalf("%s r=%d i=%d: got %v, want %v ± %v", name, k, i, got, want, bound)
			}
		}
	}
}

func TestLinearPartsSumToTheForm(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	const D, R, n = 1200, 13, 48
	x := make([]float32, D*n)
	f := Forms{R: R, D: D, W: make([]float32, R*D), B: make([]float32, R)}
	fill(r, x, 1)
	fill(r, f.W, 1)
	fill(r, f.B, 100)
	table := Contiguous(D, n)
	eachVersion(func(name string) {
		whole, sum := make([]float32, R*n), make([]float64, R*n)
		Linear(whole, x, table, f, n)
		for _, cut := range [][2]int{{0, 100}, {100, 101}, {101, 900}, {900, D}} {
			part := make([]float32, R*n)
			fill(r, part, 1) // what was there does not matter
			LinearPart(part, x, table, f, n, cut[0], cut[1])
			for i, v := range part {
				sum[i] += float64(v)
			}
		}
		for i, v := range whole {
			if math.Abs(float64(v)-sum[i]) > 1e-3 {
				t.Fatalf("%s: form %v, sum of the parts %v", name, v, sum[i])
			}
		}
	})
}

func TestAddLinearAddsTheForm(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	for _, D := range []int{1, 112, 600} {
		const R, n = 10, 80
		x := make([]float32, D*n)
		f := Forms{R: R, D: D, W: make([]float32, R*D), B: make([]float32, R)}
		fill(r, x, 1)
		fill(r, f.W, 1)
		table := Contiguous(D, n)
		eachVersion(func(name string) {
			form := make([]float32, R*n)
			Linear(form, x, table, f, n)
			dst, ok := guarded(t, R*n, 1)
			fill(r, dst, 10)
			before := slices.Clone(dst)
			AddLinear(dst, x, table, f, n)
			ok()
			for i, v := range dst {
				if want := before[i] + form[i]; math.Abs(float64(v-want)) > 1e-5*float64(D+10) {
					t.Fatalf("%s D=%d: %v, want %v", name, D, v, want)
				}
			}
		})
	}
}

func TestAddSquaresMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(35, 36))
	for _, K := range []int{1, 3, 49} {
		for _, L := range []int{1, 2, 5} {
			for _, n := range []int{16, 48, 112} {
				eachVersion(func(name string) {
					p := make([]float32, K*L*n)
					dst, ok := guarded(t, K*n, 1)
					fill(r, p, 3)
					fill(r, dst, 10)
					before := slices.Clone(dst)
					AddSquares(dst, p, K, L, n)
					ok()
					for i, v := range dst {
						want := float64(before[i])
						for l := range L {
							q := float64(p[(i/n*L+l)*n+i%n])
							want += q * q / 2
						}
						if math.Abs(float64(v)-want) > 1e-6*(math.Abs(want)+20) {
							t.Fatalf("%s K=%d L=%d n=%d i=%d: %v, want %v", name, K, L, n, i, v, want)
						}
					}
				})
			}
		}
	}
}

func TestGatherAndAddOuterMatchOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 38))
	for _, D := range []int{1, 9, 16, 17, 64, 100} {
		for _, L := range []int{1, 3, 4} {
			const K, n = 5, 48
			x := make([]float32, D*n+9)
			fill(r, x, 1)
			off := make([]int32, D)
			for d := range off {
				off[d] = int32(r.IntN(len(x) - n + 1))
			}
			table := NewTable(off)
			ldx, ldy := Pad(D)+16, Pad(D)+5
			var p Pairs
			for range 70 {
				p.Item, p.Row = append(p.Item, int32(r.IntN(n))), append(p.Row, int32(r.IntN(K)))
			}
			p.A = make([]float32, len(p.Item)*L)
			fill(r, p.A, 1)
			eachVersion(func(name string) {
				rows, okRows := guarded(t, (n-1)*ldx+Pad(D), 3)
				Gather(rows, ldx, x, table, n)
				okRows()
				for i := range n {
					for d, o := range off {
						if rows[i*ldx+d] != x[int(o)+i] {
							t.Fatalf("%s D=%d: item %d, dimension %d: %v", name, D, i, d, rows[i*ldx+d])
						}
					}
				}
				y, okY := guarded(t, (K*L-1)*ldy+Pad(D), 1)
				AddOuter(y, ldy, rows, ldx, p, L, Pad(D))
				okY()
				checkOuter(t, name, y, ldy, x, off, p, K, L)
			})
		}
	}
}

func checkOuter(t *testing.T, name string, y []float32, ldy int, x []float32, off []int32, p Pairs, K, L int) {
	t.Helper()
	for k := range K {
		for l := range L {
			for d, o := range off {
				want := 0.0
				for j, item := range p.Item {
					if int(p.Row[j]) == k {
						want += float64(p.A[j*L+l]) * float64(x[o+item])
					}
				}
				if got := float64(y[(k*L+l)*ldy+d]); math.Abs(got-want) > 2e-5 {
					t.Fatalf("%s D=%d L=%d row %d factor %d dimension %d: %v, want %v", name, len(off), L, k, l, d, got, want)
				}
			}
		}
	}
}

// factorAscent is what AscendFactors works on.
type factorAscent struct {
	f, mu, r, X, Q, Y []float32
	ldf, ldy          int
	c                 FactorStep
}

func newFactorAscent(t *testing.T, seed uint64, D, L int) (*factorAscent, func()) {
	rng := rand.New(rand.NewPCG(seed, uint64(D*100+L)))
	a := &factorAscent{ldf: D + 3, ldy: D + 5}
	var checks []func()
	for i, p := range []*[]float32{&a.f, &a.mu, &a.r, &a.X, &a.Q, &a.Y} {
		size := []int{(L-1)*a.ldf + D, D, D, D, D, (L-1)*a.ldy + D}[i]
		v, check := guarded(t, size, i+1)
		fill(rng, v, 1)
		*p, checks = v, append(checks, check)
	}
	for d := range a.r {
		a.r[d] = 0.5 + 4*rng.Float32()
	}
	a.c = FactorStep{L: L, Mean: make([]float32, L), A: make([]float32, L*L), Rate: 0.3}
	fill(rng, a.c.Mean, 1)
	fill(rng, a.c.A, 1)
	return a, func() {
		for _, c := range checks {
			c()
		}
	}
}

func (a *factorAscent) run() bool {
	c := a.c
	c.Mu, c.Root, c.X, c.Q, c.Y, c.LdY = a.mu, a.r, a.X, a.Q, a.Y, a.ldy
	return AscendFactors(a.f, a.ldf, c)
}

// want is the definition in float64.
func (a *factorAscent) want() (f, X, Q []float64) {
	f, X, Q = make([]float64, len(a.f)), make([]float64, len(a.X)), make([]float64, len(a.Q))
	for i, v := range a.f {
		f[i] = float64(v) // between the rows, nothing changes
	}
	for d := range a.mu {
		mu, r := float64(a.mu[d]), float64(a.r[d])
		g, h := 0.0, 0.0
		for l := range a.c.L {
			fl, y, mean := float64(a.f[l*a.ldf+d]), float64(a.Y[l*a.ldy+d]), float64(a.c.Mean[l])
			g, h = g+fl*mean, h+fl*y
			grad := r * (y - mean*mu)
			for j := range a.c.L {
				grad -= float64(a.c.A[l*a.c.L+j]) * float64(a.f[j*a.ldf+d])
			}
			f[l*a.ldf+d] += float64(a.c.Rate) * grad
		}
		X[d], Q[d] = float64(a.X[d])-g/r, float64(a.Q[d])-(h+mu*g)/r
	}
	return f, X, Q
}

func TestAscendFactorsMatchesOracle(t *testing.T) {
	for _, D := range []int{1, 7, 16, 17, 64, 90} {
		for _, L := range []int{1, 2, 4, 7} {
			eachVersion(func(name string) {
				a, check := newFactorAscent(t, 1, D, L)
				f, X, Q := a.want()
				if !a.run() {
					t.Errorf("%s D=%d L=%d: not finite", name, D, L)
				}
				check()
				for what, v := range map[string]struct {
					got  []float32
					want []float64
				}{"f": {a.f, f}, "X": {a.X, X}, "Q": {a.Q, Q}} {
					for i, w := range v.want {
						if got := float64(v.got[i]); math.Abs(got-w) > 1e-5*(5+math.Abs(w)) {
							t.Fatalf("%s D=%d L=%d: %s[%d] = %v, want %v", name, D, L, what, i, got, w)
						}
					}
				}
			})
		}
	}
}

func TestAscendFactorsAgreesToTheBitAndSeesWhatIsNotFinite(t *testing.T) {
	for _, D := range []int{5, 16, 90} {
		var first *factorAscent
		eachVersion(func(name string) {
			a, _ := newFactorAscent(t, 3, D, 3)
			a.run()
			if first == nil {
				first = a
			}
			if !slices.Equal(a.f, first.f) || !slices.Equal(a.X, first.X) || !slices.Equal(a.Q, first.Q) {
				t.Errorf("%s, D = %d: differs from portable code", name, D)
			}
			for _, at := range []int{0, D / 2, D - 1} {
				for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
					a, _ := newFactorAscent(t, 3, D, 3)
					a.Y[a.ldy+at] = bad
					if a.run() {
						t.Errorf("%s, D = %d: %v at %d was not seen", name, D, bad, at)
					}
				}
			}
		})
	}
}

func TestDotAndScaleDotMatchOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(39, 40))
	for _, D := range []int{1, 15, 16, 17, 100, 784} {
		a, s := make([]float32, D+3)[3:], make([]float32, D)
		fill(r, a, 2)
		fill(r, s, 2)
		eachVersion(func(name string) {
			b, ok := guarded(t, D, 5)
			fill(r, b, 2)
			dot, scaled := 0.0, 0.0
			want := make([]float32, D)
			for d := range b {
				dot += float64(a[d]) * float64(b[d])
				want[d] = b[d] * s[d]
				scaled += float64(want[d]) * float64(a[d])
			}
			if got := float64(Dot(a, b)); math.Abs(got-dot) > 1e-5*float64(D) {
				t.Errorf("%s D=%d: Dot %v, want %v", name, D, got, dot)
			}
			got := float64(ScaleDot(b, s, a))
			ok()
			if math.Abs(got-scaled) > 2e-5*float64(D) || !slices.Equal(b, want) {
				t.Errorf("%s D=%d: ScaleDot %v, want %v", name, D, got, scaled)
			}
		})
	}
}

func TestFactorKernelsOfSIMDVersionsAgreeToTheBit(t *testing.T) {
	const D, K, L, n = 700, 7, 3, 112
	results := map[string][][]float32{}
	eachVersion(func(name string) {
		r := rand.New(rand.NewPCG(41, 42))
		x, p, dst := make([]float32, D*n), make([]float32, K*L*n), make([]float32, K*n)
		f := Forms{R: K * L, D: D, W: make([]float32, K*L*D), B: make([]float32, K*L)}
		fill(r, x, 1)
		fill(r, f.W, 0.2)
		Linear(p, x, Contiguous(D, n), f, n)
		AddSquares(dst, p, K, L, n)
		ld := Pad(D)
		rows, y := make([]float32, n*ld), make([]float32, K*L*ld)
		Gather(rows, ld, x, Contiguous(D, n), n)
		AddOuter(y, ld, rows, ld, Pairs{Item: []int32{3, 100, 3}, Row: []int32{1, 6, 1}, A: p[:3*L]}, L, ld)
		results[name] = [][]float32{p, dst, rows, y, {Dot(x[:D], x[D:2*D]), ScaleDot(x[:D], x[D:2*D], x[2*D:3*D])}}
	})
	a, okA := results["avx2"]
	b, okB := results["avx512"]
	if okA && okB && !slices.EqualFunc(a, b, slices.Equal[[]float32]) {
		t.Error("AVX2 and AVX-512 differ")
	}
	if len(results) == 0 {
		t.Fatal("nothing was compared")
	}
}

func TestFactorKernelsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"kernel: Linear: item count is not a multiple of Lanes": func() { Linear(nil, nil, Table{}, Forms{}, 3) },
		"kernel: Linear: offset out of range": func() {
			Linear(make([]float32, 16), make([]float32, 16), NewTable([]int32{1}), Forms{1, 1, make([]float32, 1), make([]float32, 1)}, 16)
		},
		"kernel: Gather: slice too short for the stated shape": func() { Gather(nil, 16, make([]float32, 16), Contiguous(1, 16), 16) },
		"kernel: AddOuter: pair out of range": func() {
			AddOuter(make([]float32, 16), 16, make([]float32, 16), 16, Pairs{[]int32{0}, []int32{-1}, []float32{1}}, 1, 16)
		},
		"kernel: AscendFactors: slice too short for the stated shape": func() { AscendFactors(nil, 0, FactorStep{}) },
		"kernel: Dot: slice too short for the stated shape":           func() { Dot(nil, make([]float32, 1)) },
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

func BenchmarkLinear(b *testing.B) {
	for _, D := range []int{64, 784, 5929} {
		b.Run(fmt.Sprintf("D=%d/R=196", D), func(b *testing.B) {
			const n, R = 112, 196
			x := make([]float32, D*n)
			f := Forms{R: R, D: D, W: make([]float32, R*D), B: make([]float32, R)}
			dst, off := make([]float32, R*n), Contiguous(D, n)
			for b.Loop() {
				Linear(dst, x, off, f, n)
			}
			b.ReportMetric(2*float64(D*R*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
