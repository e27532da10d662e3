package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// inpaintFlags are the arguments of inpaint.
type inpaintFlags struct {
	imageFlags
	maskFlag
	samplingFlags
	outputFlags
	dcgmm.Inpainting
}

func inpaintCommand() *cobra.Command {
	var p inpaintFlags
	c := onModel(&cobra.Command{
		Use: "inpaint", Short: "Fill in missing pixels of images",
		Long: `Fill in missing pixels of images, keep the others, and print the squared error against the pictures as they are. In a
--mask of your own, white pixels are missing; black and transparent ones are known.

` + outputHelp,
		Example: `  dcgmm inpaint digits.dcgmm --set mnist --limit 25 --mask right --out right.png
  dcgmm inpaint photos.dcgmm --images photos --mask scratch.png --draw --seed 3 --out mended/`,
	}, p.run)
	f := c.Flags()
	p.addLimited(f, "test", 100)
	p.maskFlag.add(f)
	f.BoolVar(&p.ZeroFill, "zero-fill", false, "take missing pixels for black on the way up, instead of summing over what they may be")
	f.BoolVar(&p.Draw, "draw", false, "sample pixels instead of their expectation")
	f.IntVar(&p.Rounds, "rounds", 3, "how often to go up and down")
	p.samplingFlags.add(c)
	p.outputFlags.add(f, "inpainted.png")
	return c
}

func (p *inpaintFlags) run(c *cobra.Command, m *model) error {
	if p.mask == "" {
		return fmt.Errorf("give --mask: right, left, top, bottom, hole, random:0.5 or a picture.png (white = missing, black = known)")
	}
	how := p.Inpainting
	var err error
	if how.Sampling, err = p.sampling(m, m.top()); err != nil {
		return err
	}
	set, err := p.loadFor(c.Context(), c.ErrOrStderr(), m)
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
	var sum float64 // of squared errors
	n := 0
	err = generation{"in-painting", set.N, chunk, func(first, count int) ([]float32, error) {
		own, im := how, part(set, missing, first, count)
		own.Sampling.Seed = seedAt(how.Sampling.Seed, first)
		out, err := m.Network.Inpaint(c.Context(), im, own)
		for i, v := range out {
			if eval.IsMissing(im.Missing, i/set.C) {
				d := float64(v) - float64(im.Pix[i])/255
				sum, n = sum+d*d, n+1
			}
		}
		return out, err
	}, fmt.Sprintf("%d images of %s, in-painted by %s", set.N, set.Name, m.path)}.run(c, outs, p.paths)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "squared error: %.5f on average of %d missing values in [0,1]\n", sum/float64(max(1, n)), n)
	return err
}
