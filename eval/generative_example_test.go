package eval_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"deepgmm/eval"
)

// squares are N images of 4×4 pixels: a bright square of 2×2 at a random place, and a little noise.
func squares(N int, rng *rand.Rand) eval.Matrix {
	X := eval.Matrix{N: N, D: 16, X: make([]float32, N*16)}
	for i := range N {
		row, column := rng.IntN(3), rng.IntN(3)
		for p := range X.Row(i) {
			if dy, dx := p/4-row, p%4-column; dy >= 0 && dy < 2 && dx >= 0 && dx < 2 {
				X.Row(i)[p] = 0.9
			}
			X.Row(i)[p] += 0.1 * rng.Float32()
		}
	}
	return X
}

func ExampleGenerativeEvaluator() {
	ctx, rng := context.Background(), rand.New(rand.NewPCG(1, 2))
	train, test := squares(3000, rng), squares(1000, rng)
	evaluator, err := eval.FitGenerative(ctx, train, test, eval.GenerativeConfig{H: 4, W: 4, Dims: 5, Bins: eval.BinsConfig{K: 9}}, rng)
	if err != nil {
		log.Fatal(err)
	}
	blurred := squares(1000, rng)
	for i, v := range blurred.X {
		blurred.X[i] = 0.7*v + 0.1
	}
	for _, fake := range []eval.Matrix{squares(1000, rng), blurred} {
		g, err := evaluator.Evaluate(ctx, fake, rng)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("Fréchet %.1f, NDB %.1f, precision %.1f, recall %.1f, coverage %.1f, energy %.1f\n",
			g.Frechet.Mean, g.NDB.Mean, g.Precision.Mean, g.Recall.Mean, g.Coverage.Mean, g.Energy.Mean)
	}
	// Output:
	// Fréchet 0.0, NDB 0.0, precision 1.0, recall 1.0, coverage 1.0, energy 1.0
	// Fréchet 0.2, NDB 0.0, precision 0.0, recall 0.0, coverage 0.0, energy 0.5
}

func ExampleFitPCA() {
	p, err := eval.FitPCA(context.Background(), rows, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("axis %.2f has %.0f %% of the variance\n", p.Components, 100*p.Variance[0]/p.Total)
	// Output: axis [0.71 0.71] has 99 % of the variance
}

func ExampleFrechet() {
	a := &eval.Gaussian{D: 2, Mean: []float64{0, 0}, Cov: []float64{1, 0, 0, 1}}
	b := &eval.Gaussian{D: 2, Mean: []float64{3, 4}, Cov: []float64{4, 0, 0, 1}}
	fmt.Printf("%.1f\n", eval.Frechet(a, b)) // 3² + 4² between the means, (2−1)² between the deviations
	// Output: 26.0
}

func ExampleGaussian_FrechetTo() {
	ctx, rng := context.Background(), rand.New(rand.NewPCG(1, 2))
	g, err := eval.FitGaussian(ctx, squares(2000, rng), 0)
	if err != nil {
		log.Fatal(err)
	}
	other := squares(2000, rng)
	for i := range other.N {
		other.Row(i)[0] += 0.5 // a brighter corner
	}
	d, err := g.FrechetTo(ctx, other, 200, rng, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f in [%.1f, %.1f]\n", d.Mean, d.Low, d.High)
	// Output: 0.25 in [0.2, 0.3]
}

func ExampleBins() {
	rng := rand.New(rand.NewPCG(1, 2))
	bins, err := eval.FitBins(context.Background(), squares(3000, rng), eval.BinsConfig{K: 9}, rng)
	if err != nil {
		log.Fatal(err)
	}
	one := squares(500, rng)
	for i := range one.N {
		copy(one.Row(i), one.Row(0)) // a generator of one image
	}
	s, err := bins.NDB(one, 200, rng, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.0f of %d bins differ\n", s.NDB.Mean*float64(s.Bins), s.Bins)
	// Output: 9 of 9 bins differ
}

func ExampleManifold() {
	m, err := eval.FitManifold(context.Background(), rows, 2, 0)
	if err != nil {
		log.Fatal(err)
	}
	fake := eval.Matrix{N: 3, D: 2, X: []float32{0, 0.05, 0.05, 0, 0.05, 0.05}} // one of the two groups only
	s, err := m.Evaluate(context.Background(), fake, 1000, rand.New(rand.NewPCG(1, 2)), 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("precision %.2f, coverage %.2f\n", s.Precision.Mean, s.Coverage.Mean)
	// Output: precision 1.00, coverage 0.50
}

func ExampleGradientEnergy() {
	X := eval.Matrix{N: 2, D: 4, X: []float32{0, 1, 1, 0, 0.5, 0.5, 0.5, 0.5}}
	fmt.Println(eval.GradientEnergy(nil, X, 2, 2, 1, 0)) // four steps of height 1 over four pixels; none
	// Output: [1 0]
}

func ExampleMMD() {
	rng := rand.New(rand.NewPCG(1, 2))
	m, err := eval.FitMMD(squares(300, rng), 300, rng)
	if err != nil {
		log.Fatal(err)
	}
	other := squares(300, rng)
	for i := range other.N {
		other.Row(i)[0] += 0.5
	}
	s, err := m.Test(context.Background(), other, 99, rng, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("MMD² %.2f, p = %.2f\n", s.MMD2.Mean, s.P)
	// Output: MMD² 0.03, p = 0.01
}

func ExampleKNN_Classify() {
	k := eval.KNN{X: rows, Labels: []int{0, 0, 0, 1, 1, 1}, K: 3}
	classes, err := k.Classify(context.Background(), nil, eval.Matrix{N: 2, D: 2, X: []float32{0.8, 0.7, 0.3, 0.2}}, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(classes)
	// Output: [1 0]
}

// half is a mixture of two Gaussians in the plane: around (0, 0) and around (1, 1).
var half = &eval.GMM{
	K: 2, D: 2, Weights: []float32{0.5, 0.5},
	Means: []float32{0, 0, 1, 1}, Variances: []float32{0.01, 0.01, 0.01, 0.01},
}

func ExampleGMM_Sample() {
	X, components := half.Sample(1000, 0.1, rand.New(rand.NewPCG(1, 2)))
	near := 0
	for i, k := range components {
		if x := X.Row(i)[0] - float32(k); x > -0.05 && x < 0.05 { // five of the divided deviations
			near++
		}
	}
	fmt.Println(near, "of 1000 are near the mean of their component")
	// Output: 1000 of 1000 are near the mean of their component
}

func ExampleGMM_Conditional() {
	X := eval.Matrix{N: 2, D: 2, X: []float32{0.1, 0, 0.9, 0}}
	missing := []bool{false, true}
	fmt.Printf("%.2f\n", half.Conditional(nil, X, missing, 0))
	fmt.Printf("%.2f\n", half.LogProbMarginal(nil, X, missing, 0))
	// Output:
	// [0.10 0.00 0.90 1.00]
	// [0.19 0.19]
}
