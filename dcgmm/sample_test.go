package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
)

// mustSample draws images or ends the test.
func mustSample(t *testing.T, net *Network, layer, first, count int, c Sampling) []float32 {
	t.Helper()
	out, err := net.Sample(context.Background(), layer, first, count, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != count*net.arch.Input.Size() {
		t.Fatalf("%d values for %d images of %v", len(out), count, net.arch.Input)
	}
	return out
}

// fills is a filler out of a function, pooling densely.
type fills func(dst []float32, layer, pos int, signal []float32)

func (f fills) patch(dst []float32, layer, pos int, signal []float32) []float32 {
	f(dst, layer, pos, signal)
	return nil
}

func (fills) unpool(ctx context.Context, p pool, r region, dst []float32) region {
	return p.repeat(ctx, r, dst)
}

// By hand: 3×4 patches with strides 2 and 3 on 5×7 pixels, two by two, that overlap in row 2 and column 3. Patch i is
// i+1 everywhere.
func TestUnfoldingAveragesByHand(t *testing.T) {
	net, err := New("F3x4/2x3 G2", Shape{H: 5, W: 7, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := net.unfold(context.Background(), 0, regionIn(nil, 0, 0, Shape{H: 2, W: 2, C: 2}, 1), fills(func(dst []float32, _, pos int, _ []float32) {
		for d := range dst {
			dst[d] = float32(pos + 1)
		}
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{
		1, 1, 1, 1.5, 2, 2, 2,
		1, 1, 1, 1.5, 2, 2, 2,
		2, 2, 2, 2.5, 3, 3, 3,
		3, 3, 3, 3.5, 4, 4, 4,
		3, 3, 3, 3.5, 4, 4, 4,
	}
	if got.shape != (Shape{H: 5, W: 7, C: 1}) || !slices.Equal(got.v, want) {
		t.Errorf("%v: %v, want %v", got.shape, got.v, want)
	}
}

// unfolded is model.md §1, backward for sampling: the mean of what the patches say of a pixel, without the border.
func (l *oracleLayer) unfolded(in Shape, patches [][]float32) oracleMap {
	padded := newOracleMap(in.H+l.pad[0]+l.pad[1], in.W+l.pad[2]+l.pad[3], in.C)
	covered := newOracleMap(padded.H, padded.W, in.C)
	pos := 0
	for y0 := 0; y0+l.fold[0] <= padded.H; y0 += l.fold[2] {
		for x0 := 0; x0+l.fold[1] <= padded.W; x0 += l.fold[3] {
			d := 0
			for y := y0; y < y0+l.fold[0]; y++ {
				for x := x0; x < x0+l.fold[1]; x++ {
					for c := range in.C {
						*padded.at(y, x, c) += float64(patches[pos][d])
						*covered.at(y, x, c)++
						d++
					}
				}
			}
			pos++
		}
	}
	out := newOracleMap(in.H, in.W, in.C)
	for y := range in.H {
		for x := range in.W {
			for c := range in.C {
				*out.at(y, x, c) = *padded.at(y+l.pad[0], x+l.pad[2], c) / *covered.at(y+l.pad[0], x+l.pad[2], c)
			}
		}
	}
	return out
}

func TestUnfoldingAgreesWithTheOracle(t *testing.T) {
	layers := 0
	for _, c := range networkCases {
		net, err := New(c.arch, c.in, Init{})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(21, 1))
		for i, l := range c.layers {
			pl := net.layers[i]
			if len(pl.Pools) > 0 {
				pl = &layer{}
				*pl = *net.layers[i]
				pl.Pools = nil // here only the folding
			}
			alone := &Network{layers: []*layer{pl}}
			patches := make([][]float32, pl.P())
			got, err := alone.unfold(context.Background(), 0, regionIn(nil, 0, 0, pl.Out, 1), fills(func(dst []float32, _, pos int, _ []float32) {
				for d := range dst {
					dst[d] = r.Float32()
				}
				patches[pos] = slices.Clone(dst)
			}), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := l.unfolded(pl.In, patches)
			if got.shape != pl.In || len(got.v) != len(want.v) {
				t.Fatalf("%s layer %d: shape %v, want %v", c.arch, i, got.shape, pl.In)
			}
			for j, v := range got.v {
				if math.Abs(float64(v)-want.v[j]) > 1e-6 {
					t.Fatalf("%s layer %d: value %d is %v, oracle %v", c.arch, i, j, v, want.v[j])
				}
			}
			layers++
		}
	}
	if layers < 20 {
		t.Errorf("only %d layers were checked", layers)
	}
}

// covers reports whether the window of output (y, x) contains the input pixel (yy, xx).
func covers(p arch.Pool, y, x, yy, xx int) bool {
	return yy >= y*p.StrideH && yy < y*p.StrideH+p.H && xx >= x*p.StrideW && xx < x*p.StrideW+p.W
}

// Dense: every place of the input is the mean of the outputs whose windows contain it.
func TestDenseUnpooling(t *testing.T) {
	for _, c := range poolCases {
		net, err := New(c.arch, c.in, Init{})
		if err != nil {
			t.Fatal(err)
		}
		p := net.layers[0].Pools[0]
		values, maps := randomMaps(1, p.Out, 22)
		got := pool{p}.repeat(context.Background(), region{shape: p.Out, n: 1, v: values}, nil)
		if got.shape != c.in {
			t.Fatalf("%s: shape %v, want %v", c.arch, got.shape, c.in)
		}
		for yy := range c.in.H {
			for xx := range c.in.W {
				for ch := range c.in.C {
					var sum, n float64
					for y := range p.Out.H {
						for x := range p.Out.W {
							if covers(p, y, x, yy, xx) {
								sum, n = sum+*maps[0].at(y, x, ch), n+1
							}
						}
					}
					if v := float64(got.at(yy, xx)[ch]); math.Abs(v-sum/n) > 1e-6 {
						t.Errorf("%s: %v at (%d, %d, %d), want %v", c.arch, v, yy, xx, ch, sum/n)
					}
				}
			}
		}
	}
}

// Sparse: every value lies in its window, at one place a channel, or lost it to a larger one; everything else is 0.
func TestSparseUnpooling(t *testing.T) {
	for _, c := range poolCases {
		net, err := New(c.arch, c.in, Init{})
		if err != nil {
			t.Fatal(err)
		}
		p := net.layers[0].Pools[0]
		d := &drawer{net: net, sparse: true, rng: rand.New(rand.NewPCG(23, 1))}
		places := make([]int, c.in.Size()) // where the last window's value came to lie
		const draws = 600
		for range draws {
			values, _ := randomMaps(1, p.Out, d.rng.Uint64())
			r := region{shape: p.Out, n: 1, v: values}
			got := d.unpool(context.Background(), pool{p}, r, nil)
			if got.shape != c.in {
				t.Fatalf("%s: shape %v, want %v", c.arch, got.shape, c.in)
			}
			for ch := range c.in.C {
				found := map[float32]int{}
				for i := ch; i < len(got.v); i += c.in.C {
					found[got.v[i]]++
				}
				for y := range p.Out.H {
					for x := range p.Out.W {
						v := r.at(y, x)[ch]
						inside, covered := 0, false
						for yy := range c.in.H {
							for xx := range c.in.W {
								if !covers(p, y, x, yy, xx) {
									continue
								}
								covered = covered || got.at(yy, xx)[ch] > v
								if got.at(yy, xx)[ch] == v {
									inside++
									if y == p.Out.H-1 && x == p.Out.W-1 && ch == 0 {
										places[yy*c.in.W+xx]++
									}
								}
							}
						}
						if inside != found[v] || inside > 1 || inside == 0 && !covered {
							t.Fatalf("%s: value %v of window (%d, %d) is %d times in it, %d times in the map", c.arch, v, y, x, inside, found[v])
						}
						delete(found, v)
					}
				}
				delete(found, 0)
				if len(found) > 0 {
					t.Fatalf("%s: values from nowhere: %v", c.arch, found)
				}
			}
		}
		// The last window may be cut: it uses all places that are left, equally often where no other window comes near.
		y0, x0 := (p.Out.H-1)*p.StrideH, (p.Out.W-1)*p.StrideW
		left := (c.in.H - y0) * (c.in.W - x0)
		for yy := y0; yy < c.in.H; yy++ {
			for xx := x0; xx < c.in.W; xx++ {
				if n := places[yy*c.in.W+xx]; n < draws/left/3 {
					t.Errorf("%s: %d of %d draws at (%d, %d), one of %d places", c.arch, n, draws, yy, xx, left)
				}
			}
		}
	}
}

// samplingCases: several layers, all kinds of randomness on the way down, sharpening included.
var samplingCases = []struct {
	network int // of networkCases
	c       Sampling
}{
	{0, Sampling{Seed: 1}},
	{3, Sampling{Seed: 2, Noise: []float64{0.5}}},
	{8, Sampling{Seed: 3, Top: 3, Noise: []float64{0.25}, Sparse: true}},
	{9, Sampling{Seed: 4, Top: 2, Sparse: true, Choose: Cycle, Sharpen: []Sharpening{{Map: 1, Target: 1, Iterations: 3}, {Map: 0, Target: 1, Iterations: 3}}}},
	{10, Sampling{Seed: 5, Top: 2, Choose: Uniform, Components: []int{1, 3}, Sharpen: []Sharpening{{Map: 0, Target: 2, Iterations: 2, Keep: 3}}}},
	{9, Sampling{Seed: 7, Top: 2, Redraw: []float64{0.5, 2}}},
	{15, Sampling{Seed: 6, Top: 2, Sharpen: []Sharpening{{Map: 0, Target: 0, Iterations: 3}}}},
}

func TestASampleDependsOnSeedAndNumberOnly(t *testing.T) {
	for _, c := range samplingCases {
		nc := networkCases[c.network]
		net, err := New(nc.arch, nc.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		gentle(net, &oracle{nc.layers}, 24)
		const count = 70 // three groups
		size, top := nc.in.Size(), net.Layers()-1
		c.c.Workers = 1
		want := mustSample(t, net, top, 0, count, c.c)
		for _, workers := range []int{3, 16} {
			c.c.Workers = workers
			if !slices.Equal(mustSample(t, net, top, 0, count, c.c), want) {
				t.Errorf("%s: %d workers draw other images than 1", nc.arch, workers)
			}
		}
		for _, part := range [][2]int{{0, 1}, {5, 40}, {31, 2}, {69, 1}, {12, 0}} {
			got := mustSample(t, net, top, part[0], part[1], c.c)
			if !slices.Equal(got, want[part[0]*size:][:part[1]*size]) {
				t.Errorf("%s: images %d to %d are others when they are drawn alone", nc.arch, part[0], part[0]+part[1])
			}
		}
		c.c.Seed += 100
		if slices.Equal(mustSample(t, net, top, 0, count, c.c), want) {
			t.Errorf("%s: another seed draws the same images", nc.arch)
		}
	}
}

func TestSamplesLieBetweenZeroAndOne(t *testing.T) {
	for _, nc := range networkCases {
		net, err := New(nc.arch, nc.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		scramble(net, &oracle{nc.layers}, 25) // deviations of 0.6 to 1.6: most values are clipped
		inside := 0
		for _, sparse := range []bool{false, true} {
			for _, v := range mustSample(t, net, net.Layers()-1, 0, 40, Sampling{Top: 2, Sparse: sparse}) {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("%s: value %v", nc.arch, v)
				}
				if v > 0 && v < 1 {
					inside++
				}
			}
		}
		if inside == 0 {
			t.Errorf("%s: all values are clipped, nothing was checked", nc.arch)
		}
	}
}

// markers makes a one-layer network whose draws tell their component k: pixels are k/16, as deviations are at their
// bound.
func markers(t *testing.T, arch string, in Shape) *Network {
	t.Helper()
	net, err := New(arch, in, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	g := net.Layer(0)
	for i := range g.Mu {
		g.Mu[i] = float32(i/g.D%g.K) / 16
	}
	for i := range g.Logits {
		g.Logits[i] = float32(i*i%7) / 4
	}
	net.Refresh()
	return net
}

// counts of the components at every pixel of a markers network of 1×W images with positions of one pixel.
func componentCounts(values []float32, width, K int) [][]float64 {
	counts := make([][]float64, width)
	for i := range counts {
		counts[i] = make([]float64, K)
	}
	for j, v := range values {
		counts[j%width][int(v*16)]++
	}
	return counts
}

// chiSquare is Σ (n − E)²/E over the components with E > 0; what has E = 0 must not occur.
func chiSquare(t *testing.T, what string, counts, weights []float64) {
	t.Helper()
	var total, sum, x float64
	for k, n := range counts {
		total, sum = total+n, sum+weights[k]
	}
	freedom := -1
	for k, n := range counts {
		e := total * weights[k] / sum
		if e == 0 {
			if n > 0 {
				t.Errorf("%s: component %d of weight 0 was drawn %v times", what, k, n)
			}
			continue
		}
		x += (n - e) * (n - e) / e
		freedom++
	}
	// Quantiles of χ² for p = 0.001 with 0 to 5 degrees of freedom, Abramowitz & Stegun, table 26.8.
	if limit := []float64{0, 10.83, 13.82, 16.27, 18.47, 20.52}[freedom]; x > limit || total == 0 {
		t.Errorf("%s: χ² = %.1f with %d degrees of freedom, above %v: counts %v for weights %v", what, x, freedom, limit, counts, weights)
	}
}

func TestComponentsAreChosenAsAskedFor(t *testing.T) {
	const n = 6000
	shared, own := markers(t, "F1 G6", Shape{H: 1, W: 3, C: 1}), markers(t, "F1 I4", Shape{H: 1, W: 3, C: 1})
	uniform := []float64{1, 1, 1, 1, 1, 1}
	perPosition := []float64{1, 0, 2, 3 /**/, 0, 0, 0, 5 /**/, 2, 2, 1, 1}
	for _, c := range []struct {
		name string
		net  *Network
		s    Sampling
		want [][]float64 // by position
	}{
		{"by weight", shared, Sampling{}, [][]float64{shared.Layer(0).Weights(0), shared.Layer(0).Weights(0), shared.Layer(0).Weights(0)}},
		{"by weight, own", own, Sampling{}, [][]float64{own.Layer(0).Weights(0), own.Layer(0).Weights(1), own.Layer(0).Weights(2)}},
		{"uniform", shared, Sampling{Choose: Uniform}, [][]float64{uniform, uniform, uniform}},
		{"uniform of two", shared, Sampling{Choose: Uniform, Components: []int{4, 1}}, [][]float64{{0, 1, 0, 0, 1, 0}, {0, 1, 0, 0, 1, 0}, {0, 1, 0, 0, 1, 0}}},
		{"one", own, Sampling{Components: []int{2}}, [][]float64{{0, 0, 1, 0}, {0, 0, 1, 0}, {0, 0, 1, 0}}},
		{"weights", own, Sampling{Weights: []float64{3, 0, 1, 2}}, [][]float64{{3, 0, 1, 2}, {3, 0, 1, 2}, {3, 0, 1, 2}}},
		{"weights by position", own, Sampling{Weights: perPosition}, [][]float64{perPosition[:4], perPosition[4:8], perPosition[8:]}},
		{"weights among some", own, Sampling{Weights: perPosition, Components: []int{3, 0}}, [][]float64{{1, 0, 0, 3}, {0, 0, 0, 5}, {2, 0, 0, 1}}},
	} {
		c.s.Seed = 26
		for pos, counts := range componentCounts(mustSample(t, c.net, 0, 0, n, c.s), 3, c.net.Layer(0).K) {
			chiSquare(t, fmt.Sprintf("%s, position %d", c.name, pos), counts, c.want[pos])
		}
	}
}

func TestCycleTakesOneComponentAfterTheOther(t *testing.T) {
	net := markers(t, "F1 G6", Shape{H: 1, W: 3, C: 1})
	for _, c := range []struct {
		components []int
		first      int
		want       string
	}{
		{nil, 0, "[0 1 2 3 4 5 0 1]"},
		{nil, 10, "[4 5 0 1 2 3 4 5]"},
		{[]int{5, 2, 3}, 1, "[2 3 5 2 3 5 2 3]"},
	} {
		var got []int
		for i, v := range mustSample(t, net, 0, c.first, 8, Sampling{Choose: Cycle, Components: c.components}) {
			if i%3 == 0 {
				got = append(got, int(v*16))
			} else if int(v*16) != got[len(got)-1] {
				t.Errorf("image %d has several components", i/3)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("from image %d on, of %v: %v, want %s", c.first, c.components, got, c.want)
		}
	}
}

func TestOnlyTheStrongestAreDrawn(t *testing.T) {
	signal := []float32{0.3, -2, 0.05, 0.4, 0, 0.25} // in order: 3, 0, 5, 2
	for _, c := range []struct {
		top    int
		signal []float32
		want   []float64
	}{
		{1, signal, []float64{0, 0, 0, 1, 0, 0}},
		{2, signal, []float64{0.3, 0, 0, 0.4, 0, 0}},
		{3, signal, []float64{0.3, 0, 0, 0.4, 0, 0.25}},
		{99, signal, []float64{0.3, 1e-6, 0.05, 0.4, 1e-6, 0.25}},
		{2, []float32{-1, -3, 0, -1, 0, 0}, []float64{1, 1, 0, 0, 0, 0}}, // clipped, all are equal: the first two
		{2, []float32{5, 5, 5, 5, 5, 6}, []float64{5, 0, 0, 0, 0, 6}},    // the first of equals
	} {
		d := &drawer{top: c.top, rng: rand.New(rand.NewPCG(27, uint64(c.top)))}
		counts := make([]float64, len(signal))
		for range 6000 {
			counts[d.component(c.signal)]++
		}
		want := slices.Clone(c.want)
		for k, w := range want {
			if w == 1e-6 { // too rare for χ²: it is not to be expected in 6000 draws
				want[k] = 0
			}
		}
		chiSquare(t, fmt.Sprintf("the %d strongest of %v", c.top, c.signal), counts, want)
	}
}

// Deviations are scaled; at the bound of the precision root the mean is taken (model.md §6).
func TestNoiseScalesDeviations(t *testing.T) {
	const n, bound = 20_000, 50
	net, err := New("F1x3 G1", Shape{H: 1, W: 3, C: 1}, Init{MaxPrecRoot: bound})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0.5, 0.4, 0.7})
	copy(net.Layer(0).PrecRoot, []float32{20, bound, 12}) // six deviations of 1/12 would be needed for 0 or 1 from 0.5: 3.6 from 0.7
	net.Refresh()
	for _, scale := range []float64{0.5, 0.3, 0.05} {
		values := mustSample(t, net, 0, 0, n, Sampling{Seed: 28, Noise: []float64{scale}})
		for d, want := range []struct{ mean, deviation float64 }{{0.5, scale / 20}, {0.4, 0}, {0.7, scale / 12}} {
			var mean, variance float64
			for i := d; i < len(values); i += 3 {
				e := float64(values[i]) - want.mean
				mean, variance = mean+e/n, variance+e*e/n
			}
			if want.deviation == 0 {
				if variance > 1e-14 {
					t.Errorf("scale %v: variance %v at the bound", scale, variance)
				}
				continue
			}
			if sd := want.deviation / math.Sqrt(n); math.Abs(mean) > 4*sd {
				t.Errorf("scale %v: mean of value %d is off by %v, %v deviations", scale, d, mean, mean/sd)
			}
			if ratio := variance / want.deviation / want.deviation; math.Abs(ratio-1) > 4*math.Sqrt(2.0/n) {
				t.Errorf("scale %v: variance of value %d is %v of what it should be", scale, d, ratio)
			}
		}
	}
}

// With all randomness taken away, sampling is the projection of the component.
func TestColdSamplesAreMeans(t *testing.T) {
	net, err := New("F1x2 G2 F1x3 G1", Shape{H: 1, W: 4, C: 1}, Init{MaxPrecRoot: 3})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0, 0.25, 0.5, 1})
	copy(net.Layer(1).Mu, []float32{1, 0 /**/, 0.2, 0.7 /**/, -1, 3})
	net.Refresh()
	// Strongest of the three positions: 0, 1, 1; patches (0 ¼), (½ 1), (½ 1), averaged where they overlap.
	if got := fmt.Sprint(mustSample(t, net, 1, 0, 2, Sampling{})); got != "[0 0.375 0.75 1 0 0.375 0.75 1]" {
		t.Errorf("%s", got)
	}
}

// Variants keep to the image: a network that reproduces its two patterns gives each back.
func TestVariantsFollowTheirImages(t *testing.T) {
	net, err := New("F1x2 G2 F1x2 G3", Shape{H: 1, W: 3, C: 1}, Init{MaxPrecRoot: 20})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0.2, 0.2, 0.8, 0.8})
	copy(net.Layer(1).Mu, []float32{1, 0, 1, 0 /**/, 0, 1, 0, 1 /**/, 0.5, 0.5, 0.5, 0.5})
	net.Refresh()
	im := Images{Shape: Shape{H: 1, W: 3, C: 1}, Pix: []uint8{45, 55, 51, 210, 200, 204}}
	for layer := range 2 {
		got, err := net.Vary(context.Background(), im, layer, Sampling{Seed: 1, Components: []int{0}, Choose: Cycle})
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != "[0.2 0.2 0.2 0.8 0.8 0.8]" {
			t.Errorf("layer %d: %v", layer, got)
		}
	}
	many, _ := randomImages(70, im.Shape, 1)
	c := Sampling{Seed: 3, Top: 2, Workers: 1, Noise: []float64{2}}
	for i := range net.Layer(0).PrecRoot {
		net.Layer(0).PrecRoot[i] = 10
	}
	net.Refresh()
	one, err := net.Vary(context.Background(), many, 1, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Workers = 3
	three, err := net.Vary(context.Background(), many, 1, c)
	if err != nil || !slices.Equal(one, three) {
		t.Errorf("three workers draw other variants; error %v", err)
	}
}

// A layer that hands its factors on gives back what these tell: patches in their span, as they were.
func TestVariantsKeepHandedFactors(t *testing.T) {
	net, err := New("F2/2 A1:3 U F1x2 G3", Shape{H: 2, W: 4, C: 1}, Init{MaxPrecRoot: 20})
	if err != nil {
		t.Fatal(err)
	}
	joinAll(net)
	g := net.Layer(0)
	clear(g.Factors)
	for d := range g.D {
		g.Mu[d], g.PrecRoot[d] = 0.2, 20
		if d < 3 {
			g.Factors[d*g.D+d] = 100
		}
	}
	net.Refresh()
	im := Images{Shape: net.arch.Input, Pix: []uint8{10, 200, 90, 30, 140, 51, 250, 51}}
	got, err := net.Vary(context.Background(), im, 0, Sampling{Seed: 1, Noise: []float64{0}})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if want := float64(im.Pix[i]) / 255; math.Abs(float64(v)-want) > 1e-3 {
			t.Errorf("pixel %d is %v, was %v", i, v, want)
		}
	}
}

func TestBadSampling(t *testing.T) {
	net, err := New("F1x2 I3 F1x2 G4", Shape{H: 1, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	for _, c := range []struct {
		layer int
		c     Sampling
		want  string
	}{
		{1, Sampling{Choose: "often"}, `Sampling.Choose is "often"`},
		{1, Sampling{Components: []int{1, 4}}, "Sampling.Components has 4; layer 2 has the components 0 to 3"},
		{0, Sampling{Components: []int{3}}, "the components 0 to 2"},
		{1, Sampling{Components: []int{-1}}, "Sampling.Components has -1"},
		{1, Sampling{Components: []int{}}, "Sampling.Components is empty"},
		{1, Sampling{Components: []int{}, Choose: Cycle}, "Sampling.Components is empty"},
		{0, Sampling{Weights: make([]float64, 4)}, "Sampling.Weights has 4 values; layer 1 has 3 components at 2 positions"},
		{1, Sampling{Weights: []float64{}}, "Sampling.Weights has 0 values"},
		{1, Sampling{Weights: []float64{1, nan, 1, 1}}, "Sampling.Weights has NaN"},
		{1, Sampling{Weights: []float64{1, -1, 1, 1}}, "Sampling.Weights has -1"},
		{1, Sampling{Weights: []float64{1, math.Inf(1), 1, 1}}, "Sampling.Weights has +Inf"},
		{1, Sampling{Weights: []float64{0, 0, 0, 0}}, "all components to choose from have weight 0"},
		{1, Sampling{Weights: []float64{1, 1, 0, 1}, Components: []int{2}}, "all components to choose from have weight 0"},
		{0, Sampling{Weights: []float64{1, 1, 0, 0, 0, 0}}, "weight 0 at position 1"},
		{1, Sampling{Top: -1}, "Sampling.Top is -1"},
		{1, Sampling{Noise: []float64{-1}}, "Sampling.Noise has -1"},
		{1, Sampling{Noise: []float64{nan}}, "Sampling.Noise has NaN"},
		{1, Sampling{Noise: []float64{1, 1, 1, 1}}, "Sampling.Noise has 4 values"},
		{1, Sampling{Redraw: []float64{1, -1}}, "Sampling.Redraw has -1"},
		{1, Sampling{Redraw: []float64{nan}}, "Sampling.Redraw has NaN"},
		{0, Sampling{Sharpen: []Sharpening{{}, {Map: 1, Target: 1}}}, "sampling from layer 1 makes no input of layer 2"},
		{1, Sampling{Sharpen: []Sharpening{{Map: 1, Target: 0}}}, "Target not below Map"},
		{1, Sampling{Sharpen: []Sharpening{{Rate: -1}}}, "Sharpening.Rate is -1"},
	} {
		if got, err := net.Sample(context.Background(), c.layer, 0, 2, c.c); err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("%+v: error %v, want one with %q", c.c, err, c.want)
		}
	}
	im, _ := randomImages(3, net.arch.Input, 1)
	if _, err := net.Vary(context.Background(), im, 1, Sampling{Top: -2}); err == nil || !strings.Contains(err.Error(), "Sampling.Top is -2") {
		t.Errorf("Vary: %v", err)
	}
	if _, err := net.Vary(context.Background(), Images{Shape: net.arch.Input}, 1, Sampling{}); err == nil || !strings.Contains(err.Error(), "no images") {
		t.Errorf("Vary: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := net.Sample(ctx, 1, 0, 2, Sampling{}); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "sampling stopped") {
		t.Errorf("cancelled: %v", err)
	}
	for want, call := range map[string]func(){
		"Sample: layer 2 of a network of 2": func() { _, _ = net.Sample(ctx, 2, 0, 1, Sampling{}) },
		"Sample: -1 images":                 func() { _, _ = net.Sample(ctx, 1, 0, -1, Sampling{}) },
		"from -3 on":                        func() { _, _ = net.Sample(ctx, 1, -3, 1, Sampling{}) },
		"Vary: layer -1":                    func() { _, _ = net.Vary(ctx, im, -1, Sampling{}) },
	} {
		mustPanic(t, want, call)
	}
}

// mustPanic checks that a caller's bug panics with this package's name and some words.
func mustPanic(t *testing.T, want string, call func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if r, _ := recover().(string); !strings.HasPrefix(r, "dcgmm: ") || !strings.Contains(r, want) {
			t.Errorf("panic %q, want one with %q", r, want)
		}
	}()
	call()
}
