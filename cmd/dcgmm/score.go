package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"deepgmm/dcgmm"
)

// scoreFlags are the arguments of score.
type scoreFlags struct {
	imageFlags
	memoryFlag
	tableFlags
	score                    string
	top, workers             int
	contamination, threshold float64
	twoSided, calibrate      bool
}

func scoreCommand() *cobra.Command {
	var s scoreFlags
	c := onModel(&cobra.Command{Use: "score", Short: "Say of every image how odd it is, and its cluster"}, s.run)
	c.Long = `Say of every image how odd it is: its score (high: as the model expects it), its rank among the images (1: the oddest),
the percentage of the calibration images with a lower score, its cluster, the log-likelihood of every layer, and of models
with a classifier the most probable class. The table has the oddest images first, the files have all in their order.

A model that was made by train has scores and their calibration. It is made with the images of --hold-out, or without that
flag with the training images, which are likelier to the model than new ones: then more new images are flagged than the
threshold says. --calibrate takes the given images instead; a model without scores gets them from these, too.

The recommended score, calibrated, is the worst of the scores that are corrected for how rough an image is, each in units
of its spread over the calibration images. Flagged as low are images below the score that 1 % of the calibration images do
not reach, or with --contamination a share of the given images, rounded up; images of equal score are flagged together.
--two-sided also flags images that are too normal, as of a camera that loses contrast, as high. The threshold then is that
of half the share on either side, and ranks count the distance from the median of the calibration images on both sides, in
units of the distance from it to their 5 % and 95 % quantiles.`
	c.Example = `  dcgmm score photos.dcgmm --images new
  dcgmm score photos.dcgmm --images new --contamination 0.02 --csv odd.csv
  dcgmm score photos.dcgmm --images new --score top --two-sided --jsonl - | head`
	f := c.Flags()
	s.addLimited(f, "test", 0)
	s.memoryFlag.add(f, "")
	s.tableFlags.add(f)
	f.StringVar(&s.jsonl, "jsonl", "",
		"`file` to write with a JSON object for every image on a line of its own; -: standard output")
	f.StringVar(&s.score, "score", "", "`name` of another score than the recommended one; an unknown one lists them")
	f.IntVar(&s.top, "top", 20, "rows of the table; 0: all")
	f.Float64Var(&s.contamination, "contamination", 0, "flag this `share` of the images, the oddest")
	f.Float64Var(&s.threshold, "threshold", 0, "flag images with a lower `score`")
	f.BoolVar(&s.twoSided, "two-sided", false, "also flag images that are too normal: whose score is too high")
	f.BoolVar(&s.calibrate, "calibrate", false,
		"calibrate the scores with the given images, the odd ones among them, not with those of the training")
	f.IntVar(&s.workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
	return c
}

// run scores the images, prints the table and writes the files.
func (s *scoreFlags) run(c *cobra.Command, m *model) error {
	rule, err := s.rule(c, m)
	if err != nil {
		return err
	}
	if err := s.tableFlags.check(); err != nil {
		return err
	}
	log := c.ErrOrStderr()
	bytes, err := s.bytes()
	if err != nil {
		return err
	}
	set, err := s.loadPictures(c.Context(), log, m, bytes)
	if err != nil {
		return err
	}
	defer set.close(log)
	scorer := m.Network.Scorer()
	if s.calibrate {
		if scorer, err = s.fit(c.Context(), m.Network, set.source()); err != nil {
			return err
		}
		if rule.name, err = s.named(m, scorer.Calibration); err != nil {
			return err
		}
	}
	rule.Calibration = scorer.Calibration
	all, err := s.results(c, m, scorer, set, rule.name)
	if err != nil {
		return err
	}
	rule.apply(all)
	return s.put(c, m, rule, all)
}

// rule is what the flags ask for, of a model that can do it.
func (s *scoreFlags) rule(c *cobra.Command, m *model) (r flagRule, err error) {
	share, threshold := c.Flags().Changed("contamination"), c.Flags().Changed("threshold")
	switch {
	case share && threshold:
		return r, errors.New("--contamination and --threshold both say what is flagged: omit one of them")
	case s.twoSided && threshold:
		return r, errors.New("--threshold is a score on one side: omit it, or omit --two-sided")
	}
	r.twoSided = s.twoSided
	if share {
		r.share = &s.contamination
	}
	if threshold {
		r.threshold = &s.threshold
	}
	if s.calibrate {
		return r, nil
	}
	scorer := m.Network.Scorer()
	if scorer == nil || scorer.Calibration == nil {
		return r, fmt.Errorf("%s has no calibrated scores, it was not made by this version of dcgmm train: "+
			"train it again, or take the given images for that with --calibrate", m.path)
	}
	r.name, err = s.named(m, scorer.Calibration)
	return r, err
}

// named is the score that is used.
func (s *scoreFlags) named(m *model, c *dcgmm.Calibration) (string, error) {
	name := cmp.Or(s.score, c.Recommended)
	if !c.Has(name) {
		return "", fmt.Errorf("--score is %q; %s has the scores %s", name, m.path, strings.Join(c.Names(), ", "))
	}
	return name, nil
}

// fit calibrates the model's scorer to the given images, and if it has none, fits one to them.
func (s *scoreFlags) fit(ctx context.Context, n *dcgmm.Network, given dcgmm.Source) (scorer *dcgmm.Scorer, err error) {
	if scorer = n.Scorer(); scorer == nil {
		if scorer, _, err = dcgmm.FitScorerFrom(ctx, n, given, s.workers); err != nil {
			return nil, err
		}
	}
	return scorer, scorer.CalibrateFrom(ctx, given, false, s.workers)
}

// put prints and writes the results. Where standard output is a file's, what is for people goes to standard error.
func (s *scoreFlags) put(c *cobra.Command, m *model, r flagRule, all []scored) error {
	out, people := c.OutOrStdout(), c.OutOrStdout()
	if s.onStandardOutput() {
		people = c.ErrOrStderr()
	}
	if err := say(people, "%s", r.words(all, s.calibrate)); err != nil {
		return err
	}
	if !s.onStandardOutput() {
		if err := printOddest(out, all, s.top); err != nil {
			return err
		}
	}
	layers := m.Network.Layers()
	return s.write(out, map[string]func(io.Writer) error{
		"csv":   func(w io.Writer) error { return writeCSV(w, scoreColumns(w, all, layers)) },
		"json":  func(w io.Writer) error { return writeJSON(w, r.document(m.path, nameAll(w, all))) },
		"jsonl": func(w io.Writer) error { return writeLines(w, nameAll(w, all)) },
	})
}
