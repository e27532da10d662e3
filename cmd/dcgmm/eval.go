package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

func evalCommand() *cobra.Command {
	var im imageFlags
	var mask maskFlag
	var seed uint64
	outlier, workers := -1, 0
	c := &cobra.Command{
		Use: "eval CHECKPOINT", Short: "Judge a trained model on images", Args: cobra.ExactArgs(1),
		Example: `  dcgmm eval digits.dcgmm --set mnist
  dcgmm eval nine.dcgmm --set mnist --outlier 0
  dcgmm eval digits.dcgmm --set mnist --mask right`,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			set, err := im.loadFor(c.Context(), c.ErrOrStderr(), m)
			if err != nil {
				return err
			}
			if outlier >= 0 {
				if err := checkClass("outlier", outlier, set); err != nil {
					return err
				}
			}
			missing, err := mask.missing(set, seed)
			if err != nil {
				return err
			}
			return judge(c.Context(), m.Network, set, missing, outlier, workers, c.OutOrStdout())
		},
	}
	im.add(c.Flags(), "test")
	mask.add(c.Flags())
	c.Flags().Uint64Var(&seed, "seed", 1, "of a random mask")
	c.Flags().IntVar(&outlier, "outlier", -1, "class that the model was not trained on: print AUCs")
	c.Flags().IntVar(&workers, "workers", 0, "goroutines; 0: all processors")
	return c
}

// judge prints log-likelihoods and used components of every layer, the figures of the clusters and AUCs.
func judge(ctx context.Context, net *dcgmm.Network, set *dataset.Set, missing []bool, outlier, workers int, w io.Writer) error {
	ev, err := net.Evaluate(ctx, part(set, missing, 0, set.N), workers)
	if err != nil {
		return err
	}
	known, unknown := []int{}, []int{}
	for i := range set.N {
		if outlier >= 0 && int(set.Labels[i]) == outlier {
			unknown = append(unknown, i)
		} else {
			known = append(known, i)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := "layer\tlog-likelihood\tused"
	if outlier >= 0 {
		header += fmt.Sprintf("\tAUC, outlier %d", outlier)
	}
	fmt.Fprintln(t, header)
	for _, l := range ev.Layers {
		row := fmt.Sprintf("%s\t%.2f\t%.0f %%", l.Name, average(pick(l.LSE, known)), 100*dcgmm.UsedShare(l.Wins))
		if outlier >= 0 {
			auc, err := eval.AUC(pick(l.LSE, known), pick(l.LSE, unknown))
			if err != nil {
				return err
			}
			row += fmt.Sprintf("\t%.3f", auc)
		}
		fmt.Fprintln(t, row)
	}
	if err := t.Flush(); err != nil {
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
	_, err = fmt.Fprintf(w, "clusters of %d images: purity %.3f, NMI %.3f, ARI %.3f, accuracy %.3f\n", len(known), table.Purity(), table.NMI(), table.ARI(), table.Accuracy())
	return err
}

func pick[T any](values []T, indices []int) []T {
	picked := make([]T, len(indices))
	for i, j := range indices {
		picked[i] = values[j]
	}
	return picked
}

func average(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
