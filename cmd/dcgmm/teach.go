package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/progress"
)

// teach trains a classifier, writes the model with it and prints its accuracy.
func (k *classifyFlags) teach(c *cobra.Command, path string) error {
	switch {
	case k.mask != "":
		return fmt.Errorf("--mask is not for --train: classifiers are trained on whole images; classify with --mask afterwards")
	case k.csv:
		return fmt.Errorf("--csv is not for --train; classify with --csv afterwards")
	case k.set != "" && c.Flags().Changed("hold-out"):
		return fmt.Errorf("--hold-out is for --images; of --set, the test part is held out")
	case c.Flags().Changed("split"):
		return fmt.Errorf("--split is not for --train, which trains on the train part and tests on the test part")
	}
	m, unlock, err := k.student(path)
	if err != nil {
		return err
	}
	defer unlock()
	test, err := k.fit(c, m)
	if err != nil {
		return err
	}
	if err := k.write(k.out, m.Network.Save); err != nil {
		return err
	}
	fitted := m.Network.Classifier()
	if err := say(c.OutOrStdout(), "%s: classifier of %d classes on layer %d", k.out, fitted.Classes, fitted.Layer+1); err != nil {
		return err
	}
	return k.score(c, m, test, nil)
}

// student reads the model and keeps other trainings away from the file that will be written, which it tries to write:
// before anything is read, or the model of another training that ends meanwhile would be lost.
func (k *classifyFlags) student(path string) (m *model, release func(), err error) {
	inPlace, err := k.inPlace(path)
	if err != nil {
		return nil, nil, err
	}
	if !inPlace {
		if err := k.checkFile("out", k.out); err != nil {
			return nil, nil, err
		}
		if err := os.MkdirAll(filepath.Dir(k.out), 0o777); err != nil {
			return nil, nil, fmt.Errorf("--out %s: %w", k.out, err)
		}
	}
	unlock, err := atomicfile.LockFile(k.out)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			unlock()
		}
	}()
	if m, err = loadModel(path); err != nil {
		return nil, nil, err
	}
	if _, _, under := m.Training(); under {
		return nil, nil, fmt.Errorf("%s is an interrupted training, which a classifier would end; finish it first", m.path)
	}
	if inPlace {
		if m.Network.Classifier() != nil && !k.force {
			return nil, nil, fmt.Errorf("%s has a classifier already; write another model with --out, or replace the classifier with --force", m.path)
		}
		k.force = true // the model with a classifier is all that the model was
	}
	return m, unlock, atomicfile.Try(k.out, m.Network.Save)
}

// inPlace reports whether the model is written to where it is read from, and completes --out. Of a symbolic link the
// file is replaced, not the link.
func (k *classifyFlags) inPlace(path string) (bool, error) {
	model, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false, explainModel(err)
	}
	if k.out != "" {
		if out, err := filepath.EvalSymlinks(k.out); err != nil || out != model {
			return false, nil // what is wrong with --out comes out when it is checked
		}
	}
	k.out = model
	return true, nil
}

// onlyOne reports whether all labels are the same.
func onlyOne(labels []uint8) bool {
	return !slices.ContainsFunc(labels, func(l uint8) bool { return l != labels[0] })
}

// fit makes a classifier part of the network, and returns images to test it on.
func (k *classifyFlags) fit(c *cobra.Command, m *model) (test *dataset.Set, err error) {
	set, test, err := k.lessons(c, m)
	switch {
	case err != nil:
		return nil, err
	case set.Labels == nil:
		return nil, fmt.Errorf("the images of %s have no classes; keep them in one sub-folder for each class", set.Name)
	case set.Classes < 2 || onlyOne(set.Labels):
		return nil, fmt.Errorf("the images of %s are all of one class; a classifier needs two at least", set.Name)
	}
	cfg := k.cfg
	cfg.Classes, cfg.Seed = set.Classes, k.seed
	if cfg.Layer, err = m.layer("layer", k.layer, m.top()); err != nil {
		return nil, err
	}
	m.Network.SetClassifier(nil)
	if err := setClassNames(m.Network, set); err != nil {
		return nil, err
	}
	t, err := dcgmm.NewClassifierTrainer(m.Network, images(set), set.Labels, cfg)
	if err != nil {
		return nil, err
	}
	bar := progress.New(c.ErrOrStderr(), "training a classifier", 1)
	defer bar.Close()
	return test, t.Run(c.Context(), func(share, loss float64) error {
		bar.Set(share, fmt.Sprintf("cross-entropy %.3f", loss))
		return nil
	})
}

// lessons are the images to train on and those to test on: the parts of a data set, or of own images those that are not
// held out and those that are.
func (k *classifyFlags) lessons(c *cobra.Command, m *model) (train, test *dataset.Set, err error) {
	k.split = "train"
	if train, err = k.loadFor(c.Context(), c.ErrOrStderr(), m); err != nil {
		return nil, nil, err
	}
	if k.set != "" {
		k.split = "test"
		test, err = k.loadFor(c.Context(), io.Discard, m)
		return train, test, err
	}
	held, rest := train.HoldOut(k.holdOut, k.seed)
	if len(held) == 0 {
		return train, train, say(c.ErrOrStderr(), "note: no images are held out: the accuracy is that of the images that were trained on")
	}
	return train.Subset(rest), train.Subset(held), nil
}
