package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

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
	c.Use, c.Args = c.Use+" CHECKPOINT", cobra.ExactArgs(1)
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

func infoCommand() *cobra.Command {
	return onModel(&cobra.Command{Use: "info", Short: "Describe a trained or an interrupted model"},
		func(c *cobra.Command, m *model) error { return describe(m.Checkpoint, c.OutOrStdout()) })
}

func describe(ck *dcgmm.Checkpoint, w io.Writer) error {
	net := ck.Network
	fmt.Fprintf(w, "%v for images of %v, precision roots up to %.4g", net.Arch(), net.Input(), net.MaxPrecRoot())
	if net.UpperPrecRoot() != net.MaxPrecRoot() {
		fmt.Fprintf(w, ", above the first layer up to %.4g", net.UpperPrecRoot())
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "no.\tlayer\tinput\toutput\tD\tK\tparameter sets\tparameters\tMFLOP/image")
	a := net.Arch()
	for i, l := range a.Layers {
		fmt.Fprintf(t, "%d\t%s\t%v\t%v\t%d\t%d\t%d\t%d\t%.2f\n", i+1, l.Name(), l.In, l.Out, l.D(), l.K(), l.Sets(), l.Params(), l.FLOPs()/1e6)
	}
	fmt.Fprintf(t, "\ttotal\t\t\t\t\t\t%d\t%.2f\n", a.Params(), a.FLOPs()/1e6)
	if err := t.Flush(); err != nil {
		return err
	}
	if k := net.Classifier(); k != nil {
		if _, err := fmt.Fprintf(w, "classifier: %d classes, on layer %d\n", k.Classes, k.Layer+1); err != nil {
			return err
		}
	}
	if names := net.ClassNames(); names != nil {
		if err := say(w, "%d classes: %s", len(names), strings.Join(names, ", ")); err != nil {
			return err
		}
	}
	cfg, step, ok := ck.Training()
	if !ok {
		return nil
	}
	_, err := fmt.Fprintf(w, "interrupted training: %d steps done, %d epochs wanted, batch %d, seed %d, rate %g, %s schedule\n",
		step, cfg.Epochs, cfg.BatchSize, cfg.Seed, cfg.Rate, cfg.Schedule)
	return err
}
