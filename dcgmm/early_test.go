package dcgmm

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// earlyTraining is one that anneals soon and has far more steps than it needs.
func earlyTraining(t *testing.T, workers int) (*Trainer, Images) {
	t.Helper()
	in := Shape{H: 6, W: 6, C: 1}
	im, _ := randomImages(60, in, 10)
	held, _ := randomImages(20, in, 11)
	net, err := New("F3/1 G4 F4 G4", in, Init{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, im, Config{Epochs: 400, BatchSize: 20, Workers: workers, Schedule: Fixed, AnnealShare: 0.2, FinalWeights: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.EndEarly(held); err != nil {
		t.Fatal(err)
	}
	return tr, held
}

func saved(t *testing.T, save func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A training ends when nothing is gained any more, in the same step for any number of workers and after a break, and
// with the weights that the end of a training has.
func TestTrainingsEndEarly(t *testing.T) {
	tr, _ := earlyTraining(t, 1)
	var last Progress
	if err := tr.Run(context.Background(), func(p Progress) error { last = p; return nil }); err != nil {
		t.Fatal(err)
	}
	asked, ended := tr.EndsEarly()
	if !asked || !ended || tr.Step() >= tr.Planned() || tr.Steps() != tr.Step() || last.Step != tr.Step() || last.Steps != tr.Step() || !tr.Annealed() {
		t.Fatalf("asked %t, ended %t after step %d of %d (%d), last report %d of %d", asked, ended, tr.Step(), tr.Planned(), tr.Steps(), last.Step, last.Steps)
	}
	want := saved(t, func(b *bytes.Buffer) error { return tr.Save(b) })
	if want[8] != namesVersion {
		t.Errorf("version %d", want[8])
	}

	other, held := earlyTraining(t, 3)
	stop := errors.New("stop")
	err := other.Run(context.Background(), func(p Progress) error {
		if p.Step > tr.Step()*9/10 { // after some checks
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || other.early.Best == nil {
		t.Fatalf("%v after step %d, %+v", err, other.Step(), other.early.earlyState)
	}
	ck, err := Load(bytes.NewReader(saved(t, func(b *bytes.Buffer) error { return other.Save(b) })))
	if err != nil {
		t.Fatal(err)
	}
	resumed, err := ck.Resume(other.images, 2)
	if err != nil {
		t.Fatal(err)
	}
	if asked, _ := resumed.EndsEarly(); !asked {
		t.Error("a resumed training does not know that it may end early")
	}
	if err := resumed.EndEarly(held); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, saved(t, func(b *bytes.Buffer) error { return resumed.Save(b) })) {
		t.Errorf("after a break the training ends at step %d, without at step %d", resumed.Step(), tr.Step())
	}
	ck, err = Load(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	done, err := ck.Resume(other.images, 1)
	if err != nil || done.Steps() != done.Step() {
		t.Errorf("a loaded training that has ended has %d of %d steps, %v", done.Step(), done.Steps(), err)
	}
	if before := done.Step(); done.Run(context.Background(), nil) != nil || done.Step() != before {
		t.Error("a training that has ended goes on")
	}
}

// A gain counts from a twentieth of a deviation on, of any layer.
func TestGainsByHand(t *testing.T) {
	var e earlyState
	layers := func(a, b float64) *Evaluation { // deviation 1 in both
		return &Evaluation{Layers: []LayerScores{{LSE: []float64{a - 1, a + 1}}, {LSE: []float64{b - 1, b + 1}}}}
	}
	for i, c := range []struct {
		a, b   float64
		gained int
	}{{0, 5, 1}, {0.04, 5.04, 1}, {0.06, 5.04, 3}, {0.1, 4, 3}, {0.1, 5.06, 5}, {-1, -1, 5}} {
		e.see(layers(c.a, c.b), i+1)
		if e.Gained != c.gained || e.Checked != i+1 {
			t.Errorf("check %d: %+v, want a gain at %d", i+1, e, c.gained)
		}
	}
}

func TestEarlyEndsAreChecked(t *testing.T) {
	tr, _ := earlyTraining(t, 1)
	if err := tr.EndEarly(Images{Shape: Shape{H: 5, W: 6, C: 1}, Pix: make([]uint8, 30)}); err == nil || !strings.Contains(err.Error(), "images that end a training") {
		t.Errorf("images of another shape: %v", err)
	}
	for want, e := range map[string]*earlyState{
		"2 layers":          {Best: []float64{1}},
		"not those":         {Best: []float64{1, math.NaN()}},
		"checked at step 9": {Checked: 9},
		"gained at step 3":  {Checked: 2, Gained: 3},
		"checked at step 2": {Checked: 2, Ended: true},
	} {
		if err := e.check(2, 5); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", e, err, want)
		}
	}
	good := &earlyState{Checked: 5, Gained: 3, Best: slices.Repeat([]float64{1}, 2), Ended: true}
	if err := good.check(2, 5); err != nil {
		t.Error(err)
	}
}
