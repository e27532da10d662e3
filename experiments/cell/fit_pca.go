package cell

import (
	"context"
	"fmt"
	"math"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// WholeImageScore is the log-likelihood of all pixels, of models of which the main score is another one.
const WholeImageScore = "whole image"

// fitPCA fits everything, the principal components too, to the images of the set alone.
func fitPCA(ctx context.Context, r *Result, set *dataset.Set, run Options) (fitted, error) {
	m, X := r.Spec.Model, matrix(set)
	fit, err := eval.FitPCAGMM(ctx, X, eval.PCAGMMConfig{Dims: m.Dims, K: m.K, Floor: m.Floor, NInit: m.NInit,
		MaxIter: m.MaxIter, Workers: run.Workers, Progress: flatProgress(m, run)}, r.Spec.flatRand())
	if err != nil {
		return nil, err
	}
	if fit.Space.Dims == X.D {
		return nil, fmt.Errorf("all %d axes are principal components, so none is left for the noise: lower Dims", X.D)
	}
	g := flatPCA{&fit.PCAGMM, images(set).Shape}
	var net *dcgmm.Network
	if run.Store != nil && r.Spec.LeaveOut == NoClass {
		net = g.network() // of several megabytes; nothing else is sampled
	}
	if err := run.fitted(r, net); err != nil {
		return nil, err
	}
	r.iterated(fit.Iterations, fit.Converged)
	if fit.Dead > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d components died", fit.Dead))
	}
	r.flatLayer(X.D, fit.K, fit.Params(), fit.Evaluate(X, run.Workers).Component)
	d := float64(fit.Space.Dims)
	r.MFLOPs = (float64(2*float64(X.D)*d) + float64(float64(fit.K)*d*d)) / 1e6 // onto the space, and there by triangular matrices
	r.Alphabet = []Sheet{prototypes("means", set, fit.RowMeans(), fit.K)}
	return g, nil
}

type flatPCA struct {
	*eval.PCAGMM
	shape dcgmm.Shape
}

// assess takes the density of the projection for the main score: what lies outside of the space is told by one variance
// for all pixels, and says how much detail an image has rather than whether it is known.
func (m flatPCA) assess(_ context.Context, set *dataset.Set, workers int) (*assessment, error) {
	s := m.Evaluate(matrix(set), workers)
	return &assessment{s.Component, []score{{MainScore, s.InSpace}, {WholeImageScore, s.LogProb}}}, nil
}

// network is the same density as a mixture of factor analysers, which draws, sharpens and in-paints.
func (m flatPCA) network() *dcgmm.Network {
	net := flatNetwork(fmt.Sprintf("A%d:%d", m.K, m.Space.Dims), m.shape)
	g := net.Layer(0)
	means, factors := m.Analysers()
	copy(g.Mu, means)
	copy(g.Factors, factors)
	for i := range g.PrecRoot {
		g.PrecRoot[i] = float32(1 / math.Sqrt(m.Noise))
	}
	for k, w := range m.Weights {
		g.Logits[k] = logit(w)
	}
	net.Refresh()
	return net
}
