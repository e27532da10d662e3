package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
)

func infoCommand() *cobra.Command {
	var images, batch, workers int
	c := onModel(&cobra.Command{Use: "info", Short: "Describe a trained or an interrupted model, and what training it takes",
		Example: "  dcgmm info nine.dcgmm\n  dcgmm info nine.dcgmm --images 60000"},
		func(c *cobra.Command, m *model) error {
			if err := describe(m.Checkpoint, c.OutOrStdout()); err != nil || images == 0 {
				return err
			}
			return foretell(c.Context(), c.OutOrStdout(), m.Network, images, dcgmm.Config{BatchSize: batch, Workers: workers})
		})
	f := c.Flags()
	f.IntVar(&images, "images", 0, "also say what memory and arithmetic a training of this architecture on so many images takes")
	f.IntVar(&batch, "batch", 100, "images of a step")
	f.IntVar(&workers, "workers", 0, "goroutines; 0: as many as processors")
	return c
}

// foretell says what training on so many images takes.
func foretell(ctx context.Context, w io.Writer, like *dcgmm.Network, images int, c dcgmm.Config) error {
	m, err := training.PredictMemory(ctx, like, images, c)
	if err != nil {
		return err
	}
	return say(w, "training on %d images: about %.0f MiB of memory (images %.1f, network and trainer %.1f, program %.0f), and while files are read and scores fitted up to as much again; a pass has %.4g GFLOP of log-scores",
		images, m.Total(), m.Images, m.Trainer, m.Program, float64(images)*like.Arch().FLOPs()/1e9)
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
