package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// MMD is a two-sample test of other rows against real ones: the maximum mean
// discrepancy of Gretton et al., “A kernel two-sample test”, JMLR 13, 2012, with
//
//	k(x, y) = ⅓ Σ_s exp(−‖x−y‖²/(2s²m²)),  s ∈ {½, 1, 2},
//
// m the median distance of the real rows (§8; of these alone, so that all that
// is compared with them meets the same kernel). Its fields can be stored.
type MMD struct {
	X      Matrix  // the real rows that are used
	Median float64 // m > 0
}

// medianRows is how many rows the median distance is taken of, at most.
const medianRows = 1000

// FitMMD draws at most rows of the rows of X, without replacement, and finds their median distance. It returns an
// error for values that are not finite, for N < 2, and if half of the distances are 0. It panics for rows < 2.
func FitMMD(X Matrix, rows int, rng *rand.Rand) (*MMD, error) {
	X.check("FitMMD", -1)
	if rows < 2 {
		panic(fmt.Sprintf("eval: FitMMD: %d rows, want at least 2", rows))
	}
	if X.N < 2 {
		return nil, fmt.Errorf("eval: MMD: %d rows have no distances: give at least 2", X.N)
	}
	if err := X.checkFinite(); err != nil {
		return nil, fmt.Errorf("eval: MMD: %w", err)
	}
	m := &MMD{X: subset(X, rows, rng)}
	var d2 []float64
	for i := range min(m.X.N, medianRows) {
		for j := range i {
			d2 = append(d2, squaredDistance(m.X.Row(i), m.X.Row(j)))
		}
	}
	slices.Sort(d2)
	m.Median = math.Sqrt(d2[(len(d2)-1)/2]) // the lower one of two
	if m.Median == 0 {
		return nil, fmt.Errorf("eval: MMD: half of the distances are 0: remove equal rows")
	}
	return m, nil
}

// subset draws n rows of X without replacement; all of them, in their order, if there are no more.
func subset(X Matrix, n int, rng *rand.Rand) Matrix {
	if X.N <= n {
		return X
	}
	out := Matrix{N: n, D: X.D, X: make([]float32, 0, n*X.D)}
	for _, i := range rng.Perm(X.N)[:n] {
		out.X = append(out.X, X.Row(i)...)
	}
	return out
}

// MMDScores are the result of the test.
type MMDScores struct {
	MMD2 Interval // unbiased estimate of MMD² (eq. 3), which may be a little below 0
	P    float64  // share of random divisions of all rows with an MMD² no less: small = the samples differ
}

// Test compares the real rows with at most as many rows of X, drawn without replacement. The interval is from
// resamples bootstrap samples of the latter, in which a row does not meet itself or its copies, corrected for their
// bias (see Interval); P is from as many permutations, (1 + those no less)/(1 + all), so 400 of them cannot tell less
// than 0.0025. It returns an error for values that are not finite, for N < 2, and wrapping ctx.Err(). It panics
// unless X has as many columns as the real rows, and for resamples < 1.
func (m *MMD) Test(ctx context.Context, X Matrix, resamples int, rng *rand.Rand, workers int) (MMDScores, error) {
	X.check("Test", m.X.D)
	checkResamples("Test", resamples)
	if X.N < 2 {
		return MMDScores{}, fmt.Errorf("eval: MMD: %d rows to compare: give at least 2", X.N)
	}
	if err := X.checkFinite(); err != nil {
		return MMDScores{}, fmt.Errorf("eval: MMD: %w", err)
	}
	Y := subset(X, m.X.N, rng)
	w := divisions(m.X.N, Y.N, resamples, rng)
	pooled := Matrix{m.X.N + Y.N, Y.D, append(slices.Clone(m.X.X), Y.X...)}
	forms, err := m.forms(ctx, pooled, w, workers)
	if err != nil {
		return MMDScores{}, fmt.Errorf("eval: MMD: %w", err)
	}
	return forms.scores(w, m.X.N, Y.N, resamples), nil
}

// divisions are the weightings of m real and n other rows that the test needs: 1 for the real rows; 1 for the other
// rows; then for each resample 1 for m rows at random; then for each a bootstrap sample of the other rows.
func divisions(m, n, resamples int, rng *rand.Rand) *rowWeights {
	w := newRowWeights(2+2*resamples, m+n)
	for i := range m + n {
		*w.at(min(i/m, 1), i) = 1
	}
	for r := range resamples {
		for _, i := range rng.Perm(m + n)[:m] {
			*w.at(2+r, i) = 1
		}
	}
	for r := range resamples {
		w.resample(2+resamples+r, m, rng)
	}
	return w
}
