package cell

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deepgmm/dataset"
	"deepgmm/internal/machine"
)

// Options say how to run; none of them changes the result.
type Options struct {
	Workers  int                              // goroutines, 0: GOMAXPROCS
	Store    *Store                           // nil: nothing is kept
	Judges   *Judges                          // of generated images, shared by the cells of a data set; nil: made anew
	Progress func(share float64, note string) // share of the fitting done, in [0, 1]; nil: silent
	Note     func(line string)                // that something in the store is computed again, and why; nil: silent

	key     string
	started time.Time
	cpu0    time.Duration
}

func (o Options) progress(share float64, note string) {
	if o.Progress != nil {
		o.Progress(share, note)
	}
}

func (o Options) note(line string) {
	if o.Note != nil {
		o.Note(line)
	}
}

// spent adds what fitting took since this process began it.
func (o Options) spent(r *Result) (seconds, cpu float64) {
	return r.Seconds + time.Since(o.started).Seconds(), r.CPU + (machine.CPUTime() - o.cpu0).Seconds()
}

// fittingEnds takes time and memory of the fitting, before anything else adds to them.
func (o Options) fittingEnds(r *Result) {
	r.Seconds, r.CPU = o.spent(r)
	r.PeakMB = machine.PeakMB()
}

// Run computes a cell, or takes it from the store; done says which. What is damaged in the store is computed again. data must be the data
// set that the spec names, with labels. When ctx ends, a training by SGD is kept in the store and
// the next Run goes on with it, to the same bits. The error names the cell.
func Run(ctx context.Context, s Spec, data *dataset.Data, o Options) (r *Result, done bool, err error) {
	o.key = s.Key(data)
	if o.Store != nil {
		defer o.Store.share()()
		r, err = o.Store.Load(o.key, s)
		switch {
		case errors.Is(err, ErrDamaged):
			o.note(fmt.Sprintf("%s: %v: it is computed again", s, err))
		case err != nil:
			return nil, false, err
		case r != nil:
			return r, false, nil
		}
		if err := o.Store.check(o.key); err != nil {
			return nil, false, err
		}
	}
	r = &Result{Spec: s}
	if err := r.compute(ctx, data, o); err != nil {
		return nil, false, fmt.Errorf("%s: %w", s, err)
	}
	if o.Store != nil {
		if err := o.Store.save(o.key, r); err != nil {
			return nil, false, err
		}
	}
	return r, true, nil
}

func (r *Result) compute(ctx context.Context, data *dataset.Data, o Options) error {
	if r.Spec.Drawing != nil {
		return r.draw(ctx, data, o)
	}
	machine.ResetPeak()
	o.started, o.cpu0 = time.Now(), machine.CPUTime()
	set := r.Spec.trainingImages(data)
	r.Images = set.N
	m, err := r.fit(ctx, set, o)
	if err != nil {
		return err
	}
	return r.judge(ctx, m, r.Spec.judged(data), o.Workers)
}

func (r *Result) fit(ctx context.Context, set *dataset.Set, o Options) (fitted, error) {
	switch r.Spec.Model.Kind {
	case KMeans:
		return fitKMeans(ctx, r, set, o)
	case EM:
		return fitEM(ctx, r, set, o)
	case Nearest:
		return fitNearest(r, set, o), nil
	case SGD:
		return fitSGD(ctx, r, set, o)
	}
	panic("cell: Run: unknown kind of model " + string(r.Spec.Model.Kind))
}
