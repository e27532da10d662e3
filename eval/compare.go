package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ranked is the scores of N inliers and M outliers, which should be lower.
type Ranked struct{ Inliers, Outliers []float64 }

// CompareAUC says how much higher the AUC of a is than that of b, scores of the same inliers and outliers in the same
// order, and the one-sided p-value of that under equal AUCs: DeLong, DeLong & Clarke-Pearson, “Comparing the areas
// under two or more correlated receiver operating characteristic curves”, Biometrics 44, 1988. Two scores with the same
// placements of all have a difference of 0 and the p-value 1. Of a single inlier or outlier nothing is known: 1, too.
// The error is AUC's; it panics if the numbers of inliers or outliers differ.
func CompareAUC(a, b Ranked) (difference, p float64, err error) {
	if len(a.Inliers) != len(b.Inliers) || len(a.Outliers) != len(b.Outliers) {
		panic(fmt.Sprintf("eval: CompareAUC: %d and %d inliers, %d and %d outliers are not the same ones",
			len(a.Inliers), len(b.Inliers), len(a.Outliers), len(b.Outliers)))
	}
	var aucs [2]float64
	for i, r := range []Ranked{a, b} {
		if aucs[i], err = AUC(r.Inliers, r.Outliers); err != nil {
			return 0, 0, err
		}
	}
	difference = aucs[0] - aucs[1]
	if min(len(a.Inliers), len(a.Outliers)) < 2 {
		return difference, 1, nil
	}
	variance := varianceOfMean(a.Inliers, a.Outliers, b.Inliers, b.Outliers) +
		varianceOfMean(a.Outliers, a.Inliers, b.Outliers, b.Inliers)
	switch {
	case variance > 0:
		return difference, distuv.UnitNormal.Survival(difference / math.Sqrt(variance)), nil
	case difference > 0:
		return difference, 0, nil
	}
	return difference, 1, nil
}

// varianceOfMean is that of the mean difference between the placements of v among others by two scores.
func varianceOfMean(va, othersA, vb, othersB []float64) float64 {
	pa, pb := placements(va, othersA), placements(vb, othersB)
	n := len(pa)
	mean := average(n, func(i int) float64 { return pa[i] - pb[i] })
	sum := 0.0
	for i := range pa {
		d := pa[i] - pb[i] - mean
		sum += float64(d * d)
	}
	return sum / float64(n-1) / float64(n)
}

// placements are the shares of others that are below each value, equal ones counted half.
func placements(v, others []float64) []float64 {
	sorted := slices.Sorted(slices.Values(others))
	at := make([]float64, len(v))
	for i, x := range v {
		low, _ := slices.BinarySearch(sorted, x)
		up, _ := slices.BinarySearchFunc(sorted, x, func(e, x float64) int {
			if e <= x {
				return -1
			}
			return cmp.Compare(e, x)
		})
		at[i] = (float64(low) + float64(up)) / 2 / float64(len(sorted))
	}
	return at
}
