package cell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// draw measures the generative side of a model.
func (r *Result) draw(ctx context.Context, data *dataset.Data, o Options) error {
	j, err := o.Judges.of(ctx, r.Spec, data, o)
	if err != nil {
		return err
	}
	r.Drawn = &Drawn{Pictures: map[string]Sheet{}}
	switch kind := r.Spec.Model.Kind; kind {
	case TrainingImages, TrainingMeans, Noise:
		return r.drawReference(ctx, j, data, kind)
	}
	net, err := r.Spec.network(ctx, data, o)
	if err != nil {
		return err
	}
	a := &artist{Drawn: r.Drawn, ctx: ctx, net: net, spec: r.Spec, data: data, judge: j, run: o}
	steps := []struct {
		name string
		do   func() error
	}{{"sharpening on validation images", a.search}, {"samples", a.samples}, {"strip", a.strip}, {"classes", a.classes}, {"in-painting", a.inpaint}, {"variants", a.vary}}
	if r.Spec.Drawing.SamplesOnly {
		steps = steps[:2]
	}
	for i, step := range steps {
		o.progress(float64(i)/float64(len(steps)), step.name)
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (r *Result) drawReference(ctx context.Context, j *judge, data *dataset.Data, kind Kind) error {
	in := images(data.Train).Shape
	var err error
	r.Drawn.Raw, err = j.compare(ctx, reference(kind, r.Spec.Drawing.Samples, data.Train, r.Spec.Seed), in)
	if err != nil {
		return err
	}
	values, wanted := referenceByClass(kind, r.Spec.Drawing.PerClass*data.Train.Classes, data, r.Spec.Seed)
	seen, err := j.knn.Classify(ctx, nil, asMatrix(values, in), 0)
	if err != nil {
		return err
	}
	r.Drawn.Classes = &Classes{RecognisedRaw: share(seen, wanted)}
	if kind != TrainingMeans {
		return nil
	}
	_, mean := classMeans(data.Train)
	set := r.Spec.judged(data).Head(r.Spec.Drawing.Inpaint)
	for _, m := range masks {
		im, err := m.on(set, r.Spec.Seed)
		if err != nil {
			return err
		}
		e := missingError(slices.Repeat(mean, set.N), im)
		r.Drawn.Inpainted = append(r.Drawn.Inpainted, Inpainted{Mask: m.name, Marginal: e, ZeroFill: e})
	}
	return nil
}

// network is the trained network of the spec: from the store, or trained now.
func (s Spec) network(ctx context.Context, data *dataset.Data, o Options) (*dcgmm.Network, error) {
	s.Drawing = nil
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

// artist draws from one network.
type artist struct {
	*Drawn
	ctx   context.Context
	net   *dcgmm.Network
	spec  Spec
	data  *dataset.Data
	judge *judge
	run   Options
}

// plain and chosen are the settings that search found best, without sharpening and with it.
func (a *artist) plain() Trial  { return a.Trials[a.Plain] }
func (a *artist) chosen() Trial { return a.Trials[a.Chosen] }

// sampling is how samples of a purpose are drawn, before they are sharpened; every purpose has its own.
func (a *artist) sampling(t Trial, purpose uint64) dcgmm.Sampling {
	return dcgmm.Sampling{Seed: a.spec.Seed<<8 | purpose, Temperature: t.Temperature, Workers: a.run.Workers}
}

// sharpen does what a trial says after sampling.
func (a *artist) sharpen(t Trial, values []float32) (*dcgmm.Sharpened, error) {
	return a.net.Sharpen(a.ctx, values, t.sharpening(), a.run.Workers)
}

func (t Trial) sharpening() dcgmm.Sharpening {
	return dcgmm.Sharpening{Target: t.Target - 1, Iterations: t.Iterations}
}

// Purposes of samples.
const (
	forTrials = iota
	forJudging
	forStrip
	forClasses
	forVariants
)

func (a *artist) top() int { return a.net.Layers() - 1 }

// search tries temperatures and settings of sharpening on the validation images (Fréchet distance), and keeps the best.
func (a *artist) search() error {
	d := a.spec.Drawing
	if len(d.Temperatures) == 0 || len(d.Iterations) == 0 {
		panic("cell: Run: Drawing has no Temperatures or no Iterations")
	}
	for _, temperature := range d.Temperatures {
		plain := Trial{Temperature: temperature}
		values, err := a.net.Sample(a.ctx, a.top(), 0, d.Trials, a.sampling(plain, forTrials))
		if err != nil {
			return err
		}
		if err := a.try(plain, values); err != nil {
			return err
		}
		for target := range slices.Values(slices.Compact([]int{0, a.top()})) {
			for _, n := range d.Iterations {
				t := Trial{Temperature: temperature, Target: target + 1, Iterations: n}
				s, err := a.sharpen(t, values)
				if err != nil {
					return err
				}
				if err := a.try(t, s.Values); err != nil {
					return err
				}
			}
		}
	}
	a.Plain, a.Chosen = -1, -1
	for i, t := range a.Trials {
		best := &a.Chosen
		if t.Iterations == 0 {
			best = &a.Plain
		}
		if *best < 0 || t.Frechet < a.Trials[*best].Frechet {
			*best = i
		}
	}
	return nil
}

// try judges samples of a setting.
func (a *artist) try(t Trial, values []float32) error {
	var err error
	t.Frechet, err = a.judge.validFrechet(a.ctx, values, a.net.Input(), a.run.Workers)
	a.Trials = append(a.Trials, t)
	return err
}

const shownSamples = 30

// samples judges samples without and with sharpening.
func (a *artist) samples() error {
	raw, err := a.net.Sample(a.ctx, a.top(), 0, a.spec.Drawing.Samples, a.sampling(a.plain(), forJudging))
	if err != nil {
		return err
	}
	if a.Raw, err = a.judge.compare(a.ctx, raw, a.net.Input()); err != nil {
		return err
	}
	shown := min(shownSamples, a.spec.Drawing.Samples) * a.net.Input().Size()
	a.Pictures[PictureRaw] = a.sheet(a.plain().caption(), 6, raw[:shown])
	if a.chosen().Temperature != a.plain().Temperature {
		if raw, err = a.net.Sample(a.ctx, a.top(), 0, a.spec.Drawing.Samples, a.sampling(a.chosen(), forJudging)); err != nil {
			return err
		}
	}
	s, err := a.sharpen(a.chosen(), raw)
	if err != nil {
		return err
	}
	a.Climb = climbOf(s)
	if a.Sharp, err = a.judge.compare(a.ctx, s.Values, a.net.Input()); err != nil {
		return err
	}
	a.Pictures[PictureSharp] = a.sheet(a.chosen().caption(), 6, s.Values[:shown])
	return a.calm()
}

// calm shows samples near the means of their components: distances of distributions punish these, eyes do not.
func (a *artist) calm() error {
	d := a.spec.Drawing
	t := Trial{Temperature: slices.Max(d.Temperatures), Target: 1, Iterations: slices.Max(d.Iterations)}
	raw, err := a.net.Sample(a.ctx, a.top(), 0, min(shownSamples, d.Samples), a.sampling(t, forJudging))
	if err != nil {
		return err
	}
	s, err := a.sharpen(t, raw)
	if err != nil {
		return err
	}
	a.Pictures[PictureCalm] = a.sheet(t.caption(), 6, s.Values)
	return nil
}

// caption says how a trial draws.
func (t Trial) caption() string {
	text := "as drawn"
	if t.Iterations > 0 {
		text = fmt.Sprintf("sharpened for layer %d", t.Target)
	}
	if t.Temperature != 1 {
		text += fmt.Sprintf(", temperature %g", t.Temperature)
	}
	return text
}

func climbOf(s *dcgmm.Sharpened) *Climb {
	c := &Climb{Raised: s.Raised, Lowered: s.Lower}
	for _, t := range s.Trace {
		c.Steps += len(t) - 1
		c.Before += t[0] / float64(len(s.Trace))
		c.After += t[len(t)-1] / float64(len(s.Trace))
	}
	return c
}

func (a *artist) sheet(caption string, cols int, values []float32) Sheet {
	in := a.net.Input()
	return Sheet{Caption: caption, Cols: cols, H: in.H, W: in.W, C: in.C, Pix: appendGray(nil, values)}
}

// stripAt are the iterations that the strip shows.
var stripAt = []int{0, 10, 30, 100, 300}

const stripSamples = 6

// strip shows samples on their way uphill, one a row. A longer way begins like a shorter one.
func (a *artist) strip() error {
	raw, err := a.net.Sample(a.ctx, a.top(), 0, stripSamples, a.sampling(a.chosen(), forStrip))
	if err != nil {
		return err
	}
	size := a.net.Input().Size()
	at := [][]float32{raw}
	for _, n := range stripAt[1:] {
		t := a.chosen()
		t.Iterations = n
		s, err := a.sharpen(t, raw)
		if err != nil {
			return err
		}
		at = append(at, s.Values)
		a.Trace = tracePoints(s.MeanTrace())
	}
	var all []float32
	var captions []string
	for i := range stripSamples {
		for j, values := range at {
			all = append(all, values[i*size:][:size]...)
			captions = append(captions, fmt.Sprint(stripAt[j]))
		}
	}
	sheet := a.sheet(fmt.Sprintf("sharpened for layer %d; below: iterations", a.chosen().Target), len(stripAt), all)
	sheet.Captions = captions
	a.Pictures[PictureStrip] = sheet
	return nil
}

func tracePoints(objective []float64) []TracePoint {
	var points []TracePoint
	for i, v := range objective {
		points = append(points, TracePoint{i, v})
	}
	return points
}

// classes trains a classifier on the top layer, draws images of every class and looks whether they are taken for it.
func (a *artist) classes() error {
	train, test := a.spec.trainingImages(a.data), a.spec.judged(a.data)
	t, err := dcgmm.NewClassifierTrainer(a.net, images(train), train.Labels,
		dcgmm.ClassifierConfig{Layer: a.top(), Classes: train.Classes, Epochs: a.spec.Drawing.Epochs, Seed: a.spec.Seed, Workers: a.run.Workers})
	if err != nil {
		return err
	}
	if err := t.Run(a.ctx, nil); err != nil {
		return err
	}
	got, _, err := a.net.Classify(a.ctx, images(test), a.run.Workers)
	if err != nil {
		return err
	}
	c := &Classes{Accuracy: share(got, classes(test)).Mean}
	a.Drawn.Classes = c
	raw, wanted, err := a.classSamples(a.plain())
	if err != nil {
		return err
	}
	if c.RecognisedRaw, err = a.recognised(raw, wanted); err != nil {
		return err
	}
	if a.chosen().Temperature != a.plain().Temperature {
		if raw, _, err = a.classSamples(a.chosen()); err != nil {
			return err
		}
	}
	sharp, err := a.sharpen(a.chosen(), raw)
	if err != nil {
		return err
	}
	if c.RecognisedSharp, err = a.recognised(sharp.Values, wanted); err != nil {
		return err
	}
	a.Pictures[PictureClasses] = a.classSheet(fmt.Sprintf("%.0f %% recognised", 100*c.RecognisedSharp.Mean), sharp.Values, train.Classes)
	return nil
}

// classSamples draws images of every class.
func (a *artist) classSamples(t Trial) (values []float32, wanted []int, err error) {
	for class := range a.data.Train.Classes {
		s := a.sampling(t, forClasses)
		s.Weights = a.net.Classifier().Signal(a.net, class)
		some, err := a.net.Sample(a.ctx, a.top(), class*a.spec.Drawing.PerClass, a.spec.Drawing.PerClass, s)
		if err != nil {
			return nil, nil, err
		}
		values = append(values, some...)
		wanted = append(wanted, slices.Repeat([]int{class}, a.spec.Drawing.PerClass)...)
	}
	return values, wanted, nil
}

// recognised is the share of images that are taken for their class.
func (a *artist) recognised(values []float32, wanted []int) (eval.Interval, error) {
	seen, err := a.judge.knn.Classify(a.ctx, nil, asMatrix(values, a.net.Input()), a.run.Workers)
	if err != nil {
		return eval.Interval{}, err
	}
	return share(seen, wanted), nil
}

const shownPerClass = 10

// classSheet shows the first samples of every class, a row for each.
func (a *artist) classSheet(caption string, values []float32, classes int) Sheet {
	size, n := a.net.Input().Size(), min(shownPerClass, a.spec.Drawing.PerClass)
	var rows []float32
	for class := range classes {
		rows = append(rows, values[class*a.spec.Drawing.PerClass*size:][:n*size]...)
	}
	return a.sheet(caption, n, rows)
}
