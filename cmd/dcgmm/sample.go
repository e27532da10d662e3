package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// sampleFlags are the arguments of sample.
type sampleFlags struct {
	samplingFlags
	outputFlags
	n, fromLayer int
	class        classFlag
	choose       string
}

func sampleCommand() *cobra.Command {
	s := sampleFlags{class: noClass}
	c := onModel(&cobra.Command{
		Use: "sample", Short: "Sample new images",
		Long: "Sample new images, top-down from a layer. Image i depends on the seed and i only.\n\n" + outputHelp,
		Example: `  dcgmm sample digits.dcgmm -n 100 --out digits.png
  dcgmm sample digits.dcgmm -n 100000 --seed 7 --out digits.npy
  dcgmm sample digits.dcgmm --class 3 --sharpen 100 --sharpen-target 1 --out threes/
  dcgmm sample photos.dcgmm --class coffee --out coffee.png`,
	}, s.run)
	f := c.Flags()
	f.IntVarP(&s.n, "count", "n", 100, "images")
	f.IntVar(&s.fromLayer, "layer", 0, "`layer`, from 1, to sample from; 0: the top, or with --class the classifier's")
	f.StringVar(&s.choose, "choose", "weights",
		"how components are chosen there: weights (as likely as they are), uniform, or cycle (one after the other)")
	f.IntSliceVar(&s.Components, "component", nil, "choose among these components only, counted from 0; may be repeated")
	f.Var(&s.class, "class", "sample images of this `class`, by its name or number; needs a classifier, see dcgmm classify")
	s.samplingFlags.add(c)
	s.outputFlags.add(f, "samples.png")
	return c
}

func (s *sampleFlags) run(c *cobra.Command, m *model) error {
	layer, how, err := s.start(m)
	if err != nil {
		return err
	}
	in := m.Network.Input()
	outs, err := s.open(s.n, in)
	if err != nil {
		return err
	}
	return generation{"sampling", s.n, strideOf(in), func(first, count int) ([]float32, error) {
		return m.Network.Sample(c.Context(), layer, first, count, how)
	}, fmt.Sprintf("%d images of %v, sampled from layer %d of %s", s.n, in, layer+1, m.path)}.run(c, outs, s.paths)
}

// start finds the layer to sample from and its components.
func (s *sampleFlags) start(m *model) (layer int, c dcgmm.Sampling, err error) {
	fail := func(format string, args ...any) (int, dcgmm.Sampling, error) {
		return 0, c, fmt.Errorf(format, args...)
	}
	fallback, ofClass := m.top(), s.class.given()
	var weights []float64
	if ofClass {
		k, err := m.classifier()
		if err != nil {
			return 0, c, err
		}
		class, err := s.class.among("class", m.classNames(), k.Classes, fmt.Sprintf("the classifier of %s has", m.path))
		if err != nil {
			return 0, c, err
		}
		if s.choose != "weights" {
			return fail("--choose is %q, but --class says how likely components are; omit one of them", s.choose)
		}
		fallback, weights = k.Layer, k.Signal(m.Network, class)
	}
	if layer, err = m.layer("layer", s.fromLayer, fallback); err != nil {
		return 0, c, err
	}
	if ofClass && layer != fallback {
		return fail("--layer is %d, but the classifier of %s is on layer %d; omit --layer, or train a classifier there",
			s.fromLayer, m.path, fallback+1)
	}
	if c, err = s.sampling(m, layer); err != nil {
		return 0, c, err
	}
	c.Weights = weights
	K := m.Network.Layer(layer).K
	for _, k := range c.Components {
		if k < 0 || k >= K {
			return fail("--component is %d; layer %d of %s has the components 0 to %d", k, layer+1, m.path, K-1)
		}
	}
	var ok bool
	choices := map[string]dcgmm.Choice{"weights": dcgmm.ByWeight, "uniform": dcgmm.Uniform, "cycle": dcgmm.Cycle}
	if c.Choose, ok = choices[s.choose]; !ok {
		return fail("--choose is %q; choose weights, uniform or cycle", s.choose)
	}
	return layer, c, nil
}

// varyFlags are the arguments of vary.
type varyFlags struct {
	imageFlags
	samplingFlags
	outputFlags
	variants, fromLayer int
}

func varyCommand() *cobra.Command {
	var v varyFlags
	c := onModel(&cobra.Command{
		Use: "vary", Short: "Sample variants of images",
		Long: `Sample variants of images: each image goes up to a layer, and new ones are sampled down from there. The variants of an
image follow one another; in a grid they are a row.

` + outputHelp,
		Example: `  dcgmm vary digits.dcgmm --set mnist --limit 10 --variants 8 --out variants.png
  dcgmm vary photos.dcgmm --images photos --layer 1 --out variants/`,
	}, v.run)
	f := c.Flags()
	v.addLimited(f, "test", 100)
	f.IntVar(&v.variants, "variants", 8, "of each image")
	f.IntVar(&v.fromLayer, "layer", 0, "`layer`, from 1, that the images go up to; 0: the top")
	v.samplingFlags.add(c)
	v.outputFlags.add(f, "variants.png")
	return c
}

func (v *varyFlags) run(c *cobra.Command, m *model) error {
	layer, err := m.layer("layer", v.fromLayer, m.top())
	if err != nil {
		return err
	}
	how, err := v.sampling(m, layer)
	if err != nil {
		return err
	}
	set, err := v.loadFor(c.Context(), c.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	if v.columns == 0 {
		v.columns = v.variants
	}
	outs, err := v.open(set.N*v.variants, m.Network.Input())
	if err != nil {
		return err
	}
	return generation{"varying", set.N, max(1, chunk/v.variants), func(first, count int) ([]float32, error) {
		own := how
		own.Seed = seedAt(how.Seed, first)
		return m.Network.Vary(c.Context(), images(repeated(set, first, count, v.variants)), layer, own)
	}, fmt.Sprintf("%d variants of each of %d images of %s, from layer %d of %s", v.variants, set.N, set.Name, layer+1, m.path),
	}.run(c, outs, v.paths)
}

// repeated is images [first, first+count), each so many times.
func repeated(s *dataset.Set, first, count, times int) *dataset.Set {
	indices := make([]int, count*times)
	for i := range indices {
		indices[i] = first + i/times
	}
	return s.Subset(indices)
}
