package show

import (
	"bytes"
	"fmt"
	"time"

	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
	"deepgmm/internal/progress"
)

// Moment is a network on its way through a training.
type Moment struct {
	Network *dcgmm.Network
	State   dcgmm.Progress // as it was reported: epoch, and loss and τ of every layer; empty at the start
}

// String says which moment it is: epoch, and τ of the first layer.
func (m Moment) String() string {
	if m.State.Step == 0 {
		return "start"
	}
	return fmt.Sprintf("epoch %.1f, τ = %.2f", m.State.Epoch, m.State.Layers[0].Tau)
}

// Moments trains a network with a live display, leaves a line, and returns it as it was at some moments: at the first
// report after each share of the steps, in [0, 1] and rising; 0 is the start. Nothing is kept: it is for trainings of
// seconds. The error is the context's, or the training's. It panics if the shares do not rise.
func Moments(job training.Job, shares ...float64) ([]Moment, error) {
	net, err := dcgmm.New(job.Arch, job.Images.Shape, job.Init)
	if err != nil {
		return nil, err
	}
	t, err := dcgmm.NewTrainer(net, job.Images, job.Config)
	if err != nil {
		return nil, err
	}
	f := &film{net: net, shares: shares}
	if err := f.take(dcgmm.Progress{Steps: t.Steps()}); err != nil {
		return nil, err
	}
	live := NewProgress(job.Arch)
	var last dcgmm.Progress
	err = t.Run(Context(), func(p dcgmm.Progress) error {
		last = p
		addPoint(live, p)
		live.Set(float64(p.Step)/float64(p.Steps), fmt.Sprintf("epoch %.1f, step %d of %d", p.Epoch, p.Step, p.Steps))
		return f.take(p)
	})
	if err != nil {
		live.Close("")
		return nil, err
	}
	lastingLine(live, job, last, "trained in "+progress.Duration(time.Since(live.start)))
	return f.moments, nil
}

// film takes copies of a network that is trained.
type film struct {
	net     *dcgmm.Network
	shares  []float64 // that are still to come
	moments []Moment
}

// take copies the network if a moment has come; of several that have, once.
func (f *film) take(p dcgmm.Progress) error {
	due := false
	for len(f.shares) > 0 && float64(p.Step) >= f.shares[0]*float64(p.Steps) {
		if len(f.shares) > 1 && f.shares[1] <= f.shares[0] || f.shares[0] < 0 || f.shares[0] > 1 {
			panic(fmt.Sprintf("show: Moments: shares from %v on do not rise in [0, 1]", f.shares[0]))
		}
		f.shares, due = f.shares[1:], true
	}
	if !due {
		return nil
	}
	var file bytes.Buffer
	if err := f.net.Save(&file); err != nil {
		return err
	}
	c, err := dcgmm.Load(&file)
	if err != nil {
		return err
	}
	f.moments = append(f.moments, Moment{Network: c.Network, State: p})
	return nil
}
