package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/escape"
)

// continueFlags say which model learns on, and how what it forgets is measured.
type continueFlags struct {
	from, old string
	model     *model // nil: a new one is trained
	oldImages dcgmm.Images
}

// A training that goes on from a model: small steps, and hardly any annealing, or what the components of the top layer
// mean would move.
const (
	continueRate = 0.005
	continueTau  = 0.3
)

func (k *continueFlags) add(f *pflag.FlagSet) {
	f.StringVar(&k.from, "continue", "", "`model` to go on from: its architecture and size, and a rate and an annealing that fit")
	f.StringVar(&k.old, "old", "", "`folder` or file of images that the model of --continue knew and was not trained on: prints what it forgets of them")
}

// network is the one to go on from.
func (k *continueFlags) network() *dcgmm.Network {
	if k.model == nil {
		return nil
	}
	return k.model.Network
}

// goOn reads the model to go on from, and completes the settings.
func (t *trainFlags) goOn(f *pflag.FlagSet) (dcgmm.Shape, error) {
	for _, name := range []string{"arch", "size", "config", "max-prec-root", "upper-prec-root"} {
		if f.Changed(name) {
			return dcgmm.Shape{}, fmt.Errorf("--%s is for a new model, --continue has that of %s: omit one of them", name, t.from)
		}
	}
	m, err := loadModel(t.from)
	if err != nil {
		return dcgmm.Shape{}, err
	}
	if _, _, under := m.Training(); under {
		return dcgmm.Shape{}, fmt.Errorf("%s is an interrupted training: finish it with its own command first", t.from)
	}
	sum := crc32.NewIEEE()
	if err := m.Network.Save(sum); err != nil {
		return dcgmm.Shape{}, err
	}
	t.model, t.arch = m, m.Network.Arch().String()
	t.cfg.From = fmt.Sprintf("%s (%08x)", filepath.Base(t.from), sum.Sum32())
	t.cfg.Tau = continueTau
	if !f.Changed("rate") && t.cfg.Optimizer != dcgmm.Adam {
		t.cfg.Rate = continueRate
	}
	t.init.MaxPrecRoot, t.init.UpperPrecRoot = m.Network.MaxPrecRoot(), m.Network.UpperPrecRoot()
	return m.Network.Input(), nil
}

// extend numbers the classes of new images as the model does; classes that it does not know come behind.
func (m *model) extend(set *dataset.Set, log io.Writer) (*dataset.Set, error) {
	names := slices.Clone(m.Network.ClassNames())
	if names == nil || set.ClassNames == nil {
		return set, nil
	}
	known := len(names)
	for _, name := range set.ClassNames {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 256 {
		return nil, fmt.Errorf("%s and %s have %d classes together; there may be 256: give --no-classes", m.path, set.Name, len(names))
	}
	extended, missing, err := set.WithClasses(names)
	if err != nil {
		return nil, unnamed(err)
	}
	if len(names) > known {
		if err := say(log, "note: classes that are new to %s: %s", m.path, listed(names[known:])); err != nil {
			return nil, err
		}
	}
	if missing != nil {
		err = say(log, "note: %s has no images of some classes of %s: %s", set.Name, m.path, listed(missing))
	}
	return extended, err
}

// names are those of the classes, of the model's if the images have none.
func (t *trainFlags) names(set *dataset.Set) []string {
	if set.ClassNames == nil && t.model != nil {
		return t.model.Network.ClassNames()
	}
	return set.ClassNames
}

// likelihoods are mean log-likelihoods by layer, of old and of new held-out images.
type likelihoods struct{ old, held []float64 }

// remember measures the model before it goes on, and prepares it for that.
func (t *trainFlags) remember(c *cobra.Command) (before likelihoods, err error) {
	if t.model == nil {
		if t.old != "" {
			return before, fmt.Errorf("--old is for --continue; omit it")
		}
		return before, nil
	}
	if t.old != "" {
		known := t.imageFlags
		known.folder, known.set, known.limit, known.labels = t.old, "", 0, ""
		known.splitGiven = nil // it is for --set
		set, err := known.loadFor(c.Context(), c.ErrOrStderr(), t.model)
		if err != nil {
			return before, err
		}
		t.oldImages = images(set)
	}
	if before, err = t.measure(c, t.model.Network); err != nil {
		return before, err
	}
	if t.model.Network.Classifier() != nil {
		err = say(c.ErrOrStderr(), "note: the classifier of %s is left out, as what it sees will move: train it again with dcgmm classify", t.from)
	}
	t.model.Network.SetClassifier(nil)
	t.model.Network.SetScorer(nil)
	return before, err
}

// measure says how likely old and held-out images are.
func (t *trainFlags) measure(c *cobra.Command, n *dcgmm.Network) (l likelihoods, err error) {
	for _, of := range []struct {
		im dcgmm.Images
		to *[]float64
	}{{t.oldImages, &l.old}, {t.heldOut, &l.held}} {
		if of.im.Pix == nil {
			continue
		}
		ev, err := n.Evaluate(c.Context(), of.im, t.cfg.Workers)
		if err != nil {
			return l, err
		}
		for _, layer := range ev.Layers {
			var sum float64
			for _, v := range layer.LSE {
				sum += v
			}
			*of.to = append(*of.to, sum/float64(len(layer.LSE)))
		}
	}
	return l, nil
}

// compare prints what a model that went on has forgotten and learned.
func (t *trainFlags) compare(c *cobra.Command, before likelihoods, n *dcgmm.Network) error {
	if before.old == nil && before.held == nil {
		return nil
	}
	after, err := t.measure(c, n)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "log-likelihood\timages\tbefore\tafter\tchange\n")
	row := func(what string, count int, before, after []float64) {
		for i := range before {
			fmt.Fprintf(w, "layer %d, %s\t%d\t%.2f\t%.2f\t%+.2f\n", i+1, what, count, before[i], after[i], after[i]-before[i])
		}
	}
	row("old images ("+escape.Line(filepath.Base(t.old))+")", t.oldImages.Len(), before.old, after.old)
	row("new held-out images", t.heldOut.Len(), before.held, after.held)
	return w.Flush()
}
