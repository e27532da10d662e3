package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/progress"
)

// teach trains a classifier, writes the model with it and judges it.
func (k *classifyFlags) teach(ctx context.Context, path string, stdout, stderr io.Writer) error {
	if err := k.check(); err != nil {
		return err
	}
	m, unlock, err := k.student(path)
	if err != nil {
		return err
	}
	defer unlock()
	if err := k.fit(ctx, m, stderr); err != nil {
		return err
	}
	if err := k.over.write(k.out, m.Network.Save); err != nil {
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

// check refuses flags that do not go with --train.
func (k *classifyFlags) check() error {
	switch {
	case k.mask != "":
		return fmt.Errorf("--mask is not for --train: classifiers are trained on whole images; classify with --mask afterwards")
	case k.csv:
		return fmt.Errorf("--csv is not for --train; classify with --csv afterwards")
	case k.splitSet:
		return fmt.Errorf("--split is not for --train, which trains on the train part and judges on the test part")
	}
	return nil
}

// student reads the model and keeps other trainings away from the file that will be written, which it tries to write: before
// anything is read, or the model of another training that ends meanwhile would be lost.
func (k *classifyFlags) student(path string) (m *model, release func(), err error) {
	inPlace, err := k.inPlace(path)
	if err != nil {
		return nil, nil, err
	}
	if !inPlace {
		if err := k.over.checkFile("out", k.out); err != nil {
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
		if m.Network.Classifier() != nil && !k.over.force {
			return nil, nil, fmt.Errorf("%s has a classifier already; write another model with --out, or replace the classifier with --force", m.path)
		}
		k.over.force = true // the model with a classifier is all that the model was
	}
	return m, unlock, atomicfile.Try(k.out, m.Network.Save)
}

// inPlace reports whether the model is written to where it is read from, and completes --out. Of a symbolic link the file is
// replaced, not the link.
func (k *classifyFlags) inPlace(path string) (bool, error) {
	model, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false, explainModel(err)
	}
	if k.out == "" {
		k.out = model
		return true, nil
	}
	out, err := filepath.EvalSymlinks(k.out)
	if err != nil || out != model {
		return false, nil // what is wrong with --out comes out when it is checked
	}
	k.out = model
	return true, nil
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
