package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// Sample draws n rows from the mixture, and says from which component each is: k with probability π_k, then x ~
// N(μ_k, (noise·σ_k)²). A noise scale of 1 is the mixture itself, below 1 rows are nearer to the means, and 0 gives
// the means. Values are not clipped to the range of pixels. It panics for n < 0 and above 2³²
// values, for noise that is no number ≥ 0, for weights without a sum above 0 and parameters out of range.
func (g *GMM) Sample(n int, noise float64, rng *rand.Rand) (Matrix, []int) {
	g.check("Sample")
	if n < 0 || !(noise >= 0) {
		panic(fmt.Sprintf("eval: Sample: n = %d rows and noise %v must not be negative", n, noise))
	}
	checkCount("Sample", n, g.D)
	cum, sum := make([]float64, g.K), 0.0
	for k, w := range g.Weights {
		sum += float64(w)
		cum[k] = sum
	}
	if !(sum > 0) {
		panic(fmt.Sprintf("eval: Sample: the weights sum to %v, must be above 0", sum))
	}
	X, components := Matrix{n, g.D, make([]float32, n*g.D)}, make([]int, n)
	for i := range n {
		u := rng.Float64() * sum
		k := sort.Search(g.K-1, func(k int) bool { return cum[k] > u })
		components[i] = k
		for d, at := 0, k*g.D; d < g.D; d, at = d+1, at+1 {
			sigma := math.Sqrt(float64(g.Variances[at]))
			X.X[i*g.D+d] = float32(float64(g.Means[at]) + float64(sigma*noise*rng.NormFloat64()))
		}
	}
	return X, components
}
