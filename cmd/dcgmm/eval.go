package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// evalFlags are the arguments of eval.
type evalFlags struct {
	imageFlags
	maskFlag
	tableFlags
	seed    uint64
	outlier classFlag
	workers int

	recommend string // file
}

func evalCommand() *cobra.Command {
	e := evalFlags{outlier: noClass}
	c := onModel(&cobra.Command{
		Use: "eval", Short: "Evaluate a trained model on images",
		Example: `  dcgmm eval digits.dcgmm --set mnist
  dcgmm eval nine.dcgmm --set mnist --outlier 0
  dcgmm eval tiles.dcgmm --images tiles --outlier defect --recommend better.dcgmm
  dcgmm eval digits.dcgmm --set mnist --mask right`,
	}, e.run)
	f := c.Flags()
	e.imageFlags.add(f, "test")
	e.maskFlag.add(f)
	e.tableFlags.add(f)
	f.Uint64Var(&e.seed, "seed", 1, "of a random mask")
	f.Var(&e.outlier, "outlier", "`class` that the model was not trained on, by its name or number: print AUCs")
	f.StringVar(&e.recommend, "recommend", "", "`file` for the model with the score that is recommended for the outliers, which score and report then use")
	f.IntVar(&e.workers, "workers", 0, "goroutines; 0: all processors")
	c.Long = `Evaluate a trained model on images. With --outlier the AUCs of all scores are beside each other, and one is recommended for
dcgmm score: that of the model, unless another is better for these outliers beyond chance (DeLong's test, with Bonferroni's
correction for the number of scores). A choice by few outliers, or by other ones than will come, may be worse than none.`
	return c
}

// evaluation is what eval says, and its JSON file.
type evaluation struct {
	Model   string     `json:"model"`
	Images  int        `json:"images"`            // inliers, of all classes but the outlier
	Outlier *int       `json:"outlier,omitempty"` // class
	Name    string     `json:"outlier_name,omitempty"`
	Layers  []layerRow `json:"layers"`
	Scores  []scoreRow `json:"scores,omitempty"`

	Recommended *recommendation `json:"recommended,omitempty"` // of a calibrated model, with outliers

	Clusters *clusterTable `json:"clusters,omitempty"`
}

type layerRow struct {
	Name          string   `json:"name"`
	LogLikelihood float64  `json:"log_likelihood"` // mean of the inliers
	Used          float64  `json:"used"`           // share of the components
	AUC           *float64 `json:"auc,omitempty"`
}

type scoreRow struct {
	Name string  `json:"name"`
	AUC  float64 `json:"auc"`
}

type clusterTable struct {
	Purity   float64 `json:"purity"`
	NMI      float64 `json:"nmi"`
	ARI      float64 `json:"ari"`
	Accuracy float64 `json:"accuracy"`
}

// run prints or writes log-likelihoods and used components of every layer, the metrics of the clusters and AUCs.
func (e *evalFlags) run(c *cobra.Command, m *model) error {
	if err := cmp.Or(e.tableFlags.check(), e.checkRecommend(m)); err != nil {
		return err
	}
	set, err := e.loadFor(c.Context(), c.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	set, outlier, err := e.classes(m, set, c.ErrOrStderr())
	if err != nil {
		return err
	}
	missing, err := e.missing(set, e.seed)
	if err != nil {
		return err
	}
	ev, scores, err := e.evaluate(c.Context(), m.Network, part(set, missing, 0, set.N))
	if err != nil {
		return err
	}
	r, err := measure(set, outlier, ev, scores)
	if err != nil {
		return err
	}
	r.Model = m.path
	if r.Recommended, err = e.recommended(m, set, outlier, scores); err != nil {
		return err
	}
	if outlier >= 0 && scores == nil {
		if err := say(c.ErrOrStderr(), "this model has the scores of its layers only: combined, corrected and pathway scores are fitted by dcgmm train"); err != nil {
			return err
		}
	}
	files := map[string]func(io.Writer) error{
		"csv":  func(w io.Writer) error { return writeCSV(w, r.rows()) },
		"json": func(w io.Writer) error { return writeJSON(w, r) },
	}
	if err := e.write(files); err != nil {
		return err
	}
	if err := e.writeRecommended(m, r.Recommended, c.ErrOrStderr()); err != nil {
		return err
	}
	if !e.onStandardOutput() {
		return r.print(c.OutOrStdout())
	}
	return e.print(c.OutOrStdout(), files)
}

// evaluate also gives the scores of a model that has a scorer, where outliers are named.
func (e *evalFlags) evaluate(ctx context.Context, n *dcgmm.Network, images dcgmm.Images) (ev *dcgmm.Evaluation, scores []dcgmm.Score, err error) {
	if s := n.Scorer(); s != nil && e.outlier.given() {
		scores, ev, err = s.Score(ctx, images, e.workers)
		return ev, scores, err
	}
	ev, err = n.Evaluate(ctx, images, e.workers)
	return ev, nil, err
}

// classes are the images with their classes numbered as the model does, and the number of the outlier; −1: none.
func (e *evalFlags) classes(m *model, set *dataset.Set, log io.Writer) (*dataset.Set, int, error) {
	outlier, err := e.outlier.of("outlier", set)
	if err != nil {
		return nil, 0, err
	}
	if outlier < 0 {
		return set, outlier, sayUnknown(m, set, log)
	}
	name, text := nameOf(set.ClassNames, outlier), string(e.outlier)
	if other := nameOf(m.Network.ClassNames(), outlier); name != "" && other != "" && name != other && text != name {
		return nil, 0, fmt.Errorf("--outlier %s is %s among the images of %s and %s in %s: give the name", text, name, set.Name, other, m.path)
	}
	if set, err = m.match(set, name, log); err != nil {
		return nil, 0, err
	}
	if name != "" {
		outlier = slices.Index(set.ClassNames, name)
	}
	return set, outlier, nil
}

// sayUnknown says which classes of the images the model does not know: of clusters it does not matter.
func sayUnknown(m *model, set *dataset.Set, log io.Writer) error {
	names := m.Network.ClassNames()
	unknown := slices.DeleteFunc(slices.Clone(set.ClassNames), func(name string) bool { return slices.Contains(names, name) })
	if names == nil || len(unknown) == 0 {
		return nil
	}
	return say(log, "note: %s does not know some classes of %s: %s", m.path, set.Name, listed(unknown))
}

// measure makes the numbers of an evaluation and of scores; outlier is a class, or −1.
func measure(set *dataset.Set, outlier int, ev *dcgmm.Evaluation, scores []dcgmm.Score) (*evaluation, error) {
	known, unknown := divide(set, outlier)
	if outlier >= 0 && (len(known) == 0 || len(unknown) == 0) {
		return nil, fmt.Errorf("--outlier %s: %d images are of this class and %d are not; an AUC needs some of both", cmp.Or(nameOf(set.ClassNames, outlier), strconv.Itoa(outlier)), len(unknown), len(known))
	}
	r := &evaluation{Images: len(known)}
	if outlier >= 0 {
		r.Outlier, r.Name = &outlier, nameOf(set.ClassNames, outlier)
	}
	for _, l := range ev.Layers {
		inliers := pick(l.LSE, known)
		var sum float64
		for _, v := range inliers {
			sum += v
		}
		row := layerRow{Name: l.Name, LogLikelihood: sum / float64(len(inliers)), Used: dcgmm.UsedShare(l.Wins)}
		if outlier >= 0 {
			auc, err := eval.AUC(inliers, pick(l.LSE, unknown))
			if err != nil {
				return nil, err
			}
			row.AUC = &auc
		}
		r.Layers = append(r.Layers, row)
	}
	for _, s := range scores {
		auc, err := eval.AUC(pick(s.Values, known), pick(s.Values, unknown))
		if err != nil {
			return nil, err
		}
		r.Scores = append(r.Scores, scoreRow{s.Name, auc})
	}
	if ev.Cluster != nil && set.Labels != nil {
		classes := make([]int, set.N)
		for i, c := range set.Labels {
			classes[i] = int(c)
		}
		t := eval.NewContingency(pick(classes, known), pick(ev.Cluster, known))
		r.Clusters = &clusterTable{t.Purity(), t.NMI(), t.ARI(), t.Accuracy()}
	}
	return r, nil
}

// divide are the images that are inliers and those of the outlier; of −1 there are none.
func divide(set *dataset.Set, outlier int) (known, unknown []int) {
	for i := range set.N {
		if outlier >= 0 && int(set.Labels[i]) == outlier {
			unknown = append(unknown, i)
		} else {
			known = append(known, i)
		}
	}
	return known, unknown
}

func pick[T any](values []T, indices []int) []T {
	picked := make([]T, len(indices))
	for i, j := range indices {
		picked[i] = values[j]
	}
	return picked
}
