// Package dcgmm trains, evaluates and samples deep convolutional Gaussian mixture models:
// stacked layers of Gaussian mixtures linked by folding (convolution) and
// max-pooling, trained end to end by stochastic gradient ascent from random
// initial conditions.
//
//	net, err := dcgmm.New("F8/1 G49 M F11 G49", dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{Seed: 1})
//	tr, err := dcgmm.NewTrainer(net, images, dcgmm.Config{Epochs: 15, Seed: 1})
//	err = tr.Run(ctx, nil)
//	ev, err := net.Evaluate(ctx, images, 0) // scores and clusters
//	drawn, err := net.Sample(ctx, net.Layers()-1, 0, 100, dcgmm.Sampling{Seed: 1})
//
// # Symbols
//
//	N      images            P      positions of a map, H·W
//	H W C  height, width and channels of a map, channels last
//	D      dimension of the vectors that a mixture sees
//	K      components        S      parameter sets: 1 shared, or P independent ones
//	π μ s  weights, means, precision roots (s = 1/σ, what is stored and trained)
//	ϖ      logits, π = softmax(ϖ)
//	ℓ r    log-scores and responsibilities, r = softmax(ℓ)
//	L F    factors of a component, and their L×D matrix in units of the noise (no factors: diagonal covariance)
//	Λ C    I + FFᵀ = CCᵀ;  p m  C⁻¹F(s∘(x−μ)) and the factors' posterior mean C⁻ᵀp
//	G τ    annealing matrix on the torus grid of components, and its width
//	T σ    temperature and width of smoothing of what a mixture hands on
//	ε λ    learning rate, and its factor for one kind of parameter
//
// # Formulas
//
// The comments “model.md §n” refer to the sections of docs/model.md.
//
//	§1 folding                        shapes in arch, fold.go
//	§2 pooling                        pool.go
//	§3 log-scores, responsibilities   gaussian.go, gmm.go
//	§3 gradient                       gradient.go, gaussian_learn.go
//	§3 optimizers, restarts           optimizer.go, restart.go
//	§3 annealing                      anneal.go, ring.go
//	§3 tempering, smoothing           output.go
//	§3 factor analysers               analyser.go, analyser_learn.go, analyser_pairs.go, analyser_dense.go
//	§3 factors handed on              factors_up.go
//	§4 scores, §5 clusters            score.go, scorer.go, combine.go, correct.go, pathway.go, whitening.go, fit.go
//	§6 sampling                       sample.go, down.go
//	§7 slopes, sharpening             backward.go, sharpen.go, line_search.go
//	§8 classifier                     classifier.go, classifier_train.go
//	§8 missing pixels, in-painting    mask.go, inpaint.go
//
// Results do not depend on the number of workers, to the bit: work is cut into
// fixed shards whose partial sums are added in index order.
package dcgmm
