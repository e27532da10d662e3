package kernel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// The SHA-256 of what kernels give for the work of everyKernel: AVX2, AVX-512 and NEON do the same operations in the
// same order; the portable versions round products before they add them.
const (
	simdBits     = "e24343964761f2b27e4fe390b5493b919d8c4910c869e83e8914eafcd6053fd7"
	portableBits = "5155816bb163d73ed12c5496afa1fe79f18d1cfe853b6b3ab6c3467be883f21c"
)

// A network has the scores of one processor on every other one, too.
func TestAllProcessorsGiveTheSameBits(t *testing.T) {
	eachVersion(func(name string) {
		h := sha256.New()
		everyKernel(func(v ...any) {
			for _, v := range v {
				if err := binary.Write(h, binary.LittleEndian, v); err != nil {
					t.Fatal(err)
				}
			}
		})
		want := simdBits
		if name == "portable" {
			want = portableBits
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("the results of the %s version have the digest %s, want %s", name, got, want)
		}
	})
}

// everyKernel runs every kernel on shapes with whole tiles and with rests, and shows the results.
func everyKernel(show func(v ...any)) {
	r := rand.New(rand.NewPCG(71, 72))
	random := func(n int) []float32 { // in [−1, 1), from integers: a function of math may differ between processors
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(int32(r.Uint32())>>8) * 0x1p-23
		}
		return v
	}
	positive := func(n int) []float32 {
		v := random(n)
		for i := range v {
			v[i] = float32(v[i]*v[i]) + 0.5 // rounded: a compiler may fuse what is one expression
		}
		return v
	}
	blank := func(n int) []float32 { return make([]float32, n) }
	for _, K := range []int{1, 3, 11, 13, 49} {
		for _, n := range []int{16, 48, 112} {
			D := 600 + K
			x, table := random(D*n), Contiguous(D, n)
			w := Weights{K: K, D: D, S: random(K * D), M: random(K * D), C: random(K)}
			l, best, top, sum, p, arg := blank(K*n), blank(n), blank(n), blank(n), blank(K*n), make([]int32, n)
			Score(l, x, table, w, n)
			Best(best, arg, l, K, n)
			Top(top, l, K, n)
			Softmax(p, sum, l, best, K, n)
			X, Q := blank(K*Pad(D)), blank(K*Pad(D))
			Accumulate(X, Q, Pad(D), x, table, arg, n)
			show(l, best, arg, top, sum, p, X, Q)

			const L = 3
			forms, dst := blank(K*L*n), random(K*n)
			f := Forms{R: K * L, D: D, W: random(K * L * D), B: random(K * L)}
			Linear(forms, x, table, f, n)
			AddLinear(forms, x, table, f, n)
			AddSquares(dst, forms, K, L, n)
			rows, y := blank(n*Pad(D)), blank(K*L*Pad(D))
			Gather(rows, Pad(D), x, table, n)
			AddOuter(y, Pad(D), rows, Pad(D), Pairs{Item: []int32{3, 15, 3}, Row: []int32{0, int32(K - 1), 0}, A: random(3 * L)}, L, Pad(D))
			turned := blank(D * n)
			Transpose(turned, D, x, n, D, n)
			show(forms, dst, rows, y, turned, Dot(x[:D], x[D:2*D]), ScaleDot(x[:D], f.W[:D], f.W[D:2*D]), x[:D])

			mixed, ringed, ring := blank(K*n), blank(K*n), random(2*K)
			for m := range K {
				ring[m] = ring[min(m, K-m)]
				ring[K+m] = ring[m]
			}
			Mix(Grid{V: mixed, Row: n}, Grid{V: l, Row: n}, 1, random(K*K), K, K, n)
			Circulant(Grid{V: ringed, Row: n}, Grid{V: l, Row: n}, 1, ring, K, n)
			show(mixed, ringed)

			v, u, g := random(K*n), blank(K*n), random(D*n)
			live := SoftmaxSlope(u, p, v, make([]int32, K), K, n)
			Pull(g, x, table, random(K*n), []int32{0, int32(K - 1)}, NewSlopes(K, D, func(k, d int) (B, A float32) {
				return w.S[k*D+d], w.M[k*D+d]
			}), n)
			reweighed, tried := blank(K*n), blank(D*n)
			Reweigh(reweighed, p, v, positive(K), 1e-3, K, n)
			rate := random(n)
			trial := Trial{X: x, X0: turned, Gradient: g, Rate: rate, Moved: blank(n), Squares: blank(n)}
			Try(tried, &trial, D, n)
			taken := random(D * n)
			Take(taken, g, &Accepted{V: tried, Gradient: taken, X0: x, Kept: rate, Penalty: 0.3}, D, n)
			MoveWhereEqual(taken, g, x, tried)
			MaxInto(g, turned)
			show(u, live, g, reweighed, tried, trial.Moved, trial.Squares, taken)
		}
	}
	for _, R := range []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 28, 67} {
		ring, src, dst := random(2*R), random(R*48), blank(R*48)
		for m := range R {
			ring[m] = ring[min(m, R-m)]
			ring[R+m] = ring[m]
		}
		Circulant(Grid{V: dst, Row: 48}, Grid{V: src, Row: 48}, 1, ring, R, 48)
		show(dst)
	}
	for _, D := range []int{7, 16, 130, 784} {
		const L = 3
		mu, root, X, Q, fs, fm, bytes := random(D), positive(D), random(D), random(D), blank(D), blank(D), make([]byte, D)
		f, y, g := random(L*D), random(L*D), blank(L*D)
		step := FactorStep{L: L, Mean: random(L), A: random(L * L), Rate: 0.3, Mu: mu, Root: root, X: X, Q: Q, Y: y, LdY: D}
		FactorGradient(g, f, D, step, 7)
		AscendFactors(f, D, step)
		Ascend(mu, root, X, Q, fs, fm, Step{S: 0.7, Mu: 0.05, Root: 0.03, Min: 0.5, Max: 4})
		show(g, f, y, mu, root, X, Q, fs, fm)
		Adam(mu, X, Q, root, AdamStep{Keep: 0.9, Take: 0.1, KeepSquares: 0.999, TakeSquares: 0.001, Rate: 0.02, Shift: 3, Epsilon: 1e-8})
		show(mu, Q, root)

		for i := range bytes {
			bytes[i] = byte(r.Uint32())
		}
		lanes, wide, moments := blank(D*Lanes), make([]float64, D), make([]float64, 2*D)
		Pixels(lanes, Lanes, bytes, &[Lanes]int{}, D)
		AddRow(wide, mu)
		SubtractRow(wide, root)
		AddMoments(moments[:D], moments[D:], []float64{0.3, 0.7}, lanes, []int32{1, 5})
		show(lanes, wide, moments)

		centers, distances, mask := random(9*D), blank(5*7), make([]uint16, 5)
		Distances(distances, lanes, 5, centers, D, []int32{8, 0, 3, 3, 1, 2, 7})
		Within(mask, lanes[:5*Lanes], random(5*Lanes), 0.1)
		show(distances, Distance2(mu, root), mask)
	}
	s, m, x := random(32*Lanes), random(32*Lanes), random(40*Lanes)
	for _, limit := range []float32{-1e9, -20} {
		show(ScoreRow(x, Contiguous(32, 17), s, m, 1, limit))
	}
}
