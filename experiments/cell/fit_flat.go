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

// guessIterations is how long a start is expected to take, for the progress bar only.
const guessIterations = 60

func fitKMeans(ctx context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	m := r.Spec.Model
	X := matrix(set)
	km, err := eval.FitKMeans(ctx, X, eval.KMeansConfig{K: m.K, NInit: m.NInit, MaxIter: m.MaxIter, Workers: run.Workers,
		Progress: flatProgress(m, run)}, rand.New(rand.NewPCG(r.Spec.Seed, streamFlat)))
	if err != nil {
		return nil, err
	}
	run.fittingEnds(r)
	r.Epochs = km.Iterations
	if !km.Converged {
		r.Notes = append(r.Notes, fmt.Sprintf("stopped after %d iterations", km.Iterations))
	}
	wins := make([]int64, km.K)
	for _, k := range km.Labels {
		wins[k]++
	}
	r.flatLayer(X.D, km.K, km.K*X.D, wins)
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

func fitEM(ctx context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	m := r.Spec.Model
	X := matrix(set)
	fit, err := eval.FitGMM(ctx, X, eval.GMMConfig{K: m.K, NInit: m.NInit, MaxIter: m.MaxIter, RegCovar: m.RegCovar, Workers: run.Workers,
		Progress: flatProgress(m, run)}, rand.New(rand.NewPCG(r.Spec.Seed, streamFlat)))
	if err != nil {
		return nil, err
	}
	run.fittingEnds(r)
	r.Epochs = fit.Iterations
	if !fit.Converged {
		r.Notes = append(r.Notes, fmt.Sprintf("stopped after %d iterations", fit.Iterations))
	}
	if fit.Dead > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d components died", fit.Dead))
	}
	if !fit.Monotone {
		r.Notes = append(r.Notes, fmt.Sprintf("the likelihood fell by %.3g nats in a step", fit.Shortfall))
	}
	wins := make([]int64, fit.K)
	for _, k := range fit.Predict(nil, X, run.Workers) {
		wins[k]++
	}
	r.flatLayer(X.D, fit.K, fit.K*(2*X.D+1), wins)
	r.Alphabet = []Sheet{prototypes("means", set, fit.Means, fit.K)}
	g := flatGMM{&fit.GMM, asNetwork(&fit.GMM, images(set).Shape)}
	if run.Store != nil {
		if err := run.Store.saveNetwork(run.key, r, g.net); err != nil {
			return nil, err
		}
	}
	return g, nil
}

type flatGMM struct {
	*eval.GMM
	net *dcgmm.Network
}

func (m flatGMM) network() *dcgmm.Network { return m.net }

// asNetwork makes a network of one layer with the parameters of a flat mixture.
func asNetwork(m *eval.GMM, in dcgmm.Shape) *dcgmm.Network {
	net, err := dcgmm.New(fmt.Sprintf("F%dx%d G%d", in.H, in.W, m.K), in, dcgmm.Init{MaxPrecRoot: 1e6})
	if err != nil {
		panic("cell: asNetwork: " + err.Error()) // it is the mixture of such images
	}
	g := net.Layer(0)
	copy(g.Mu, m.Means)
	for i, v := range m.Variances {
		g.PrecRoot[i] = float32(1 / math.Sqrt(float64(v)))
	}
	for k, w := range m.Weights {
		g.Logits[k] = float32(math.Log(max(float64(w), 1e-30)))
	}
	net.Refresh()
	return net
}

func (m flatGMM) assess(_ context.Context, set *dataset.Set, workers int) (*assessment, error) {
	X := matrix(set)
	return &assessment{m.Predict(nil, X, workers), []score{{MainScore, m.LogProb(nil, X, workers)}}}, nil
}

// flatLayer describes a flat model as a network of one layer.
func (r *Result) flatLayer(D, K, params int, wins []int64) {
	r.Layers = []Layer{{Name: string(r.Spec.Model.Kind), H: 1, W: 1, D: D, K: K, Params: params, Used: dcgmm.UsedShare(wins)}}
	r.Params, r.MFLOPs = params, 4*float64(D)*float64(K)/1e6
}

func flatProgress(m Model, run Options) func(eval.Step) {
	starts := max(1, m.NInit)
	return func(s eval.Step) {
		done := float64(s.Iteration) / (float64(s.Iteration) + guessIterations)
		if m.Kind == EM {
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
	s := Sheet{Caption: caption, Cols: columns(K), H: set.H, W: set.W, C: set.C}
	s.Pix = appendGray(s.Pix, means)
	return s
}

// appendGray turns values in [0, 1] into bytes; what lies outside is clipped.
func appendGray(dst []byte, values []float32) []byte {
	for _, v := range values {
		dst = append(dst, byte(255*min(max(v, 0), 1)+0.5))
	}
	return dst
}

// columns lays K pictures out in a rectangle, like the grid of annealing: the columns are the larger half of K's most even factors.
func columns(K int) int {
	for rows := int(isqrt(K)); ; rows-- {
		if K%rows == 0 && K/rows <= 4*rows {
			return K / rows
		}
		if rows == 1 {
			return isqrt(K-1) + 1 // a prime, or nearly
		}
	}
}

func isqrt(n int) int {
	r := 0
	for (r+1)*(r+1) <= n {
		r++
	}
	return r
}
