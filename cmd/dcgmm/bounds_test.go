package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// accepted says which of −1, −5, 0 and huge a numeric flag may be, for every one of every command.
var accepted = map[string]string{
	"verify sample": "0", "verify seed": "0 huge", "verify workers": "0",
	"reproduce shards": "", "reproduce workers": "0",
	"tune candidates": "", "tune budget": "", "tune seed": "0 huge", "tune parallel": "0", "tune time": "0",
	"slurm shards": "", "slurm cores": "", "slurm minutes": "",
	"train leave-out": "-1 0 huge", "train limit": "0", "train limit-seed": "0 huge", "train seed": "0 huge", "train epochs": "", "train batch": "0", "train workers": "0",
	"train rate": "0", "train cool-down": "0", "train restart": "0", "train wait": "0", "train max-prec-root": "", "train upper-prec-root": "0", "train hold-out": "0", "train shuffle-window": "0",
	"score limit": "0", "score limit-seed": "0 huge", "score top": "0", "score workers": "0", "score contamination": "0", "score threshold": "-1 -5 0 huge", "score distance": "0", "score heat-layer": "0",
	"report limit": "0", "report limit-seed": "0 huge", "report workers": "0", "report contamination": "0", "report threshold": "-1 -5 0 huge", "report distance": "0", "report heat-layer": "0",
	"info images": "0", "info batch": "", "info workers": "0",
	"bench seed": "0 huge", "eval seed": "0 huge", "eval outlier": "-1 0 huge", "eval workers": "0",
	"classify limit": "0", "classify limit-seed": "0 huge", "classify layer": "0", "classify epochs": "", "classify rate": "", "classify hold-out": "0", "classify seed": "0 huge", "classify workers": "0",
	"sample count": "", "sample layer": "0", "sample component": "0", "sample class": "0 huge",
	"vary limit": "0", "vary limit-seed": "0 huge", "vary variants": "", "vary layer": "0",
	"inpaint limit": "0", "inpaint limit-seed": "0 huge", "inpaint rounds": "",
	"sharpen limit": "0", "sharpen limit-seed": "0 huge", "sharpen iterations": "", "sharpen target": "0", "sharpen workers": "0", "sharpen rate": "", "sharpen keep": "0", "sharpen columns": "0",
}

func init() {
	for _, command := range []string{"sample", "vary", "inpaint"} {
		for flag, which := range map[string]string{"top": "", "noise": "0", "redraw": "0", "seed": "0 huge", "workers": "0", "sharpen": "0", "sharpen-target": "0",
			"rate": "", "keep": "0", "columns": "0"} {
			accepted[command+" "+flag] = which
		}
	}
}

// parse runs a command up to its work, and returns what was wrong with its flags.
func parse(args ...string) error {
	root := rootCommand()
	for _, c := range root.Commands() {
		c.Args, c.RunE = nil, func(*cobra.Command, []string) error { return nil }
	}
	root.SetArgs(args)
	root.SetOut(&bytes.Buffer{})
	return root.ExecuteContext(context.Background())
}

// Every numeric flag of every command refuses what makes no sense, in a line that names flag, value and range.
func TestNumericFlagsAreBounded(t *testing.T) {
	seen := 0
	for _, c := range rootCommand().Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			kind := f.Value.Type()
			if slices.Contains([]string{"string", "bool", "stringArray", "stringSlice"}, kind) {
				return
			}
			which, ok := accepted[c.Name()+" "+f.Name]
			if !ok {
				t.Errorf("dcgmm %s --%s: of the type %s, and no word on what it may be", c.Name(), f.Name, kind)
				return
			}
			seen++
			flag := "--" + f.Name
			if f.Shorthand != "" {
				flag = "-" + f.Shorthand
			}
			for name, value := range map[string]string{"-1": "-1", "-5": "-5", "0": "0", "huge": "18446744073709551615"} {
				begins := value[:min(2, len(value))] // of -1h, 1.8e+19
				if name == "huge" {
					begins = "1"
				}
				if kind == "duration" {
					value = value[:min(7, len(value))] + "h"
				}
				err := parse(c.Name(), "--"+f.Name+"="+value)
				if slices.Contains(strings.Fields(which), name) {
					if err != nil {
						t.Errorf("dcgmm %s --%s=%s: %v", c.Name(), f.Name, value, err)
					}
					continue
				}
				if err == nil || !strings.HasPrefix(strings.Replace(err.Error(), `"`, "", 1), flag+" is "+begins) || !strings.Contains(err.Error(), "; it must be between ") {
					t.Errorf("dcgmm %s --%s=%s: error %v", c.Name(), f.Name, value, err)
				}
			}
		})
	}
	if seen != len(accepted) {
		t.Errorf("%d numeric flags, %d are expected", seen, len(accepted))
	}
}

func TestBoundsAreNamed(t *testing.T) {
	for args, want := range map[string]string{
		"train --workers=1000000":              "--workers is 1000000; it must be between 0 and 4096",
		"train --limit=-5":                     "--limit is -5; it must be between 0 and 2147483647",
		"train --leave-out=-3":                 "--leave-out is -3; it must be between -1 and 65536",
		"eval --outlier=-2":                    "--outlier is -2; it must be between -1 and 65536",
		"train --seed=-1":                      `--seed is "-1"; it must be between 0 and 18446744073709551615`,
		"train --workers=99999999999999999999": `--workers is "99999999999999999999"; it must be between 0 and 4096`,
		"train --wait=0.1,2":                   "--wait is 2; it must be between 0 and 0.999",
		"train --rate=NaN":                     "--rate is NaN; it must be between 1e-12 and 10, or 0",
		"train --rate=Inf":                     "--rate is +Inf; it must be between 1e-12 and 10, or 0",
		"train --upper-prec-root=0.0005":       "--upper-prec-root is 0.0005; it must be between 0.001 and 1000000, or 0",
		"train --max-prec-root=0":              "--max-prec-root is 0; it must be between 0.001 and 1000000",
		"train --rate=1e-13":                   "--rate is 1e-13; it must be between 1e-12 and 10, or 0",
		"sharpen --rate=1e-10":                 "--rate is 1e-10; it must be between 1e-09 and 1000000",
		"sample --component=1,-2":              "--component is -2; it must be between 0 and 65536",
		"sample -n 0":                          "-n is 0; it must be between 1 and 2147483647",
		"tune --time=-5m":                      "--time is -5m0s; it must be between 0s and 10000h",
		"tune --time=5":                        `--time is "5"; it must be between 0s and 10000h`,
		"tune --teim=5":                        "unknown flag: --teim",
		"train --offline=maybe":                `invalid argument "maybe" for "--offline" flag`,
	} {
		if err := parse(strings.Fields(args)...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("dcgmm %s: %v, want %q", args, err, want)
		}
	}
	for _, args := range []string{"train --workers=4096 --wait 0,0.2 --rate 0.01 --leave-out 3", "train --upper-prec-root 0 --rate 0", "classify --rate 1e-12", "sample -n 100 --component 3,4 --noise 0.01", "tune --time 20m --budget .1"} {
		if err := parse(strings.Fields(args)...); err != nil {
			t.Errorf("dcgmm %s: %v", args, err)
		}
	}
}
