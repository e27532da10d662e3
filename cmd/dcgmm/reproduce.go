package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"deepgmm/experiments/paper"
	"deepgmm/experiments/pipeline"
	"deepgmm/experiments/suite"
)

func reproduceCommand() *cobra.Command {
	var data dataFlags
	var tier, results, cache, shard string
	var workers, shards int
	var plan bool
	c := &cobra.Command{
		Use: "reproduce", Short: "Compute the tables and figures of a tier; goes on where an interrupted run stopped", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := suite.TierByName(tier)
			if err != nil {
				return err
			}
			part, err := suite.ParseShard(shard)
			if err != nil {
				return err
			}
			if plan {
				return pipeline.Plan(t, shards, c.OutOrStdout())
			}
			_, err = pipeline.Reproduce(c.Context(), t, pipeline.Options{Results: results, Cache: cache,
				Data: data.options(c.ErrOrStderr()), Workers: workers, Shard: part, Out: c.OutOrStdout(), Log: c.ErrOrStderr()})
			return err
		},
	}
	f := c.Flags()
	data.add(f)
	f.StringVar(&tier, "tier", "quick", "smoke, quick or full")
	f.StringVar(&results, "results", "results", "`folder` of the tables and figures; the tier's name is appended")
	f.StringVar(&cache, "cache", ".cache", "`folder` of finished and interrupted cells")
	f.StringVar(&shard, "shard", "", "`i/n`: compute only this share of the cells into --cache, and write no results; see merge")
	f.BoolVar(&plan, "plan", false, "only say how many cells there are and how long they are expected to take")
	f.IntVar(&shards, "shards", 1, "with --plan: for that many shards")
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
			return paper.Write(root)
		},
	}
	c.Flags().StringVar(&root, "root", ".", "`folder` of the project")
	return c
}
