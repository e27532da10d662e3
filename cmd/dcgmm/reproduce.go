package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"deepgmm/experiments"
)

func reproduceCommand() *cobra.Command {
	var data dataFlags
	var tier, results, cache string
	var workers int
	c := &cobra.Command{
		Use: "reproduce", Short: "Compute the tables and figures of a tier; goes on where an interrupted run stopped", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := experiments.TierByName(tier)
			if err != nil {
				return err
			}
			_, err = experiments.Reproduce(c.Context(), t, experiments.Options{Results: results, Cache: cache,
				Data: data.options(c.ErrOrStderr()), Workers: workers, Out: c.OutOrStdout(), Log: c.ErrOrStderr()})
			return err
		},
	}
	f := c.Flags()
	data.add(f)
	f.StringVar(&tier, "tier", "quick", "smoke, quick or full")
	f.StringVar(&results, "results", "results", "`folder` of the tables and figures; the tier's name is appended")
	f.StringVar(&cache, "cache", ".cache", "`folder` of finished and interrupted cells")
	f.IntVar(&workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
	return c
}

func paperCommand() *cobra.Command {
	var root string
	c := &cobra.Command{
		Use: "paper", Short: "Write paper.md and the results in README.md from the tables in results/", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
				return fmt.Errorf("%s is not the folder of the project: %w", root, err)
			}
			return experiments.WritePaper(root)
		},
	}
	c.Flags().StringVar(&root, "root", ".", "`folder` of the project")
	return c
}
