package dcgmm

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func mustSharpen(t *testing.T, net *Network, values []float32, s Sharpening, workers int) *Sharpened {
	t.Helper()
	out, err := net.Sharpen(context.Background(), values, s, workers)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Values) != len(values) || len(out.Trace)*net.mapShape(s.Map).Size() != len(values) {
		t.Fatalf("%d values and %d traces for %d values", len(out.Values), len(out.Trace), len(values))
	}
	return out
}

// oracleMapOf is one map of float32 values.
func oracleMapOf(s Shape, v []float32) oracleMap { return oracleMap{s.H, s.W, s.C, wide(v)} }

func TestSharpeningNeverLowersTheObjective(t *testing.T) {
	eachSpan(t, func(t *testing.T, net *Network, o *oracle, from, to int) {
		const count = 4
		shape := net.mapShape(from)
		size := shape.Size()
		values, maps := randomMaps(count, shape, 31)
		for _, s := range []Sharpening{
			{Map: from, Target: to, Iterations: 25, Rate: 20, Tolerance: 1e-6}, // slopes are small through two layers
			{Map: from, Target: to, Iterations: 25, Rate: 2, Keep: 5},
			{Map: from, Target: to, Iterations: 12, Rate: 1e4}, // steps much too large: most are taken back
		} {
			out := mustSharpen(t, net, values, s, 2)
			if out.Lower != 0 || out.Raised == 0 {
				t.Errorf("%+v: %d steps raised the objective, %d lowered it", s, out.Raised, out.Lower)
			}
			raised := 0
			for i, trace := range out.Trace {
				if len(trace) < 2 || len(trace) > s.Iterations+1 {
					t.Fatalf("map %d: a trace of %d for %d iterations", i, len(trace), s.Iterations)
				}
				for j := 1; j < len(trace); j++ {
					if trace[j] > trace[j-1] {
						raised++
					}
					if !(trace[j] >= trace[j-1]) {
						t.Fatalf("%+v: the objective of map %d falls in step %d: %v", s, i, j, trace)
					}
				}
				if want, _ := o.objective(maps[i], from, to); !close4(trace[0], want, 1) {
					t.Errorf("%+v: map %d begins with %v, oracle %v", s, i, trace[0], want)
				}
				x := out.Values[i*size:][:size]
				want, _ := o.objective(oracleMapOf(shape, x), from, to)
				for j, v := range x {
					if !(v >= 0 && v <= 1) {
						t.Fatalf("%+v: value %v", s, v)
					}
					want -= s.Keep * (float64(v) - maps[i].v[j]) * (float64(v) - maps[i].v[j]) / float64(size)
				}
				if got := trace[len(trace)-1]; !close4(got, want, 1) {
					t.Errorf("%+v: map %d ends with %v, oracle %v", s, i, got, want)
				}
			}
			if raised != out.Raised {
				t.Errorf("%d steps raised an objective, Raised is %d", raised, out.Raised)
			}
		}
	})
}

// Neither workers nor neighbours change a bit, of values or of traces.
func TestSharpeningTreatsEveryMapAlone(t *testing.T) {
	for _, c := range []struct {
		network int
		s       Sharpening
	}{
		{1, Sharpening{Iterations: 9}},
		{9, Sharpening{Target: 1, Iterations: 6, Keep: 1}},
		{10, Sharpening{Map: 1, Target: 2, Iterations: 6, Tolerance: 0.02}},
		{15, Sharpening{Target: 1, Iterations: 4}},
	} {
		nc := networkCases[c.network]
		net, err := New(nc.arch, nc.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		gentle(net, &oracle{nc.layers}, 32)
		const count = 67
		size := net.mapShape(c.s.Map).Size()
		values, _ := randomMaps(count, net.mapShape(c.s.Map), 33)
		want := mustSharpen(t, net, values, c.s, 1)
		for _, workers := range []int{3, 16} {
			got := mustSharpen(t, net, values, c.s, workers)
			if !slices.Equal(got.Values, want.Values) || got.Raised != want.Raised {
				t.Errorf("%s: %d workers give other bits than 1", nc.arch, workers)
			}
		}
		for _, i := range []int{0, 31, 66} {
			alone := mustSharpen(t, net, values[i*size:][:size], c.s, 1)
			if !slices.Equal(alone.Values, want.Values[i*size:][:size]) {
				t.Errorf("%s: map %d becomes another one when it is alone", nc.arch, i)
			}
			if !slices.Equal(alone.Trace[0], want.Trace[i]) {
				t.Errorf("%s: map %d has a trace of %d alone and of %d among others", nc.arch, i, len(alone.Trace[0]), len(want.Trace[i]))
			}
		}
	}
}

// One Gaussian: the optimum is its mean, clipped to [0, 1].
func TestSharpeningFindsTheMean(t *testing.T) {
	net, err := New("F3x2 G1", Shape{H: 3, W: 2, C: 2}, Init{MaxPrecRoot: 100})
	if err != nil {
		t.Fatal(err)
	}
	g := net.Layer(0)
	for d := range g.Mu {
		g.Mu[d] = float32(d)/8 - 0.2 // −0.2 … 1.175
		g.PrecRoot[d] = 0.7 + float32(d%5)/4
	}
	net.Refresh()
	values, _ := randomMaps(5, net.arch.Input, 34)
	out := mustSharpen(t, net, values, Sharpening{Iterations: 400}, 1)
	for j, v := range out.Values {
		if want := min(max(g.Mu[j%g.D], 0), 1); math.Abs(float64(v-want)) > 3e-3 { // nearer, the objective is the same in float32
			t.Errorf("value %d is %v, want %v", j, v, want)
		}
	}
	for i, trace := range out.Trace {
		if len(trace) > 390 {
			t.Errorf("map %d was not done after %d steps", i, len(trace)-1)
		}
	}

	// With Keep the optimum of a value lies between: (s²μ + 2w/D·x₀)/(s² + 2w/D) with P = 1.
	const keep = 6
	out = mustSharpen(t, net, values, Sharpening{Iterations: 400, Keep: keep}, 1)
	for j, v := range out.Values {
		d := j % g.D
		s2, w := g.PrecRoot[d]*g.PrecRoot[d], float32(2*keep)/float32(g.D)
		if want := min(max((s2*g.Mu[d]+w*values[j])/(s2+w), 0), 1); math.Abs(float64(v-want)) > 1e-3 {
			t.Errorf("with Keep value %d is %v, want %v", j, v, want)
		}
	}
}

// A map at its optimum is done at once, whatever the others do.
func TestSharpeningStopsAtTheOptimum(t *testing.T) {
	net, err := New("F1x3 G1", Shape{H: 1, W: 3, C: 1}, Init{MaxPrecRoot: 2})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0.25, 0.5, 1})
	net.Refresh()
	out := mustSharpen(t, net, []float32{0, 0, 0, 0.25, 0.5, 1, 1, 1, 0}, Sharpening{}, 1)
	if n := len(out.Trace[1]); n != 2 || out.Trace[1][0] != out.Trace[1][1] {
		t.Errorf("a map at its optimum has the trace %v", out.Trace[1])
	}
	if !slices.Equal(out.Values[3:6], []float32{0.25, 0.5, 1}) {
		t.Errorf("it became %v", out.Values[3:6])
	}
	if len(out.Trace[0]) < 4 || len(out.Trace[2]) < 4 {
		t.Errorf("the others took %d and %d steps", len(out.Trace[0])-1, len(out.Trace[2])-1)
	}
	if out := mustSharpen(t, net, nil, Sharpening{}, 3); len(out.Values) != 0 || out.Raised+out.Lower != 0 {
		t.Errorf("nothing becomes %+v", out)
	}
}

// Values outside of [0, 1], as draws from a mixture have them, are clipped before the first step.
func TestSharpeningClipsItsInput(t *testing.T) {
	net, err := New("F1x3 G1", Shape{H: 1, W: 3, C: 1}, Init{MaxPrecRoot: 2})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{-1, 0.5, 3}) // clipping lowers the score: as a step it would be taken back for ever
	net.Refresh()
	outside := []float32{-1, 0.4, 3}
	out := mustSharpen(t, net, outside, Sharpening{}, 1)
	inside := mustSharpen(t, net, []float32{0, 0.4, 1}, Sharpening{}, 1)
	if !slices.Equal(out.Values, inside.Values) || !slices.Equal(out.Trace[0], inside.Trace[0]) {
		t.Errorf("%v becomes %v, clipped before %v", outside, out.Values, inside.Values)
	}
	if !slices.Equal(outside, []float32{-1, 0.4, 3}) {
		t.Errorf("the caller's values became %v", outside)
	}
	b := net.newBlock()
	b.valid = 1
	maps := []region{{shape: net.arch.Input, v: slices.Clone(outside)}}
	if err := net.sharpenRegions(context.Background(), b, maps, Sharpening{}.withDefaults(), net.newSlopes(0, 0)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(maps[0].v, inside.Values) {
		t.Errorf("on the way down %v becomes %v, clipped before %v", outside, maps[0].v, inside.Values)
	}
}

// A sharpened sample scores higher than the same sample without.
func TestSharpenedSamplesScoreHigher(t *testing.T) {
	for _, n := range []int{8, 9, 10, 15} {
		nc := networkCases[n]
		net, err := New(nc.arch, nc.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := &oracle{nc.layers}
		gentle(net, o, 35)
		top, size := net.Layers()-1, nc.in.Size()
		plain := mustSample(t, net, top, 0, 5, Sampling{Seed: 1})
		sharp := mustSample(t, net, top, 0, 5, Sampling{Seed: 1, Sharpen: []Sharpening{{Map: 0, Target: top, Iterations: 20, Rate: 1}}})
		for i := range 5 {
			a, _ := o.objective(oracleMapOf(nc.in, plain[i*size:][:size]), 0, top)
			b, _ := o.objective(oracleMapOf(nc.in, sharp[i*size:][:size]), 0, top)
			if !(b > a) {
				t.Errorf("%s: image %d scores %v, sharpened %v", nc.arch, i, a, b)
			}
		}
	}
}

// expiring is a context that is cancelled after it was looked at a number of times.
type expiring struct {
	context.Context
	looks atomic.Int64
}

func (e *expiring) Err() error {
	if e.looks.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestSharpeningStopsWithItsContext(t *testing.T) {
	net, err := New("F2 G3", Shape{H: 4, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	values, _ := randomMaps(40, net.arch.Input, 36)
	for _, looks := range []int64{0, 1, 5, 20} {
		ctx := &expiring{Context: context.Background()}
		ctx.looks.Store(looks)
		out, err := net.Sharpen(ctx, values, Sharpening{Iterations: 1000, Tolerance: 1e-12}, 2)
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "sharpening stopped") || out != nil {
			t.Errorf("cancelled after %d looks: %v", looks, err)
		}
		if left := ctx.looks.Load(); left < -20 {
			t.Errorf("cancelled after %d looks, it went on for %d more", looks, -left)
		}
	}
}

func TestBadSharpening(t *testing.T) {
	net, err := New("F2 G3 F3x2 G4", Shape{H: 4, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	values, _ := randomMaps(2, net.arch.Input, 37)
	for want, s := range map[string]Sharpening{
		"Map 2 and Target 2":               {Map: 2, Target: 2},
		"Map -1 and Target 0":              {Map: -1},
		"Map 1 and Target 0":               {Map: 1},
		"Map 0 and Target 2":               {Target: 2},
		"Sharpening.Rate is -0.1":          {Rate: -0.1},
		"Sharpening.Rate is NaN":           {Rate: math.NaN()},
		"Sharpening.Rate is +Inf":          {Rate: math.Inf(1)},
		"Sharpening.Iterations is -1":      {Iterations: -1},
		"Sharpening.Iterations is 2e+06":   {Iterations: 2_000_000},
		"Sharpening.Keep is -1":            {Keep: -1},
		"Sharpening.Keep is NaN":           {Keep: math.NaN()},
		"Sharpening.Tolerance is -1e-05":   {Tolerance: -1e-5},
		"Sharpening.Tolerance is 2; it mu": {Tolerance: 2},
	} {
		if _, err := net.Sharpen(context.Background(), values, s, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", s, err, want)
		}
	}
	for want, s := range map[string]Sharpening{"23 values are no whole number of 4×3×1 maps": {}, "23 values are no whole number of 3×2×3 maps": {Map: 1, Target: 1}} {
		if _, err := net.Sharpen(context.Background(), values[:23], s, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
