package dcgmm

import (
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

	form []kernel.Weights // one quadratic form per set, kept up to date with the parameters
	projection
}

func newGMM(sets, k, d int) *GMM {
	g := &GMM{Sets: sets, K: k, D: d,
		Mu: make([]float32, sets*k*d), PrecRoot: make([]float32, sets*k*d), Logits: make([]float32, sets*k),
		form: make([]kernel.Weights, sets)}
	for i := range g.form {
		g.form[i] = kernel.Weights{K: k, D: d, S: make([]float32, k*d), M: make([]float32, k*d), C: make([]float32, k)}
	}
	return g
}

// randomise sets μ ~ U(−a, a), s = s_max and equal weights (model.md §3, defaults).
func (g *GMM) randomise(r *rand.Rand, a, maxPrecRoot float32) {
	for i := range g.Mu {
		g.Mu[i] = a * (2*r.Float32() - 1)
		g.PrecRoot[i] = maxPrecRoot
	}
	clear(g.Logits)
	g.refresh()
}

// Weights returns π of one set, K values that sum to 1.
func (g *GMM) Weights(set int) []float64 {
	pi := make([]float64, g.K)
	softmax64(pi, g.Logits[set*g.K:][:g.K])
	return pi
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

const halfLog2Pi = 0.91893853320467274178

// chunk is the number of dimensions that one task of an update has: a constant for
// D, so that sums over chunks have the same bits in a training and after loading a checkpoint.
func (g *GMM) chunk() int { return max(64, kernel.Pad((g.D+15)/16)) }

// refresh recomputes the quadratic forms from the parameters: S = s/√2, M = −s·μ/√2.
func (g *GMM) refresh() {
	logDet := make([]float64, g.K)
	pi := make([]float64, g.K)
	g.refreshFactors()
	for set := range g.form {
		f := &g.form[set]
		at := set * g.K * g.D
		for i := range f.S {
			f.S[i] = g.PrecRoot[at+i] * (math.Sqrt2 / 2)
			f.M[i] = -f.S[i] * g.Mu[at+i]
		}
		for k := range g.K {
			s := g.PrecRoot[at+k*g.D:][:g.D]
			logDet[k] = 0
			for d := 0; d < g.D; d += g.chunk() {
				logDet[k] += kernel.SumLog(s[d:min(d+g.chunk(), g.D)])
			}
		}
		g.refreshConstants(set, logDet, pi)
	}
}

// refreshConstants sets C_k = log π_k + Σ_d log s_kd − D/2·log 2π − ½ log det Λ_k (model.md §3). pi is scratch of length K.
func (g *GMM) refreshConstants(set int, logDet, pi []float64) {
	softmax64(pi, g.Logits[set*g.K:][:g.K])
	for k := range g.K {
		c := logPi(pi, g.Logits[set*g.K:][:g.K], k) + logDet[k] - float64(g.D)*halfLog2Pi
		if g.joined {
			c -= g.halfLogDet[set*g.K+k]
		}
		g.form[set].C[k] = float32(c)
	}
}
