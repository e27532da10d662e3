package eval

import (
	"context"
	"fmt"
)

// KNN is the classifier of the K nearest neighbours: no model at all, and so a measure of how hard a data set is, and
// of what class a generated image shows. Cover & Hart, “Nearest neighbor pattern classification”, IEEE Trans. Inf.
// Theory 13(1), 1967.
type KNN struct {
	X      Matrix // the references, N×D
	Labels []int  // N: their classes, ≥ 0
	K      int    // neighbours that vote, 1 ≤ K ≤ N
}

// Classify returns the class with the most votes among the K references nearest to each row of X, written to dst if
// it has X.N values (nil allocates). Of classes with equally many votes the one with the nearest reference wins, of
// references at the same distance the first. It looks at all distances, in memory for few: ten thousand rows of 784
// values against fifty thousand take seconds. Workers ≤ 0: GOMAXPROCS; the result does not depend on it. It returns
// ctx.Err(), wrapped, when ctx ends. Distances decide in float64. A row with a NaN or an infinity gets the class of
// the first reference. It panics unless shapes and ranges are as stated.
func (c *KNN) Classify(ctx context.Context, dst []int, X Matrix, workers int) ([]int, error) {
	c.X.check("Classify", -1)
	X.check("Classify", c.X.D)
	dst = sized("Classify", dst, X.N)
	if len(c.Labels) != c.X.N || c.K < 1 || c.K > c.X.N {
		panic(fmt.Sprintf("eval: Classify: %d labels and K = %d for %d references", len(c.Labels), c.K, c.X.N))
	}
	classes := 0
	for i, l := range c.Labels {
		if l < 0 {
			panic(fmt.Sprintf("eval: Classify: label %d of reference %d is negative", l, i))
		}
		classes = max(classes, l+1)
	}
	near, err := nearest(ctx, X, c.X, c.K, false, workers)
	if err != nil {
		return nil, fmt.Errorf("eval: k-nearest neighbours: %w", err)
	}
	votes := make([]int, classes)
	for i := range dst {
		dst[i] = c.vote(near.id[i*c.K:(i+1)*c.K], votes)
	}
	return dst, nil
}

// vote counts the votes of the neighbours id, the nearest first. It leaves votes as it was, all 0.
func (c *KNN) vote(id []int32, votes []int) int {
	for _, j := range id {
		votes[c.Labels[j]]++
	}
	best := c.Labels[id[0]]
	for _, j := range id {
		if l := c.Labels[j]; votes[l] > votes[best] {
			best = l
		}
	}
	for _, j := range id {
		votes[c.Labels[j]] = 0
	}
	return best
}
