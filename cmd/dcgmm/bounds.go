package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// bound says which values a numeric flag may have, both ends included.
type bound struct{ low, up float64 }

const (
	maxWorkers = 4096    // as dcgmm.Config has it
	maxLabel   = 1 << 16 // beyond every class and every component
	leastRate  = 1e-12
	leastRoot  = 1e-3
)

// bounds are those of all numeric flags of all commands: of "COMMAND FLAG", or of FLAG wherever it has no other. What
// depends on a checkpoint or on images, such as the number of layers, is checked where that is known.
var bounds = map[string]bound{
	"workers": {0, maxWorkers}, "parallel": {0, 1024}, "cores": {1, maxWorkers},
	"seed": {0, math.MaxUint64}, "limit": {0, math.MaxInt32}, "limit-seed": {0, math.MaxUint64}, "sample count": {1, math.MaxInt32}, "columns": {0, maxGrid},
	"score top": {0, math.MaxInt32}, "contamination": {0, 1}, "threshold": {-math.MaxFloat64, math.MaxFloat64}, "distance": {0, 1e6}, "heat-layer": {0, math.MaxInt32}, "hold-out": {0, 0.9},
	"leave-out": {-1, maxLabel}, "outlier": {-1, maxLabel}, "class": {0, maxLabel}, "component": {0, maxLabel},
	"layer": {0, math.MaxInt32}, "target": {0, math.MaxInt32}, "sharpen-target": {0, math.MaxInt32},
	"epochs": {1, 1e6}, "batch": {0, 1e5}, "info batch": {1, 1e5}, "info images": {0, 1e10}, "restart": {0, 0.5}, "wait": {0, 0.999}, "max-prec-root": {leastRoot, 1e6}, "upper-prec-root": {leastRoot, 1e6},
	"train rate": {leastRate, 10}, "cool-down": {0, 1}, "shuffle-window": {0, math.MaxInt32}, "classify rate": {leastRate, 1e6}, "rate": {1e-9, 1e6}, "keep": {0, 1e9}, "iterations": {1, 1e6}, "sharpen": {0, 1e6},
	"top": {1, maxLabel}, "noise": {0, 1e6}, "redraw": {0, 1e6}, "rounds": {1, 1000}, "variants": {1, chunk},
	"candidates": {1, 10000}, "sample": {0, 1e6}, "budget": {0.01, 100}, "time": {0, (10000 * time.Hour).Seconds()},
	"shards": {1, 10000}, "minutes": {1, 366 * 24 * 60},
}

// orZero are flags for which 0, below their bound, means the default.
var orZero = []string{"train rate", "train upper-prec-root"}

func zeroIsDefault(c *cobra.Command, flag string) bool {
	return slices.Contains(orZero, c.Name()+" "+flag)
}

// numeric are the types of flags that have bounds.
var numeric = []string{"int", "uint64", "float64", "intSlice", "float64Slice", "duration"}

func boundOf(command, flag string) (bound, bool) {
	if b, ok := bounds[command+" "+flag]; ok {
		return b, true
	}
	b, ok := bounds[flag]
	return b, ok
}

// checkBounds refuses the first flag whose value is out of bounds, before any work is done. Defaults are not looked at.
func checkBounds(c *cobra.Command, _ []string) error {
	var bad error
	c.Flags().Visit(func(f *pflag.Flag) {
		b, ok := boundOf(c.Name(), f.Name)
		if bad != nil || !ok {
			return
		}
		for _, text := range valuesOf(f) {
			v, err := number(f, text)
			if f.Value.Type() == "class" && (err != nil || v >= b.low) {
				continue // a name, or a number that is checked where the classes are known
			}
			if err == nil && v == 0 && zeroIsDefault(c, f.Name) {
				continue
			}
			if err != nil || !(v >= b.low && v <= b.up) { // also catches NaN
				if f.Value.Type() == "float64Slice" && err == nil {
					text = shown(v) // it has six decimals of its own
				}
				bad = outOfBounds(c, f, text, b)
				return
			}
		}
	})
	return bad
}

// explainFlag says what a numeric flag may be if its value is no such number. Other errors stay as they are.
func explainFlag(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) || !slices.Contains(numeric, invalid.GetFlag().Value.Type()) {
		return err
	}
	if b, ok := boundOf(c.Name(), invalid.GetFlag().Name); ok {
		return outOfBounds(c, invalid.GetFlag(), strconv.Quote(invalid.GetValue()), b)
	}
	return err
}

func valuesOf(f *pflag.Flag) []string {
	if s, ok := f.Value.(pflag.SliceValue); ok {
		return s.GetSlice()
	}
	return []string{f.Value.String()}
}

// number is the value of a flag, a duration in seconds.
func number(f *pflag.Flag, text string) (float64, error) {
	if f.Value.Type() == "duration" {
		d, err := time.ParseDuration(text)
		return d.Seconds(), err
	}
	return strconv.ParseFloat(text, 64)
}

func outOfBounds(c *cobra.Command, f *pflag.Flag, value string, b bound) error {
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand
	}
	show := shown
	if f.Value.Type() == "duration" {
		show = func(s float64) string {
			return strings.TrimSuffix(time.Duration(s*float64(time.Second)).String(), "0m0s")
		}
	}
	whole := ""
	if t := f.Value.Type(); strings.ContainsAny(value, ".eE") && (strings.HasPrefix(t, "int") || strings.HasPrefix(t, "uint")) {
		whole = "a whole number "
	}
	zero := ""
	if zeroIsDefault(c, f.Name) {
		zero = ", or 0"
	}
	return fmt.Errorf("%s is %s; it must be %sbetween %s and %s%s", name, value, whole, show(b.low), show(b.up), zero)
}

// shown is a bound as people write it.
func shown(v float64) string {
	switch {
	case v == math.MaxUint64: // as a float64 it is one more
		return strconv.FormatUint(math.MaxUint64, 10)
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
