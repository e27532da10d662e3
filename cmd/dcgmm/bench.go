package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"deepgmm/experiments/bench"
)

func benchCommand() *cobra.Command {
	var data dataFlags
	var results, python, script string
	c := &cobra.Command{
		Use: "bench", Short: "Measure the speed on this machine: kernels, training, and with --python the peers", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if python != "" {
				if _, err := os.Stat(script); err != nil {
					return fmt.Errorf("%w; give the peers' program with --script", err)
				}
			}
			return bench.Run(c.Context(), bench.Options{Results: results, Data: data.options(c.ErrOrStderr()), Python: python, Script: script,
				Out: c.OutOrStdout(), Log: c.ErrOrStderr()})
		},
	}
	f := c.Flags()
	data.add(f)
	f.StringVar(&results, "results", "results/bench", "`folder` of the tables")
	f.StringVar(&python, "python", "", "Python `interpreter` with bench/peers/requirements.txt installed, for the comparison with peers")
	f.StringVar(&script, "script", "bench/peers/peer.py", "the peers' `program`")
	return c
}
