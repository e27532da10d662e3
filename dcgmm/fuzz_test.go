package dcgmm

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
)

// mostFuzzed bounds the text of a checkpoint: more would say nothing new, slowly.
const mostFuzzed = 1 << 12

// addTinyCheckpoints adds checkpoints of a few hundred bytes, one of each kind.
func addTinyCheckpoints(f *testing.F) {
	in := Shape{H: 2, W: 2, C: 1}
	im, _ := randomImages(4, in, 5)
	for i, arch := range []string{"G2", "F2 A2:1", "F1 G2 T2 S1 M I1"} {
		for _, optimizer := range []Optimizer{SGD, Momentum, Adam} {
			net, err := New(arch, in, Init{Seed: uint64(i)})
			if err != nil {
				f.Fatal(err)
			}
			tr, err := NewTrainer(net, im, Config{Epochs: 2, BatchSize: 2, Workers: 1, Optimizer: optimizer, Restart: 0.1, FactorWait: 1e-9})
			if err != nil {
				f.Fatal(err)
			}
			if err := tr.Run(context.Background(), nil); err != nil {
				f.Fatal(err)
			}
			if optimizer == Adam {
				if _, err := NewClassifierTrainer(net, im, []uint8{0, 1, 0, 1}, ClassifierConfig{Layer: net.Layers() - 1}); err != nil {
					f.Fatal(err)
				}
			}
			if optimizer != SGD {
				s, _, err := FitScorer(context.Background(), net, im, 1)
				if err != nil {
					f.Fatal(err)
				}
				if optimizer == Adam {
					if err := s.FitPlaces(context.Background(), im.Source(), 1); err != nil {
						f.Fatal(err)
					}
					if err := s.Calibrate(context.Background(), im, false, 1); err != nil {
						f.Fatal(err)
					}
				}
				net.SetScorer(s)
			}
			var alone, training bytes.Buffer
			if err := net.Save(&alone); err != nil {
				f.Fatal(err)
			}
			if err := tr.Save(&training); err != nil {
				f.Fatal(err)
			}
			f.Add(alone.Bytes())
			f.Add(training.Bytes())
		}
	}
	f.Add([]byte("DCGMMckp\x01\x00\x00\x00\x02\x00\x00\x00{}"))
	f.Add(craft(f, checkpointHeader{Arch: "M65536 G1", Input: Shape{H: 65536, W: 65536, C: 1}, MaxPrecRoot: 4}, make([]byte, 12)))
}

// fuzzed loads a text with a right checksum, without which nothing would get past it.
func fuzzed(text []byte) (*Checkpoint, error) {
	if len(text) >= 4 {
		text = resealed(text)
	}
	return Load(bytes.NewReader(text))
}

// FuzzLoad: any bytes give a network that can be saved and loaded, or an error.
func FuzzLoad(f *testing.F) {
	addTinyCheckpoints(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > mostFuzzed {
			return
		}
		ck, err := fuzzed(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := ck.Network.Save(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(&b); err != nil {
			t.Fatalf("loaded, saved, and no longer readable: %v", err)
		}
	})
}

// affordable reports whether a network is small enough to be used thousands of times.
func affordable(a arch.Arch) bool {
	work := 0
	for i, p := range a.Layers {
		overlap := 1 // how often a value is looked at in pooling
		for _, pool := range p.Pools {
			overlap = total(overlap, product(pool.Out.Size(), pool.H, pool.W))
		}
		work = total(work, mapSize(&a.Layers[i]), overlap, product(p.P()+p.Sets(), p.Out.C+p.L, p.D(), 1+p.L))
	}
	return work < 1<<14
}

// FuzzCheckpoint: whatever loads can be described, scored with, sampled, sharpened, filled in and classified, or says
// why not.
func FuzzCheckpoint(f *testing.F) {
	addTinyCheckpoints(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > mostFuzzed {
			return
		}
		ck, err := fuzzed(text)
		if err != nil || !affordable(ck.Network.arch) {
			return
		}
		ck.Training()
		if net := ck.Network; net.Arch().Params() < 1 || !strings.HasPrefix(net.String(), net.Arch().String()+" for images of ") {
			t.Errorf("%v", net)
		}
		im, _ := randomImages(2, ck.Network.arch.Input, 7)
		if err := use(context.Background(), ck.Network, im); err != nil && strings.Contains(err.Error(), "BUG") {
			t.Error(err)
		}
	})
}

// FuzzArchitecture: a network that New makes can be trained and used, unless it pools pixels, which leaves no
// marginals.
func FuzzArchitecture(f *testing.F) {
	for _, s := range []string{"G3", "F2/1 G4 F2x3 I2", "F3/2p A4:2 T2 M G2", "F2 G5 S1.5 F1 A3:1", "M2/1 F2p I3 T.5 S2 M2 G2", "F1 G7 M3x2/1 F1 G2", "F3 A9:8", "F2 A4:2 T2 U M F2 A3:2"} {
		f.Add(s, 4, 5, 1)
	}
	f.Fuzz(func(t *testing.T, text string, h, w, c int) {
		in := Shape{H: h % 8, W: w % 8, C: c % 4}
		if len(text) > 64 {
			return
		}
		if a, err := arch.Parse(text, in); err != nil || !affordable(a) {
			return
		}
		net, err := New(text, in, Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		im, _ := randomImages(2, in, 7)
		tr, err := NewTrainer(net, im, Config{Epochs: 1, Workers: 1, FactorWait: 1e-9})
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		err = use(context.Background(), net, im)
		if err != nil && (len(net.layers[0].Pools) == 0 || strings.Contains(strings.ReplaceAll(err.Error(), "pools pixels before", ""), "finite")) {
			t.Error(err)
		}
	})
}
