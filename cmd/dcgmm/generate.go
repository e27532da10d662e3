package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

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

// samplingFlags say how vectors are drawn on the way down.
type samplingFlags struct {
	dcgmm.Sampling
	sharpenFlags
}

func (s *samplingFlags) add(f *pflag.FlagSet) {
	f.IntVar(&s.Top, "top", 1, "draw lower layers' components among so many with the strongest signal")
	f.Float64Var(&s.Temperature, "temperature", 1, "divide deviations by it; large: means only")
	f.BoolVar(&s.Sparse, "sparse", false, "undo pooling by one value at a random place instead of all places of a window")
	f.Uint64Var(&s.Seed, "seed", 1, "of everything random")
	f.IntVar(&s.Workers, "workers", 0, "goroutines; 0: all processors. The images do not depend on it")
	f.IntVar(&s.Iterations, "sharpen", 0, "sharpen each image, by so many steps at most; 0: not")
	s.sharpenFlags.add(f, "sharpen-target")
}

// sampling completes the flags for a network, for a way down from a layer.
func (s *samplingFlags) sampling(m *model, layer int) (dcgmm.Sampling, error) {
	c := s.Sampling
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

func (s *sharpenFlags) sharpening(m *model, target string, fallback int) (dcgmm.Sharpening, error) {
	out := s.Sharpening
	var err error
	out.Target, err = m.layer(target, s.target, fallback)
	return out, err
}

// sourceFlags choose images to start from.
type sourceFlags struct {
	imageFlags
	limit int
}

func (s *sourceFlags) add(f *pflag.FlagSet) {
	s.imageFlags.add(f, "test")
	f.IntVar(&s.limit, "limit", 100, "take the first so many images; 0: all")
}

func (s *sourceFlags) load(ctx context.Context, log io.Writer, m *model) (*dataset.Set, error) {
	set, err := s.loadFor(ctx, log, m)
	if err == nil && s.limit > 0 {
		set = set.Head(s.limit)
	}
	return set, err
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

// part is images [first, first+count) of a set, with their mask if there is one.
func part(s *dataset.Set, missing []bool, first, count int) dcgmm.Images {
	im := images(s)
	size, pixels := im.Shape.Size(), im.Shape.H*im.Shape.W
	im.Pix = im.Pix[first*size:][:count*size]
	im.Missing = missing
	if len(missing) > pixels {
		im.Missing = missing[first*pixels:][:count*pixels]
	}
	return im
}

// seedAt is the seed of a chunk whose images count from 0: the wanted seed for the first, another for each of the others.
func seedAt(seed uint64, first int) uint64 { return seed + uint64(first)*0x9e3779b97f4a7c15 }

// values are the pixels as the model sees them.
func values(im dcgmm.Images) []float32 {
	v := make([]float32, len(im.Pix))
	for i, p := range im.Pix {
		v[i] = float32(p) / 255
	}
	return v
}

// written says what was made.
func written(w io.Writer, paths []string, what string) error {
	for _, p := range paths {
		if err := say(w, "%s: %s", p, what); err != nil {
			return err
		}
	}
	return nil
}
