package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/escape"
)

// classifyFlags are the arguments of classify.
type classifyFlags struct {
	imageFlags
	maskFlag
	train, csv   bool
	layer, limit int
	out          string
	seed         uint64
	cfg          dcgmm.ClassifierConfig
	splitSet     bool // given by the user
	over         forceFlag
}

func classifyCommand() *cobra.Command {
	var k classifyFlags
	c := &cobra.Command{
		Use: "classify CHECKPOINT", Short: "Train a classifier on top of a model, or tell the classes of images", Args: cobra.ExactArgs(1),
		Long: `Tell the classes of images. Of images with labels, print the accuracy and how many of each class are taken for which;
of others, or with --csv, a line for each: file or index, class, probability.

With --train, first train a linear classifier on a layer's responsibilities, on the train part of --set or on the sub-folders
of --images, and write the model with it: into CHECKPOINT itself, or to --out. The mixtures do not change. It starts anew, whatever classifier
the checkpoint has; a classifier, or another file, is only replaced with --force.`,
		Example: `  dcgmm classify digits.dcgmm --train --set mnist
  dcgmm classify digits.dcgmm --set mnist --mask right
  dcgmm classify photos.dcgmm --train --images photos --layer 1 --out named.dcgmm
  dcgmm classify named.dcgmm --images unknown > classes.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if k.train {
				k.splitSet = c.Flags().Changed("split")
				return k.teach(c.Context(), args[0], c.OutOrStdout(), c.ErrOrStderr())
			}
			for _, name := range []string{"out", "layer", "epochs", "rate", "force"} {
				if c.Flags().Changed(name) {
					return fmt.Errorf("--%s is for --train; add --train, or leave it away", name)
				}
			}
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return k.tell(c.Context(), m, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	k.imageFlags.add(f, "test")
	k.maskFlag.add(f)
	f.IntVar(&k.limit, "limit", 0, "take the first so many images; 0: all")
	f.BoolVar(&k.csv, "csv", false, "a line for each image, of images with labels too")
	f.BoolVar(&k.train, "train", false, "train a classifier first")
	f.IntVar(&k.layer, "layer", 0, "`layer`, from 1, whose responsibilities the classifier sees; 0: the top")
	f.IntVar(&k.cfg.Epochs, "epochs", 5, "passes over the images")
	f.Float64Var(&k.cfg.Rate, "rate", 1, "learning rate")
	f.StringVar(&k.out, "out", "", "checkpoint `file` to write; default: the one that was read")
	k.over.add(f)
	f.Uint64Var(&k.seed, "seed", 1, "of the order of images, and of a random mask")
	f.IntVar(&k.cfg.Workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
	return c
}

// load returns the images of a split.
func (k *classifyFlags) load(ctx context.Context, m *model, split string, log io.Writer) (*dataset.Set, error) {
	from := k.imageFlags
	from.split = split
	s, err := from.loadFor(ctx, log, m)
	if err == nil && k.limit > 0 {
		s = s.Head(k.limit)
	}
	return s, err
}

// tell prints what the images are.
func (k *classifyFlags) tell(ctx context.Context, m *model, stdout, stderr io.Writer) error {
	c, err := m.classifier()
	if err != nil {
		return err
	}
	set, err := k.load(ctx, m, k.split, stderr)
	if err != nil {
		return err
	}
	missing, err := k.missing(set, k.seed)
	if err != nil {
		return err
	}
	if set.Labels != nil && !k.csv {
		return k.judge(ctx, m, c, set, missing, stdout, stderr)
	}
	names := make([]string, set.N)
	if k.folder != "" {
		if names, err = dataset.FolderFiles(k.folder); err != nil {
			return err
		}
		if len(names) != set.N && k.limit == 0 || len(names) < set.N {
			return fmt.Errorf("%s: pictures came or went while they were read; run again", k.folder)
		}
	} else {
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
	}
	w := csv.NewWriter(stdout)
	if err := w.Write([]string{"image", "class", "probability"}); err != nil {
		return err
	}
	err = k.each(ctx, m, set, missing, stderr, func(i, class int, p float64) error {
		return w.Write([]string{escape.Cell(nameFor(stdout, names[i])), strconv.Itoa(class), strconv.FormatFloat(p, 'f', 4, 64)})
	})
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

// each classifies images, some at a time.
func (k *classifyFlags) each(ctx context.Context, m *model, set *dataset.Set, missing []bool, log io.Writer, see func(i, class int, p float64) error) error {
	return inChunks(log, "classifying", set.N, 4*stride(), func(first, count int) error {
		classes, p, err := m.Network.Classify(ctx, part(set, missing, first, count), k.cfg.Workers)
		if err != nil {
			return err
		}
		for i := range classes {
			if err := see(first+i, classes[i], p[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// judge prints the accuracy, and how many images of each class are taken for which.
func (k *classifyFlags) judge(ctx context.Context, m *model, c *dcgmm.Classifier, set *dataset.Set, missing []bool, stdout, stderr io.Writer) error {
	if set.Classes != c.Classes {
		return fmt.Errorf("the images of %s have %d classes, the classifier of %s has %d; take images of the same classes, or --csv", set.Name, set.Classes, m.path, c.Classes)
	}
	counts := make([][]int, c.Classes)
	for i := range counts {
		counts[i] = make([]int, c.Classes)
	}
	right := 0
	err := k.each(ctx, m, set, missing, stderr, func(i, class int, _ float64) error {
		counts[set.Labels[i]][class]++
		if int(set.Labels[i]) == class {
			right++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := say(stdout, "accuracy on %d images of %s: %.4f", set.N, set.Name, float64(right)/float64(set.N)); err != nil {
		return err
	}
	t := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "class, taken for\t")
	for class := range counts {
		fmt.Fprintf(t, "%d\t", class)
	}
	fmt.Fprintln(t)
	for class, row := range counts {
		name := strconv.Itoa(class)
		if set.ClassNames != nil {
			name += " " + escape.Line(set.ClassNames[class])
		}
		fmt.Fprintf(t, "%s\t", name)
		for _, n := range row {
			fmt.Fprintf(t, "%d\t", n)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}
