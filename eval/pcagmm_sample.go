package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Sample draws n rows, and says from which component each is: k with probability π_k, z ~ N(μ_k, Σ_k), and noise
// outside of the space scaled by noise: 1 is the density itself, 0 gives rows within the space. Values are clipped to
// [0, 1], the range of pixels. It panics for n < 0 and above 2³² values, for noise that is no number ≥ 0, for
// weights without a sum above 0, and as Evaluate does.
func (g *PCAGMM) Sample(n int, noise float64, rng *rand.Rand) (Matrix, []int) {
	g.check("Sample")
	cum := floats.CumSum(make([]float64, g.K), g.Weights)
	if n < 0 || !(noise >= 0) || !(cum[g.K-1] > 0) {
		panic(fmt.Sprintf("eval: Sample: n = %d rows and noise %v must not be negative, the sum %v of the weights must be above 0", n, noise, cum[g.K-1]))
	}
	checkCount("Sample", n, g.Space.D)
	p := g.Space
	roots := g.choleskys("Sample")
	X, components := Matrix{n, p.D, make([]float32, n*p.D)}, make([]int, n)
	x, z, e := make([]float64, p.D), make([]float64, p.Dims), make([]float64, p.Dims)
	for i := range n {
		u := rng.Float64() * cum[g.K-1]
		k := sort.Search(g.K-1, func(k int) bool { return cum[k] > u })
		components[i] = k
		for d := range x {
			x[d] = 0
			if noise > 0 && p.D > p.Dims {
				x[d] = noise * math.Sqrt(g.Noise) * rng.NormFloat64()
			}
		}
		for j := range e {
			e[j] = rng.NormFloat64()
		}
		mat.NewVecDense(p.Dims, z).MulVec(&roots[k], mat.NewVecDense(p.Dims, e))
		floats.Add(z, g.mean(k))
		p.place(x, z)
		for d, v := range x {
			X.X[i*p.D+d] = float32(min(max(v, 0), 1))
		}
	}
	return X, components
}

// place moves x to the point of coordinates z, and to the mean, leaving what is outside of the space.
func (p *PCA) place(x, z []float64) {
	for j, v := range z {
		row := p.Components[j*p.D : (j+1)*p.D]
		for d, c := range row {
			v -= float64(x[d] * float64(c))
		}
		for d, c := range row {
			x[d] += float64(v * float64(c))
		}
	}
	floats.Add(x, p.Mean)
}

// choleskys are the lower triangles L with LLᵀ = Σ_k.
func (g *PCAGMM) choleskys(name string) []mat.TriDense {
	roots := make([]mat.TriDense, g.K)
	for k := range roots {
		var c mat.Cholesky
		if !c.Factorize(g.cov(k)) {
			panic(fmt.Sprintf("eval: %s: the covariance of component %d is not positive definite", name, k))
		}
		c.LTo(&roots[k])
	}
	return roots
}

// Analysers returns the same density as a mixture of factor analysers with d factors and the same noise everywhere,
//
//	x = μ_k + σ(ε + F_kᵀz),  ε ~ N(0, I_D), z ~ N(0, I_d),  σ² = Noise, FᵀF = Pᵀ(Σ_k/σ² − I)P
//
// as means, K×D, and factors, K×d×D. A covariance that has less than Noise in a direction gets Noise there; fitted ones
// have not. It panics if d = D, when no noise is left.
func (g *PCAGMM) Analysers() (means, factors []float32) {
	g.check("Analysers")
	p := g.Space
	if p.Dims == p.D {
		panic("eval: Analysers: all axes are in the space, so nothing is left for the noise of factor analysers")
	}
	factors = make([]float32, g.K*p.Dims*p.D)
	for k := range g.K {
		values, vectors := eigen(g.cov(k))
		for l, v := range values {
			scale := math.Sqrt(max(0, v/g.Noise-1))
			f := factors[(k*p.Dims+l)*p.D:][:p.D]
			for j := range p.Dims {
				w := float32(scale * vectors.At(j, l))
				for d, c := range p.Components[j*p.D : (j+1)*p.D] {
					f[d] += float32(w * c)
				}
			}
		}
	}
	return g.RowMeans(), factors
}

// RowMeans are the means of the components as rows, K×D.
func (g *PCAGMM) RowMeans() (means []float32) {
	x := make([]float64, g.Space.D)
	for k := range g.K {
		clear(x)
		g.Space.place(x, g.mean(k))
		for _, v := range x {
			means = append(means, float32(v))
		}
	}
	return means
}

// eigen are the eigenvalues of a symmetric matrix, rising, and their vectors as columns.
func eigen(s mat.Symmetric) ([]float64, *mat.Dense) {
	var e mat.EigenSym
	if !e.Factorize(s, true) {
		panic("eval: the eigenvalues of a covariance do not converge: it has values that are not finite")
	}
	vectors := new(mat.Dense)
	e.VectorsTo(vectors)
	return e.Values(nil), vectors
}
