package cell

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// streamFlat separates the random numbers of k-means and EM from all others of a seed.
const streamFlat = 0x666c6174 // "flat"

func (s Spec) flatRand() *rand.Rand { return rand.New(rand.NewPCG(s.Seed, streamFlat)) }

func fitKMeans(ctx context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	m, X := r.Spec.Model, matrix(set)
	km, err := eval.FitKMeans(ctx, X, eval.KMeansConfig{K: m.K, NInit: m.NInit, MaxIter: m.MaxIter, Workers: run.Workers,
		Progress: flatProgress(m, run)}, r.Spec.flatRand())
	if err != nil {
		return nil, err
	}
	if err := run.fitted(r, nil); err != nil {
		return nil, err
	}
	r.iterated(km.Iterations, km.Converged)
	r.flatLayer(X.D, km.K, km.K*X.D, km.Labels)
	r.Alphabet = []Sheet{prototypes("centres", set, km.Centers, km.K)}
	return flatKMeans{km}, nil
}

type flatKMeans struct{ *eval.KMeans }

func (m flatKMeans) assess(_ context.Context, set *dataset.Set, workers int) (*assessment, error) {
	labels, distance := m.Assign(matrix(set), workers)
	for i := range distance {
		distance[i] = -distance[i]
	}
	return &assessment{labels, []score{{MainScore, distance}}}, nil
}

// nearestImages is how many training images are compared with. More cost time in proportion.
const nearestImages = 20_000

// fitNearest keeps the first training images. It is no model: what it says of outliers is what a data set gives away
// for nothing.
func fitNearest(_ context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	X := matrix(set.Head(nearestImages))
	r.Images = X.N
	r.Layers = []Layer{{Name: string(Nearest), H: 1, W: 1, D: X.D, K: X.N, Used: 1}} // each is the nearest to itself
	r.MFLOPs = 2 * float64(X.D) * float64(X.N) / 1e6
	return flatNearest{flatKMeans{&eval.KMeans{K: X.N, D: X.D, Centers: X.X}}}, run.fitted(r, nil)
}

// flatNearest scores by the negative squared distance to the nearest training image. It has no clusters.
type flatNearest struct{ flatKMeans }

func (m flatNearest) assess(ctx context.Context, set *dataset.Set, workers int) (*assessment, error) {
	a, err := m.flatKMeans.assess(ctx, set, workers)
	a.cluster = nil
	return a, err
}

func fitEM(ctx context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	m, X := r.Spec.Model, matrix(set)
	fit, err := eval.FitGMM(ctx, X, eval.GMMConfig{K: m.K, NInit: m.NInit, MaxIter: m.MaxIter, RegCovar: m.RegCovar,
		Workers: run.Workers, Progress: flatProgress(m, run)}, r.Spec.flatRand())
	if err != nil {
		return nil, err
	}
	g := flatGMM{&fit.GMM, asNetwork(&fit.GMM, images(set).Shape)}
	if err := run.fitted(r, g.net); err != nil {
		return nil, err
	}
	r.iterated(fit.Iterations, fit.Converged)
	if fit.Dead > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d components died", fit.Dead))
	}
	if !fit.Monotone {
		r.Notes = append(r.Notes, fmt.Sprintf("the likelihood fell by %.3g nats in a step", fit.Shortfall))
	}
	r.flatLayer(X.D, fit.K, fit.K*(2*X.D+1), fit.Predict(nil, X, run.Workers))
	r.Alphabet = []Sheet{prototypes("means", set, fit.Means, fit.K)}
	return g, nil
}

type flatGMM struct {
	*eval.GMM
	net *dcgmm.Network
}

func (m flatGMM) network() *dcgmm.Network { return m.net }

func (m flatGMM) assess(_ context.Context, set *dataset.Set, workers int) (*assessment, error) {
	X := matrix(set)
	return &assessment{m.Predict(nil, X, workers), []score{{MainScore, m.LogProb(nil, X, workers)}}}, nil
}

// asNetwork makes a network of one layer with the parameters of a flat mixture.
func asNetwork(m *eval.GMM, in dcgmm.Shape) *dcgmm.Network {
	net := flatNetwork(fmt.Sprintf("G%d", m.K), in)
	g := net.Layer(0)
	copy(g.Mu, m.Means)
	for i, v := range m.Variances {
		g.PrecRoot[i] = float32(1 / math.Sqrt(float64(v)))
	}
	for k, w := range m.Weights {
		g.Logits[k] = logit(float64(w))
	}
	net.Refresh()
	return net
}

// flatNetwork is a network of one mixture of whole images, whose parameters are still to be set.
func flatNetwork(mixture string, in dcgmm.Shape) *dcgmm.Network {
	net, err := dcgmm.New(fmt.Sprintf("F%dx%d %s", in.H, in.W, mixture), in, dcgmm.Init{MaxPrecRoot: 1e6})
	if err != nil {
		panic("cell: flatNetwork: " + err.Error()) // it is the mixture of such images
	}
	return net
}

// logit of a weight, finite for 0 too.
func logit(weight float64) float32 { return float32(math.Log(max(weight, 1e-30))) }

// iterated notes how a flat model was fitted.
func (r *Result) iterated(iterations int, converged bool) {
	if r.Epochs = iterations; !converged {
		r.Notes = append(r.Notes, fmt.Sprintf("stopped after %d iterations", iterations))
	}
}

// flatLayer describes a flat model as a network of one layer, from its clusters of the training images.
func (r *Result) flatLayer(D, K, params int, clusters []int) {
	wins := make([]int64, K)
	for _, k := range clusters {
		wins[k]++
	}
	r.Layers = []Layer{{Name: string(r.Spec.Model.Kind), H: 1, W: 1, D: D, K: K, Params: params, Used: dcgmm.UsedShare(wins)}}
	r.Params, r.MFLOPs = params, 4*float64(D)*float64(K)/1e6
}

// guessIterations is how long a start is expected to take, for the progress bar only.
const guessIterations = 60

func flatProgress(m Model, run Options) func(eval.Step) {
	starts := max(1, m.NInit)
	return func(s eval.Step) {
		done := float64(s.Iteration) / (float64(s.Iteration) + guessIterations)
		if m.Kind != KMeans {
			done /= 2
			if s.Phase == "em" {
				done += 0.5
			}
		}
		run.progress((float64(s.Init)+done)/float64(starts), fmt.Sprintf("%s iteration %d", s.Phase, s.Iteration))
	}
}

// prototypes shows K means of whole images.
func prototypes(caption string, set *dataset.Set, means []float32, K int) Sheet {
	return Sheet{Caption: caption, Cols: columns(K), H: set.H, W: set.W, C: set.C, Pix: appendGray(nil, means)}
}
