package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
)

// settingFlags are the flags of settings, by the names that training.Difference has for them.
var settingFlags = map[string]string{"Arch": "--arch", "Init.MaxPrecRoot": "--max-prec-root", "Epochs": "--epochs", "BatchSize": "--batch",
	"Seed": "--seed", "Rate": "--rate", "Optimizer": "--optimizer", "Revive": "--revive", "Wait": "--wait", "Schedule": "--schedule"}

// explain says in terms of the command line what went wrong with a training and what to do.
func (t *trainFlags) explain(err error) error {
	var differ *training.SettingsError
	var numbers *dcgmm.NonFiniteError
	switch {
	case errors.As(err, &differ):
		return fmt.Errorf("%s is an interrupted training with other settings: %s; give the old settings to go on with it, or --fresh to start anew",
			differ.Partial, differences(differ.Differ))
	case errors.As(err, &numbers):
		return fmt.Errorf("training: the %s of layer %d (%s) is not finite at step %d; start anew with a lower learning rate: %s",
			numbers.What, numbers.Layer+1, numbers.Name, numbers.Step, t.lowerRate())
	case errors.Is(err, fs.ErrExist):
		return errThere("out", t.out)
	case t.fresh && errors.Is(err, training.ErrKept):
		return fmt.Errorf("%w, without --fresh", err)
	}
	return err
}

func differences(all []training.Difference) string {
	var said []string
	for _, d := range all {
		name := d.Name
		switch flag, ok := settingFlags[name]; {
		case name == "Images":
			said = append(said, "other images (--set, --images, --split, --size, --limit, --leave-out)")
			continue
		case ok:
			name = flag
		}
		said = append(said, fmt.Sprintf("%s %s, not %s", name, d.Kept, d.Asked))
	}
	return strings.Join(said, ", ")
}

// lowerRate are flags that make a training's steps smaller: half the rate, and not above the default.
func (t *trainFlags) lowerRate() string {
	if t.config != "" {
		return "lower Rate in a copy of the file of --config, and give --fresh"
	}
	rate := 0.011
	if t.cfg.Optimizer == dcgmm.Adam {
		rate = 0.005
	}
	if 0 < t.cfg.Rate && t.cfg.Rate <= rate {
		rate = t.cfg.Rate / 2
	} else if t.cfg.Rate == 0 {
		rate /= 2
	}
	return fmt.Sprintf("--rate %.2g --fresh", rate)
}
