package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"deepgmm/dcgmm/arch"
)

// A Calibration says how every score of a Scorer is distributed over inliers, so that a score of one image can be read
// as a percentile, and which score to trust where no outlier is known (model.md §4).
type Calibration struct {
	Images      int  // inliers that it was made of
	HeldOut     bool // whether the model was not trained on them
	Recommended string
	Quantiles   map[string][]float64 // by name of the score: that of the least likely inlier first, evenly spread

	// What came later; calibrations of earlier programs do not have it.
	Usual    []Usual `json:",omitempty"` // by layer: log-likelihoods of its positions, for Heat
	CodeUnit float64 `json:",omitempty"` // root mean squared distance of the Codes of two inliers; 0: not known
}

const (
	calibrationImages    = 5000   // at most, spread evenly
	calibrationQuantiles = 257    // of a score, at most
	calibrationValues    = 20_000 // of all scores, at most: they go into the header of a checkpoint
)

// quantilesOf is how many quantiles of each of some scores there are: of few images, all scores are kept.
func quantilesOf(scores, images int) int {
	return max(1, min(images, calibrationQuantiles, calibrationValues/scores))
}

// Calibrate gives the scorer a calibration to inlying images. heldOut says that the network was not trained on them:
// images that it was trained on are more likely to it than new ones. Of many images a part that is spread evenly is
// used. workers and the error are as of Score.
func (s *Scorer) Calibrate(ctx context.Context, inliers Images, heldOut bool, workers int) error {
	return s.CalibrateFrom(ctx, inliers.Source(), heldOut, workers)
}

// CalibrateFrom is Calibrate for images of a source. The error may be the source's.
func (s *Scorer) CalibrateFrom(ctx context.Context, inliers Source, heldOut bool, workers int) error {
	if err := s.made().checkSource(inliers); err != nil {
		return err
	}
	var scores []Score
	err := eachSpread(ctx, inliers, calibrationImages, func(im Images) error {
		part, _, err := s.fitted(ctx, im, workers)
		scores = joinScores(scores, part)
		return err
	})
	if err != nil {
		return err
	}
	names := s.calibratedNames(s.net.arch)
	c := &Calibration{Images: min(inliers.Len(), calibrationImages), HeldOut: heldOut, Recommended: names[len(names)-1], Quantiles: map[string][]float64{}}
	n := quantilesOf(len(names), c.Images)
	for _, score := range scores {
		c.Quantiles[score.Name] = quantilesIn(score.Values, n)
	}
	c.Quantiles[CalibratedScore] = quantilesIn(c.weakest(scores), n)
	if s.Places != nil {
		c.Quantiles[PlacesScore] = quantilesIn(c.placed(scores), n)
	}
	some, err := gather(ctx, inliers, usualImages)
	if err != nil {
		return err
	}
	if c.Usual, err = FitUsual(ctx, s.net, some, workers); err != nil {
		return err
	}
	if c.CodeUnit, err = s.net.CodeUnit(ctx, some, workers); err != nil {
		return err
	}
	if err := c.check(s.net.arch, names); err != nil { // scores may be finite and their differences not
		return fmt.Errorf("%w: use another checkpoint or train again", err)
	}
	s.Calibration = c
	return nil
}

// quantilesIn are n quantiles of values.
func quantilesIn(values []float64, n int) []float64 {
	sorted, q := slices.Sorted(slices.Values(values)), make([]float64, n)
	for i := range q {
		q[i] = quantile(sorted, float64(i*(len(sorted)-1))/float64(max(1, n-1)))
	}
	return q
}

// weakest is the lowest deviation of an image in the scores that are corrected by roughness.
func (c *Calibration) weakest(scores []Score) []float64 {
	least := make([]float64, len(scores[0].Values))
	for i := range least {
		least[i] = math.Inf(1)
	}
	for _, s := range scores {
		if !byRoughnessAlone(s.Name) {
			continue
		}
		for i, v := range s.Values {
			least[i] = min(least[i], c.Deviation(s.Name, v))
		}
	}
	return least
}

// byRoughnessAlone reports whether a score is one that is corrected by roughness.
func byRoughnessAlone(name string) bool {
	return strings.HasPrefix(name, CorrectedScore) && name != correctedByFirst
}

// placeMargin is how much worse than its mean deviation of the corrected scores an image must be in its places to have
// their score, in units. Most inliers are oddest in a place or two, without that it means anything.
const placeMargin = 1

// placed is the mean deviation of an image in the scores that are corrected by roughness, or the lowest one of its place
// scores and the margin.
func (c *Calibration) placed(scores []Score) []float64 {
	sum, least, n := make([]float64, len(scores[0].Values)), make([]float64, len(scores[0].Values)), 0.0
	for i := range least {
		least[i] = math.Inf(1)
	}
	for _, s := range scores {
		if strings.HasSuffix(s.Name, " place") {
			for i, v := range s.Values {
				least[i] = min(least[i], c.Deviation(s.Name, v)+placeMargin)
			}
		}
		if byRoughnessAlone(s.Name) {
			n++
			for i, v := range s.Values {
				sum[i] += c.Deviation(s.Name, v)
			}
		}
	}
	for i := range sum {
		sum[i] = min(sum[i]/n, least[i])
	}
	return sum
}

// Deviation says how far v is above the median of the inliers, in units of the distance from it to their 95 % quantile,
// or below, in units of that to their 5 % quantile. A side without spread has the unit of the other, both have 1. It
// panics if there is no such score.
func (c *Calibration) Deviation(score string, v float64) float64 {
	median := c.Threshold(score, 0.5)
	below, above := median-c.Threshold(score, 0.05), c.Threshold(score, 0.95)-median
	unit, other := below, above
	if v > median {
		unit, other = above, below
	}
	if unit == 0 {
		unit = other
	}
	if unit == 0 {
		unit = 1
	}
	return (v - median) / unit
}

// quantile is what sorted values are at a place from 0, linear between neighbours.
func quantile(sorted []float64, at float64) float64 {
	i := min(int(at), len(sorted)-1)
	if next := i + 1; next < len(sorted) && at > float64(i) {
		low, up := sorted[i], sorted[next]
		return min(low+float64((float64(at)-float64(i))*(up-low)), up) // not beyond up by rounding
	}
	return sorted[i]
}

// Has reports whether there is a score of that name.
func (c *Calibration) Has(score string) bool { return c.Quantiles[score] != nil }

// Names are the names of all scores, sorted.
func (c *Calibration) Names() []string {
	var names []string
	for name := range c.Quantiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Threshold is the score below which a share of the inliers lies. It panics if there is no such score, or if share is
// not in [0, 1].
func (c *Calibration) Threshold(score string, share float64) float64 {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Sprintf("dcgmm: Calibration.Threshold: a share of %g", share))
	}
	q := c.of(score)
	return quantile(q, share*float64(len(q)-1))
}

// Share is the share of inliers with a lower score than v, in [0, 1]. It panics if there is no such score.
func (c *Calibration) Share(score string, v float64) float64 {
	q := c.of(score)
	i := sort.SearchFloat64s(q, v) // how many are lower
	switch {
	case i == 0:
		return 0
	case i == len(q):
		return 1
	}
	return (float64(i-1) + (v-q[i-1])/(q[i]-q[i-1])) / float64(len(q)-1)
}

func (c *Calibration) of(score string) []float64 {
	q := c.Quantiles[score]
	if q == nil {
		panic(fmt.Sprintf("dcgmm: Calibration: there is no score %q; there are %q", score, c.Names()))
	}
	return q
}

// check says what of a checkpoint's calibration does not fit the architecture and the names of all scores.
func (c *Calibration) check(a arch.Arch, names []string) error {
	if c == nil {
		return nil
	}
	if c.Images < 1 || c.Images > calibrationImages {
		return fmt.Errorf("a calibration to %d images", c.Images)
	}
	if len(c.Quantiles) != len(names) {
		return fmt.Errorf("a calibration of %d scores, not %d", len(c.Quantiles), len(names))
	}
	if !slices.Contains(names, c.Recommended) {
		return fmt.Errorf("the recommended score is %q, which there is not", c.Recommended)
	}
	for _, name := range names {
		if err := checkQuantiles(c.Quantiles[name], quantilesOf(len(names), c.Images)); err != nil {
			return fmt.Errorf("the calibration of the score %q: %w", name, err)
		}
	}
	if !(c.CodeUnit >= 0 && c.CodeUnit <= math.MaxFloat32) {
		return fmt.Errorf("a calibration with a distance of codes of %g", c.CodeUnit)
	}
	if c.Usual != nil {
		return checkUsual(c.Usual, a)
	}
	return nil
}

// checkQuantiles says what is wrong with n sorted numbers whose differences are finite, too.
func checkQuantiles(q []float64, n int) error {
	switch {
	case len(q) != n:
		return fmt.Errorf("%d quantiles, not %d", len(q), n)
	case !finite(q) || !finite([]float64{q[n-1] - q[0]}):
		return errors.New("a quantile is not finite")
	case !slices.IsSorted(q):
		return errors.New("its quantiles are not sorted")
	}
	return nil
}

// calibratedNames are the names of all scores of a calibrated scorer, in the order of Score.
func (s *scorerState) calibratedNames(a arch.Arch) []string {
	names := scoreNames(a)
	for i := range s.Places {
		names = append(names, placeScore(s.Places[i].Layer))
	}
	if names = append(names, CalibratedScore); s.Places != nil {
		names = append(names, PlacesScore)
	}
	return names
}

// scoreNames are the names of all scores of a Scorer without calibration and places, in the order of Score.
func scoreNames(a arch.Arch) []string {
	names, layers := []string{TopScore}, len(a.Layers)
	for i := 0; i < layers && layers > 1; i++ {
		if i < layers-1 {
			names = append(names, fmt.Sprintf("layer %d", i+1))
		}
		if a.Layers[i].P() > 1 {
			names = append(names, fmt.Sprintf("layer %d min", i+1), fmt.Sprintf("layer %d tail", i+1))
		}
	}
	if layers > 1 {
		names = append(names, "sum", "combined", "combined tail", "weakest", "weighted")
	}
	names = append(names, PathwayScore)
	for _, c := range corrections {
		if c.known(layers) {
			names = append(names, c.name)
		}
	}
	return names
}
