package cell

import (
	"context"
	"math/rand/v2"
	"slices"

	"deepgmm/dataset"
)

// drawReference measures images that are no model's.
func (r *Result) drawReference(ctx context.Context, e *evaluator, data *dataset.Data) (err error) {
	kind, d := r.Spec.Model.Kind, r.Spec.Drawing
	means, all := classMeans(data.Train)
	random := func() *rand.Rand { return rand.New(rand.NewPCG(r.Spec.Seed, streamDraw)) }
	samples := reference(kind, d.Samples, data.Train, means, random())
	if r.Drawn.Raw, err = e.compare(ctx, samples); err != nil {
		return err
	}
	if d.Shown > 0 {
		shown, columns := d.shown()
		set := data.Train
		r.Drawn.Pictures[PictureRaw] = Sheet{Cols: columns, H: set.H, W: set.W, C: set.C, Pix: appendGray(nil, samples[:shown*set.H*set.W*set.C])}
	}
	n := d.PerClass * data.Train.Classes
	var values []float32
	var wanted []int // classes that the images stand for
	switch kind {
	case TrainingImages: // those are among the evaluator's own: others
		head := data.Valid.Head(n)
		values, wanted = matrix(head).X, classes(head)
	default: // the mean of each class; noise stands for a class by chance
		for i := range n {
			wanted = append(wanted, i%data.Train.Classes)
			values = append(values, means[i%data.Train.Classes]...)
		}
		if kind == Noise {
			values = reference(kind, n, data.Train, means, random())
		}
	}
	r.Drawn.Classes = &Classes{}
	if r.Drawn.Classes.RecognisedRaw, err = e.recognised(ctx, values, wanted); err != nil || kind != TrainingMeans {
		return err
	}
	set := r.Spec.unseen(data).Head(d.Inpaint)
	for _, m := range masks {
		im, err := m.on(set, r.Spec.Seed)
		if err != nil {
			return err
		}
		e := missingError(slices.Repeat(all, set.N), im)
		r.Drawn.Inpainted = append(r.Drawn.Inpainted, Inpainted{Mask: m.name, Marginal: e, ZeroFill: e})
	}
	return nil
}

// reference is n images of a kind that is no model, fewer if there are not so many.
func reference(kind Kind, n int, set *dataset.Set, means [][]float32, r *rand.Rand) (values []float32) {
	switch kind {
	case TrainingImages:
		for _, i := range r.Perm(set.N)[:min(n, set.N)] {
			values = appendUnit(values, set.Image(i))
		}
	case TrainingMeans:
		for range n {
			values = append(values, means[r.IntN(len(means))]...)
		}
	case Noise:
		for range n * len(set.Image(0)) {
			values = append(values, r.Float32())
		}
	}
	return values
}

// classMeans are the mean images of every class and of all.
func classMeans(set *dataset.Set) (byClass [][]float32, all []float32) {
	all = make([]float32, len(set.Image(0)))
	for c := range set.Classes {
		sum, n := make([]float64, len(all)), 0.
		for i, label := range set.Labels {
			if int(label) != c {
				continue
			}
			n++
			for d, v := range set.Image(i) {
				sum[d] += float64(v) / 255
			}
		}
		mean := make([]float32, len(all))
		for d, v := range sum {
			mean[d] = float32(v / max(n, 1))
			all[d] += float32(v / float64(set.N))
		}
		byClass = append(byClass, mean)
	}
	return byClass, all
}
