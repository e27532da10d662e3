package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// ascent is the state before and after Ascend of one component.
type ascent struct {
	mu, r, X, Q, fs, fm []float32
	sumLog              float64
	finite              bool
}

func newAscent(t *testing.T, seed uint64, D int) (*ascent, func()) {
	rng := rand.New(rand.NewPCG(seed, uint64(D)))
	a := &ascent{}
	var checks []func()
	for i, p := range []*[]float32{&a.mu, &a.r, &a.X, &a.Q, &a.fs, &a.fm} {
		v, check := guarded(t, D, i+1)
		fill(rng, v, 1)
		*p, checks = v, append(checks, check)
	}
	for d := range a.r {
		a.r[d] = 0.5 + 4*rng.Float32()
	}
	return a, func() {
		for _, c := range checks {
			c()
		}
	}
}

func (a *ascent) run(c Step) { a.sumLog, a.finite = Ascend(a.mu, a.r, a.X, a.Q, a.fs, a.fm, c) }

var ascentSizes = []int{1, 7, 16, 63, 64, 65, 128, 200, 784, 64*64 + 70}

func TestAscendMatchesOracle(t *testing.T) {
	c := Step{S: 3.5, Mu: 0.01, Root: 0.02, Min: 0.6, Max: 4.2}
	eachVersion(func(name string) {
		clipped := 0
		for _, D := range ascentSizes {
			a, check := newAscent(t, 1, D)
			mu, r := slices.Clone(a.mu), slices.Clone(a.r)
			a.run(c)
			check()
			var sum float64
			for d := range mu {
				m, s, X, Q, S := float64(mu[d]), float64(r[d]), float64(a.X[d]), float64(a.Q[d]), float64(c.S)
				wantM := m + float64(c.Mu)*s*s*(X-S*m)
				wantS := s + float64(c.Root)*(S/s-s*(Q-2*m*X+S*m*m))
				if wantS < float64(c.Min) || wantS > float64(c.Max) {
					clipped++
					wantS = min(max(wantS, float64(c.Min)), float64(c.Max))
				}
				got := [4]float32{a.mu[d], a.r[d], a.fs[d], a.fm[d]}
				want := [4]float64{wantM, wantS, wantS / math.Sqrt2, -wantS * wantM / math.Sqrt2}
				for i := range got {
					if e := math.Abs(float64(got[i]) - want[i]); e > 3e-6*(1+math.Abs(want[i])) {
						t.Fatalf("%s, D = %d: value %d of dimension %d is %v, want %v", name, D, i, d, got[i], want[i])
					}
				}
				sum += math.Log(float64(a.r[d]))
			}
			if e := math.Abs(a.sumLog - sum); e > 1e-6*float64(D) || !a.finite {
				t.Errorf("%s, D = %d: Σ log r = %v, want %v; finite %v", name, D, a.sumLog, sum, a.finite)
			}
			if again := SumLog(a.r); again != a.sumLog {
				t.Errorf("%s, D = %d: SumLog %v differs from Ascend's %v", name, D, again, a.sumLog)
			}
		}
		if clipped == 0 {
			t.Error("no precision root met its bounds")
		}
	})
}

func TestAscendSaysWhatIsNotFinite(t *testing.T) {
	eachVersion(func(name string) {
		for _, D := range []int{5, 64, 150} {
			for _, at := range []int{0, D / 2, D - 1} {
				for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
					a, _ := newAscent(t, 2, D)
					a.X[at] = bad
					a.run(Step{S: 1, Mu: 0.1, Root: 0.1, Min: 0.1, Max: 9})
					if a.finite {
						t.Errorf("%s, D = %d: %v at %d was not seen", name, D, bad, at)
					}
				}
			}
		}
	})
}

func TestAscendVersionsAgreeToTheBit(t *testing.T) {
	for _, D := range ascentSizes {
		var first *ascent
		eachVersion(func(name string) {
			a, _ := newAscent(t, 3, D)
			a.run(Step{S: 0.7, Mu: 0.05, Root: 0.03, Min: 0.5, Max: 4})
			if first == nil {
				first = a
			}
			if a.sumLog != first.sumLog || !slices.Equal(a.mu, first.mu) || !slices.Equal(a.r, first.r) ||
				!slices.Equal(a.fs, first.fs) || !slices.Equal(a.fm, first.fm) {
				t.Errorf("%s, D = %d: differs from portable code", name, D)
			}
		})
	}
}

func TestSumLogAtTheBounds(t *testing.T) {
	for _, v := range []float32{MinRoot, 1, MaxRoot} {
		r := make([]float32, 201)
		for i := range r {
			r[i] = v
		}
		want := 201 * math.Log(float64(v))
		if got := SumLog(r); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("SumLog of 201 times %v = %v, want %v", v, got, want)
		}
	}
}

func BenchmarkAscend(b *testing.B) {
	for _, D := range []int{64, 5929} {
		b.Run(fmt.Sprintf("D=%d", D), func(b *testing.B) {
			v := make([][]float32, 6)
			for i := range v {
				v[i] = make([]float32, D)
			}
			for d := range v[1] {
				v[1][d] = 2
			}
			b.SetBytes(int64(8 * 4 * D))
			for b.Loop() {
				Ascend(v[0], v[1], v[2], v[3], v[4], v[5], Step{S: 1, Mu: 0.01, Root: 0.01, Min: 0.1, Max: 4})
			}
		})
	}
}
