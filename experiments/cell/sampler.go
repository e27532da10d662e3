package cell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// sampler generates images with one network and measures them.
type sampler struct {
	*Drawn
	ctx  context.Context
	net  *dcgmm.Network
	spec Spec
	data *dataset.Data
	eval *evaluator
	run  Options
}

// samplerMeasurement is one thing that is measured of generated images, with the names of its pictures.
type samplerMeasurement struct {
	name     string
	take     func(*sampler) error
	pictures []string
}

const inpainting = "in-painting"

// drawn are the measurements of a model, in their order: the first ones choose and show the setting for the others. To
// add one, add a row.
func (s Spec) drawn() []samplerMeasurement {
	all := []samplerMeasurement{
		{"sharpening on validation images", (*sampler).search, nil},
		{"samples", (*sampler).samples, []string{PictureRaw, PictureSharp, PictureCalm}},
		{"strip", (*sampler).strip, []string{PictureStrip}},
		{"classes", (*sampler).classes, []string{PictureClasses}},
		{inpainting, (*sampler).inpaint, nil},
		{"variants", (*sampler).vary, []string{PictureVary}},
	}
	if s.Drawing.SamplesOnly {
		all = all[:2]
	}
	return slices.DeleteFunc(all, func(m samplerMeasurement) bool { return m.name == inpainting && !s.Model.Inpaints() })
}

// draw measures the generative side of a model.
func (r *Result) draw(ctx context.Context, data *dataset.Data, o Options) error {
	e, err := o.Evaluators.of(ctx, r.Spec, data, o)
	if err != nil {
		return err
	}
	r.Drawn = &Drawn{Pictures: map[string]Sheet{}}
	if r.Spec.Model.Kind.generates() {
		return r.drawReference(ctx, e, data)
	}
	net, err := r.Spec.training().network(ctx, data, o)
	if err != nil {
		return err
	}
	a := &sampler{Drawn: r.Drawn, ctx: ctx, net: net, spec: r.Spec, data: data, eval: e, run: o}
	all := r.Spec.drawn()
	for i, m := range all {
		o.progress(float64(i)/float64(len(all)), m.name)
		if err := m.take(a); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// network is the trained network of the spec: from the store, or trained now.
func (s Spec) network(ctx context.Context, data *dataset.Data, o Options) (*dcgmm.Network, error) {
	if o.Store == nil {
		r := &Result{Spec: s}
		m, err := r.fit(ctx, s.trainingImages(data), o)
		if err != nil {
			return nil, err
		}
		return m.(interface{ network() *dcgmm.Network }).network(), nil
	}
	key := s.Key(data)
	var net *dcgmm.Network
	var err error
	for range 2 {
		if _, _, err := Run(ctx, s, data, o); err != nil {
			return nil, err
		}
		net, err = o.Store.Network(key, s)
		switch {
		case errors.Is(err, ErrDamaged):
			o.note(fmt.Sprintf("%s: %v: it is trained again", s, err))
		case !errors.Is(err, fs.ErrNotExist): // gone: a search drops its networks
			return net, err
		}
		if err := o.Store.forget(key); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("although it was just written: %w", err)
}

// plain and chosen are the settings that search found best, without sharpening and with it.
func (a *sampler) plain() Trial  { return a.Trials[a.Plain] }
func (a *sampler) chosen() Trial { return a.Trials[a.Chosen] }

// Purposes of samples: each has random numbers of its own.
const (
	forTrials = iota
	forSamples
	forStrip
	forClasses
	forVariants
)

// sampling is how samples of a purpose are drawn, before they are sharpened.
func (a *sampler) sampling(t Trial, purpose uint64) dcgmm.Sampling {
	return dcgmm.Sampling{Seed: a.spec.Seed<<8 | purpose, Noise: t.noise(a.net.Layers()), Redraw: t.Redraw, Average: a.spec.Drawing.Average, Workers: a.run.Workers}
}

// noise is its scale by layer.
func (t Trial) noise(layers int) []float64 {
	noise := slices.Repeat([]float64{1 / t.Temperature}, layers)
	if t.Lowest > 0 {
		clear(noise[t.Lowest:])
	}
	return noise
}

func (a *sampler) top() int { return a.net.Layers() - 1 }

// sample draws n samples of a purpose.
func (a *sampler) sample(t Trial, n int, purpose uint64) ([]float32, error) {
	return a.net.Sample(a.ctx, a.top(), 0, n, a.sampling(t, purpose))
}

func (t Trial) sharpening() dcgmm.Sharpening {
	return dcgmm.Sharpening{Target: t.Target - 1, Iterations: t.Iterations}
}

// sharpen does what a trial says after sampling.
func (a *sampler) sharpen(t Trial, values []float32) (*dcgmm.Sharpened, error) {
	return a.net.Sharpen(a.ctx, values, t.sharpening(), a.run.Workers)
}

// search tries settings of noise on the validation images, then settings of sharpening for the best of them, and keeps
// the best by Fréchet distance, without sharpening and with it.
func (a *sampler) search() error {
	d := a.spec.Drawing
	if len(d.Temperatures) == 0 || len(d.Iterations) == 0 {
		panic("cell: Run: Drawing has no Temperatures or no Iterations")
	}
	var values []float32 // of the best
	for i, t := range a.plainTrials() {
		sampled, err := a.sample(t, d.Trials, forTrials)
		if err != nil {
			return err
		}
		if err := a.try(t, sampled); err != nil {
			return err
		}
		if i == 0 || a.Trials[i].Frechet < a.plain().Frechet {
			a.Plain, values = i, sampled
		}
	}
	a.Chosen = len(a.Trials)
	for _, target := range slices.Compact([]int{0, a.top()}) {
		for _, n := range d.Iterations {
			t := a.plain()
			t.Target, t.Iterations = target+1, n
			s, err := a.sharpen(t, values)
			if err != nil {
				return err
			}
			if err := a.try(t, s.Values); err != nil {
				return err
			}
			if last := len(a.Trials) - 1; a.Trials[last].Frechet < a.chosen().Frechet {
				a.Chosen = last
			}
		}
	}
	return nil
}

// plainTrials are the settings of noise and rounds. Layers that model factors of those below draw codes, whose noise
// can do more harm than good: without it, too.
func (a *sampler) plainTrials() (all []Trial) {
	for _, temperature := range a.spec.Drawing.Temperatures {
		all = append(all, Trial{Temperature: temperature})
		if a.net.Arch().HandsUp() {
			all = append(all, Trial{Temperature: temperature, Lowest: 1})
		}
	}
	if rounds := a.spec.Drawing.Redraw; len(rounds) > 0 && a.net.Arch().Overlaps() {
		for _, t := range all {
			t.Redraw = rounds
			all = append(all, t)
		}
	}
	return all
}

// try measures samples of a setting.
func (a *sampler) try(t Trial, values []float32) (err error) {
	t.Frechet, err = a.eval.validFrechet(a.ctx, values)
	a.Trials = append(a.Trials, t)
	return err
}

// shown is how many images pictures of samples have, in how many columns.
func (d *Drawing) shown() (count, columns int) {
	count = min(cmp.Or(d.Shown, 30), d.Samples)
	return count, int(math.Ceil(math.Sqrt(float64(count))))
}

// samples measures samples without and with sharpening.
func (a *sampler) samples() error {
	n := a.spec.Drawing.Samples
	shown, columns := a.spec.Drawing.shown()
	raw, sharp, err := a.both(func(t Trial) ([]float32, error) { return a.sample(t, n, forSamples) })
	if err != nil {
		return err
	}
	if a.Raw, err = a.eval.compare(a.ctx, raw); err != nil {
		return err
	}
	if a.Sharp, err = a.eval.compare(a.ctx, sharp.Values); err != nil {
		return err
	}
	a.LineSearch = lineSearchOf(sharp)
	size := shown * a.net.Input().Size()
	a.Pictures[PictureRaw] = a.sheet(a.plain().String(), columns, raw[:size])
	a.Pictures[PictureSharp] = a.sheet(a.chosen().String(), columns, sharp.Values[:size])

	// Samples near the means of their components: distances of distributions punish these, eyes do not.
	calm := Trial{Temperature: slices.Max(a.spec.Drawing.Temperatures), Target: 1, Iterations: slices.Max(a.spec.Drawing.Iterations)}
	if raw, err = a.sample(calm, shown, forSamples); err != nil {
		return err
	}
	if sharp, err = a.sharpen(calm, raw); err != nil {
		return err
	}
	a.Pictures[PictureCalm] = a.sheet(calm.String(), columns, sharp.Values)
	return nil
}

// both are samples of the best setting without sharpening, and the same ones sharpened.
func (a *sampler) both(sample func(Trial) ([]float32, error)) (raw []float32, sharp *dcgmm.Sharpened, err error) {
	if raw, err = sample(a.plain()); err != nil {
		return nil, nil, err
	}
	sharp, err = a.sharpen(a.chosen(), raw)
	return raw, sharp, err
}

func lineSearchOf(s *dcgmm.Sharpened) *LineSearch {
	c := &LineSearch{Raised: s.Raised, Lowered: s.Lower}
	for _, t := range s.Trace {
		c.Steps += len(t) - 1
		c.Before += t[0] / float64(len(s.Trace))
		c.After += t[len(t)-1] / float64(len(s.Trace))
	}
	return c
}

// stripAt are the iterations that the strip shows.
var stripAt = []int{0, 10, 30, 100, 300}

const stripSamples = 6

// strip shows samples during the sharpening, one a row. A longer one begins like a shorter one.
func (a *sampler) strip() error {
	raw, err := a.sample(a.chosen(), stripSamples, forStrip)
	if err != nil {
		return err
	}
	at, captions := [][]float32{raw}, []string{fmt.Sprint(stripAt[0])}
	for _, n := range stripAt[1:] {
		t := a.chosen()
		t.Iterations = n
		s, err := a.sharpen(t, raw)
		if err != nil {
			return err
		}
		at, captions = append(at, s.Values), append(captions, fmt.Sprint(n))
		a.Trace = a.Trace[:0]
		for i, v := range s.MeanTrace() {
			a.Trace = append(a.Trace, TracePoint{i, v})
		}
	}
	caption := fmt.Sprintf("sharpened for layer %d; below: iterations", a.chosen().Target)
	sheet := a.sheet(caption, len(stripAt), a.inRows(stripSamples, at...))
	sheet.Captions = slices.Repeat(captions, stripSamples)
	a.Pictures[PictureStrip] = sheet
	return nil
}
