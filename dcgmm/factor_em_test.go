package dcgmm

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// emMixture is a mixture of factor analysers, x = μ + Λz + ε with ε ~ N(0, diag ψ), fitted by expectation
// maximisation in float64: Ghahramani & Hinton 1996, with a ψ for each component as in McLachlan, Peel & Bean 2003.
type emMixture struct {
	pi      []float64
	mu, psi [][]float64
	loading []*mat.Dense // D×L
}

// step does one E and one M step and returns the mean log-likelihood before it.
func (m *emMixture) step(xs [][]float64, least float64) (logLikelihood float64) {
	K, D := len(m.pi), len(xs[0])
	_, L := m.loading[0].Dims()
	gaussians, betas := make([]*oracleComponent, K), make([]*mat.Dense, K)
	for k := range K {
		g := &oracleComponent{sigma: mat.NewSymDense(D, nil)}
		g.sigma.SymOuterK(1, m.loading[k])
		for d, v := range m.psi[k] {
			g.sigma.SetSym(d, d, g.sigma.At(d, d)+v)
		}
		g.factorise()
		var solved, beta mat.Dense // β = Λᵀ(ΛΛᵀ + Ψ)⁻¹
		if err := g.chol.SolveTo(&solved, m.loading[k]); err != nil {
			panic(err)
		}
		beta.CloneFrom(solved.T())
		gaussians[k], betas[k] = g, &beta
	}
	// Sums of r·x z̃ᵀ, r·z̃z̃ᵀ and r·x², with z̃ = (z, 1).
	xz, zz, xx, total := make([]*mat.Dense, K), make([]*mat.Dense, K), make([][]float64, K), make([]float64, K)
	for k := range K {
		xz[k], zz[k], xx[k] = mat.NewDense(D, L+1, nil), mat.NewDense(L+1, L+1, nil), make([]float64, D)
	}
	for _, x := range xs {
		scores := make([]float64, K)
		for k := range K {
			scores[k] = math.Log(m.pi[k]) + gaussians[k].logDensity(x, m.mu[k])
		}
		logLikelihood += logSumExpOf(scores) / float64(len(xs))
		for k, r := range softmaxOf(scores) {
			diff := mat.NewVecDense(D, nil)
			diff.SubVec(mat.NewVecDense(D, x), mat.NewVecDense(D, m.mu[k]))
			z := mat.NewVecDense(L, nil)
			z.MulVec(betas[k], diff)
			z1 := mat.NewVecDense(L+1, append(append([]float64(nil), z.RawVector().Data...), 1))
			var outer, cov mat.Dense
			outer.Outer(r, mat.NewVecDense(D, x), z1)
			xz[k].Add(xz[k], &outer)
			outer.Reset()
			outer.Outer(r, z1, z1)
			cov.Mul(betas[k], m.loading[k])
			for a := range L { // E[zzᵀ|x] = I − βΛ + E[z]E[z]ᵀ
				for b := range L {
					v := -cov.At(a, b)
					if a == b {
						v++
					}
					outer.Set(a, b, outer.At(a, b)+r*v)
				}
			}
			zz[k].Add(zz[k], &outer)
			for d, v := range x {
				xx[k][d] += r * v * v
			}
			total[k] += r
		}
	}
	for k := range K {
		var inverse, both mat.Dense // (Λ, μ) = (Σ r x z̃ᵀ)(Σ r z̃z̃ᵀ)⁻¹
		if err := inverse.Inverse(zz[k]); err != nil {
			panic(err)
		}
		both.Mul(xz[k], &inverse)
		for d := range D {
			explained := 0.0
			for l := range L + 1 {
				explained += both.At(d, l) * xz[k].At(d, l)
				if l < L {
					m.loading[k].Set(d, l, both.At(d, l))
				}
			}
			m.mu[k][d] = both.At(d, L)
			m.psi[k][d] = math.Max(least, (xx[k][d]-explained)/total[k])
		}
		m.pi[k] = total[k] / float64(len(xs))
	}
	return logLikelihood
}

// fitEM runs EM from the true means, with small random loadings, until nothing changes any more.
func fitEM(xs [][]float64, means [][]float64, L int, r *rand.Rand) (logLikelihood float64) {
	K, D := len(means), len(means[0])
	m := &emMixture{}
	for k := range K {
		loading := mat.NewDense(D, L, nil)
		psi := make([]float64, D)
		for d := range D {
			psi[d] = 0.02
			for l := range L {
				loading.Set(d, l, 0.05*r.NormFloat64())
			}
		}
		m.pi, m.psi, m.loading = append(m.pi, 1/float64(K)), append(m.psi, psi), append(m.loading, loading)
		m.mu = append(m.mu, append([]float64(nil), means[k]...))
	}
	logLikelihood = math.Inf(-1)
	for range 2000 {
		now := m.step(xs, 1e-4)
		if now < logLikelihood-1e-9 {
			panic("EM lowered the likelihood")
		}
		if now-logLikelihood < 1e-9 {
			break
		}
		logLikelihood = now
	}
	return logLikelihood
}

// analysers are images of 2×3 pixels drawn from three factor analysers with two factors each.
func analysers(n int, r *rand.Rand) (im Images, xs, means [][]float64) {
	im.Shape = Shape{H: 2, W: 3, C: 1}
	means = [][]float64{{0.25, 0.3, 0.3, 0.25, 0.7, 0.5}, {0.7, 0.65, 0.35, 0.6, 0.3, 0.4}, {0.4, 0.7, 0.75, 0.3, 0.35, 0.7}}
	loadings := [3][2][6]float64{
		{{0.12, 0.1, -0.1, 0.05, 0, 0.1}, {0, 0.05, 0.1, -0.1, 0.1, 0.05}},
		{{0.1, -0.1, 0.1, 0, 0.1, 0}, {0.05, 0.1, 0, 0.12, -0.05, 0.1}},
		{{-0.1, 0.05, 0, 0.1, 0.1, -0.1}, {0.1, 0.1, 0.08, 0, 0.05, -0.05}}}
	for i := range n {
		k := i % 3
		z := [2]float64{r.NormFloat64(), r.NormFloat64()}
		x := make([]float64, 6)
		for d := range x {
			v := means[k][d] + loadings[k][0][d]*z[0] + loadings[k][1][d]*z[1] + (0.04+0.01*float64(d%2))*r.NormFloat64()
			b := uint8(math.Round(255 * min(max(v, 0), 1)))
			im.Pix = append(im.Pix, b)
			x[d] = float64(b) / 255
		}
		xs = append(xs, x)
	}
	return im, xs, means
}

// gradientGap is how far below EM's the mean log-likelihood of a training by gradient ascent may stay, in nats per
// vector; without factors it stays more than a hundred times as far below.
const gradientGap = 0.02

func TestGradientAscentReachesEM(t *testing.T) {
	im, xs, means := analysers(900, rand.New(rand.NewPCG(1, 7)))
	em := fitEM(xs, means, 2, rand.New(rand.NewPCG(1, 8)))
	fitted := func(arch string) float64 {
		net, err := New(arch, im.Shape, Init{Seed: 2, MaxPrecRoot: 100})
		if err != nil {
			t.Fatal(err)
		}
		for i := range net.Layer(0).PrecRoot { // broad at the start: at the bound, a step of the means would be too long
			net.Layer(0).PrecRoot[i] = 4
		}
		net.Refresh()
		tr, err := NewTrainer(net, im, Config{Epochs: 1500, Seed: 1, Workers: 1, Schedule: Fixed, Rate: 0.005, RateEnd: 0.0005, RatePrecRoot: 400, RateFactors: 60, FactorWait: 0.3, AnnealShare: 0.8})
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		ev, err := net.Evaluate(context.Background(), im, 0)
		if err != nil {
			t.Fatal(err)
		}
		mean, _ := meanAndDeviation(ev.Layers[0].LSE)
		return mean
	}
	with, without := fitted("F2x3 A3:2"), fitted("F2x3 G3")
	t.Logf("mean log-likelihood: EM %.4f, gradient ascent %.4f, without factors %.4f", em, with, without)
	if with < em-gradientGap {
		t.Errorf("gradient ascent reaches %.4f nats, EM %.4f", with, em)
	}
	if without > em-100*gradientGap {
		t.Errorf("without factors, gradient ascent reaches %.4f nats, EM %.4f: the data do not need factors, nothing was tested", without, em)
	}
}
