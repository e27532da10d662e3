package dcgmm

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// slowFeatures are those of a field, pixel by pixel; nil: no pixel is known.
func slowFeatures(im Images, i int, rows, cols span) []float64 {
	s, pix, missing := im.Shape, im.Pix[i*im.Shape.Size():], im.missingOf(i)
	planes := s.C
	if s.C > 4 {
		planes = 1
	}
	value := func(y, x, p int) (v float64) {
		for c := range s.C {
			if planes == 1 || c == p {
				v += float64(pix[(y*s.W+x)*s.C+c]) / 255 / float64(s.C/planes)
			}
		}
		return v
	}
	known := func(y, x int) bool {
		return y < rows.end && x < cols.end && (missing == nil || !missing[y*s.W+x])
	}
	var n, nx, ny, gx, gy, variance float64
	means := make([]float64, planes)
	for y := rows.first; y < rows.end; y++ {
		for x := cols.first; x < cols.end; x++ {
			if !known(y, x) {
				continue
			}
			n++
			for p := range planes {
				means[p] += value(y, x, p)
			}
			if known(y, x+1) {
				nx++
				for p := range planes {
					gx += math.Pow(value(y, x+1, p)-value(y, x, p), 2) / float64(planes)
				}
			}
			if known(y+1, x) {
				ny++
				for p := range planes {
					gy += math.Pow(value(y+1, x, p)-value(y, x, p), 2) / float64(planes)
				}
			}
		}
	}
	if n == 0 {
		return nil
	}
	for p := range means {
		means[p] /= n
	}
	for y := rows.first; y < rows.end; y++ {
		for x := cols.first; x < cols.end; x++ {
			for p := range planes {
				if known(y, x) {
					variance += math.Pow(value(y, x, p)-means[p], 2) / n / float64(planes)
				}
			}
		}
	}
	root := func(sum, n float64) float64 { return math.Log(math.Sqrt(sum/max(1, n)) + 0.01) }
	return append([]float64{root(gx, nx), root(gy, ny), root(variance, 1)}, means...)
}

// Features are those of a slow loop, in all fields, with many channels, and where pixels are missing.
func TestPlaceFeatures(t *testing.T) {
	for _, C := range []int{1, 3, 6} {
		in := Shape{H: 7, W: 9, C: C}
		im, _ := randomImages(3, in, uint64(C))
		for _, masked := range []bool{false, true} {
			if masked {
				im.Missing = make([]bool, 3*63)
				for i := range im.Missing {
					im.Missing[i] = i%3 == 0 || i%63 < 30
				}
			}
			seen, none := 0, 0
			for i := range 3 {
				f := newFieldSums(im, i)
				for _, rows := range []span{{0, 7}, {2, 5}, {3, 4}, {0, 0}, {0, 3}} {
					for _, cols := range []span{{0, 9}, {1, 3}, {8, 9}} {
						got := make([]float64, placeFeatures(in)-1)
						want := slowFeatures(im, i, rows, cols)
						if ok := f.features(got, rows, cols); ok != (want != nil) {
							t.Fatalf("C %d, %v, %v: known: %t", C, rows, cols, ok)
						} else if !ok {
							none++
							continue
						}
						seen++
						if len(got) != len(want) || !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
							t.Errorf("C %d, %v, %v: %v, want %v", C, rows, cols, got, want)
						}
					}
				}
			}
			if seen < 20 || none < 9 {
				t.Errorf("%d fields with pixels, %d without", seen, none)
			}
		}
	}
}

// Distances are those of Gaussians whose covariances are drawn towards the common one, by a matrix inverse.
func TestPlaceDensities(t *testing.T) {
	const D = 3
	m := newPlaceMoments(1, 3, D)
	var of [2][][]float64
	for i := range 40 {
		x := float64(i)
		k := i % 2
		v := []float64{1000 + 5*x, math.Sin(x) + float64(3*k), 0.1 * math.Cos(3*x) * x}
		of[k] = append(of[k], v)
		m.add(k, v)
		m.add(-1, []float64{1e9, 1e9, 1e9}) // not known
	}
	d := m.density()
	all := make([]float64, D)
	for _, v := range slices.Concat(of[0], of[1]) {
		for i, x := range v {
			all[i] += x / 40
		}
	}
	means, scatters, common := [3][]float64{}, [3]*mat.SymDense{}, mat.NewSymDense(D, nil)
	for k := range 3 {
		means[k], scatters[k] = make([]float64, D), mat.NewSymDense(D, nil)
		n := 0.0
		if k < 2 {
			n = 20
		}
		for i := range D {
			means[k][i] = 5 * all[i] / (n + 5)
			for j := 0; k < 2 && j < 20; j++ {
				means[k][i] += of[k][j][i] / (n + 5)
			}
		}
		for j := 0; k < 2 && j < 20; j++ {
			diff := mat.NewVecDense(D, nil)
			diff.SubVec(mat.NewVecDense(D, of[k][j]), mat.NewVecDense(D, means[k]))
			scatters[k].SymRankOne(scatters[k], 1, diff)
			common.SymRankOne(common, 1./40, diff)
		}
	}
	for k := range 3 {
		cov := mat.NewSymDense(D, nil)
		cov.ScaleSym(30, common)
		cov.AddSym(cov, scatters[k])
		cov.ScaleSym(1/(map[bool]float64{true: 20}[k < 2]+30), cov)
		for i := range D {
			cov.SetSym(i, i, cov.At(i, i)+1e-3*common.At(i, i)+1e-6)
		}
		var inverse mat.Dense
		if err := inverse.Inverse(cov); err != nil {
			t.Fatal(err)
		}
		for _, v := range [][]float64{{1100, 1, 0}, {900, -2, 3}, means[k]} {
			diff := mat.NewVecDense(D, nil)
			diff.SubVec(mat.NewVecDense(D, v), mat.NewVecDense(D, means[k]))
			want := mat.Inner(diff, &inverse, diff)
			if got := d.distance(k, v); math.Abs(got-want) > 1e-4*(1+want) {
				t.Errorf("component %d, %v: distance %v, want %v", k, v, got, want)
			}
		}
	}
}

func mustFitPlaces(t testing.TB, s *Scorer, im Images, workers int) {
	t.Helper()
	if err := s.FitPlaces(context.Background(), im.Source(), workers); err != nil {
		t.Fatal(err)
	}
}

var placeArchs = []string{"F3/1 A3:2 T2 U M F1/1 A4:1 F2x3 G3", "F6x7 A4:2", "F3/1p G5 M F2 I3"}

// Place scores are the same for any worker count and whatever images are beside; checkpoints keep them to the bit.
func TestPlaceScores(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 2}
	im, _ := randomImages(150, in, 5)
	for _, arch := range placeArchs {
		net := scrambledOf(t, arch, in)
		one, three := mustFitScorer(t, net, im, 1), mustFitScorer(t, net, im, 3)
		before := allScores(t, one, im, 1)
		mustFitPlaces(t, one, im, 1)
		mustFitPlaces(t, three, im, 3)
		mustCalibrate(t, one, im, 1)
		mustCalibrate(t, three, im, 3)
		all := allScores(t, one, im, 1)
		if !sameScores(all, allScores(t, three, im, 3)) {
			t.Errorf("%s: scores depend on the workers", arch)
		}
		if !sameScores(before, all[:len(before)]) {
			t.Errorf("%s: places change other scores", arch)
		}
		var names []string
		for _, s := range all {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, one.calibratedNames(net.arch)) || one.Calibration.Recommended != names[len(names)-1] {
			t.Errorf("%s: %v, want %v; recommended: %q", arch, names, one.calibratedNames(net.arch), one.Calibration.Recommended)
		}
		if several := len(placeLayers(net.arch)) > 0; slices.Contains(names, PlacesScore) != several || slices.Contains(names, "layer 1 place") != several {
			t.Errorf("%s: %v", arch, names)
		}
		alone := allScores(t, one, im.part(77, 1), 1)
		for j, v := range alone {
			if v.Values[0] != all[j].Values[77] {
				t.Errorf("%s: %s alone is %v, among others %v", arch, v.Name, v.Values[0], all[j].Values[77])
			}
		}
		net.SetScorer(one)
		var b bytes.Buffer
		if err := net.Save(&b); err != nil {
			t.Fatal(err)
		}
		ck, err := Load(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if !sameScores(all, allScores(t, ck.Network.Scorer(), im, 0)) {
			t.Errorf("%s: a loaded scorer gives other scores", arch)
		}
	}
}

// A calibration is one of the scores that there are: new places remove it.
func TestPlacesRemoveCalibrations(t *testing.T) {
	net, _ := calibrated(t)
	im, _ := randomImages(60, net.Input(), 8)
	s := net.Scorer()
	if s.Calibration.Recommended != CalibratedScore {
		t.Errorf("without places %q is recommended", s.Calibration.Recommended)
	}
	if mustFitPlaces(t, s, im, 0); s.Calibration != nil {
		t.Error("the calibration of other scores is left")
	}
}

// By hand: the mean deviation of the corrected scores, unless a place is worse by more than the margin.
func TestPlacedByHand(t *testing.T) {
	unit := []float64{-1. / 0.9, 0, 1. / 0.9} // deviations are values
	c := &Calibration{Quantiles: map[string][]float64{}}
	for _, name := range []string{"top", "corrected", "corrected by layer 1", "corrected weakest", "layer 1 place", "layer 2 place"} {
		c.Quantiles[name] = unit
	}
	got := c.placed([]Score{{"top", []float64{-9, 0, 0}}, {"corrected", []float64{1, 1, -2}}, {"corrected by layer 1", []float64{-9, 0, 0}},
		{"corrected weakest", []float64{-2, 0, -4}}, {"layer 1 place", []float64{0, -3, -3.5}}, {"layer 2 place", []float64{-1, 1, -2}}})
	for i, want := range []float64{-0.5, -2, -3} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%v, want -0.5, -2, -3", got)
		}
	}
}

// What is missing does not count; an image of which nothing is known is as usual everywhere.
func TestPlacesLeaveMissingPixelsOut(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 2}
	im, _ := randomImages(40, in, 5)
	net := scrambledOf(t, placeArchs[0], in)
	s := mustFitScorer(t, net, im, 0)
	mustFitPlaces(t, s, im, 0)
	mustCalibrate(t, s, im, 0)
	some := Images{Shape: in, Pix: bytes.Clone(im.Pix), Missing: make([]bool, 42)}
	for i := range 14 {
		some.Missing[3*i] = true
	}
	before := allScores(t, s, some, 0)
	for i := range some.Pix {
		if some.Missing[i/2%42] {
			some.Pix[i] = 255 - some.Pix[i]
		}
	}
	if !sameScores(before, allScores(t, s, some, 0)) {
		t.Error("missing pixels count")
	}
	nothing := Images{Shape: in, Pix: im.Pix, Missing: slices.Repeat([]bool{true}, 42)}
	for _, v := range scoreNamed(t, allScores(t, s, nothing, 0), "layer 1 place") {
		if v != 0 {
			t.Errorf("of nothing: %v", v)
		}
	}
}

// In noisy gratings a local defect of each kind has the lowest place score, also one that is likelier than all inliers.
func TestPlaceScoresFindWhatIsTooPlain(t *testing.T) {
	in, ctx := Shape{H: 16, W: 20, C: 1}, context.Background()
	net, err := New("F4/2 G9 F3/2 G9 F2 G4", in, Init{Seed: 1, MaxPrecRoot: 8})
	if err != nil {
		t.Fatal(err)
	}
	train := gratings(300, in, 1)
	if err := net.Fit(ctx, train, Config{Epochs: 20, BatchSize: 20, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	s := mustFitScorer(t, net, train, 0)
	mustFitPlaces(t, s, train, 0)
	good := gratings(60, in, 3)
	mustCalibrate(t, s, gratings(100, in, 2), 0)
	odd := func(change func(pix []uint8, x, y int)) Images {
		im := Images{Shape: in, Pix: bytes.Clone(good.Pix)}
		for i := range im.Len() {
			for y := range 6 {
				for x := range 6 {
					change(im.Pix[i*in.Size():][:in.Size()], 2+x+i%10, 2+y+i%6)
				}
			}
		}
		return im
	}
	bright := odd(func(pix []uint8, x, y int) { pix[y*in.W+x] = 250 })
	plain := odd(func(pix []uint8, x, y int) { pix[y*in.W+x] = 110 })
	usual := allScores(t, s, good, 0)
	for what, im := range map[string]Images{"bright": bright, "plain": plain} {
		all := allScores(t, s, im, 0)
		for _, name := range []string{"layer 1 place", PlacesScore} {
			least := slices.Min(scoreNamed(t, usual, name))
			odder := 0
			for _, v := range scoreNamed(t, all, name) {
				if v < least {
					odder++
				}
			}
			if odder < 55 {
				t.Errorf("%s, %s: %d of 60 are odder than all inliers", what, name, odder)
			}
		}
	}
}

func TestDamagedPlacesAreRefused(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 1}
	im, _ := randomImages(60, in, 8)
	net := scrambledOf(t, "F3/1 G3 F4x5 G4", in)
	s := mustFitScorer(t, net, im, 0)
	mustFitPlaces(t, s, im, 0)
	mustCalibrate(t, s, im, 0)
	net.SetScorer(s)
	var b bytes.Buffer
	if err := net.Save(&b); err != nil {
		t.Fatal(err)
	}
	if b.Bytes()[8] != namesVersion {
		t.Errorf("version %d", b.Bytes()[8])
	}
	last := bytes.Clone(b.Bytes())
	copy(last[len(last)-8:], []byte{0, 0, 0xc0, 0x7f})
	if _, err := Load(bytes.NewReader(resealed(last))); err == nil || !strings.Contains(err.Error(), "a value of its scorer's places is not finite") {
		t.Errorf("NaN: %v", err)
	}
	type object = map[string]any
	for want, change := range map[string]func(s object){
		"places of 2 layers, not 1":                    func(s object) { s["Places"] = append(s["Places"].([]any), s["Places"].([]any)[0]) },
		"of layer 2 with 3 components and 5 features":  func(s object) { s["Places"].([]any)[0].(object)["Layer"] = 1 },
		"of layer 1 with 9 components":                 func(s object) { s["Places"].([]any)[0].(object)["Components"] = 9 },
		"and -1 features, not of layer 1 with 3 and 5": func(s object) { s["Places"].([]any)[0].(object)["Features"] = -1 },
		"a calibration of 18 scores, not 16":           func(s object) { delete(s, "Places") },
	} {
		bad := withHeader(t, b.Bytes(), func(h map[string]any) { change(h["Scorer"].(object)) })
		if ck, err := Load(bytes.NewReader(bad)); err == nil || ck != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
