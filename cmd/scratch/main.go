package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	data := flag.String("data", "fashion-mnist", "")
	arch := flag.String("arch", "F4/4 A32:2 U F7 A49:8", "")
	n := flag.Int("n", 20000, "")
	epochs := flag.Int("epochs", 10, "")
	smax := flag.Float64("smax", 14, "")
	rate := flag.Float64("rate", 0.005, "")
	rateF := flag.Float64("ratef", 3, "")
	fw := flag.Float64("fw", 0.3, "")
	wait := flag.Float64("wait", 0.4, "")
	gamma := flag.Float64("gamma", 0.8, "")
	delta := flag.Float64("delta", 0.1, "")
	tauEnd := flag.Float64("tauend", 0, "")
	sched := flag.String("sched", "", "")
	noises := flag.String("noises", "0,0;1,0;1,1", "")
	samples := flag.Int("samples", 3000, "")
	rs := flag.Float64("rs", 0, "")
	s0 := flag.Float64("s0", 0, "")
	wt := flag.String("noisetop", "", "")
	_ = wt
	pic := flag.String("png", "", "")
	load := flag.String("load", "", "")
	save := flag.String("save", "", "")
	flag.Parse()
	ctx := context.Background()
	d := must(dataset.Load(ctx, *data, dataset.Options{Dirs: []string{"/work/shared/data"}}))
	train := d.Train.Head(*n)
	im := dcgmm.Images{Shape: dcgmm.Shape{H: 28, W: 28, C: 1}, Pix: train.Pix}
	vi := dcgmm.Images{Shape: im.Shape, Pix: d.Valid.Pix}
	var net *dcgmm.Network
	if *load != "" {
		f := must(os.Open(*load))
		net = must(dcgmm.Load(f)).Network
	} else {
		net = must(dcgmm.New(*arch, im.Shape, dcgmm.Init{Seed: 1, MaxPrecRoot: *smax}))
		if *s0 > 0 {
			for i := 1; i < net.Layers(); i++ {
				g := net.Layer(i)
				for j := range g.PrecRoot {
					g.PrecRoot[j] = float32(*s0)
				}
			}
			net.Refresh()
		}
		cfg := dcgmm.Config{Epochs: *epochs, Seed: 1, Optimizer: dcgmm.Adam, Rate: *rate, RateFactors: *rateF, RatePrecRoot: *rs, FactorWait: *fw, Gamma: *gamma, Delta: *delta, TauEnd: *tauEnd, Schedule: dcgmm.Schedule(*sched)}
		if net.Layers() > 1 {
			cfg.Wait = []float64{0, *wait}
		}
		t0 := time.Now()
		tr := must(dcgmm.NewTrainer(net, im, cfg))
		var last dcgmm.Progress
		if err := tr.Run(ctx, func(p dcgmm.Progress) error { last = p; return nil }); err != nil {
			panic(err)
		}
		fmt.Printf("%s: %s  trained %.0fs", *data, net.Arch(), time.Since(t0).Seconds())
		for _, l := range last.Layers {
			fmt.Printf("  [loss %.2f tau %.3f used %.2f]", l.Objective, l.Tau, l.Used)
		}
		fmt.Println()
		if *save != "" {
			f := must(os.Create(*save))
			if err := net.Save(f); err != nil {
				panic(err)
			}
			f.Close()
		}
	}
	tm, vm := floats(train.Pix), floats(d.Valid.Pix[:5000*784])
	j := must(eval.FitGenerative(ctx, tm, vm, eval.GenerativeConfig{H: 28, W: 28, C: 1, Resamples: 10}, rand.New(rand.NewPCG(1, 1))))
	_ = vi
	var sheet [][]float32
	for l := range net.Layers() {
		x := must(net.Reconstruct(ctx, dcgmm.Images{Shape: im.Shape, Pix: d.Valid.Pix[5000*784 : 8000*784]}, l, 0))
		mse := 0.0
		for i, v := range x {
			e := float64(v) - float64(d.Valid.Pix[5000*784+i])/255
			mse += e * e / float64(len(x))
			x[i] = min(max(v, 0), 1)
		}
		g := must(j.Evaluate(ctx, eval.Matrix{N: 3000, D: 784, X: x}, rand.New(rand.NewPCG(2, 2))))
		fmt.Printf("  recon layer %d mse %.4f frechet %.3f ndb %.3f prec %.3f rec %.3f cov %.3f energy %.2f\n", l+1, mse, g.Frechet.Mean, g.NDB.Mean, g.Precision.Mean, g.Recall.Mean, g.Coverage.Mean, g.Energy.Mean)
		sheet = append(sheet, x[:20*784])
	}
	for _, spec := range strings.Split(*noises, ";") {
		var noise []float64
		for _, s := range strings.Split(spec, ",") {
			var v float64
			fmt.Sscan(s, &v)
			noise = append(noise, v)
		}
		if len(noise) > net.Layers() {
			noise = noise[:net.Layers()]
		}
		t0 := time.Now()
		x := must(net.Sample(ctx, net.Layers()-1, 0, *samples, dcgmm.Sampling{Seed: 1, Noise: noise}))
		el := time.Since(t0).Seconds()
		g := must(j.Evaluate(ctx, eval.Matrix{N: *samples, D: 784, X: x}, rand.New(rand.NewPCG(2, 2))))
		fmt.Printf("  noise %-10s frechet %.3f ndb %.3f prec %.3f rec %.3f cov %.3f energy %.2f  (%.1fs)\n", spec, g.Frechet.Mean, g.NDB.Mean, g.Precision.Mean, g.Recall.Mean, g.Coverage.Mean, g.Energy.Mean, el)
		sheet = append(sheet, x[:20*784])
	}
	if *pic != "" {
		img := image.NewGray(image.Rect(0, 0, 20*28, len(sheet)*28))
		for r, x := range sheet {
			for i := range 20 {
				for p := range 784 {
					img.SetGray(i*28+p%28, r*28+p/28, color.Gray{uint8(255 * x[i*784+p])})
				}
			}
		}
		f := must(os.Create(*pic))
		png.Encode(f, img)
		f.Close()
	}
}

func floats(pix []uint8) eval.Matrix {
	x := make([]float32, len(pix))
	for i, v := range pix {
		x[i] = float32(v) / 255
	}
	return eval.Matrix{N: len(pix) / 784, D: 784, X: x}
}
