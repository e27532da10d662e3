package dcgmm

import (
	"math"
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// GMM holds the parameters of one mixture layer: Sets independent mixtures
// (1 when all positions share theirs) of K Gaussians with diagonal covariance in D dimensions.
// After changing parameters from outside, call Network.Refresh.
type GMM struct {
	Sets, K, D int
	Mu         []float32 // Sets×K×D means
	PrecRoot   []float32 // Sets×K×D, s = 1/σ > 0
	Logits     []float32 // Sets×K, π = softmax(Logits)

	form []kernel.Weights // one quadratic form per set, kept up to date with the parameters
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

// refresh recomputes the quadratic forms from the parameters.
func (g *GMM) refresh() {
	logDet := make([]float64, g.K)
	pi := make([]float64, g.K)
	for set := range g.form {
		g.refreshDims(set, 0, g.D, logDet)
		g.refreshConstants(set, logDet, pi)
	}
}

const halfLog2Pi = 0.91893853320467274178

// refreshDims recomputes S = s/√2 and M = −s·μ/√2 for dimensions d0 ≤ d < d1 and
// sets logDet[k] = Σ_d log s_kd over them.
func (g *GMM) refreshDims(set, d0, d1 int, logDet []float64) {
	f := &g.form[set]
	for k := range g.K {
		row := (set*g.K + k) * g.D
		s, mu := g.PrecRoot[row+d0:row+d1], g.Mu[row+d0:row+d1]
		S, M := f.S[k*g.D+d0:][:len(s)], f.M[k*g.D+d0:][:len(s)]
		for i, v := range s {
			h := v * math.Sqrt2 / 2
			S[i], M[i] = h, -h*mu[i]
		}
		logDet[k] = sumLog(s)
	}
}

// sumLog is Σ log s_i: one logarithm per 8 factors, whose product stays far from
// the limits of float64 for any s in float32's normal range.
func sumLog(s []float32) float64 {
	var sum float64
	for len(s) >= 8 {
		a := float64(s[0]) * float64(s[1])
		b := float64(s[2]) * float64(s[3])
		c := float64(s[4]) * float64(s[5])
		d := float64(s[6]) * float64(s[7])
		sum += math.Log((a * b) * (c * d))
		s = s[8:]
	}
	for _, v := range s {
		sum += math.Log(float64(v))
	}
	return sum
}

// refreshConstants sets C_k = log π_k + Σ_d log s_kd − D/2·log 2π (model.md §3). pi is scratch of length K.
func (g *GMM) refreshConstants(set int, logDet, pi []float64) {
	softmax64(pi, g.Logits[set*g.K:][:g.K])
	for k := range g.K {
		g.form[set].C[k] = float32(math.Log(pi[k]) + logDet[k] - float64(g.D)*halfLog2Pi)
	}
}
