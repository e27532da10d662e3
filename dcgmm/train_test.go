package dcgmm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// wholeState is everything of a trainer that a checkpoint carries.
func wholeState(t *testing.T, tr *Trainer) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tr.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newTestTrainer(t *testing.T, arch string, in Shape, n int, c Config) *Trainer {
	t.Helper()
	net, err := New(arch, in, Init{Seed: 9, MaxPrecRoot: 8})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(n, in, 10)
	tr, err := NewTrainer(net, im, c)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// trainingCases: wide and narrow layers, shared and own parameters, pooling, both schedules, waiting.
var trainingCases = []struct {
	arch string
	in   Shape
	n    int
	cfg  Config
}{
	{"F28 G10", Shape{H: 28, W: 28, C: 1}, 70, Config{Epochs: 12, BatchSize: 10, Seed: 1, Window: 10, RateEnd: 0.1, Rate: 0.2}},
	{"F3/1 G6 M F2x3 G4", Shape{H: 9, W: 10, C: 2}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 2, Window: 10, RateEnd: 0.1, Rate: 0.2}},
	{"F3/2 I6 F2 G4", Shape{H: 9, W: 9, C: 1}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 3, Window: 10, RateEnd: 0.1, Rate: 0.2, Wait: []float64{0, 0.4}}},
	{"F2/1 G9 M F3/1 I4 F2x2 G6", Shape{H: 9, W: 9, C: 1}, 60, Config{Epochs: 5, BatchSize: 20, Seed: 4, Schedule: Fixed, Window: 10, RateEnd: 0.1, Rate: 0.2, Wait: []float64{0.1, 0.3, 0.5}}},
	{"F10 A6:3", Shape{H: 10, W: 10, C: 1}, 70, Config{Epochs: 6, BatchSize: 10, Seed: 5, Window: 10, RateEnd: 0.1, Rate: 0.2, FactorWait: 0.12}},                                               // from step 5 on
	{"F3/1 A6:2 M F2x3 A4:5", Shape{H: 9, W: 10, C: 2}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 6, Window: 10, RateEnd: 0.1, Rate: 0.2, Tau: 1.5, FactorWait: 0.28, Wait: []float64{0, 0.1}}}, // from step 13 and 16 on
	{"F3/1 G6 T4 S0.8 M F2x3 G4 S0.6 I6 T2", Shape{H: 9, W: 10, C: 2}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 7, Window: 10, RateEnd: 0.1, Rate: 0.2}},
	{"F5/5 A6:2 T2 S1 F2 G4", Shape{H: 10, W: 10, C: 1}, 60, Config{Epochs: 6, BatchSize: 10, Seed: 8, Window: 10, RateEnd: 0.1, Rate: 0.2, FactorWait: 0.12}},
	{"F3/2 I6 F2 G4", Shape{H: 9, W: 9, C: 1}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 9, Window: 10, Optimizer: Momentum, RateEnd: 0.1, Rate: 0.2, Wait: []float64{0, 0.4}}},
	{"F28 G10", Shape{H: 28, W: 28, C: 1}, 70, Config{Epochs: 6, BatchSize: 10, Seed: 10, Window: 10, Optimizer: Adam, Momentum: 0.7, Beta2: 0.99}},
	{"F3/1 A6:2 M F2x3 A4:5", Shape{H: 9, W: 10, C: 2}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 11, Window: 10, Optimizer: Adam, FactorWait: 0.28, Wait: []float64{0, 0.1}}},
	{"F3/1 A6:2 U F7x8 A4:5", Shape{H: 9, W: 10, C: 2}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 12, Window: 10, Optimizer: Adam, HandedWait: 0.1, FactorWait: 0.28, Wait: []float64{0, 0.2}, CoolDown: 0.6}},
	{"F3/3 I6 F3 A9:2", Shape{H: 9, W: 9, C: 1}, 60, Config{Epochs: 12, BatchSize: 7, Seed: 12, Window: 9, Optimizer: Adam, Tau: 0.3, FactorWait: 0.2, Restart: 0.3}},
	{"F3/1 G16 M F2x3 G9", Shape{H: 9, W: 10, C: 2}, 60, Config{Epochs: 6, BatchSize: 7, Seed: 13, Window: 10, RateEnd: 0.1, Rate: 0.2, Tau: 0.3, Restart: 0.3}},
	{"F5/5 A3:2 U F2 A6:3", Shape{H: 10, W: 10, C: 1}, 60, Config{Epochs: 6, BatchSize: 10, Seed: 14, Window: 10, Optimizer: Adam, HandedWait: 0.1, FactorWait: 0.4, Wait: []float64{0, 0.2}, FinalWeights: true}},
}

func TestWorkersDoNotChangeTheBits(t *testing.T) {
	for _, c := range trainingCases {
		var want []byte
		for _, workers := range []int{1, 2, 3, 16} {
			cfg := c.cfg
			cfg.Workers = workers
			tr := newTestTrainer(t, c.arch, c.in, c.n, cfg)
			if err := tr.Run(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
			got := wholeState(t, tr)
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: %d workers give other bits than 1", c.arch, workers)
			}
		}
	}
}

// The weights of the top layer become the shares of what its components win; all else stays.
func TestFinalWeightsAreSharesOfWins(t *testing.T) {
	const arch = "F5/5 G4 F2 G6"
	in, c := Shape{H: 10, W: 10, C: 1}, Config{Epochs: 6, BatchSize: 10, Seed: 8, Rate: 0.2, RateEnd: 0.1}
	plain, final := newTestTrainer(t, arch, in, 60, c), c
	final.FinalWeights = true
	tr := newTestTrainer(t, arch, in, 60, final)
	for _, tr := range []*Trainer{plain, tr} {
		if err := tr.Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	ev, err := tr.Network().Evaluate(t.Context(), tr.images, 1)
	if err != nil {
		t.Fatal(err)
	}
	was, err := plain.Network().Evaluate(t.Context(), tr.images, 1)
	if err != nil {
		t.Fatal(err)
	}
	same := true
	for k, w := range tr.Network().Layer(1).Weights(0) {
		if want := (float64(was.Layers[1].Wins[k]) + 0.5) / (60 + 3); math.Abs(w-want) > 1e-6 {
			t.Errorf("weight %d is %v, want %v", k, w, want)
		}
		same = same && math.Abs(w-plain.Network().Layer(1).Weights(0)[k]) < 1e-3
	}
	if same {
		t.Error("the weights were the shares already: the case shows nothing")
	}
	if !slices.Equal(ev.Layers[0].LSE, was.Layers[0].LSE) || !slices.Equal(tr.Network().Layer(1).Mu, plain.Network().Layer(1).Mu) {
		t.Error("not the weights alone changed")
	}
}

func TestWorkersDoNotChangeScores(t *testing.T) {
	for _, c := range trainingCases {
		net, err := New(c.arch, c.in, Init{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		im, _ := randomImages(101, c.in, 11)
		one, err := net.Evaluate(context.Background(), im, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{2, 5} {
			many, err := net.Evaluate(context.Background(), im, workers)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(one) != fmt.Sprint(many) {
				t.Errorf("%s: scores with %d workers differ", c.arch, workers)
			}
		}
		// One image at a time: the split into batches does not matter either.
		size := c.in.Size()
		for i := range 3 {
			alone, err := net.Evaluate(context.Background(), Images{Shape: c.in, Pix: im.Pix[i*size : (i+1)*size]}, 1)
			if err != nil {
				t.Fatal(err)
			}
			for l := range alone.Layers {
				if alone.Layers[l].LSE[0] != one.Layers[l].LSE[i] {
					t.Errorf("%s: image %d has another score when it is alone", c.arch, i)
				}
			}
		}
	}
}

// Interrupted at any step, saved, loaded and resumed with another number of workers, a training
// ends with the bits of one that was left in peace.
func TestResumeGivesTheSameBits(t *testing.T) {
	for _, c := range trainingCases {
		whole := newTestTrainer(t, c.arch, c.in, c.n, c.cfg)
		var reports []string
		if err := whole.Run(context.Background(), func(p Progress) error { reports = append(reports, fmt.Sprint(p)); return nil }); err != nil {
			t.Fatal(err)
		}
		want := wholeState(t, whole)
		for _, at := range []int{1, 5, 13, whole.Steps() - 1} {
			tr := newTestTrainer(t, c.arch, c.in, c.n, c.cfg)
			tr.startPool()
			for range at {
				if err := tr.runStep(); err != nil {
					t.Fatal(err)
				}
				if tr.step-tr.windowAt >= tr.cfg.Window {
					tr.progress()
				}
			}
			tr.stopPool()
			ck, err := Load(bytes.NewReader(wholeState(t, tr)))
			if err != nil {
				t.Fatal(err)
			}
			resumed, err := ck.Resume(tr.images, 3)
			if err != nil {
				t.Fatal(err)
			}
			if resumed.Step() != at {
				t.Fatalf("%s: resumed at step %d, saved at %d", c.arch, resumed.Step(), at)
			}
			var last string
			if err := resumed.Run(context.Background(), func(p Progress) error { last = fmt.Sprint(p); return nil }); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(wholeState(t, resumed), want) {
				t.Errorf("%s: resumed after step %d, the training ends with other bits", c.arch, at)
			}
			if last != reports[len(reports)-1] {
				t.Errorf("%s: resumed after step %d, the last report is\n%s, not\n%s", c.arch, at, last, reports[len(reports)-1])
			}
		}
	}
}

// In the last quarter of 84 steps rates fall along a line: the first cooled step is 20/21 of what it would have been, as
// all parameters are the same until then.
func TestCoolDown(t *testing.T) {
	c := trainingCases[0]
	warm, cool := newTestTrainer(t, c.arch, c.in, c.n, c.cfg), (*Trainer)(nil)
	c.cfg.CoolDown = 0.25
	cool = newTestTrainer(t, c.arch, c.in, c.n, c.cfg)
	for _, tr := range []*Trainer{warm, cool} {
		tr.startPool()
		defer tr.stopPool()
		for tr.step < 64 {
			if err := tr.runStep(); err != nil {
				t.Fatal(err)
			}
		}
	}
	mu := func(tr *Trainer) []float32 { return slices.Clone(tr.net.layers[0].gmm.Mu) }
	before := mu(warm)
	if !slices.Equal(before, mu(cool)) {
		t.Fatal("parameters differ before rates fall")
	}
	if f := cool.cooled(); f != 20./21 || warm.cooled() != 1 {
		t.Errorf("factors %v and %v", f, warm.cooled())
	}
	for _, tr := range []*Trainer{warm, cool} {
		if err := tr.runStep(); err != nil {
			t.Fatal(err)
		}
	}
	a, b := mu(warm), mu(cool)
	moved := 0
	for i := range a {
		full, part := float64(a[i]-before[i]), float64(b[i]-before[i])
		if math.Abs(part-full*20/21) > 1e-6 {
			t.Fatalf("parameter %d moved by %v instead of %v·20/21", i, part, full)
		}
		if math.Abs(full) > 1e-3 {
			moved++
		}
	}
	if moved < len(a)/10 {
		t.Errorf("only %d of %d parameters moved", moved, len(a))
	}
	if cool.step = cool.Steps() - 1; cool.cooled() != 1./21 {
		t.Errorf("the last factor is %v", cool.cooled())
	}
}

func TestCancelKeepsWholeSteps(t *testing.T) {
	c := trainingCases[1]
	whole := newTestTrainer(t, c.arch, c.in, c.n, c.cfg)
	if err := whole.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	tr := newTestTrainer(t, c.arch, c.in, c.n, c.cfg)
	ctx, cancel := context.WithCancel(context.Background())
	err := tr.Run(ctx, func(Progress) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "after step 10 of 48") {
		t.Fatalf("error %v", err)
	}
	stop := errors.New("enough")
	if err := tr.Run(context.Background(), func(Progress) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("the hook's error became %v", err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(wholeState(t, tr), wholeState(t, whole)) {
		t.Error("a cancelled and continued training ends with other bits")
	}
}

func TestWaitKeepsALayerAsItIs(t *testing.T) {
	tr := newTestTrainer(t, "F3/1 G6 F4x5 G4", Shape{H: 6, W: 7, C: 1}, 40, Config{Epochs: 10, BatchSize: 10, Rate: 0.3, RateEnd: 0.25, Window: 4, Wait: []float64{0, 0.5}})
	upper := slices.Clone(tr.net.Layer(1).Mu)
	lower := slices.Clone(tr.net.Layer(0).Mu)
	var learning []bool
	err := tr.Run(context.Background(), func(p Progress) error {
		learning = append(learning, p.Layers[1].Learning)
		if !p.Layers[0].Learning {
			t.Errorf("step %d: layer 1 does not learn", p.Step)
		}
		if same := slices.Equal(upper, tr.net.Layer(1).Mu); same != (p.Step <= 20) {
			t.Errorf("step %d: the waiting layer is as at the start: %t", p.Step, same)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(lower, tr.net.Layer(0).Mu) {
		t.Error("layer 1 did not learn")
	}
	if got := fmt.Sprint(learning); got != "[false false false false false true true true true true]" {
		t.Errorf("layer 2 learning: %s", got)
	}
}

func TestNonFiniteNumbersEndTheTraining(t *testing.T) {
	tr := newTestTrainer(t, "F3/1 G6 F4x5 G4", Shape{H: 6, W: 7, C: 1}, 40, Config{Epochs: 10, BatchSize: 10})
	tr.net.Layer(1).Mu[3] = float32(math.NaN())
	tr.net.Refresh()
	err := tr.Run(context.Background(), nil)
	var nf *NonFiniteError
	if !errors.As(err, &nf) || nf.Layer != 1 || nf.Step != 1 || !strings.Contains(err.Error(), "layer 2 (F4x5 G4)") || !strings.Contains(err.Error(), "step 1") {
		t.Errorf("error %v", err)
	}
}

func TestPrecisionRootsStayInBounds(t *testing.T) {
	in := Shape{H: 6, W: 5, C: 1}
	net, err := New("F3/1 G4 F4x3 G3", in, Init{Seed: 1, MaxPrecRoot: 3})
	if err != nil {
		t.Fatal(err)
	}
	black := Images{Shape: in, Pix: make([]uint8, 50*in.Size())} // constant pixels want an infinite precision
	tr, err := NewTrainer(net, black, Config{Epochs: 40, BatchSize: 10, Rate: 0.5, RateEnd: 0.5, RatePrecRoot: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	for i := range net.Layers() {
		for _, s := range net.Layer(i).PrecRoot {
			if !(s >= minPrecRoot && s <= 3) {
				t.Fatalf("layer %d: precision root %v outside [%v, 3]", i, s, minPrecRoot)
			}
		}
	}
}

func TestEveryEpochHasItsOrderAndDropsTheRest(t *testing.T) {
	tr := newTestTrainer(t, "F3 G2", Shape{H: 3, W: 3, C: 1}, 10, Config{Epochs: 3, BatchSize: 4})
	if tr.Steps() != 6 {
		t.Errorf("%d steps for 3 epochs of 10 images in batches of 4", tr.Steps())
	}
	tr.shuffle(0)
	first := slices.Clone(tr.order)
	tr.shuffle(1)
	if slices.Equal(first, tr.order) {
		t.Error("two epochs have the same order")
	}
	tr.shuffle(0)
	if !slices.Equal(first, tr.order) {
		t.Error("an epoch's order is not a function of its number")
	}
	slices.Sort(first)
	for i, v := range first {
		if int(v) != i {
			t.Fatalf("the order is no permutation: %v", first)
		}
	}
}

func TestUsedShare(t *testing.T) {
	for _, c := range []struct {
		wins []int64
		want float64
	}{
		{[]int64{1, 1, 1, 1}, 1},
		{[]int64{0, 0, 0, 5}, 0.25},
		{[]int64{0, 0}, 0},
		{[]int64{1, 399, 0, 0}, 0.5}, // a fair share is 100, 1 % of it is 1
		{[]int64{1, 403, 0, 0}, 0.25},
	} {
		if got := UsedShare(c.wins); got != c.want {
			t.Errorf("UsedShare(%v) = %v, want %v", c.wins, got, c.want)
		}
	}
}

func TestTrainingRaisesTheLoss(t *testing.T) {
	tr := newTestTrainer(t, "F3/1 G6 M F3 G5", Shape{H: 8, W: 8, C: 1}, 200, Config{Epochs: 40, BatchSize: 20, RateEnd: 0.05, Rate: 0.05})
	var first, last Progress
	if err := tr.Run(context.Background(), func(p Progress) error {
		if first.Layers == nil {
			first = p
		}
		last = p
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// The loss of an upper layer need not rise: its input changes while the lower one learns.
	if !(last.Layers[0].Objective > first.Layers[0].Objective) {
		t.Errorf("loss of layer 1: %.3f → %.3f", first.Layers[0].Objective, last.Layers[0].Objective)
	}
	for i := range last.Layers {
		if !(last.Layers[i].Tau < first.Layers[i].Tau) {
			t.Errorf("layer %d: τ %.3f → %.3f", i, first.Layers[i].Tau, last.Layers[i].Tau)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	prime := trainingCases[0]
	prime.arch = "F28 G23" // a ring too large for the special kernels
	for _, c := range append(slices.Clone(trainingCases), prime) {
		cfg := c.cfg
		cfg.Workers = 2
		tr := newTestTrainer(t, c.arch, c.in, c.n, cfg)
		tr.startPool()
		for strings.Contains(c.arch, "A") && tr.step < 20 { // until the factors have joined
			if err := tr.runStep(); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(10, func() {
			if err := tr.runStep(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: a step makes %v allocations", c.arch, n)
		}
		tr.stopPool()
	}
}

// What scoring allocates does not grow with the number of batches.
func TestScoringABatchAllocatesNothing(t *testing.T) {
	for _, c := range trainingCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		allocations := func(n int) float64 {
			im, _ := randomImages(n, c.in, 1)
			return testing.AllocsPerRun(5, func() {
				if _, err := net.Evaluate(context.Background(), im, 1); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := allocations(2*inferenceLanes), allocations(40*inferenceLanes); many > few {
			t.Errorf("%s: %v allocations for 2 batches, %v for 40", c.arch, few, many)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	net, err := New("F2 G3", Shape{H: 2, W: 2, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(5, Shape{H: 2, W: 2, C: 1}, 1)
	for want, c := range map[string]Config{
		"Config.Epochs is -1":            {Epochs: -1},
		"Config.BatchSize is -3":         {BatchSize: -3},
		"Config.Rate is NaN":             {Rate: math.NaN()},
		"Config.RateEnd is 0.5":          {Rate: 0.1, RateEnd: 0.5},
		`Config.Schedule is "sometimes"`: {Schedule: "sometimes"},
		"Config.Gamma is 1":              {Gamma: 1},
		"Config.Delta is -1":             {Delta: -1},
		"Config.Wait is 1":               {Wait: []float64{1}},
		"Config.Wait has 2 values":       {Wait: []float64{0, 0.5}},
		"Config.Workers is -1":           {Workers: -1},
		"Config.AnnealShare is 2":        {AnnealShare: 2},
		"Config.Window is -1":            {Window: -1},
		"Config.RateFactors is -1":       {RateFactors: -1},
		"Config.FactorWait is 1":         {FactorWait: 1},
		`Config.Optimizer is "adamw"`:    {Optimizer: "adamw"},
		"Config.Momentum is 0.5":         {Momentum: 0.5},
		"Config.Momentum is 1":           {Optimizer: Momentum, Momentum: 1},
		"Config.Momentum is -0.1":        {Optimizer: Adam, Momentum: -0.1},
		"and Config.Beta2 0.9":           {Optimizer: Momentum, Beta2: 0.9},
		"Config.Beta2 is 1.5":            {Optimizer: Adam, Beta2: 1.5},
		"Config.Restart is 0.6":          {Restart: 0.6},
		"Config.Restart is NaN":          {Restart: math.NaN()},
	} {
		if _, err := NewTrainer(net, im, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	if _, err := NewTrainer(net, Images{Shape: Shape{H: 2, W: 3, C: 1}, Pix: make([]uint8, 12)}, Config{}); err == nil || !strings.Contains(err.Error(), "the images are 2×3×1") {
		t.Errorf("images of another shape: %v", err)
	}
	if _, err := NewTrainer(net, Images{Shape: Shape{H: 2, W: 2, C: 1}, Pix: nil}, Config{}); err == nil || !strings.Contains(err.Error(), "no images") {
		t.Errorf("no images: %v", err)
	}
	tr, err := NewTrainer(net, im, Config{BatchSize: 100})
	if err != nil || tr.Config().BatchSize != 5 {
		t.Errorf("a batch larger than the set: %v, batch %d", err, tr.Config().BatchSize)
	}
}

func TestWindowFitsTheTraining(t *testing.T) {
	for _, c := range []struct {
		cfg    Config
		images int
		want   int
	}{
		{Config{Epochs: 15}, 50_000, 100},              // 1/0.01 of 7,500 steps
		{Config{Epochs: 20}, 1000, 4},                  // 200 steps
		{Config{Epochs: 1}, 100, 1},                    // one step
		{Config{Epochs: 15, Window: 7}, 50_000, 7},     // as asked
		{Config{Epochs: 15, RateEnd: 0.001}, 1e5, 300}, // 15,000 steps
		{Config{Epochs: 15, Optimizer: Adam}, 50_000, 100},
	} {
		cfg := c.cfg.withDefaults(1)
		if cfg.fit(c.images); cfg.Window != c.want {
			t.Errorf("%+v on %d images: window %d, want %d", c.cfg, c.images, cfg.Window, c.want)
		}
	}
}
