package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// saveEvery is how much work a crash may cost. An interruption costs none. Tests shorten it.
var saveEvery = time.Minute

// none is the step of a training of which nothing is kept.
const none = -1

// keeper is a training under way and what is kept of it.
type keeper struct {
	job    Job
	t      *dcgmm.Trainer
	kept   int // step that Partial has of this training, or none
	warned bool
}

// resume goes on with the interrupted training in Partial, if there is one and it is this one.
func (k *keeper) resume() error {
	j := k.job
	c, err := Load(j.Partial())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; remove it to start anew", err)
	}
	t, err := k.theSame(c)
	if err != nil {
		return err
	}
	k.t, k.kept = t, t.Step()
	if j.Resumed != nil {
		j.Resumed(t)
	}
	return nil
}

// written ends a Job whose Out is there, although it must not: well if it is what this training has written, in a process
// that was killed before it could remove Partial.
func (k *keeper) written() (*dcgmm.Network, error) {
	if k.kept < k.t.Steps() {
		return nil, errThere(k.job.Out)
	}
	var own bytes.Buffer
	if err := k.t.Network().Save(&own); err != nil {
		return nil, err
	}
	if is, err := os.ReadFile(k.job.Out); err != nil || !bytes.Equal(is, own.Bytes()) {
		return nil, errThere(k.job.Out)
	}
	return k.t.Network(), k.forget()
}

// train does the steps that are left, and keeps what was trained now and then and when it is stopped.
func (k *keeper) train(ctx context.Context, report func(dcgmm.Progress) error) error {
	var stopped error // by report
	see := func(p dcgmm.Progress) error {
		if report != nil {
			stopped = report(p)
		}
		return stopped
	}
	if k.t.Step() == k.t.Steps() { // all that is missing is the checkpoint
		return see(k.state())
	}
	saved := time.Now()
	err := k.t.Run(ctx, func(p dcgmm.Progress) error {
		if err := see(p); err != nil {
			return err
		}
		if p.Step < p.Steps && time.Since(saved) >= saveEvery {
			k.autosave()
			saved = time.Now()
		}
		return nil
	})
	if err == nil || ctx.Err() == nil && stopped == nil {
		return err
	}
	return k.stopped(err)
}

// state is the progress of a training that does no step.
func (k *keeper) state() dcgmm.Progress {
	p := dcgmm.Progress{Step: k.t.Step(), Steps: k.t.Steps(), Epoch: float64(k.t.Config().Epochs)}
	for _, l := range k.t.Network().Arch().Layers {
		p.Layers = append(p.Layers, dcgmm.LayerProgress{Name: l.Name()})
	}
	return p
}

// foreign reports whether a file at Partial is neither of this training nor to be replaced: it came up since the start.
func (k *keeper) foreign() bool { return k.kept == none && !k.job.Fresh }

// keep saves the training in Partial.
func (k *keeper) keep() error {
	write := atomicfile.Write
	if k.foreign() {
		write = atomicfile.WriteNew
	}
	if err := write(k.job.Partial(), k.t.Save); err != nil {
		return err
	}
	k.kept = k.t.Step()
	return nil
}

// autosave keeps the training if it can: a disk that is full now is no reason to end it.
func (k *keeper) autosave() {
	err := k.keep()
	if err != nil && !k.warned && k.job.Warn != nil {
		k.job.Warn(fmt.Errorf("%w; the training goes on, and is kept as soon as that is possible; %s", err, k.what()))
	}
	k.warned = err != nil
}

// what says what is kept.
func (k *keeper) what() string {
	if k.kept == none {
		return "until then nothing is kept"
	}
	return fmt.Sprintf("until then %s has it after step %d", k.job.Partial(), k.kept)
}

// stopped keeps a training that was stopped with an error. Before its first step there is nothing to keep.
func (k *keeper) stopped(err error) error {
	if k.t.Step() == 0 {
		return err
	}
	if k.kept != k.t.Step() {
		if save := k.keep(); save != nil {
			return fmt.Errorf("%w; %s: %w", err, k.lost(), save)
		}
	}
	return fmt.Errorf("%w; %w, from %s", err, ErrKept, k.job.Partial())
}

// lost says what is gone when a training cannot be kept at its end.
func (k *keeper) lost() string {
	if k.kept == none {
		return "what was trained could not be kept and is lost"
	}
	return fmt.Sprintf("what was trained after step %d, which %s has, could not be kept and is lost", k.kept, k.job.Partial())
}

// finish writes the checkpoint of a training that is done and removes Partial. A process that is killed in between
// leaves both: Partial then has the last step, by which the next one knows that Out is its own.
func (k *keeper) finish() error {
	last := k.t.Steps()
	if there(k.job.Partial()) && k.kept != last && !k.job.Replace {
		_ = k.keep() // if it fails, the checkpoint that is more important may still be written
	}
	write := atomicfile.WriteNew
	if k.job.Replace {
		write = atomicfile.Write
	}
	err := write(k.job.Out, k.t.Network().Save)
	if err == nil {
		return k.forget()
	}
	if k.kept != last {
		if save := k.keep(); save != nil {
			return fmt.Errorf("%w; %s: %w", err, k.lost(), save)
		}
	}
	return fmt.Errorf("%w; the finished training is in %s, and the same command writes it", err, k.job.Partial())
}

// forget removes Partial, with Fresh that of another training.
func (k *keeper) forget() error {
	if k.foreign() {
		return nil
	}
	if err := os.Remove(k.job.Partial()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
