package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Progress is reported every Config.Window steps and after the last one. Its slices are the receiver's to keep.
type Progress struct {
	Step, Steps int
	Epoch       float64 // passes over the images so far
	Layers      []LayerProgress
}

// LayerProgress is the state of one mixture layer in training.
type LayerProgress struct {
	Name      string
	Learning  bool    // false while the layer waits; then the other values are 0
	Objective float64 // annealed max-component log-likelihood, averaged over the steps since the last report
	Tau       float64 // annealing width τ
	Rate      float64 // learning rate ε
	Used      float64 // share of components in use, [0, 1]: see UsedShare
	Restarted int     // components that were restarted at the end of this window, over all sets (Config.Restart)
}

// UsedShare is the share of components that win at least 1 % of their fair share of the
// vectors: wins[k] ≥ 0.01·Σwins/K.
func UsedShare(wins []int64) float64 {
	var total, used int64
	for _, w := range wins {
		total += w
	}
	for _, w := range wins {
		if total > 0 && 100*w*int64(len(wins)) >= total {
			used++
		}
	}
	return float64(used) / float64(len(wins))
}

// NonFiniteError ends a training whose numbers ran out of range.
type NonFiniteError struct {
	Layer int // counted from 0
	Name  string
	Step  int
	What  string // "objective", "mean or precision" or, of a layer with factors, "mean, precision or factor"
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("training: the %s of layer %d (%s) is not finite at step %d: lower Config.Rate, RatePrecRoot or, with factors, RateFactors", e.What, e.Layer+1, e.Name, e.Step)
}

// NewTrainer prepares a training from the network's present parameters. The
// images are not copied and must not change. Images that do not fill the last
// batch of an epoch are left out of that epoch; the order is a new one every time.
func NewTrainer(net *Network, images Images, c Config) (*Trainer, error) {
	c, err := net.Complete(c, images.Source())
	if err != nil {
		return nil, err
	}
	return newTrainer(net, images, images.Len(), c), nil
}

// NewTrainerFrom prepares a training on images of a source, see NewTrainer. While a step is computed the images of the
// next one are read; in memory there are two batches, and four bytes for every image of the source. The result is to
// the bit that of the same images in memory. If the source was not identified, that is done first. The error may be the
// source's or the context's.
func NewTrainerFrom(ctx context.Context, net *Network, src Source, c Config) (*Trainer, error) {
	c, err := net.Complete(c, src)
	if err != nil {
		return nil, err
	}
	if src, err = Identify(ctx, src); err != nil {
		return nil, err
	}
	known, ok := src.(*identified)
	if !ok {
		return NewTrainer(net, src.(memory).Images, c)
	}
	f := newFeed(known, &c)
	t := newTrainer(net, Images{Shape: shapeOf(src), Pix: make([]uint8, len(f.pix))}, src.Len(), c)
	t.feed = f
	return t, nil
}

// Complete returns the configuration that a training on the images of a source has, with all defaults. The error says
// what of it is out of range, or that the images do not fit the network.
func (n *Network) Complete(c Config, src Source) (Config, error) {
	if err := c.Validate(n.Layers()); err != nil {
		return c, err
	}
	if err := n.checkSource(src); err != nil {
		return c, err
	}
	if m, ok := src.(memory); ok && m.Missing != nil {
		return c, errors.New("training: images with missing pixels cannot be trained on: leave them out")
	}
	c = c.withDefaults(n.Layers())
	c.fit(src.Len())
	return c, n.checkTraining(&c)
}

// Step returns the number of finished steps.
func (t *Trainer) Step() int { return t.step }

// Beside makes a classifier learn from the images of every step, after the mixtures. It must be a training of the
// same network and images, in memory.
func (t *Trainer) Beside(c *ClassifierTrainer) {
	if c.net != t.net || t.feed != nil || c.images.Len() != t.images.Len() {
		panic("dcgmm: Beside: the classifier is not of the network and images in training")
	}
	t.beside = c
}

// Network returns the network in training.
func (t *Trainer) Network() *Network { return t.net }

// Config returns the configuration with its defaults filled in.
func (t *Trainer) Config() Config { return t.cfg }

// Run trains until all steps are done. report, if not nil, gets the progress; an error
// that it returns ends the training, as does the context. Whatever ended it, the trainer
// is left after a whole step: Save it, or call Run again to go on, with the same bits as without the break.
func (t *Trainer) Run(ctx context.Context, report func(Progress) error) error {
	t.made()
	t.startPool()
	defer t.stopPool()
	for _, l := range t.learners {
		l.forgetLogs() // the caller may have changed parameters
	}
	t.feed.start(ctx)
	defer t.feed.stop()
	for t.step < t.Steps() {
		if ctx.Err() != nil {
			return t.stopped(ctx)
		}
		if err := t.runStep(); err != nil {
			return t.orStopped(ctx, err)
		}
		window := t.step-t.windowAt >= t.cfg.Window
		if window {
			if err := t.checkEnd(); err != nil {
				return err
			}
		}
		if t.step == t.Steps() && t.cfg.FinalWeights {
			if err := t.finalWeights(); err != nil {
				return err
			}
		}
		if window || t.step == t.Steps() {
			p := t.progress()
			if report != nil {
				if err := report(p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// orStopped is an error of a step, or that the context has ended before it or while its images were read.
func (t *Trainer) orStopped(ctx context.Context, err error) error {
	var unread *SourceError
	if ctx.Err() == nil || !errors.As(err, &unread) {
		return err
	}
	return t.stopped(ctx)
}

func (t *Trainer) stopped(ctx context.Context) error {
	return fmt.Errorf("training stopped after step %d of %d: %w", t.step, t.Steps(), context.Cause(ctx))
}

// finalWeights is Config.FinalWeights. A step is whole: a context that ends does not stop it.
func (t *Trainer) finalWeights() error {
	top := t.net.layers[len(t.net.layers)-1]
	wins := make([]int64, len(top.gmm.Logits))
	err := eachPart(context.Background(), t.source(), func(im Images, _ int) error {
		some, err := t.net.winsBySet(context.Background(), im, t.cfg.Workers)
		for i := range some {
			wins[i] += some[i].Load()
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, n := range wins {
		top.gmm.Logits[i] = float32(math.Log(float64(n) + 0.5))
	}
	top.gmm.family.refresh()
	return nil
}

// source is all images.
func (t *Trainer) source() Source {
	if t.feed != nil {
		return t.feed.src
	}
	return t.images.Source()
}

// progress closes the window of reports.
func (t *Trainer) progress() Progress {
	p := Progress{Step: t.step, Steps: t.Steps(), Epoch: float64(t.step) / float64(t.perEpoch())}
	for i, l := range t.learners {
		lp := LayerProgress{Name: t.net.layers[i].Name()}
		if since := min(t.step-t.windowAt, t.step-t.firstStep(i)); since > 0 {
			lp.Learning = true
			lp.Objective, lp.Tau, lp.Rate, lp.Used = t.sums[i]/float64(since), l.ann.Tau, l.ann.Rate, UsedShare(l.used)
			lp.Restarted = t.restart(i)
		}
		clear(l.used)
		clear(l.wonBySet)
		p.Layers = append(p.Layers, lp)
	}
	clear(t.sums)
	t.windowAt = t.step
	return p
}

// active is the number of layers that have to be computed: those up to the highest that learns.
func (t *Trainer) active() int {
	for i := len(t.learners) - 1; i >= 0; i-- {
		if t.step >= t.firstStep(i) {
			return i + 1
		}
	}
	return 0
}

// shuffle makes the order of an epoch, a function of the seed and the epoch only:
// that is the whole state of this generator, and a checkpoint has both.
func (t *Trainer) shuffle(epoch int) {
	for i := range t.order {
		t.order[i] = int32(i)
	}
	r := rand.New(rand.NewPCG(t.cfg.Seed, streamShuffle+uint64(epoch)<<32))
	swap := func(i, j int) { t.order[i], t.order[j] = t.order[j], t.order[i] }
	t.epoch = epoch
	n, window := len(t.order), t.cfg.ShuffleWindow
	if window == 0 || window >= n {
		r.Shuffle(n, swap)
		return
	}
	for i := range n {
		swap(i, i+r.IntN(min(window, n-i)))
	}
}

// runStep does one step: forward through the active layers, then the update.
func (t *Trainer) runStep() error {
	epoch, batch := t.step/t.perEpoch(), t.step%t.perEpoch()
	if epoch != t.epoch {
		t.shuffle(epoch)
	}
	t.phases.batch = t.order[batch*t.cfg.BatchSize:][:t.cfg.BatchSize]
	if err := t.fetch(); err != nil {
		return err
	}
	layers := t.active()
	for i := range layers {
		l := t.learners[i]
		if t.cfg.Schedule == Fixed {
			from := t.firstStep(i)
			l.ann.follow(float64(max(0, t.step-from))/float64(t.Steps()-from), l.K, &t.cfg)
		}
		l.grid.SetWidth(l.ann.Tau)
		t.joinLate(i)
	}
	t.forward(layers)
	t.learn(layers)
	if t.beside != nil {
		t.beside.Learn(t.phases.batch)
	}
	t.step++
	if err := t.observe(layers); err != nil || t.beside == nil {
		return err
	}
	return t.beside.fault
}

// observe hands the objectives to the schedules and checks that all numbers are finite.
func (t *Trainer) observe(layers int) error {
	for i, l := range t.learners[:layers] {
		if t.step-1 < t.firstStep(i) {
			continue
		}
		var objective float64
		for _, v := range l.objective {
			objective += v
		}
		objective /= float64(l.P * t.cfg.BatchSize)
		if what := l.health(objective); what != "" {
			return &NonFiniteError{Layer: i, Name: t.net.layers[i].Name(), Step: t.step, What: what}
		}
		t.sums[i] += objective
		l.ann.observe(objective, &t.cfg)
	}
	return nil
}
