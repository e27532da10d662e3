package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDistancesMatchOracleAndDistance2(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, D := range []int{1, 15, 16, 33, 784} {
		for _, rows := range []int{1, 3, 4, 9} {
			for _, count := range []int{0, 1, 5, 6, 7, 13} {
				const K = 11
				x, c := make([]float32, rows*D), make([]float32, K*D)
				fill(r, x, 3)
				fill(r, c, 3)
				idx := make([]int32, count)
				for i := range idx {
					idx[i] = int32(r.IntN(K))
				}
				bits := map[string][]float32{}
				eachVersion(func(name string) {
					dst, ok := guarded(t, rows*count, 3)
					Distances(dst, x, rows, c, D, idx)
					ok()
					bits[name] = dst
					for i, got := range dst {
						a, b := x[i/count*D:][:D], c[int(idx[i%count])*D:][:D]
						var want float64
						for d := range a {
							want += (float64(a[d]) - float64(b[d])) * (float64(a[d]) - float64(b[d]))
						}
						if math.Abs(float64(got)-want) > 1e-6*want || got != Distance2(a, b) {
							t.Fatalf("%s D=%d: distance %v, Distance2 %v, oracle %v", name, D, got, Distance2(a, b), want)
						}
					}
				})
				if a, b := bits["avx2"], bits["avx512"]; a != nil && b != nil && !slices.Equal(a, b) {
					t.Errorf("D=%d: AVX2 and AVX-512 differ", D)
				}
			}
		}
	}
}

// Chunks are read out of order; the score does not depend on the limit as long as it is not below it.
func TestScoreRowGivesUpOnlyBelowItsLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	for _, chunks := range []int{2, 8, 10, 32} {
		x, s, m, off := make([]float32, Lanes*chunks+5), make([]float32, Lanes*chunks), make([]float32, Lanes*chunks), make([]int32, chunks)
		fill(r, x, 1)
		fill(r, s, 2)
		fill(r, m, 1)
		for c, p := range r.Perm(chunks) {
			off[c] = int32(Lanes*p + p%6)
		}
		table := NewTable(off)
		want := 7.5
		for c, o := range off {
			for i := range Lanes {
				v := float64(x[int(o)+i])*float64(s[Lanes*c+i]) + float64(m[Lanes*c+i])
				want -= v * v
			}
		}
		bits := map[string]float32{}
		gaveUp := 0
		eachVersion(func(name string) {
			full := ScoreRow(x, table, s, m, 7.5, float32(math.Inf(-1)))
			bits[name] = full
			if math.Abs(float64(full)-want) > 1e-5*math.Abs(want) {
				t.Fatalf("%s %d chunks: %v, want %v", name, chunks, full, want)
			}
			for _, part := range []float32{0.01, 0.3, 0.9, 1, 1.1} {
				limit := full * part // below full from 1 on
				got := ScoreRow(x, table, s, m, 7.5, limit)
				if full >= limit && got != full || full < limit && !(got < limit && got >= full) {
					t.Errorf("%s %d chunks: %v with the limit %v, %v without", name, chunks, got, limit, full)
				}
				if got != full {
					gaveUp++
				}
			}
			broken := slices.Clone(x)
			broken[off[0]+3] = float32(math.NaN())
			if got := ScoreRow(broken, table, s, m, 7.5, full); got == got {
				t.Errorf("%s %d chunks: a NaN gives %v", name, chunks, got)
			}
		})
		if a, b := bits["avx2"], bits["avx512"]; a != b && b != 0 {
			t.Errorf("AVX2 %v, AVX-512 %v", a, b)
		}
		if chunks > 8 && gaveUp == 0 {
			t.Error("it never gave up")
		}
	}
}

func TestWithin(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	special := []float32{0, 1, -1, 2.5, inf, -inf, nan}
	r := rand.New(rand.NewPCG(35, 36))
	const n = 6 * Lanes
	a, b := make([]float32, n), make([]float32, n)
	for i := range a {
		a[i], b[i] = special[r.IntN(len(special))], special[r.IntN(len(special))]
	}
	for _, c := range special {
		eachVersion(func(name string) {
			mask := make([]uint16, n/Lanes+1)
			mask[n/Lanes] = 77
			Within(mask, a, b, c)
			for i := range a {
				if got, want := mask[i/Lanes]>>(i%Lanes)&1 == 1, !(a[i]-b[i] > c); got != want {
					t.Errorf("%s: %v − %v within %v: %v", name, a[i], b[i], c, got)
				}
			}
			if mask[n/Lanes] != 77 {
				t.Errorf("%s: wrote outside", name)
			}
		})
	}
}

// Several rows at once are the rows one after another, to the bit.
func TestMomentsOfRowsAgreeToTheBit(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 38))
	for _, D := range []int{1, 15, 16, 33, 130, 784} {
		rows := make([]float32, 5*D+3)
		fill(r, rows, 3)
		off, weights := []int32{int32(2*D + 3), 0, int32(4 * D), 1}, []float64{0.3, 1, 1e-9, 0.7}
		x, q := make([]float64, D), make([]float64, D)
		for i, o := range off {
			for d, v := range rows[o:][:D] {
				rv := float64(weights[i] * float64(v))
				x[d] += rv
				q[d] += float64(rv * float64(v))
			}
		}
		eachVersion(func(name string) {
			gx, gq := make([]float64, D+1), make([]float64, D+1)
			AddMoments(gx[:D], gq[:D], weights, rows, off)
			if !slices.Equal(gx[:D], x) || !slices.Equal(gq[:D], q) || gx[D] != 0 || gq[D] != 0 {
				t.Errorf("%s D=%d: other moments", name, D)
			}
			AddRow(gx[:D], rows[:D])
			SubtractRow(gx[:D], rows[:D])
			for d, v := range x {
				if gx[d] != v+float64(rows[d])-float64(rows[d]) {
					t.Errorf("%s D=%d: a row added and taken off leaves %v of %v", name, D, gx[d], v)
				}
			}
		})
	}
}

// Prefetch reads nothing, not even at the end of memory that is there.
func TestPrefetchIsHarmless(t *testing.T) {
	eachVersion(func(string) {
		Prefetch(nil)
		Prefetch(make([]float32, 1))
		Prefetch(make([]float32, 1000))
	})
}

func TestRowPanicsNameTheFunction(t *testing.T) {
	v := make([]float32, 32)
	for name, f := range map[string]func(){
		"kernel: Distances: slice too short for the stated shape":                            func() { Distances(v, v, 1, v, 32, []int32{1}) },
		"kernel: Distance2: slice too short for the stated shape":                            func() { Distance2(v, v[:3]) },
		"kernel: ScoreRow: slice too short for the stated shape, or an odd number of chunks": func() { ScoreRow(v, NewTable([]int32{0}), v, v, 0, 0) },
		"kernel: Within: item count is not a multiple of Lanes":                              func() { Within(nil, v[:3], v, 0) },
		"kernel: AddMoments: slice too short for the stated shape":                           func() { AddMoments(make([]float64, 20), make([]float64, 20), []float64{1}, v, []int32{13}) },
		"kernel: SubtractRow: slice too short for the stated shape":                          func() { SubtractRow(make([]float64, 2), v) },
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

func TestDistancesPanicsForANegativeRow(t *testing.T) {
	defer func() {
		if want := "kernel: Distances: slice too short for the stated shape"; recover() != want {
			t.Errorf("no panic %q", want)
		}
	}()
	v := make([]float32, 32)
	Distances(v, v, 1, v, 32, []int32{-1})
}
