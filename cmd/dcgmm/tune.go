package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deepgmm/experiments/configs"
	"deepgmm/experiments/tune"
)

func tuneCommand() *cobra.Command {
	var data dataFlags
	var o tune.Options
	var tasks, families []string
	var show bool
	c := &cobra.Command{
		Use: "tune", Short: "Search for hyper-parameters on validation images; goes on where an interrupted search stopped", Args: cobra.NoArgs,
		Example: `  dcgmm tune --sets mnist --tasks clustering --time 20m
  dcgmm tune --show
  dcgmm train --set mnist --config mnist-clustering-deep --out best.dcgmm`,
		RunE: func(c *cobra.Command, _ []string) error {
			if show {
				return showConfigs(c.OutOrStdout())
			}
			for _, t := range tasks {
				o.Tasks = append(o.Tasks, configs.Task(t))
			}
			for _, f := range families {
				o.Families = append(o.Families, configs.Family(f))
			}
			o.Data, o.Out, o.Log = data.options(c.ErrOrStderr()), c.OutOrStdout(), c.ErrOrStderr()
			return tune.Run(c.Context(), o)
		},
	}
	f := c.Flags()
	data.add(f)
	f.StringSliceVar(&o.Sets, "sets", []string{"mnist", "fashion-mnist"}, "data sets")
	f.StringSliceVar(&tasks, "tasks", namesOf(configs.Tasks()), "what to search for")
	f.StringSliceVar(&families, "families", namesOf(configs.Families()), "kinds of models; what the log has of others stays")
	f.IntVar(&o.Candidates, "candidates", tune.DefaultCandidates, "configurations of each family, as far as it has so many")
	f.Float64Var(&o.Budget, "budget", tune.DefaultBudget, "factor of the numbers of images that candidates are trained and judged on")
	f.Uint64Var(&o.Seed, "seed", 1, "of the candidates, of their trainings and of the order in which classes are left out")
	f.IntVar(&o.Parallel, "parallel", 0, "trainings at once; 0: as many as processors. Results do not depend on it")
	f.DurationVar(&o.Time, "time", 0, "stop after this time, for instance 20m; the same command goes on. 0: at the end")
	f.StringVar(&o.Results, "results", "results", "`folder` of all results; logs go to its folder tune")
	f.StringVar(&o.Configs, "configs", "experiments/configs", "`folder` of the winners, which are part of the program when it is built again")
	f.StringVar(&o.Cache, "cache", ".cache", "`folder` of finished and interrupted cells")
	f.BoolVar(&show, "show", false, "list the winners that are part of this program, and do not search")
	return c
}

func namesOf[T ~string](of []T) []string {
	var all []string
	for _, v := range of {
		all = append(all, string(v))
	}
	return all
}

func showConfigs(out io.Writer) error {
	all, err := configs.All()
	if err != nil {
		return err
	}
	for _, c := range all {
		text, err := c.Text()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n%s", c.Name(), text); err != nil {
			return err
		}
	}
	return nil
}
