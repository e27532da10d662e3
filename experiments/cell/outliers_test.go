package cell

import (
	"fmt"
	"math"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// By hand: two layers of 4 and 1 positions, two training images, one that is seen.
func TestModelScores(t *testing.T) {
	t.Parallel()
	layer := func(mean, min, tail []float64) dcgmm.LayerScores {
		return dcgmm.LayerScores{LSE: mean, Min: min, Tail: tail}
	}
	train := []dcgmm.LayerScores{layer([]float64{1, 3}, nil, []float64{0, 2}), layer([]float64{10, 14}, nil, []float64{10, 14})}
	seen := []dcgmm.LayerScores{layer([]float64{0}, []float64{-7}, []float64{-2}), layer([]float64{16}, []float64{16}, []float64{16})}
	want := map[string]float64{"top": 16, "layer 1": 0, "layer 1 min": -7, "layer 1 tail": -2, "sum": 16, "combined": -2 + 2, "combined tail": -3 + 2, "weakest": -2,
		"weighted": (-2 + 2 - 3) / (3 + 1e-3)} // all say the same of the training images: equal weights
	got := modelScores(train, seen, []int{4, 1})
	for _, s := range got {
		if v, ok := want[s.name]; !ok || len(s.values) != 1 || math.Abs(s.values[0]-v) > 1e-9 {
			t.Errorf("%s: %v, want %v", s.name, s.values, v)
		}
		delete(want, s.name)
	}
	if len(want) > 0 || got[0].name != MainScore {
		t.Errorf("not computed: %v; first is %q", want, got[0].name)
	}
	if flat := modelScores(train[1:], seen[1:], []int{1}); len(flat) != 1 {
		t.Errorf("a flat model has the scores %s", fmt.Sprint(flat))
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
