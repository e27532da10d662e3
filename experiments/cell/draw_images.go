package cell

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// mask is one way to hide pixels, a name for tables and what dataset.MakeMask knows it by.
type mask struct{ name, what string }

var masks = []mask{{"right half", "right"}, {"random half", "random:0.5"}, {"hole", "hole"}}

// on returns images with the mask.
func (m mask) on(set *dataset.Set, seed uint64) (dcgmm.Images, error) {
	im := images(set)
	var err error
	im.Missing, err = dataset.MakeMask(m.what, set.N, set.H, set.W, seed)
	return im, err
}

// missingError is the mean squared error of the missing pixels of an image, averaged over the images.
func missingError(values []float32, im dcgmm.Images) eval.Interval {
	errors := eval.InpaintingErrors(im.Pix, values, im.Missing, im.Len(), im.Shape.C)
	return eval.Bootstrap(errors, resamples, rand.New(rand.NewPCG(1, streamJudge)))
}

const resamples = 2000

// share is how many of the values are as wanted.
func share(got, wanted []int) eval.Interval {
	hits := make([]float64, len(got))
	for i := range got {
		if got[i] == wanted[i] {
			hits[i] = 1
		}
	}
	return eval.Bootstrap(hits, resamples, rand.New(rand.NewPCG(1, streamJudge)))
}

const shownInpainted = 6

// inpaint fills in judged images behind masks.
func (a *artist) inpaint() error {
	set := a.spec.judged(a.data).Head(a.spec.Drawing.Inpaint)
	for _, m := range masks {
		im, err := m.on(set, a.spec.Seed)
		if err != nil {
			return err
		}
		marginal, err := a.net.Inpaint(a.ctx, im, dcgmm.Inpainting{Sampling: dcgmm.Sampling{Workers: a.run.Workers}})
		if err != nil {
			return err
		}
		zero, err := a.net.Inpaint(a.ctx, im, dcgmm.Inpainting{ZeroFill: true, Sampling: dcgmm.Sampling{Workers: a.run.Workers}})
		if err != nil {
			return err
		}
		a.Inpainted = append(a.Inpainted, Inpainted{Mask: m.name, Marginal: missingError(marginal, im), ZeroFill: missingError(zero, im),
			Picture: a.inpaintSheet(m.name, im, marginal, zero)})
	}
	return nil
}

// hidden is how a missing pixel is shown.
const hidden = 0.4

// inpaintSheet shows an image in each row: as it is, masked, and filled in in two ways.
func (a *artist) inpaintSheet(name string, im dcgmm.Images, marginal, zero []float32) Sheet {
	size := im.Shape.Size()
	var all []float32
	for i := range min(shownInpainted, im.Len()) {
		original, masked := make([]float32, size), make([]float32, size)
		for j, v := range im.Pix[i*size:][:size] {
			original[j] = float32(v) / 255
			if masked[j] = original[j]; eval.IsMissing(im.Missing, (i*size+j)/im.Shape.C) {
				masked[j] = hidden
			}
		}
		all = slices.Concat(all, original, masked, marginal[i*size:][:size], zero[i*size:][:size])
	}
	return a.sheet(name, 4, all)
}

const (
	shownVaried   = 6
	shownVariants = 3
)

// vary shows judged images and what is sampled down from their responsibilities, of every layer.
func (a *artist) vary() error {
	set := a.spec.judged(a.data).Head(shownVaried)
	im := images(set)
	size := im.Shape.Size()
	rows := make([][]float32, set.N)
	for i := range rows {
		for _, v := range im.Pix[i*size:][:size] {
			rows[i] = append(rows[i], float32(v)/255)
		}
	}
	for layer := range a.net.Layers() {
		for v := range shownVariants {
			s := a.sampling(a.chosen(), forVariants+uint64(v))
			s.Sharpen = []dcgmm.Sharpening{a.chosen().sharpening()}
			values, err := a.net.Vary(a.ctx, im, layer, s)
			if err != nil {
				return err
			}
			for i := range rows {
				rows[i] = append(rows[i], values[i*size:][:size]...)
			}
		}
	}
	a.Pictures[PictureVary] = a.sheet(fmt.Sprintf("original, then %d variants from each layer, the lowest first", shownVariants), 1+shownVariants*a.net.Layers(), slices.Concat(rows...))
	return nil
}
