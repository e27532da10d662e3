package cell

import (
	"context"
	"fmt"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
)

// saveEvery is training.SaveEvery, except in tests.
var saveEvery = training.SaveEvery

// ErrLost is in the error of a training that was stopped and could not be kept.
var ErrLost = training.ErrLost

func fitSGD(ctx context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	t, err := trainer(r, set, run)
	if err != nil {
		return nil, err
	}
	if t.Step() == 0 {
		r.keepMoment(t.Network(), dcgmm.Progress{Steps: t.Steps()})
	}
	loop := training.Loop{Trainer: t, Every: saveEvery,
		Warn: func(err error) { run.note(fmt.Sprintf("%s: %v", r.Spec, err)) }}
	if run.Store != nil {
		loop.File = run.Store.path(run.key, ".partial")
		loop.Save = func() error { return run.suspend(r, t) }
	}
	err = loop.Run(ctx, func(p dcgmm.Progress) error {
		r.Curve = append(r.Curve, point(p))
		r.keepMoment(t.Network(), p)
		run.progress(float64(p.Step)/float64(p.Steps), fmt.Sprintf("epoch %.1f", p.Epoch))
		return nil
	})
	if err == nil && ctx.Err() != nil { // what comes next would fail
		err = loop.Stop(context.Cause(ctx))
	}
	if err != nil {
		return nil, err
	}
	r.Epochs = t.Config().Epochs
	if err := run.fitted(r, t.Network()); err != nil {
		return nil, err
	}
	return describe(ctx, r, t.Network(), set, run)
}

// trainer goes on with an interrupted training, or starts one.
func trainer(r *Result, set *dataset.Set, run Options) (*dcgmm.Trainer, error) {
	if run.Store != nil {
		if t, err := run.resume(r, images(set)); t != nil || err != nil {
			return t, err
		}
	}
	m := r.Spec.Model
	m.Init.Seed, m.Train.Seed, m.Train.Workers = r.Spec.Seed, r.Spec.Seed, run.Workers
	return training.New(m.Arch, images(set), m.Init, m.Train)
}

func point(p dcgmm.Progress) Point {
	out := Point{Epoch: p.Epoch}
	for _, l := range p.Layers {
		out.Layers = append(out.Layers, LayerPoint{l.Objective, l.Tau, l.Used, l.Restarted})
	}
	return out
}

// network is a trained network.
type network struct {
	net    *dcgmm.Network
	scorer *dcgmm.Scorer // fitted to the training images; nil where no class is left out
}

func (n *network) network() *dcgmm.Network { return n.net }

// describe fills in what can be said of a network without unseen images.
func describe(ctx context.Context, r *Result, net *dcgmm.Network, set *dataset.Set, run Options) (fitted, error) {
	n := &network{net: net}
	ev, err := n.evaluate(ctx, r, images(set), run.Workers)
	if err != nil {
		return nil, err
	}
	for i, l := range net.Arch().Layers {
		r.Layers = append(r.Layers, Layer{Name: l.Name(), H: l.Out.H, W: l.Out.W, D: l.D(), K: l.K(),
			Params: l.Params(), Used: dcgmm.UsedShare(ev.Layers[i].Wins)})
		r.Params += l.Params()
		r.MFLOPs += l.FLOPs() / 1e6
		r.Alphabet = append(r.Alphabet, alphabet(net, i))
	}
	return n, nil
}

// evaluate evaluates training images, and makes a scorer of them where there will be outliers.
func (n *network) evaluate(ctx context.Context, r *Result, train dcgmm.Images, workers int) (ev *dcgmm.Evaluation, err error) {
	if r.Spec.LeaveOut == NoClass {
		return n.net.Evaluate(ctx, train, workers)
	}
	n.scorer, ev, err = dcgmm.FitScorer(ctx, n.net, train, workers)
	return ev, err
}

func (n *network) assess(ctx context.Context, set *dataset.Set, workers int) (*assessment, error) {
	if n.scorer == nil {
		ev, err := n.net.Evaluate(ctx, images(set), workers)
		if err != nil {
			return nil, err
		}
		return &assessment{ev.Cluster, []score{{MainScore, ev.Layers[len(ev.Layers)-1].LSE}}}, nil
	}
	all, ev, err := n.scorer.Score(ctx, images(set), workers)
	if err != nil {
		return nil, err
	}
	a := &assessment{cluster: ev.Cluster}
	for _, s := range all {
		a.scores = append(a.scores, score{s.Name, s.Values})
	}
	return a, nil
}

// alphabet shows the components of a layer in the middle of its map.
func alphabet(net *dcgmm.Network, layer int) Sheet {
	l := net.Arch().Layers[layer]
	middle := l.Out.H/2*l.Out.W + l.Out.W/2
	s := Sheet{Caption: fmt.Sprintf("layer %d, %s", layer+1, l.Name()), Cols: columns(l.K())}
	for k := range l.K() {
		values, shape := net.Project(layer, middle, k)
		s.H, s.W, s.C = shape.H, shape.W, shape.C
		s.Pix = appendGray(s.Pix, values)
	}
	return s
}
