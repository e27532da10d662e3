package bench

import (
	"context"
	"slices"
	"sync"
	"time"

	"deepgmm/internal/kernel"
)

// A subject does n units of work and says how many seconds they took.
type subject func(n int) (seconds float64, err error)

// repeated makes a subject of one unit of work.
func repeated(work func() error) subject {
	return func(n int) (float64, error) {
		began := time.Now()
		for range n {
			if err := work(); err != nil {
				return 0, err
			}
		}
		return time.Since(began).Seconds(), nil
	}
}

// peak is a subject whose unit is 10⁹ floating-point operations at the fastest the processor does them: independent
// fused multiply-adds in registers, on a number of goroutines at once.
func peak(workers int) subject {
	rounds := 1e9 / float64(kernel.FMAFLOPs)
	return func(n int) (float64, error) {
		began := time.Now()
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() { kernel.FMA(int(float64(n) * rounds / float64(workers))) })
		}
		wg.Wait()
		return time.Since(began).Seconds(), nil
	}
}

// rounds of taking turns, and how long a turn lasts at least in seconds; tests are in a hurry.
var rounds, turnTime = 9, 0.12

// comparison is what two subjects showed: medians over the rounds.
type comparison struct {
	a, b  float64 // seconds a unit
	ratio float64 // of b's seconds a unit to a's, of neighbouring turns
}

// versus lets two subjects take turns, each of as many units as it needs for the clock.
func versus(ctx context.Context, a, b subject) (comparison, error) {
	na, err := calibrate(a)
	if err != nil {
		return comparison{}, err
	}
	nb, err := calibrate(b)
	if err != nil {
		return comparison{}, err
	}
	return takeTurns(ctx, a, b, na, nb)
}

// each is versus for pairs of subjects, one pair after the other.
func each(ctx context.Context, pairs ...[2]subject) (all []comparison, err error) {
	for _, p := range pairs {
		c, err := versus(ctx, p[0], p[1])
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// takeTurns is versus with turns of na and nb units.
func takeTurns(ctx context.Context, a, b subject, na, nb int) (comparison, error) {
	var as, bs, ratios []float64
	for range rounds {
		if err := ctx.Err(); err != nil {
			return comparison{}, context.Cause(ctx)
		}
		ta, err := a(na)
		if err != nil {
			return comparison{}, err
		}
		tb, err := b(nb)
		if err != nil {
			return comparison{}, err
		}
		ta, tb = ta/float64(na), tb/float64(nb)
		as, bs, ratios = append(as, ta), append(bs, tb), append(ratios, tb/ta)
	}
	return comparison{median(as), median(bs), median(ratios)}, nil
}

// calibrate finds how many units a turn needs; what it runs also warms up.
func calibrate(s subject) (n int, err error) {
	for n = 1; ; {
		t, err := s(n)
		if err != nil || t >= turnTime {
			return n, err
		}
		n = max(n+1, min(10*n, int(1.2*turnTime/max(t, 1e-9)*float64(n))))
	}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
