package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// rowWeights are several weightings of the same N rows, such as how often each row is in each of R bootstrap samples.
// They lie as Mix wants them: for each block of blockRows rows an R×J matrix, J the rows in the block.
type rowWeights struct {
	R, N int
	w    []float32
}

func newRowWeights(R, N int) *rowWeights { return &rowWeights{R, N, make([]float32, R*N)} }

// block returns the R×J weights of the rows from i0 on, a multiple of blockRows, and J.
func (w *rowWeights) block(i0 int) ([]float32, int) {
	J := min(blockRows, w.N-i0)
	return w.w[i0*w.R : (i0+J)*w.R], J
}

// at is the weight of row i in weighting r.
func (w *rowWeights) at(r, i int) *float32 {
	b, J := w.block(i - i%blockRows)
	return &b[r*J+i%blockRows]
}

func checkResamples(name string, n int) {
	if n < 1 {
		panic(fmt.Sprintf("eval: %s: %d resamples, want at least 1", name, n))
	}
}

// resample makes weighting r a bootstrap sample of the rows from first on: as
// many draws with replacement as there are rows, counted.
func (w *rowWeights) resample(r, first int, rng *rand.Rand) {
	n := w.N - first
	for range n {
		*w.at(r, first+rng.IntN(n)) += 1
	}
}

// around returns a value estimated from n rows with a 95 % percentile interval from its values for bootstrap samples.
// These scatter as the estimate does, but where an estimate of few rows is biased (a distance between a sample and
// itself is 0, between a sample and its resample it is not) they add the same bias once more: their mean is moved to
// the estimate, and the ends stay in [low, high], the range of the value, on its two sides. Efron & Tibshirani, “An
// Introduction to the Bootstrap”, 1993, §10.
func around(n int, value float64, resampled []float64, low, high float64) Interval {
	sorted := slices.Clone(resampled)
	slices.Sort(sorted)
	bias := average(len(sorted), func(i int) float64 { return sorted[i] }) - value
	end := func(p float64) float64 { return min(high, max(low, quantile(sorted, p)-bias)) }
	return holding(n, value, end(0.025), end(0.975))
}
