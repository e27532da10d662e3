package dcgmm

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// channels is how many values a position hands on.
func (l *oracleLayer) channels() int {
	if l.up {
		return l.k * (1 + l.factors)
	}
	return l.k
}

// codes are w_k·G·E[z | x_o, k], without G on top, for the factors of all components, from the joint Gaussian of z and x: cov(z, x) = F S⁻¹,
// so that E[z | x_o] = F_o S_o⁻¹ Σ_oo⁻¹ (x_o − μ_o). GᵀG = FS⁻²Fᵀ. missing is 1 where a value is not known; nil: nowhere.
func (l *oracleLayer) codes(set int, x, missing, w, asked []float64) (out []float64) {
	D := len(x)
	for k := range l.k * min(l.factors, 1) {
		gone := make([]bool, D)
		var seen []int
		var diff []float64
		for d := range x {
			if gone[d] = missing != nil && missing[d] == 1; !gone[d] {
				seen, diff = append(seen, d), append(diff, x[d]-l.mu[set][k*D+d])
			}
		}
		z := l.priorOf(set, k, D, missing, asked)
		for i, d := range seen {
			diff[i] -= l.shift(set, k, D, d, z)
		}
		var e []float64
		if len(seen) > 0 {
			e = l.covariance(set, k, D).without(gone).solve(diff)
		}
		m := mat.NewVecDense(l.factors, slices.Clone(z))
		for j := range l.factors {
			for i, d := range seen {
				m.SetVec(j, m.AtVec(j)+l.f[set][(k*l.factors+j)*D+d]/l.s[set][k*D+d]*e[i])
			}
		}
		code := m
		if l.up {
			code = mat.NewVecDense(l.factors, nil)
			code.MulVec(l.patchBasis(set, k, D), m)
		}
		for j := range l.factors {
			out = append(out, w[k]*code.AtVec(j))
		}
	}
	return out
}

// priorOf is the mean of the factors' prior N(z₀, I): the factors that a code stands for which is asked for, if there is
// such a code and some of the patch is missing (model.md §8).
func (l *oracleLayer) priorOf(set, k, D int, missing, asked []float64) []float64 {
	if len(asked) <= l.k || asked[k] < 1e-3 || !slices.Contains(missing, 1) {
		return make([]float64, l.factors)
	}
	code := slices.Clone(asked[l.k+k*l.factors:][:l.factors])
	for j := range code {
		code[j] /= asked[k]
	}
	return l.factorsOf(set, k, D, code)
}

// shift is what factors z add to the mean of value d.
func (l *oracleLayer) shift(set, k, D, d int, z []float64) (v float64) {
	for j, z := range z {
		v += z * l.f[set][(k*l.factors+j)*D+d] / l.s[set][k*D+d]
	}
	return v
}

// patchBasis is G of component k.
func (l *oracleLayer) patchBasis(set, k, D int) *mat.TriDense {
	gram := mat.NewSymDense(l.factors, nil)
	for a := range l.factors {
		for b := range a + 1 {
			v := 0.0
			for d := range D {
				s := l.s[set][k*D+d]
				v += l.f[set][(k*l.factors+a)*D+d] * l.f[set][(k*l.factors+b)*D+d] / (s * s)
			}
			gram.SetSym(a, b, v)
		}
	}
	var chol mat.Cholesky
	var g mat.TriDense
	if chol.Factorize(gram) {
		chol.UTo(&g)
		return &g
	}
	return mat.NewTriDense(l.factors, mat.Upper, nil) // factors that have not joined
}

// factorsOf are w_k·z of component k, from its part of codes, L values.
func (l *oracleLayer) factorsOf(set, k, D int, codes []float64) []float64 {
	if !l.up {
		return codes
	}
	z := mat.NewVecDense(l.factors, nil)
	if err := z.SolveVec(l.patchBasis(set, k, D), mat.NewVecDense(l.factors, codes)); err != nil {
		panic(err)
	}
	return z.RawVector().Data
}

// pooledWith is model.md §2 for the output of layer below: responsibilities take their factors along.
func (m oracleMap) pooledWith(p [4]int, below *oracleLayer) oracleMap {
	out := m.pool(p)
	if below == nil || !below.up {
		return out
	}
	for i, y0 := range windows(m.H, p[0], p[2]) {
		for j, x0 := range windows(m.W, p[1], p[3]) {
			for k := range below.k {
				best := math.Inf(-1)
				for y := y0; y < min(y0+p[0], m.H); y++ {
					for x := x0; x < min(x0+p[1], m.W); x++ {
						if v := *m.at(y, x, k); v > best {
							best = v
							for l := range below.factors {
								c := below.k + k*below.factors + l
								*out.at(i, j, c) = *m.at(y, x, c)
							}
						}
					}
				}
			}
		}
	}
	return out
}

// Two layers of one factor analyser each are a linear Gaussian model, whose joint distribution is known. The top layer
// says of the patches' codes c = G·m, G = ‖F/s‖ for one factor, that they are N(μ, Σ); with z ~ N(c/G, 1/Λ) and x = μ₁ +
// (ε + Fᵀz)/s the mean of x is μ₁ + Fᵀμ/(Gs), and its covariance S⁻¹(I + Fᵀ(Σ/G² + I/Λ)F)S⁻¹, of Σ alone across patches.
// Samples have both.
func TestSamplesOfALinearGaussianModelHaveItsMoments(t *testing.T) {
	const n, bound = 60_000, 1000
	net, err := New("F1x2/1x2 A1:1 U F1x2 A1:1", Shape{H: 1, W: 4, C: 1}, Init{MaxPrecRoot: bound})
	if err != nil {
		t.Fatal(err)
	}
	low, top := net.Layer(0), net.Layer(1)
	copy(low.Mu, []float32{0.5, 0.45})
	copy(low.PrecRoot, []float32{40, 25})
	copy(low.Factors, []float32{1.5, -0.8})
	loading := [2]float64{1.5, -0.8}
	root, mu, mean := [2]float64{40, 25}, [2]float64{0.3, -0.2}, [2]float64{0.5, 0.45}
	sd, f := [2]float64{1 / 2.0, 1 / 1.25}, [2]float64{1.2, 0.9}
	G := math.Hypot(loading[0]/root[0], loading[1]/root[1])
	lambda := 1 + loading[0]*loading[0] + loading[1]*loading[1]
	// The top layer sees (r, Gm) of both patches. A responsibility is always 1: no noise, no factor.
	copy(top.Mu, []float32{1, float32(mu[0] * G), 1, float32(mu[1] * G)})
	copy(top.PrecRoot, []float32{bound, float32(1 / (sd[0] * G)), bound, float32(1 / (sd[1] * G))})
	copy(top.Factors, []float32{0, float32(f[0]), 0, float32(f[1])})
	net.Refresh()
	values := mustSample(t, net, 1, 0, n, Sampling{Seed: 3, Noise: []float64{1}})
	for a := range 4 {
		pa, da := a/2, a%2
		wantA := mean[da] + loading[da]*mu[pa]/root[da]
		for b := range a + 1 {
			pb, db := b/2, b%2
			wantB := mean[db] + loading[db]*mu[pb]/root[db]
			sigma := f[pa] * f[pb]
			if pa == pb {
				sigma++
			}
			sigma *= sd[pa] * sd[pb]
			if pa == pb {
				sigma += 1 / lambda
			}
			want := loading[da] * loading[db] * sigma
			if a == b {
				want++
			}
			want /= root[da] * root[db]
			cov := 0.0
			for i := range n {
				cov += (float64(values[4*i+a]) - wantA) * (float64(values[4*i+b]) - wantB) / n
			}
			scale := (1 + loading[da]*loading[da]*2.5) / (root[da] * root[db]) // at least the deviations' product
			if math.Abs(cov-want) > 6*scale/math.Sqrt(n) {
				t.Errorf("covariance of %d and %d: %v, want %v", a, b, cov, want)
			}
		}
		got := 0.0
		for i := range n {
			got += float64(values[4*i+a]) / n
		}
		if math.Abs(got-wantA) > 6*3/(root[da]*math.Sqrt(n)) {
			t.Errorf("mean of %d: %v, want %v", a, got, wantA)
		}
	}
}

// What is handed up are coordinates in an orthonormal basis of a component's factors, here by Gram and Schmidt: patches
// in the span of the factors come back from them, and codes are as far from each other as patches are.
func TestCodesAreCoordinatesOfPatches(t *testing.T) {
	net, err := New("F1x3/1x3 A1:2 U G1", Shape{H: 1, W: 6, C: 1}, Init{MaxPrecRoot: 1000})
	if err != nil {
		t.Fatal(err)
	}
	g := net.Layer(0)
	copy(g.Mu, []float32{0.5, 0.5, 0.5})
	for d := range g.PrecRoot {
		g.PrecRoot[d] = 200
	}
	copy(g.Factors, []float32{40, 40, 0, 0, 10, 30})
	net.Refresh()
	q := [2][3]float64{{math.Sqrt(0.5), math.Sqrt(0.5), 0}, {-5 / math.Sqrt(950), 5 / math.Sqrt(950), 30 / math.Sqrt(950)}}
	// In the span of the factors: 0.5 + 0.2·a + …, exactly.
	im := Images{Shape: net.Input(), Pix: []uint8{168, 178, 158, 87, 92, 142}}
	codes, err := net.Responsibilities(t.Context(), im, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) != 2*3 || codes[0] != 1 || codes[3] != 1 {
		t.Fatalf("codes %v: want (1, Gm) for two positions", codes)
	}
	var apart, codesApart float64
	for p := range 2 {
		for d := range 3 {
			got := float64(g.Mu[d])
			for l := range 2 {
				got += float64(codes[p*3+1+l]) * q[l][d]
			}
			if want := float64(im.Pix[p*3+d]) / 255; math.Abs(got-want) > 0.02 {
				t.Errorf("value %d of patch %d: %v by its code, %v", d, p, got, want)
			}
		}
	}
	for d := range 3 {
		apart += math.Pow(float64(im.Pix[d])/255-float64(im.Pix[3+d])/255, 2)
	}
	for l := range 2 {
		codesApart += math.Pow(float64(codes[1+l]-codes[4+l]), 2)
	}
	if math.Abs(codesApart/apart-1) > 0.02 {
		t.Errorf("squared distance of codes %v, of patches %v", codesApart, apart)
	}
}

// Without a word of noise, layers that draw codes draw none, and those of a network without codes do.
func TestNoiseOfCodesIsOffByDefault(t *testing.T) {
	for arch, noise := range map[string][]float64{"F3/3 A4:2 U F2 A3:2": {1, 0}, "F3/3 A4:2 F2 A3:2": {1, 1}} {
		net, err := New(arch, Shape{H: 6, W: 6, C: 1}, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		scramble(net, &oracle{[]*oracleLayer{{k: 4}, {k: 3}}}, 5)
		for _, other := range [][]float64{{1, 0}, {1, 1}} {
			same := slices.Equal(mustSample(t, net, 1, 0, 8, Sampling{Seed: 2}), mustSample(t, net, 1, 0, 8, Sampling{Seed: 2, Noise: other}))
			if same != slices.Equal(other, noise) {
				t.Errorf("%s: samples are those of noise %v: %v", arch, other, same)
			}
		}
	}
}

// Blank patches have codes that fade with their component's mean and precision, weighed by ever smaller responsibilities.
func TestSquaresOfWhatIsHandedUpAreNoSubnormalNumbers(t *testing.T) {
	const K, L, n = 2, 3, 16
	dst := make([]float32, K*(1+L)*n)
	for i := range n {
		weight, factor := float32(math.Exp(-2.5*float64(i))), float32(1)
		for k := range K {
			dst[k*n+i] = weight
			for l := range L {
				dst[(K+k*L+l)*n+i] = factor
				factor *= -1e-7
			}
		}
	}
	timesWeights(dst, K, L, n)
	zeros := 0
	for _, v := range dst[K*n:] {
		if v == 0 {
			zeros++
		} else if v*v < 0x1p-126 {
			t.Errorf("%v is handed up: its square is subnormal", v)
		}
	}
	if all := K * L * n; zeros == 0 || zeros == all {
		t.Errorf("%d of %d values are 0", zeros, all)
	}
}
