package cell

import (
	"fmt"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// mask is one way to hide pixels, a name for tables and what dataset.MakeMask knows it by.
type mask struct{ name, what string }

var masks = []mask{{"right half", "right"}, {"random half", "random:0.5"}, {"hole", "hole"}}

// on returns images with the mask.
func (m mask) on(set *dataset.Set, seed uint64) (im dcgmm.Images, err error) {
	im = images(set)
	im.Missing, err = dataset.MakeMask(m.what, set.N, set.H, set.W, seed)
	return im, err
}

// missingError is the mean squared error of the missing pixels of an image, averaged over the images.
func missingError(values []float32, im dcgmm.Images) eval.Interval {
	return interval(eval.InpaintingErrors(im.Pix, values, im.Missing, im.Len(), im.Shape.C))
}

const (
	shownInpainted = 6
	hidden         = 0.4 // how a missing pixel is shown
)

// inpaint fills in unseen images behind masks.
func (a *sampler) inpaint() error {
	set := a.spec.unseen(a.data).Head(a.spec.Drawing.Inpaint)
	original := matrix(set).X
	for _, m := range masks {
		im, err := m.on(set, a.spec.Seed)
		if err != nil {
			return err
		}
		how := dcgmm.Inpainting{Sampling: dcgmm.Sampling{Workers: a.run.Workers}}
		marginal, err := a.net.Inpaint(a.ctx, im, how)
		if err != nil {
			return err
		}
		how.ZeroFill = true
		zero, err := a.net.Inpaint(a.ctx, im, how)
		if err != nil {
			return err
		}
		masked := slices.Clone(original)
		for i := range masked {
			if eval.IsMissing(im.Missing, i/im.Shape.C) {
				masked[i] = hidden
			}
		}
		picture := a.sheet(m.name, 4, a.inRows(min(shownInpainted, set.N), original, masked, marginal, zero))
		a.Inpainted = append(a.Inpainted, Inpainted{m.name, missingError(marginal, im), missingError(zero, im), picture})
	}
	return nil
}

const (
	shownVaried   = 6
	shownVariants = 3
)

// vary shows unseen images and what is sampled down from their responsibilities, of every layer.
func (a *sampler) vary() error {
	set := a.spec.unseen(a.data).Head(shownVaried)
	shown := [][]float32{matrix(set).X}
	for layer := range a.net.Layers() {
		for v := range shownVariants {
			s := a.sampling(a.chosen(), forVariants+uint64(v))
			s.Sharpen = []dcgmm.Sharpening{a.chosen().sharpening()}
			values, err := a.net.Vary(a.ctx, images(set), layer, s)
			if err != nil {
				return err
			}
			shown = append(shown, values)
		}
	}
	caption := fmt.Sprintf("original, then %d variants from each layer, the lowest first", shownVariants)
	a.Pictures[PictureVary] = a.sheet(caption, len(shown), a.inRows(set.N, shown...))
	return nil
}

// sheet shows images, rows of values in [0, 1].
func (a *sampler) sheet(caption string, cols int, values []float32) Sheet {
	in := a.net.Input()
	return Sheet{Caption: caption, Cols: cols, H: in.H, W: in.W, C: in.C, Pix: appendGray(nil, values)}
}

// inRows puts image i of every column beside one another, for the first n images.
func (a *sampler) inRows(n int, columns ...[]float32) (rows []float32) {
	size := a.net.Input().Size()
	for i := range n {
		for _, values := range columns {
			rows = append(rows, values[i*size:][:size]...)
		}
	}
	return rows
}

// String says how a trial generates.
func (t Trial) String() string {
	text := "as drawn"
	if t.Iterations > 0 {
		text = fmt.Sprintf("sharpened for layer %d", t.Target)
	}
	if t.Temperature != 1 {
		text += fmt.Sprintf(", temperature %g", t.Temperature)
	}
	if t.Lowest > 0 {
		text += ", noise in the lowest layer"
	}
	if n := len(t.Redraw); n > 0 {
		text += fmt.Sprintf(", %d rounds", n)
	}
	return text
}
