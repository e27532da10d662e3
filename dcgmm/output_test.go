package dcgmm

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"deepgmm/dcgmm/arch"
)

// Scores, winners, wins and clusters of a layer that tempers and smooths are those of one that does not.
func TestReadoutOfTheTopChangesOnlyWhatReadersGet(t *testing.T) {
	in := Shape{H: 7, W: 8, C: 1}
	plain := newTestTrainer(t, "F3/1 G6 F5x6 G12", in, 50, Config{Epochs: 6, BatchSize: 10})
	other := newTestTrainer(t, "F3/1 G6 F5x6 G12 T3 S0.9", in, 50, Config{Epochs: 6, BatchSize: 10})
	var evs [2]*Evaluation
	var out [2][]float32
	for i, tr := range []*Trainer{plain, other} {
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		var err error
		if evs[i], err = tr.net.Evaluate(context.Background(), tr.images, 1); err != nil {
			t.Fatal(err)
		}
		if out[i], err = tr.net.Responsibilities(context.Background(), tr.images, 1, 1); err != nil {
			t.Fatal(err)
		}
		evs[i].Layers[1].Name = ""
	}
	if fmt.Sprint(evs[0]) != fmt.Sprint(evs[1]) {
		t.Error("the evaluations differ")
	}
	if fmt.Sprint(out[0]) == fmt.Sprint(out[1]) {
		t.Error("the responsibilities do not differ")
	}
	info := other.net.Arch().Top()
	if info.Temper != 3 || info.Smooth != 0.9 || info.Name() != "F5x6 G12 T3 S0.9" || plain.net.Arch().Top().Temper != 0 {
		t.Errorf("%+v", info)
	}
}

// What a layer hands on is a distribution, and nowhere 0 if it is smoothed widely.
func TestReadoutsSumToOne(t *testing.T) {
	for _, arch := range []string{"F3 G6 T0.3", "F3 G12 S0.2", "F3 G7 S30", "F3 G49 T12 S1.5", "F3 G1 T2 S2"} {
		net, err := New(arch, Shape{H: 5, W: 4, C: 1}, Init{Seed: 1, MuRange: 1})
		if err != nil {
			t.Fatal(err)
		}
		im, _ := randomImages(40, net.arch.Input, 3)
		r, err := net.Responsibilities(context.Background(), im, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		K := net.Layer(0).K
		for at := 0; at < len(r); at += K {
			sum := 0.0
			for _, v := range r[at:][:K] {
				sum += float64(v)
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Fatalf("%s: the output at %d sums to %v", arch, at, sum)
			}
		}
	}
}

// A temperature of 1 changes nothing, and undoing a tempering gives responsibilities back.
func TestTemperingIsInverted(t *testing.T) {
	const K, n = 9, 16
	r := rand.New(rand.NewPCG(1, 1))
	l, best := make([]float32, K*n), make([]float32, n)
	want := make([][]float64, n)
	for i := range n {
		best[i] = float32(math.Inf(-1))
		for k := range K {
			l[k*n+i] = 12 * r.Float32()
			best[i] = max(best[i], l[k*n+i])
			want[i] = append(want[i], float64(l[k*n+i]))
		}
		want[i] = softmaxOf(want[i])
	}
	for _, T := range []float64{0.5, 1, 2, 8, 20} {
		rd := newOutput(arch.Layer{Temper: T, Out: Shape{H: 1, W: 1, C: K}}, nil)
		out, again := make([]float32, K*n), make([]float32, K*n)
		rd.write(out, handed{l: l, best: best, n: n}, outputScratch{best: make([]float32, n), sum: make([]float32, n)})
		up := cloned(out)
		rd.undo(out, n)
		for i := range n {
			for k := range K {
				if got := float64(out[k*n+i]); math.Abs(got-want[i][k]) > 1e-4 {
					t.Fatalf("T = %v: r_%d = %v, want %v", T, k, got, want[i][k])
				}
			}
		}
		rd.fromResponsibilities(again, out, nil, n)
		for j, v := range again {
			if math.Abs(float64(v-up[j])) > 1e-4 && up[j] > 1e-3 {
				t.Fatalf("T = %v: tempered again %v, first %v", T, v, up[j])
			}
		}
	}
	zero := make([]float32, K)
	(&output{k: K, T: 2}).undo(zero, 1)
	for _, v := range zero {
		if v != 0 {
			t.Errorf("nothing is asked for, and %v comes of it", v)
		}
	}
}

func cloned(v []float32) []float32 { return append([]float32(nil), v...) }

// Down through a tempered layer the components count as the responsibilities say that tempering would turn into the
// signal.
func TestProjectInvertsTempering(t *testing.T) {
	in := Shape{H: 2, W: 4, C: 1}
	net, err := New("F2 G3 T4 F1x3 G2", in, Init{Seed: 3, MuRange: 1})
	if err != nil {
		t.Fatal(err)
	}
	lower, upper := net.Layer(0), net.Layer(1)
	copy(upper.Mu, []float32{0.5, 0.3, 0.2, 0.2, 0.6, 0.2, 0.3, 0.3, 0.4})
	net.Refresh()
	got, shape := net.Project(1, 0, 0)
	if shape != in {
		t.Fatal(shape)
	}
	var weights []float64
	sum := 0.0
	for _, v := range []float64{0.5, 0.3, 0.2} {
		weights = append(weights, math.Pow(v, 4))
		sum += math.Pow(v, 4)
	}
	want := 0.0 // the corner pixel, that only the first patch covers
	for k, w := range weights {
		want += w / sum * float64(lower.Mu[k*4])
	}
	if math.Abs(float64(got[0])-want) > 1e-6 {
		t.Errorf("corner %v, want %v", got[0], want)
	}
}

// Sampling with several components to choose from draws them as often as responsibilities, not as their tempered form,
// would have it.
func TestSamplingInvertsTempering(t *testing.T) {
	net, err := New("F1 G2 T3 F1 G1", Shape{H: 1, W: 1, C: 1}, Init{MaxPrecRoot: 100})
	if err != nil {
		t.Fatal(err)
	}
	lower, upper := net.Layer(0), net.Layer(1)
	copy(lower.Mu, []float32{0.1, 0.9})
	copy(upper.Mu, []float32{0.6, 0.4})
	net.Refresh()
	out, err := net.Sample(context.Background(), 1, 0, 4000, Sampling{Seed: 1, Top: 2, Noise: []float64{0}})
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	for _, v := range out {
		if v < 0.5 {
			first++
		}
	}
	want := math.Pow(0.6, 3) / (math.Pow(0.6, 3) + math.Pow(0.4, 3)) // 0.77
	if share := float64(first) / 4000; math.Abs(share-want) > 0.03 {
		t.Errorf("the first component was drawn with share %v, want %v", share, want)
	}
}

// A classifier on a smoothed layer sees component k as row k of G.
func TestSignalOfASmoothedLayer(t *testing.T) {
	net, err := New("F2 G6 S0.8", Shape{H: 2, W: 2, C: 1}, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := &Classifier{Layer: 0, Classes: 2, W: make([]float32, 12), Bias: make([]float32, 2)}
	for i := range c.W {
		c.W[i] = float32(i*i%7) - 3
	}
	o := &oracleLayer{k: 6, rows: 2, cols: 3}
	for k, v := range c.Signal(net, 1) {
		logits := make([]float64, 2)
		for j, g := range o.neighbours(0.8)[k] {
			for class := range logits {
				logits[class] += g * float64(c.W[class*6+j])
			}
		}
		if want := softmaxOf(logits)[1] / 6; math.Abs(v-want) > 1e-2 { // features below 1e-3 are left out
			t.Errorf("signal of component %d is %v, want %v", k, v, want)
		}
	}
}

// The words are in the architecture of a checkpoint.
func TestReadoutSurvivesACheckpoint(t *testing.T) {
	tr := newTestTrainer(t, "F3 G6 T4.5 S0.75", Shape{H: 3, W: 3, C: 1}, 20, Config{Epochs: 1})
	var b bytes.Buffer
	if err := tr.net.Save(&b); err != nil {
		t.Fatal(err)
	}
	c, err := Load(&b)
	if err != nil {
		t.Fatal(err)
	}
	if i := c.Network.Arch().Top(); i.Temper != 4.5 || i.Smooth != 0.75 {
		t.Errorf("%+v", i)
	}
}
