package dcgmm

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// oneVectorCases have a top layer of one position, so that an image is a vector.
var oneVectorCases = []struct {
	arch string
	in   Shape
	k    int
}{
	{"F3x2 A4:2", Shape{H: 3, W: 2, C: 3}, 4},
	{"F5x3 A3:5", Shape{H: 5, W: 3, C: 2}, 3}, // 30 dimensions: a vector of lanes and a rest
	{"F2x1 A2:1", Shape{H: 2, W: 1, C: 1}, 2},
	{"F3x2 G4", Shape{H: 3, W: 2, C: 3}, 4},
}

// eachComponent calls check for all components of scrambled networks, with vectors x near them.
func eachComponent(t *testing.T, check func(g *GMM, l *oracleLayer, k int, x []float32, r *rand.Rand)) {
	t.Helper()
	checked := 0
	for i, c := range oneVectorCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		l := &oracleLayer{k: c.k}
		scramble(net, &oracle{[]*oracleLayer{l}}, uint64(20+i))
		r := rand.New(rand.NewPCG(5, uint64(i)))
		for k := range c.k {
			for range 4 {
				x := make([]float32, net.Layer(0).D)
				for d := range x {
					x[d] = 2*r.Float32() - 0.5
				}
				check(net.Layer(0), l, k, x, r)
				checked++
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d vectors were checked", checked)
	}
}

// analyserOf is a layer's family; one of a diagonal covariance is an analyser without factors.
func analyserOf(g *GMM) *factorAnalyser {
	if f, ok := g.family.(*factorAnalyser); ok {
		return f
	}
	return newFactorAnalyser(g.family.(*gaussian), 0)
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for d, v := range x {
		out[d] = float64(v)
	}
	return out
}

// component is ℓ_k of a vector.
func (l *oracleLayer) component(k int, x []float64) float64 { return l.logScores(0, x)[k] }

func TestResidualIsTheGradientByTheVector(t *testing.T) {
	eachComponent(t, func(g *GMM, l *oracleLayer, k int, x []float32, _ *rand.Rand) {
		e := make([]float32, g.D)
		analyserOf(g).residual(e, x, 0, k)
		const h = 1e-5
		largest := 0.0
		for d := range x {
			v := wide(x)
			v[d] += h
			up := l.component(k, v)
			v[d] -= 2 * h
			fd := (up - l.component(k, v)) / (2 * h)
			largest = math.Max(largest, math.Abs(fd))
			if !close4(-float64(e[d]), fd, 1) {
				t.Fatalf("L = %d, component %d: ∂ℓ/∂x_%d = %v, finite difference %v", g.L, k, d, -e[d], fd)
			}
		}
		if largest < 1e-3 {
			t.Fatalf("all derivatives are 0, nothing was checked")
		}
	})
}

func marginalOf(g *factorAnalyser, x []float32, missing []bool, k int) (score float64, m []float64) {
	var o observedPart
	o.look(g, missing, 0, k, true)
	return o.marginal(x)
}

func TestMarginalsAreThoseOfTheWholeCovariance(t *testing.T) {
	eachComponent(t, func(g *GMM, l *oracleLayer, k int, x []float32, r *rand.Rand) {
		l.factors = g.L // of a diagonal layer, covariance is diagonal
		for _, share := range []float64{0, 0.3, 0.7} {
			missing := make([]bool, g.D)
			var xo, mu []float64
			for d := range missing {
				missing[d] = d != 0 && r.Float64() < share
				if !missing[d] {
					xo, mu = append(xo, float64(x[d])), append(mu, l.mu[0][k*g.D+d])
				}
			}
			want := math.Log(softmaxOf(l.logits[0])[k]) + l.covariance(0, k, g.D).without(missing).logDensity(xo, mu)
			if got, _ := marginalOf(analyserOf(g), x, missing, k); math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
				t.Fatalf("L = %d, component %d, missing %v: %v, want %v", g.L, k, missing, got, want)
			}
		}
		all := make([]bool, g.D)
		for d := range all {
			all[d] = true
		}
		got, _ := marginalOf(analyserOf(g), x, all, k)
		if want := math.Log(softmaxOf(l.logits[0])[k]); math.Abs(got-want) > 1e-12 {
			t.Fatalf("nothing observed: %v, want log π = %v", got, want)
		}
	})
}

// drawnCovariance is that of draws of component k of set 0 with scaled noise, none at the bound of s, but along the factors:
// S⁻¹(FᵀF + MMᵀ)S⁻¹ with M = K + P(I − K), K the scales and P = Fᵀ(FFᵀ)⁻¹F.
func (l *oracleLayer) drawnCovariance(k, D int, scale, bound float64) *mat.Dense {
	var cov, m mat.Dense
	m.CloneFrom(mat.NewDense(D, D, nil))
	cov.CloneFrom(&m)
	if l.factors > 0 {
		f := mat.NewDense(l.factors, D, l.f[0][k*l.factors*D:][:l.factors*D])
		var gram, inverse mat.Dense
		gram.Mul(f, f.T())
		if err := inverse.Inverse(&gram); err != nil {
			panic(err)
		}
		var solved mat.Dense
		solved.Mul(&inverse, f)
		m.Mul(f.T(), &solved)
		cov.Mul(f.T(), f)
	}
	s := l.s[0][k*D:][:D]
	for d := range D {
		keep := 0.0
		if s[d] < bound {
			keep = scale
		}
		for a := range D {
			m.Set(a, d, m.At(a, d)*(1-keep))
		}
		m.Set(d, d, m.At(d, d)+keep)
	}
	var noise mat.Dense
	noise.Mul(&m, m.T())
	cov.Add(&cov, &noise)
	cov.Apply(func(a, b int, v float64) float64 { return v / (s[a] * s[b]) }, &cov)
	return &cov
}

func TestDrawsHaveTheMomentsOfTheirComponent(t *testing.T) {
	for i, c := range oneVectorCases {
		net, err := New(c.arch, c.in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		l := &oracleLayer{k: c.k}
		scramble(net, &oracle{[]*oracleLayer{l}}, uint64(30+i))
		g, r := net.Layer(0), rand.New(rand.NewPCG(6, uint64(i)))
		l.factors = g.L
		sorted := slices.Sorted(slices.Values(g.PrecRoot[(c.k-1)*g.D:][:g.D]))
		g.maxPrecRoot = sorted[2*len(sorted)/3] // a third of the values has no noise of its own
		const n, scale = 40_000, 0.5
		k, D := c.k-1, g.D
		mean, cov := make([]float64, D), make([]float64, D*D)
		x := make([]float32, D)
		for range n {
			g.family.draw(x, 0, k, scale, r)
			for a := range D {
				da := float64(x[a]) - l.mu[0][k*D+a]
				mean[a] += da / n
				for b := range D {
					cov[a*D+b] += da * (float64(x[b]) - l.mu[0][k*D+b]) / n
				}
			}
		}
		sigma := l.drawnCovariance(k, D, scale, float64(g.maxPrecRoot))
		for a := range D {
			for b := range D {
				sa, sb := math.Sqrt(sigma.At(a, a)), math.Sqrt(sigma.At(b, b))
				if e := cov[a*D+b] - sigma.At(a, b); math.Abs(e) > 6*math.Sqrt2*sa*sb/math.Sqrt(n) {
					t.Errorf("%s: covariance of %d and %d is off by %v of %v", c.arch, a, b, e, sigma.At(a, b))
				}
			}
			if deviation := math.Sqrt(sigma.At(a, a) / n); math.Abs(mean[a]) > 5*deviation {
				t.Errorf("%s: mean of dimension %d is off by %v, %v deviations", c.arch, a, mean[a], mean[a]/deviation)
			}
		}
	}
}

// Factors that have shrunk to nothing, as those of a component of black patches do, can be drawn, and add nothing.
func TestFactorsOfNoSizeAreDrawn(t *testing.T) {
	net, err := New("F1x3 A1:2", Shape{H: 1, W: 3, C: 1}, Init{MaxPrecRoot: 50})
	if err != nil {
		t.Fatal(err)
	}
	mu := []float32{0.5, 0.4, 0.7}
	copy(net.Layer(0).Mu, mu)
	copy(net.Layer(0).PrecRoot, []float32{20, 20, 20})
	for _, size := range []float32{0, 1e-20, 6e-14, 1e-10} {
		copy(net.Layer(0).Factors, []float32{size, size, 0, size, 0, -size})
		net.Refresh()
		for i, v := range mustSample(t, net, 0, 0, 10, Sampling{Seed: 1, Noise: []float64{0}}) {
			if d := v - mu[i%3]; !(max(d, -d) < 1e-3) {
				t.Errorf("factors of size %v: value %d is %v", size, i, v)
			}
		}
	}
}

// Factors that are multiples of each other but for rounding can be drawn: sums in float32 of them have no Cholesky
// factor. What is drawn varies as the model does.
func TestFactorsOfOneDirectionAreDrawn(t *testing.T) {
	const D, L = 40, 8
	net, err := New("F1x40 A1:8", Shape{H: 1, W: D, C: 1}, Init{MaxPrecRoot: 10})
	if err != nil {
		t.Fatal(err)
	}
	g, r := net.Layer(0), rand.New(rand.NewPCG(1, 2))
	for trial := range 50 {
		for d := range D {
			g.Mu[d], g.PrecRoot[d] = 0, 10
			v := r.NormFloat64()
			for l := range L {
				g.Factors[l*D+d] = float32(v * (1 + 1e-7*r.NormFloat64()) * float64(trial+1))
			}
		}
		net.Refresh()
		for _, noise := range []float64{0, 1} {
			for i, v := range mustSample(t, net, 0, 0, 20, Sampling{Seed: 1, Noise: []float64{noise}}) {
				if sd := math.Hypot(math.Sqrt(L)*float64(g.Factors[i%D]), 1) / 10; !(math.Abs(float64(v)) < 6*sd+1) {
					t.Fatalf("trial %d, noise %v: value %d is %v, of standard deviation %v", trial, noise, i, v, sd)
				}
			}
		}
	}
}

// Until the factors join, the training is that of the diagonal mixture, to the bit; afterwards it is another one.
func TestFactorsJoinLate(t *testing.T) {
	c := Config{Epochs: 6, BatchSize: 10, Seed: 5, Window: 6, RateEnd: 0.1, Rate: 0.2, FactorWait: 0.5}
	in := Shape{H: 10, W: 10, C: 1}
	for _, arch := range []string{"F10 A6:3", "F4/1 A6:3", "F4/1 G4 F7 A5:2"} {
		tr := newTestTrainer(t, arch, in, 60, c)
		diagonal := newTestTrainer(t, strings.NewReplacer("A6:3", "G6", "A5:2", "G5").Replace(arch), in, 60, c)
		tr.startPool()
		diagonal.startPool()
		layer := tr.net.Layers() - 1
		for tr.step < tr.Steps() {
			for _, trainer := range []*Trainer{tr, diagonal} {
				if err := trainer.runStep(); err != nil {
					t.Fatal(err)
				}
			}
			g, h := tr.net.Layer(layer), diagonal.net.Layer(layer)
			same := slices.Equal(g.Mu, h.Mu) && slices.Equal(g.PrecRoot, h.PrecRoot) && slices.Equal(g.Logits, h.Logits)
			zero := !slices.ContainsFunc(g.Factors, func(v float32) bool { return v != 0 })
			if waiting := tr.step <= tr.Steps()/2; same != waiting || zero != waiting || !g.family.waits() == waiting {
				t.Fatalf("%s after step %d of %d: as the diagonal mixture %t, factors are 0 %t", arch, tr.step, tr.Steps(), same, zero)
			}
		}
		tr.stopPool()
		diagonal.stopPool()
	}
}

// A network that has factors goes on with them at once.
func TestFactorsOfANetworkAreKept(t *testing.T) {
	tr := newTestTrainer(t, "F4/1 A6:3", Shape{H: 10, W: 10, C: 1}, 60, Config{Epochs: 1, BatchSize: 10, FactorWait: 0.9})
	g := tr.net.Layer(0)
	g.family.join(rand.New(rand.NewPCG(1, 1)))
	before := slices.Clone(g.Factors)
	tr.startPool()
	defer tr.stopPool()
	if err := tr.runStep(); err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i, v := range g.Factors {
		if math.Abs(float64(v-before[i])) > 0.5 {
			t.Fatalf("factor value %d: %v → %v", i, before[i], v)
		}
		if v != before[i] {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the factors did not learn")
	}
}

func TestNonFiniteFactorsEndTheTraining(t *testing.T) {
	tr := newTestTrainer(t, "F10 A6:3", Shape{H: 10, W: 10, C: 1}, 60, Config{Epochs: 4, BatchSize: 10, FactorWait: 1e-9, Rate: 1, RateFactors: 1000})
	var err error
	tr.net.Layer(0).Factors[7] = math.MaxFloat32 / 2
	tr.net.Refresh()
	err = tr.Run(context.Background(), nil)
	var nf *NonFiniteError
	if !errors.As(err, &nf) || nf.Layer != 0 || !strings.Contains(err.Error(), "RateFactors") {
		t.Errorf("error %v", err)
	}
}

// Two factors that are long and nearly parallel are finite, but in float32 Λ = I + FFᵀ is not positive definite: the
// component would have no score and win nothing.
func TestParallelFactorsEndTheTraining(t *testing.T) {
	tr := newTestTrainer(t, "F10 A6:2", Shape{H: 10, W: 10, C: 1}, 60, Config{Epochs: 4, BatchSize: 10, FactorWait: 1e-9})
	f := tr.net.Layer(0).Factors
	for d := range 100 {
		f[d] = 9e3 * (1 + float32(d%7)/8)
		f[100+d] = 0.7 * f[d]
	}
	tr.net.Refresh()
	var nf *NonFiniteError
	if err := tr.Run(context.Background(), nil); !errors.As(err, &nf) || !strings.Contains(err.Error(), "RateFactors") {
		t.Errorf("error %v", err)
	}
}

func savedFactors(t testing.TB) (*Network, []byte) {
	t.Helper()
	net, err := New("F3/2 A4:2 F3 A3:5", Shape{H: 7, W: 7, C: 1}, Init{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	net.Layer(1).family.join(rand.New(rand.NewPCG(1, 2)))
	var b bytes.Buffer
	if err := net.Save(&b); err != nil {
		t.Fatal(err)
	}
	return net, b.Bytes()
}

func TestCheckpointsHoldFactors(t *testing.T) {
	net, text := savedFactors(t)
	ck, err := Load(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for i := range net.Layers() {
		a, b := ck.Network.Layer(i), net.Layer(i)
		if !slices.Equal(a.Factors, b.Factors) || (a.L > 0 && !a.family.waits()) != (i == 1) {
			t.Errorf("layer %d: other factors after loading; waits %t", i, a.family.waits())
		}
		if a.L == 0 {
			continue
		}
		f, h := analyserOf(a), analyserOf(b)
		if f.joined && !(slices.Equal(f.forms[0].W, h.forms[0].W) && slices.Equal(f.forms[0].B, h.forms[0].B) && slices.Equal(f.form[0].C, h.form[0].C)) {
			t.Errorf("layer %d: other projections after loading", i)
		}
	}
	for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
		net.Layer(0).Factors[5] = float32(bad)
		var b bytes.Buffer
		if err := net.Save(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(&b); err == nil || !strings.Contains(err.Error(), "layer 1: a factor is not finite") {
			t.Errorf("%v: error %v", bad, err)
		}
	}
	if _, err := Load(bytes.NewReader(text[:len(text)-4*5*9])); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("without the last factors: %v", err)
	}
}

// Lists of pairs and products of matrices are two ways to the same sums, in wide layers and others.
func TestListsAndProductsGiveTheSameStep(t *testing.T) {
	for _, arch := range []string{"F4/1 A49:3", "F10x9 A49:3"} {
		var steps [2]*GMM
		for i, dense := range []bool{false, true} {
			tr := newTestTrainer(t, arch, Shape{H: 10, W: 9, C: 1}, 37, Config{Epochs: 3, Tau: 0.3, BatchSize: 37, Workers: 2, Rate: 0.5, RateEnd: 0.5, FactorWait: 0.9})
			g, l := tr.net.Layer(0), tr.learners[0]
			r := rand.New(rand.NewPCG(2, 2))
			for j := range g.Factors {
				g.Factors[j] = float32(0.3 * r.NormFloat64())
			}
			g.family.refresh()
			l.grid.SetWidth(l.ann.Tau)
			stats := l.stats.(*factorStatistics)
			stats.prepare()
			if n := len(stats.near); n < 4 || n > 12 {
				t.Fatalf("%d weights", n)
			}
			stats.dense = dense
			tr.startPool()
			if err := tr.runStep(); err != nil {
				t.Fatal(err)
			}
			tr.stopPool()
			if stats.dense != dense {
				t.Fatal("the step chose for itself")
			}
			steps[i] = g
		}
		for i, v := range [][]float32{steps[0].Mu, steps[0].PrecRoot, steps[0].Factors} {
			w := [][]float32{steps[1].Mu, steps[1].PrecRoot, steps[1].Factors}[i]
			for j := range v {
				if !close4(float64(v[j]), float64(w[j]), 0.1) {
					t.Fatalf("%s: parameter %d of kind %d: %v with lists, %v with products", arch, j, i, v[j], w[j])
				}
			}
		}
	}
}
