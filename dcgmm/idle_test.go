package dcgmm

import (
	"math/rand/v2"
	"slices"
	"testing"

	"deepgmm/internal/kernel"
)

// What an update leaves out, because no vector counts for a component, would have changed nothing, to the bit: a training
// with it ends with the same parameters. Components restart on the way.
func TestIdleComponentsStay(t *testing.T) {
	im, _ := randomImages(64, Shape{H: 6, W: 6, C: 1}, 1)
	for _, arch := range []string{"F6 G30", "F6 A30:2", "F2/1 I4 F5 A30:2"} {
		cfg := Config{Epochs: 40, BatchSize: 6, Workers: 2, Tau: 0.1, TauEnd: 1e-3, Rate: 0.005, RateFactors: 0.5, Window: 20, Restart: 0.3, Seed: 1, FactorWait: 0.1}
		left, idle := trainIdle(t, arch, im, cfg, func(*Trainer) {})
		all, _ := trainIdle(t, arch, im, cfg, func(tr *Trainer) {
			for _, l := range tr.learners {
				l.forgetLogs() // so that the next update leaves out no means and precisions
				for at := range l.tot {
					moveIdle(t, l, at)
				}
			}
		})
		if idle == 0 {
			t.Errorf("%s: no component was ever idle", arch)
		}
		for i := range left.Layers() {
			a, b := left.Layer(i), all.Layer(i)
			for name, v := range map[string][2][]float32{"means": {a.Mu, b.Mu}, "roots": {a.PrecRoot, b.PrecRoot}, "logits": {a.Logits, b.Logits}, "factors": {a.Factors, b.Factors}} {
				if !slices.Equal(v[0], v[1]) {
					t.Errorf("%s, layer %d: other %s", arch, i+1, name)
				}
			}
		}
	}
}

// trainIdle calls after with the trainer after every step, and counts idle components.
func trainIdle(t *testing.T, arch string, im Images, cfg Config, after func(*Trainer)) (net *Network, idle int) {
	t.Helper()
	net, err := New(arch, im.Shape, Init{Seed: 1, MaxPrecRoot: 30})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, im, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tr.startPool()
	defer tr.stopPool()
	restarted := 0
	for tr.Step() < tr.Steps() {
		if err := tr.runStep(); err != nil {
			t.Fatal(err)
		}
		for _, l := range tr.learners {
			for at := range l.tot {
				if l.idle(at) {
					idle++
				}
			}
		}
		if tr.step-tr.windowAt >= cfg.Window {
			for _, l := range tr.progress().Layers {
				restarted += l.Restarted
			}
		}
		after(tr)
	}
	if restarted == 0 {
		t.Errorf("%s: no component was restarted", arch)
	}
	return net, idle
}

// moveIdle moves the factors of an idle component by a step without sums, and projects them again.
func moveIdle(t *testing.T, l *learner, at int) {
	fa, ok := l.gmm.family.(*factorAnalyser)
	if !ok || !fa.joined || !l.idle(at) {
		return
	}
	set, k, L, D := at/l.K, at%l.K, fa.L, fa.D
	mu, root, factors := fa.component(set, k)
	W := slices.Clone(fa.forms[set].W[k*L*D:][:L*D])
	step := kernel.FactorStep{L: L, Mean: make([]float32, L), A: make([]float32, L*L), Rate: rand.New(rand.NewPCG(1, 1)).Float32(),
		Mu: mu, Root: root, X: make([]float32, D), Q: make([]float32, D), Y: make([]float32, L*D), LdY: D}
	if !kernel.AscendFactors(factors, D, step) {
		t.Error("factors are not finite")
	}
	fa.project(set, k)
	if !slices.Equal(W, fa.forms[set].W[k*L*D:][:L*D]) {
		t.Errorf("component %d has other projections", at)
	}
}
