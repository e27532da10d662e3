package main

import (
	"fmt"
	"math"
	"slices"

	"deepgmm/dcgmm"
)

// modelShare is the share of inliers that the threshold of a model flags.
const modelShare = 0.01

// flagRule says which images are odd.
type flagRule struct {
	*dcgmm.Calibration
	name             string   // of the score
	share, threshold *float64 // of the given images; of the score; both nil: by the calibration
	twoSided         bool
}

// The flags of an image.
const (
	flagLow  = "low"
	flagHigh = "high"
)

// apply gives the images rank, percentile and flag by their scores.
func (r flagRule) apply(all []scored) {
	odd, order := make([]float64, len(all)), make([]int, len(all))
	for i := range all {
		order[i], odd[i] = i, r.oddness(all[i].Score)
	}
	slices.SortStableFunc(order, func(a, b int) int { // the oddest first
		switch {
		case odd[a] > odd[b]:
			return -1
		case odd[a] < odd[b]:
			return 1
		}
		return 0
	})
	for at, i := range order {
		s := &all[i]
		s.Rank = at + 1
		if at > 0 && odd[order[at-1]] == odd[i] {
			s.Rank = all[order[at-1]].Rank
		}
		s.Percentile = 100 * r.Share(r.name, s.Score)
		s.Flag = r.flag(s, len(all))
	}
}

// oddness of a score is high for the odd ones.
func (r flagRule) oddness(score float64) float64 {
	if !r.twoSided {
		return -score
	}
	return math.Abs(r.Deviation(r.name, score))
}

// flag is that of a ranked one of n images.
func (r flagRule) flag(s *scored, n int) string {
	low, high := r.bounds()
	switch {
	case r.share != nil && s.Rank > int(math.Ceil(*r.share*float64(n)-1e-9)): // 0.07·100 is more than 7
		return ""
	case r.share != nil && r.twoSided && r.Deviation(r.name, s.Score) > 0:
		return flagHigh
	case r.share != nil || s.Score < *low:
		return flagLow
	case high != nil && s.Score > *high:
		return flagHigh
	}
	return ""
}

// bounds are the scores below and above which images are flagged; nil: none.
func (r flagRule) bounds() (low, high *float64) {
	switch {
	case r.share != nil:
		return nil, nil
	case r.threshold != nil:
		return r.threshold, nil
	case r.twoSided:
		l, h := r.Threshold(r.name, modelShare/2), r.Threshold(r.name, 1-modelShare/2)
		return &l, &h
	}
	l := r.Threshold(r.name, modelShare)
	return &l, nil
}

// fewCalibrated is the least number of calibration images of which one is below the threshold of modelShare.
const fewCalibrated = 1 / modelShare

// words say in a line what was used and what came of it.
func (r flagRule) words(all []scored, given bool) string {
	flagged := 0
	for i := range all {
		if all[i].Flag != "" {
			flagged++
		}
	}
	on := fmt.Sprintf("%d training images (new ones score lower; see --hold-out of train)", r.Images)
	switch {
	case given:
		on = fmt.Sprintf("the %d given images themselves", r.Images)
	case r.HeldOut:
		on = fmt.Sprintf("%d held-out images", r.Images)
	}
	chosen := "recommended for this model"
	if r.name != r.Recommended {
		chosen = "chosen by --score"
	}
	few := ""
	if r.Images < fewCalibrated {
		few = "; of so few calibration images, percentiles and the threshold are rough (a hundred or more are better)"
	}
	return fmt.Sprintf("score %q (%s), calibrated on %s; flagged: %d of %d images, %s%s",
		r.name, chosen, on, flagged, len(all), r.meaning(), few)
}

// meaning says what is flagged.
func (r flagRule) meaning() string {
	low, high := r.bounds()
	switch {
	case r.share != nil && r.twoSided:
		return fmt.Sprintf("the share of %g that is farthest from the median on either side", *r.share)
	case r.share != nil:
		return fmt.Sprintf("the share of %g with the lowest scores", *r.share)
	case r.threshold != nil:
		return fmt.Sprintf("those with scores below %g, by --threshold", *low)
	case high != nil:
		return fmt.Sprintf("those with scores below %.5g or above %.5g, as %g %% of the calibration images have on either side",
			*low, *high, 50*modelShare)
	}
	return fmt.Sprintf("those with scores below %.5g, as %g %% of the calibration images have", *low, 100*modelShare)
}
