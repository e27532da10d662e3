package bench

import (
	"context"
	"fmt"
	"runtime"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/experiments/training"
	"deepgmm/internal/machine"
)

// series are models and images of which one quantity grows.
type series struct {
	grows, of string
	points    []point
}

type point struct {
	x      int // what grows
	model  model
	images int
}

var large = dcgmm.Shape{H: 128, W: 128, C: 3}

// What table B7 measures. Tests have less.
var costSeries = []series{
	moreImages("F8/2 G49 F11 G49", 10_000, 20_000, 40_000, 60_000),
	moreComponents("F28 G%s", 49, 100, 200, 400, 800),
	moreComponents("F8/2 G49 F11 G%s", 49, 100, 200, 400, 800),
	{"values of an image", "one layer: F28 G49 to F128 G49",
		[]point{ofSize("F28 G49", digit), ofSize("F64 G49", picture), ofSize("F128 G49", large)}},
	{"values of an image", "two: F8/4 G49 F6 G49 to F8/4 G49 F31 G49",
		[]point{ofSize("F8/4 G49 F6 G49", digit), ofSize("F8/4 G49 F15 G49", picture), ofSize("F8/4 G49 F31 G49", large)}},
}

var fewImages = 10_000 // where their number does not grow

func moreImages(arch string, numbers ...int) series {
	s := series{grows: "images N", of: arch}
	for _, n := range numbers {
		s.points = append(s.points, point{n, model{"", arch, digit}, n})
	}
	return s
}

// moreComponents has architectures that have K in the place of %s.
func moreComponents(format string, numbers ...int) series {
	s := series{grows: "components K", of: fmt.Sprintf(format, "K")}
	for _, K := range numbers {
		s.points = append(s.points, point{K, model{"", fmt.Sprintf(format, fmt.Sprint(K)), digit}, fewImages})
	}
	return s
}

func ofSize(arch string, in dcgmm.Shape) point {
	return point{in.Size(), model{"", arch, in}, fewImages}
}

// costs are what training takes.
type costs struct {
	mflop, rate, epoch, share float64 // of the scores of an image; images/s; seconds; percent of the peak
	peak                      float64 // MiB
	predicted                 training.Memory
}

// cost makes table B7 and its figure: what training takes as the number of images, components and values grows.
func (b *bench) cost(ctx context.Context) (report.Table, error) {
	cores := runtime.GOMAXPROCS(0)
	t := report.Table{ID: "B7-cost", Title: fmt.Sprintf("B7. Cost as images, components and image sizes grow, %d cores", cores),
		Columns: []report.Column{{Name: "varied"}, {Name: "architecture"}, {Name: "image"}, {Name: "N"},
			{Name: "scores", Unit: "MFLOP/image", Decimals: 2}, {Name: "training", Unit: "images/s"}, {Name: "epoch", Unit: "s", Decimals: 2},
			{Name: "arithmetic, share of the peak", Unit: "%"}, {Name: "peak memory", Unit: "MiB"}, {Name: "predicted", Unit: "MiB"},
			{Name: "of it images", Unit: "MiB"}},
		Note: fmt.Sprintf("Generated images, batches of %d, annealing under way. In %d turns with the peak of all cores, at least the "+
			"steps of an epoch are done; its time is the median of a step, times its steps. Arithmetic: of the log-scores alone. "+
			"Peak memory: of the whole program in that time, resident. Predicted: what `dcgmm info --images N` says.", batch, rounds)}
	all := make([][]costs, len(costSeries))
	for i, s := range costSeries {
		for _, p := range s.points {
			b.say("%s: %s, %d images", t.ID, p.model.label(), p.images)
			c, err := p.costs(ctx, cores)
			if err != nil {
				return t, fmt.Errorf("%s, %d images: %w", p.model.label(), p.images, err)
			}
			row := []report.Value{report.Text(s.grows), report.Text(p.model.arch), report.Text(p.model.in.String())}
			t.Rows = append(t.Rows, append(row, nums(float64(p.images), c.mflop, c.rate, c.epoch, c.share, c.peak,
				c.predicted.Total(), c.predicted.Images)...))
			all[i] = append(all[i], c)
		}
	}
	return t, costFigure(all, t.Title).Write(b.Results)
}

// costs measures a training.
func (p point) costs(ctx context.Context, cores int) (c costs, err error) {
	net, err := dcgmm.New(p.model.arch, p.model.in, dcgmm.Init{})
	if err != nil {
		return c, err
	}
	if c.predicted, err = training.PredictMemory(ctx, net, p.images, dcgmm.Config{BatchSize: batch, Workers: cores}); err != nil {
		return c, err
	}
	net = nil // its memory is not that of the training
	machine.ResetPeak()
	s, err := newStepper(ctx, p.model.arch, noise(p.model.in, p.images), cores)
	if err != nil {
		return c, err
	}
	all := peak(cores)
	peaks, err := calibrate(all)
	if err != nil {
		return c, err
	}
	turn, err := calibrate(s.run)
	if err != nil {
		return c, err
	}
	steps := p.images / batch
	v, err := takeTurns(ctx, all, s.run, peaks, max(turn, (steps+rounds-1)/rounds))
	c.epoch = float64(steps) * v.b
	c.mflop, c.rate, c.share, c.peak = 1000*s.gflop()/batch, batch/v.b, 100*s.gflop()/v.ratio, machine.PeakMB()
	return c, err
}

// costFigure draws time and memory of all series by what grows, on logarithmic axes.
func costFigure(all [][]costs, title string) *report.Lines {
	f := &report.Lines{ID: "B7-figure", Title: title, ByName: true, Panels: make([][]report.Panel, 2)}
	column := map[string]int{}
	for i, s := range costSeries {
		at, known := column[s.grows]
		if !known {
			at = len(column)
			column[s.grows] = at
			for row, y := range []string{"an epoch, s", "peak memory, MiB"} {
				f.Panels[row] = append(f.Panels[row], report.Panel{X: s.grows, Y: y, LogX: true, LogY: true})
			}
		}
		line := func(name string, y func(costs) float64) report.Line {
			l := report.Line{Name: name, Marked: true}
			for j, c := range all[i] {
				l.X, l.Y = append(l.X, float64(s.points[j].x)), append(l.Y, y(c))
			}
			return l
		}
		epoch, memory := &f.Panels[0][at], &f.Panels[1][at]
		epoch.Lines = append(epoch.Lines, line(s.of, func(c costs) float64 { return c.epoch }))
		predicted := line(s.of+", predicted", func(c costs) float64 { return c.predicted.Total() })
		predicted.Of = s.of
		memory.Lines = append(memory.Lines, line(s.of, func(c costs) float64 { return c.peak }), predicted)
	}
	return f
}
