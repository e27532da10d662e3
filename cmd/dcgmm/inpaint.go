package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// maskFlag says which pixels are missing.
type maskFlag struct{ mask string }

func (k *maskFlag) add(f *pflag.FlagSet) {
	f.StringVar(&k.mask, "mask", "", "missing pixels: right, left, top, bottom (halves), hole, random:0.5, or a `picture.png` of the images' size (white = missing; black or transparent = known)")
}

// missing is nil without a mask.
func (k *maskFlag) missing(s *dataset.Set, seed uint64) ([]bool, error) {
	if k.mask == "" {
		return nil, nil
	}
	return dataset.MakeMask(k.mask, s.N, s.H, s.W, seed)
}

// inpaintFlags are the arguments of inpaint.
type inpaintFlags struct {
	sourceFlags
	maskFlag
	samplingFlags
	outputFlags
	dcgmm.Inpainting
}

func inpaintCommand() *cobra.Command {
	var p inpaintFlags
	c := &cobra.Command{
		Use: "inpaint CHECKPOINT", Short: "Fill in missing pixels of images", Args: cobra.ExactArgs(1),
		Long: "Fill in missing pixels of images, keep the others, and print the squared error against the pictures as they are. In a --mask of your own, white pixels are\n" +
			"missing; black and transparent ones are known.\n\n" + outputHelp,
		Example: `  dcgmm inpaint digits.dcgmm --set mnist --limit 25 --mask right --out right.png
  dcgmm inpaint photos.dcgmm --images photos --mask scratch.png --draw --seed 3 --out mended/`,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return p.run(c.Context(), m, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	p.sourceFlags.add(f)
	p.maskFlag.add(f)
	f.BoolVar(&p.ZeroFill, "zero-fill", false, "take missing pixels for black on the way up, instead of summing over what they may be")
	f.BoolVar(&p.Draw, "draw", false, "draw pixels instead of their expectation")
	f.IntVar(&p.Rounds, "rounds", 3, "how often to go up and down")
	p.samplingFlags.add(f)
	p.outputFlags.add(f, "inpainted.png")
	return c
}

func (p *inpaintFlags) run(ctx context.Context, m *model, stdout, stderr io.Writer) error {
	if p.mask == "" {
		return fmt.Errorf("give --mask: right, left, top, bottom, hole, random:0.5 or a picture.png (white = missing, black = known)")
	}
	c := p.Inpainting
	var err error
	if c.Sampling, err = p.sampling(m, m.top()); err != nil {
		return err
	}
	set, err := p.load(ctx, stderr, m)
	if err != nil {
		return err
	}
	missing, err := p.missing(set, p.Seed)
	if err != nil {
		return err
	}
	outs, err := p.open(set.N, m.Network.Input())
	if err != nil {
		return err
	}
	var wrong squares
	err = produce(outs, func(sink dataset.Sink) error {
		return inChunks(stderr, "in-painting", set.N, chunk, func(first, count int) error {
			own, im := c, part(set, missing, first, count)
			own.Sampling.Seed = seedAt(c.Sampling.Seed, first)
			out, err := m.Network.Inpaint(ctx, im, own)
			if err != nil {
				return err
			}
			wrong.add(out, im)
			return sink(out)
		})
	})
	if err != nil {
		return err
	}
	if err := written(stdout, p.paths, fmt.Sprintf("%d images of %s, in-painted by %s", set.N, set.Name, m.path)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "squared error: %.5f on average of %d missing values in [0,1]\n", wrong.sum/float64(max(1, wrong.n)), wrong.n)
	return err
}

// squares sums squared errors of missing pixels.
type squares struct {
	sum float64
	n   int
}

func (q *squares) add(got []float32, want dcgmm.Images) {
	for i, v := range got {
		if !want.Missing[i/want.Shape.C%len(want.Missing)] {
			continue
		}
		d := float64(v) - float64(want.Pix[i])/255
		q.sum, q.n = q.sum+d*d, q.n+1
	}
}
