package dcgmm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func savedTraining(t testing.TB) (*Trainer, []byte) {
	t.Helper()
	in := Shape{H: 6, W: 7, C: 1}
	net, err := New("F3/1 G6 F4x5 I4", in, Init{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(40, in, 10)
	tr, err := NewTrainer(net, im, Config{Epochs: 3, BatchSize: 10, Rate: 0.3, RateEnd: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	tr.startPool()
	defer tr.stopPool()
	for range 5 {
		if err := tr.runStep(); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := tr.Save(&b); err != nil {
		t.Fatal(err)
	}
	return tr, b.Bytes()
}

func TestSavedNetworkIsLoaded(t *testing.T) {
	tr, _ := savedTraining(t)
	var b bytes.Buffer
	if err := tr.Network().Save(&b); err != nil {
		t.Fatal(err)
	}
	ck, err := Load(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := ck.Training(); ok {
		t.Error("a network alone carries a training")
	}
	if _, err := ck.Resume(tr.images, 1); err == nil || !strings.Contains(err.Error(), "no training to resume") {
		t.Errorf("Resume: %v", err)
	}
	for i := range ck.Network.Layers() {
		a, b := ck.Network.Layer(i).family.(*gaussian), tr.Network().Layer(i).family.(*gaussian)
		for j := range a.form {
			for k, c := range a.form[j].C {
				if c != b.form[j].C[k] {
					t.Fatalf("layer %d set %d: constant %d is %v, was %v", i, j, k, c, b.form[j].C[k])
				}
			}
		}
	}
}

// A bound of its own for upper layers is kept; without one the file is as earlier programs read it.
func TestCheckpointsKeepTheUpperBound(t *testing.T) {
	in := Shape{H: 6, W: 6, C: 1}
	for _, c := range []struct {
		arch    string
		init    Init
		version byte
		upper   float64
	}{
		{"F3/3 G4 F2 G3", Init{Seed: 1, MaxPrecRoot: 8}, 3, 8},
		{"F3/3 G4 F2 G3", Init{Seed: 1, MaxPrecRoot: 8, UpperPrecRoot: 2}, 4, 2},
		{"F3/3 A4:2 U F2 G3", Init{Seed: 1, MaxPrecRoot: 8}, 4, 8},
	} {
		net, err := New(c.arch, in, c.init)
		if err != nil {
			t.Fatal(err)
		}
		if got := net.Layer(1).PrecRoot[0]; got != float32(c.upper) || net.Layer(0).PrecRoot[0] != 8 {
			t.Errorf("%s: roots start at %v and %v", c.arch, net.Layer(0).PrecRoot[0], got)
		}
		var b bytes.Buffer
		if err := net.Save(&b); err != nil {
			t.Fatal(err)
		}
		if v := b.Bytes()[8]; v != c.version {
			t.Errorf("%s, %+v: version %d, want %d", c.arch, c.init, v, c.version)
		}
		ck, err := Load(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if ck.Network.UpperPrecRoot() != c.upper || ck.Network.MaxPrecRoot() != 8 {
			t.Errorf("%s: bounds %v and %v", c.arch, ck.Network.MaxPrecRoot(), ck.Network.UpperPrecRoot())
		}
	}
}

// Version 3 handed factors up in other units: such a network would be another one.
func TestFactorsHandedUpByVersion3AreRefused(t *testing.T) {
	net, err := New("F3/3 A4:2 U F2 G3", Shape{H: 6, W: 6, C: 1}, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := net.Save(&b); err != nil {
		t.Fatal(err)
	}
	old := b.Bytes()
	old[8] = 3
	binary.LittleEndian.PutUint32(old[len(old)-4:], crc32.Checksum(old[:len(old)-4], castagnoli))
	if _, err := Load(bytes.NewReader(old)); err == nil || !strings.Contains(err.Error(), "train again") {
		t.Errorf("Load: %v", err)
	}
}

func TestResumeRefusesOtherImages(t *testing.T) {
	tr, text := savedTraining(t)
	ck, err := Load(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	cfg, step, ok := ck.Training()
	if !ok || step != 5 || cfg.Epochs != 3 {
		t.Errorf("Training() = %+v, %d, %t", cfg, step, ok)
	}
	other := Images{Shape: tr.images.Shape, Pix: bytes.Clone(tr.images.Pix)}
	other.Pix[17] ^= 1
	for _, im := range []Images{other, {Shape: tr.images.Shape, Pix: tr.images.Pix[:42*39]}} {
		if _, err := ck.Resume(im, 1); err == nil || !strings.Contains(err.Error(), "not the 40 images") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := ck.Resume(Images{Shape: Shape{H: 7, W: 6, C: 1}, Pix: tr.images.Pix}, 1); err == nil || !strings.Contains(err.Error(), "7×6×1") {
		t.Errorf("error %v", err)
	}
}

// withHeader rebuilds a checkpoint with a changed header and a right checksum, as only a bug or an
// attacker would.
func withHeader(t *testing.T, text []byte, change func(h map[string]any)) []byte {
	t.Helper()
	size := binary.LittleEndian.Uint32(text[12:])
	h := map[string]any{}
	if err := json.Unmarshal(text[16:16+size], &h); err != nil {
		t.Fatal(err)
	}
	change(h)
	header, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out := append([]byte(nil), text[:16]...)
	binary.LittleEndian.PutUint32(out[12:], uint32(len(header)))
	out = append(append(out, header...), text[16+size:len(text)-4]...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

func resealed(text []byte) []byte {
	out := bytes.Clone(text[:len(text)-4])
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

func TestDamagedCheckpointsAreRefused(t *testing.T) {
	_, text := savedTraining(t)
	training := func(change func(s map[string]any)) []byte {
		return withHeader(t, text, func(h map[string]any) { change(h["Training"].(map[string]any)) })
	}
	parameter := func(bits uint32) []byte { // the last logit
		out := bytes.Clone(text)
		binary.LittleEndian.PutUint32(out[len(out)-8:], bits)
		return resealed(out)
	}
	root := bytes.Clone(text)
	header := int(binary.LittleEndian.Uint32(text[12:]))
	binary.LittleEndian.PutUint32(root[16+header+4*6*9:], math.Float32bits(-1)) // the first precision root
	newer := bytes.Clone(text)
	newer[8] = checkpointVersion + 1
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"empty":            {nil, "truncated"},
		"foreign":          {[]byte("PK\x03\x04 and much more than sixteen bytes"), "not a checkpoint"},
		"short foreign":    {[]byte("PK"), "not a checkpoint"},
		"magic only":       {text[:8], "truncated"},
		"newer":            {newer, "version 6, this program reads versions up to 5: update"},
		"half header":      {text[:20], "truncated"},
		"half parameters":  {text[:len(text)/2], "truncated"},
		"no checksum":      {text[:len(text)-4], "truncated"},
		"half checksum":    {text[:len(text)-2], "truncated"},
		"more":             {append(bytes.Clone(text), 0), "data after its end"},
		"NaN":              {parameter(0x7fc00000), "not finite"},
		"Inf":              {parameter(0x7f800000), "not finite"},
		"negative root":    {resealed(root), "precision root is -1"},
		"arch":             {withHeader(t, text, func(h map[string]any) { h["Arch"] = "F9 G3" }), "damaged"},
		"giant":            {withHeader(t, text, func(h map[string]any) { h["Arch"] = "F6x7 G6000" }), "truncated"},
		"unknown field":    {withHeader(t, text, func(h map[string]any) { h["Arc"] = 3 }), "damaged"},
		"no shape":         {withHeader(t, text, func(h map[string]any) { delete(h, "Input") }), "damaged"},
		"no bound":         {withHeader(t, text, func(h map[string]any) { h["MaxPrecRoot"] = -2 }), "damaged"},
		"step":             {training(func(s map[string]any) { s["Step"] = 1000 }), "step 1000"},
		"negative step":    {training(func(s map[string]any) { s["Step"] = -1 }), "out of range"},
		"no images":        {training(func(s map[string]any) { s["Images"] = 0 }), "out of range"},
		"layers":           {training(func(s map[string]any) { s["Sums"] = []float64{1} }), "not for 2 layers"},
		"components":       {training(func(s map[string]any) { s["Used"] = [][]int{{1}, {2}} }), "components in layer 1"},
		"annealing":        {training(func(s map[string]any) { s["Anneal"].([]any)[1].(map[string]any)["Tau"] = -1 }), "annealing state of layer 2"},
		"configuration":    {training(func(s map[string]any) { s["Config"].(map[string]any)["Gamma"] = 7 }), "Config.Gamma is 7"},
		"steps":            {training(func(s map[string]any) { s["Taken"] = [][2]int{{1, 1}, {1, 1}} }), "steps of its optimizer"},
		"wins":             {training(func(s map[string]any) { s["Wins"] = [][]int{{1}, {1}} }), "vectors won are not for 2 layers"},
		"optimizer":        {training(func(s map[string]any) { s["Config"].(map[string]any)["Optimizer"] = "sgdx" }), `Config.Optimizer is "sgdx"`},
		"no averages":      {training(func(s map[string]any) { s["Config"].(map[string]any)["Optimizer"] = "momentum" }), "truncated"},
		"no configuration": {training(func(s map[string]any) { s["Config"] = nil }), "out of range"},
	} {
		ck, err := Load(bytes.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if ck != nil {
			t.Errorf("%s: an error and a checkpoint", name)
		}
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	_, text := savedTraining(t)
	for i := range text {
		damaged := bytes.Clone(text)
		damaged[i] ^= 1 << (i % 8)
		if _, err := Load(bytes.NewReader(damaged)); err == nil {
			t.Fatalf("byte %d of %d changed, and nobody saw it", i, len(text))
		}
	}
}

// brokenReader and fullWriter are disks that fail.
type brokenReader struct {
	r    io.Reader
	left int
}

var errDisk = errors.New("disk on fire")

func (b *brokenReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errDisk
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

type fullWriter struct{ left int }

func (w *fullWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestFailingDisksAreReported(t *testing.T) {
	tr, text := savedTraining(t)
	for left := 0; left < len(text); left += 101 {
		if _, err := Load(&brokenReader{bytes.NewReader(text), left}); !errors.Is(err, errDisk) && !strings.Contains(err.Error(), "not a checkpoint") {
			t.Fatalf("reading failed after %d bytes: %v", left, err)
		}
		if err := tr.Save(&fullWriter{left}); !errors.Is(err, errDisk) {
			t.Fatalf("writing failed after %d bytes: %v", left, err)
		}
	}
}

// Names of classes are kept as they are, also those that are no UTF-8; without them the version is what it was.
func TestCheckpointsKeepClassNames(t *testing.T) {
	net, err := New("F3/3 G4 F2 G3", Shape{H: 6, W: 6, C: 1}, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"coffee", "a\xffb", "\x1b[31m", "0"}
	for _, given := range [][]string{nil, names} {
		if err := net.SetClassNames(given); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := net.Save(&b); err != nil {
			t.Fatal(err)
		}
		text := b.Bytes()
		if want := map[bool]byte{true: plainVersion, false: namesVersion}[given == nil]; text[8] != want {
			t.Errorf("%q: version %d, want %d", given, text[8], want)
		}
		ck, err := Load(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := ck.Network.ClassNames(); !slices.Equal(got, given) {
			t.Errorf("loaded %q, want %q", got, given)
		}
		if given == nil {
			continue
		}
		twice := withHeader(t, text, func(h map[string]any) { h["ClassNames"] = []string{"YQ==", "YQ=="} })
		if _, err := Load(bytes.NewReader(twice)); err == nil || !strings.Contains(err.Error(), `"a", is there twice`) {
			t.Errorf("a name twice: %v", err)
		}
	}
	for want, bad := range map[string][]string{"is empty": {"a", ""}, "twice": {"a", "a"}, "has 1025 bytes": {strings.Repeat("x", 1025)}, "257 names": make([]string, 257)} {
		if err := net.SetClassNames(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	if !slices.Equal(net.ClassNames(), names) {
		t.Error("names that are refused replace those that were there")
	}
}
