package dcgmm

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// allocated is how many bytes a call asks for.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// craft is a checkpoint with a right checksum whose parameters are all the same bits.
func craft(t testing.TB, h any, parameters []byte) []byte {
	t.Helper()
	header, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out := binary.LittleEndian.AppendUint32([]byte(checkpointMagic), checkpointVersion)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(header)))
	out = append(append(out, header...), parameters...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

// What asks for more than can be is refused by New and by Load, in one line, before memory is asked for.
func TestGiantNetworksAreRefused(t *testing.T) {
	many := strings.Repeat("G1 ", 1001)
	for _, c := range []struct {
		arch string
		in   Shape
		want string
	}{
		{"F1 G65536 F256 A65536:65535", Shape{H: 256, W: 256, C: 1}, "2²⁷ or more"},
		{"F65536 G65536", Shape{H: 65536, W: 65536, C: 65536}, "image shape: a map of 65536×65536×65536"},
		{"F65536p G65536", Shape{H: 1, W: 1, C: 65536}, "word 1"},
		{"F256p A65536:65535", Shape{H: 1, W: 1, C: 256}, "over 2²⁸ parameters"},
		{"F65536p A65536:65535", Shape{H: 1, W: 1, C: 1}, "2²⁷ or more"},
		{"F8192 A65536:65535", Shape{H: 8192, W: 8192, C: 1}, "over 2²⁸ parameters"},
		{"M65536 G1", Shape{H: 65536, W: 65536, C: 1}, "4294967296 values"},
		{"F1 G256 M2 G2", Shape{H: 1024, W: 1024, C: 1}, "2²⁷ or more"},
		{"I65536", Shape{H: 256, W: 256, C: 1}, "over 2²⁸ parameters"},
		{many, Shape{H: 2, W: 2, C: 1}, "architecture of 1001 words"},
	} {
		var err error
		size := allocated(func() { _, err = New(c.arch, c.in, Init{}) })
		want := c.want
		if want == "word 1" {
			want = "2²⁷ or more"
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("New(%.40q, %v): error %v, want %q", c.arch, c.in, err, want)
		}
		text := craft(t, checkpointHeader{Arch: c.arch, Input: c.in, MaxPrecRoot: 4}, make([]byte, 16))
		size += allocated(func() { _, err = Load(bytes.NewReader(text)) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%.40q, %v): error %v, want %q", c.arch, c.in, err, want)
		}
		if size > 1<<20 {
			t.Errorf("%.40q on %v asked for %d bytes before it was refused", c.arch, c.in, size)
		}
	}
}

func TestProductsAndTotalsDoNotWrap(t *testing.T) {
	for _, c := range []struct{ got, want int }{
		{product(), 1}, {product(3, 5, 7), 105}, {product(1<<32, 1<<31), math.MaxInt}, {product(1<<31, 1<<31), 1 << 62}, {product(math.MaxInt, 2), math.MaxInt},
		{product(0, 7), 0}, {product(1<<16, 1<<16, 1<<16, 1<<16), math.MaxInt}, {total(1, 2, 3), 6}, {total(math.MaxInt, 1), math.MaxInt},
	} {
		if c.got != c.want {
			t.Errorf("%d, want %d", c.got, c.want)
		}
	}
}

// A map whose offsets would overflow 32 bits in all lanes goes through the network in fewer.
func TestLargeMapsTakeFewerLanes(t *testing.T) {
	for _, c := range []struct {
		arch  string
		in    Shape
		lanes int
	}{{"F8/2 G49 M F6 G49", Shape{H: 28, W: 28, C: 1}, 32}, {"F1 G65 F1024 G1", Shape{H: 1024, W: 1024, C: 1}, 16}} {
		a, err := arch.Parse(c.arch, c.in)
		if err != nil {
			t.Fatal(err)
		}
		n := &Network{arch: a}
		lanes := n.lanes()
		if lanes != c.lanes {
			t.Errorf("%s: %d lanes, want %d", c.arch, lanes, c.lanes)
		}
		for _, p := range a.Layers {
			if product(p.Padded.Size(), lanes) >= 1<<31 {
				t.Errorf("%s: offsets of %v maps overflow in %d lanes", c.arch, p.Padded, lanes)
			}
		}
		if c.lanes == 16 && n.workers(8) != 1 {
			t.Errorf("%s: %d workers have such maps at the same time", c.arch, n.workers(8))
		}
	}
}

// What an architecture may ask for is what the kernels' offsets reach in as few lanes as they have.
func TestLargestMapIsTheKernels(t *testing.T) {
	if arch.MaxMap*kernel.Lanes != 1<<31 {
		t.Errorf("a map of %d values in %d lanes has not 2³¹", arch.MaxMap, kernel.Lanes)
	}
}

// A batch whose log-scores need more than can be is refused by NewTrainer.
func TestGiantBatchesAreRefused(t *testing.T) {
	net, err := New("F2 A60000:3 G2", Shape{H: 2, W: 2, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im := Images{Shape: Shape{H: 2, W: 2, C: 1}, Pix: make([]byte, 4*100_000)}
	size := allocated(func() { _, err = NewTrainer(net, im, Config{BatchSize: 100_000}) })
	if err == nil || !strings.Contains(err.Error(), "layer 1 (F2 A60000:3)") || !strings.Contains(err.Error(), "smaller batches") {
		t.Errorf("error %v", err)
	}
	if size > 1<<20 {
		t.Errorf("%d bytes asked for", size)
	}
}

// A prime number of components stands on a ring, whose matrix is K×K: training on four images of 8×8 needs nothing of
// that size.
func TestPrimeRingsNeedLinearMemory(t *testing.T) {
	in := Shape{H: 8, W: 8, C: 1}
	for arch, most := range map[string]uint64{"F8 G10007": 64 << 20, "F8 A1009:2": 12 << 20} {
		size := allocated(func() {
			net, err := New(arch, in, Init{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			im, _ := randomImages(4, in, 3)
			tr, err := NewTrainer(net, im, Config{Epochs: 1, Workers: 1, Tau: 2, FactorWait: 1e-9})
			if err != nil {
				t.Fatal(err)
			}
			if err := tr.Run(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := net.Evaluate(context.Background(), im, 1); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %d bytes", arch, size)
		if size > most {
			t.Errorf("%s: %d bytes asked for, at most %d", arch, size, most)
		}
	}
	if size := allocated(func() { NewNeighbourhood(65521).SetWidth(90) }); size > 4<<20 {
		t.Errorf("a ring of 65521 asked for %d bytes", size)
	}
	if _, err := New("F28 G65521 S1.5", Shape{H: 28, W: 28, C: 1}, Init{}); err != nil {
		t.Error(err)
	}
}

// Pixels, masks and counts come from outside: what does not fit is an error for every operation.
func TestImagesThatDoNotFitAreErrors(t *testing.T) {
	in := Shape{H: 4, W: 5, C: 1}
	net, err := New("F2/1 G3 F3x4 G2", in, Init{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := randomImages(3, in, 4)
	net.SetClassifier(&Classifier{Layer: 1, Classes: 2, W: make([]float32, 4), Bias: make([]float32, 2)})
	ctx := context.Background()
	calls := map[string]func(im Images) error{
		"Evaluate":             func(im Images) error { _, err := net.Evaluate(ctx, im, 1); return err },
		"LogScores":            func(im Images) error { _, err := net.LogScores(ctx, im, 1, 1); return err },
		"Responsibilities":     func(im Images) error { _, err := net.Responsibilities(ctx, im, 0, 1); return err },
		"Classify":             func(im Images) error { _, _, err := net.Classify(ctx, im, 1); return err },
		"Vary":                 func(im Images) error { _, err := net.Vary(ctx, im, 1, Sampling{}); return err },
		"Inpaint":              func(im Images) error { _, err := net.Inpaint(ctx, im, Inpainting{}); return err },
		"NewTrainer":           func(im Images) error { _, err := NewTrainer(net, im, Config{}); return err },
		"NewClassifierTrainer": func(im Images) error { _, err := NewClassifierTrainer(net, im, nil, ClassifierConfig{}); return err },
	}
	for name, call := range calls {
		for want, im := range map[string]Images{
			"59 bytes of pixels are no whole number of 4×5×1 images": {Shape: in, Pix: whole.Pix[:59]},
			"no images":                    {Shape: in},
			"the images are 0×5×1":         {Shape: Shape{H: 0, W: 5, C: 1}, Pix: whole.Pix},
			"the images are -4×5×-1":       {Shape: Shape{H: -4, W: 5, C: -1}, Pix: whole.Pix},
			"the mask has 21 pixels":       {Shape: in, Pix: whole.Pix, Missing: make([]bool, 21)},
			"the mask has 0 pixels":        {Shape: in, Pix: whole.Pix, Missing: []bool{}},
			"the images are 4611686018427": {Shape: Shape{H: 1 << 62, W: 1 << 62, C: 1 << 62}, Pix: whole.Pix},
		} {
			if err := call(im); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
			im.Len()
		}
	}
	if _, err := net.Sample(ctx, 1, 0, math.MaxInt, Sampling{}); err == nil || !strings.Contains(err.Error(), "ask for fewer at a time") {
		t.Errorf("error %v", err)
	}
	if n := (Images{Shape: in, Pix: whole.Pix[:59]}).Len(); n != 2 {
		t.Errorf("%d whole images in 59 bytes", n)
	}
}

// Workers beyond any use take no memory, and blocks are made for tasks that there are.
func TestUselessWorkersTakeNoMemory(t *testing.T) {
	net, err := New("F2 G3", Shape{H: 2, W: 2, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(3, Shape{H: 2, W: 2, C: 1}, 4)
	if size := allocated(func() { _, err = net.Evaluate(context.Background(), im, 1_000_000_000) }); err != nil || size > 1<<20 {
		t.Errorf("%d bytes, error %v", size, err)
	}
}

// A checkpoint is written without a copy of its parameters.
func TestSaveConvertsSomeAtATime(t *testing.T) {
	net, err := New("F32 G1024", Shape{H: 32, W: 32, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	used := allocated(func() {
		if err := net.Save(io.Discard); err != nil {
			t.Error(err)
		}
	})
	if used > 1<<20 {
		t.Errorf("%d bytes were taken", used)
	}
}

// Reading one takes the network and, for the time being, what is in the file.
func TestLoadConvertsSomeAtATime(t *testing.T) {
	var net *Network
	taken := allocated(func() { net, _ = New("F32 G1024", Shape{H: 32, W: 32, C: 1}, Init{}) })
	var file bytes.Buffer
	if err := net.Save(&file); err != nil {
		t.Fatal(err)
	}
	text := file.Bytes()
	used := allocated(func() {
		if _, err := Load(bytes.NewReader(text)); err != nil {
			t.Error(err)
		}
	})
	if most := taken + uint64(len(text)) + 1<<20; used > most {
		t.Errorf("%d bytes were taken, over %d", used, most)
	}
}
