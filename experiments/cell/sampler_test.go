package cell

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

func drawing(kind Kind) Spec {
	s := spec(kind, NoClass)
	s.Drawing = &Drawing{Samples: 60, Trials: 40, Temperatures: []float64{1, 2}, Iterations: []int{2, 4}, Inpaint: 20, PerClass: 5, Epochs: 1}
	switch kind {
	case TrainingImages, TrainingMeans, Noise:
		s.Model = Model{Name: string(kind), Kind: kind}
	case PCA:
		s.Drawing.Iterations = []int{4, 20} // its densities are steep, so that the first steps are taken back
	}
	return s
}

func TestWhatModelsDrawIsMeasured(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{EM, PCA, SGD} {
		t.Run(string(kind), func(t *testing.T) {
			s := drawing(kind)
			r := run(t, s, Options{})
			d := r.Drawn
			layers := map[Kind]int{EM: 1, PCA: 1, SGD: 2}[kind]
			if d.Raw.N != 60 || d.Sharp.N != 60 || len(d.Trials) != 2+2*layers || d.Trials[d.Plain].Iterations != 0 || d.Trials[d.Chosen].Iterations == 0 {
				t.Fatalf("%d and %d samples, trials %v, %d and %d chosen", d.Raw.N, d.Sharp.N, d.Trials, d.Plain, d.Chosen)
			}
			if was, is := d.Trials[d.Plain].Temperature, d.Trials[d.Chosen].Temperature; was != is {
				t.Errorf("sharpened at temperature %v, %v is the best", is, was)
			}
			for _, trial := range d.Trials {
				best := d.Trials[d.Chosen]
				if trial.Iterations == 0 {
					best = d.Trials[d.Plain]
				}
				if trial.Frechet < best.Frechet {
					t.Errorf("%+v is better than the chosen %+v", trial, best)
				}
			}
			if c := d.LineSearch; c.Steps == 0 || c.Raised == 0 || c.Lowered != 0 || c.After <= c.Before {
				t.Errorf("line search %+v", c)
			}
			if masks := map[Kind]int{EM: 3, PCA: 0, SGD: 3}[kind]; len(d.Inpainted) != masks {
				t.Fatalf("%d masks, want %d", len(d.Inpainted), masks)
			}
			for _, p := range d.Inpainted {
				if !(p.Marginal.Mean > 0 && p.Marginal.Mean < 1) || len(p.Picture.Pix) != 6*4*14*14 {
					t.Errorf("%s: %+v, %d bytes", p.Mask, p.Marginal, len(p.Picture.Pix))
				}
			}
			// Ten classes: chance is 0.1.
			if c := d.Classes; c.Accuracy < 0.15 || c.Accuracy > 1 || c.RecognisedRaw.N != 50 || c.RecognisedSharp.N != 50 {
				t.Errorf("classes %+v", c)
			}
			for name, pictures := range map[string]int{PictureRaw: 30, PictureSharp: 30, PictureCalm: 30, PictureStrip: 30, PictureClasses: 50, PictureVary: 6 * (1 + 3*layers)} {
				if sheet := d.Pictures[name]; len(sheet.Pix) != pictures*14*14 || sheet.Cols == 0 {
					t.Errorf("%s: %d bytes, want %d pictures", name, len(sheet.Pix), pictures)
				}
			}
			if len(d.Trace) < 2 || d.Trace[len(d.Trace)-1].Objective < d.Trace[0].Objective {
				t.Errorf("trace %v", d.Trace)
			}
			if r.Clusters != nil || r.Outliers != nil {
				t.Error("generated images were measured as a clustering, too")
			}
			damage := map[string]func(*Result){
				"no samples":           func(r *Result) { r.Drawn.Raw = nil },
				"no sharpened samples": func(r *Result) { r.Drawn.Chosen = len(r.Drawn.Trials) },
				"no classes":           func(r *Result) { r.Drawn.Classes = nil },
				"nothing in-painted":   func(r *Result) { r.Drawn.Inpainted = r.Drawn.Inpainted[1:] },
				"it has no picture":    func(r *Result) { delete(r.Drawn.Pictures, PictureVary) },
				"pictures of 14×0×1":   func(r *Result) { r.Drawn.Inpainted[1].Picture.W = 0 },
				"30 bytes and 0 captions": func(r *Result) {
					r.Drawn.Pictures[PictureRaw] = Sheet{H: 14, W: 14, C: 1, Cols: 6, Pix: make([]byte, 30)}
				},
				"in 0 columns":         func(r *Result) { r.Drawn.Pictures["more"] = Sheet{H: 1, W: 1, C: 1} },
				"a number is negative": func(r *Result) { r.Seconds = -1 },
			}
			if !s.Model.Inpaints() {
				delete(damage, "nothing in-painted")
				delete(damage, "pictures of 14×0×1")
			}
			lacks(t, r, damage)
		})
	}
}

// lacks damages copies of a whole result, and says what validate says of them.
func lacks(t *testing.T, r *Result, damage map[string]func(*Result)) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.validate(); err != nil {
		t.Errorf("a whole result: %v", err)
	}
	for want, change := range damage {
		c := new(Result)
		if err := json.Unmarshal(text, c); err != nil {
			t.Fatal(err)
		}
		change(c)
		if err := c.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What is good and what is bad must show in the figures, or they show nothing.
func TestReferencesFrameTheScale(t *testing.T) {
	t.Parallel()
	got, recognised := map[Kind]*eval.Generative{}, map[Kind]float64{}
	for _, kind := range []Kind{TrainingImages, TrainingMeans, Noise} {
		s := drawing(kind)
		s.Drawing.Samples = 200
		r := run(t, s, Options{})
		got[kind] = r.Drawn.Raw
		recognised[kind] = r.Drawn.Classes.RecognisedRaw.Mean
		damage := map[string]func(*Result){"no classes": func(r *Result) { r.Drawn.Classes = nil }}
		if kind == TrainingMeans {
			damage["nothing in-painted"] = func(r *Result) { r.Drawn.Inpainted = nil }
		}
		lacks(t, r, damage)
		if want := map[bool]int{true: 3}[kind == TrainingMeans]; len(r.Drawn.Inpainted) != want {
			t.Errorf("%s: %d masks", kind, len(r.Drawn.Inpainted))
		}
	}
	if r := recognised; !(r[TrainingImages] > r[Noise]+0.2 && r[Noise] < 0.5) {
		t.Errorf("recognised: %v", r)
	}
	real, means, noise := got[TrainingImages], got[TrainingMeans], got[Noise]
	if !(real.Frechet.Mean < means.Frechet.Mean && means.Frechet.Mean < noise.Frechet.Mean) || !(real.Recall.Mean > 0.5 && means.Recall.Mean < 0.1) ||
		!(noise.Precision.Mean < 0.1) || math.Abs(real.Energy.Mean-1) > 0.2 || noise.Energy.Mean < 2 || means.Energy.Mean > 0.7 {
		t.Errorf("real %+v\nmeans %+v\nnoise %+v", real, means, noise)
	}
}

func TestDrawingDoesNotDependOnWorkersOrStore(t *testing.T) {
	t.Parallel()
	s := drawing(SGD)
	one := comparable(t, run(t, s, Options{Workers: 1, Evaluators: &Evaluators{}}))
	st := &Store{Dir: t.TempDir()}
	if three := comparable(t, run(t, s, Options{Workers: 3, Store: st, Evaluators: &Evaluators{}})); three != one {
		t.Error("1 worker without and 3 workers with a store differ")
	}
	// The network of the cell that trained it is used, and trained anew when it is damaged.
	trained := s
	trained.Drawing = nil
	path := st.NetworkPath(trained.Key(glyphs()))
	if err := os.WriteFile(path, []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := st.forget(s.Key(glyphs())); err != nil {
		t.Fatal(err)
	}
	if again := comparable(t, run(t, s, Options{Store: st})); again != one {
		t.Error("after damage the result differs")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := dcgmm.Load(f); err != nil {
		t.Errorf("the damaged network was not replaced: %v", err)
	}
}

// A flat mixture's in-painting is the conditional mean, which package eval computes on its own.
func TestFlatInpaintingIsTheConditionalMean(t *testing.T) {
	t.Parallel()
	ctx, set := context.Background(), glyphs().Train
	fit, err := eval.FitGMM(ctx, matrix(set), eval.GMMConfig{K: 7, RegCovar: 1e-2, MaxIter: 5}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	net := asNetwork(&fit.GMM, images(set).Shape)
	test := glyphs().Test.Head(50)
	for _, m := range masks {
		im, err := m.on(test, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := net.Inpaint(ctx, im, dcgmm.Inpainting{})
		if err != nil {
			t.Fatal(err)
		}
		want := fit.Conditional(nil, matrix(test), im.Missing, 0)
		for i := range got {
			if math.Abs(float64(got[i])-float64(min(max(want[i], 0), 1))) > 2e-3 {
				t.Fatalf("%s, value %d: %v, eval says %v", m.name, i, got[i], want[i])
			}
		}
		ev, err := net.Evaluate(ctx, im, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range fit.LogProbMarginal(nil, matrix(test), im.Missing, 0) {
			if got := ev.Layers[0].LSE[i]; math.Abs(got-want) > 1e-4*max(math.Abs(want), 100) {
				t.Errorf("%s, image %d: log-likelihood %v, eval says %v", m.name, i, got, want)
			}
		}
	}
}

// At a high temperature samples are the means of components, the same for every draw of a component; at temperature 1
// they are not.
func TestTemperatureReachesTheSamples(t *testing.T) {
	t.Parallel()
	s := drawing(EM)
	s.Drawing.SamplesOnly, s.Drawing.Temperatures = true, []float64{1}
	wild := run(t, s, Options{}).Drawn
	s.Drawing.Temperatures = []float64{1e5}
	still := run(t, s, Options{}).Drawn
	if a, b := distinct(wild.Pictures[PictureRaw]), distinct(still.Pictures[PictureRaw]); a != 30 || b >= 30 {
		t.Errorf("%d different pictures at temperature 1, %d at a high one", a, b)
	}
	if still.Trials[still.Chosen].Temperature != 1e5 {
		t.Errorf("chosen: %+v", still.Trials[still.Chosen])
	}
}

func distinct(s Sheet) int {
	seen := map[string]bool{}
	for i := 0; i < len(s.Pix); i += s.H * s.W {
		seen[string(s.Pix[i:][:s.H*s.W])] = true
	}
	return len(seen)
}

func TestDrawingWithoutTemperaturesPanics(t *testing.T) {
	t.Parallel()
	s := drawing(EM)
	s.Drawing.Temperatures = nil
	defer func() {
		if r := recover(); r != "cell: Run: Drawing has no Temperatures or no Iterations" {
			t.Error(r)
		}
	}()
	run(t, s, Options{})
}
