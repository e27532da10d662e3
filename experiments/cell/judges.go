package cell

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// Judges keeps what the judges of generated images know of the real ones of one data set: it is the same for all models.
// Its zero value is ready to use.
type Judges struct {
	mu    sync.Mutex
	hash  string
	judge *judge
}

// judge compares generated images with real ones, and tells their class.
type judge struct {
	onTest  *eval.GenerativeEvaluator
	onValid *eval.Gaussian // of the validation images in onTest.Space
	knn     eval.KNN       // of the training images
}

// Streams of randomness of what is drawn from a model and of what judges it.
const (
	streamJudge = 0x6a756467 // "judg"
	streamDraw  = 0x64726177 // "draw"
)

// of returns the judge of a data set.
func (j *Judges) of(ctx context.Context, s Spec, data *dataset.Data, o Options) (*judge, error) {
	if j == nil {
		return newJudge(ctx, s, data, o)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if key := fmt.Sprint(data.Hash, s.On, s.Images); j.judge == nil || j.hash != key {
		made, err := newJudge(ctx, s, data, o)
		if err != nil {
			return nil, err
		}
		j.hash, j.judge = key, made
	}
	return j.judge, nil
}

// neighbours vote on the class of a generated image.
const neighbours = 5

func newJudge(ctx context.Context, s Spec, data *dataset.Data, o Options) (*judge, error) {
	o.progress(0, "judges")
	set, real := s.trainingImages(data), s.judged(data)
	train := matrix(set)
	c := eval.GenerativeConfig{H: real.H, W: real.W, C: real.C, Workers: o.Workers}
	c.Dims = min(50, real.N/4) // small sets have few directions
	c.Bins.K = min(100, set.N/20)
	onTest, err := eval.FitGenerative(ctx, train, matrix(real), c, rand.New(rand.NewPCG(1, streamJudge)))
	if err != nil {
		return nil, err
	}
	onValid, err := eval.FitGaussian(ctx, onTest.Space.Project(nil, matrix(data.Valid), o.Workers), o.Workers)
	if err != nil {
		return nil, err
	}
	return &judge{onTest, onValid, eval.KNN{X: train, Labels: classes(set), K: neighbours}}, nil
}

func classes(set *dataset.Set) []int {
	out := make([]int, set.N)
	for i, l := range set.Labels {
		out[i] = int(l)
	}
	return out
}

// compare judges generated images, rows of pixels in [0, 1].
func (j *judge) compare(ctx context.Context, values []float32, in dcgmm.Shape) (*eval.Generative, error) {
	g, err := j.onTest.Evaluate(ctx, asMatrix(values, in), rand.New(rand.NewPCG(1, streamJudge)))
	return &g, err
}

// validFrechet is the Fréchet distance of generated images to the validation images.
func (j *judge) validFrechet(ctx context.Context, values []float32, in dcgmm.Shape, workers int) (float64, error) {
	g, err := eval.FitGaussian(ctx, j.onTest.Space.Project(nil, asMatrix(values, in), workers), workers)
	if err != nil {
		return 0, err
	}
	return eval.Frechet(g, j.onValid), nil
}

func asMatrix(values []float32, in dcgmm.Shape) eval.Matrix {
	return eval.Matrix{N: len(values) / in.Size(), D: in.Size(), X: values}
}

// reference makes images that are no model's.
func reference(kind Kind, n int, set *dataset.Set, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, streamDraw))
	size := set.H * set.W * set.C
	out := make([]float32, n*size)
	switch kind {
	case TrainingImages:
		for i, j := range r.Perm(set.N)[:min(n, set.N)] {
			for d, v := range set.Image(j) {
				out[i*size+d] = float32(v) / 255
			}
		}
		return out[:min(n, set.N)*size]
	case TrainingMeans:
		means, _ := classMeans(set)
		for i := range n {
			copy(out[i*size:], means[r.IntN(len(means))])
		}
	case Noise:
		for i := range out {
			out[i] = r.Float32()
		}
	default:
		panic(fmt.Sprintf("cell: %s is no reference", kind))
	}
	return out
}

// referenceByClass makes images with the class that they stand for: real ones, that are not among the judge's own, from the
// validation images; the mean of a class; noise that stands for a class by chance.
func referenceByClass(kind Kind, n int, data *dataset.Data, seed uint64) (values []float32, wanted []int) {
	switch kind {
	case TrainingImages:
		head := data.Valid.Head(n)
		return matrix(head).X, classes(head)
	case TrainingMeans:
		means, _ := classMeans(data.Train)
		for i := range n {
			values, wanted = append(values, means[i%len(means)]...), append(wanted, i%len(means))
		}
		return values, wanted
	}
	for i := range n {
		wanted = append(wanted, i%data.Train.Classes)
	}
	return reference(kind, n, data.Train, seed), wanted
}

// classMeans are the mean images of every class and of all.
func classMeans(set *dataset.Set) (byClass [][]float32, all []float32) {
	size := set.H * set.W * set.C
	sums, counts := make([][]float64, set.Classes), make([]float64, set.Classes)
	for c := range sums {
		sums[c] = make([]float64, size)
	}
	for i := range set.N {
		c := set.Labels[i]
		counts[c]++
		for d, v := range set.Image(i) {
			sums[c][d] += float64(v) / 255
		}
	}
	all = make([]float32, size)
	for c, sum := range sums {
		mean := make([]float32, size)
		for d, v := range sum {
			mean[d] = float32(v / max(counts[c], 1))
			all[d] += float32(v / float64(set.N))
		}
		byClass = append(byClass, mean)
	}
	return byClass, all
}
