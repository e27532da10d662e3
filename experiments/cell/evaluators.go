package cell

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"deepgmm/dataset"
	"deepgmm/eval"
)

// Evaluators keeps what the evaluators of generated images know of the real ones of one data set: it is the same for
// all models. Its zero value is ready to use.
type Evaluators struct {
	mu        sync.Mutex
	key       string
	evaluator *evaluator
}

// evaluator compares generated images with real ones, and says their class.
type evaluator struct {
	onTest  *eval.GenerativeEvaluator
	onValid *eval.Gaussian // of the validation images in onTest.Space
	knn     eval.KNN       // of the training images
	workers int
}

// Streams of randomness of what is generated and of what measures it.
const (
	streamMeasure = 0x6a756467 // "judg"
	streamDraw    = 0x64726177 // "draw"
)

func measureRand() *rand.Rand { return rand.New(rand.NewPCG(1, streamMeasure)) }

// of returns the evaluator of a data set.
func (e *Evaluators) of(ctx context.Context, s Spec, data *dataset.Data, o Options) (*evaluator, error) {
	if e == nil {
		return newEvaluator(ctx, s, data, o)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if key := fmt.Sprint(data.Hash, s.On, s.Images); e.evaluator == nil || e.key != key {
		made, err := newEvaluator(ctx, s, data, o)
		if err != nil {
			return nil, err
		}
		e.key, e.evaluator = key, made
	}
	return e.evaluator, nil
}

// neighbours vote on the class of a generated image.
const neighbours = 5

func newEvaluator(ctx context.Context, s Spec, data *dataset.Data, o Options) (*evaluator, error) {
	o.progress(0, "evaluators")
	set, real := s.trainingImages(data), s.unseen(data)
	train := matrix(set)
	c := eval.GenerativeConfig{H: real.H, W: real.W, C: real.C, Workers: o.Workers}
	c.Dims = min(50, real.N/4) // small sets have few directions
	c.Bins.K = min(100, set.N/20)
	onTest, err := eval.FitGenerative(ctx, train, matrix(real), c, measureRand())
	if err != nil {
		return nil, err
	}
	onValid, err := eval.FitGaussian(ctx, onTest.Space.Project(nil, matrix(data.Valid), o.Workers), o.Workers)
	if err != nil {
		return nil, err
	}
	return &evaluator{onTest, onValid, eval.KNN{X: train, Labels: classes(set), K: neighbours}, o.Workers}, nil
}

func classes(set *dataset.Set) []int {
	out := make([]int, set.N)
	for i, l := range set.Labels {
		out[i] = int(l)
	}
	return out
}

// rows are generated images, rows of pixels in [0, 1], as a matrix.
func (e *evaluator) rows(values []float32) eval.Matrix {
	D := e.knn.X.D
	return eval.Matrix{N: len(values) / D, D: D, X: values}
}

// compare measures generated images.
func (e *evaluator) compare(ctx context.Context, values []float32) (*eval.Generative, error) {
	g, err := e.onTest.Evaluate(ctx, e.rows(values), measureRand())
	return &g, err
}

// validFrechet is the Fréchet distance of generated images to the validation images.
func (e *evaluator) validFrechet(ctx context.Context, values []float32) (float64, error) {
	g, err := eval.FitGaussian(ctx, e.onTest.Space.Project(nil, e.rows(values), e.workers), e.workers)
	if err != nil {
		return 0, err
	}
	return eval.Frechet(g, e.onValid), nil
}

// recognised is the share of images that are taken for their class.
func (e *evaluator) recognised(ctx context.Context, values []float32, wanted []int) (eval.Interval, error) {
	seen, err := e.knn.Classify(ctx, nil, e.rows(values), e.workers)
	if err != nil {
		return eval.Interval{}, err
	}
	return share(seen, wanted), nil
}

// share is how many of the values are as wanted.
func share(got, wanted []int) eval.Interval {
	hits := make([]float64, len(got))
	for i := range got {
		if got[i] == wanted[i] {
			hits[i] = 1
		}
	}
	return interval(hits)
}

const resamples = 2000

// interval is the mean of values, with what it varies by chance.
func interval(values []float64) eval.Interval {
	return eval.Bootstrap(values, resamples, measureRand())
}
