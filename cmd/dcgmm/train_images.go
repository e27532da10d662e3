package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// heldInMemory is how many held-out images there are of a folder that is larger than memory, at most: no more calibrate
// a scorer.
const heldInMemory = 5000

// start finds the shape of the images: that of --size, or of the model to go on from.
func (t *trainFlags) start(f *pflag.FlagSet) (dcgmm.Shape, error) {
	if t.from != "" {
		return t.goOn(f)
	}
	t.asIs = !f.Changed("size")
	return parseSize(t.size)
}

// lessons are the images to train on, and what is known of them. Held-out images go into t.
func (t *trainFlags) lessons(c *cobra.Command, shape dcgmm.Shape) (dcgmm.Source, *dataset.Set, error) {
	bytes, err := t.bytes()
	if err != nil {
		return nil, nil, err
	}
	if bytes > 0 {
		return t.fromFolder(c, shape, bytes)
	}
	set, err := t.inMemory(c, shape)
	if err != nil {
		return nil, nil, err
	}
	leftOut, err := t.leaveOut.of("leave-out", set)
	if err != nil {
		return nil, nil, err
	}
	if leftOut >= 0 {
		set = set.WithoutClass(leftOut)
	}
	if err := t.someLeft(set.N); err != nil {
		return nil, nil, err
	}
	held, rest, err := t.splitOff(c.Flags(), set)
	if err == nil && held != nil {
		t.heldOut = images(set.Subset(held))
		set = set.Subset(rest)
	}
	return images(set).Source(), set, err
}

// someLeft refuses a class to leave out that all images are of.
func (t *trainFlags) someLeft(n int) error {
	if n == 0 {
		return fmt.Errorf("--leave-out %v leaves no image: all are of this class; leave out another, or none", t.leaveOut)
	}
	return nil
}

// inMemory reads all images, those for a model in its shape and with its classes.
func (t *trainFlags) inMemory(c *cobra.Command, shape dcgmm.Shape) (*dataset.Set, error) {
	if t.model == nil {
		return t.load(c.Context(), c.ErrOrStderr(), shape)
	}
	set, err := t.loadFor(c.Context(), c.ErrOrStderr(), t.model)
	if err != nil {
		return nil, err
	}
	return t.model.extend(set, c.ErrOrStderr())
}

// fromFolder opens a folder that need not fit into memory.
func (t *trainFlags) fromFolder(c *cobra.Command, shape dcgmm.Shape, bytes int64) (dcgmm.Source, *dataset.Set, error) {
	if t.model != nil {
		if err := t.checkInput(t.model); err != nil {
			return nil, nil, err
		}
	}
	l, err := t.openLarge(c.Context(), c.ErrOrStderr(), shape, bytes, filepath.Dir(t.out))
	if err != nil {
		return nil, nil, err
	}
	t.large = l
	src, set, err := t.chosen(c, l)
	if err != nil {
		t.close(c.ErrOrStderr())
	}
	return src, set, err
}

// chosen are the images of a large folder that are trained on; the others are in memory.
func (t *trainFlags) chosen(c *cobra.Command, l *large) (dcgmm.Source, *dataset.Set, error) {
	set := l.described()
	if t.model != nil {
		var err error
		if set, err = t.model.extend(set, c.ErrOrStderr()); err != nil {
			return nil, nil, err
		}
	}
	leftOut, err := t.leaveOut.of("leave-out", set)
	if err != nil {
		return nil, nil, err
	}
	var indices []int // that are trained on, or held out
	for i := range set.N {
		if leftOut < 0 || int(set.Labels[i]) != leftOut {
			indices = append(indices, i)
		}
	}
	if err := t.someLeft(len(indices)); err != nil {
		return nil, nil, err
	}
	left := &dataset.Set{N: len(indices)}
	if set.Labels != nil {
		left.Labels = pick(set.Labels, indices)
	}
	t.heldMost = max(1, min(heldInMemory, int(l.bytes/8)/(set.H*set.W*set.C)))
	held, rest, err := t.splitOff(c.Flags(), left)
	if err == nil && held != nil {
		if t.heldOut, err = l.images(c.Context(), pick(indices, held)); err != nil {
			return nil, nil, err
		}
		indices = pick(indices, rest)
	}
	return dataset.Choose(l.Folder, indices), set, err
}

// close ends what lessons has opened.
func (t *trainFlags) close(log io.Writer) {
	if t.large == nil {
		return
	}
	if err := t.large.Close(); err != nil {
		_ = say(log, "warning: %v", err) // the model is there
	}
	t.large = nil
}
