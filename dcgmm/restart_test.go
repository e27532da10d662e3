package dcgmm

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestPairUp(t *testing.T) {
	for _, c := range []struct {
		wins        []int64
		dead, heavy []int
	}{
		{[]int64{5, 5, 5, 5}, nil, nil},
		{[]int64{0, 30, 1, 20, 9}, []int{0, 2}, []int{1, 3}}, // a fair share is 12, a tenth of it 1.2
		{[]int64{1, 0, 0, 59}, []int{1}, []int{3}},           // one is heavy, two are dead and one nearly
		{[]int64{0, 0, 0}, nil, nil},
	} {
		dead, heavy := pairUp(c.wins, 0.1)
		if len(dead) != len(c.dead) || len(dead) > 0 && (!reflect.DeepEqual(dead, c.dead) || !reflect.DeepEqual(heavy, c.heavy)) {
			t.Errorf("%v: %v take over half of %v, want %v of %v", c.wins, dead, heavy, c.dead, c.heavy)
		}
	}
}

// A split keeps the weight of the one that is split, and what both say of its vectors is near to what it said.
func TestSplitSharesTheWeight(t *testing.T) {
	net, err := New("F4x5 A6:2", Shape{H: 4, W: 5, C: 1}, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	scramble(net, &oracle{[]*oracleLayer{{k: 6}}}, 3)
	g := net.Layer(0)
	weights, logit := g.Weights(0), g.Logits[2]
	mu, s, f := g.component(0, 2)
	was := append([]float32(nil), mu...)
	g.split(0, 2, 4, rand.New(rand.NewPCG(1, 1)))
	toMu, toS, toF := g.component(0, 4)
	if !reflect.DeepEqual(s, toS) || !reflect.DeepEqual(f, toF) {
		t.Error("roots or factors differ")
	}
	var apart float64
	for d := range mu {
		if math.Abs(float64(mu[d]+toMu[d]-2*was[d])) > 1e-6 {
			t.Fatalf("the middle of both means is not the mean: %v and %v, was %v", mu[d], toMu[d], was[d])
		}
		apart += math.Pow(float64((toMu[d]-mu[d])*s[d]), 2)
	}
	if apart = math.Sqrt(apart); apart < 1 || apart > 3 {
		t.Errorf("the means are %v deviations apart, want about 2", apart)
	}
	if both := math.Exp(float64(g.Logits[2])) + math.Exp(float64(g.Logits[4])); math.Abs(both-math.Exp(float64(logit))) > 1e-5 {
		t.Errorf("the weights add up to e^%v, were e^%v", math.Log(both), logit)
	}
	now := g.Weights(0)
	if now[2] != now[4] || math.Abs(now[0]/now[1]-weights[0]/weights[1]) > 1e-6 {
		t.Errorf("weights %v, were %v", now, weights)
	}
}

// Of two clear groups of images and twelve components that begin far away but for one, some must be restarted, and more
// of them are in use in the end.
func TestRestartsPutComponentsToUse(t *testing.T) {
	var used [2]float64
	for i, share := range []float64{0, 0.2} {
		in := Shape{H: 4, W: 4, C: 1}
		net, err := New("F4 G12", in, Init{Seed: 1, MaxPrecRoot: 8})
		if err != nil {
			t.Fatal(err)
		}
		g := net.Layer(0)
		for j := range g.Mu[in.Size():] {
			g.Mu[in.Size()+j] = -3
		}
		net.Refresh()
		im, _ := randomImages(300, in, 5)
		tr, err := NewTrainer(net, im, Config{Epochs: 30, BatchSize: 20, Window: 30, Tau: 0.1, Restart: share, Seed: 4, Rate: 0.05, RateEnd: 0.05})
		if err != nil {
			t.Fatal(err)
		}
		restarted, lastly := 0, 0
		if err := tr.Run(context.Background(), func(p Progress) error {
			restarted += p.Layers[0].Restarted
			if p.Step > int(restartShare*float64(p.Steps)) {
				lastly += p.Layers[0].Restarted
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if (restarted > 0) != (share > 0) || lastly > 0 {
			t.Errorf("share %v: %d components restarted, %d of them too late", share, restarted, lastly)
		}
		ev, err := net.Evaluate(context.Background(), im, 1)
		if err != nil {
			t.Fatal(err)
		}
		used[i] = UsedShare(ev.Layers[0].Wins)
	}
	if used[0] > 0.2 || used[1] < 0.9 {
		t.Errorf("in use: %v without, %v with restarts", used[0], used[1])
	}
}

// The cases of the tests of workers and of resuming do restart.
func TestTrainingCasesRestart(t *testing.T) {
	cases := 0
	for _, c := range trainingCases {
		if c.cfg.Restart == 0 {
			continue
		}
		cases++
		tr := newTestTrainer(t, c.arch, c.in, c.n, c.cfg)
		restarted := make([]int, tr.net.Layers())
		if err := tr.Run(context.Background(), func(p Progress) error {
			for i, l := range p.Layers {
				restarted[i] += l.Restarted
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if sum := restarted[0] + restarted[1]; sum == 0 {
			t.Errorf("%s: nothing was restarted", c.arch)
		}
	}
	if cases < 2 {
		t.Errorf("%d cases", cases)
	}
}
