package training

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"deepgmm/dcgmm"
)

// SettingsError says that an interrupted training is not the one that was asked for. Nothing was done or changed.
type SettingsError struct {
	Partial string // the file of the interrupted training
	Differ  []Difference
}

// Difference is a setting that an interrupted training has and one that was asked for.
type Difference struct {
	Name        string // of the field: "Arch", "Images", "Init.MaxPrecRoot", or of Config, such as "Rate"
	Kept, Asked string
}

func (e *SettingsError) Error() string {
	var all []string
	for _, d := range e.Differ {
		all = append(all, fmt.Sprintf("%s %s, not %s", d.Name, d.Kept, d.Asked))
	}
	return fmt.Sprintf("%s is an interrupted training with other settings: %s; give the old settings to go on with it, or start anew with Fresh",
		e.Partial, strings.Join(all, ", "))
}

// theSame goes on with the training of a checkpoint if it is the one that was asked for. The error names all that
// differs.
func (k *keeper) theSame(ctx context.Context, c *dcgmm.Checkpoint) (*dcgmm.Trainer, error) {
	kept, _, ok := c.Training()
	if !ok {
		return nil, fmt.Errorf("%s has no interrupted training; move it away", k.job.Partial())
	}
	e := &SettingsError{Partial: k.job.Partial()}
	add := func(name string, kept, asked any) {
		e.Differ = append(e.Differ, Difference{name, fmt.Sprint(kept), fmt.Sprint(asked)})
	}
	if a, b := c.Network.Arch().String(), k.Trainer.Network().Arch().String(); a != b {
		add("Arch", strconv.Quote(a), strconv.Quote(b))
	}
	t, err := c.ResumeFrom(ctx, k.job.Source, k.job.Config.Workers)
	var unread *dcgmm.SourceError
	if errors.As(err, &unread) {
		return nil, err
	}
	if err != nil {
		h, w, c := k.job.Source.Shape()
		add("Images", "others", fmt.Sprintf("these %d of %v", k.job.Source.Len(), dcgmm.Shape{H: h, W: w, C: c}))
	}
	if a, b := c.Network.MaxPrecRoot(), k.Trainer.Network().MaxPrecRoot(); a != b {
		add("Init.MaxPrecRoot", a, b)
	}
	if a, b := c.Network.UpperPrecRoot(), k.Trainer.Network().UpperPrecRoot(); a != b && len(e.Differ) == 0 {
		add("Init.UpperPrecRoot", a, b)
	}
	if t != nil {
		if early, _ := t.EndsEarly(); early != k.job.EndEarly {
			add("EndEarly", early, k.job.EndEarly)
		}
	}
	k.compareConfig(kept, len(e.Differ) > 0, add)
	if len(e.Differ) > 0 {
		return nil, e
	}
	return t, nil
}

// compareConfig names the fields of Config that differ, but none that differs as a consequence of another one: a
// default may depend on the fields before it. If the networks or images are others, only fields count that were given.
func (k *keeper) compareConfig(kept dcgmm.Config, given bool, add func(name string, kept, asked any)) {
	asked, full := k.job.Config, k.Trainer.Config()
	want := reflect.ValueOf(kept)
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		is := reflect.ValueOf(full).Field(i)
		if name == "Workers" || same(want.Field(i), is) || given && reflect.ValueOf(asked).Field(i).IsZero() {
			continue
		}
		add(name, want.Field(i), is)
		reflect.ValueOf(&asked).Elem().Field(i).Set(want.Field(i))
		if complete, err := k.Trainer.Network().Complete(asked, k.job.Source); err == nil {
			full = complete
		}
	}
}

// same compares settings. Shares of waiting that are not there are 0.
func same(a, b reflect.Value) bool {
	x, ok := a.Interface().([]float64)
	if !ok {
		return a.Equal(b)
	}
	return slices.Equal(trim(x), trim(b.Interface().([]float64)))
}

func trim(v []float64) []float64 {
	for len(v) > 0 && v[len(v)-1] == 0 {
		v = v[:len(v)-1]
	}
	return v
}
