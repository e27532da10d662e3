package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"deepgmm/experiments/bench"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/paper"
	"deepgmm/experiments/pipeline"
	"deepgmm/experiments/suite"
	"deepgmm/experiments/tune"
)

// onNothing is a command without arguments.
func onNothing(name, short string, run func(c *cobra.Command) error) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return run(c) }}
}

func reproduceCommand() *cobra.Command {
	var data dataFlags
	var o pipeline.Options
	var tier, shard string
	var shards int
	var plan bool
	c := onNothing("reproduce", "Compute the tables and figures of a tier; goes on where an interrupted run stopped", func(c *cobra.Command) error {
		t, err := suite.TierByName(tier)
		if err != nil {
			return err
		}
		if o.Shard, err = suite.ParseShard(shard); err != nil {
			return err
		}
		switch f := c.Flags(); {
		case plan && f.Changed("shard"):
			return errors.New("--plan is for all shards: omit --shard, and give their number with --shards")
		case !plan && f.Changed("shards"):
			return errors.New("--shards is for --plan; to compute one, give --shard i/n")
		case plan:
			return pipeline.Plan(t, shards, c.OutOrStdout())
		}
		o.Data, o.Out, o.Log = data.options(c.ErrOrStderr()), c.OutOrStdout(), c.ErrOrStderr()
		_, err = pipeline.Reproduce(c.Context(), t, o)
		return err
	})
	f := c.Flags()
	data.add(f)
	f.StringVar(&tier, "tier", "quick", "smoke, quick or full")
	f.StringVar(&o.Results, "results", "results", "`folder` of the tables and figures; the tier's name is appended")
	f.StringVar(&o.Cache, "cache", ".cache", "`folder` of finished and interrupted cells")
	f.StringVar(&shard, "shard", "", "`i/n`: compute only this share of the cells into --cache, and write no results; see merge")
	f.BoolVar(&plan, "plan", false, "only say how many cells there are and how long they are expected to take")
	f.IntVar(&shards, "shards", 1, "with --plan: for that many shards")
	f.IntVar(&o.Workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
	return c
}

func paperCommand() *cobra.Command {
	var root string
	c := onNothing("paper", "Write paper.md and the results in README.md from the tables in results/", func(*cobra.Command) error {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
			return fmt.Errorf("%s is not the folder of the project: %w", root, err)
		}
		return paper.Write(root)
	})
	c.Flags().StringVar(&root, "root", ".", "`folder` of the project")
	return c
}

func mergeCommand() *cobra.Command {
	var into string
	c := &cobra.Command{
		Use: "merge SHARD...", Short: "Bring the cells of shards together, from the folders that were their --cache", Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name the folders of the shards, as in dcgmm merge shard-1 shard-2")
			}
			return nil
		},
		RunE: func(c *cobra.Command, shards []string) error { return pipeline.Merge(shards, into, c.OutOrStdout()) },
	}
	c.Flags().StringVar(&into, "into", ".cache", "`folder` of the merged cells, the --cache of the reproduction that writes the tables")
	return c
}

func slurmCommand() *cobra.Command {
	var s pipeline.Slurm
	c := onNothing("slurm", "Print a script that spreads a tier over the machines of a Slurm cluster", func(c *cobra.Command) (err error) {
		if s.Program == "" {
			if s.Program, err = os.Executable(); err != nil {
				return err
			}
		}
		for _, path := range []*string{&s.Program, &s.Folder, &s.Results, &s.Data} {
			if *path == "" {
				continue
			}
			if *path, err = filepath.Abs(*path); err != nil {
				return err
			}
		}
		return s.Script(c.OutOrStdout())
	})
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
		Use: "diff A B", Short: "Compare two result folders of a tier, such as results/quick; ends with 1 if a value moved", Args: takes(2, "two folders of results"),
		Long: `Compare two result folders of a tier, such as results/quick.

A value with an interval has moved when neither mean lies in the other's interval, one without
when it differs by more than one part in 10⁹. Measured times and memory are not compared.
Files that are missing or are not as the run wrote them have moved, and so has a table that
only one folder has. Exit status: 0 nothing moved, 1 something moved or an error.`,
		RunE: func(c *cobra.Command, args []string) error {
			d, err := pipeline.Diff(args[0], args[1])
			if err != nil {
				return err
			}
			if err := d.Write(onward(c.OutOrStdout())); err != nil || d.Same() {
				return err
			}
			return errMoved
		},
	}
}

func benchCommand() *cobra.Command {
	var data dataFlags
	var o bench.Options
	t := bench.Textures{Command: run}
	var textures bool
	c := onNothing("bench", "Measure the speed on this machine: kernels, training, and with --python the peers", func(c *cobra.Command) error {
		if o.Python != "" {
			if _, err := os.Stat(o.Script); err != nil {
				return fmt.Errorf("%w; give the peers' program with --script", err)
			}
		}
		o.Data, o.Out, o.Log = data.options(c.ErrOrStderr()), c.OutOrStdout(), c.ErrOrStderr()
		if textures {
			t.Options = o
			return bench.RunTextures(c.Context(), t)
		}
		for _, name := range []string{"textures-folder", "seed", "only"} {
			if c.Flags().Changed(name) {
				return fmt.Errorf("--%s is for --textures; omit it", name)
			}
		}
		return bench.Run(c.Context(), o)
	})
	f := c.Flags()
	data.add(f)
	f.BoolVar(&textures, "textures", false, "instead of the speed, measure how well defects are found in drawn textures; with --python also by scikit-learn")
	f.StringVar(&t.Folder, "textures-folder", "", "new `folder` to keep the pictures and models of --textures in")
	f.Uint64Var(&t.Seed, "seed", 1, "of the pictures of --textures")
	f.StringSliceVar(&t.Names, "only", nil, "`names` of some textures instead of all")
	f.StringVar(&o.Results, "results", "results/bench", "`folder` of the tables")
	f.StringVar(&o.Python, "python", "", "Python `interpreter` with bench/peers/requirements.txt installed, for the comparison with peers")
	f.StringVar(&o.Script, "script", "bench/peers/peer.py", "the peers' `program`")
	return c
}

func tuneCommand() *cobra.Command {
	var data imageFlags
	var o tune.Options
	var tasks, families []string
	var show bool
	c := onNothing("tune", "Search for hyper-parameters on validation images; goes on where an interrupted search stopped", func(c *cobra.Command) error {
		if show {
			return showConfigs(c.OutOrStdout())
		}
		o.Tasks, o.Families = named[configs.Task](tasks), named[configs.Family](families)
		// After the words about a winner come the files of others.
		o.Data, o.Out, o.Log = data.options(c.ErrOrStderr()), onward(c.OutOrStdout()), c.ErrOrStderr()
		if data.folder == "" {
			if err := data.unused(); err != nil {
				return err
			}
			return tune.Run(c.Context(), o)
		}
		if err := tuneOwn(c, &data, &o); err != nil {
			return err
		}
		return tune.Run(c.Context(), o)
	})
	c.Example = `  dcgmm tune --sets mnist --tasks clustering --time 20m
  dcgmm tune --images photos --time 1h
  dcgmm tune --show
  dcgmm train --set mnist --config mnist-clustering-deep --out best.dcgmm`
	f := c.Flags()
	data.dataFlags.add(f)
	f.StringVar(&data.folder, "images", "", "`folder` of own pictures with sub-folders that are classes, instead of --sets: scaled to 28x28 in gray, a fifth "+
		"of them to judge by. The winners are written beside the log, and clusters are the task, unless --configs or --tasks say otherwise")
	data.readFlags.add(f)
	f.StringSliceVar(&o.Sets, "sets", []string{"mnist", "fashion-mnist"}, "data sets")
	f.StringSliceVar(&tasks, "tasks", named[string](configs.Tasks()), "what to search for")
	f.StringSliceVar(&families, "families", named[string](configs.Families()), "kinds of models; what the log has of others stays")
	f.IntVar(&o.Candidates, "candidates", tune.DefaultCandidates, "configurations of each family, as far as it has so many")
	f.Float64Var(&o.Budget, "budget", tune.DefaultBudget, "factor of the numbers of images that candidates are trained and evaluated on")
	f.Uint64Var(&o.Seed, "seed", 1, "of the candidates, of their trainings and of the order in which classes are left out")
	f.IntVar(&o.Parallel, "parallel", 0, "trainings at once; 0: as many as processors. Results do not depend on it")
	f.DurationVar(&o.Time, "time", 0, "stop after this time, for instance 20m; the same command goes on. 0: at the end")
	f.StringVar(&o.Results, "results", "results", "`folder` of all results; logs go to its folder tune")
	f.StringVar(&o.Configs, "configs", "experiments/configs", "`folder` of the winners, which are part of the program when it is built again")
	f.StringVar(&o.Cache, "cache", ".cache", "`folder` of finished and interrupted cells")
	f.BoolVar(&show, "show", false, "list the winners that are part of this program, and do not search")
	return c
}

// tuneOwn completes a search on own images.
func tuneOwn(c *cobra.Command, data *imageFlags, o *tune.Options) error {
	f := c.Flags()
	if f.Changed("sets") {
		return errors.New("give either --sets or --images")
	}
	in := configs.Input
	set, err := data.load(c.Context(), c.ErrOrStderr(), in)
	if err != nil {
		return err
	}
	if o.Own, err = tune.OwnData(set); err != nil {
		return err
	}
	if !f.Changed("configs") {
		o.Configs = filepath.Join(o.Results, "tune")
	}
	if !f.Changed("tasks") {
		o.Tasks = []configs.Task{configs.Clustering}
	}
	return say(c.ErrOrStderr(), "note: candidates are for images of %v and judged on %d of %d images; train with the winner by --images %s --size %dx%dG --config FILE",
		in, o.Own.Valid.N, set.N, data.folder, in.H, in.W)
}

// named are the same names as another type.
func named[To, From ~string](names []From) []To {
	var all []To
	for _, n := range names {
		all = append(all, To(n))
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
