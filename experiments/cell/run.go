package cell

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/machine"
)

// Options say how to run; none of them changes the result.
type Options struct {
	Workers    int                              // goroutines, 0: GOMAXPROCS
	Store      *Store                           // nil: nothing is kept
	Evaluators *Evaluators                      // of generated images, shared by the cells of a data set; nil: made anew
	Progress   func(share float64, note string) // share of the fitting done, in [0, 1]; nil: silent
	Note       func(line string)                // that something in the store is computed again, and why; nil: silent

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

// fitted takes time and memory of the fitting, before anything else adds to them, and keeps the network, if there is
// one.
func (o Options) fitted(r *Result, net *dcgmm.Network) error {
	r.Seconds, r.CPU = o.spent(r)
	r.PeakMB = machine.PeakMB()
	if o.Store == nil || net == nil {
		return nil
	}
	return o.Store.saveNetwork(o.key, r, net)
}

// Run computes a cell, or takes it from the store; done says which. What is damaged in the store is computed again.
// data must be the data set that the spec names, with labels. When ctx ends, a training by SGD is kept in the store and
// the next Run goes on with it, to the same bits. The error names the cell.
func Run(ctx context.Context, s Spec, data *dataset.Data, o Options) (r *Result, done bool, err error) {
	o.key = s.Key(data)
	if o.Store != nil {
		defer o.Store.share()()
		r, err = o.Store.Load(o.key, s)
		switch {
		case errors.Is(err, ErrDamaged):
			o.note(fmt.Sprintf("%s: %v: it is computed again", s, err))
		case r != nil || err != nil:
			return r, false, err
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
	if r.Spec.isCorrected() {
		if m, err = correct(ctx, m, set, o.Workers); err != nil {
			return err
		}
	}
	return r.measure(ctx, m, r.Spec.unseen(data), o.Workers)
}

// fits are the ways to fit a model.
var fits = map[Kind]func(context.Context, *Result, *dataset.Set, Options) (fitted, error){
	KMeans: fitKMeans, EM: fitEM, PCA: fitPCA, Nearest: fitNearest, SGD: fitSGD,
}

func (r *Result) fit(ctx context.Context, set *dataset.Set, o Options) (fitted, error) {
	fit, ok := fits[r.Spec.Model.Kind]
	if !ok {
		panic("cell: Run: unknown kind of model " + string(r.Spec.Model.Kind))
	}
	return fit(ctx, r, set, o)
}
