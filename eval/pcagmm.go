package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// PCAGMM is a mixture of K Gaussians with full covariances in the space of d = Space.Dims principal components. Of what
// lies outside of that space it says what probabilistic PCA does (Tipping & Bishop, “Probabilistic principal component
// analysis”, J. Royal Stat. Soc. B 61(3), 1999): noise of variance Noise along each of the other D−d axes, in all
// components alike. So it is a density of whole rows, with d×D components P and mean m of the space
//
//	x = m + Pᵀz + (I − PᵀP)ε,  z ~ Σ_k π_k N(μ_k, Σ_k),  ε ~ N(0, Noise·I)
//
// No direction within the space has less variance than Noise: with the smallest one in all directions a component is a
// factor analyser (see Analysers).
type PCAGMM struct {
	Space   *PCA
	K       int
	Weights []float64 // K, ≥ 0, sum 1
	Means   []float64 // K×d row-major
	Covs    []float64 // K×d×d, symmetric and positive definite
	Noise   float64   // ≥ 0; without meaning if d = D
}

// check panics unless the parameters have the stated shapes.
func (g *PCAGMM) check(name string) {
	d := g.Space.Dims
	fits := len(g.Weights) == g.K && holds(len(g.Means), g.K, d) && holds(len(g.Covs), len(g.Means), d)
	if g.K < 1 || !fits || d > g.Space.D || d < g.Space.D && !(g.Noise > 0) {
		panic(fmt.Sprintf("eval: %s: parameters do not have the shape K = %d, d = %d of D = %d with Noise > 0", name, g.K, d, g.Space.D))
	}
}

// cov is the covariance of component k, sharing memory.
func (g *PCAGMM) cov(k int) *mat.SymDense {
	d := g.Space.Dims
	return mat.NewSymDense(d, g.Covs[k*d*d:(k+1)*d*d])
}

func (g *PCAGMM) mean(k int) []float64 { return g.Means[k*g.Space.Dims : (k+1)*g.Space.Dims] }

// Params is the number of fitted values: of the space, the mixture and the noise.
func (g *PCAGMM) Params() int {
	d := g.Space.Dims
	return g.Space.D*(1+d) + g.K*(1+d+d*(d+1)/2) + 1
}

// PCAScores says what a PCAGMM makes of N rows: log-likelihoods in nats, high = inlier.
type PCAScores struct {
	LogProb   []float64 // of whole rows
	InSpace   []float64 // of their projections alone, a density of d values
	Component []int     // that of the largest posterior probability, the first one of equals
}

// Evaluate scores the rows of X. Scores are finite for rows of finite values; a row with a NaN has NaN and component 0.
// Where float32 scores overflow, and only there, everything is float64. It panics unless X has D columns and the
// parameters have their shapes, and if a covariance is not positive definite. Workers ≤ 0: GOMAXPROCS; the result does
// not depend on it.
func (g *PCAGMM) Evaluate(X Matrix, workers int) PCAScores {
	g.check("Evaluate")
	X.check("Evaluate", g.Space.D)
	f, err := g.forms()
	if err != nil {
		panic("eval: Evaluate: " + err.Error())
	}
	Z := g.Space.Project(nil, X, workers)
	s := PCAScores{make([]float64, X.N), make([]float64, X.N), make([]int, X.N)}
	eachPart(workers, X.N, shardRows, func() *spaceBlock { return newSpaceBlock(g.K, Z) }, func(i0, i1 int, b *spaceBlock) {
		inBlocks(i0, i1, func(i0, i1 int) {
			b.score(Z, i0, i1, f)
			for i := i0; i < i1; i++ {
				z := Z.Row(i)
				s.InSpace[i], s.Component[i] = b.logSum(i-i0), int(b.arg[i-i0])
				rest := g.Space.rest(X.Row(i), z)
				if v := s.InSpace[i] + rest; v-v != 0 {
					s.InSpace[i], s.Component[i], rest = g.exact(X.Row(i), f)
				}
				s.LogProb[i] = s.InSpace[i] + g.logNoise(rest)
			}
		})
	})
	return s
}

// rest is the squared distance of a row from the space, z being its projection.
func (p *PCA) rest(row, z []float32) (rest float64) {
	for d, v := range row {
		c := float64(v) - p.Mean[d]
		rest += float64(c * c)
	}
	for _, v := range z {
		rest -= float64(float64(v) * float64(v))
	}
	return max(0, rest)
}

// logNoise is the log-density of a squared distance from the space, 0 if there is nothing outside of it.
func (g *PCAGMM) logNoise(rest float64) float64 {
	axes := float64(g.Space.D - g.Space.Dims)
	if axes == 0 {
		return 0
	}
	return -0.5 * (float64(axes*math.Log(2*math.Pi*g.Noise)) + rest/g.Noise)
}

// exact is all of Evaluate for one row, in float64.
func (g *PCAGMM) exact(row []float32, f *spaceForms) (logProb float64, component int, rest float64) {
	p := g.Space
	z, l := make([]float64, p.Dims), make([]float64, g.K)
	for d, v := range row {
		c := float64(v) - p.Mean[d]
		rest += float64(c * c)
		for j := range z {
			z[j] += float64(c * float64(p.Components[j*p.D+d]))
		}
	}
	for k := range l {
		l[k] = f.c[k] - float64(0.5*f.distance2(z, g.mean(k), k))
		if l[k] > l[component] {
			component = k
		}
	}
	return floats.LogSumExp(l), component, max(0, rest-floats.Dot(z, z))
}
