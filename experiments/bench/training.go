package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/internal/machine"
)

// model is an architecture for images of a shape.
type model struct {
	name string // "A", or empty
	arch string
	in   dcgmm.Shape
}

var (
	digit   = dcgmm.Shape{H: 28, W: 28, C: 1}
	picture = dcgmm.Shape{H: 64, W: 64, C: 3}
)

// The architectures A to G of the authors' scripts (docs/model.md §3), the one that peers train, factor analysers, and
// many components or dimensions. Tests have smaller ones.
var (
	architectures = []model{{"A", "F28 G25", digit}, {"B", "F8/2 G49 F11 G36", digit}, {"C", "F8/1 G25 M F11 G36", digit},
		{"D", "F3/1 G25 M F4/1 G25 M F5 G25", digit}, {"E", "F3/1 G25 F4/2 G25 F12 G25", digit},
		{"F", "F3/1 G25 F4/2 G25 F4/2 G25 F5 G25", digit}, {"G", "F3 G25 M F3 G25 M F3 G25 M F2 G25", digit}, {"", comparedArch, digit},
		{"", "F28 A49:8", digit}, {"", "F4/1 A16:2 T8 M M F7 A49:8", digit},
		{"", "F8/2 G49 F11 G800", digit}, {"", "F28 G800", digit}, {"", "F64 G49", picture}}
	comparedArch = "F8/2 G49 F11 G49"
	epochImages  = 60_000
	scoredImages = 10_000
)

// label is the model in a table.
func (m model) label() string {
	label := m.arch
	if m.name != "" {
		label = m.name + ": " + label
	}
	if m.in != digit {
		label += fmt.Sprintf(", %v", m.in)
	}
	return label
}

// images are generated ones, with as many bytes as epochImages of 28×28.
func (m model) images() dcgmm.Images { return noise(m.in, epochImages*digit.Size()/m.in.Size()) }

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
		Note: fmt.Sprintf("Generated images, %d of 28×28 pixels, or as many bytes of others; batches of %d. An epoch is %d steps. "+
			"Annealing is under way; models with factors, which have all joined, have τ = %g. Arithmetic: of the log-scores alone, "+
			"4·P·K·D a layer, and 2·P·K·L·D for the linear forms of L factors. Floor: the time that this would take at the peak "+
			"of all cores, measured in turns with the training. Memory a step: allocated, without reports of progress.",
			epochImages, batch, epochImages/batch, joinedTau)}
	var labels []string
	for _, m := range architectures {
		labels = append(labels, m.label())
	}
	return t, b.eachRow(&t, labels, func(i int) ([]float64, error) { return trainingRow(ctx, architectures[i], cores) })
}

// noise is n images with some structure: speed does not depend on it, but means must not collapse.
func noise(in dcgmm.Shape, n int) dcgmm.Images {
	im := dcgmm.Images{Shape: in, Pix: make([]uint8, n*in.Size())}
	for i := 0; i < len(im.Pix); i += os.Getpagesize() {
		im.Pix[i] = 0 // memory that nothing was written to is not resident, and would be missing in the peak
	}
	r := rand.New(rand.NewPCG(1, 2))
	h, w := max(1, 2*in.H/7), max(1, 2*in.W/7) // 8×8 of 28×28
	for i := range n {
		pix := im.Pix[i*in.Size():][:in.Size()]
		y0, x0 := r.IntN(in.H-h), r.IntN(in.W-w)
		for y := y0; y < y0+h; y++ {
			row := pix[(y*in.W+x0)*in.C:][:w*in.C]
			for x := range row {
				row[x] = uint8(128 + r.IntN(128))
			}
		}
	}
	return im
}

func trainingRow(ctx context.Context, m model, cores int) ([]float64, error) {
	machine.ResetPeak()
	images := m.images()
	all, err := newStepper(ctx, m.arch, images, cores)
	if err != nil {
		return nil, err
	}
	floor, err := versus(ctx, peak(cores), all.run)
	if err != nil {
		return nil, err
	}
	peakMB := machine.PeakMB()
	allocated, err := all.allocates()
	if err != nil {
		return nil, err
	}
	one, err := newStepper(ctx, m.arch, images, 1)
	if err != nil {
		return nil, err
	}
	some := first(images, min(scoredImages, images.Len()))
	score := repeated(func() error { _, err := all.tr.Network().Evaluate(ctx, some, cores); return err })
	c, err := each(ctx, [2]subject{all.run, one.run}, [2]subject{score, peak(cores)})
	if err != nil {
		return nil, err
	}
	both, scoring := c[0], c[1]
	perImage, rate, scored := all.gflop()/batch, batch/floor.b, float64(some.Len())
	return []float64{1000 * perImage, rate, float64(epochImages) / rate, rate * perImage, floor.ratio / all.gflop(),
		both.ratio, allocated, peakMB, scored / scoring.a, 100 * scoring.ratio * scored * perImage}, nil
}

// first are the first n of some images.
func first(images dcgmm.Images, n int) dcgmm.Images {
	return dcgmm.Images{Shape: images.Shape, Pix: images.Pix[:n*images.Shape.Size()]}
}

// stepper is a training whose unit of work is a step.
type stepper struct {
	ctx    context.Context
	images dcgmm.Images
	tr     *dcgmm.Trainer
}

// newStepper starts a training that goes on long enough, with τ as at the start.
func newStepper(ctx context.Context, arch string, images dcgmm.Images, workers int) (*stepper, error) {
	net, err := dcgmm.New(arch, images.Shape, dcgmm.Init{Seed: 1, MaxPrecRoot: 8})
	if err != nil {
		return nil, err
	}
	return resume(ctx, net, images, workers)
}

// joinedTau is the width of annealing of models with factors: how far it has come when they join.
const joinedTau = 0.1

func resume(ctx context.Context, net *dcgmm.Network, images dcgmm.Images, workers int) (*stepper, error) {
	c := dcgmm.Config{Epochs: 1_000_000, BatchSize: batch, Seed: 1, Workers: workers, Window: reportEvery, Delta: 1e-9} // τ is never lowered
	if net.Arch().Factors() {
		c.Tau, c.FactorWait = joinedTau, 1e-12 // all factors join before the first step
	}
	tr, err := dcgmm.NewTrainer(net, images, c)
	return &stepper{ctx, images, tr}, err
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

// allocates is the memory that a step takes from the heap, in bytes, without reports of progress: what many steps
// between two reports take more than few.
func (s *stepper) allocates() (float64, error) {
	const few, many = 5, 55
	less, err := s.allocated(few)
	if err != nil {
		return 0, err
	}
	more, err := s.allocated(many)
	return (more - less) / (many - few), err
}

// allocated is the memory that so many steps and a report of progress take from the heap, in bytes: the least of
// several times, as other goroutines and the runtime may take some, too.
func (s *stepper) allocated(steps int) (float64, error) {
	c := s.tr.Config()
	c.Window = steps
	tr, err := dcgmm.NewTrainer(s.tr.Network(), s.images, c)
	if err != nil {
		return 0, err
	}
	var m runtime.MemStats
	least, before := math.Inf(1), math.Inf(-1)
	err = tr.Run(s.ctx, func(p dcgmm.Progress) error {
		runtime.ReadMemStats(&m)
		least, before = min(least, float64(m.TotalAlloc)-before), float64(m.TotalAlloc)
		if p.Step >= 4*steps {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return least, err
}
