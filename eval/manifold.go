package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
)

// Manifold is where real images lie: the union of the balls around each of
// them that reach to its K-th nearest neighbour among the others.
type Manifold struct {
	K       int
	X       Matrix    // the real images, N×D
	Radius2 []float64 // N: squared radii of the balls
}

// ManifoldScores say how the manifolds of real and generated images overlap. Precision asks for quality and is the
// share of generated images in the real manifold, Recall asks for variety and is the share of real images in the
// generated one: Kynkäänniemi et al., “Improved precision and recall metric for assessing generative models”, NeurIPS
// 2019, eq. 1–3. Density is the number of real balls a generated image lies in, over K, and Coverage the share of
// real balls with a generated image in them: Naeem et al., “Reliable fidelity and diversity metrics for generative
// models”, ICML 2020, eq. 3–4; outliers spoil them less. All are means in [0, 1] but Density, which is ≥ 0 and near 1
// for samples of the same distribution.
type ManifoldScores struct {
	Precision, Density Interval // intervals by resampling the generated images
	Recall, Coverage   Interval // intervals by resampling the real images
}

// FitManifold finds the radii of the rows of X; balls are closed, by distances in float64. Memory is for
// few distances at once. It returns an error for values that are not finite,
// for N ≤ k, and wrapping ctx.Err() when ctx ends. It panics for k < 1.
func FitManifold(ctx context.Context, X Matrix, k, workers int) (*Manifold, error) {
	X.check("FitManifold", -1)
	if k < 1 {
		panic(fmt.Sprintf("eval: FitManifold: k is %d, must be at least 1", k))
	}
	if k >= X.N {
		return nil, fmt.Errorf("eval: manifold: k = %d neighbours of N = %d rows: lower k", k, X.N)
	}
	if err := X.checkFinite(); err != nil {
		return nil, fmt.Errorf("eval: manifold: %w", err)
	}
	near, err := nearest(ctx, X, X, k, true, workers)
	if err != nil {
		return nil, fmt.Errorf("eval: manifold: %w", err)
	}
	return &Manifold{K: k, X: X, Radius2: near.radii2()}, nil
}

// Evaluate compares the manifold with that of the generated images fake, by the same K, with intervals from resamples
// bootstrap samples of what each image counts; the manifolds themselves stay as they are. Errors are FitManifold's.
// It panics unless fake has D columns, and for resamples < 1.
func (m *Manifold) Evaluate(ctx context.Context, fake Matrix, resamples int, rng *rand.Rand, workers int) (ManifoldScores, error) {
	fake.check("Evaluate", m.X.D)
	f, err := FitManifold(ctx, fake, m.K, workers)
	if err != nil {
		return ManifoldScores{}, err
	}
	o, err := m.overlap(ctx, f, workers)
	if err != nil {
		return ManifoldScores{}, fmt.Errorf("eval: manifold: %w", err)
	}
	return ManifoldScores{
		Precision: Bootstrap(o.precision, resamples, rng),
		Density:   Bootstrap(o.density, resamples, rng),
		Recall:    Bootstrap(o.recall, resamples, rng),
		Coverage:  Bootstrap(o.coverage, resamples, rng),
	}, nil
}

// overlap is what every image counts in a mean of ManifoldScores.
type overlap struct{ precision, density, recall, coverage []float64 }

func (m *Manifold) overlap(ctx context.Context, f *Manifold, workers int) (*overlap, error) {
	inside := make([]int, f.X.N)           // real balls that hold a generated image
	reached := make([]atomic.Int32, m.X.N) // 1: a generated ball holds the real image
	covered := make([]atomic.Int32, m.X.N) // 1: its ball holds a generated image
	set := func(b *atomic.Int32) {
		if b.Load() == 0 {
			b.Store(1)
		}
	}
	p, holds := newDistances(f.X, m.X), make([]float32, m.X.N)
	for j, r2 := range m.Radius2 {
		holds[j] = roundUp(r2)
	}
	err := p.each(ctx, workers, func(t *tile) {
		for i := t.i0; i < t.i1; i++ {
			own := roundUp(f.Radius2[i])
			for j, low := range t.row(i) {
				j += t.j0
				if !(low > holds[j]) && p.within(i, j, low, m.Radius2[j]) {
					inside[i]++
					set(&covered[j])
				}
				if !(low > own) && reached[j].Load() == 0 && p.within(i, j, low, f.Radius2[i]) {
					set(&reached[j])
				}
			}
		}
	})
	o := &overlap{make([]float64, f.X.N), make([]float64, f.X.N), make([]float64, m.X.N), make([]float64, m.X.N)}
	for i, n := range inside {
		o.precision[i], o.density[i] = float64(min(n, 1)), float64(n)/float64(m.K)
	}
	for j := range reached {
		o.recall[j], o.coverage[j] = float64(reached[j].Load()), float64(covered[j].Load())
	}
	return o, err
}
