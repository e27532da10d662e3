package dcgmm

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func mustCalibrate(t *testing.T, s *Scorer, im Images, workers int) *Calibration {
	t.Helper()
	if err := s.Calibrate(context.Background(), im, true, workers); err != nil {
		t.Fatal(err)
	}
	return s.Calibration
}

// By hand: five inliers, two of them equal.
func TestSharesAndThresholdsByHand(t *testing.T) {
	c := &Calibration{Images: 5, Quantiles: map[string][]float64{"top": {-2, 0, 0, 1, 5}, "layer 1": {3}}}
	for v, want := range map[float64]float64{-3: 0, -2: 0, -1: 0.125, 0: 0.25, 0.5: 0.625, 1: 0.75, 3: 0.875, 5: 1, 6: 1} {
		if got := c.Share("top", v); got != want {
			t.Errorf("below %v there are %v, want %v", v, got, want)
		}
	}
	for share, want := range map[float64]float64{0: -2, 0.125: -1, 0.25: 0, 0.4: 0, 0.75: 1, 0.9375: 4, 1: 5} {
		if got := c.Threshold("top", share); got != want {
			t.Errorf("the threshold of %v is %v, want %v", share, got, want)
		}
	}
	if a, b, v := c.Share("layer 1", 3), c.Share("layer 1", 4), c.Threshold("layer 1", 0.7); a != 0 || b != 1 || v != 3 {
		t.Errorf("of one inlier: %v, %v, %v", a, b, v)
	}
	if !slices.Equal(c.Names(), []string{"layer 1", "top"}) || c.Has("none") || !c.Has("top") {
		t.Errorf("the names are %v", c.Names())
	}
	mustPanic(t, `there is no score "none"`, func() { c.Share("none", 1) })
	mustPanic(t, "a share of", func() { c.Threshold("top", math.NaN()) })
}

// By hand: deviations have a unit on each side, and the calibrated score is the lowest of those of corrected scores.
func TestDeviationsByHand(t *testing.T) {
	c := &Calibration{Quantiles: map[string][]float64{"top": {-20, -4, 0, 1, 2}, "layer 1": {5, 5, 5, 5, 25}, "sum": {7, 7}}}
	low := 4 + 0.8*16 // the 5 % quantile is a fifth of the way from the least to the next
	for score, want := range map[string]map[float64]float64{
		"top":     {0: 0, -2 * low: -2, 3.6: 2},
		"layer 1": {5: 0, 21: 1, -11: -1}, // nothing below the median: the unit of the other side
		"sum":     {7: 0, 9: 2, 4: -3},
	} {
		for v, d := range want {
			if got := c.Deviation(score, v); math.Abs(got-d) > 1e-12 {
				t.Errorf("%s: the deviation of %v is %v, want %v", score, v, got, d)
			}
		}
	}
	c.Quantiles = map[string][]float64{"top": {0, 1}, "corrected": {-1, 0, 1}, "corrected by layer 1": {0, 1}, "corrected pathway": {7, 7}}
	got := c.weakest([]Score{{"top", []float64{-9, 0, 0}}, {"corrected", []float64{0.9, -1.8, 0}}, {"corrected by layer 1", []float64{0, 0, -9}}, {"corrected pathway", []float64{8, 7, 4}}})
	for i, want := range []float64{1, -2, -3} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%v, want 1, -2, -3", got)
		}
	}
}

// A calibration has all scores of a network, of few images their values themselves, and gives back shares.
func TestCalibrationsHaveAllScores(t *testing.T) {
	in := Shape{H: 6, W: 7, C: 1}
	for _, arch := range []string{"F3/1 A3:2 T2 U M F2x3 A4:1", "F6x7 A4:2", "F3/1p G5 M F2 I3"} {
		net := scrambledOf(t, arch, in)
		for _, n := range []int{40, 300} {
			im, _ := randomImages(n, in, 8)
			s := mustFitScorer(t, net, im, 0)
			c := mustCalibrate(t, s, im, 1)
			if again := *c; !reflect.DeepEqual(&again, mustCalibrate(t, s, im, 3)) {
				t.Errorf("%s: a calibration depends on the workers", arch)
			}
			all := allScores(t, s, im, 0)
			var names []string
			for _, score := range all {
				names = append(names, score.Name)
				q, sorted := c.Quantiles[score.Name], slices.Sorted(slices.Values(score.Values))
				if n == 40 && !slices.Equal(q, sorted) {
					t.Errorf("%s, %s: %v of 40 inliers, want their scores", arch, score.Name, q)
				}
				if n == 300 && (len(q) != 257 || q[0] != sorted[0] || q[256] != sorted[299]) {
					t.Errorf("%s, %s: %d quantiles, from %v to %v", arch, score.Name, len(q), q[0], q[256])
				}
				at := c.Threshold(score.Name, 0.1)
				if low, _ := slices.BinarySearch(sorted, at); math.Abs(float64(low)/float64(n)-0.1) > 2/float64(n)+1./256 {
					t.Errorf("%s, %s: %d of %d are below the threshold of a tenth", arch, score.Name, low, n)
				}
			}
			if !slices.Equal(names, append(scoreNames(net.arch), CalibratedScore)) || !c.Has(c.Recommended) || !c.HeldOut || c.Images != n {
				t.Errorf("%s: %v, want %v; %+v", arch, scoreNames(net.arch), names, c.Recommended)
			}
		}
	}
}

// Checkpoints keep a calibration to the bit, and do without one.
func TestCalibrationsAreKeptInCheckpoints(t *testing.T) {
	net, text := calibrated(t)
	ck, err := Load(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ck.Network.Scorer().Calibration, net.Scorer().Calibration) {
		t.Error("a loaded calibration is another one")
	}
	without := withHeader(t, text, func(h map[string]any) { delete(h["Scorer"].(map[string]any), "Calibration") })
	if ck, err = Load(bytes.NewReader(without)); err != nil || ck.Network.Scorer() == nil || ck.Network.Scorer().Calibration != nil {
		t.Errorf("without calibration: %v", err)
	}
}

// calibrated is a network with a calibrated scorer, and its checkpoint.
func calibrated(t *testing.T) (*Network, []byte) {
	t.Helper()
	in := Shape{H: 6, W: 7, C: 1}
	im, _ := randomImages(60, in, 8)
	net := scrambledOf(t, "F3/1 G3 F4x5 G4", in)
	s := mustFitScorer(t, net, im, 0)
	mustCalibrate(t, s, im, 0)
	net.SetScorer(s)
	var b bytes.Buffer
	if err := net.Save(&b); err != nil {
		t.Fatal(err)
	}
	return net, b.Bytes()
}

func TestDamagedCalibrationsAreRefused(t *testing.T) {
	_, text := calibrated(t)
	type object = map[string]any
	top := func(c object) []any { return c["Quantiles"].(object)["top"].([]any) }
	for want, change := range map[string]func(c object){
		"calibration to 0 images":             func(c object) { c["Images"] = 0 },
		"calibration to 5001 images":          func(c object) { c["Images"] = 5001 },
		`score "top": 60 quantiles, not 61`:   func(c object) { c["Images"] = 61 },
		`recommended score is "best"`:         func(c object) { c["Recommended"] = "best" },
		`recommended score is ""`:             func(c object) { delete(c, "Recommended") },
		`"top": its quantiles are not sorted`: func(c object) { top(c)[0] = top(c)[59]; top(c)[59] = 1e3 },
		`"top": 59 quantiles, not 60`:         func(c object) { c["Quantiles"].(object)["top"] = top(c)[1:] },
		`"top": a quantile is not finite`:     func(c object) { top(c)[0], top(c)[59] = -1.7e308, 1.7e308 },
		"calibration of 15 scores, not 16":    func(c object) { delete(c["Quantiles"].(object), "top") },
		"a calibration of 17 scores, not 16":  func(c object) { c["Quantiles"].(object)["more"] = top(c) },
		`"top": 0 quantiles, not 60`: func(c object) {
			c["Quantiles"].(object)["more"] = top(c)
			delete(c["Quantiles"].(object), "top")
		},
		"unknown field": func(c object) { c["Quantile"] = 1 },
	} {
		bad := withHeader(t, text, func(h map[string]any) { change(h["Scorer"].(object)["Calibration"].(object)) })
		if ck, err := Load(bytes.NewReader(bad)); err == nil || ck != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Even of many layers, a calibration leaves most of a header to the rest.
func TestCalibrationsFitIntoHeaders(t *testing.T) {
	for scores := 3; scores < 1000; scores++ {
		if n := scores * quantilesOf(scores, calibrationImages) * len("-1.2345678901234567e-300,"); n > maxHeader/2 {
			t.Fatalf("%d scores: %d bytes", scores, n)
		}
	}
	if n := 2 * (usualPositions + 100) * len("-1.2345678e-38,"); n > maxHeader/4 {
		t.Errorf("usual log-likelihoods: %d bytes", n)
	}
	if quantilesOf(5, 5000) != 257 || quantilesOf(5, 3) != 3 || quantilesOf(30000, 5000) != 1 {
		t.Error("another number of quantiles")
	}
}
