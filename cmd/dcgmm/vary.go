package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
)

// varyFlags are the arguments of vary.
type varyFlags struct {
	sourceFlags
	samplingFlags
	outputFlags
	variants, fromLayer int
}

func varyCommand() *cobra.Command {
	var v varyFlags
	c := &cobra.Command{
		Use: "vary CHECKPOINT", Short: "Draw variants of images", Args: cobra.ExactArgs(1),
		Long: "Draw variants of images: each image goes up to a layer, and new ones are drawn down from there. The variants of an image follow one another;\n" +
			"in a grid they are a row.\n\n" + outputHelp,
		Example: `  dcgmm vary digits.dcgmm --set mnist --limit 10 --variants 8 --out variants.png
  dcgmm vary photos.dcgmm --images photos --layer 1 --out variants/`,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return v.run(c.Context(), m, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	v.sourceFlags.add(f)
	f.IntVar(&v.variants, "variants", 8, "of each image")
	f.IntVar(&v.fromLayer, "layer", 0, "`layer`, from 1, that the images go up to; 0: the top")
	v.samplingFlags.add(f)
	v.outputFlags.add(f, "variants.png")
	return c
}

func (v *varyFlags) run(ctx context.Context, m *model, stdout, stderr io.Writer) error {
	layer, err := m.layer("layer", v.fromLayer, m.top())
	if err != nil {
		return err
	}
	c, err := v.sampling(m, layer)
	if err != nil {
		return err
	}
	set, err := v.load(ctx, stderr, m)
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
	err = produce(outs, func(sink dataset.Sink) error {
		return inChunks(stderr, "varying", set.N, max(1, chunk/v.variants), func(first, count int) error {
			own := c
			own.Seed = seedAt(c.Seed, first)
			out, err := m.Network.Vary(ctx, images(repeated(set, first, count, v.variants)), layer, own)
			if err != nil {
				return err
			}
			return sink(out)
		})
	})
	if err != nil {
		return err
	}
	return written(stdout, v.paths, fmt.Sprintf("%d variants of each of %d images of %s, from layer %d of %s", v.variants, set.N, set.Name, layer+1, m.path))
}

// repeated is images [first, first+count), each so many times.
func repeated(s *dataset.Set, first, count, times int) *dataset.Set {
	indices := make([]int, 0, count*times)
	for i := range count {
		for range times {
			indices = append(indices, first+i)
		}
	}
	return s.Subset(indices)
}
