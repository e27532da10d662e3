package dcgmm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// benchmarked architectures on 28×28 images; the first is the flat mixture.
var benchmarked = []string{"F28 G49", "F8/2 G49 F11 G49", "F8/1 G49 M F11 G49", "F8/2 G49 M F6 G49", "F28 A49:4", "F8/1 G49 M F11 A49:4", "F8/1 A49:4 M F11 G49"}

// BenchmarkStep is one training step of 100 images on one goroutine, with annealing in progress.
func BenchmarkStep(b *testing.B) {
	in := Shape{H: 28, W: 28, C: 1}
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
			tr.startPool()
			defer tr.stopPool()
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

// BenchmarkStepOptions shows what options add to a step.
func BenchmarkStepOptions(b *testing.B) {
	im, _ := randomImages(1000, Shape{H: 28, W: 28, C: 1}, 1)
	for _, c := range []struct {
		arch string
		kind Optimizer
	}{{"F8/1 G49 M F11 G49", SGD}, {"F8/1 G49 T8 M F11 G49", SGD}, {"F8/1 G49 T8 S1 M F11 G49", SGD}, {"F8/1 G49 M F11 G49", Momentum}, {"F8/1 G49 M F11 G49", Adam}} {
		b.Run(c.arch+"/"+string(c.kind), func(b *testing.B) {
			net, err := New(c.arch, im.Shape, Init{Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			tr, err := NewTrainer(net, im, Config{Epochs: 1_000_000, Workers: 1, Delta: 1e-9, Optimizer: c.kind})
			if err != nil {
				b.Fatal(err)
			}
			tr.startPool()
			defer tr.stopPool()
			b.ReportAllocs()
			for b.Loop() {
				if err := tr.runStep(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEvaluate scores 1000 images on one goroutine.
func BenchmarkEvaluate(b *testing.B) {
	in := Shape{H: 28, W: 28, C: 1}
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

// BenchmarkEvaluateFew scores few images in a call, with memory of its own (Evaluator) and without.
func BenchmarkEvaluateFew(b *testing.B) {
	in := Shape{H: 28, W: 28, C: 1}
	for _, arch := range []string{"F8/2 G49 M F6 G49", "F8/2 G49 F11 G49", "F28 G49"} {
		net, err := New(arch, in, Init{Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{1, 10, inferenceLanes} {
			im, _ := randomImages(n, in, 1)
			e := net.NewEvaluator()
			for name, evaluate := range map[string]func() (*Evaluation, error){
				"Evaluator": func() (*Evaluation, error) { return e.Evaluate(im) },
				"Evaluate":  func() (*Evaluation, error) { return net.Evaluate(context.Background(), im, 1) },
			} {
				b.Run(fmt.Sprintf("%s/%d/%s", arch, n, name), func(b *testing.B) {
					if _, err := evaluate(); err != nil { // takes the memory
						b.Fatal(err)
					}
					b.ReportAllocs()
					for b.Loop() {
						if _, err := evaluate(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// joinAll gives the layers with factors some that are not 0, as after they have joined.
func joinAll(net *Network) {
	for i := range net.Layers() {
		if g := net.Layer(i); g.L > 0 {
			g.family.join(rand.New(rand.NewPCG(1, 1)))
		}
	}
}

// reportRate adds images a second and the arithmetic of the log-scores alone.
func reportRate(b *testing.B, net *Network, images float64) {
	perSecond := images * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "images/s")
	b.ReportMetric(perSecond*net.Arch().FLOPs()/1e9, "score-GFLOP/s")
}

// squares are n images of a bright square each: structure enough for components to become different.
func squares(n int) Images {
	im := Images{Shape: Shape{H: 28, W: 28, C: 1}, Pix: make([]uint8, n*28*28)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		pix := im.Pix[i*28*28:][:28*28]
		y0, x0, side := r.IntN(18), r.IntN(18), 4+r.IntN(6)
		for y := y0; y < y0+side; y++ {
			for x := x0; x < x0+side; x++ {
				pix[y*28+x] = uint8(128 + r.IntN(128))
			}
		}
	}
	return im
}

// trainedOn is a network after a short training: how many responsibilities are 0 decides what a step back costs.
func trainedOn(b *testing.B, arch string, im Images) *Network {
	net, err := New(arch, im.Shape, Init{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	tr, err := NewTrainer(net, im, Config{Epochs: 20})
	if err != nil {
		b.Fatal(err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		b.Fatal(err)
	}
	return net
}

// BenchmarkSharpen is 30 iterations for 64 images on one goroutine. The floor is 8·P·K·D operations a layer, image and
// iteration: those of the log-scores, and as many for their derivative.
func BenchmarkSharpen(b *testing.B) {
	im := squares(2000)
	for _, c := range []struct {
		arch        string
		from, until int
	}{{"F8/1 G49 M F11 G49", 0, 1}, {"F8/1 G49 M F11 G49", 0, 0}, {"F8/1 G49 M F11 G49", 1, 1}, {"F3/1 G64 M F13 G49", 0, 1}} {
		b.Run(fmt.Sprintf("%s/map%d/target%d", c.arch, c.from, c.until), func(b *testing.B) {
			net := trainedOn(b, c.arch, im)
			const images, iterations = 64, 30
			some := Images{Shape: im.Shape, Pix: im.Pix[:images*28*28]}
			values := make([]float32, len(some.Pix))
			for i, p := range some.Pix {
				values[i] = float32(p) / 255
			}
			if c.from > 0 {
				var err error
				if values, err = net.Responsibilities(context.Background(), some, c.from-1, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := net.Sharpen(context.Background(), values, Sharpening{Map: c.from, Target: c.until, Iterations: iterations, Tolerance: 1e-12}, 1); err != nil {
					b.Fatal(err)
				}
			}
			flops := 0.0
			for _, l := range net.Arch().Layers[c.from : c.until+1] {
				flops += 2 * l.FLOPs()
			}
			perSecond := images * iterations * float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(perSecond, "image·iterations/s")
			b.ReportMetric(perSecond*flops/1e9, "floor-GFLOP/s")
		})
	}
}

// Iterations take no memory, nor does a block after a worker's first.
func TestSharpenAllocatesOncePerWorker(t *testing.T) {
	im := squares(4 * inferenceLanes)
	net, err := New("F8/4 G6 M F3 G5", im.Shape, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(im.Pix))
	for i, p := range im.Pix {
		values[i] = float32(p) / 255
	}
	allocations := func(images, iterations int) float64 {
		return testing.AllocsPerRun(3, func() {
			if _, err := net.Sharpen(context.Background(), values[:images*28*28], Sharpening{Target: 1, Iterations: iterations, Tolerance: 1e-30}, 1); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(inferenceLanes, 2), allocations(inferenceLanes, 30); many > few {
		t.Errorf("%v allocations for 2 iterations, %v for 30", few, many)
	}
	one, four := allocations(inferenceLanes, 2), allocations(4*inferenceLanes, 2)
	if traces := 3.0 * (inferenceLanes + 1); four > one+traces {
		t.Errorf("%v allocations for a block, %v for 4", one, four)
	}
}

// BenchmarkInpaint fills in the lower half of 256 images on one goroutine.
func BenchmarkInpaint(b *testing.B) {
	im := squares(2000)
	for _, each := range []bool{false, true} { // a mask for all images alike, or for each
		for _, arch := range []string{"F3/1 G64 M F13 G49", "F8/1 G49 M F11 G49"} {
			b.Run(fmt.Sprintf("%s/each=%v", arch, each), func(b *testing.B) {
				net := trainedOn(b, arch, im)
				const images = 256
				some := Images{Shape: im.Shape, Pix: im.Pix[:images*28*28], Missing: make([]bool, 28*28)}
				for i := 14 * 28; i < 28*28; i++ {
					some.Missing[i] = true
				}
				if each {
					some.Missing = slices.Repeat(some.Missing, images)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := net.Inpaint(context.Background(), some, Inpainting{Sampling: Sampling{Workers: 1}}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(images*float64(b.N)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}

// BenchmarkSample draws 256 images on one goroutine.
func BenchmarkSample(b *testing.B) {
	im := squares(2000)
	for _, arch := range []string{"F3/1 G64 M F13 G49", "F4/3 I49 F9 G49", "F8/1 G49 M F11 G49"} {
		for _, top := range []int{1, 5} {
			b.Run(fmt.Sprintf("%s/top%d", arch, top), func(b *testing.B) {
				net := trainedOn(b, arch, im)
				const images = 256
				b.ReportAllocs()
				for b.Loop() {
					if _, err := net.Sample(context.Background(), 1, 0, images, Sampling{Top: top, Workers: 1}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(images*float64(b.N)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}
