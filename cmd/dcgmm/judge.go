package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// ruleFlags say by which score images are judged, and which are odd.
type ruleFlags struct {
	score                    string
	workers                  int
	contamination, threshold float64
	twoSided, calibrate      bool
}

func (s *ruleFlags) add(f *pflag.FlagSet) {
	f.StringVar(&s.score, "score", "", "`name` of another score than the recommended one; an unknown one lists them")
	f.Float64Var(&s.contamination, "contamination", 0, "flag this `share` of the images, the oddest")
	f.Float64Var(&s.threshold, "threshold", 0, "flag images with a lower `score`")
	f.BoolVar(&s.twoSided, "two-sided", false, "also flag images that are too normal: whose score is too high")
	f.BoolVar(&s.calibrate, "calibrate", false,
		"calibrate the scores with the given images, the odd ones among them, not with those of the training")
	f.IntVar(&s.workers, "workers", 0, "goroutines; 0: all processors. Results do not depend on it")
}

// judged is a set of images with what a model says of each.
type judged struct {
	*model
	set    *dataset.Set
	scorer *dcgmm.Scorer
	rule   flagRule
	rows   []scored

	workers  int
	links    int     // images that have a duplicate
	distance float64 // of codes, up to which images are nearly the same
	groups   [][]int // of duplicates
}

// judge scores the images and ranks them.
func (s *ruleFlags) judge(c *cobra.Command, m *model, set *seen, rule flagRule) (j *judged, err error) {
	scorer := m.Network.Scorer()
	if s.calibrate {
		if scorer, err = s.fit(c.Context(), m.Network, set.source()); err != nil {
			return nil, err
		}
		if rule.name, err = s.named(m, scorer.Calibration); err != nil {
			return nil, err
		}
	}
	rule.Calibration = scorer.Calibration
	all, err := s.results(c, m, scorer, set, rule.name)
	if err != nil {
		return nil, err
	}
	rule.apply(all)
	return &judged{model: m, set: set.Set, scorer: scorer, rule: rule, rows: all, workers: s.workers}, nil
}

// rule is what the flags ask for, of a model that can do it.
func (s *ruleFlags) rule(c *cobra.Command, m *model) (r flagRule, err error) {
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
	if scorer == nil && strings.HasSuffix(m.path, ".partial") {
		return r, fmt.Errorf("%s is an interrupted training: finish it with the same dcgmm train", m.path)
	}
	if scorer == nil || scorer.Calibration == nil {
		return r, fmt.Errorf("%s has no calibrated scores, it was not made by this version of dcgmm train: "+
			"train it again, or take the given images for that with --calibrate", m.path)
	}
	r.name, err = s.named(m, scorer.Calibration)
	return r, err
}

// named is the score that is used.
func (s *ruleFlags) named(m *model, c *dcgmm.Calibration) (string, error) {
	name := cmp.Or(s.score, c.Recommended)
	if !c.Has(name) {
		return "", fmt.Errorf("--score is %q; %s has the scores %s", name, m.path, strings.Join(c.Names(), ", "))
	}
	return name, nil
}

// fit calibrates the model's scorer to the given images, and if it has none, fits one to them.
func (s *ruleFlags) fit(ctx context.Context, n *dcgmm.Network, given dcgmm.Source) (scorer *dcgmm.Scorer, err error) {
	if scorer = n.Scorer(); scorer == nil {
		if scorer, _, err = dcgmm.FitScorerFrom(ctx, n, given, s.workers); err != nil {
			return nil, err
		}
		if err := scorer.FitPlaces(ctx, given, s.workers); err != nil {
			return nil, err
		}
	}
	return scorer, scorer.CalibrateFrom(ctx, given, false, s.workers)
}
