package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"deepgmm/internal/escape"
)

// print writes the tables for people.
func (r *evaluation) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "layer\tlog-likelihood\tused")
	if r.Outlier != nil {
		fmt.Fprintf(t, "\tAUC, outlier %s", r.outlier())
	}
	for _, l := range r.Layers {
		fmt.Fprintf(t, "\n%s\t%.2f\t%.0f %%", l.Name, l.LogLikelihood, 100*l.Used)
		if l.AUC != nil {
			fmt.Fprintf(t, "\t%.3f", *l.AUC)
		}
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Scores != nil {
		fmt.Fprintf(t, "score\tAUC, outlier %s", r.outlier())
		for _, s := range r.Scores {
			fmt.Fprintf(t, "\n%s\t%.3f", s.Name, s.AUC)
		}
		fmt.Fprintln(t)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if r.Recommended != nil {
		if err := say(w, "%s", r.Recommended.words()); err != nil {
			return err
		}
	}
	if r.Clusters == nil {
		return nil
	}
	c := r.Clusters
	_, err := fmt.Fprintf(w, "clusters of %d images: purity %.3f, NMI %.3f, ARI %.3f, accuracy %.3f\n",
		r.Images, c.Purity, c.NMI, c.ARI, c.Accuracy)
	return err
}

// outlier is the class as people call it.
func (r *evaluation) outlier() string {
	if r.Name != "" {
		return escape.Line(r.Name)
	}
	return strconv.Itoa(*r.Outlier)
}

// rows are those of a CSV file, a row for each number.
func (r *evaluation) rows() [][]string {
	rows := [][]string{{"of", "name", "metric", "value"}}
	add := func(of, name, metric string, v float64) { rows = append(rows, []string{of, name, metric, exact(v)}) }
	for i, l := range r.Layers {
		of := fmt.Sprintf("layer %d", i+1)
		add(of, l.Name, "log_likelihood", l.LogLikelihood)
		add(of, l.Name, "used", l.Used)
		if l.AUC != nil {
			add(of, l.Name, "auc", *l.AUC)
		}
	}
	for _, s := range r.Scores {
		add("score", s.Name, "auc", s.AUC)
	}
	if c := r.Recommended; c != nil {
		add("recommended", c.Score, "auc", c.AUC)
	}
	if c := r.Clusters; c != nil {
		add("clusters", "", "purity", c.Purity)
		add("clusters", "", "nmi", c.NMI)
		add("clusters", "", "ari", c.ARI)
		add("clusters", "", "accuracy", c.Accuracy)
	}
	return rows
}
