package main

import (
	"context"
	"fmt"
	"io"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/progress"
)

// teach trains a classifier, writes the model with it and judges it.
func (k *classifyFlags) teach(ctx context.Context, m *model, stdout, stderr io.Writer) error {
	switch {
	case k.mask != "":
		return fmt.Errorf("--mask is not for --train: classifiers are trained on whole images; classify with --mask afterwards")
	case k.csv:
		return fmt.Errorf("--csv is not for --train; classify with --csv afterwards")
	case k.splitSet:
		return fmt.Errorf("--split is not for --train, which trains on the train part and judges on the test part")
	}
	if k.out == "" {
		k.out = m.path
	}
	if _, _, under := m.Training(); under {
		return fmt.Errorf("%s is an interrupted training, which a classifier would end; finish it first", m.path)
	}
	if err := k.fit(ctx, m, stderr); err != nil {
		return err
	}
	if err := atomicfile.Write(k.out, m.Network.Save); err != nil {
		return err
	}
	c := m.Network.Classifier()
	if err := say(stdout, "%s: classifier of %d classes on layer %d", k.out, c.Classes, c.Layer+1); err != nil {
		return err
	}
	test, err := k.load(ctx, m, "test", io.Discard)
	if err != nil {
		return err
	}
	return k.judge(ctx, m, c, test, nil, stdout, stderr)
}

// fit makes a classifier part of the network.
func (k *classifyFlags) fit(ctx context.Context, m *model, stderr io.Writer) error {
	set, err := k.load(ctx, m, "train", stderr)
	if err != nil {
		return err
	}
	if set.Labels == nil {
		return fmt.Errorf("the images of %s have no classes; keep them in one sub-folder for each class", set.Name)
	}
	if set.Classes < 2 {
		return fmt.Errorf("the images of %s are all of one class; a classifier needs two at least", set.Name)
	}
	c := k.cfg
	c.Classes, c.Seed = set.Classes, k.seed
	if c.Layer, err = m.layer("layer", k.layer, m.top()); err != nil {
		return err
	}
	m.Network.SetClassifier(nil)
	t, err := dcgmm.NewClassifierTrainer(m.Network, images(set), set.Labels, c)
	if err != nil {
		return err
	}
	bar := progress.New(stderr, "training a classifier", 1)
	defer bar.Close()
	return t.Run(ctx, func(share, loss float64) error {
		bar.Set(share, fmt.Sprintf("cross-entropy %.3f", loss))
		return nil
	})
}
