package eval

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
)

// Link joins rows I < J at a distance.
type Link struct {
	I, J     int
	Distance float64
}

// linkDims is the number of principal components that most pairs of rows are told apart by.
const linkDims = 32

// Links finds which rows of X are no farther apart than radius, by Euclidean distance, and returns the minimum spanning
// forest of all these pairs (Kruskal 1956), nearest first: the connected rows are its trees, and every row that has
// others in reach is linked to the nearest of them. versions are X with every row changed in some way, made one after
// the other, or nil; the distance of two rows is the least of that between them and those between one of them and a
// version of the other.
//
// No pair is missed: the coordinates along the first principal components, which are orthonormal, tell which pairs are
// too far apart, and all others are measured in float64. Memory is for few distances at once. It returns an error for
// values that are not finite, that of a version, and one wrapping ctx.Err() when ctx ends. It panics if versions have
// another shape, or for a radius that is negative or not finite. Workers ≤ 0: GOMAXPROCS; the result does not depend on
// it.
func Links(ctx context.Context, X Matrix, versions iter.Seq2[Matrix, error], radius float64,
	workers int) ([]Link, error) {
	X.check("Links", -1)
	if !(radius >= 0) || math.IsInf(radius, 0) {
		panic(fmt.Sprintf("eval: Links: a radius of %v", radius))
	}
	if X.N < 2 {
		return nil, nil
	}
	if err := X.checkFinite(); err != nil {
		return nil, fmt.Errorf("eval: links: %w", err)
	}
	short, err := newShortener(ctx, X, workers)
	if err != nil {
		return nil, err
	}
	f := &forest{n: X.N}
	if err := f.search(ctx, X, X, short, radius, workers); err != nil || versions == nil {
		return f.links, err
	}
	for v, err := range versions {
		if err == nil {
			err = f.searchVersion(ctx, v, X, short, radius, workers)
		}
		if err != nil {
			return nil, err
		}
	}
	return f.links, nil
}

// searchVersion is search for a version of X that comes from the caller.
func (f *forest) searchVersion(ctx context.Context, v, X Matrix, short *shortener, radius float64, workers int) error {
	v.check("Links", X.D)
	if v.N != X.N {
		panic(fmt.Sprintf("eval: Links: a version of %d rows, not %d", v.N, X.N))
	}
	if err := v.checkFinite(); err != nil {
		return fmt.Errorf("eval: links: %w", err)
	}
	return f.search(ctx, v, X, short, radius, workers)
}

// shortener takes rows to few coordinates whose distances are no larger, but for rounding.
type shortener struct {
	pca     *PCA
	of      Matrix // coordinates of X
	workers int
}

// newShortener finds the coordinates. It does without where they would be no fewer.
func newShortener(ctx context.Context, X Matrix, workers int) (*shortener, error) {
	s := &shortener{of: X, workers: workers}
	if X.D <= 2*linkDims {
		return s, nil
	}
	var err error
	if s.pca, err = FitPCA(ctx, X, linkDims, workers); err != nil {
		return nil, err
	}
	s.of = s.shorten(X)
	return s, nil
}

func (s *shortener) shorten(X Matrix) Matrix {
	if s.pca == nil {
		return X
	}
	return s.pca.Project(nil, X, s.workers)
}

// reach is the distance of coordinates beyond which rows are certainly farther apart than radius. Components are
// orthonormal to 10⁻⁵ in float32, and coordinates right to (D+4)·2⁻²⁴ of the distance from the mean (see Project).
func (s *shortener) reach(radius float64, A, X Matrix) float64 {
	if s.pca == nil {
		return radius
	}
	far := 0.0
	for _, m := range []Matrix{A, X} {
		for i := range m.N {
			d2 := 0.0
			for d, v := range m.Row(i) {
				d2 += float64((float64(v) - s.pca.Mean[d]) * (float64(v) - s.pca.Mean[d]))
			}
			far = max(far, d2)
		}
	}
	return float64(radius*(1+1e-4)) + float64(2*float64(X.D+4)*0x1p-24*math.Sqrt(far))
}

// forest is the minimum spanning forest of the links so far.
type forest struct {
	n     int
	mu    sync.Mutex
	links []Link
}

// search adds the links between rows of A, a version of X, and of X.
func (f *forest) search(ctx context.Context, A, X Matrix, short *shortener, radius float64, workers int) error {
	near := short.of
	if &A.X[0] != &X.X[0] {
		near = short.shorten(A)
	}
	p, reach2, radius2 := newDistances(near, short.of), math.Pow(short.reach(radius, A, X), 2), radius*radius
	found := make([][]Link, parts(A.N, tileRows)) // by unit of rows, each of which belongs to one goroutine
	err := p.each(ctx, workers, func(t *tile) {
		unit := &found[t.i0/tileRows]
		for i := t.i0; i < t.i1; i++ {
			for j, low := range t.row(i) {
				if i == t.j0+j || float64(low) > reach2 {
					continue
				}
				if d2 := squaredDistance(A.Row(i), X.Row(t.j0+j)); d2 <= radius2 {
					*unit = append(*unit, Link{min(i, t.j0+j), max(i, t.j0+j), math.Sqrt(d2)})
				}
			}
		}
		if len(*unit) > 4*f.n || t.j1 == X.N {
			f.add(*unit)
			*unit = (*unit)[:0]
		}
	})
	if err != nil {
		f.links = nil
		return fmt.Errorf("eval: links: %w", err)
	}
	return nil
}

// add takes links into the forest. Of all links together it is one and the same, in whatever order they come: no two
// distinct ones are equal.
func (f *forest) add(links []Link) {
	if len(links) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := append(f.links, links...)
	slices.SortFunc(all, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
	})
	trees := newTrees(f.n)
	f.links = all[:0]
	for _, l := range all {
		if trees.join(l.I, l.J) {
			f.links = append(f.links, l)
		}
	}
}

// trees says which rows are connected: each row has one above it, or itself (Tarjan 1975, with halved paths).
type trees []int

func newTrees(n int) trees {
	t := make(trees, n)
	for i := range t {
		t[i] = i
	}
	return t
}

func (t trees) root(i int) int {
	for t[i] != i {
		t[i] = t[t[i]]
		i = t[i]
	}
	return i
}

// join connects two rows and reports whether they were not yet.
func (t trees) join(i, j int) bool {
	i, j = t.root(i), t.root(j)
	t[max(i, j)] = min(i, j)
	return i != j
}

// Groups are the connected rows of links, each group rising, the first by their first rows. It panics for links beyond
// n rows, for n < 0 and above 2³².
func Groups(n int, links []Link) [][]int {
	checkCount("Groups", n, 1)
	t := newTrees(n)
	for i, l := range links {
		if min(l.I, l.J) < 0 || max(l.I, l.J) >= n {
			panic(fmt.Sprintf("eval: Groups: link %d joins rows %d and %d of %d", i, l.I, l.J, n))
		}
		t.join(l.I, l.J)
	}
	var groups [][]int
	at := map[int]int{}
	size := make([]int, n)
	for i := range n {
		size[t.root(i)]++
	}
	for i := range n {
		r := t.root(i)
		if size[r] < 2 {
			continue
		}
		g, ok := at[r]
		if !ok {
			g = len(groups)
			at[r], groups = g, append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}
