package cell

import (
	"fmt"
	"slices"

	"deepgmm/dcgmm"
)

// classes trains a classifier on the top layer, draws images of every class and looks whether they are taken for it.
func (a *sampler) classes() error {
	train, set := a.spec.trainingImages(a.data), a.spec.unseen(a.data)
	t, err := dcgmm.NewClassifierTrainer(a.net, images(train), train.Labels, dcgmm.ClassifierConfig{Layer: a.top(),
		Classes: train.Classes, Epochs: a.spec.Drawing.Epochs, Seed: a.spec.Seed, Workers: a.run.Workers})
	if err != nil {
		return err
	}
	if err := t.Run(a.ctx, nil); err != nil {
		return err
	}
	got, _, err := a.net.Classify(a.ctx, images(set), a.run.Workers)
	if err != nil {
		return err
	}
	c := &Classes{Accuracy: share(got, classes(set)).Mean}
	a.Classes = c
	var wanted []int
	for class := range train.Classes {
		wanted = append(wanted, slices.Repeat([]int{class}, a.spec.Drawing.PerClass)...)
	}
	raw, sharp, err := a.both(a.classSamples)
	if err != nil {
		return err
	}
	if c.RecognisedRaw, err = a.eval.recognised(a.ctx, raw, wanted); err != nil {
		return err
	}
	if c.RecognisedSharp, err = a.eval.recognised(a.ctx, sharp.Values, wanted); err != nil {
		return err
	}
	a.Pictures[PictureClasses] = a.classSheet(fmt.Sprintf("%.0f %% recognised", 100*c.RecognisedSharp.Mean), sharp.Values)
	return nil
}

// classSamples draws images of every class.
func (a *sampler) classSamples(t Trial) (values []float32, err error) {
	n := a.spec.Drawing.PerClass
	for class := range a.data.Train.Classes {
		s := a.sampling(t, forClasses)
		s.Weights = a.net.Classifier().Signal(a.net, class)
		some, err := a.net.Sample(a.ctx, a.top(), class*n, n, s)
		if err != nil {
			return nil, err
		}
		values = append(values, some...)
	}
	return values, nil
}

const shownPerClass = 10

// classSheet shows the first samples of every class, a row for each.
func (a *sampler) classSheet(caption string, values []float32) Sheet {
	size, per := a.net.Input().Size(), a.spec.Drawing.PerClass
	n := min(shownPerClass, per)
	var rows []float32
	for some := range slices.Chunk(values, per*size) {
		rows = append(rows, some[:n*size]...)
	}
	return a.sheet(caption, n, rows)
}
