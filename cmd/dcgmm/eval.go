package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// evalFlags are the arguments of eval.
type evalFlags struct {
	imageFlags
	maskFlag
	seed             uint64
	outlier, workers int
}

func evalCommand() *cobra.Command {
	var e evalFlags
	c := onModel(&cobra.Command{
		Use: "eval", Short: "Evaluate a trained model on images",
		Example: `  dcgmm eval digits.dcgmm --set mnist
  dcgmm eval nine.dcgmm --set mnist --outlier 0
  dcgmm eval digits.dcgmm --set mnist --mask right`,
	}, e.run)
	f := c.Flags()
	e.imageFlags.add(f, "test")
	e.maskFlag.add(f)
	f.Uint64Var(&e.seed, "seed", 1, "of a random mask")
	f.IntVar(&e.outlier, "outlier", -1, "class that the model was not trained on: print AUCs")
	f.IntVar(&e.workers, "workers", 0, "goroutines; 0: all processors")
	return c
}

// run prints log-likelihoods and used components of every layer, the metrics of the clusters and AUCs.
func (e *evalFlags) run(c *cobra.Command, m *model) error {
	set, err := e.loadFor(c.Context(), c.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	if err := checkClass("outlier", e.outlier, set); err != nil {
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
	var known, unknown []int
	for i := range set.N {
		if e.outlier >= 0 && int(set.Labels[i]) == e.outlier {
			unknown = append(unknown, i)
		} else {
			known = append(known, i)
		}
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "layer\tlog-likelihood\tused")
	if e.outlier >= 0 {
		fmt.Fprintf(t, "\tAUC, outlier %d", e.outlier)
	}
	for _, l := range ev.Layers {
		inliers := pick(l.LSE, known)
		var sum float64
		for _, v := range inliers {
			sum += v
		}
		fmt.Fprintf(t, "\n%s\t%.2f\t%.0f %%", l.Name, sum/float64(len(inliers)), 100*dcgmm.UsedShare(l.Wins))
		if e.outlier >= 0 {
			auc, err := eval.AUC(inliers, pick(l.LSE, unknown))
			if err != nil {
				return err
			}
			fmt.Fprintf(t, "\t%.3f", auc)
		}
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	if err := e.printScores(c, scores, known, unknown); err != nil {
		return err
	}
	if ev.Cluster == nil || set.Labels == nil {
		return nil
	}
	classes := make([]int, set.N)
	for i, c := range set.Labels {
		classes[i] = int(c)
	}
	table := eval.NewContingency(pick(classes, known), pick(ev.Cluster, known))
	_, err = fmt.Fprintf(c.OutOrStdout(), "clusters of %d images: purity %.3f, NMI %.3f, ARI %.3f, accuracy %.3f\n",
		len(known), table.Purity(), table.NMI(), table.ARI(), table.Accuracy())
	return err
}

// evaluate also gives the scores of a model that has a scorer, where outliers are named.
func (e *evalFlags) evaluate(ctx context.Context, n *dcgmm.Network, images dcgmm.Images) (ev *dcgmm.Evaluation, scores []dcgmm.Score, err error) {
	if s := n.Scorer(); s != nil && e.outlier >= 0 {
		scores, ev, err = s.Score(ctx, images, e.workers)
		return ev, scores, err
	}
	ev, err = n.Evaluate(ctx, images, e.workers)
	return ev, nil, err
}

// printScores prints the AUC of every score.
func (e *evalFlags) printScores(c *cobra.Command, scores []dcgmm.Score, known, unknown []int) error {
	if e.outlier < 0 {
		return nil
	}
	if scores == nil {
		return say(c.ErrOrStderr(), "this model has the scores of its layers only: combined, corrected and pathway scores are fitted by dcgmm train")
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "score\tAUC, outlier %d", e.outlier)
	for _, s := range scores {
		auc, err := eval.AUC(pick(s.Values, known), pick(s.Values, unknown))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "\n%s\t%.3f", s.Name, auc)
	}
	fmt.Fprintln(t)
	return t.Flush()
}

func pick[T any](values []T, indices []int) []T {
	picked := make([]T, len(indices))
	for i, j := range indices {
		picked[i] = values[j]
	}
	return picked
}
