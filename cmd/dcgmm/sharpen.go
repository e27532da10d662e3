package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
)

// ascentFlags are the arguments of sharpen.
type ascentFlags struct {
	imageFlags
	sharpenFlags
	outputFlags
	trace   string
	workers int
}

func sharpenCommand() *cobra.Command {
	var u ascentFlags
	c := onModel(&cobra.Command{
		Use: "sharpen", Short: "Change images so that a layer finds them more likely",
		Long: `Change images by gradient ascent so that a layer finds them more likely. A step that does not raise the objective of an
image is taken back.

` + outputHelp,
		Example: `  dcgmm sharpen digits.dcgmm --set mnist --limit 25 --target 1 --out sharp.png
  dcgmm sharpen photos.dcgmm --images photos --keep 10 --trace trace.csv --out sharp/`,
	}, u.run)
	f := c.Flags()
	u.addLimited(f, "test", 100)
	f.IntVar(&u.Iterations, "iterations", 100, "steps at most")
	u.sharpenFlags.add(f, "target")
	f.StringVar(&u.trace, "trace", "", "CSV `file` of the objective of every image after every step")
	f.IntVar(&u.workers, "workers", 0, "goroutines; 0: all processors. The images do not depend on it")
	u.outputFlags.add(f, "sharpened.png")
	return c
}

func (u *ascentFlags) run(c *cobra.Command, m *model) error {
	s, err := u.sharpening(m, "target", m.top())
	if err != nil {
		return err
	}
	set, err := u.loadFor(c.Context(), c.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	in := m.Network.Input()
	outs, err := u.open(set.N, in)
	if err != nil {
		return err
	}
	a := ascent{trace: io.Discard}
	if u.trace != "" {
		if err := u.checkFile("trace", u.trace); err != nil {
			return err
		}
		outs = append(outs, u.traceFile(&a))
	}
	err = generation{"sharpening", set.N, strideOf(in), func(first, count int) ([]float32, error) {
		out, err := m.Network.Sharpen(c.Context(), values(part(set, nil, first, count).Pix), s, u.workers)
		if err != nil {
			return nil, err
		}
		a.add(out.Trace, first)
		return out.Values, nil
	}, fmt.Sprintf("%d images of %s, sharpened for layer %d of %s", set.N, set.Name, s.Target+1, m.path)}.run(c, outs, u.paths)
	if err != nil {
		return err
	}
	n := float64(set.N)
	_, err = fmt.Fprintf(c.OutOrStdout(), "objective: from %.4f to %.4f on average; of %d steps %d kept, %d taken back\n",
		a.before/n, a.after/n, a.kept+a.back, a.kept, a.back)
	return err
}

// values are pixels as the model sees them.
func values(pix []uint8) []float32 {
	v := make([]float32, len(pix))
	for i, p := range pix {
		v[i] = float32(p) / 255
	}
	return v
}

// traceFile is the output for --trace, which a takes its lines to.
func (u *ascentFlags) traceFile(a *ascent) output {
	return func(inner func(dataset.Sink) error) error {
		return u.within(u.trace, func(w io.Writer) error {
			a.trace = w
			fmt.Fprintln(w, "image,step,objective")
			return inner(func([]float32) error { return nil })
		})
	}
}

// ascent sums up how objectives rose.
type ascent struct {
	trace         io.Writer // buffered, so the error of a write is that of all that follow
	before, after float64
	kept, back    int
}

// add takes the traces of the images from first on.
func (a *ascent) add(traces [][]float64, first int) {
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
			fmt.Fprintf(a.trace, "%d,%d,%v\n", first+i, j, v)
		}
	}
}
