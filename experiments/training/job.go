package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// saveEvery is how much work a crash may cost. An interruption costs none.
const saveEvery = time.Minute

// Job is a training whose result is a file.
type Job struct {
	Arch   string // such as "F8/2 G49 F11 G49"
	Images dcgmm.Images
	Init   dcgmm.Init
	Config dcgmm.Config
	Out    string // checkpoint to write; an interrupted training is kept in Out.partial

	// Resumed, if not nil, is told that an interrupted training goes on. It has its own settings: Init and Config
	// of the job do not count, except Workers.
	Resumed func(t *dcgmm.Trainer)
}

// Partial is the file in which an interrupted training is kept.
func (j Job) Partial() string { return j.Out + ".partial" }

// Run trains a new network, or goes on with an interrupted training of the same architecture and images, and writes the
// checkpoint. report, if not nil, gets the progress. When ctx ends, or report returns an error, everything that is needed
// to go on is kept in Partial, and the error, which wraps the cause, says so. Errors name the file and the remedy.
func (j Job) Run(ctx context.Context, report func(dcgmm.Progress) error) (*dcgmm.Network, error) {
	t, err := j.trainer()
	if err != nil {
		return nil, err
	}
	if err := j.train(ctx, t, report); err != nil {
		return nil, err
	}
	if err := Save(j.Out, t.Network()); err != nil {
		return nil, err
	}
	if err := os.Remove(j.Partial()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return t.Network(), nil
}

// trainer goes on with an interrupted training, or starts one.
func (j Job) trainer() (*dcgmm.Trainer, error) {
	c, err := Load(j.Partial())
	if errors.Is(err, fs.ErrNotExist) {
		net, err := dcgmm.New(j.Arch, j.Images.Shape, j.Init)
		if err != nil {
			return nil, err
		}
		return dcgmm.NewTrainer(net, j.Images, j.Config)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; remove it to start anew", err)
	}
	if c.Network.Arch() != j.Arch {
		return nil, fmt.Errorf("%s: it is an interrupted training of %q, not of %q; remove it to start anew", j.Partial(), c.Network.Arch(), j.Arch)
	}
	t, err := c.Resume(j.Images, j.Config.Workers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; remove it to start anew", j.Partial(), err)
	}
	if j.Resumed != nil {
		j.Resumed(t)
	}
	return t, nil
}

func (j Job) train(ctx context.Context, t *dcgmm.Trainer, report func(dcgmm.Progress) error) error {
	var stopped error // by report
	saved := time.Now()
	err := t.Run(ctx, func(p dcgmm.Progress) error {
		if report != nil {
			if stopped = report(p); stopped != nil {
				return stopped
			}
		}
		if p.Step < p.Steps && time.Since(saved) > saveEvery {
			saved = time.Now()
			return atomicfile.Write(j.Partial(), t.Save)
		}
		return nil
	})
	if err == nil || ctx.Err() == nil && stopped == nil {
		return err
	}
	if save := atomicfile.Write(j.Partial(), t.Save); save != nil {
		return fmt.Errorf("%w; and what was trained so far could not be kept: %v", err, save)
	}
	return fmt.Errorf("%w; the same training goes on, from %s", err, j.Partial())
}
