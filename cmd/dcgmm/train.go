package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/training"
	"deepgmm/internal/progress"
)

// trainFlags are the arguments of a training.
type trainFlags struct {
	imageFlags
	arch, out, size, config string
	leaveOut                classFlag
	holdOut                 float64
	held, heldMost          int // images that are held out, and how many may be; 0: any number
	early                   bool
	heldOut                 dcgmm.Images
	force, fresh            bool
	large                   *large // nil: all images are in memory
	continueFlags
	memoryFlag
	init dcgmm.Init
	cfg  dcgmm.Config
}

// defaultRoot is the default of --max-prec-root.
const defaultRoot = 8

func trainCommand() *cobra.Command {
	t := trainFlags{leaveOut: noClass}
	c := onNothing("train", "Train a model; after Ctrl-C the same command goes on", t.run)
	c.Long = `Train a model. An interrupted training is kept in the file of --out with .partial at the end, and the same command goes
on with it, to the same bits. Other settings than it began with are refused: with --fresh the training starts anew.`
	c.Long += `

--continue goes on from a finished model with other images, at a lower rate and with hardly any annealing. What the model
knew fades; --old says how much: the log-likelihoods of old images before and after. A classifier is left out.

With --memory a folder may be larger than memory: pictures are read while the training goes on, after the first pass from
a temporary file beside --out, which is removed at the end. The model is the same.`
	c.Example = `  dcgmm train --set mnist --arch "F8/1 G49 M F11 G49" --epochs 15 --out digits.dcgmm
  dcgmm train --images photos --size 32x32C --arch "F8/2 G49 F13 G36" --out photos.dcgmm`
	f := c.Flags()
	t.addLimited(f, "train", 0)
	f.StringVar(&t.size, "size", "28x28", "height`x`width that the pictures of --images are scaled to, in colour if any of them is; "+
		"with G at the end (28x28G) in gray, with C in colour. The images of a file keep their size without the flag")
	f.StringVar(&t.arch, "arch", "F8/2 G49 F11 G49", "architecture; for --images, without the flag one is proposed that suits their size and number")
	f.StringVar(&t.out, "out", "model.dcgmm", "checkpoint `file` to write")
	f.BoolVar(&t.force, "force", false, "replace a finished model at --out")
	f.BoolVar(&t.fresh, "fresh", false, "start anew instead of going on with an interrupted training, which is replaced "+
		"as soon as there is something to keep of the new one")
	f.Var(&t.leaveOut, "leave-out", "`class` not to train on, by its name or number")
	f.Float64Var(&t.holdOut, "hold-out", 0, "`share` of the images, drawn at random, that calibrates the scores of outliers (see score) and is not trained on; "+
		"without the flag 0.1 of 200 images or more of --images; 0: the training images do it")
	f.BoolVar(&t.early, "early", false, "end when annealing is over and the images of --hold-out get no likelier; "+
		"without the flag so with --images, unless --epochs says how long")
	t.memoryFlag.add(f, ", and are kept in a temporary file beside --out; the model is the same")
	f.IntVar(&t.cfg.ShuffleWindow, "shuffle-window", 0, "`images` that a pass mixes: the next one is drawn from so many that come first; "+
		"must be larger than classes, which follow each other; 0: all images")
	t.continueFlags.add(f)
	f.Uint64Var(&t.cfg.Seed, "seed", 1, "of the initial parameters and of the order of images")
	f.IntVar(&t.cfg.Epochs, "epochs", 10, "passes over the images; of --images, without the flag as many as 5,000 steps need, at least 10")
	f.IntVar(&t.cfg.BatchSize, "batch", 0, "images a step; 0: 100")
	f.IntVar(&t.cfg.Workers, "workers", 0, "goroutines; 0: all processors. The model does not depend on it")
	f.Float64Var(&t.cfg.Rate, "rate", 0, "learning rate at the start; 0: 0.011, or 0.005 with adam")
	f.StringVar((*string)(&t.cfg.Optimizer), "optimizer", string(dcgmm.SGD), "sgd, momentum or adam")
	f.Float64Var(&t.cfg.Restart, "restart", 0, "share of its fair share below which a component takes over half of a heavily used one; 0: never")
	f.Float64SliceVar(&t.cfg.Wait, "wait", nil, "share of all steps before each layer starts to learn, for instance 0,0.2")
	f.StringVar((*string)(&t.cfg.Schedule), "schedule", "adaptive", "of the annealing: adaptive or fixed")
	f.Float64Var(&t.init.MaxPrecRoot, "max-prec-root", defaultRoot, "upper bound of 1/σ")
	f.Float64Var(&t.init.UpperPrecRoot, "upper-prec-root", 0, "the same of the layers above the first; 0: --max-prec-root")
	f.Float64Var(&t.cfg.CoolDown, "cool-down", 0, "share of all steps at the end in which learning rates fall to 0: less noise in what is drawn")
	f.BoolVar(&t.cfg.FinalWeights, "final-weights", false, "at the end, the weights of the top layer become the shares of images that its components win")
	f.StringVar(&t.config, "config", "", "`name` (of those that tune --show lists) or .json file of a tuned model, instead of the flags of architecture and training")
	return c
}

// applyConfig takes architecture and training from a config.
func (t *trainFlags) applyConfig(f *pflag.FlagSet) error {
	if t.config == "" {
		return nil
	}
	for _, name := range []string{"arch", "epochs", "batch", "rate", "optimizer", "restart", "wait", "schedule", "max-prec-root", "upper-prec-root", "final-weights", "cool-down"} {
		if f.Changed(name) {
			return fmt.Errorf("--%s is for trainings without --config, which says it too", name)
		}
	}
	c, err := configs.Read(t.config)
	if err != nil {
		return err
	}
	if c.Family.Kind() != cell.SGD {
		return fmt.Errorf("--config %s is of the family %s, which is not trained by SGD; choose one of deep, sgd or mfa", t.config, c.Family)
	}
	seed, workers, window := t.cfg.Seed, t.cfg.Workers, t.cfg.ShuffleWindow
	t.arch, t.init, t.cfg = c.Model.Arch, c.Model.Init, c.Model.Train
	t.cfg.Seed, t.cfg.Workers, t.cfg.ShuffleWindow = seed, workers, window
	return nil
}

func (t *trainFlags) run(c *cobra.Command) error {
	f, log := c.Flags(), c.ErrOrStderr()
	if err := t.applyConfig(f); err != nil {
		return err
	}
	shape, err := t.start(f)
	if err != nil {
		return err
	}
	if err := (training.Job{Out: t.out, Replace: t.force}).Check(); err != nil {
		return t.explain(err)
	}
	src, set, err := t.lessons(c, shape)
	if err != nil {
		return err
	}
	defer t.close(log)
	h, w, ch := src.Shape()
	if err := t.ownDefaults(f, dcgmm.Shape{H: h, W: w, C: ch}, src.Len(), log); err != nil {
		return err
	}
	before, err := t.remember(c)
	if err != nil {
		return err
	}
	net, err := t.train(c.Context(), src, t.names(set), log)
	if err != nil {
		return err
	}
	if err := say(c.OutOrStdout(), "%s: %s, trained on %d images of %s", t.out, net.Arch(), src.Len(), set.Name); err != nil {
		return err
	}
	return t.compare(c, before, net)
}

// train goes on with an interrupted training of the same settings and images, or starts one.
func (t *trainFlags) train(ctx context.Context, src dcgmm.Source, names []string, stderr io.Writer) (*dcgmm.Network, error) {
	t.init.Seed = t.cfg.Seed
	first := 0
	bar := progress.New(stderr, t.arch, 1)
	defer bar.Close()
	job := training.Job{Arch: t.arch, Source: src, Init: t.init, Config: t.cfg, From: t.network(),
		Out: t.out, Replace: t.force, Fresh: t.fresh, Scorer: true, HeldOut: t.heldOut, ClassNames: names, EndEarly: t.early}
	job.Resumed = func(tr *dcgmm.Trainer) {
		first = tr.Step()
		bar.Note(fmt.Sprintf("going on with %s after step %d of %d", job.Partial(), tr.Step(), tr.Steps()))
	}
	job.Fitted = func(tr *dcgmm.Trainer, ev *dcgmm.Evaluation) {
		for _, note := range t.advice(tr, ev) {
			bar.Note(note)
		}
	}
	job.Warn = func(err error) { bar.Note(fmt.Sprintf("warning: %v", err)) }
	net, err := job.Run(ctx, func(p dcgmm.Progress) error {
		note := fmt.Sprintf("epoch %.1f", p.Epoch)
		for _, l := range p.Layers {
			if l.Learning {
				note += fmt.Sprintf("  %s: objective %.1f τ %.2f used %.0f %%", l.Name, l.Objective, l.Tau, 100*l.Used)
			} else {
				note += fmt.Sprintf("  %s: waits", l.Name)
			}
		}
		bar.Set(float64(p.Step-first)/float64(max(1, p.Steps-first)), note)
		return nil
	})
	return net, t.explain(err)
}

// settingFlags are the flags of settings, by the names that training.Difference has for them.
var settingFlags = map[string]string{"Arch": "--arch", "Init.MaxPrecRoot": "--max-prec-root", "Init.UpperPrecRoot": "--upper-prec-root", "FinalWeights": "--final-weights", "CoolDown": "--cool-down", "Epochs": "--epochs", "BatchSize": "--batch",
	"Seed": "--seed", "EndEarly": "--early", "ShuffleWindow": "--shuffle-window", "From": "--continue", "Tau": "the annealing width", "Rate": "--rate", "Optimizer": "--optimizer", "Restart": "--restart", "Wait": "--wait", "Schedule": "--schedule"}

// explain says in terms of the command line what went wrong with a training and what to do.
func (t *trainFlags) explain(err error) error {
	var differ *training.SettingsError
	var numbers *dcgmm.NonFiniteError
	switch {
	case errors.As(err, &differ):
		return fmt.Errorf("%s is an interrupted training with other settings: %s; give the old settings to go on with it, or --fresh to start anew",
			differ.Partial, differences(differ.Differ))
	case errors.As(err, &numbers):
		and := ""
		if t.farRoots() != nil {
			and = " and lower bounds of 1/σ"
		}
		return fmt.Errorf("training: the %s of layer %d (%s) is not finite at step %d; start anew with a lower learning rate%s: %s",
			numbers.What, numbers.Layer+1, numbers.Name, numbers.Step, and, t.lowerRate())
	case errors.Is(err, fs.ErrExist):
		return errThere("out", t.out)
	case t.fresh && errors.Is(err, training.ErrKept):
		return fmt.Errorf("%w, without --fresh", err)
	case err != nil && t.config == "" && strings.Contains(err.Error(), "Config."):
		return errors.New(inFlags.Replace(err.Error()))
	}
	return err
}

// inFlags names flags instead of fields of dcgmm.Config.
var inFlags = func() *strings.Replacer {
	var pairs []string
	for field, flag := range settingFlags {
		if strings.HasPrefix(flag, "--") {
			pairs = append(pairs, "Config."+field+" ", flag+" ")
		}
	}
	return strings.NewReplacer(pairs...)
}()

func differences(all []training.Difference) string {
	var said []string
	for _, d := range all {
		if d.Name == "Images" {
			said = append(said, "other images (--set, --images, --split, --size, --limit, --leave-out, --hold-out)")
			continue
		}
		said = append(said, fmt.Sprintf("%s %s, not %s", cmp.Or(settingFlags[d.Name], d.Name), d.Kept, d.Asked))
	}
	return strings.Join(said, ", ")
}

// farRoots are the bounds of 1/σ that are so far above the default that no rate may be low enough, as fields of
// dcgmm.Init. Those of a model to go on from cannot be lowered.
func (t *trainFlags) farRoots() (fields []string) {
	for field, v := range map[string]float64{"MaxPrecRoot": t.init.MaxPrecRoot, "UpperPrecRoot": t.init.UpperPrecRoot} {
		if v > 4*defaultRoot && t.from == "" {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// lowerRate are flags that make a training's steps smaller: half the rate, and not above the default.
func (t *trainFlags) lowerRate() string {
	if t.config != "" {
		return "lower " + strings.Join(append([]string{"Rate"}, t.farRoots()...), " and ") + " in a copy of the file of --config, and give --fresh"
	}
	rate := 0.011
	if t.cfg.Optimizer == dcgmm.Adam {
		rate = 0.005
	}
	if used := cmp.Or(t.cfg.Rate, rate); used <= rate {
		rate = used / 2
	}
	roots := ""
	for _, field := range t.farRoots() {
		roots += fmt.Sprintf(" %s %d", settingFlags["Init."+field], defaultRoot)
	}
	return fmt.Sprintf("--rate %.2g%s --fresh", rate, roots)
}
