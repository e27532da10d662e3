package dcgmm

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
)

// benchmarked architectures on 28×28 images; the first is the flat mixture.
var benchmarked = []string{"F28 G49", "F8/2 G49 F11 G49", "F8/1 G49 M F11 G49", "F8/2 G49 M F6 G49", "F28 A49:4", "F8/1 G49 M F11 A49:4", "F8/1 A49:4 M F11 G49"}

// BenchmarkStep is one training step of 100 images on one goroutine, with annealing in progress.
func BenchmarkStep(b *testing.B) {
	in := Shape{28, 28, 1}
	im, _ := randomImages(1000, in, 1)
	for _, arch := range benchmarked {
		b.Run(arch, func(b *testing.B) {
			net, err := New(arch, in, Init{Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			c := Config{Epochs: 1_000_000, Workers: 1, Delta: 1e-9}
			if strings.Contains(arch, "A") {
				c.Tau = 0.1 // when factors join, annealing has come so far
			}
			tr, err := NewTrainer(net, im, c)
			if err != nil {
				b.Fatal(err)
			}
			joinAll(net)
			tr.startTeam()
			defer tr.stopTeam()
			b.ReportAllocs()
			for b.Loop() {
				if err := tr.runStep(); err != nil {
					b.Fatal(err)
				}
			}
			reportRate(b, net, 100)
		})
	}
}

// BenchmarkEvaluate scores 1000 images on one goroutine.
func BenchmarkEvaluate(b *testing.B) {
	in := Shape{28, 28, 1}
	im, _ := randomImages(1000, in, 1)
	for _, arch := range benchmarked {
		b.Run(arch, func(b *testing.B) {
			net, err := New(arch, in, Init{Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			joinAll(net)
			for b.Loop() {
				if _, err := net.Evaluate(context.Background(), im, 1); err != nil {
					b.Fatal(err)
				}
			}
			reportRate(b, net, 1000)
		})
	}
}

// joinAll gives the layers with factors some that are not 0, as after they have joined.
func joinAll(net *Network) {
	for i := range net.Layers() {
		if g := net.Layer(i); g.L > 0 {
			g.randomiseFactors(rand.New(rand.NewPCG(1, 1)))
		}
	}
}

// reportRate adds images a second and the arithmetic of the log-scores alone.
func reportRate(b *testing.B, net *Network, images float64) {
	flops := 0.0
	for i := range net.Layers() {
		flops += net.Info(i).FLOPs
	}
	perSecond := images * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "images/s")
	b.ReportMetric(perSecond*flops/1e9, "score-GFLOP/s")
}
