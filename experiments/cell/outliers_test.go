package cell

import (
	"math"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// The correction of flat rivals is a regression on the roughness of their training images: what is left goes with it no
// more, and roughness is the root of eval's gradient energy.
func TestFlatRivalsAreCorrectedByRoughness(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{KMeans, EM} {
		s := spec(kind, 1)
		set := s.trainingImages(glyphs())
		r := &Result{Spec: s}
		plain, err := r.fit(t.Context(), set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := correct(t.Context(), plain, set, 2)
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.assess(t.Context(), set, 2)
		if err != nil {
			t.Fatal(err)
		}
		energy := eval.GradientEnergy(nil, matrix(set), set.H, set.W, set.C, 1)
		var before, after float64
		for i, rough := range roughness(set)[0] {
			if math.Abs(rough*rough-energy[i]) > 1e-6 {
				t.Fatalf("image %d: roughness %v, gradient energy %v", i, rough, energy[i])
			}
			before, after = before+rough*a.scores[0].values[i], after+rough*a.scores[1].values[i]
		}
		if a.scores[1].name != dcgmm.CorrectedScore || math.Abs(after) > 1e-6*math.Abs(before) {
			t.Errorf("%s: %s goes with roughness by %v, %s by %v", kind, a.scores[1].name, after, MainScore, before)
		}
		got, ok := run(t, s, Options{}).OutlierAUC(dcgmm.CorrectedScore)
		if !ok || got < 0 || got > 1 {
			t.Errorf("%s: AUC %v, %t", kind, got, ok)
		}
	}
	if _, ok := run(t, spec(Nearest, 1), Options{}).OutlierAUC(dcgmm.CorrectedScore); ok {
		t.Error("a reference without a model is corrected")
	}
}

// The distances are those of a plain loop.
func TestNearestIsTheDistanceToTheNearestTrainingImage(t *testing.T) {
	t.Parallel()
	s := spec(Nearest, 1)
	r := run(t, s, Options{})
	train, unseen := matrix(s.trainingImages(glyphs())), matrix(s.unseen(glyphs()))
	var in, out []float64
	for i := range unseen.N {
		least := math.Inf(1)
		for j := range train.N {
			d := 0.0
			for k, v := range unseen.Row(i) {
				d += float64(v-train.Row(j)[k]) * float64(v-train.Row(j)[k])
			}
			least = min(least, d)
		}
		if int(s.unseen(glyphs()).Labels[i]) == 1 {
			out = append(out, -least)
		} else {
			in = append(in, -least)
		}
	}
	want, err := eval.AUC(in, out)
	if err != nil {
		t.Fatal(err)
	}
	if auc, ok := r.OutlierAUC(MainScore); !ok || math.Abs(auc-want) > 1e-3 {
		t.Errorf("AUC %v, %t; a loop gives %v", auc, ok, want)
	}
	if r.Clusters != nil || r.Images != train.N {
		t.Errorf("clusters %v, %d images", r.Clusters, r.Images)
	}
}

func TestHistogramsCountAllImages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, out   []float64
		low, high float64
		want      map[int][2]int // bin: known, unknown
	}{
		{[]float64{0, 1, 2, 4}, []float64{4, 4}, 0, 4, map[int][2]int{0: {1, 0}, 10: {1, 0}, 20: {1, 0}, 39: {1, 2}}},
		{[]float64{7, 7}, []float64{7}, 7, 7, map[int][2]int{0: {2, 1}}}, // all alike
	} {
		h := histogram(c.in, c.out)
		if h.Low != c.low || h.High != c.high || len(h.In) != histogramBins || len(h.Out) != histogramBins {
			t.Fatalf("%+v", h)
		}
		for i := range h.In {
			if got := [2]int{h.In[i], h.Out[i]}; got != c.want[i] {
				t.Errorf("bin %d: %v, want %v", i, got, c.want[i])
			}
		}
	}
	many := make([]float64, 1000) // five at either end are beyond it
	for i := range many {
		many[i] = float64(i)
	}
	if h := histogram(many, nil); h.Low != 5 || h.High != 994 || h.In[0] < 25 {
		t.Errorf("%v to %v, %d in the first bin", h.Low, h.High, h.In[0])
	}
}
