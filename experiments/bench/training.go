package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/internal/machine"
)

// The architectures A to G of the authors' scripts (docs/model.md §3), and the one that peers train. Tests have smaller
// ones.
var (
	architectures = []string{"A: F28 G25", "B: F8/2 G49 F11 G36", "C: F8/1 G25 M F11 G36", "D: F3/1 G25 M F4/1 G25 M F5 G25",
		"E: F3/1 G25 F4/2 G25 F12 G25", "F: F3/1 G25 F4/2 G25 F4/2 G25 F5 G25", "G: F3 G25 M F3 G25 M F3 G25 M F2 G25", comparedArch}
	comparedArch = "F8/2 G49 F11 G49"
	epochImages  = 60_000
	scoredImages = 10_000
)

const (
	batch       = 100
	reportEvery = 10 // steps
)

// training makes table B2: training and scoring on all cores and on one.
func (b *bench) training(ctx context.Context) (report.Table, error) {
	cores := runtime.GOMAXPROCS(0)
	t := report.Table{ID: "B2-training", Title: fmt.Sprintf("B2. Training and scoring on %d cores", cores),
		Columns: []report.Column{{Name: "architecture"}, {Name: "scores", Unit: "MFLOP/image", Decimals: 2},
			{Name: "training", Unit: "images/s"}, {Name: "epoch", Unit: "s", Decimals: 2}, {Name: "arithmetic", Unit: "GFLOP/s"},
			{Name: "time over the floor", Unit: "×", Decimals: 2, Better: -1},
			{Name: fmt.Sprintf("%d cores over one", cores), Unit: "×", Decimals: 2}, {Name: "memory a step", Unit: "B"},
			{Name: "peak memory", Unit: "MB"}, {Name: "scoring", Unit: "images/s"}, {Name: "scoring, share of the peak", Unit: "%"}},
		Note: fmt.Sprintf("%d generated images of 28×28 pixels, batches of %d, annealing under way. Arithmetic: of the "+
			"log-scores alone, 4·P·K·D a layer. Floor: the time that the log-scores would take at the peak of all cores, "+
			"measured in turns with the training. Memory a step: allocated, reports included.", epochImages, batch)}
	images := noise(epochImages)
	return t, b.eachArch(&t, architectures, func(arch string) ([]float64, error) {
		return trainingRow(ctx, arch, images, cores)
	})
}

// noise is n images with some structure: speed does not depend on it, but means must not collapse.
func noise(n int) dcgmm.Images {
	im := dcgmm.Images{Shape: dcgmm.Shape{H: 28, W: 28, C: 1}, Pix: make([]uint8, n*28*28)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		pix := im.Pix[i*28*28:][:28*28]
		y0, x0 := r.IntN(20), r.IntN(20)
		for y := y0; y < y0+8; y++ {
			for x := x0; x < x0+8; x++ {
				pix[y*28+x] = uint8(128 + r.IntN(128))
			}
		}
	}
	return im
}

func trainingRow(ctx context.Context, arch string, images dcgmm.Images, cores int) ([]float64, error) {
	machine.ResetPeak()
	all, err := newStepper(ctx, arch, images, cores)
	if err != nil {
		return nil, err
	}
	floor, err := versus(ctx, peak(cores), all.run)
	if err != nil {
		return nil, err
	}
	peakMB := machine.PeakMB()
	allocated, err := all.allocates(50)
	if err != nil {
		return nil, err
	}
	one, err := newStepper(ctx, arch, images, 1)
	if err != nil {
		return nil, err
	}
	some := dcgmm.Images{Shape: images.Shape, Pix: images.Pix[:scoredImages*images.Shape.Size()]}
	score := repeated(func() error { _, err := all.tr.Network().Evaluate(ctx, some, cores); return err })
	c, err := each(ctx, [2]subject{all.run, one.run}, [2]subject{score, peak(cores)})
	if err != nil {
		return nil, err
	}
	both, scoring := c[0], c[1]
	perImage, rate, scored := all.gflop()/batch, batch/floor.b, float64(scoredImages)
	return []float64{1000 * perImage, rate, float64(epochImages) / rate, rate * perImage, floor.ratio / all.gflop(),
		both.ratio, allocated, peakMB, scored / scoring.a, 100 * scoring.ratio * scored * perImage}, nil
}

// stepper is a training whose unit of work is a step.
type stepper struct {
	ctx context.Context
	tr  *dcgmm.Trainer
}

// newStepper starts a training that goes on long enough, with τ as at the start.
func newStepper(ctx context.Context, arch string, images dcgmm.Images, workers int) (*stepper, error) {
	net, err := dcgmm.New(arch, images.Shape, dcgmm.Init{Seed: 1, MaxPrecRoot: 8})
	if err != nil {
		return nil, err
	}
	return resume(ctx, net, images, workers)
}

func resume(ctx context.Context, net *dcgmm.Network, images dcgmm.Images, workers int) (*stepper, error) {
	tr, err := dcgmm.NewTrainer(net, images, dcgmm.Config{Epochs: 1_000_000, BatchSize: batch, Seed: 1, Workers: workers,
		Window: reportEvery, Delta: 1e-9}) // τ is never lowered
	return &stepper{ctx, tr}, err
}

var errEnough = errors.New("enough steps")

// run is the training as a subject; steps are done in whole windows.
func (s *stepper) run(n int) (float64, error) {
	steps := (n + reportEvery - 1) / reportEvery * reportEvery
	end := s.tr.Step() + steps
	seconds, err := repeated(func() error {
		err := s.tr.Run(s.ctx, func(p dcgmm.Progress) error {
			if p.Step >= end {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})(1)
	return seconds * float64(n) / float64(steps), err
}

// gflop is the arithmetic of a step's log-scores.
func (s *stepper) gflop() float64 { return s.tr.Network().Arch().FLOPs() * batch / 1e9 }

// allocates is the memory a step takes from the heap, in bytes.
func (s *stepper) allocates(steps int) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.run(steps)
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(steps), err
}
