package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAdamMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	c := AdamStep{Keep: 0.9, Take: 0.1, KeepSquares: 0.999, TakeSquares: 0.001, Rate: 0.02, Shift: 3, Epsilon: 1e-8}
	for _, n := range []int{0, 1, 15, 16, 17, 48, 100} {
		for _, scale := range []float64{1e-20, 1e-3, 1, 1e9} {
			start := make([][]float32, 4) // v, g, m, q
			for i := range start {
				start[i] = make([]float32, n)
				fill(r, start[i], scale)
			}
			for i, v := range start[3] {
				start[3][i] = v * v
			}
			var first [][]float32
			eachVersion(func(name string) {
				var now [][]float32
				var ok []func()
				for i, s := range start {
					v, done := guarded(t, n, i)
					copy(v, s)
					now, ok = append(now, v), append(ok, done)
				}
				Adam(now[0], now[1], now[2], now[3], c)
				for _, done := range ok {
					done()
				}
				for i := range n {
					v, g := float64(start[0][i]), float64(start[1][i])
					m := 0.9*float64(start[2][i]) + 0.1*g
					q := 0.999*float64(start[3][i]) + 0.001*g*g
					want := v + 0.02*m/(math.Sqrt(q)*3+1e-8)
					if bound := 1e-5 * (math.Abs(v) + math.Abs(want-v) + 0.02); math.Abs(float64(now[0][i])-want) > bound {
						t.Fatalf("%s n=%d scale=%g: %v, want %v", name, n, scale, now[0][i], want)
					}
				}
				if first == nil {
					first = now
				}
				for i := range now {
					if !slices.Equal(now[i], first[i]) {
						t.Fatalf("%s n=%d scale=%g: not the bits of the portable version", name, n, scale)
					}
				}
			})
		}
	}
}

func TestFactorGradientMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(63, 64))
	for _, D := range []int{1, 9, 16, 40, 64} {
		for _, L := range []int{1, 2, 5} {
			ldf, ldy := D+3, D+5
			const M = 7
			mu, root, f, Y := make([]float32, D), make([]float32, D), make([]float32, L*ldf), make([]float32, L*ldy)
			c := FactorStep{L: L, Mean: make([]float32, L), A: make([]float32, L*L), Mu: mu, Root: root, Y: Y, LdY: ldy}
			for _, v := range [][]float32{mu, root, f, Y, c.Mean, c.A} {
				fill(r, v, 2)
			}
			var first []float32
			eachVersion(func(name string) {
				name = fmt.Sprintf("%s D=%d L=%d", name, D, L)
				g, ok := guarded(t, L*D, 1)
				FactorGradient(g, f, ldf, c, M)
				ok()
				for l := range L {
					for d := range D {
						want := float64(root[d]) * (float64(Y[l*ldy+d]) - float64(c.Mean[l])*float64(mu[d]))
						for j := range L {
							want -= float64(c.A[l*L+j]) * float64(f[j*ldf+d])
						}
						if want /= M; math.Abs(float64(g[l*D+d])-want) > 1e-5 {
							t.Fatalf("%s: gradient %v of factor %d, dimension %d, want %v", name, g[l*D+d], l, d, want)
						}
					}
				}
				if first == nil {
					first = g
				}
				if !slices.Equal(g, first) {
					t.Fatalf("%s: not the bits of the portable version", name)
				}
			})
		}
	}
}

func TestAdamLeavesNoSubnormals(t *testing.T) {
	const n = 37 // registers and a rest
	c := AdamStep{Keep: 0.9, Take: 0.1, KeepSquares: 0.999, TakeSquares: 0.001, Rate: 0.001, Shift: 3, Epsilon: 1e-8}
	eachVersion(func(name string) {
		v, g, m, q := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range n {
			v[i], m[i], q[i] = 1, float32(math.Pow(10, -float64(i))), float32(math.Pow(10, -float64(i)))
			g[i] = q[i]
		}
		for range 3000 {
			Adam(v, g, m, q, c)
			clear(g)
			for i := range n {
				for _, x := range []float32{m[i], q[i]} {
					if x != 0 && math.Abs(float64(x)) < 0x1p-126 {
						t.Fatalf("%s: %v is subnormal", name, x)
					}
				}
			}
		}
		if m[0] > 1e-30 || math.Abs(float64(q[0])-0.0498) > 1e-4 { // 1.0·0.999³⁰⁰⁰
			t.Fatalf("%s: after 3000 steps without gradients the averages are %v and %v", name, m[0], q[0])
		}
	})
}

func TestGradientMatchesOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(65, 66))
	const S, M = 7, 100
	for _, n := range []int{1, 15, 16, 17, 48, 100} {
		mu, root, X, Q := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		fill(r, mu, 1)
		fill(r, root, 1)
		fill(r, X, 5)
		fill(r, Q, 9)
		for i := range root {
			root[i] = 1 + root[i]*root[i]
		}
		var first [][]float32
		eachVersion(func(name string) {
			gm, okM := guarded(t, n, 0)
			gr, okR := guarded(t, n, 1)
			Gradient(gm, gr, mu, root, X, Q, S, M)
			okM()
			okR()
			for i := range n {
				m, s, x, q := float64(mu[i]), float64(root[i]), float64(X[i]), float64(Q[i])
				for j, want := range []float64{s * s * (x - S*m) / M, (S/s - s*(q-2*m*x+S*m*m)) / M} {
					if got := float64([]float32{gm[i], gr[i]}[j]); math.Abs(got-want) > 1e-5*(1+s*s)*(math.Abs(x)+math.Abs(q)+S*(1+m*m))/M {
						t.Fatalf("%s n=%d: gradient %d is %v, want %v", name, n, j, got, want)
					}
				}
			}
			if first == nil {
				first = [][]float32{gm, gr}
			}
			if !slices.Equal(gm, first[0]) || !slices.Equal(gr, first[1]) {
				t.Fatalf("%s n=%d: not the bits of the portable version", name, n)
			}
		})
	}
}
