package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
	"deepgmm/internal/escape"
)

// scored is what is said of an image. The order of the fields is that of the columns of CSV files.
type scored struct {
	Path          string    `json:"path"`                 // or the number in a set
	PathBytes     []byte    `json:"path_bytes,omitempty"` // of a path that is no UTF-8, which JSON cannot have
	Cluster       *int      `json:"cluster"`              // nil: the top layer has several positions
	LogLikelihood []float64 `json:"log_likelihood"`       // by layer
	Score         float64   `json:"score"`
	Rank          int       `json:"rank"`       // 1: the oddest; of equal ones the same
	Percentile    float64   `json:"percentile"` // in [0, 100]
	Flag          string    `json:"flag"`       // flagLow, flagHigh or none
	Class         *int      `json:"class,omitempty"`
	ClassName     string    `json:"class_name,omitempty"`  // where the model has names
	Probability   *float64  `json:"probability,omitempty"` // of the class

	Duplicate *duplicate `json:"duplicate,omitempty"` // nil: none, or not asked for
}

// results are those of a set, in its order, without rank, percentile and flag.
func (s *ruleFlags) results(c *cobra.Command, m *model, scorer *dcgmm.Scorer, set *seen,
	name string) ([]scored, error) {
	all, names := make([]scored, set.N), imageNames(set.Set)
	err := inChunks(c.ErrOrStderr(), "scoring", set.N, min(4*stride(), max(16, inFlight/m.Network.Input().Size())), func(first, count int) error {
		im, err := set.part(c.Context(), first, count)
		if err != nil {
			return err
		}
		scores, ev, err := scorer.Score(c.Context(), im, s.workers)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(scores, func(s dcgmm.Score) bool { return s.Name == name })
		for j, v := range scores[i].Values {
			all[first+j] = scored{Path: names[first+j], Score: v}
			all[first+j].add(ev, j)
		}
		if m.Network.Classifier() == nil {
			return nil
		}
		classes, p, err := m.Network.Classify(c.Context(), im, s.workers)
		for j := range classes {
			all[first+j].Class, all[first+j].Probability = &classes[j], &p[j]
			all[first+j].ClassName = nameOf(m.classNames(), classes[j])
		}
		return err
	})
	return all, err
}

// add takes what the evaluation says of image j.
func (r *scored) add(ev *dcgmm.Evaluation, j int) {
	if ev.Cluster != nil {
		r.Cluster = &ev.Cluster[j]
	}
	for _, l := range ev.Layers {
		r.LogLikelihood = append(r.LogLikelihood, l.LSE[j])
	}
}

// nameAll gives the images names that JSON on w may have.
func nameAll(w io.Writer, all []scored) []scored {
	named := slices.Clone(all)
	for i := range named {
		n := &named[i]
		if !utf8.ValidString(n.Path) {
			n.PathBytes = []byte(n.Path)
		}
		n.Path = nameFor(w, n.Path)
		if n.Duplicate != nil {
			d := *n.Duplicate
			d.Of = nameFor(w, d.Of)
			n.Duplicate = &d
		}
	}
	return named
}

// scoreDocument is the JSON file of score.
type scoreDocument struct {
	Model       string              `json:"model"`
	Score       string              `json:"score"`
	Calibration calibrationDocument `json:"calibration"`
	Below       *float64            `json:"flagged_below"` // scores; null with --contamination
	Above       *float64            `json:"flagged_above"` // null unless --two-sided
	Images      []scored            `json:"images"`
}

type calibrationDocument struct {
	Images  int  `json:"images"`
	HeldOut bool `json:"held_out"`
}

func (r flagRule) document(path string, all []scored) *scoreDocument {
	d := &scoreDocument{Model: path, Score: r.name, Calibration: calibrationDocument{r.Images, r.HeldOut}, Images: all}
	d.Below, d.Above = r.bounds()
	return d
}

// writeLines writes a JSON object for every image on a line of its own.
func writeLines(w io.Writer, all []scored) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range all {
		if err := e.Encode(&all[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

// scoreColumns are the rows of a CSV file, the head first.
func scoreColumns(w io.Writer, all []scored, layers int, duplicates bool) [][]string {
	head := []string{"path", "cluster"}
	for i := range layers {
		head = append(head, fmt.Sprintf("log_likelihood_%d", i+1))
	}
	head = append(head, "score", "rank", "percentile", "flag")
	classes := all[0].Class != nil
	if classes {
		head = append(head, "class", "probability")
	}
	named := all[0].ClassName != ""
	if named {
		head = append(head, "class_name")
	}
	if duplicates {
		head = append(head, "duplicates", "duplicate_of", "distance", "exact")
	}
	rows := [][]string{head}
	for i := range all {
		r := &all[i]
		row := []string{escape.Cell(nameFor(w, r.Path)), number0(r.Cluster)}
		for _, v := range r.LogLikelihood {
			row = append(row, exact(v))
		}
		row = append(row, exact(r.Score), strconv.Itoa(r.Rank), exact(r.Percentile), r.Flag)
		if classes {
			row = append(row, strconv.Itoa(*r.Class), exact(*r.Probability))
		}
		if named {
			row = append(row, escape.Cell(nameFor(w, r.ClassName)))
		}
		if duplicates {
			row = append(row, r.Duplicate.cells(w)...)
		}
		rows = append(rows, row)
	}
	return rows
}

// number0 is a number from 0, if there is one.
func number0(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// exact is a value such that reading gives it back.
func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// printOddest prints a table of the oddest images, and says how many others there are; of top 0, all.
func printOddest(w io.Writer, all []scored, top int) error {
	order := make([]*scored, len(all))
	for i := range all {
		order[i] = &all[i]
	}
	slices.SortStableFunc(order, func(a, b *scored) int { return a.Rank - b.Rank })
	if top > 0 {
		order = order[:min(top, len(order))]
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "rank\tscore\tpercentile\tflag\tcluster")
	for i := range all[0].LogLikelihood {
		fmt.Fprintf(t, "\tlayer %d", i+1)
	}
	if all[0].Class != nil {
		fmt.Fprint(t, "\tclass")
	}
	fmt.Fprint(t, "\timage")
	for _, r := range order {
		fmt.Fprintf(t, "\n%d\t%.5g\t%.2f\t%s\t%s", r.Rank, r.Score, r.Percentile,
			cmp.Or(r.Flag, "-"), cmp.Or(number0(r.Cluster), "-"))
		for _, v := range r.LogLikelihood {
			fmt.Fprintf(t, "\t%.2f", v)
		}
		if r.Class != nil {
			name := escape.Line(cmp.Or(r.ClassName, strconv.Itoa(*r.Class)))
			fmt.Fprintf(t, "\t%s (%.2f)", name, *r.Probability)
		}
		fmt.Fprintf(t, "\t%s", escape.Line(r.Path))
	}
	fmt.Fprintln(t)
	if more := len(all) - len(order); more > 0 {
		fmt.Fprintf(t, "and %d more: --top 0 prints them, --csv FILE writes all\n", more)
	}
	return t.Flush()
}
