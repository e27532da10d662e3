package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// Job is a training whose result is a file.
type Job struct {
	Arch   string // such as "F8/2 G49 F11 G49"
	Images dcgmm.Images
	Source dcgmm.Source // images that need not be in memory, in the place of Images; nil: these
	Init   dcgmm.Init
	From   *dcgmm.Network // in the place of a new network of Arch and Init; it learns, so it is another one afterwards
	Config dcgmm.Config
	Out    string // checkpoint to write; an interrupted training is kept in Out.partial

	Replace bool // a finished checkpoint at Out; without it, Out must not be there yet
	Scorer  bool // the network gets a scorer, fitted to the images and calibrated when its training is done
	Fresh   bool // start anew, and replace an interrupted training as soon as there is something to keep of this one

	// ClassNames are those of the images; they become part of the checkpoint. nil: none.
	ClassNames []string

	// HeldOut are images that calibrate the scorer in the place of those of the training; none: these.
	HeldOut dcgmm.Images

	// EndEarly ends the training before its last step when HeldOut get no likelier, see dcgmm.Trainer.EndEarly.
	EndEarly bool

	// Fitted, if not nil, is told of the training that is done and, with Scorer, what the network says about its images.
	Fitted func(t *dcgmm.Trainer, ev *dcgmm.Evaluation)
	// Resumed, if not nil, is told that an interrupted training goes on.
	Resumed func(t *dcgmm.Trainer)
	// Warn, if not nil, is told once that the training cannot be kept for now; it goes on and tries again every minute.
	Warn func(err error)
}

// Partial is the file in which an interrupted training is kept.
func (j Job) Partial() string { return j.Out + ".partial" }

// Check reports, before anything is loaded, whether Out and Partial can be written: whether the folder takes a file,
// neither is a folder and, unless Replace is set, Out is not there yet. It uses no more than Out and Replace.
func (j Job) Check() error {
	if err := atomicfile.Check(j.Out); err != nil {
		return err
	}
	if err := atomicfile.Check(j.Partial()); err != nil {
		return fmt.Errorf("an interrupted training would be kept beside the model: %w", err)
	}
	if j.Replace || !there(j.Out) || there(j.Partial()) { // with both files, Run finds out whose they are
		return nil
	}
	unlock, err := atomicfile.LockFile(j.Out) // a process that was killed when all was done has left its lock
	if err != nil {
		return err
	}
	unlock()
	return errThere(j.Out)
}

// source is all images.
func (j Job) source() dcgmm.Source {
	if j.Source != nil {
		return j.Source
	}
	return j.Images.Source()
}

// begin starts the training, of the network to go on from or of a new one.
func (j Job) begin(ctx context.Context) (*dcgmm.Trainer, error) {
	net := j.From
	if net == nil {
		h, w, c := j.source().Shape()
		var err error
		if net, err = dcgmm.New(j.Arch, dcgmm.Shape{H: h, W: w, C: c}, j.Init); err != nil {
			return nil, err
		}
	}
	return dcgmm.NewTrainerFrom(ctx, net, j.source(), j.Config)
}

// endEarly prepares a training for an early end, if the job asks for it.
func (j Job) endEarly(t *dcgmm.Trainer) error {
	if !j.EndEarly {
		return nil
	}
	return t.EndEarly(j.HeldOut)
}

func errThere(path string) error {
	return fmt.Errorf("%s: %w; choose another name, or say that it is to be replaced", path, fs.ErrExist)
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Run trains a new network or From, or goes on with an interrupted training of the same architecture, settings and images, and
// writes the checkpoint. report, if not nil, gets the progress. When ctx ends, or report returns an error, everything
// that is needed to go on is kept in Partial, and the error, which wraps the cause and ErrKept, says so. While it runs,
// no other Job has the same Out. That Out can be written is tried before the training. Errors name the file and the
// remedy; a *SettingsError says that the interrupted training is another one. Of Init, only MaxPrecRoot can be
// compared.
func (j Job) Run(ctx context.Context, report func(dcgmm.Progress) error) (net *dcgmm.Network, err error) {
	if err := j.Check(); err != nil {
		return nil, err
	}
	if j.Source, err = dcgmm.Identify(ctx, j.source()); err != nil {
		return nil, err
	}
	t, err := j.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.Network().SetClassNames(j.ClassNames); err != nil {
		return nil, err
	}
	if err := j.endEarly(t); err != nil {
		return nil, err
	}
	if err := atomicfile.Try(j.Out, t.Save); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.LockFile(j.Out)
	if err != nil {
		return nil, err
	}
	defer unlock()
	k := newKeeper(j, t)
	if j.Fresh {
		if _, err := Load(k.File); errors.Is(err, dcgmm.ErrNotCheckpoint) {
			return nil, fmt.Errorf("an interrupted training would be kept there: %w; move it away, or choose another name for the model", err)
		}
	} else if err := k.resume(ctx); err != nil {
		return nil, err
	}
	if !j.Replace && there(j.Out) {
		return k.written(ctx)
	}
	if err := k.train(ctx, report); err != nil {
		return nil, err
	}
	if err := k.fitScorer(ctx); err != nil {
		return nil, k.from(k.Stop(err))
	}
	return k.Trainer.Network(), k.finish()
}
