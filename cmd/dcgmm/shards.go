package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"deepgmm/experiments/pipeline"
)

func mergeCommand() *cobra.Command {
	var into string
	c := &cobra.Command{
		Use: "merge SHARD...", Short: "Bring the cells of shards together, from the folders that were their --cache", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, shards []string) error {
			return pipeline.Merge(shards, into, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&into, "into", ".cache", "`folder` of the merged cells, the --cache of the reproduction that writes the tables")
	return c
}

func slurmCommand() *cobra.Command {
	var s pipeline.Slurm
	c := &cobra.Command{
		Use: "slurm", Short: "Print a script that spreads a tier over the machines of a Slurm cluster", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.Program == "" {
				program, err := os.Executable()
				if err != nil {
					return err
				}
				s.Program = program
			}
			for _, path := range []*string{&s.Program, &s.Folder, &s.Results, &s.Data} {
				if *path == "" {
					continue
				}
				absolute, err := filepath.Abs(*path)
				if err != nil {
					return err
				}
				*path = absolute
			}
			return s.Script(c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVar(&s.Tier, "tier", "full", "smoke, quick or full")
	f.IntVar(&s.Shards, "shards", 4, "tasks of the array job")
	f.StringVar(&s.Folder, "folder", ".cache/slurm", "`folder` that all nodes share, for caches and logs")
	f.StringVar(&s.Results, "results", "results", "`folder` of the tables and figures")
	f.StringVar(&s.Data, "data", "", "`folder` of the data sets on the nodes")
	f.StringVar(&s.Program, "program", "", "`path` of dcgmm on the nodes; this program")
	f.IntVar(&s.Cores, "cores", 2, "processors of a task")
	f.IntVar(&s.Minutes, "minutes", 120, "time limit of a task; a stopped one goes on later")
	f.BoolVar(&s.Offline, "offline", false, "do not download data sets")
	return c
}

// errMoved makes diff end with 1.
var errMoved = errors.New("values moved")

func diffCommand() *cobra.Command {
	return &cobra.Command{
		Use: "diff A B", Short: "Compare two result folders of a tier, such as results/quick; ends with 1 if a value moved", Args: cobra.ExactArgs(2),
		Long: `Compare two result folders of a tier, such as results/quick.

A value with an interval has moved when neither mean lies in the other's interval, one without
when it differs by more than one part in 10⁹. Measured times and memory are not compared.
Exit status: 0 nothing moved, 1 something moved or an error.`,
		RunE: func(c *cobra.Command, args []string) error {
			d, err := pipeline.Diff(args[0], args[1])
			if err != nil {
				return err
			}
			if err := d.Write(c.OutOrStdout()); err != nil {
				return err
			}
			if !d.Same() {
				return errMoved
			}
			return nil
		},
	}
}
