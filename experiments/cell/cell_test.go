package cell

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

var (
	fullGlyphs = sync.OnceValue(func() *dataset.Data { return dataset.Glyphs(600, 200, 200, 1) })

	// glyphs are fewer, of half the height and width: measuring generated images takes time with the third power of
	// both.
	glyphs = sync.OnceValue(func() *dataset.Data {
		d := *fullGlyphs()
		d.Hash += ", halved"
		d.Train, d.Valid, d.Test = halved(d.Train), halved(d.Valid.Head(120)), halved(d.Test.Head(120))
		return &d
	})
)

func halved(full *dataset.Set) *dataset.Set {
	set := *full
	set.H, set.W, set.Pix = full.H/2, full.W/2, nil
	for i := 0; i < len(full.Pix); i += 2 * full.W {
		for j := i; j < i+full.W; j += 2 {
			sum := int(full.Pix[j]) + int(full.Pix[j+1]) + int(full.Pix[j+full.W]) + int(full.Pix[j+full.W+1])
			set.Pix = append(set.Pix, uint8(sum/4))
		}
	}
	return &set
}

func spec(kind Kind, leaveOut int) Spec {
	s := Spec{Data: "glyphs", LeaveOut: leaveOut, On: Test, Seed: 3, Model: Model{Name: string(kind), Kind: kind}}
	switch kind {
	case SGD:
		s.Model.Arch, s.Model.Train = "F4/2 G9 F6 G12", dcgmm.Config{Epochs: 20, BatchSize: 20}
		return s
	case EM:
		s.Model.RegCovar = 1e-2
	case PCA:
		s.Model.Dims, s.Model.Floor = 10, 0.02
	}
	s.Model.K, s.Model.MaxIter = 12, 10
	return s
}

// evaluators of the generated images of all tests.
var evaluators = &Evaluators{}

func run(t *testing.T, s Spec, o Options) *Result {
	t.Helper()
	if o.Evaluators == nil {
		o.Evaluators = evaluators
	}
	return runOn(t, glyphs(), s, o)
}

func runOn(t *testing.T, data *dataset.Data, s Spec, o Options) *Result {
	t.Helper()
	r, _, err := Run(context.Background(), s, data, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// comparable drops what two runs of the same cell may differ in.
func comparable(t *testing.T, r *Result) string {
	t.Helper()
	c := *r
	c.Seconds, c.CPU, c.PeakMB = 0, 0, 0
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryKindIsMeasured(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{KMeans, EM, PCA, SGD} {
		t.Run(string(kind), func(t *testing.T) {
			r := run(t, spec(kind, NoClass), Options{})
			top := r.Layers[len(r.Layers)-1]
			if r.Images != 600 || top.K != 12 || r.Params == 0 || r.MFLOPs == 0 || r.Epochs == 0 || r.Seconds <= 0 {
				t.Errorf("%+v", r)
			}
			// Ten balanced classes: one cluster alone has purity 0.1.
			if c := r.Clusters; c == nil || c.Purity < 0.2 || c.Purity > 1 || c.Silhouette == nil {
				t.Errorf("clusters: %+v", r.Clusters)
			}
			if r.Outliers != nil {
				t.Error("AUC without a class left out")
			}
			if density := kind == EM || kind == PCA; (r.LogLik != nil) != density || density && math.IsNaN(*r.LogLik) { // the network has two layers
				t.Errorf("log-likelihood %v", r.LogLik)
			}
			if len(r.Alphabet) != len(r.Layers) || len(r.Extremes) != 2 {
				t.Errorf("%d alphabets of %d layers, %d extremes", len(r.Alphabet), len(r.Layers), len(r.Extremes))
			}
			images, majority := 0, 0
			for k, n := range r.Members.Images {
				images, majority = images+n, majority+r.Members.Majority[k]
				if (n == 0) != (r.Members.Class[k] < 0) {
					t.Errorf("cluster %d has %d images and the class %d", k, n, r.Members.Class[k])
				}
			}
			if purity := float64(majority) / float64(images); math.Abs(purity-r.Clusters.Purity) > 1e-12 || len(r.Members.Images) != top.K {
				t.Errorf("%d clusters have purity %g, not %g", len(r.Members.Images), purity, r.Clusters.Purity)
			}
			for _, s := range append(slices.Clone(r.Alphabet), r.Extremes...) {
				if len(s.Pix)%(s.H*s.W*s.C) != 0 || len(s.Pix) == 0 || slices.Max(s.Pix) == slices.Min(s.Pix) {
					t.Errorf("sheet %q: %d bytes of %d×%d×%d pictures", s.Caption, len(s.Pix), s.H, s.W, s.C)
				}
			}
		})
	}
}

// A flat network is a density of images, like EM, and unlike a deep one; the class left out does not count.
func TestLogLikelihoodOfFlatNetwork(t *testing.T) {
	t.Parallel()
	s := spec(SGD, 1)
	s.Model.Arch = "F14 G12"
	r := run(t, s, Options{})
	if r.LogLik == nil || *r.LogLik < 0 || *r.LogLik > 500 { // 196 pixels, σ ≥ 1/√20
		t.Errorf("log-likelihood %v", r.LogLik)
	}
	u := &unseen{known: []bool{false, true, false, true}}
	if m := u.meanOfKnown([]float64{100, 2, 100, 5}); m == nil || *m != 3.5 {
		t.Errorf("mean %v, want 3.5", m)
	}
	if m := u.meanOfKnown([]float64{100}); m != nil {
		t.Errorf("mean of nothing is %v", *m)
	}
}

func TestLeftOutClassIsTheOutlier(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{KMeans, EM, PCA, SGD, Nearest} {
		r := run(t, spec(kind, 1), Options{})
		auc, ok := r.OutlierAUC(MainScore)
		if !ok || auc < 0 || auc > 1 {
			t.Errorf("%s: AUC %v, %v", kind, auc, ok)
		}
		for _, o := range r.Outliers {
			var area float64
			for i := 1; i < len(o.ROC); i++ {
				area += (o.ROC[i].FPR - o.ROC[i-1].FPR) * (o.ROC[i].TPR + o.ROC[i-1].TPR) / 2
			}
			if len(o.ROC) < 3 || math.Abs(area-o.AUC) > 0.01 {
				t.Errorf("%s, %s: area %v under %d points, AUC %v", kind, o.Score, area, len(o.ROC), o.AUC)
			}
		}
		if r.Images != 540 {
			t.Errorf("%s: trained on %d images", kind, r.Images)
		}
		if kind != SGD {
			continue
		}
		var names []string
		for _, o := range r.Outliers {
			names = append(names, o.Score)
		}
		if want := []string{"top", "layer 1", "layer 1 min", "layer 1 tail", "sum", "combined", "combined tail", "weakest", "weighted", "pathway",
			"corrected", "corrected by layer 1", "corrected combined", "corrected weakest", "corrected pathway"}; !slices.Equal(names, want) {
			t.Errorf("scores %v, want %v", names, want)
		}
	}
}

func TestWorkersDoNotChangeAResult(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{KMeans, EM, PCA, SGD, Nearest} {
		one := comparable(t, run(t, spec(kind, 1), Options{Workers: 1}))
		if three := comparable(t, run(t, spec(kind, 1), Options{Workers: 3})); three != one {
			t.Errorf("%s: 1 and 3 workers differ", kind)
		}
	}
}

func TestStoreKeepsResultAndNetwork(t *testing.T) {
	t.Parallel()
	st := &Store{Dir: t.TempDir()}
	s := spec(SGD, NoClass)
	first, done, err := Run(context.Background(), s, glyphs(), Options{Store: st})
	if err != nil || !done {
		t.Fatal(done, err)
	}
	again, done, err := Run(context.Background(), s, glyphs(), Options{Store: st})
	if err != nil || done || !reflect.DeepEqual(first, again) {
		t.Errorf("the stored result differs, computed %v, error %v", done, err)
	}
	f, err := os.Open(st.NetworkPath(s.Key(glyphs())))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := dcgmm.Load(f); err != nil || c.Network.Arch().String() != s.Model.Arch {
		t.Errorf("stored network: %v, %v", c, err)
	}
}

// An interrupted training goes on where it stopped and ends in the same bits.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	t.Parallel()
	s := spec(SGD, NoClass)
	s.Moments = true
	whole := run(t, s, Options{})
	if n := len(whole.Moments); n < 4 || whole.Moments[0].Epoch != 0 || whole.Moments[n-1].Epoch != float64(whole.Epochs) {
		t.Errorf("%d moments", n)
	}
	want := comparable(t, whole)
	st := &Store{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(context.Background())
	var seen float64
	_, _, err := Run(ctx, s, glyphs(), Options{Store: st, Progress: func(share float64, _ string) { seen = share; cancel() }})
	if !errors.Is(err, context.Canceled) || seen == 0 || seen == 1 {
		t.Fatalf("share %v, error %v", seen, err)
	}
	key := s.Key(glyphs())
	if _, err := os.Stat(st.path(key, ".partial")); err != nil {
		t.Fatal(err)
	}
	var first float64
	r := run(t, s, Options{Store: st, Progress: func(share float64, _ string) {
		if first == 0 {
			first = share
		}
	}})
	if first <= seen {
		t.Errorf("began again at %v, was stopped at %v", first, seen)
	}
	if comparable(t, r) != want {
		t.Error("the result differs from that of an uninterrupted run")
	}
	if files, _ := filepath.Glob(st.path("*", ".partial")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

// What cannot be kept for now, or at all, does not end a training; the line says so once.
func TestTrainingThatCannotBeKept(t *testing.T) {
	before := saveEvery
	saveEvery = 0
	t.Cleanup(func() { saveEvery = before })
	s := spec(SGD, NoClass)
	want := comparable(t, run(t, s, Options{}))
	st := &Store{Dir: t.TempDir()}
	partial := st.path(s.Key(glyphs()), ".partial")
	var notes []string
	reports := 0
	r := run(t, s, Options{Store: st, Note: func(line string) { notes = append(notes, line) }, Progress: func(share float64, _ string) {
		reports++
		switch reports { // a folder cannot be replaced by a file
		case 1:
			if err := os.Mkdir(partial, 0o777); err != nil {
				t.Error(err)
			}
		case 3:
			if err := os.Remove(partial); err != nil {
				t.Error(err)
			}
		case 4:
			if _, err := os.Stat(partial); err != nil {
				t.Errorf("it was not tried again: %v", err)
			}
		}
	}})
	if len(notes) != 1 || !strings.Contains(notes[0], partial) || !strings.Contains(notes[0], "the training goes on") || reports < 4 {
		t.Errorf("%d reports, notes %q", reports, notes)
	}
	if comparable(t, r) != want {
		t.Error("another result")
	}

	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := Run(ctx, s, glyphs(), Options{Store: &Store{Dir: filepath.Join(st.Dir, "other")}, Progress: func(float64, string) {
		if err := os.MkdirAll(filepath.Join(st.Dir, "other", filepath.Base(partial)), 0o777); err != nil {
			t.Error(err)
		}
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrLost) || !errors.Is(err, ErrStore) {
		t.Errorf("stopped: %v", err)
	}
}

// A folder that takes no files is found before anything is computed.
func TestStoreIsTriedFirst(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cells")
	if err := os.Symlink(filepath.Join(dir, "none"), dir); err != nil {
		t.Fatal(err)
	}
	_, _, err := Run(context.Background(), spec(SGD, NoClass), glyphs(), Options{Store: &Store{Dir: dir}, Progress: func(share float64, _ string) { t.Errorf("computed up to %v", share) }})
	if !errors.Is(err, ErrStore) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}

func TestStoreThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, err := Run(context.Background(), spec(KMeans, NoClass), glyphs(), Options{Store: &Store{Dir: filepath.Join(file, "below")}})
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}

func TestErrorNamesTheCell(t *testing.T) {
	t.Parallel()
	s := spec(SGD, NoClass)
	s.Model.Arch = "F40 G4"
	_, _, err := Run(context.Background(), s, glyphs(), Options{})
	if err == nil || !strings.Contains(err.Error(), "glyphs, sgd, all classes, seed 3: ") || !strings.Contains(err.Error(), "F40") {
		t.Errorf("error %v", err)
	}
}

func TestKeyDependsOnEverythingButTheName(t *testing.T) {
	t.Parallel()
	base := spec(SGD, NoClass)
	key := base.Key(glyphs())
	renamed := base
	renamed.Model.Name = "another"
	if renamed.Key(glyphs()) != key {
		t.Error("the name changes the key")
	}
	changes := map[string]func(s *Spec){
		"Data": func(s *Spec) { s.Data = "x" }, "Images": func(s *Spec) { s.Images = 9 }, "LeaveOut": func(s *Spec) { s.LeaveOut = 2 }, "Also": func(s *Spec) { s.Also = []int{3} },
		"Drawing": func(s *Spec) { s.Drawing = &Drawing{Samples: 1} }, "On": func(s *Spec) { s.On = Valid }, "Seed": func(s *Spec) { s.Seed++ }, "Kind": func(s *Spec) { s.Model.Kind = EM },
		"K": func(s *Spec) { s.Model.K++ }, "NInit": func(s *Spec) { s.Model.NInit++ }, "MaxIter": func(s *Spec) { s.Model.MaxIter++ },
		"RegCovar": func(s *Spec) { s.Model.RegCovar++ }, "Dims": func(s *Spec) { s.Model.Dims++ }, "Floor": func(s *Spec) { s.Model.Floor++ }, "Moments": func(s *Spec) { s.Moments = true }, "Arch": func(s *Spec) { s.Model.Arch += " G2" },
		"Init": func(s *Spec) { s.Model.Init.MuRange = 0.2 }, "Train": func(s *Spec) { s.Model.Train.Wait = []float64{0.1} },
	}
	if fields := reflect.TypeFor[Spec]().NumField() + reflect.TypeFor[Model]().NumField() - 2; fields != len(changes) { // without Model and Name
		t.Errorf("%d fields, %d of them tried", fields, len(changes))
	}
	for name, change := range changes {
		s := base
		change(&s)
		if s.Key(glyphs()) == key {
			t.Errorf("%s does not change the key", name)
		}
	}
	other := *glyphs()
	other.Hash = "other"
	if base.Key(&other) == key {
		t.Error("the data do not change the key")
	}
}

func TestSeveralClassesAreLeftOutTogether(t *testing.T) {
	t.Parallel()
	s := spec(KMeans, 3)
	s.Also = []int{0, 7}
	data := glyphs()
	for _, label := range s.trainingImages(data).Labels {
		if label == 3 || label == 0 || label == 7 {
			t.Fatalf("class %d is trained on", label)
		}
	}
	if got, want := s.String(), "without classes 3 0 7"; !strings.Contains(got, want) {
		t.Errorf("%q does not tell %q", got, want)
	}
	// Images of all of these classes are the outliers, and only they: a score that knows the labels tells them without
	// an error.
	r := &Result{Spec: s}
	if err := r.measure(t.Context(), byLabel{3, 0, 7}, data.Test, 1); err != nil {
		t.Fatal(err)
	}
	if auc := r.Outliers[0].AUC; auc != 1 {
		t.Errorf("AUC %v", auc)
	}
}

// byLabel finds images of its labels unlikely.
type byLabel []int

func (l byLabel) assess(_ context.Context, set *dataset.Set, _ int) (*assessment, error) {
	a := &assessment{scores: []score{{name: MainScore}}}
	for _, label := range set.Labels {
		v := 1.
		if slices.Contains(l, int(label)) {
			v = 0
		}
		a.scores[0].values = append(a.scores[0].values, v)
	}
	return a, nil
}
