package main

import (
	"github.com/spf13/cobra"

	"deepgmm/experiments/pipeline"
)

func packCommand() *cobra.Command {
	var results, cache, out string
	var force bool
	c := onNothing("pack", "Put the cells behind a folder of results into one file, for others to verify", func(c *cobra.Command) error {
		return pipeline.Pack(results, cache, out, force, c.OutOrStdout())
	})
	f := c.Flags()
	f.StringVar(&results, "results", "results/full", "`folder` of the results of a tier")
	f.StringVar(&cache, "cache", ".cache", "`folder` of finished cells")
	f.StringVar(&out, "out", "cells.zip", "`file` to write")
	f.BoolVar(&force, "force", false, "replace the file")
	return c
}

func verifyCommand() *cobra.Command {
	var data dataFlags
	var v pipeline.Verification
	c := &cobra.Command{
		Use: "verify PACK", Short: "Compute some cells of a pack again and compare the bits; ends with 1 if one differs", Args: takes(1, "the file that pack wrote"),
		Long: `Compute some cells of a pack again, chosen at random, and compare all that they measured, bit by bit. Times and memory are not
compared. The pack must be of a program with the same version of the bits; the error says which commit that is.`,
		Example: `  dcgmm verify cells.zip --sample 5
  dcgmm verify cells.zip --sample 0 --tables /tmp/tables    # tables and figures from the cells, in seconds`,
		RunE: func(c *cobra.Command, args []string) error {
			v.Data, v.Out, v.Log = data.options(c.ErrOrStderr()), c.OutOrStdout(), c.ErrOrStderr()
			return pipeline.Verify(c.Context(), args[0], v)
		},
	}
	f := c.Flags()
	data.add(f)
	f.IntVar(&v.Sample, "sample", 5, "how many cells")
	f.Uint64Var(&v.Seed, "seed", 1, "of their choice")
	f.StringVar(&v.Tables, "tables", "", "`folder` to write the tables and figures of the pack to")
	f.IntVar(&v.Workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
	return c
}
