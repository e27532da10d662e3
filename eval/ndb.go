package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// BinsConfig says how to divide the space of images into bins.
type BinsConfig struct {
	K        int        // number of bins; 0: 100
	StdFloor float64    // least standard deviation that a pixel is divided by; 0: 0.1
	Level    float64    // significance level of the test, in (0, 1); 0: 0.05
	MaxIter  int        // k-means iterations; 0: 100
	Workers  int        // goroutines; ≤ 0: GOMAXPROCS. The result does not depend on it
	Progress func(Step) // called after every k-means assignment, if not nil
}

// Validate returns an error that names the first field out of range.
func (c BinsConfig) Validate() error {
	switch {
	case c.K < 0 || c.MaxIter < 0:
		return fmt.Errorf("eval: BinsConfig: K %d and MaxIter %d must not be negative", c.K, c.MaxIter)
	case !(c.StdFloor >= 0 && c.StdFloor < math.Inf(1)):
		return fmt.Errorf("eval: BinsConfig: StdFloor is %v, must be a number and not negative", c.StdFloor)
	case !(c.Level >= 0 && c.Level < 1):
		return fmt.Errorf("eval: BinsConfig: Level is %v, must be 0 (for 0.05) or in (0, 1)", c.Level)
	}
	return nil
}

func (c BinsConfig) withDefaults() BinsConfig {
	c.K, c.MaxIter = cmp.Or(c.K, 100), cmp.Or(c.MaxIter, 100)
	c.StdFloor, c.Level = cmp.Or(c.StdFloor, 0.1), cmp.Or(c.Level, 0.05)
	return c
}

// Bins are the bins of Richardson & Weiss, “On GANs and GMMs”, NeurIPS 2018 (arXiv 1805.12462) §4: the k-means
// clusters of training images whose pixels are each divided by their standard deviation. Where next to no image has
// ink that deviation is tiny and one image with ink would be a bin of its own: it counts as StdFloor then. All fields
// are numbers that can be stored.
type Bins struct {
	K, D    int
	Level   float64
	Std     []float32 // D: what pixels are divided by
	Centers []float32 // K×D row-major, of divided pixels
	Counts  []int     // K: training images in each bin
	N       int       // their sum
}

// NDBScores compare the shares of training and other images in the bins.
type NDBScores struct {
	NDB  Interval // NDB/K: the share of bins whose two shares differ significantly, in [0, 1]
	JS   Interval // Jensen–Shannon divergence of the two sets of shares in nats, in [0, log 2]
	Bins int      // K
	Own  []int    // K: the other images in each bin
}

// FitBins divides the space by the training images X. It returns an error for a configuration out of range, for
// values that are not finite, for K > N, and wrapping ctx.Err() when ctx ends.
func FitBins(ctx context.Context, X Matrix, c BinsConfig, rng *rand.Rand) (*Bins, error) {
	X.check("FitBins", -1)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	b := &Bins{K: c.K, D: X.D, Level: c.Level, Std: deviations(X, c.StdFloor), N: X.N}
	m, err := FitKMeans(ctx, b.divide(X), KMeansConfig{K: c.K, MaxIter: c.MaxIter, Workers: c.Workers, Progress: c.Progress}, rng)
	if err != nil {
		return nil, fmt.Errorf("eval: bins: %w", err)
	}
	b.Centers, b.Counts = m.Centers, make([]int, c.K)
	for _, k := range m.Labels {
		b.Counts[k]++
	}
	return b, nil
}

// deviations are the (population) standard deviations of the columns of X, at least floor.
func deviations(X Matrix, floor float64) []float32 {
	out := make([]float32, X.D)
	mean, second := X.columnMoments()
	for d, mu := range mean {
		out[d] = float32(math.Max(floor, math.Sqrt(math.Max(0, second[d]-float64(mu*mu)))))
	}
	return out
}

// divide returns the rows of X with their pixels divided by Std.
func (b *Bins) divide(X Matrix) Matrix {
	out, scale := Matrix{X.N, X.D, make([]float32, len(X.X))}, make([]float32, b.D)
	for d, s := range b.Std {
		scale[d] = 1 / s
	}
	for i := range X.N {
		to := out.Row(i)
		for d, v := range X.Row(i) {
			to[d] = v * scale[d]
		}
	}
	return out
}

// Assign returns the bin of every row of X: the nearest centre, the first one of
// equals. It panics unless X has D columns. Workers ≤ 0: GOMAXPROCS.
func (b *Bins) Assign(X Matrix, workers int) []int {
	X.check("Assign", b.D)
	return b.assign(b.divide(X), workers)
}

func (b *Bins) assign(divided Matrix, workers int) []int {
	m := KMeans{K: b.K, D: b.D, Centers: b.Centers}
	labels, _ := m.Assign(divided, workers)
	return labels
}

// NDB compares the training images' bins with those of X, with intervals from resamples bootstrap samples of the rows
// of X, corrected for their bias (see Interval). It returns an error for values that are not finite and for no rows.
// It panics unless X has D columns, and for resamples < 1.
func (b *Bins) NDB(X Matrix, resamples int, rng *rand.Rand, workers int) (NDBScores, error) {
	X.check("NDB", b.D)
	checkResamples("NDB", resamples)
	if X.N == 0 {
		return NDBScores{}, fmt.Errorf("eval: NDB: no images: give at least one")
	}
	if err := X.checkFinite(); err != nil {
		return NDBScores{}, fmt.Errorf("eval: NDB: %w", err)
	}
	divided := b.divide(X)
	if err := divided.checkFinite(); err != nil {
		return NDBScores{}, fmt.Errorf("eval: NDB: divided by the standard deviations: %w", err)
	}
	labels, counts := b.assign(divided, workers), make([]int, b.K)
	for _, k := range labels {
		counts[k]++
	}
	own := slices.Clone(counts)
	ndb, js := b.differ(counts), jensenShannon(b.Counts, counts)
	manyNDB, manyJS := make([]float64, resamples), make([]float64, resamples)
	for r := range resamples {
		clear(counts)
		for range labels {
			counts[labels[rng.IntN(X.N)]]++
		}
		manyNDB[r], manyJS[r] = b.differ(counts), jensenShannon(b.Counts, counts)
	}
	return NDBScores{around(X.N, ndb, manyNDB, 0, 1), around(X.N, js, manyJS, 0, math.Ln2), b.K, own}, nil
}

// differ is the share of bins where the test for two proportions, two-sided, is
// significant: |z| = |p−q|/√(s(1−s)(1/N+1/M)), s the share in both samples together.
func (b *Bins) differ(counts []int) float64 {
	M := 0
	for _, c := range counts {
		M += c
	}
	n, m, different := float64(b.N), float64(M), 0
	for k, c := range counts {
		s := float64(b.Counts[k]+c) / (n + m)
		z := math.Abs(float64(b.Counts[k])/n-float64(c)/m) / math.Sqrt(s*(1-s)*(1/n+1/m))
		if math.Erfc(z/math.Sqrt2) < b.Level { // a bin empty in both samples: NaN, no difference
			different++
		}
	}
	return float64(different) / float64(b.K)
}

// jensenShannon is ½KL(p‖m) + ½KL(q‖m) of the shares of two sets of counts, m = (p+q)/2, in nats.
func jensenShannon(a, b []int) float64 {
	n, m := 0, 0
	for k := range a {
		n, m = n+a[k], m+b[k]
	}
	total := 0.0
	for k := range a {
		p, q := float64(a[k])/float64(n), float64(b[k])/float64(m)
		for _, v := range []float64{p, q} {
			if v > 0 {
				total += float64(0.5 * v * math.Log(2*v/(p+q)))
			}
		}
	}
	return math.Max(0, total)
}
