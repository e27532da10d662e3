package show

import (
	"math"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/training"
)

func TestGapsAreTheDifferenceOfTheLosses(t *testing.T) {
	set := dataset.Glyphs(50, 1, 1, 1).Train
	net, err := Train(training.Job{Arch: "F8/4 G9", Images: Images(set), Init: dcgmm.Init{Seed: 1}, Config: dcgmm.Config{Epochs: 3}, Out: t.TempDir() + "/x.dcgmm"})
	if err != nil {
		t.Fatal(err)
	}
	scores, err := net.LogScores(t.Context(), Images(set), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := net.Evaluate(t.Context(), Images(set), 0)
	if err != nil {
		t.Fatal(err)
	}
	gap := Mean(Gaps(scores, 9))
	if want := Mean(ev.Layers[0].LSE) - Mean(ev.Layers[0].Max); math.Abs(gap-want) > 1e-4*(1+want) || gap <= 0 {
		t.Errorf("the mean gap is %v, that of the scores %v", gap, want)
	}
	if got := Gaps([]float32{-1e4, -1e4, -1e4, 0, -50, -60}, 3); math.Abs(got[0]-math.Log(3)) > 1e-9 || math.Abs(got[1]-math.Exp(-50)) > 1e-24 {
		t.Errorf("equal and unequal components: %v", got)
	}
}

func TestMomentsAreThoseOfOneTraining(t *testing.T) {
	job := training.Job{Arch: "F28 G9", Images: Images(dataset.Glyphs(200, 1, 1, 1).Train), Init: dcgmm.Init{Seed: 1}, Config: dcgmm.Config{Epochs: 20, Seed: 1}}
	m, err := Moments(job, 0, 0.5, 1)
	if err != nil {
		t.Fatal(err)
	}
	start, err := dcgmm.New(job.Arch, job.Images.Shape, job.Init)
	if err != nil {
		t.Fatal(err)
	}
	job.Out = t.TempDir() + "/x.dcgmm"
	end, err := Train(job)
	if err != nil {
		t.Fatal(err)
	}
	if len(m) != 3 || !slices.Equal(m[0].Network.Layer(0).Mu, start.Layer(0).Mu) || !slices.Equal(m[2].Network.Layer(0).Mu, end.Layer(0).Mu) {
		t.Fatal("they do not begin or end as the training does")
	}
	if half := m[1]; half.State.Step != half.State.Steps/2 || slices.Equal(half.Network.Layer(0).Mu, end.Layer(0).Mu) {
		t.Errorf("half of it is step %d of %d", half.State.Step, half.State.Steps)
	}
	if m[0].String() != "start" || !strings.HasPrefix(m[1].String(), "epoch 10.0, τ = ") {
		t.Errorf("they are called %q, %q", m[0], m[1])
	}
}

func TestPoolingIsThatOfTheModel(t *testing.T) {
	got, rows, cols := Pool(3, 3, 2, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4, -5, -6, -7, -8, -9})
	if rows != 2 || cols != 2 || !slices.Equal(got, []float64{5, 6, 8, 9, -1, -3, -7, -9}) {
		t.Errorf("pooled to %v in %d×%d", got, rows, cols)
	}
	a, err := arch.Parse("F8/2 G4 M F6 G4", dcgmm.Shape{H: 28, W: 28, C: 1})
	if err != nil {
		t.Fatal(err)
	}
	out, in := a.Layers[0].Out, a.Top().In
	if _, rows, cols := Pool(out.H, out.W, 2, make([]float64, out.H*out.W)); rows != in.H || cols != in.W {
		t.Errorf("%d×%d, the model has %v", rows, cols, in)
	}
}

func TestWinnersAndStrongest(t *testing.T) {
	net, err := dcgmm.New("F2/2 G3", dcgmm.Shape{H: 2, W: 4, C: 1}, dcgmm.Init{})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0, 0, 0, 0, 1, 1, 1, 1, 0.2, 0.4, 0.6, 0.8})
	net.Refresh()
	values := []float32{9, 9, 9, 9, 9, 9 /* the next image */, 0.1, 0.2, 0.7, 0.3, 0.6, 0.1}
	s := Winners(net, 0, values, 1)
	if s.Cols != 2 || !slices.Equal(s.Pix, []byte{51, 102, 153, 204, 255, 255, 255, 255}) {
		t.Errorf("winners are %+v", s)
	}
	if got := Strongest(values, net.Arch().Top().Out, 1, 3); !slices.Equal(got, []int{1, 2, 0}) && !slices.Equal(got, []int{2, 1, 0}) {
		t.Errorf("strongest are %v", got)
	}
	if got := Strongest([]float32{1, 5, 3}, dcgmm.Shape{H: 1, W: 1, C: 3}, 0, 2); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("strongest are %v", got)
	}
	if s := OnGrid("x", 0, make([]float32, 12)); s.H != 3 || s.W != 4 {
		t.Errorf("the grid of 12 is %d×%d", s.H, s.W)
	}
}

func TestDistributions(t *testing.T) {
	l := Exceeding("x", []float64{3, 0, 2, 1}, 1, 4)
	if n := len(l.X); n != exceedingPoints || l.X[0] != 1 || math.Abs(l.X[n-1]-4) > 1e-12 || l.Y[0] != 0.5 || l.Y[n-1] != 0 {
		t.Errorf("%+v", l)
	}
	for i, x := range l.X {
		if want := map[bool]float64{true: 0.5, false: 0.25}[x < 2]; x < 3 && l.Y[i] != want {
			t.Errorf("%v of 4 values exceed %v", l.Y[i], x)
		}
	}
	if m, s, b := Mean([]float64{1, 5}), Spread([]float64{1, 5}), ShareBelow([]float64{1, 5}, 5); m != 3 || s != 2 || b != 0.5 {
		t.Errorf("mean %v, spread %v, share %v", m, s, b)
	}
}

func TestMasksAndTheirErrors(t *testing.T) {
	mask := DrawnMask(4, 4, `
		#.
		..`)
	want := Mask(4, 4, func(y, x int) bool { return y < 2 && x < 2 })
	if !slices.Equal(mask, want) || ShareMissing(mask) != 0.25 {
		t.Errorf("the mask is %v", mask)
	}
	s := dcgmm.Shape{H: 1, W: 2, C: 1}
	images := dcgmm.Images{Shape: s, Pix: []uint8{255, 0, 0, 255}, Missing: []bool{true, false}}
	if got := MissingErrors(images, []float32{0.5, 9, 1, 9}); !slices.Equal(got, []float64{0.25, 1}) {
		t.Errorf("errors with one mask: %v", got)
	}
	images.Missing = []bool{true, true, false, false}
	if got := MissingErrors(images, []float32{1, 0.5, 9, 9}); !slices.Equal(got, []float64{0.125, 0}) {
		t.Errorf("errors with a mask for each: %v", got)
	}
	if got := Values(images); !slices.Equal(got, []float32{1, 0, 0, 1}) {
		t.Errorf("values are %v", got)
	}
}

func TestSamplesAreRecognised(t *testing.T) {
	train := dataset.Glyphs(500, 1, 1, 1).Train
	seen, err := Recognise(Recogniser(train), Values(Images(train.Head(40))))
	if err != nil {
		t.Fatal(err)
	}
	if share := Agreement(seen, Classes(train.Head(40))); share < 0.7 {
		t.Errorf("the evaluator knows %v of its own images", share)
	}
	if Agreement([]int{1, 2, 3, 3}, []int{1, 2, 3, 4}) != 0.75 || MostFrequent([]int{5, 3, 5, 3}) != 3 || MostFrequent(nil) != -1 {
		t.Error("shares of classes")
	}
	if l := Trace("x", [][]float64{{1, 3}, {1, 2, 5}}); !slices.Equal(l.X, []float64{0, 1, 2}) || !slices.Equal(l.Y, []float64{1, 2.5, 4}) {
		t.Errorf("%+v", l)
	}
	if got := Captions("%.1f", []float64{1, 2.25}); !slices.Equal(got, []string{"1.0", "2.2"}) {
		t.Errorf("%v", got)
	}
}

func TestCallersBugsPanicOnTheWalk(t *testing.T) {
	s := dcgmm.Shape{H: 1, W: 1, C: 2}
	for name, f := range map[string]func(){
		"part of a vector":  func() { Gaps(make([]float32, 3), 2) },
		"no such image":     func() { Strongest(make([]float32, 2), s, 1, 1) },
		"too many":          func() { Strongest(make([]float32, 2), s, 0, 3) },
		"large window":      func() { Pool(2, 2, 3, make([]float64, 4)) },
		"ragged drawing":    func() { DrawnMask(2, 2, "#. #") },
		"letters":           func() { DrawnMask(2, 2, "#x ..") },
		"no drawing":        func() { DrawnMask(2, 2, " ") },
		"shares that fall":  func() { _, _ = Moments(training.Job{}, 0.5, 0.2) },
		"part of a drawing": func() { Recognise(Recogniser(dataset.Glyphs(10, 1, 1, 1).Train), make([]float32, 5)) },
		"no labels":         func() { Recogniser(&dataset.Set{N: 1}) },
		"numbers of labels": func() { Agreement([]int{1}, nil) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "show: ") {
					t.Errorf("%s: %v", name, r)
				}
			}()
			f()
		}()
	}
}
