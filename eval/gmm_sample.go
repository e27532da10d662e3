package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// Sample draws n rows from the mixture, and says from which component each is:
// k with probability π_k, then x ~ N(μ_k, (σ_k/t)²). t = 1 is the mixture itself;
// t > 1 is colder, with rows nearer to the means; +Inf draws the means.
// Values are not clipped to the range of pixels. It panics for n < 0, for t not
// above 0, for weights without a sum above 0 and parameters out of range.
func (g *GMM) Sample(n int, t float64, rng *rand.Rand) (Matrix, []int) {
	g.check("Sample")
	if n < 0 || !(t > 0) {
		panic(fmt.Sprintf("eval: Sample: n = %d rows must not be negative, t = %v must be above 0", n, t))
	}
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
			X.X[i*g.D+d] = float32(float64(g.Means[at]) + sigma/t*rng.NormFloat64())
		}
	}
	return X, components
}
