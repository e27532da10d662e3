package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
)

// skewed are N rows of D values around K centres, each with a covariance of its own that is not diagonal.
func skewed(N, D, K int, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	centers, mix := make([]float64, K*D), make([]float64, K*D*D)
	for i := range centers {
		centers[i] = 0.5 + 0.3*r.NormFloat64()
	}
	for i := range mix {
		mix[i] = 0.06 * r.NormFloat64()
	}
	X, e := Matrix{N, D, make([]float32, N*D)}, make([]float64, D)
	for i := range N {
		k := r.IntN(K)
		for j := range e {
			e[j] = r.NormFloat64()
		}
		for d := range D {
			v := centers[k*D+d]
			for j := range D {
				v += mix[k*D*D+d*D+j] * e[j]
			}
			X.X[i*D+d] = float32(v)
		}
	}
	return X
}

func fitPCAGMM(t *testing.T, X Matrix, c PCAGMMConfig) *PCAGMMFit {
	t.Helper()
	fit, err := FitPCAGMM(context.Background(), X, c, newRand())
	if err != nil {
		t.Fatal(err)
	}
	return fit
}

// matrix is P, d×D.
func (p *PCA) matrix() *mat.Dense {
	P := mat.NewDense(p.Dims, p.D, nil)
	for i, v := range p.Components {
		P.Set(i/p.D, i%p.D, float64(v))
	}
	return P
}

// wholeCov is the covariance of a component for whole rows, D×D: PᵀΣP + Noise·(I − PᵀP).
func (g *PCAGMM) wholeCov(k int) *mat.SymDense {
	P := g.Space.matrix()
	var right, in, proj mat.Dense
	right.Mul(g.cov(k), P)
	in.Mul(P.T(), &right)
	proj.Mul(P.T(), P)
	C := mat.NewSymDense(g.Space.D, nil)
	for i := range g.Space.D {
		for j := i; j < g.Space.D; j++ {
			v := in.At(i, j) - g.Noise*proj.At(i, j)
			if i == j {
				v += g.Noise
			}
			C.SetSym(i, j, v)
		}
	}
	return C
}

// wholeMean is that of a component for whole rows.
func (g *PCAGMM) wholeMean(k int) []float64 {
	x := make([]float64, g.Space.D)
	g.Space.place(x, g.mean(k))
	return x
}

// mixtureLogProb is the plain float64 log-likelihood of a row under a mixture, and the likeliest component.
func mixtureLogProb(t *testing.T, x []float64, weights []float64, means [][]float64, covs []*mat.SymDense) (float64, int) {
	t.Helper()
	sum, best, top := 0., 0, math.Inf(-1)
	for k, w := range weights {
		n, ok := distmv.NewNormal(means[k], covs[k], nil)
		if !ok {
			t.Fatalf("covariance %d is not positive definite", k)
		}
		l := math.Log(w) + n.LogProb(x)
		sum += math.Exp(l)
		if l > top {
			best, top = k, l
		}
	}
	return math.Log(sum), best
}

func float64s(row []float32) (x []float64) {
	for _, v := range row {
		x = append(x, float64(v))
	}
	return x
}

// The scores are those of Gaussians over whole rows with D×D covariances, written out.
func TestPCAGMMScoresByHand(t *testing.T) {
	for _, dims := range []int{1, 3, 7} {
		X := skewed(400, 7, 4, 3)
		fit := fitPCAGMM(t, X, PCAGMMConfig{K: 4, Dims: dims, MaxIter: 5})
		s := fit.Evaluate(X, 2)
		var whole, within [2][]*mat.SymDense
		var means, inner [][]float64
		for k := range fit.K {
			whole[0], within[0] = append(whole[0], fit.wholeCov(k)), append(within[0], fit.cov(k))
			means, inner = append(means, fit.wholeMean(k)), append(inner, fit.mean(k))
		}
		P := fit.Space.matrix()
		for i := range 60 {
			x := float64s(X.Row(i))
			want, component := mixtureLogProb(t, x, fit.Weights, means, whole[0])
			if math.Abs(s.LogProb[i]-want) > 1e-4*(1+math.Abs(want)) || s.Component[i] != component {
				t.Errorf("d = %d, row %d: %v of component %d, by hand %v of %d", dims, i, s.LogProb[i], s.Component[i], want, component)
			}
			for d := range x {
				x[d] -= fit.Space.Mean[d]
			}
			z := make([]float64, dims)
			mat.NewVecDense(dims, z).MulVec(P, mat.NewVecDense(7, x))
			if want, _ := mixtureLogProb(t, z, fit.Weights, inner, within[0]); math.Abs(s.InSpace[i]-want) > 1e-4*(1+math.Abs(want)) {
				t.Errorf("d = %d, row %d: %v within the space, by hand %v", dims, i, s.InSpace[i], want)
			}
		}
	}
}

// Three steps of EM are those of the textbook, in plain loops; the floor is too low to matter.
func TestPCAGMMStepsByHand(t *testing.T) {
	const D = 5
	X := skewed(2500, D, 3, 4)
	at := func(iterations int) *PCAGMMFit {
		return fitPCAGMM(t, X, PCAGMMConfig{K: 3, Dims: D, MaxIter: iterations, Tol: -1, Floor: 1e-6})
	}
	g, want := at(1), at(4)
	Z := g.Space.Project(nil, X, 1)
	for range 3 {
		r := make([][]float64, X.N)
		for i := range r {
			for k := range g.K {
				n, _ := distmv.NewNormal(g.mean(k), g.cov(k), nil)
				r[i] = append(r[i], g.Weights[k]*n.Prob(float64s(Z.Row(i))))
			}
			total := r[i][0] + r[i][1] + r[i][2]
			for k := range g.K {
				r[i][k] /= total
			}
		}
		for k := range g.K {
			var n float64
			mu, c := make([]float64, D), make([]float64, D*D)
			for i := range r {
				n += r[i][k]
				for d, v := range Z.Row(i) {
					mu[d] += r[i][k] * float64(v)
				}
			}
			for d := range mu {
				mu[d] /= n
			}
			for i := range r {
				for d, v := range Z.Row(i) {
					for j, w := range Z.Row(i) {
						c[d*D+j] += r[i][k] / n * (float64(v) - mu[d]) * (float64(w) - mu[j])
					}
				}
			}
			g.Weights[k] = n / float64(X.N)
			copy(g.mean(k), mu)
			copy(g.Covs[k*D*D:], c)
		}
	}
	for _, p := range []struct {
		name      string
		got, want []float64
	}{{"weight", want.Weights, g.Weights}, {"mean", want.Means, g.Means}, {"covariance", want.Covs, g.Covs}} {
		for i := range p.want {
			if math.Abs(p.got[i]-p.want[i]) > 1e-5 {
				t.Errorf("%s %d: %v, by hand %v", p.name, i, p.got[i], p.want[i])
			}
		}
	}
}

// A floor changes nothing but eigenvalues below it.
func TestRaiseEigenvalues(t *testing.T) {
	X := skewed(300, 5, 1, 9)
	g, err := FitGaussian(context.Background(), X, 1)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := eigen(mat.NewSymDense(5, slices.Clone(g.Cov)))
	for _, floor := range []float64{before[0] / 2, (before[1] + before[2]) / 2, 2 * before[4]} {
		s := mat.NewSymDense(5, slices.Clone(g.Cov))
		raise(s, floor)
		after, vectors := eigen(s)
		for l, v := range before {
			if !near(after[l], max(v, floor), 1e-9) {
				t.Errorf("floor %v: eigenvalue %v becomes %v", floor, v, after[l])
			}
		}
		var rotated, turned mat.Dense
		rotated.Mul(mat.NewSymDense(5, g.Cov), vectors)
		turned.Mul(vectors.T(), &rotated)
		for l, v := range before {
			if floor < before[4] && v > floor && !near(turned.At(l, l), v, 1e-9) {
				t.Errorf("floor %v: the direction of %v has turned", floor, v)
			}
		}
	}
}

func TestPCAGMMNeverLosesLikelihood(t *testing.T) {
	X := skewed(3000, 9, 6, 5)
	for _, floor := range []float64{1e-6, 0.1, 0.5} {
		fit := fitPCAGMM(t, X, PCAGMMConfig{K: 12, Dims: 6, Floor: floor, Tol: -1, MaxIter: 40})
		L := fit.LogLikelihood
		if len(L) != 41 || L[40] < L[0]+0.01 {
			t.Errorf("floor %v: %v", floor, L)
		}
		for i := 1; i < len(L); i++ {
			if L[i] < L[i-1]-1e-5 {
				t.Errorf("floor %v: step %d from %v to %v", floor, i, L[i-1], L[i])
			}
		}
		if fit.Shortfall > 1e-5 {
			t.Errorf("floor %v: shortfall %v", floor, fit.Shortfall)
		}
		s := fit.Evaluate(X, 1)
		mean := 0.
		for _, v := range s.InSpace {
			mean += v / float64(X.N)
		}
		if !near(mean, fit.last(), 1e-6) {
			t.Errorf("floor %v: the mean score is %v, the fit ended at %v", floor, mean, fit.last())
		}
	}
}

// known is a mixture of three in a space of dims of the 5 axes, far enough apart to be told.
func known(dims int) *PCAGMM {
	const D = 5
	g := &PCAGMM{Space: &PCA{D: D, Dims: dims, Mean: []float64{0.5, 0.4, 0.6, 0.5, 0.5}, Components: make([]float32, dims*D)}, K: 3,
		Weights: []float64{0.5, 0.3, 0.2}, Means: make([]float64, 3*dims), Covs: make([]float64, 3*dims*dims), Noise: 1e-5}
	for j := range dims {
		g.Space.Components[j*D+(j+1)%D] = 1
	}
	for k := range g.K {
		c := g.cov(k)
		for j := range dims {
			g.Means[k*dims+j] = []float64{-0.25, 0, 0.2}[(j+k)%3]
			c.SetSym(j, j, 0.0012+0.0004*float64(k))
			if j > 0 {
				c.SetSym(j-1, j, []float64{-0.0005, 0.0006, 0}[k])
			}
		}
	}
	return g
}

// EM finds the mixture that rows are drawn from: weights, means and covariances of whole rows, and the noise.
func TestPCAGMMIsRecovered(t *testing.T) {
	for _, dims := range []int{2, 5} {
		truth := known(dims)
		X, components := truth.Sample(30000, 1, newRand())
		fit := fitPCAGMM(t, X, PCAGMMConfig{K: 3, Dims: dims, NInit: 3, Floor: 1e-6})
		s := fit.Evaluate(X, 2)
		table := NewContingency(components, s.Component)
		if table.Purity() < 0.999 {
			t.Fatalf("d = %d: purity %v", dims, table.Purity())
		}
		for k := range truth.K {
			at := s.Component[slices.Index(components, k)]
			if math.Abs(fit.Weights[at]-truth.Weights[k]) > 0.01 {
				t.Errorf("d = %d: weight %v, want %v", dims, fit.Weights[at], truth.Weights[k])
			}
			for d, v := range truth.wholeMean(k) {
				if math.Abs(fit.wholeMean(at)[d]-v) > 0.003 {
					t.Errorf("d = %d: mean %v, want %v", dims, fit.wholeMean(at), truth.wholeMean(k))
				}
			}
			for i := range 5 {
				for j := range 5 {
					if got, want := fit.wholeCov(at).At(i, j), truth.wholeCov(k).At(i, j); math.Abs(got-want) > 1e-4 {
						t.Errorf("d = %d: covariance %d %d is %v, want %v", dims, i, j, got, want)
					}
				}
			}
		}
		if dims == 2 && !near(fit.Noise, truth.Noise, 0.05) {
			t.Errorf("noise %v, want %v", fit.Noise, truth.Noise)
		}
	}
}

func TestPCAGMMDoesNotDependOnWorkers(t *testing.T) {
	X := skewed(5000, 20, 8, 6)
	c := PCAGMMConfig{K: 10, Dims: 7, MaxIter: 8, Workers: 1}
	one := fitPCAGMM(t, X, c)
	scores := one.Evaluate(X, 1)
	for _, workers := range []int{2, 3, 16} {
		c.Workers = workers
		many := fitPCAGMM(t, X, c)
		if fmt.Sprint(one.Weights, one.Means, one.Covs, one.LogLikelihood) != fmt.Sprint(many.Weights, many.Means, many.Covs, many.LogLikelihood) {
			t.Errorf("%d workers fit other bits", workers)
		}
		if fmt.Sprint(many.Evaluate(X, workers)) != fmt.Sprint(scores) {
			t.Errorf("%d workers give other scores", workers)
		}
	}
}
