package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
)

// model is a checkpoint and where it is.
type model struct {
	*dcgmm.Checkpoint
	path string
}

func loadModel(path string) (*model, error) {
	c, err := training.Load(path)
	if err != nil {
		return nil, explainModel(err)
	}
	return &model{c, path}, nil
}

// onModel completes a command whose argument is a checkpoint.
func onModel(c *cobra.Command, run func(c *cobra.Command, m *model) error) *cobra.Command {
	c.Use, c.Args = c.Use+" CHECKPOINT", takes(1, "the file that train wrote")
	c.RunE = func(c *cobra.Command, args []string) error {
		m, err := loadModel(args[0])
		if err != nil {
			return err
		}
		return run(c, m)
	}
	return c
}

// explainModel says what to give for a model that is not there.
func explainModel(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; give the file of a model, as dcgmm train writes it", err)
	}
	return err
}

// layer turns a flag's layer, counted from 1 as info does, into one counted from 0. 0 means fallback.
func (m *model) layer(flag string, layer, fallback int) (int, error) {
	switch {
	case layer == 0:
		return fallback, nil
	case layer < 0 || layer > m.Network.Layers():
		return 0, fmt.Errorf("--%s is %d; %s has the layers 1 to %d, see dcgmm info", flag, layer, m.path, m.Network.Layers())
	}
	return layer - 1, nil
}

func (m *model) top() int { return m.Network.Layers() - 1 }

// classifier returns the network's, or says how to get one.
func (m *model) classifier() (*dcgmm.Classifier, error) {
	c := m.Network.Classifier()
	if c == nil {
		return nil, fmt.Errorf("%s has no classifier; train one first: dcgmm classify %s --train --set mnist (or --images)", m.path, m.path)
	}
	return c, nil
}
