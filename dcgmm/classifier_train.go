package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"deepgmm/internal/parallel"
)

// ClassifierConfig says how to train a classifier. The zero value of every field means its default.
type ClassifierConfig struct {
	Layer     int     // whose responsibilities it sees, counted from 0
	Classes   int     // one more than the largest label
	Epochs    int     // 5
	BatchSize int     // images a step; 100, or all if there are fewer
	Rate      float64 // of the gradient's step, over the number of positions; 1
	Seed      uint64  // of the order of the images
	Workers   int     // goroutines; 0 means GOMAXPROCS. It does not change the result
}

// streamClassify is the stream of the order of the images.
const streamClassify = 0x636c6173 // "clas"

func (c ClassifierConfig) withDefaults(labels []uint8) ClassifierConfig {
	if c.Classes == 0 && len(labels) > 0 {
		c.Classes = max(2, int(slices.Max(labels))+1)
	}
	if c.Epochs == 0 {
		c.Epochs = 5
	}
	if c.BatchSize == 0 {
		c.BatchSize = 100
	}
	c.BatchSize = min(c.BatchSize, max(1, len(labels)))
	if c.Rate == 0 {
		c.Rate = 1
	}
	return c
}

// ClassifierTrainer trains a classifier by SGD on softmax cross-entropy. It is not safe for concurrent use.
type ClassifierTrainer struct {
	net    *Network
	images Images
	labels []uint8
	cfg    ClassifierConfig
	c      *Classifier
	rate   float64

	blocks   []*block
	features [][]feature // of a batch
	delta    []float64   // batch×classes: p − y
	fault    error       // that ended the last step
}

// NewClassifierTrainer prepares the training of a classifier on the images and their labels, one a image. It goes on
// with the network's classifier if that is of the same layer and classes, and makes a new one with zero weights
// otherwise.
func NewClassifierTrainer(n *Network, images Images, labels []uint8, c ClassifierConfig) (*ClassifierTrainer, error) {
	if err := n.checkImages(images); err != nil {
		return nil, err
	}
	if images.Missing != nil {
		return nil, fmt.Errorf("classifier: images with missing pixels cannot be trained on: leave them out")
	}
	if len(labels) != images.Len() {
		return nil, fmt.Errorf("classifier: %d labels for %d images", len(labels), images.Len())
	}
	c = c.withDefaults(labels)
	if c.Layer < 0 || c.Layer >= len(n.layers) {
		return nil, fmt.Errorf("ClassifierConfig.Layer is %d; the network has the layers 0 to %d", c.Layer, len(n.layers)-1)
	}
	if i := slices.IndexFunc(labels, func(l uint8) bool { return int(l) >= c.Classes }); i >= 0 {
		return nil, fmt.Errorf("classifier: label %d of image %d; there are %d classes", labels[i], i, c.Classes)
	}
	if c.Classes < 2 || c.Classes > maxClasses || c.Epochs < 1 || c.BatchSize < 1 || !(c.Rate > 0) || c.Rate > 1e6 {
		return nil, fmt.Errorf("ClassifierConfig: Classes %d, Epochs %d, BatchSize %d and Rate %v must be positive, Classes at least 2", c.Classes, c.Epochs, c.BatchSize, c.Rate)
	}
	size := n.layers[c.Layer].Handed().Size()
	if err := checkResult("classifier", c.Classes, size); err != nil {
		return nil, err
	}
	if err := n.checkBlock("classifier", 1); err != nil {
		return nil, err
	}
	if old := n.classifier; old == nil || old.Layer != c.Layer || old.Classes != c.Classes {
		n.classifier = &Classifier{Layer: c.Layer, Classes: c.Classes, W: make([]float32, c.Classes*size), Bias: make([]float32, c.Classes)}
	}
	return &ClassifierTrainer{net: n, images: images, labels: labels, cfg: c, c: n.classifier,
		rate: c.Rate / float64(n.layers[c.Layer].P())}, nil
}

// Run trains for all epochs. report, if not nil, gets the share of the work that is done and the mean cross-entropy, in
// nats, of the steps since the last report; an error that it returns ends the training, as does the context.
func (t *ClassifierTrainer) Run(ctx context.Context, report func(share, loss float64) error) error {
	t.made()
	N := t.images.Len()
	order := make([]int32, N)
	steps := N / t.cfg.BatchSize
	for epoch := range t.cfg.Epochs {
		for i := range order {
			order[i] = int32(i)
		}
		r := rand.New(rand.NewPCG(t.cfg.Seed, streamClassify+uint64(epoch)<<32))
		r.Shuffle(N, func(i, j int) { order[i], order[j] = order[j], order[i] })
		var loss float64
		for step := range steps {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("training of the classifier stopped in epoch %d of %d: %w", epoch+1, t.cfg.Epochs, context.Cause(ctx))
			}
			loss += t.Learn(order[step*t.cfg.BatchSize:][:t.cfg.BatchSize])
			if t.fault != nil {
				return fmt.Errorf("training of the classifier: %w", t.fault)
			}
		}
		if report != nil {
			if err := report(float64(epoch+1)/float64(t.cfg.Epochs), loss/float64(steps)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Learn takes one step on a batch of images, given by their indices, and returns its mean cross-entropy in nats: NaN,
// and no step, where the mixtures' scores are not finite. It panics for an index that is not of the images.
func (t *ClassifierTrainer) Learn(batch []int32) (loss float64) {
	t.made()
	for _, i := range batch {
		if i < 0 || int(i) >= len(t.labels) {
			panic(fmt.Sprintf("dcgmm: ClassifierTrainer.Learn: index %d of %d images", i, len(t.labels)))
		}
	}
	if t.fault = t.forward(batch); t.fault != nil {
		return math.NaN()
	}
	classes, scale := t.c.Classes, t.rate/float64(len(batch))
	size := len(t.c.W) / classes
	t.delta = slices.Grow(t.delta[:0], len(batch)*classes)[:len(batch)*classes]
	for i, f := range t.features {
		p := t.c.probabilities(t.delta[i*classes:][:classes], f)
		y := t.labels[batch[i]]
		loss -= math.Log(max(p[y], 1e-300)) / float64(len(batch))
		p[y]--
	}
	for i, f := range t.features { // after all probabilities: a step of the batch as a whole
		for k, d := range t.delta[i*classes:][:classes] {
			t.c.Bias[k] -= float32(scale * d)
			w := t.c.W[k*size:][:size]
			for _, x := range f {
				w[x.at] -= float32(scale * d * float64(x.r))
			}
		}
	}
	return loss
}

// made panics for a zero value.
func (t *ClassifierTrainer) made() { made(t.net, "ClassifierTrainer", "NewClassifierTrainer") }

// forward finds the features of a batch.
func (t *ClassifierTrainer) forward(batch []int32) error {
	for len(t.features) < len(batch) {
		t.features = append(t.features, nil)
	}
	t.features = t.features[:len(batch)]
	lanes := t.net.lanes()
	tasks := (len(batch) + lanes - 1) / lanes
	pool := parallel.New(max(1, min(t.net.workers(t.cfg.Workers), tasks)))
	defer pool.Stop()
	for len(t.blocks) < pool.N {
		t.blocks = append(t.blocks, t.net.newBlock())
	}
	errs := make([]error, tasks)
	pool.Each(tasks, func(task, worker int) {
		b := t.blocks[worker]
		idx := batch[task*lanes : min((task+1)*lanes, len(batch))]
		b.valid = len(idx)
		for y := range t.net.arch.Input.H {
			b.load(t.images, idx, y)
		}
		features, err := b.active(t.c.Layer)
		copy(t.features[task*lanes:], features)
		errs[task] = err
	})
	return errors.Join(errs...)
}
