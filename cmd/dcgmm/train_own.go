package main

import (
	"fmt"
	"io"
	"math"

	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// Defaults of trainings on own images. Ten passes over 50,000 images are as many steps.
const (
	defaultSteps  = 5000
	defaultEpochs = 10 // at least
	defaultBatch  = 100
	heldOutShare  = 0.1
	heldOutOf     = 200 // images, at least
)

// ownHoldOut is the share that is held out of own images without --hold-out.
func (t *trainFlags) ownHoldOut(f *pflag.FlagSet, images int) float64 {
	if t.folder == "" || f.Changed("hold-out") || images < heldOutOf {
		return t.holdOut
	}
	return heldOutShare
}

// ownDefaults fills in what was not asked for, of a training on n own images of a shape, and says so.
func (t *trainFlags) ownDefaults(f *pflag.FlagSet, in dcgmm.Shape, n int, log io.Writer) error {
	if !f.Changed("early") {
		t.early = t.folder != "" && t.config == "" && t.held > 0 && !f.Changed("epochs")
	}
	if t.early && t.held == 0 {
		return fmt.Errorf("--early looks at held-out images: give --hold-out 0.1, too, or omit it")
	}
	if t.folder == "" {
		return nil
	}
	if 0 < t.held && t.held < fewCalibrated {
		if err := say(log, "note: %d held-out images calibrate the scores: of so few, percentiles and the threshold of score and report are rough; "+
			"give more images, or a larger --hold-out", t.held); err != nil {
			return err
		}
	}
	if t.config != "" {
		return nil
	}
	if !f.Changed("arch") && t.model == nil {
		t.arch = dcgmm.Propose(in, n)
		if err := say(log, "note: architecture %s, proposed for %d images of %v; --arch takes another", t.arch, n, in); err != nil {
			return err
		}
	}
	batch := t.cfg.BatchSize
	if batch == 0 {
		batch = defaultBatch
	}
	steps := max(1, n/min(batch, n))
	if f.Changed("epochs") {
		return nil
	}
	t.cfg.Epochs = max(defaultEpochs, int(math.Ceil(defaultSteps/float64(steps))))
	end := ""
	if t.early {
		end = fmt.Sprintf(", fewer if the %d held-out images get no likelier (--early=false: all)", t.held)
	}
	return say(log, "note: %d passes over %d images%s", t.cfg.Epochs, n, end)
}

// leastUsed is the share of the top layer's components below which a training is not what it should be.
const leastUsed = 0.5

// advice says what to do about a training that has not come to what it could; empty: nothing.
func (t *trainFlags) advice(tr *dcgmm.Trainer, ev *dcgmm.Evaluation) (notes []string) {
	if _, ended := tr.EndsEarly(); ended && tr.Step() < tr.Planned() {
		notes = append(notes, fmt.Sprintf("ended after step %d of %d: annealing is over and the %d held-out images get no likelier",
			tr.Step(), tr.Planned(), t.held))
	}
	top := tr.Network().Arch().Top()
	used := dcgmm.UsedShare(ev.Layers[len(ev.Layers)-1].Wins)
	if k := top.K(); used < leastUsed && k > 1 {
		notes = append(notes, fmt.Sprintf("warning: only %.0f %% of the %d components of the top layer (%s) are in use: %s",
			100*used, k, top.Name(), t.moreUse(tr, k)))
	}
	if top.P() > 1 {
		notes = append(notes, fmt.Sprintf("note: the top layer has %d×%d positions, so images have no cluster: "+
			"end the architecture with one that folds the whole map, such as F%dx%d G%d", top.Out.H, top.Out.W, top.Out.H, top.Out.W, top.K()))
	}
	return notes
}

// moreUse is what makes a top layer of k components use more of them, in terms of what the command takes.
func (t *trainFlags) moreUse(tr *dcgmm.Trainer, k int) string {
	more, restarts, fewer := "--epochs", "--restart 0.1", fmt.Sprintf("fewer components (G%d)", max(1, k/2))
	if t.cfg.Restart > 0 {
		restarts = "a lower --rate"
	}
	switch {
	case t.config != "":
		more, restarts = "Epochs in the file of --config", "Revive 0.1 there"
	case t.from != "":
		fewer = "a new model with " + fewer
	}
	if tr.Step() < defaultSteps/2 || !tr.Annealed() {
		epochs := max(2*t.cfg.Epochs, t.cfg.Epochs*defaultSteps/max(1, tr.Step()))
		return fmt.Sprintf("the training has %d steps only: give more %s (%d), else %s or %s", tr.Step(), more, epochs, restarts, fewer)
	}
	return fmt.Sprintf("give %s, or %s", restarts, fewer)
}

// splitOff are the images to keep for the calibration and the early end, and those to train on.
func (t *trainFlags) splitOff(f *pflag.FlagSet, set *dataset.Set) (held, rest []int, err error) {
	N := set.N
	share := t.ownHoldOut(f, N)
	if share == 0 {
		return nil, nil, nil
	}
	n := max(1, int(share*float64(N)))
	if n >= N {
		return nil, nil, fmt.Errorf("--hold-out %g of %d images leaves none to train on: give more images, or omit it", share, N)
	}
	if t.heldMost > 0 {
		n = min(n, t.heldMost)
	}
	t.held = n
	held, rest = set.SplitIndices(n, t.cfg.Seed)
	return held, rest, nil
}
