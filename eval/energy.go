package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// GradientEnergy returns, for every image, the sum of the squared forward differences to the right and downwards, of
// every channel, over its H·W·C values: what blurring takes away and noise adds. (Beyond an edge there is no
// difference.) X is N images of H×W×C values, channels innermost; dst is N values (nil allocates). It panics unless
// shapes agree. Workers ≤ 0: GOMAXPROCS.
func GradientEnergy(dst []float64, X Matrix, H, W, C, workers int) []float64 {
	if H < 1 || W < 1 || C < 1 {
		panic(fmt.Sprintf("eval: GradientEnergy: images of %d×%d×%d values", H, W, C))
	}
	X.checkImages("GradientEnergy", H, W, C)
	dst = sized("GradientEnergy", dst, X.N)
	eachPart(workers, X.N, shardRows, func() struct{} { return struct{}{} }, func(i0, i1 int, _ struct{}) {
		for i := i0; i < i1; i++ {
			x, line, total := X.Row(i), W*C, 0.0
			for h := range H {
				total += squaredSteps(x[h*line:(h+1)*line], C)
			}
			dst[i] = (total + squaredSteps(x, line)) / float64(H*W*C)
		}
	})
	return dst
}

// squaredSteps is Σ (x[i+step] − x[i])².
func squaredSteps(x []float32, step int) (sum float64) {
	if step >= len(x) {
		return 0
	}
	ahead := x[step:]
	for i, v := range x[:len(ahead)] {
		diff := float64(ahead[i] - v)
		sum += float64(diff * diff)
	}
	if !math.IsInf(sum, 1) {
		return sum
	}
	sum = 0 // a difference does not fit in float32
	for i, v := range x[:len(ahead)] {
		diff := float64(ahead[i]) - float64(v)
		sum += float64(diff * diff)
	}
	return sum
}

// EnergyRatio is the mean gradient energy of some images over that of the real images, in [0, ∞): below 1 they are
// too smooth, above too rough. The interval is from bootstrap samples of the former. It panics without images of
// either kind, for real images without any gradient, and for resamples < 1.
func EnergyRatio(energy, real []float64, resamples int, rng *rand.Rand) Interval {
	mean := average(len(real), func(i int) float64 { return real[i] })
	if !(mean > 0) {
		panic(fmt.Sprintf("eval: EnergyRatio: %d real images of gradient energy %v, must be above 0", len(real), mean))
	}
	i := Bootstrap(energy, resamples, rng)
	return Interval{i.N, i.Mean / mean, i.Low / mean, i.High / mean}
}
