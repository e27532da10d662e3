package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// sampleFlags are the arguments of sample.
type sampleFlags struct {
	samplingFlags
	outputFlags
	n, fromLayer, class int
	choose              string
}

func sampleCommand() *cobra.Command {
	var s sampleFlags
	c := &cobra.Command{
		Use: "sample CHECKPOINT", Short: "Draw new images", Args: cobra.ExactArgs(1),
		Long: "Draw new images, top-down from a layer. Image i depends on the seed and i only.\n\n" + outputHelp,
		Example: `  dcgmm sample digits.dcgmm -n 100 --out digits.png
  dcgmm sample digits.dcgmm -n 100000 --seed 7 --out digits.npy
  dcgmm sample digits.dcgmm --class 3 --sharpen 100 --sharpen-target 1 --out threes/`,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return s.run(c.Context(), m, c.Flags().Changed("class"), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.IntVarP(&s.n, "count", "n", 100, "images")
	f.IntVar(&s.fromLayer, "layer", 0, "`layer`, from 1, to sample from; 0: the top, or with --class the classifier's")
	f.StringVar(&s.choose, "choose", "weights", "how components are chosen there: weights (as likely as they are), uniform, or cycle (one after the other)")
	f.IntSliceVar(&s.Components, "component", nil, "choose among these components only, counted from 0; may be repeated")
	f.IntVar(&s.class, "class", 0, "draw images of this class, counted from 0; needs a classifier, see dcgmm classify")
	s.samplingFlags.add(f)
	s.outputFlags.add(f, "samples.png")
	return c
}

func (s *sampleFlags) run(ctx context.Context, m *model, ofClass bool, stdout, stderr io.Writer) error {
	layer, c, err := s.start(m, ofClass)
	if err != nil {
		return err
	}
	outs, err := s.open(s.n, m.Network.Input())
	if err != nil {
		return err
	}
	err = produce(outs, func(sink dataset.Sink) error {
		return inChunks(stderr, "sampling", s.n, strideOf(m.Network.Input()), func(first, count int) error {
			v, err := m.Network.Sample(ctx, layer, first, count, c)
			if err != nil {
				return err
			}
			return sink(v)
		})
	})
	if err != nil {
		return err
	}
	return written(stdout, s.paths, fmt.Sprintf("%d images of %v, sampled from layer %d of %s", s.n, m.Network.Input(), layer+1, m.path))
}

// start finds the layer to sample from and its components.
func (s *sampleFlags) start(m *model, ofClass bool) (layer int, c dcgmm.Sampling, err error) {
	fallback := m.top()
	var weights []float64
	if ofClass {
		k, err := m.classifier()
		if err != nil {
			return 0, c, err
		}
		if s.class < 0 || s.class >= k.Classes {
			return 0, c, fmt.Errorf("--class is %d; the classifier of %s has the classes 0 to %d", s.class, m.path, k.Classes-1)
		}
		if s.choose != "weights" {
			return 0, c, fmt.Errorf("--choose is %q, but --class says how likely components are; leave one of them away", s.choose)
		}
		fallback, weights = k.Layer, k.Signal(m.Network, s.class)
	}
	if layer, err = m.layer("layer", s.fromLayer, fallback); err != nil {
		return 0, c, err
	}
	if ofClass && layer != fallback {
		return 0, c, fmt.Errorf("--layer is %d, but the classifier of %s is on layer %d; leave --layer away, or train a classifier there", s.fromLayer, m.path, fallback+1)
	}
	if c, err = s.sampling(m, layer); err != nil {
		return 0, c, err
	}
	c.Weights = weights
	K := m.Network.Layer(layer).K
	for _, k := range c.Components {
		if k < 0 || k >= K {
			return 0, c, fmt.Errorf("--component is %d; layer %d of %s has the components 0 to %d", k, layer+1, m.path, K-1)
		}
	}
	choices := map[string]dcgmm.Choice{"weights": dcgmm.ByWeight, "uniform": dcgmm.Uniform, "cycle": dcgmm.Cycle}
	choice, ok := choices[s.choose]
	if !ok {
		return 0, c, fmt.Errorf("--choose is %q; choose weights, uniform or cycle", s.choose)
	}
	c.Choose = choice
	return layer, c, nil
}
