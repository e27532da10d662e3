package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// BenchmarkPassFromFolder is a pass over a folder of 64×64 pictures in colour whose images are in a temporary file but
// for a tenth, and one over the same images in memory, turn by turn: the median of the ratios of their speeds is
// reported as x-memory.
func BenchmarkPassFromFolder(b *testing.B) {
	const pictures = 5000
	dir := b.TempDir()
	r := rand.New(rand.NewPCG(1, 1))
	for i := range pictures {
		m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		for p := range 64 * 64 {
			m.SetNRGBA(p%64, p/64, color.NRGBA{uint8(p + i), uint8(p * i), uint8(r.IntN(256)), 255})
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%04d.png", i)))
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
	const size = 64 * 64 * 3
	folder, err := dataset.OpenFolder(b.Context(), dir, dataset.Reading{H: 64, W: 64, C: 3}, dataset.Caching{Memory: pictures * size / 10 / 3 * 4, Disk: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer folder.Close()
	if err := folder.Verify(b.Context()); err != nil {
		b.Fatal(err)
	}
	shape := dcgmm.Shape{H: 64, W: 64, C: 3}
	im := dcgmm.Images{Shape: shape, Pix: make([]uint8, pictures*size)}
	all := make([]int, pictures)
	for i := range all {
		all[i] = i
	}
	if err := folder.Read(b.Context(), im.Pix, all); err != nil {
		b.Fatal(err)
	}
	trainer := func(src dcgmm.Source) *dcgmm.Trainer {
		net, err := dcgmm.New("F10/6 G49 M F5 G49", shape, dcgmm.Init{Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		c := dcgmm.Config{Epochs: 1_000_000, Seed: 1}
		t, err := dcgmm.NewTrainer(net, im, c)
		if src != nil {
			t, err = dcgmm.NewTrainerFrom(b.Context(), net, src, c)
		}
		if err != nil {
			b.Fatal(err)
		}
		return t
	}
	enough := errors.New("a pass is over")
	pass := func(t *dcgmm.Trainer) time.Duration {
		end, start := t.Step()+pictures/100, time.Now()
		err := t.Run(b.Context(), func(p dcgmm.Progress) error {
			if p.Step >= end {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			b.Fatal(err)
		}
		return time.Since(start) / time.Duration(t.Step()-end+pictures/100)
	}
	memory, disk := trainer(nil), trainer(folder)
	pass(memory)
	pass(disk)
	var ratios []float64
	for b.Loop() {
		ratios = append(ratios, pass(memory).Seconds()/pass(disk).Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-memory")
}
