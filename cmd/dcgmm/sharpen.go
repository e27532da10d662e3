package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
)

// uphillFlags are the arguments of sharpen.
type uphillFlags struct {
	sourceFlags
	sharpenFlags
	outputFlags
	trace   string
	workers int
}

func sharpenCommand() *cobra.Command {
	var u uphillFlags
	c := &cobra.Command{
		Use: "sharpen CHECKPOINT", Short: "Change images so that a layer finds them more likely", Args: cobra.ExactArgs(1),
		Long: "Change images by gradient ascent so that a layer finds them more likely. A step that does not raise the objective of an image is taken back.\n\n" + outputHelp,
		Example: `  dcgmm sharpen digits.dcgmm --set mnist --limit 25 --target 1 --out sharp.png
  dcgmm sharpen photos.dcgmm --images photos --keep 10 --trace trace.csv --out sharp/`,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return u.run(c.Context(), m, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	u.sourceFlags.add(f)
	f.IntVar(&u.Iterations, "iterations", 100, "steps at most")
	u.sharpenFlags.add(f, "target")
	f.StringVar(&u.trace, "trace", "", "CSV `file` of the objective of every image after every step")
	f.IntVar(&u.workers, "workers", 0, "goroutines; 0: all processors. The images do not depend on it")
	u.outputFlags.add(f, "sharpened.png")
	return c
}

func (u *uphillFlags) run(ctx context.Context, m *model, stdout, stderr io.Writer) error {
	s, err := u.sharpening(m, "target", m.top())
	if err != nil {
		return err
	}
	set, err := u.load(ctx, stderr, m)
	if err != nil {
		return err
	}
	outs, err := u.open(set.N, m.Network.Input())
	if err != nil {
		return err
	}
	if u.trace != "" {
		if err := u.checkFile("trace", u.trace); err != nil {
			return err
		}
	}
	var climbed ascent
	work := func(sink dataset.Sink) error {
		return inChunks(stderr, "sharpening", set.N, strideOf(m.Network.Input()), func(first, count int) error {
			out, err := m.Network.Sharpen(ctx, values(part(set, nil, first, count)), s, u.workers)
			if err != nil {
				return err
			}
			if err := climbed.add(out.Trace, first); err != nil {
				return err
			}
			return sink(out.Values)
		})
	}
	if u.trace == "" {
		err = produce(outs, work)
	} else {
		err = u.within(u.trace, func(w io.Writer) error {
			climbed.csv = csv.NewWriter(w)
			if err := climbed.csv.Write([]string{"image", "step", "objective"}); err != nil {
				return err
			}
			if err := produce(outs, work); err != nil {
				return err
			}
			climbed.csv.Flush()
			return climbed.csv.Error()
		})
	}
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d images of %s, sharpened for layer %d of %s", set.N, set.Name, s.Target+1, m.path)
	if err := written(stdout, u.paths, what); err != nil {
		return err
	}
	n := float64(set.N)
	_, err = fmt.Fprintf(stdout, "objective: from %.4f to %.4f on average; of %d steps %d kept, %d taken back\n",
		climbed.before/n, climbed.after/n, climbed.kept+climbed.back, climbed.kept, climbed.back)
	return err
}

// ascent sums up how objectives rose.
type ascent struct {
	csv           *csv.Writer // nil: none
	before, after float64
	kept, back    int
}

// add takes the traces of the images from first on.
func (a *ascent) add(traces [][]float64, first int) error {
	for i, t := range traces {
		a.before, a.after = a.before+t[0], a.after+t[len(t)-1]
		for j, v := range t {
			switch {
			case j == 0:
			case v > t[j-1]:
				a.kept++
			default:
				a.back++
			}
			if a.csv == nil {
				continue
			}
			if err := a.csv.Write([]string{strconv.Itoa(first + i), strconv.Itoa(j), strconv.FormatFloat(v, 'g', -1, 64)}); err != nil {
				return err
			}
		}
	}
	return nil
}
