package dcgmm

import (
	"fmt"
	"math"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// GMM holds the parameters of one mixture layer: Sets independent mixtures
// (1 when all positions share theirs) of K Gaussians in D dimensions, whose covariance is
// diagonal or, with L factors, S⁻¹(I + FᵀF)S⁻¹ with S = diag(s) (model.md §3, factor analysers).
// After changing parameters from outside, call Network.Refresh.
type GMM struct {
	Sets, K, D int
	L          int       // factors of a component, 0 for a diagonal covariance
	Mu         []float32 // Sets×K×D means
	PrecRoot   []float32 // Sets×K×D, s = 1/σ in [1e-6, 1e6]
	Logits     []float32 // Sets×K, π = softmax(Logits)
	Factors    []float32 // Sets×K×L×D, the rows f of F; all 0 until they join a training

	maxPrecRoot float32
	family      family
}

// randomise sets μ ~ U(−a, a), s = s_max and equal weights (model.md §3, defaults).
func (g *GMM) randomise(r *rand.Rand, a float32) {
	for i := range g.Mu {
		g.Mu[i] = a * (float32(2*float32(r.Float32())) - 1)
		g.PrecRoot[i] = g.maxPrecRoot
	}
	clear(g.Logits)
	g.family.refresh()
}

// component returns the means, precision roots and factors of a component: D, D and L×D values.
func (g *GMM) component(set, k int) (mu, s, f []float32) {
	at := set*g.K + k
	return g.Mu[at*g.D:][:g.D], g.PrecRoot[at*g.D:][:g.D], g.Factors[at*g.L*g.D:][:g.L*g.D]
}

// Weights returns π of one set, K values that sum to 1. It panics if there is no such set.
func (g *GMM) Weights(set int) []float64 {
	if set < 0 || set >= g.Sets {
		panic(fmt.Sprintf("dcgmm: GMM.Weights: set %d of %d", set, g.Sets))
	}
	pi := make([]float64, g.K)
	softmax64(pi, g.Logits[set*g.K:][:g.K])
	return pi
}

// logWeights is log π of one set.
func (g *GMM) logWeights(set int) []float64 {
	pi, logs := g.Weights(set), make([]float64, g.K)
	for k := range logs {
		logs[k] = logPi(pi, g.Logits[set*g.K:][:g.K], k)
	}
	return logs
}

func softmax64(dst []float64, logits []float32) {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, float64(v))
	}
	var sum float64
	for i, v := range logits {
		dst[i] = math.Exp(float64(v) - top)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}

// logPi is log π_k of π = softmax(logits), also where π_k is too small for a number.
func logPi(pi []float64, logits []float32, k int) float64 {
	if pi[k] > 0 {
		return math.Log(pi[k])
	}
	top := 0
	for j, p := range pi {
		if p > pi[top] {
			top = j
		}
	}
	return float64(logits[k]) - float64(logits[top]) + math.Log(pi[top])
}

// chunk is the number of dimensions that one task of an update has: a constant for
// D, so that sums over chunks have the same bits in a training and after loading a checkpoint.
func (g *GMM) chunk() int { return max(64, kernel.Pad((g.D+15)/16)) }

// split makes of component from two, the other one in the place of to, a little apart; each has half of its weight.
// to's own weight falls to all.
func (g *GMM) split(set, from, to int, r *rand.Rand) {
	for _, p := range g.family.parameters() {
		size := len(p.v) / (g.Sets * g.K)
		at := p.v[set*g.K*size:]
		copy(at[to*size:][:size], at[from*size:][:size])
	}
	g.family.separate(set, from, to, r)
	logits := g.Logits[set*g.K:][:g.K]
	logits[from] -= math.Ln2
	logits[to] = logits[from]
}

// check refuses parameters with which no score can be computed.
func (g *GMM) check() error {
	for _, p := range g.family.parameters() {
		for _, x := range p.v {
			if x-x != 0 {
				return fmt.Errorf("a %s is not finite", p.name)
			}
			if p.low < p.high && (x < p.low || x > p.high) {
				return fmt.Errorf("a %s is %v; it must be between %v and %v", p.name, x, p.low, p.high)
			}
		}
	}
	return nil
}
