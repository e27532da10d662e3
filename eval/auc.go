package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// AUC is the area under the ROC curve of scores that should be higher for inliers: the probability that a random
// inlier scores above a random outlier, ties counted half. It is exact (Mann–Whitney rank statistic), in [0, 1].
// Infinite scores are in order. It returns an error for a NaN or an empty slice.
func AUC(inliers, outliers []float64) (float64, error) {
	s, err := sortScores(inliers, outliers)
	if err != nil {
		return 0, err
	}
	var twice, below uint64 // twice the won pairs; outliers with lower scores
	for len(s) > 0 {
		in, out, rest := ties(s)
		twice += uint64(in) * (2*below + uint64(out))
		below += uint64(out)
		s = rest
	}
	return float64(twice) / 2 / float64(len(inliers)) / float64(len(outliers)), nil
}

type scored struct {
	score  float64
	inlier bool
}

// sortScores merges both kinds of scores in rising order.
func sortScores(inliers, outliers []float64) ([]scored, error) {
	if len(inliers) == 0 || len(outliers) == 0 {
		return nil, fmt.Errorf("eval: ROC: %d inliers and %d outliers: both must be above 0", len(inliers), len(outliers))
	}
	s := make([]scored, 0, len(inliers)+len(outliers))
	for i, v := range slices.Concat(inliers, outliers) {
		if math.IsNaN(v) {
			return nil, fmt.Errorf("eval: ROC: score %d (inliers first, then outliers) is NaN: the model that made it has diverged", i)
		}
		s = append(s, scored{v, i < len(inliers)})
	}
	slices.SortFunc(s, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	return s, nil
}

// ties counts both kinds among the leading equal scores.
func ties(s []scored) (in, out int, rest []scored) {
	n := 0
	for n < len(s) && s[n].score == s[0].score {
		if s[n].inlier {
			in++
		}
		n++
	}
	return in, n - in, s[n:]
}

// ROCPoint is one point of a ROC curve: with every score ≥ Threshold taken for
// an inlier, TPR is the share of inliers and FPR the share of outliers taken.
type ROCPoint struct{ FPR, TPR, Threshold float64 }

// ROC returns the curve from (0, 0) at the threshold +Inf to (1, 1) at the lowest score, one point for every distinct
// score. With corners true, points on a straight line between their neighbours are left out: the area and the drawing
// stay the same. Errors are AUC's.
func ROC(inliers, outliers []float64, corners bool) ([]ROCPoint, error) {
	s, err := sortScores(inliers, outliers)
	if err != nil {
		return nil, err
	}
	slices.Reverse(s)
	counts := [][2]int{{0, 0}} // outliers and inliers taken, exact
	points := []ROCPoint{{Threshold: math.Inf(1)}}
	var fp, tp int
	for len(s) > 0 {
		in, out, rest := ties(s)
		fp, tp = fp+out, tp+in
		p := ROCPoint{float64(fp) / float64(len(outliers)), float64(tp) / float64(len(inliers)), s[0].score}
		if n := len(counts); corners && n > 1 && collinear(counts[n-2], counts[n-1], [2]int{fp, tp}) {
			counts, points = counts[:n-1], points[:n-1]
		}
		counts, points = append(counts, [2]int{fp, tp}), append(points, p)
		s = rest
	}
	return points, nil
}

func collinear(a, b, c [2]int) bool {
	return (b[0]-a[0])*(c[1]-a[1]) == (b[1]-a[1])*(c[0]-a[0])
}
