package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/progress"
)

// chunk is how many images are made at a time where each chunk has a seed of its own: the images depend on it.
const chunk = 256

// stride is how many images are made at a time where they do not depend on it: work for all processors, soon done.
func stride() int { return max(chunk, 64*runtime.GOMAXPROCS(0)) }

// inFlight is how many values of images are made at a time: 64 MB.
const inFlight = 1 << 24

// strideOf is stride for images of a shape: fewer if they are large.
func strideOf(in dcgmm.Shape) int { return max(1, min(stride(), inFlight/in.Size())) }

// seedAt is the seed of a chunk whose images count from first: the wanted seed for 0, another for each of the others.
func seedAt(seed uint64, first int) uint64 { return seed + uint64(first)*0x9e3779b97f4a7c15 }

// samplingFlags say how images are sampled on the way down.
type samplingFlags struct {
	dcgmm.Sampling
	sharpenFlags
}

func (s *samplingFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&s.Top, "top", 1, "sample lower layers' components among so many with the strongest signal")
	f.Float64SliceVar(&s.Noise, "noise", nil, "`scale` of the noise: 0 is means, with factors as modelled, 1 as modelled; one for each layer, from the images up, or one for all (default 1; if factors are handed up, 1 in the lowest layer and 0 above)")
	f.Float64SliceVar(&s.Redraw, "redraw", nil, "`powers` of rounds in which layers with overlapping patches draw these again, given the image so far, for instance 1,1,1")
	f.BoolVar(&s.Sparse, "sparse", false, "undo pooling by one value at a random place instead of all places of a window")
	f.Uint64Var(&s.Seed, "seed", 1, "of everything random")
	f.IntVar(&s.Workers, "workers", 0, "goroutines; 0: all processors. The images do not depend on it")
	f.IntVar(&s.Iterations, "sharpen", 0, "sharpen each image, by so many steps at most; 0: not")
	s.sharpenFlags.add(f, "sharpen-target")
}

// sampling completes the flags for a network, for a way down from a layer.
func (s *samplingFlags) sampling(m *model, layer int) (dcgmm.Sampling, error) {
	c := s.Sampling
	if n := len(c.Noise); n > 1 && n != m.Network.Layers() {
		return c, fmt.Errorf("--noise has %d values; give one, or one for each of %d layers", n, m.Network.Layers())
	}
	if s.Iterations == 0 {
		return c, nil
	}
	sharpening, err := s.sharpening(m, "sharpen-target", layer)
	c.Sharpen = []dcgmm.Sharpening{sharpening}
	return c, err
}

// sharpenFlags say how images are moved uphill.
type sharpenFlags struct {
	dcgmm.Sharpening
	target int
}

func (s *sharpenFlags) add(f *pflag.FlagSet, target string) {
	f.IntVar(&s.target, target, 0, "`layer`, from 1, whose score sharpening raises; 0: where the images come from, else the top")
	f.Float64Var(&s.Rate, "rate", 0.1, "of the first step of sharpening")
	f.Float64Var(&s.Keep, "keep", 0, "weight of staying near the image as it was")
}

func (s *sharpenFlags) sharpening(m *model, target string, fallback int) (out dcgmm.Sharpening, err error) {
	out = s.Sharpening
	out.Target, err = m.layer(target, s.target, fallback)
	return out, err
}

// generation is the work of a command that writes images.
type generation struct {
	title    string // of the progress
	n, chunk int    // pieces of work, and how many at a time
	images   func(first, count int) ([]float32, error)
	said     string // of every output in the end
}

// run makes the images, writes them to outs and says what they are.
func (g generation) run(c *cobra.Command, outs []output, paths []string) error {
	err := produce(outs, func(sink dataset.Sink) error {
		return inChunks(c.ErrOrStderr(), g.title, g.n, g.chunk, func(first, count int) error {
			values, err := g.images(first, count)
			if err != nil {
				return err
			}
			return sink(values)
		})
	})
	for _, p := range paths {
		if err == nil {
			err = say(c.OutOrStdout(), "%s: %s", p, g.said)
		}
	}
	return err
}

// inChunks calls work for [first, first+count) until total is done, and shows progress.
func inChunks(log io.Writer, title string, total, size int, work func(first, count int) error) error {
	bar := progress.New(log, title, float64(total))
	defer bar.Close()
	bar.Set(0, "")
	for first := 0; first < total; first += size {
		count := min(size, total-first)
		if err := work(first, count); err != nil {
			return err
		}
		bar.Set(float64(first+count), fmt.Sprintf("%d of %d images", first+count, total))
	}
	return nil
}
