package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// An early end: a training whose annealing has ended stops when held-out images no longer get likelier to any layer.
const (
	earlyImages   = 1000 // held-out images that are looked at, at most
	earlySteps    = 200  // between checks, or a fiftieth of a training of less than 10,000 steps, and a window at least
	earlyPatience = 5    // checks without a gain
	earlyGain     = 0.05 // that counts, in deviations of the images' log-likelihoods
)

// earlyEnd is what a training needs for it.
type earlyEnd struct {
	held Images
	earlyState
}

// earlyState is the part that a checkpoint has.
type earlyState struct {
	Checked int       // step of the last check
	Gained  int       // step of the last one with a gain; before the first check, 0
	Best    []float64 // mean log-likelihood by layer
	Ended   bool
}

// EndEarly makes the training end before its last step, as soon as annealing has ended in all layers and images that
// are not trained on no longer get likelier to any of them: for 1,000 steps, or a tenth of a shorter training, the mean
// log-likelihood of no layer has risen by a twentieth of its deviation over images. Of many images 1,000 are used, spread evenly. Of a
// resumed training it must be called again, with the same images. The error says that there are none or that they do
// not fit the network.
func (t *Trainer) EndEarly(held Images) error {
	if err := t.made().checkEvaluate(held); err != nil {
		return fmt.Errorf("images that end a training: %w", err)
	}
	if held.Missing != nil {
		return errors.New("images that end a training may not have missing pixels")
	}
	if t.early == nil {
		t.early = &earlyEnd{}
	}
	t.early.held = held.spread(earlyImages)
	return nil
}

// EndsEarly reports whether EndEarly was called, for this training or what it goes on with; ended, whether the training
// has come to its end so. Then Steps is the number of finished steps.
func (t *Trainer) EndsEarly() (asked, ended bool) { return t.early != nil, t.early.ended() }

// Planned returns the number of steps of the training, wherever it ends.
func (t *Trainer) Planned() int { return t.cfg.Epochs * t.perEpoch() }

func (e *earlyEnd) ended() bool { return e != nil && e.Ended }

// Annealed reports whether annealing has ended: in all layers winners no longer carry their neighbours along, and
// nothing waits.
func (t *Trainer) Annealed() bool {
	for i, l := range t.learners {
		if !t.learning(i) || !l.grid.identity || l.gmm.family.waits() {
			return false
		}
	}
	return true
}

// checkEnd looks whether it is time to end, at the end of a window.
func (t *Trainer) checkEnd() error {
	e := t.early
	if e == nil || e.held.Pix == nil || t.step-e.Checked < t.checkEvery() || !t.Annealed() {
		return nil
	}
	ev, err := t.net.Evaluate(context.Background(), e.held, t.cfg.Workers) // a step is whole: nothing stops it
	if err != nil {
		return fmt.Errorf("held-out images: %w", err)
	}
	e.see(ev, t.step)
	e.Ended = t.step-e.Gained >= earlyPatience*t.checkEvery()
	return nil
}

// checkEvery is the number of steps between checks, at least.
func (t *Trainer) checkEvery() int { return max(t.cfg.Window, min(earlySteps, t.Planned()/50)) }

// see takes the scores of the held-out images after a step.
func (e *earlyState) see(ev *Evaluation, step int) {
	e.Checked = step
	if e.Best == nil {
		e.Gained = step
		e.Best = slices.Repeat([]float64{math.Inf(-1)}, len(ev.Layers))
	}
	for i, l := range ev.Layers {
		mean, deviation := meanAndDeviation(l.LSE)
		if mean > e.Best[i]+float64(earlyGain*deviation) {
			e.Best[i], e.Gained = mean, step
		}
	}
}

// check says what of a checkpoint's state is out of range.
func (e *earlyState) check(layers, step int) error {
	if e == nil {
		return nil
	}
	if e.Best != nil && len(e.Best) != layers || !finite(e.Best) {
		return fmt.Errorf("the held-out scores of its training are not those of %d layers", layers)
	}
	if e.Checked < 0 || e.Gained < 0 || e.Gained > e.Checked || e.Checked > step || e.Ended && e.Checked != step {
		return fmt.Errorf("its training was checked at step %d and gained at step %d of %d", e.Checked, e.Gained, step)
	}
	return nil
}
