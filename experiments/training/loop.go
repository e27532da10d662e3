package training

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deepgmm/dcgmm"
)

// SaveEvery is how much work a crash may cost. An interruption costs none.
const SaveEvery = time.Minute

// ErrKept is in the error of a training that was stopped and is kept.
var ErrKept = errors.New("the same training goes on")

// ErrLost is in the error of a training that was stopped and could not be kept.
var ErrLost = errors.New("could not be kept and is lost")

// New starts the training of a new network. The errors are those of dcgmm.New and dcgmm.NewTrainer.
func New(arch string, images dcgmm.Images, init dcgmm.Init, config dcgmm.Config) (*dcgmm.Trainer, error) {
	net, err := dcgmm.New(arch, images.Shape, init)
	if err != nil {
		return nil, err
	}
	return dcgmm.NewTrainer(net, images, config)
}

// Loop is a training under way, and how it is kept.
type Loop struct {
	Trainer *dcgmm.Trainer
	Save    func() error  // writes File; nil: the training is not kept
	File    string        // has what is needed to go on
	Every   time.Duration // after which the training is kept once more, such as SaveEvery

	// Warn, if not nil, is told once that the training cannot be kept for now; it goes on and tries again.
	Warn func(err error)

	kept   int // step that File has of this training; 0: none
	warned bool
}

// Run does the steps that are left. report, if not nil, gets the progress. When ctx ends, or report returns an error,
// the training is kept, see Stop.
func (l *Loop) Run(ctx context.Context, report func(dcgmm.Progress) error) error {
	var stopped error // by report
	saved := time.Now()
	err := l.Trainer.Run(ctx, func(p dcgmm.Progress) error {
		if report != nil {
			if stopped = report(p); stopped != nil {
				return stopped
			}
		}
		if l.Save != nil && p.Step < p.Steps && time.Since(saved) >= l.Every {
			l.autosave()
			saved = time.Now()
		}
		return nil
	})
	var unread *dcgmm.SourceError // the next try may be luckier
	if err == nil || ctx.Err() == nil && stopped == nil && !errors.As(err, &unread) {
		return err
	}
	return l.Stop(err)
}

// Stop keeps a training that err has stopped, unless nothing was trained. The error wraps err and, if there was
// something to keep, ErrKept, or ErrLost and the reason.
func (l *Loop) Stop(err error) error {
	if l.Save == nil || l.Trainer.Step() == 0 {
		return err
	}
	if l.kept != l.Trainer.Step() {
		if save := l.keep(); save != nil {
			return l.lost(err, save)
		}
	}
	return fmt.Errorf("%w; %w", err, ErrKept)
}

func (l *Loop) keep() error {
	if err := l.Save(); err != nil {
		return err
	}
	l.kept = l.Trainer.Step()
	return nil
}

// autosave keeps the training if it can: a disk that is full now is no reason to end it.
func (l *Loop) autosave() {
	err := l.keep()
	if err != nil && !l.warned && l.Warn != nil {
		until := "until then nothing is kept"
		if l.kept > 0 {
			until = fmt.Sprintf("until then %s has it after step %d", l.File, l.kept)
		}
		l.Warn(fmt.Errorf("%w; the training goes on, and is kept as soon as that is possible; %s", err, until))
	}
	l.warned = err != nil
}

// lost is err, with what is gone because a training that it has ended could not be saved.
func (l *Loop) lost(err, save error) error {
	if l.kept == 0 {
		return fmt.Errorf("%w; what was trained %w: %w", err, ErrLost, save)
	}
	return fmt.Errorf("%w; what was trained after step %d, which %s has, %w: %w", err, l.kept, l.File, ErrLost, save)
}
