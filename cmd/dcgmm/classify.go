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
	forceFlag
	train, csv bool
	holdOut    float64
	layer      int
	out        string
	seed       uint64
	cfg        dcgmm.ClassifierConfig
}

func classifyCommand() *cobra.Command {
	var k classifyFlags
	c := &cobra.Command{
		Use: "classify CHECKPOINT", Short: "Train a classifier on top of a model, or predict the classes of images", Args: takes(1, "the file that train wrote"),
		Long: `Predict the classes of images. Of images with labels, print the accuracy and how many of each class are taken for which;
of others, or with --csv, a line for each: file or index, class, probability.

With --train, first train a linear classifier on a layer's responsibilities, on the train part of --set or on the sub-folders
of --images, and write the model with it: into CHECKPOINT itself, or to --out. The mixtures do not change. It starts anew,
whatever classifier the checkpoint has; a classifier, or another file, is only replaced with --force. Of --images a part is
held out, and the accuracy is that on it. Names of sub-folders become those of the model's classes; images that are classified
later are matched with them by name.`,
		Example: `  dcgmm classify digits.dcgmm --train --set mnist
  dcgmm classify digits.dcgmm --set mnist --mask right
  dcgmm classify photos.dcgmm --train --images photos --layer 1 --out named.dcgmm
  dcgmm classify named.dcgmm --images unknown > classes.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if k.train {
				return k.teach(c, args[0])
			}
			for _, name := range []string{"out", "layer", "epochs", "rate", "force", "hold-out"} {
				if c.Flags().Changed(name) {
					return fmt.Errorf("--%s is for --train; add --train, or omit it", name)
				}
			}
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			return k.predict(c, m)
		},
	}
	f := c.Flags()
	k.addLimited(f, "test", 0)
	k.maskFlag.add(f)
	f.BoolVar(&k.csv, "csv", false, "a line for each image, of images with labels too")
	f.BoolVar(&k.train, "train", false, "train a classifier first")
	f.IntVar(&k.layer, "layer", 0, "`layer`, from 1, whose responsibilities the classifier sees; 0: the top")
	f.IntVar(&k.cfg.Epochs, "epochs", 5, "passes over the images")
	f.Float64Var(&k.cfg.Rate, "rate", 1, "learning rate")
	f.Float64Var(&k.holdOut, "hold-out", 0.2, "`share` of every class of --images that is not trained on: the accuracy is that on it; 0: none")
	f.StringVar(&k.out, "out", "", "checkpoint `file` to write; default: the one that was read")
	k.forceFlag.add(f)
	f.Uint64Var(&k.seed, "seed", 1, "of the order of images, and of a random mask")
	f.IntVar(&k.cfg.Workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
	return c
}

// predict prints what the images are.
func (k *classifyFlags) predict(c *cobra.Command, m *model) error {
	if _, err := m.classifier(); err != nil {
		return err
	}
	set, err := k.loadFor(c.Context(), c.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	missing, err := k.missing(set, k.seed)
	if err != nil {
		return err
	}
	if set.Labels != nil && !k.csv {
		return k.score(c, m, set, missing)
	}
	names, classes := imageNames(set), m.classNames()
	out := c.OutOrStdout()
	w := csv.NewWriter(out)
	row := func(name string, cells ...string) error {
		if classes == nil {
			return w.Write(cells)
		}
		return w.Write(append(cells, name))
	}
	if err := row("class name", "image", "class", "probability"); err != nil {
		return err
	}
	err = k.each(c.Context(), m, set, missing, c.ErrOrStderr(), func(i, class int, p float64) error {
		return row(escape.Cell(nameFor(out, nameOf(classes, class))),
			escape.Cell(nameFor(out, names[i])), strconv.Itoa(class), strconv.FormatFloat(p, 'f', 4, 64))
	})
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

// imageNames are those of the images: their files, or their indices in a data set.
func imageNames(set *dataset.Set) []string {
	names := make([]string, set.N)
	for i := range names {
		if names[i] = set.FilePath(i); names[i] == "" {
			names[i] = strconv.Itoa(i)
		}
	}
	return names
}

// each classifies images, some at a time.
func (k *classifyFlags) each(ctx context.Context, m *model, set *dataset.Set, missing []bool, log io.Writer,
	see func(i, class int, p float64) error) error {
	return inChunks(log, "classifying", set.N, 4*stride(), func(first, count int) error {
		classes, p, err := m.Network.Classify(ctx, part(set, missing, first, count), k.cfg.Workers)
		for i := 0; i < len(classes) && err == nil; i++ {
			err = see(first+i, classes[i], p[i])
		}
		return err
	})
}

// score prints the accuracy, and how many images of each class are taken for which.
func (k *classifyFlags) score(c *cobra.Command, m *model, set *dataset.Set, missing []bool) error {
	classes := m.Network.Classifier().Classes
	set, err := m.match(set, "", c.ErrOrStderr())
	if err != nil {
		return fmt.Errorf("%w; or predict their classes with --csv", err)
	}
	if set.Classes != classes {
		return fmt.Errorf("the images of %s have %d classes, the classifier of %s has %d; take images of the same classes, or --csv",
			set.Name, set.Classes, m.path, classes)
	}
	counts := make([]int, classes*classes) // of true and predicted classes
	right := 0
	err = k.each(c.Context(), m, set, missing, c.ErrOrStderr(), func(i, class int, _ float64) error {
		counts[int(set.Labels[i])*classes+class]++
		if int(set.Labels[i]) == class {
			right++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := say(c.OutOrStdout(), "accuracy on %d images of %s: %.4f", set.N, set.Name, float64(right)/float64(set.N)); err != nil {
		return err
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "class, taken for\t")
	for class := range classes {
		fmt.Fprintf(t, "%d\t", class)
	}
	for i, n := range counts {
		if i%classes == 0 {
			fmt.Fprintf(t, "\n%s\t", numbered(set.ClassNames, i/classes))
		}
		fmt.Fprintf(t, "%d\t", n)
	}
	fmt.Fprintln(t)
	return t.Flush()
}
