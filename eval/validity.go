package eval

import (
	"context"
	"errors"
	"fmt"
	"math"

	"deepgmm/internal/kernel"
)

// Validity says how compact and separate clusters are, by Euclidean distances alone and without the true classes.
type Validity struct {
	DaviesBouldin float64 // ≥ 0, low is good
	Dunn          float64 // ≥ 0, high is good
	Silhouette    float64 // in [−1, 1], high is good
}

// ErrClusterCount says that the labels have one cluster only, or no cluster with two rows: no index is defined then.
var ErrClusterCount = errors.New("the number of clusters must be in [2, N−1]")

// ClusterValidity computes the three indices for the rows of X and their
// cluster labels (any integers). It looks at all N² distances, each rounded to
// float32 unless its square does not fit there: take a subset of a few thousand rows.
//
// Davies–Bouldin: mean over clusters of the largest (S_i+S_j)/‖c_i−c_j‖, S = mean distance to the centroid c; as in
// scikit-learn a pair of equal centroids counts as 0. Dunn: the least distance between two rows of different clusters
// (single linkage) over the largest distance between two rows of one cluster (complete diameter); +Inf if all
// clusters are points apart, 0 if rows of different clusters coincide. Silhouette: mean over rows of (b−a)/max(a, b),
// a = mean distance to the other rows of its cluster, b = least mean distance to another cluster; 0 for a row alone.
//
// It returns an error wrapping ErrClusterCount, for values that are not finite,
// and wrapping ctx.Err(). It panics unless there is one label for each row.
func ClusterValidity(ctx context.Context, X Matrix, labels []int, workers int) (Validity, error) {
	X.check("ClusterValidity", -1)
	if len(labels) != X.N {
		panic(fmt.Sprintf("eval: ClusterValidity: %d labels for %d rows", len(labels), X.N))
	}
	c := newClusters(X, labels)
	if K := len(c.size); K < 2 || K >= X.N {
		return Validity{}, fmt.Errorf("eval: cluster validity: %d clusters of N = %d rows: %w", K, X.N, ErrClusterCount)
	}
	if err := X.checkFinite(); err != nil {
		return Validity{}, fmt.Errorf("eval: cluster validity: %w", err)
	}
	all, err := c.distances(ctx, workers)
	if err != nil {
		return Validity{}, fmt.Errorf("eval: cluster validity: %w", err)
	}
	return Validity{
		DaviesBouldin: c.daviesBouldin(),
		Dunn:          all.dunn(),
		Silhouette:    all.silhouette / float64(X.N),
	}, nil
}

// clusters are rows with compact labels.
type clusters struct {
	X     Matrix
	label []int // N, in [0, K)
	size  []int // K
}

func newClusters(X Matrix, labels []int) *clusters {
	index, names := compact(labels)
	c := &clusters{X: X, label: index, size: make([]int, len(names))}
	for _, k := range index {
		c.size[k]++
	}
	return c
}

func (c *clusters) daviesBouldin() float64 {
	centroid, spread := c.centroids()
	var total float64
	for i := range centroid {
		var worst float64
		for j := range centroid {
			if gap := distance(centroid[i], centroid[j]); j != i && gap > 0 {
				worst = math.Max(worst, (spread[i]+spread[j])/gap)
			}
		}
		total += worst
	}
	return total / float64(len(centroid))
}

// centroids returns the clusters' means and their rows' mean distances to them.
func (c *clusters) centroids() (mean [][]float64, spread []float64) {
	mean, spread = make([][]float64, len(c.size)), make([]float64, len(c.size))
	for k := range mean {
		mean[k] = make([]float64, c.X.D)
	}
	for i, k := range c.label {
		kernel.AddRow(mean[k], c.X.Row(i))
	}
	for k, n := range c.size {
		for d := range mean[k] {
			mean[k][d] /= float64(n)
		}
	}
	for i, k := range c.label {
		spread[k] += distance(mean[k], c.X.Row(i)) / float64(c.size[k])
	}
	return mean, spread
}

// distance is Euclidean.
func distance[T float32 | float64](a []float64, b []T) float64 {
	var sum float64
	for d, v := range b {
		diff := a[d] - float64(v)
		sum += float64(diff * diff)
	}
	return math.Sqrt(sum)
}
