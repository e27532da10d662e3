package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// KMeansConfig says how to search for K centres. Its defaults are scikit-learn's.
type KMeansConfig struct {
	K        int        // number of clusters, 1 ≤ K ≤ N
	NInit    int        // starts, of which the best counts; 0: 1
	MaxIter  int        // Lloyd iterations of a start; 0: 300
	Tol      float64    // stop when Σ‖Δc‖² ≤ Tol·(mean variance of the columns); 0: 1e-4, < 0: only when no label changes
	Workers  int        // goroutines; ≤ 0: GOMAXPROCS. The result does not depend on it
	Progress func(Step) // called after every assignment, if not nil
}

// Validate returns an error that names the first field out of range.
func (c KMeansConfig) Validate() error {
	switch {
	case c.K < 1:
		return fmt.Errorf("eval: KMeansConfig: K is %d, must be at least 1", c.K)
	case c.NInit < 0 || c.MaxIter < 0:
		return fmt.Errorf("eval: KMeansConfig: NInit %d and MaxIter %d must not be negative", c.NInit, c.MaxIter)
	case math.IsNaN(c.Tol):
		return fmt.Errorf("eval: KMeansConfig: Tol is NaN, must be a number")
	}
	return nil
}

// KMeans is K centres and how they were found.
type KMeans struct {
	K, D       int
	Centers    []float32 // K×D row-major
	Labels     []int     // N: nearest centre of each row it was fitted to, the first one of equals
	Inertia    float64   // Σ squared distances of these rows to their centres
	Iterations int       // updates of the centres
	Converged  bool      // false: stopped by MaxIter
	Empty      int       // centres without rows: > 0 only with fewer than K distinct rows, or before convergence
}

// FitKMeans clusters the rows of X by k-means++ (greedy, 2+⌊log K⌋ candidates a centre) and Lloyd's iterations; the
// start with the least inertia wins. A centre that loses all its rows moves to the row farthest from its own centre.
// Distances that cannot change a label are not measured (see bounds); for this it holds N·(Pad(K)+1) float32 values
// if K ≤ D. Progress gets the exact inertia, up to rounding of a millionth of Σ‖x‖². It returns an error for values
// that are not finite or too large or small for their squares, for K > N, and wrapping ctx.Err() when ctx ends.
func FitKMeans(ctx context.Context, X Matrix, c KMeansConfig, rng *rand.Rand) (*KMeans, error) {
	c, err := c.forData(X)
	if err != nil {
		return nil, err
	}
	var best *KMeans
	for init := range c.NInit {
		start, err := seedCenters(ctx, X, c, rng)
		if err != nil {
			return nil, fmt.Errorf("eval: k-means: seeding: %w", err)
		}
		m, err := lloyd(ctx, X, start, c, init)
		if err != nil {
			return nil, err
		}
		if best == nil || m.Inertia < best.Inertia {
			best = m
		}
	}
	return best, nil
}

// FitKMeansFrom runs Lloyd's iterations from the given centres, K×D row-major,
// which it leaves as they are. NInit does not matter. Errors are FitKMeans's.
func FitKMeansFrom(ctx context.Context, X Matrix, start []float32, c KMeansConfig) (*KMeans, error) {
	c, err := c.forData(X)
	if err != nil {
		return nil, err
	}
	if !holds(len(start), c.K, X.D) {
		panic(fmt.Sprintf("eval: FitKMeansFrom: start has %d values, want %d×%d", len(start), c.K, X.D))
	}
	if err := (Matrix{c.K, X.D, start}).checkSquares(); err != nil {
		return nil, fmt.Errorf("eval: k-means: start: %w", err)
	}
	return lloyd(ctx, X, append([]float32(nil), start...), c, 0)
}

// forData fills in defaults and checks the configuration against the data.
func (c KMeansConfig) forData(X Matrix) (KMeansConfig, error) {
	X.check("KMeans", -1)
	if err := c.Validate(); err != nil {
		return c, err
	}
	c.NInit, c.MaxIter, c.Tol = cmp.Or(c.NInit, 1), cmp.Or(c.MaxIter, 300), cmp.Or(c.Tol, 1e-4)
	return c, X.checkFit("k-means", "clusters", c.K)
}

// Assign finds the nearest centre of every row of X and the squared Euclidean
// distance to it, whose negative is a score for outliers (high = inlier). A row
// with a NaN has label 0 and distance NaN. It panics unless X has D columns and there are K centres.
func (m *KMeans) Assign(X Matrix, workers int) (labels []int, dist2 []float64) {
	X.check("Assign", m.D)
	if m.K < 1 || !holds(len(m.Centers), m.K, m.D) {
		panic(fmt.Sprintf("eval: Assign: centres have %d values, want %d×%d", len(m.Centers), m.K, m.D))
	}
	labels, dist2 = make([]int, X.N), make([]float64, X.N)
	eachPart(workers, X.N, shardRows, func() *assigner { return newAssigner(m.K, m.D) }, func(i0, i1 int, a *assigner) {
		a.measure(X, i0, i1, m.Centers, func(i int, dist []float32) {
			k := smallest(dist)
			labels[i], dist2[i] = k, float64(dist[k])
			if beyondFloat32(dist[k]) {
				labels[i], dist2[i] = m.nearest(X.Row(i))
			}
		})
	})
	return labels, dist2
}

// nearest is Assign for one row, in float64.
func (m *KMeans) nearest(row []float32) (label int, dist2 float64) {
	for k := range m.K {
		d2 := squaredDistance(row, m.Centers[k*m.D:(k+1)*m.D])
		if k == 0 || d2 < dist2 {
			label, dist2 = k, d2
		}
	}
	return label, dist2
}
