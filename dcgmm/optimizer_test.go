package dcgmm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// oracleAscent is Momentum or Adam in float64, for the parameters of one kind of a layer.
type oracleAscent struct {
	kind Optimizer
	m, v []float64
	t    int
}

// step returns what is added to the parameters for a rate of 1.
func (a *oracleAscent) step(g []float64) []float64 {
	const beta, beta2 = 0.6, 0.8
	if a.m == nil {
		a.m, a.v = make([]float64, len(g)), make([]float64, len(g))
	}
	a.t++
	out := make([]float64, len(g))
	for i, d := range g {
		a.m[i] = beta*a.m[i] + (1-beta)*d
		a.v[i] = beta2*a.v[i] + (1-beta2)*d*d
		out[i] = a.m[i]
		if a.kind == Adam {
			mh, vh := a.m[i]/(1-math.Pow(beta, float64(a.t))), a.v[i]/(1-math.Pow(beta2, float64(a.t)))
			out[i] = mh / (math.Sqrt(vh) + 1e-8)
		}
	}
	return out
}

// Three steps of one batch move every parameter as the oracle's gradients say, taken anew at the parameters of each step.
func TestOptimizersFollowTheOraclesGradients(t *testing.T) {
	checked := 0
	for _, c := range networkCases {
		for _, kind := range []Optimizer{Momentum, Adam} {
			t.Run(fmt.Sprintf("%s %s", c.arch, kind), func(t *testing.T) { checked += checkOptimizer(t, c.arch, c.in, c.layers, kind) })
		}
	}
	if checked < 10_000 {
		t.Errorf("only %d values were compared", checked)
	}
}

func checkOptimizer(t *testing.T, arch string, in Shape, layers []*oracleLayer, kind Optimizer) (checked int) {
	const N, tau, steps = 11, 0.6, 3
	net, err := New(arch, in, Init{Seed: 1, MaxPrecRoot: 100})
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{layers}
	scramble(net, o, 5)
	im, maps := clearImages(t, o, N, in, tau)
	const rate = 1e-3 // so small that no vector gets another winner
	cfg := Config{Epochs: steps, BatchSize: N, Workers: 2, Rate: rate, RateEnd: rate, RateMu: 1, RatePrecRoot: 1, RateLogits: 1, RateFactors: 1,
		Tau: tau, TauEnd: tau, Gamma: 0.999, Optimizer: kind, Momentum: 0.6}
	if kind == Adam {
		cfg.Beta2 = 0.8
	}
	tr, err := NewTrainer(net, im, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tr.startPool()
	defer tr.stopPool()
	state := map[string]*oracleAscent{}
	for range steps {
		type move struct {
			what          string
			after         []float32
			before, moved []float64
			gradient      []float64
		}
		var moves []move
		for i, l := range layers {
			g := net.Layer(i)
			l.mu, l.s, l.logits = bySet(g.Mu, g.Sets), bySet(g.PrecRoot, g.Sets), bySet(g.Logits, g.Sets)
			if l.factors > 0 {
				l.f = bySet(g.Factors, g.Sets)
			}
		}
		for i, l := range layers {
			g := net.Layer(i)
			for set, xs := range patchVectors(o, maps, i) {
				add := func(name string, after []float32, before, gradient []float64) {
					key := fmt.Sprint(i, set, name)
					if state[key] == nil {
						state[key] = &oracleAscent{kind: kind}
					}
					moves = append(moves, move{key, after[set*len(gradient):], append([]float64(nil), before...), state[key].step(gradient), gradient})
				}
				mu, s, logits, _ := l.gradients(set, xs, tau)
				add("μ", g.Mu, l.mu[set], mu)
				add("s", g.PrecRoot, l.s[set], s)
				add("ϖ", g.Logits, l.logits[set], logits)
				if l.factors > 0 {
					add("F", g.Factors, l.f[set], l.factorGradient(set, xs, tau))
				}
			}
		}
		if err := tr.runStep(); err != nil {
			t.Fatal(err)
		}
		for _, m := range moves {
			largest, largestMove := 0.0, 0.0
			for j, d := range m.gradient {
				largest, largestMove = math.Max(largest, math.Abs(d)), math.Max(largestMove, math.Abs(m.moved[j]))
			}
			for j, want := range m.moved {
				if math.Abs(m.gradient[j]) < 0.03*largest {
					continue // Adam magnifies the rounding of small gradients
				}
				got := (float64(m.after[j]) - m.before[j]) / rate
				if math.Abs(got-want) > 0.01*largestMove+2e-3 { // a step is some ten thousand units of the last place
					t.Fatalf("step %d of %s[%d]: moved by %v, oracle %v (largest %v)", tr.step, m.what, j, got, want, largestMove)
				}
				checked++
			}
		}
	}
	return checked
}

func savedAdam(t testing.TB) []byte {
	t.Helper()
	in := Shape{H: 6, W: 7, C: 1}
	net, err := New("F3/1 A6:2 F4x5 I4", in, Init{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(40, in, 10)
	tr, err := NewTrainer(net, im, Config{Epochs: 3, BatchSize: 10, Optimizer: Adam, FactorWait: 0.1, Restart: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	tr.startPool()
	defer tr.stopPool()
	for range 5 {
		if err := tr.runStep(); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := tr.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDamagedOptimizerStatesAreRefused(t *testing.T) {
	text := savedAdam(t)
	if _, err := Load(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	training := func(change func(s map[string]any)) []byte {
		return withHeader(t, text, func(h map[string]any) { change(h["Training"].(map[string]any)) })
	}
	last := func(v float32) []byte { // v of a logit
		out := bytes.Clone(text)
		binary.LittleEndian.PutUint32(out[len(out)-8:], math.Float32bits(v))
		return resealed(out)
	}
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"negative":     {last(-1), "average of squared gradients is -1"},
		"NaN":          {last(float32(math.NaN())), "not finite"},
		"no steps":     {training(func(s map[string]any) { delete(s, "Taken") }), "steps of its optimizer"},
		"many steps":   {training(func(s map[string]any) { s["Taken"] = [][2]int{{5, 4}, {6, 0}} }), "optimizer of layer 2 has taken 6"},
		"more factors": {training(func(s map[string]any) { s["Taken"] = [][2]int{{3, 4}, {5, 0}} }), "optimizer of layer 1 has taken 3 and 4"},
		"another":      {training(func(s map[string]any) { s["Config"].(map[string]any)["Optimizer"] = "momentum" }), "checksum does not match"},
		"no wins":      {training(func(s map[string]any) { delete(s, "Wins") }), "vectors won are not for 2 layers"},
		"few wins":     {training(func(s map[string]any) { s["Wins"] = [][]int{{1, 2}, {3}} }), "layer 1 has won vectors of 2 components, not 6"},
		"lost":         {training(func(s map[string]any) { s["Wins"] = [][]int{{1, 2, 3, 4, 5, -6}, {1, 2, 3, 4}} }), "has won -6"},
	} {
		if _, err := Load(bytes.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// A checkpoint of version 2 knows nothing of optimizers, and goes on with SGD.
func TestOlderCheckpointsAreRead(t *testing.T) {
	tr, text := savedTraining(t)
	for version := byte(1); version <= 2; version++ {
		old := withHeader(t, text, func(h map[string]any) {
			s := h["Training"].(map[string]any)
			for _, field := range []string{"Optimizer", "Momentum", "Beta2", "Revive"} {
				delete(s["Config"].(map[string]any), field)
			}
		})
		old[8] = version
		c, err := Load(bytes.NewReader(resealed(old)))
		if err != nil {
			t.Fatal(err)
		}
		resumed, err := c.Resume(tr.images, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := resumed.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		whole, _ := savedTraining(t)
		if err := whole.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(wholeState(t, resumed), wholeState(t, whole)) {
			t.Errorf("version %d: other bits than without the break", version)
		}
	}
}

// Adam's step is about its rate, whatever the scale of the gradient; all optimizers raise the likelihood.
func TestOptimizersTrain(t *testing.T) {
	for _, c := range []Config{{Optimizer: SGD, Rate: 0.05, RateEnd: 0.05}, {Optimizer: Momentum, Rate: 0.05, RateEnd: 0.05}, {Optimizer: Adam}} {
		c.Epochs, c.BatchSize = 30, 20
		tr := newTestTrainer(t, "F3/1 G6 M F3 G5", Shape{H: 8, W: 8, C: 1}, 200, c)
		before, err := tr.net.Evaluate(context.Background(), tr.images, 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		after, err := tr.net.Evaluate(context.Background(), tr.images, 2)
		if err != nil {
			t.Fatal(err)
		}
		was, _ := meanAndDeviation(before.Layers[0].LSE)
		is, _ := meanAndDeviation(after.Layers[0].LSE)
		if !(is > was+1) {
			t.Errorf("%s: log-likelihood %v → %v", c.Optimizer, was, is)
		}
	}
}
