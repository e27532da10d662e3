package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// saveEvery is SaveEvery, except in tests.
var saveEvery = SaveEvery

// keeper is the training of a Job under way.
type keeper struct {
	Loop
	job Job
	own bool // what is at Partial is of this training, or is to be replaced; else it came up since the start
}

func newKeeper(j Job, t *dcgmm.Trainer) *keeper {
	k := &keeper{job: j, own: j.Fresh}
	k.Loop = Loop{Trainer: t, Save: k.save, File: j.Partial(), Every: saveEvery, Warn: j.Warn}
	return k
}

// resume goes on with the interrupted training in Partial, if there is one and it is this one.
func (k *keeper) resume(ctx context.Context) error {
	c, err := Load(k.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; remove it to start anew", err)
	}
	t, err := k.theSame(ctx, c)
	if err != nil {
		return err
	}
	if err := t.Network().SetClassNames(k.job.ClassNames); err != nil {
		return err
	}
	if err := k.job.endEarly(t); err != nil {
		return err
	}
	k.Trainer, k.kept, k.own = t, t.Step(), true
	if k.job.Resumed != nil {
		k.job.Resumed(t)
	}
	return nil
}

// written ends a Job whose Out is there, although it must not: without an error if it is what this training has
// written, in a process that was killed before it could remove Partial.
func (k *keeper) written(ctx context.Context) (*dcgmm.Network, error) {
	if k.kept < k.Trainer.Steps() {
		return nil, errThere(k.job.Out)
	}
	if err := k.fitScorer(ctx); err != nil {
		return nil, err
	}
	var own bytes.Buffer
	if err := k.Trainer.Network().Save(&own); err != nil {
		return nil, err
	}
	if is, err := os.ReadFile(k.job.Out); err != nil || !bytes.Equal(is, own.Bytes()) {
		return nil, errThere(k.job.Out)
	}
	return k.Trainer.Network(), k.forget()
}

// train does the steps that are left.
func (k *keeper) train(ctx context.Context, report func(dcgmm.Progress) error) error {
	if k.Trainer.Step() == k.Trainer.Steps() { // all that is missing is the checkpoint
		if report == nil {
			return nil
		}
		return report(k.state())
	}
	return k.from(k.Run(ctx, report))
}

// from says in the error of a training that is kept where it is.
func (k *keeper) from(err error) error {
	if errors.Is(err, ErrKept) {
		return fmt.Errorf("%w, from %s", err, k.File)
	}
	return err
}

// fitScorer gives the trained network the scorer that the job asks for. The error is the context's: a network whose
// scores are not finite goes without, with a warning.
func (k *keeper) fitScorer(ctx context.Context) error {
	net := k.Trainer.Network()
	if !k.job.Scorer || net.Scorer() != nil {
		return nil
	}
	workers := k.job.Config.Workers
	s, ev, err := dcgmm.FitScorerFrom(ctx, net, k.job.source(), workers)
	if err == nil {
		err = s.FitPlaces(ctx, k.job.source(), workers)
	}
	if err == nil && k.job.HeldOut.Pix != nil {
		err = s.Calibrate(ctx, k.job.HeldOut, true, workers)
	} else if err == nil {
		err = s.CalibrateFrom(ctx, k.job.source(), false, workers)
	}
	switch {
	case err == nil:
		net.SetScorer(s)
		if k.job.Fitted != nil {
			k.job.Fitted(k.Trainer, ev)
		}
	case ctx.Err() != nil:
		return err
	case k.job.Warn != nil:
		k.job.Warn(fmt.Errorf("the model has no scorer for outliers: %w", err))
	}
	return nil
}

// state is the progress of a training that does no step.
func (k *keeper) state() dcgmm.Progress {
	t := k.Trainer
	p := dcgmm.Progress{Step: t.Step(), Steps: t.Steps(), Epoch: float64(t.Config().Epochs)}
	for _, l := range t.Network().Arch().Layers {
		p.Layers = append(p.Layers, dcgmm.LayerProgress{Name: l.Name()})
	}
	return p
}

// save writes Partial.
func (k *keeper) save() error {
	write := atomicfile.WriteNew
	if k.own {
		write = atomicfile.Write
	}
	if err := write(k.File, k.Trainer.Save); err != nil {
		return err
	}
	k.own = true
	return nil
}

// finish writes the checkpoint of a training that is done and removes Partial. A process that is killed in between
// leaves both: Partial then has the last step, by which the next one knows that Out is its own.
func (k *keeper) finish() error {
	last := k.Trainer.Steps()
	if there(k.File) && k.kept != last && !k.job.Replace {
		_ = k.keep() // if it fails, the checkpoint that is more important may still be written
	}
	write := atomicfile.WriteNew
	if k.job.Replace {
		write = atomicfile.Write
	}
	err := write(k.job.Out, k.Trainer.Network().Save)
	if err == nil {
		return k.forget()
	}
	if k.kept != last {
		if save := k.keep(); save != nil {
			return k.lost(err, save)
		}
	}
	return fmt.Errorf("%w; the finished training is in %s, and the same command writes it", err, k.File)
}

// forget removes Partial, with Fresh that of another training.
func (k *keeper) forget() error {
	if !k.own {
		return nil
	}
	if err := os.Remove(k.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
