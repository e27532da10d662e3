package dcgmm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// disk is a source that is not in memory, as far as anybody can see.
type disk struct {
	im Images

	mu        sync.Mutex
	order     []int // that images were read in
	announced int
	fail      func(indices []int) error
}

func (d *disk) Len() int             { return d.im.Len() }
func (d *disk) Shape() (h, w, c int) { return d.im.Shape.H, d.im.Shape.W, d.im.Shape.C }
func (d *disk) Prefetch(soon []int)  { d.announced += len(soon) }
func (d *disk) Read(ctx context.Context, dst []uint8, indices []int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		if err := d.fail(indices); err != nil {
			return err
		}
	}
	d.order = append(d.order, indices...)
	return d.im.Source().Read(ctx, dst, indices)
}

func sourceTraining(t *testing.T, src Source, c Config) *Trainer {
	t.Helper()
	h, w, ch := src.Shape()
	net, err := New("F3/1 G6 F4 I4", Shape{H: h, W: w, C: ch}, Init{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainerFrom(context.Background(), net, src, c)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func finished(t *testing.T, tr *Trainer) []byte {
	t.Helper()
	if err := tr.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return saved(t, func(b *bytes.Buffer) error { return tr.Save(b) })
}

// A training from a source gives the bytes of one in memory, for any number of workers, and each goes on with the other.
func TestSourcesTrainLikeMemory(t *testing.T) {
	im, _ := randomImages(53, Shape{H: 6, W: 6, C: 3}, 10)
	c := Config{Epochs: 4, BatchSize: 10, Rate: 0.3, RateEnd: 0.25, FinalWeights: true, Restart: 0.2, Workers: 2}
	for _, window := range []int{0, 12, 1, 1000} {
		c.ShuffleWindow = window
		want := finished(t, sourceTraining(t, im.Source(), c))
		if v := want[8]; v != map[bool]byte{true: plainVersion, false: namesVersion}[window == 0] {
			t.Errorf("window %d: version %d", window, v)
		}
		for _, workers := range []int{1, 3} {
			c.Workers = workers
			d := &disk{im: im}
			if got := finished(t, sourceTraining(t, d, c)); !bytes.Equal(got, want) {
				t.Errorf("window %d, %d workers: another model", window, workers)
			}
			if d.announced == 0 {
				t.Error("nothing was announced")
			}
		}
		stop := errors.New("stop")
		for _, from := range []Source{im.Source(), &disk{im: im}} {
			for _, to := range []Source{im.Source(), &disk{im: im}} {
				tr := sourceTraining(t, from, c)
				if err := tr.Run(context.Background(), func(p Progress) error { return map[bool]error{true: stop}[p.Step >= 7] }); !errors.Is(err, stop) {
					t.Fatal(err)
				}
				ck, err := Load(bytes.NewReader(saved(t, func(b *bytes.Buffer) error { return tr.Save(b) })))
				if err != nil {
					t.Fatal(err)
				}
				again, err := ck.ResumeFrom(context.Background(), to, 2)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(finished(t, again), want) {
					t.Errorf("window %d: %T, then %T: another model", window, from, to)
				}
			}
		}
	}
}

// A window mixes what is near: place i has an index below i + window, every index comes once, passes differ.
func TestShuffleWindow(t *testing.T) {
	im, _ := randomImages(40, Shape{H: 6, W: 6, C: 1}, 10)
	tr := sourceTraining(t, im.Source(), Config{Epochs: 2, BatchSize: 10, ShuffleWindow: 5})
	var passes [][]int32
	for pass := range 2 {
		tr.shuffle(pass)
		moved := 0
		for i, v := range tr.order {
			if int(v) >= i+5 {
				t.Errorf("pass %d: index %d at place %d", pass, v, i)
			}
			if int(v) != i {
				moved++
			}
		}
		passes = append(passes, slices.Clone(tr.order))
		sorted := slices.Sorted(slices.Values(tr.order))
		if len(slices.Compact(sorted)) != 40 || moved < 20 {
			t.Errorf("pass %d is %v", pass, tr.order)
		}
	}
	if slices.Equal(passes[0], passes[1]) {
		t.Error("two passes have one order")
	}
}

// Other images are refused, a reading that fails ends a training after a whole step, and the same call goes on.
func TestSourcesFailAndGoOn(t *testing.T) {
	im, _ := randomImages(53, Shape{H: 6, W: 6, C: 3}, 10)
	other, _ := randomImages(53, Shape{H: 6, W: 6, C: 3}, 11)
	c := Config{Epochs: 4, BatchSize: 10, Rate: 0.3, RateEnd: 0.25}
	want := finished(t, sourceTraining(t, im.Source(), c))
	d := &disk{im: im}
	tr := sourceTraining(t, d, c)
	if !slices.Equal(d.order, upTo(53)) {
		t.Errorf("the first pass has read %v", d.order)
	}
	gone, reads := errors.New("the disk is gone"), 0
	d.fail = func([]int) error {
		if reads++; reads == 9 {
			return gone
		}
		return nil
	}
	var unread *SourceError
	if err := tr.Run(context.Background(), nil); !errors.Is(err, gone) || !errors.As(err, &unread) {
		t.Fatalf("error %v", err)
	}
	if tr.Step() != 8 {
		t.Errorf("%d steps are done", tr.Step())
	}
	ck, err := Load(bytes.NewReader(saved(t, func(b *bytes.Buffer) error { return tr.Save(b) })))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ck.ResumeFrom(context.Background(), &disk{im: other}, 1); err == nil || !strings.Contains(err.Error(), "not the 53 images of the interrupted training") {
		t.Errorf("other images: %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	d.fail = func([]int) error { cancel(reason); return ctx.Err() }
	if err := tr.Run(ctx, nil); !errors.Is(err, reason) || !strings.Contains(err.Error(), "training stopped after step 8 of 20") {
		t.Errorf("stopped while reading: %v", err)
	}
	d.fail = nil
	if got := finished(t, tr); !bytes.Equal(got, want) {
		t.Error("the training went on to another model")
	}
	d.fail = func([]int) error { return gone }
	if _, err := Identify(context.Background(), d); !errors.Is(err, gone) {
		t.Errorf("Identify: %v", err)
	}
	if err := func() error { _, err := tr.net.EvaluateFrom(context.Background(), d, 1); return err }(); !errors.Is(err, gone) {
		t.Errorf("EvaluateFrom: %v", err)
	}
	wrong := &disk{im: Images{Shape: Shape{H: 5, W: 6, C: 3}, Pix: make([]uint8, 90)}}
	if _, err := NewTrainerFrom(context.Background(), tr.net, wrong, c); err == nil || !strings.Contains(err.Error(), "the images are 5×6×3") {
		t.Errorf("another shape: %v", err)
	}
	if _, err := NewTrainerFrom(context.Background(), tr.net, &disk{im: Images{Shape: im.Shape}}, c); err == nil || !strings.Contains(err.Error(), "the source is empty") {
		t.Errorf("no images: %v", err)
	}
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// Scores from a source are those of memory, in parts of any size, and so is a scorer.
func TestSourcesScoreLikeMemory(t *testing.T) {
	im, _ := randomImages(1500, Shape{H: 6, W: 6, C: 3}, 10) // more than a part
	tr := sourceTraining(t, im.Source(), Config{Epochs: 2, BatchSize: 100})
	finished(t, tr)
	ctx, net := context.Background(), tr.Network()
	want, err := net.Evaluate(ctx, im, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := net.EvaluateFrom(ctx, &disk{im: im}, 3)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("another evaluation, %v", err)
	}
	state := func(src Source) string {
		t.Helper()
		s, _, err := FitScorerFrom(ctx, net, src, 2)
		if err == nil {
			err = s.FitPlaces(ctx, src, 2)
		}
		if err == nil {
			err = s.CalibrateFrom(ctx, src, true, 2)
		}
		if err != nil {
			t.Fatal(err)
		}
		net.SetScorer(s)
		return fmt.Sprintf("%x", saved(t, func(b *bytes.Buffer) error { return net.Save(b) }))
	}
	if state(im.Source()) != state(&disk{im: im}) {
		t.Error("another scorer")
	}
}
