//go:build (amd64 || arm64) && !purego

package kernel

//go:generate go run ./gen/neon -out .

// What the dispatch of all SIMD versions shares.

// whole is how many of n values SIMD code takes, the others are left to portable code.
func whole(n int) int {
	if active == portable {
		return 0
	}
	return n &^ (Lanes - 1)
}

// even is the size of the next tile when left units are cut into the fewest
// tiles of at most most units, all nearly equal: short tiles run slower.
func even(left, most int) int {
	tiles := (left + most - 1) / most
	return (left + tiles - 1) / tiles
}

// matrix is R×J weights: row r begins at v[first+r·row]. A row takes only the terms within reach of r if none of these
// is beyond the ends.
type matrix struct {
	v                       []float32
	R, J, first, row, reach int
}

// terms are the terms that the rows r ≤ k < r+count take.
func (m *matrix) terms(r, count int) (from, to int) {
	if from, to = r-m.reach, r+count+m.reach; from < 0 || to > m.R {
		return 0, m.J
	}
	return from, to
}

// from is the step of the dimensions from d on.
func (c FactorStep) from(d int) FactorStep {
	c.Mu, c.Root, c.Y = c.Mu[d:], c.Root[d:], c.Y[d:]
	if c.X != nil {
		c.X, c.Q = c.X[d:], c.Q[d:]
	}
	return c
}
