package dcgmm

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// expectedPatches are Σ_k r_k(μ_k + F_kᵀm_k/s_k) / Σ_k r_k for codes by position: r_k, and behind them r_k·m_k or nothing.
func (l *oracleLayer) expectedPatches(codes [][]float64) (patches [][]float32) {
	for pos, code := range codes {
		set := l.set(pos)
		D, total := len(l.mu[set])/l.k, 0.0
		for _, r := range code[:l.k] {
			total += r
		}
		x := make([]float32, D)
		for d := range x {
			v := 0.0
			for k, r := range code[:l.k] {
				v += r * l.mu[set][k*D+d]
				if l.factors > 0 && len(code) > l.k {
					for j, z := range l.factorsOf(set, k, D, code[l.k+k*l.factors:][:l.factors]) {
						v += z * l.f[set][(k*l.factors+j)*D+d] / l.s[set][k*D+d]
					}
				}
			}
			x[d] = float32(v / total)
		}
		patches = append(patches, x)
	}
	return patches
}

// mapsOf are the maps that the pathway score compares, in float64.
func (o *oracle) mapsOf(image oracleMap, pooled func(layer int, m oracleMap) oracleMap) (maps [][]float64, top oracleOutput) {
	maps = append(maps, image.v)
	out := o.forward(image)
	for i, l := range o.layers[:len(o.layers)-1] {
		_, h, w := image.padded(l.pad).patches(l.fold) // the first of two layers only
		m := newOracleMap(h, w, l.channels())
		for pos, r := range out[i].resp {
			copy(m.v[pos*m.C:], r)
		}
		maps = append(maps, pooled(i+1, m).v)
	}
	top = out[len(out)-1]
	var scores []float64
	for _, s := range top.scores {
		scores = append(scores, s...)
	}
	return append(maps, scores), top
}

// The pathway score is that of model.md §4 in float64, whitened by the eigenvectors of a covariance of D×D.
func TestPathwayScoreAgreesWithTheOracle(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 1}
	for _, c := range []struct {
		arch   string
		layers []*oracleLayer
	}{
		{"F6x7 A3:2", []*oracleLayer{{fold: [4]int{6, 7, 1, 1}, k: 3, rows: 1, cols: 3}}},
		{"F3/1 G4 T2 M F2 A3:1", []*oracleLayer{{fold: [4]int{3, 3, 1, 1}, k: 4, rows: 2, cols: 2, temper: 2},
			{pools: [][4]int{{2, 2, 2, 2}}, fold: [4]int{2, 2, 1, 1}, k: 3, rows: 1, cols: 3}}},
		{"F3x4/3 A3:2 U F2 G4", []*oracleLayer{{fold: [4]int{3, 4, 3, 3}, k: 3, rows: 1, cols: 3, up: true},
			{fold: [4]int{2, 2, 1, 1}, k: 4, rows: 2, cols: 2}}},
	} {
		net, err := New(c.arch, in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := &oracle{c.layers}
		scramble(net, o, 9)
		for _, l := range c.layers {
			l.known = nil
		}
		im, images := randomImages(120, in, 10)
		var diffs [][][]float64
		for _, image := range images {
			diffs = append(diffs, o.pathwayDifferences(image))
		}
		want := whitenedLengths(t, diffs)
		scores, _, err := mustFitScorer(t, net, im, 0).Score(context.Background(), im, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range scoreNamed(t, scores, PathwayScore) {
			if math.Abs(v-want[i]) > 1e-3*math.Abs(want[i]) {
				t.Errorf("%s: image %d has %v, the oracle %v", c.arch, i, v, want[i])
			}
		}
	}
}

// pathwayDifferences takes an image up, down and up.
func (o *oracle) pathwayDifferences(image oracleMap) [][]float64 {
	pooled := func(i int, m oracleMap) oracleMap {
		for _, p := range o.layers[i].pools {
			m = m.pooledWith(p, o.layers[i-1])
		}
		return m
	}
	maps, code := o.mapsOf(image, pooled)
	last := o.layers[len(o.layers)-1]
	var codes [][]float64
	for pos, r := range code.resp {
		codes = append(codes, append(r[:last.k:last.k], last.codes(last.set(pos), code.x[pos], nil, r, nil)...))
	}
	for i := len(o.layers) - 1; i >= 0; i-- {
		l, in := o.layers[i], Shape{H: image.H, W: image.W, C: image.C}
		var wide [2]int
		if i > 0 { // two layers: the map after and before the poolings
			_, h, w := image.padded(o.layers[0].pad).patches(o.layers[0].fold)
			wide = [2]int{h, w}
			m := pooled(i, newOracleMap(h, w, o.layers[0].channels()))
			in = Shape{H: m.H, W: m.W, C: m.C}
		}
		down := l.unfolded(in, l.expectedPatches(codes))
		if i == 0 {
			for j, v := range down.v {
				down.v[j] = min(max(v, 0), 1)
			}
			again, _ := o.mapsOf(down, pooled)
			for j := range maps {
				for d := range maps[j] {
					maps[j][d] -= again[j][d]
				}
			}
			break
		}
		codes = o.layers[i-1].askedBy(down, wide, len(l.pools) > 0)
	}
	return maps
}

// askedBy repeats a map over windows of 2×2 if it was pooled, and undoes tempering.
func (l *oracleLayer) askedBy(m oracleMap, size [2]int, pooled bool) (codes [][]float64) {
	for y := range size[0] {
		for x := range size[1] {
			yy, xx := y, x
			if pooled {
				yy, xx = y/2, x/2
			}
			code := append([]float64(nil), m.v[(yy*m.W+xx)*m.C:][:m.C]...)
			if l.temper > 0 {
				for k, v := range code {
					code[k] = math.Pow(max(v, 0), l.temper)
				}
			}
			for k := range l.k {
				code[k] = max(code[k], 0)
			}
			codes = append(codes, code)
		}
	}
	return codes
}

// whitenedLengths are −Σ over maps and directions of (coordinate − mean)²/variance.
func whitenedLengths(t *testing.T, diffs [][][]float64) []float64 {
	t.Helper()
	N := len(diffs)
	out := make([]float64, N)
	for j := range diffs[0] {
		D := len(diffs[0][j])
		x := mat.NewDense(N, D, nil)
		for d := range D {
			mean := 0.0
			for i := range N {
				mean += diffs[i][j][d] / float64(N)
			}
			for i := range N {
				x.Set(i, d, diffs[i][j][d]-mean)
			}
		}
		var cov, y, vectors mat.Dense
		cov.Mul(x.T(), x)
		sym := mat.NewSymDense(D, nil)
		for a := range D {
			for b := range a + 1 {
				sym.SetSym(a, b, cov.At(a, b)/float64(N))
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(sym, true) {
			t.Fatal("no eigenvalues")
		}
		values := eigen.Values(nil)
		eigen.VectorsTo(&vectors)
		y.Mul(x, &vectors)
		for c := D - 1; c >= max(0, D-min(64, N/8)) && values[c] > flatDirection*values[D-1]; c-- {
			for i := range N {
				out[i] -= y.At(i, c) * y.At(i, c) / values[c]
			}
		}
	}
	return out
}

// Many images: only a part that is spread over all of them is used, and memory is bounded whatever the maps' size.
func TestPathwaySample(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		want  int
	}{{[]int{784, 49}, 500}, {[]int{784, 50000, 49}, 335}, {[]int{1 << 20}, 64}} {
		if got := pathwaySample(c.sizes); got != c.want {
			t.Errorf("%v: %d images, want %d", c.sizes, got, c.want)
		}
	}
	im := Images{Shape: Shape{H: 1, W: 2, C: 1}, Missing: make([]bool, 14)}
	for i := range 14 {
		im.Pix, im.Missing[i] = append(im.Pix, uint8(i)), i%4 == 0
	}
	some := im.spread(3)
	if some.Len() != 3 || some.Pix[0] != 0 || some.Pix[2] != 4 || some.Pix[5] != 9 || len(some.Missing) != 6 || !some.Missing[0] || !some.Missing[2] || !some.Missing[4] {
		t.Errorf("%v", some)
	}
	if all := im.spread(7); all.Len() != 7 {
		t.Errorf("%d of 7", all.Len())
	}
}

// A regression finds the weights that scores were made with, among features of any scale, and leaves the noise.
func TestCorrectionRecoversWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const N = 500
	small, large, constant := make([]float64, N), make([]float64, N), make([]float64, N)
	scores, noise := make([]float64, N), make([]float64, N)
	for i := range N {
		small[i], large[i], constant[i], noise[i] = 1e-3*r.NormFloat64(), 5000+1e4*r.Float64(), 7, r.NormFloat64()
		large[i] += 3e6 * small[i] // correlated
		scores[i] = 40 - 300*small[i] + 0.02*large[i]
	}
	features := [][]float64{small, large, constant}
	c := FitCorrection(features, scores)
	for j, want := range []float64{-300, 0.02, 0} {
		if got := c.Weights[j] / c.Deviation[j]; math.Abs(got-want) > 1e-5*max(1, math.Abs(want)) {
			t.Errorf("weight %d is %v, want %v", j, got, want)
		}
	}
	for i, v := range c.Apply(features, scores) {
		if math.Abs(v) > 1e-4 {
			t.Fatalf("image %d keeps %v of a score that its features explain", i, v)
		}
	}
	for i := range scores {
		scores[i] += noise[i]
	}
	left := FitCorrection(features, scores).Apply(features, scores)
	for j, f := range features[:2] {
		z := standardised(f, c.Mean[j], c.Deviation[j])
		if v := meanProduct(z, left); math.Abs(v) > 1e-6 {
			t.Errorf("what is left goes with feature %d: %v", j, v)
		}
	}
	mustPanic(t, "0 features of 2 images", func() { FitCorrection(nil, []float64{1, 2}) })
	mustPanic(t, "feature 1 of 3 images, scores of 2", func() { FitCorrection([][]float64{{1, 2, 3}}, []float64{1, 2}) })
	mustPanic(t, "1 features, fitted to 3", func() { c.Apply(features[:1], scores) })
	mustPanic(t, "feature 1 of 500 images, scores of 1", func() { c.Apply(features, scores[:1]) })
}

func TestRoughnessByHand(t *testing.T) {
	s := Shape{H: 2, W: 3, C: 1}
	im := Images{Shape: s, Pix: []uint8{0, 255, 255, 51, 255, 0, 9, 9, 9, 9, 9, 9}}
	// Right: 1 + 0 + 0.8² + 1. Down: 0.2² + 0 + 1.
	if got, want := Roughness(im), math.Sqrt((1+0.64+1+0.04+1)/6); math.Abs(got[0]-want) > 1e-12 || got[1] != 0 {
		t.Errorf("%v, want [%v 0]", got, want)
	}
	im.Missing = []bool{false, false, false, false, false, true}
	if got, want := Roughness(im)[0], math.Sqrt((1+0.64+0.04)/6); math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
	colour := Images{Shape: Shape{H: 1, W: 2, C: 2}, Pix: []uint8{0, 255, 255, 204}}
	if got, want := Roughness(colour)[0], math.Sqrt((1+0.04)/4); math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}
