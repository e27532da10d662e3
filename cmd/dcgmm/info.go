package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
)

func infoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "info CHECKPOINT", Short: "Describe a trained or an interrupted model", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return describe(m.Checkpoint, c.OutOrStdout())
		},
	}
}

func describe(ck *dcgmm.Checkpoint, w io.Writer) error {
	net := ck.Network
	fmt.Fprintf(w, "%v for images of %v, precision roots up to %.4g\n", net.Arch(), net.Input(), net.MaxPrecRoot())
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
	cfg, step, ok := ck.Training()
	if !ok {
		return nil
	}
	_, err := fmt.Fprintf(w, "interrupted training: %d steps done, %d epochs wanted, batch %d, seed %d, rate %g, %s schedule\n",
		step, cfg.Epochs, cfg.BatchSize, cfg.Seed, cfg.Rate, cfg.Schedule)
	return err
}
