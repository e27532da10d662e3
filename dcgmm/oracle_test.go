package dcgmm

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
)

// networkCases are asymmetric on purpose: what is confused in one axis shows in the other.
var networkCases = []struct {
	arch   string
	in     Shape
	layers []*oracleLayer
}{
	{"F3x2/2x1 G6", Shape{H: 7, W: 5, C: 3}, []*oracleLayer{{fold: [4]int{3, 2, 2, 1}, k: 6, rows: 2, cols: 3}}},
	{"F3x2/2x1 I6", Shape{H: 7, W: 5, C: 3}, []*oracleLayer{{fold: [4]int{3, 2, 2, 1}, k: 6, own: true, rows: 2, cols: 3}}},
	{"F5x3/1x2 G5", Shape{H: 6, W: 5, C: 2}, []*oracleLayer{{fold: [4]int{5, 3, 1, 2}, k: 5, rows: 1, cols: 5}}},
	{"F5x3/1x2 I4", Shape{H: 6, W: 5, C: 2}, []*oracleLayer{{fold: [4]int{5, 3, 1, 2}, k: 4, own: true, rows: 2, cols: 2}}},
	{"F28x27 G12", Shape{H: 28, W: 27, C: 1}, []*oracleLayer{{fold: [4]int{28, 27, 1, 1}, k: 12, rows: 3, cols: 4}}},
	{"F4/3p G7", Shape{H: 8, W: 5, C: 2}, []*oracleLayer{{pad: [4]int{1, 1, 1, 1}, fold: [4]int{4, 4, 3, 3}, k: 7, rows: 1, cols: 7}}},
	{"F4x3/3x2p G2", Shape{H: 6, W: 6, C: 1}, []*oracleLayer{{pad: [4]int{0, 1, 0, 1}, fold: [4]int{4, 3, 3, 2}, k: 2, rows: 1, cols: 2}}},
	{"G1", Shape{H: 2, W: 3, C: 2}, []*oracleLayer{{fold: [4]int{1, 1, 1, 1}, k: 1, rows: 1, cols: 1}}},
	{"F2 G6 M2x3 F2x1 G10", Shape{H: 7, W: 6, C: 1}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 6, rows: 2, cols: 3},
		{pools: [][4]int{{2, 3, 2, 3}}, fold: [4]int{2, 1, 1, 1}, k: 10, rows: 2, cols: 5}}},
	{"F2 G4 M3/2 M2 F2x1 I9", Shape{H: 8, W: 10, C: 2}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 4, rows: 2, cols: 2},
		{pools: [][4]int{{3, 3, 2, 2}, {2, 2, 2, 2}}, fold: [4]int{2, 1, 1, 1}, k: 9, own: true, rows: 3, cols: 3}}},
	{"M2 F3x2 G8 F3x1/1x1 G6 F2x3 G4", Shape{H: 12, W: 9, C: 1}, []*oracleLayer{
		{pools: [][4]int{{2, 2, 2, 2}}, fold: [4]int{3, 2, 1, 1}, k: 8, rows: 2, cols: 4},
		{fold: [4]int{3, 1, 1, 1}, k: 6, rows: 2, cols: 3},
		{fold: [4]int{2, 3, 1, 1}, k: 4, rows: 2, cols: 2}}},
	{"F3x2/2x1 A6:2", Shape{H: 7, W: 5, C: 3}, []*oracleLayer{{fold: [4]int{3, 2, 2, 1}, k: 6, rows: 2, cols: 3, factors: 2}}},
	{"F5x3/1x2 A5:3", Shape{H: 6, W: 5, C: 2}, []*oracleLayer{{fold: [4]int{5, 3, 1, 2}, k: 5, rows: 1, cols: 5, factors: 3}}},
	{"F10x9 A6:4", Shape{H: 10, W: 9, C: 1}, []*oracleLayer{{fold: [4]int{10, 9, 1, 1}, k: 6, rows: 2, cols: 3, factors: 4}}},
	{"F2x1/2x1 A3:1", Shape{H: 4, W: 2, C: 1}, []*oracleLayer{{fold: [4]int{2, 1, 2, 1}, k: 3, rows: 1, cols: 3, factors: 1}}},
	{"F3x2 A6:2 U F2x3 G5", Shape{H: 5, W: 6, C: 1}, []*oracleLayer{
		{fold: [4]int{3, 2, 1, 1}, k: 6, rows: 2, cols: 3, factors: 2, up: true},
		{fold: [4]int{2, 3, 1, 1}, k: 5, rows: 1, cols: 5}}},
	{"F2 A4:3 T1.5 U M2x3 M2/1 F2x1 A10:5", Shape{H: 8, W: 9, C: 1}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 4, rows: 2, cols: 2, factors: 3, temper: 1.5, up: true},
		{pools: [][4]int{{2, 3, 2, 3}, {2, 2, 1, 1}}, fold: [4]int{2, 1, 1, 1}, k: 10, rows: 2, cols: 5, factors: 5}}},
	{"F2 A6:2 M2x3 F2x1 A10:5", Shape{H: 7, W: 6, C: 1}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 6, rows: 2, cols: 3, factors: 2},
		{pools: [][4]int{{2, 3, 2, 3}}, fold: [4]int{2, 1, 1, 1}, k: 10, rows: 2, cols: 5, factors: 5}}},
	{"F2 G4 F4/3p G5", Shape{H: 6, W: 5, C: 1}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 4, rows: 2, cols: 2},
		{pad: [4]int{1, 1, 0, 0}, fold: [4]int{4, 4, 3, 3}, k: 5, rows: 1, cols: 5}}},
	{"F2 G6 T2.5 M2x3 F2x1 G10 T4", Shape{H: 7, W: 6, C: 1}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 6, rows: 2, cols: 3, temper: 2.5},
		{pools: [][4]int{{2, 3, 2, 3}}, fold: [4]int{2, 1, 1, 1}, k: 10, rows: 2, cols: 5, temper: 4}}},
	{"F2 I6 S0.7 F2/2p G10 T0.5 S1.5", Shape{H: 4, W: 5, C: 2}, []*oracleLayer{
		{fold: [4]int{2, 2, 1, 1}, k: 6, own: true, rows: 2, cols: 3, smooth: 0.7},
		{pad: [4]int{0, 1, 0, 0}, fold: [4]int{2, 2, 2, 2}, k: 10, rows: 2, cols: 5, temper: 0.5, smooth: 1.5}}},
	{"F3x2 A12:2 T1.5 S0.5 M2 F2x3 G8 S0.4 G5", Shape{H: 8, W: 7, C: 1}, []*oracleLayer{
		{fold: [4]int{3, 2, 1, 1}, k: 12, rows: 3, cols: 4, factors: 2, temper: 1.5, smooth: 0.5},
		{pools: [][4]int{{2, 2, 2, 2}}, fold: [4]int{2, 3, 1, 1}, k: 8, rows: 2, cols: 4, smooth: 0.4},
		{fold: [4]int{1, 1, 1, 1}, k: 5, rows: 1, cols: 5}}},
}

// close4 is agreement to 1e-4 of the larger magnitude, or of scale.
func close4(a, b, scale float64) bool {
	return math.Abs(a-b) <= 1e-4*math.Max(scale, math.Max(math.Abs(a), math.Abs(b)))
}

func TestScoresAgreeWithTheOracle(t *testing.T) {
	for _, c := range networkCases {
		t.Run(c.arch, func(t *testing.T) {
			net, err := New(c.arch, c.in, Init{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			o := &oracle{c.layers}
			scramble(net, o, 3)
			const N = 37 // neither a multiple of the lanes nor of the workers
			im, maps := randomImages(N, c.in, 4)
			ev, err := net.Evaluate(context.Background(), im, 2)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.layers {
				scores, err := net.LogScores(context.Background(), im, i, 3)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := net.Responsibilities(context.Background(), im, i, 1)
				if err != nil {
					t.Fatal(err)
				}
				checkLayer(t, o, maps, i, scores, resp, ev)
			}
		})
	}
}

// checkLayer compares one layer's outputs and image scores with the oracle's.
func checkLayer(t *testing.T, o *oracle, maps []oracleMap, layer int, scores, resp []float32, ev *Evaluation) {
	t.Helper()
	at, handed := 0, 0
	wins := make([]int64, o.layers[layer].k)
	for n, m := range maps {
		want := o.forward(m)[layer]
		meanMax, meanLSE, places := 0.0, 0.0, []float64(nil)
		for pos := range want.scores {
			best := 0
			for k, ell := range want.scores[pos] {
				if !close4(float64(scores[at]), ell, 1) {
					t.Fatalf("image %d layer %d position %d: ℓ_%d = %v, oracle %v", n, layer, pos, k, scores[at], ell)
				}
				if ell > want.scores[pos][best] {
					best = k
				}
				at++
			}
			for c, want := range want.resp[pos] {
				if math.Abs(float64(resp[handed])-want) > 1e-4 {
					t.Fatalf("image %d layer %d position %d: output %d is %v, oracle %v", n, layer, pos, c, resp[handed], want)
				}
				handed++
			}
			wins[best]++
			meanMax += want.scores[pos][best] / float64(len(want.scores))
			places = append(places, logSumExpOf(want.scores[pos]))
			meanLSE += places[pos] / float64(len(want.scores))
		}
		if got := ev.Layers[layer].Max[n]; !close4(got, meanMax, 1) {
			t.Errorf("image %d layer %d: Max %v, oracle %v", n, layer, got, meanMax)
		}
		if got := ev.Layers[layer].LSE[n]; !close4(got, meanLSE, 1) {
			t.Errorf("image %d layer %d: LSE %v, oracle %v", n, layer, got, meanLSE)
		}
		slices.Sort(places)
		tail := 0.0
		for _, v := range places[:(len(places)+9)/10] {
			tail += v / float64((len(places)+9)/10)
		}
		if l := ev.Layers[layer]; !close4(l.Min[n], places[0], 1) || !close4(l.Tail[n], tail, 1) {
			t.Errorf("image %d layer %d: Min %v, Tail %v, oracle %v, %v", n, layer, l.Min[n], l.Tail[n], places[0], tail)
		}
		if layer == len(o.layers)-1 && len(want.scores) == 1 {
			best, _, margin := smoothed(identityMatrix(len(want.scores[0])), want.scores[0])
			if ev.Cluster[n] != best && margin > 1e-3 {
				t.Errorf("image %d: cluster %d, oracle %d", n, ev.Cluster[n], best)
			}
		}
	}
	if at != len(scores) || handed != len(resp) {
		t.Fatalf("layer %d: %d values compared of %d", layer, at, len(scores))
	}
	if got := fmt.Sprint(ev.Layers[layer].Wins); got != fmt.Sprint(wins) {
		t.Errorf("layer %d: wins %v, oracle %v", layer, got, wins)
	}
}

func identityMatrix(n int) [][]float64 {
	g := make([][]float64, n)
	for i := range g {
		g[i] = make([]float64, n)
		g[i][i] = 1
	}
	return g
}

// A training step of rate 1 on all factors adds the gradient to the parameters.
func TestStepAddsTheGradient(t *testing.T) {
	for _, c := range networkCases {
		for _, tau := range []float64{1, 0.6, 1e-3} {
			t.Run(fmt.Sprintf("%s τ=%g", c.arch, tau), func(t *testing.T) { checkStep(t, c.arch, c.in, c.layers, tau) })
		}
	}
}

func checkStep(t *testing.T, arch string, in Shape, layers []*oracleLayer, tau float64) {
	const N = 11
	net, err := New(arch, in, Init{Seed: 1, MaxPrecRoot: 100})
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{layers}
	scramble(net, o, 5)
	im, maps := clearImages(t, o, N, in, tau)
	tr, err := NewTrainer(net, im, Config{Epochs: 1, BatchSize: N, Workers: 2, Rate: 1, RateEnd: 1, RateMu: 1, RatePrecRoot: 1, RateLogits: 1, RateFactors: 1, Tau: tau, TauEnd: 1e-6})
	if err != nil {
		t.Fatal(err)
	}
	var report Progress
	if err := tr.Run(context.Background(), func(p Progress) error { report = p; return nil }); err != nil {
		t.Fatal(err)
	}
	if report.Step != 1 {
		t.Fatalf("%d steps, want 1", report.Step)
	}
	for i, l := range layers {
		loss := 0.0
		for set, xs := range patchVectors(o, maps, i) {
			mu, s, logits, _ := l.gradients(set, xs, tau)
			loss += l.loss(set, xs, tau) / float64(len(l.mu))
			g := net.Layer(i)
			compareAscent(t, fmt.Sprintf("layer %d set %d ∂μ", i, set), g.Mu[set*len(mu):], l.mu[set], mu)
			compareAscent(t, fmt.Sprintf("layer %d set %d ∂s", i, set), g.PrecRoot[set*len(s):], l.s[set], s)
			compareAscent(t, fmt.Sprintf("layer %d set %d ∂ϖ", i, set), g.Logits[set*len(logits):], l.logits[set], logits)
			if l.factors > 0 {
				compareAscent(t, fmt.Sprintf("layer %d ∂F", i), g.Factors, l.f[set], l.factorGradient(set, xs, tau))
			}
		}
		if !close4(report.Layers[i].Objective, loss, 1) {
			t.Errorf("layer %d: loss %v, oracle %v", i, report.Layers[i].Objective, loss)
		}
	}
}

// clearImages returns images of which no vector is so near to having another winner that
// float32 and float64 could disagree, or a finite difference could cross the border.
func clearImages(t *testing.T, o *oracle, n int, in Shape, taus ...float64) (Images, []oracleMap) {
	t.Helper()
	const clear = 3e-5
	for seed := range uint64(200) {
		im, maps := randomImages(n, in, seed)
		nearest := math.Inf(1)
		for i, l := range o.layers {
			for set, xs := range patchVectors(o, maps, i) {
				for _, tau := range taus {
					_, _, _, margin := l.gradients(set, xs, tau)
					nearest = min(nearest, margin)
				}
			}
		}
		if nearest > clear {
			return im, maps
		}
	}
	t.Fatal("no seed gives images without near ties")
	return Images{}, nil
}

// patchVectors are what the sets of a layer see.
func patchVectors(o *oracle, maps []oracleMap, layer int) map[int][][]float64 {
	xs := map[int][][]float64{}
	for _, m := range maps {
		for pos, x := range o.forward(m)[layer].x {
			set := o.layers[layer].set(pos)
			xs[set] = append(xs[set], x)
		}
	}
	return xs
}

// compareAscent checks after = before + gradient, to 1e-4 of the largest gradient.
func compareAscent(t *testing.T, what string, after []float32, before, gradient []float64) {
	t.Helper()
	scale := 0.0
	for _, g := range gradient {
		scale = math.Max(scale, math.Abs(g))
	}
	if scale == 0 && len(gradient) > 1 {
		t.Errorf("%s: all gradients are 0, nothing was checked", what)
	}
	for i, g := range gradient {
		if got := float64(after[i]) - before[i]; !close4(got, g, scale) && math.Abs(got-g) > 3e-7 {
			t.Fatalf("%s[%d] = %v, oracle %v (largest %v)", what, i, got, g, scale)
		}
	}
}

// The oracle's own gradients are those of its loss.
func TestGradientsAreFiniteDifferences(t *testing.T) {
	checked, checkedFactors := 0, 0
	for _, c := range networkCases {
		if c.in.Size() > 300 || c.arch == "F10x9 A6:4" {
			continue // differences of 9,000 parameters, or of covariances of 90 dimensions, take long and show nothing new
		}
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := &oracle{c.layers}
		scramble(net, o, 7)
		taus := []float64{1, 0.5}
		_, maps := clearImages(t, o, 5, c.in, taus...)
		for i, l := range c.layers {
			for set, xs := range patchVectors(o, maps, i) {
				for _, tau := range taus {
					mu, s, logits, _ := l.gradients(set, xs, tau)
					loss := func() float64 { return l.loss(set, xs, tau) }
					checked += compareDifferences(t, c.arch+" ∂μ", l.mu[set], mu, loss)
					checked += compareDifferences(t, c.arch+" ∂s", l.s[set], s, loss)
					checked += compareDifferences(t, c.arch+" ∂ϖ", l.logits[set], logits, loss)
					if l.factors > 0 {
						checkedFactors += compareDifferences(t, c.arch+" ∂F", l.f[set], l.factorGradient(set, xs, tau), loss)
					}
				}
			}
		}
	}
	if checked < 1000 || checkedFactors < 100 {
		t.Errorf("only %d derivatives were checked, and %d by factors", checked, checkedFactors)
	}
}

func compareDifferences(t *testing.T, what string, v, gradient []float64, loss func() float64) (checked int) {
	t.Helper()
	const h = 1e-6
	step := max(1, len(v)/12)
	for i := 0; i < len(v); i += step {
		x := v[i]
		v[i] = x + h
		up := loss()
		v[i] = x - h
		down := loss()
		v[i] = x
		if fd := (up - down) / (2 * h); math.Abs(fd-gradient[i]) > 1e-6*math.Max(1, math.Abs(fd)) {
			t.Fatalf("%s[%d]: closed form %v, finite difference %v", what, i, gradient[i], fd)
		}
		checked++
	}
	return checked
}
