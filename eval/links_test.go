package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// linksByHand measures all pairs in float64.
func linksByHand(X Matrix, versions []Matrix, radius float64) []Link {
	var all []Link
	for i := range X.N {
		for j := i + 1; j < X.N; j++ {
			d2 := squaredDistance(X.Row(i), X.Row(j))
			for _, v := range versions {
				d2 = min(d2, squaredDistance(v.Row(i), X.Row(j)), squaredDistance(X.Row(i), v.Row(j)))
			}
			if d := math.Sqrt(d2); d2 <= radius*radius {
				all = append(all, Link{i, j, d})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Link) int { return cmp.Compare(a.Distance, b.Distance) })
	var forest []Link
	group := make([]int, X.N)
	for i := range group {
		group[i] = i
	}
	for _, l := range all {
		from, to := group[l.J], group[l.I]
		if from == to {
			continue
		}
		forest = append(forest, l)
		for i, g := range group {
			if g == from {
				group[i] = to
			}
		}
	}
	return forest
}

// each is versions, made one after the other.
func each(versions []Matrix) iter.Seq2[Matrix, error] {
	if versions == nil {
		return nil
	}
	return func(yield func(Matrix, error) bool) {
		for _, v := range versions {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// clouds are rows in small clouds, some rows the same as others, and versions that are moved.
func clouds(r *rand.Rand, N, D int) (X, moved Matrix) {
	X, moved = Matrix{N, D, make([]float32, N*D)}, Matrix{N, D, make([]float32, N*D)}
	for i := range N {
		centre := rand.New(rand.NewPCG(uint64(i%(N/5)), 1))
		for d := range D {
			X.X[i*D+d] = float32(centre.NormFloat64() + 0.05*r.NormFloat64())
		}
		if i > 0 && i%7 == 0 {
			copy(X.Row(i), X.Row(r.IntN(i)))
		}
		for d := range D {
			moved.X[i*D+d] = X.X[i*D+(d+1)%D]
		}
		if i > 0 && i%11 == 0 {
			copy(X.Row(i), moved.Row(i-1))
		}
	}
	return X, moved
}

// Links are those of all pairs by hand, whatever the dimension, the radius and the number of workers.
func TestLinksAreThoseOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	linked := 0
	for _, shape := range [][2]int{{40, 3}, {150, 64}, {160, 65}, {530, 90}} {
		X, moved := clouds(r, shape[0], shape[1])
		for _, radius := range []float64{0, 0.05, 0.8, 1.2, 100} {
			for _, versions := range [][]Matrix{nil, {moved}} {
				want := linksByHand(X, versions, radius)
				linked += len(want)
				for _, workers := range []int{1, 3} {
					got, err := Links(context.Background(), X, each(versions), radius, workers)
					if err != nil || !slices.Equal(got, want) {
						t.Fatalf("%v, radius %v, %d versions, %d workers: %d links, want %d, %v", shape, radius, len(versions), workers, len(got), len(want), err)
					}
				}
			}
		}
	}
	if linked < 1000 {
		t.Errorf("only %d links were compared", linked)
	}
}

// A chain is one group, though its ends are far apart.
func TestGroupsOfLinks(t *testing.T) {
	X := Matrix{7, 1, []float32{0, 10, 1, 2, 20, 10.5, 30}}
	links, err := Links(context.Background(), X, nil, 1, 0)
	if err != nil || !slices.Equal(links, []Link{{1, 5, 0.5}, {0, 2, 1}, {2, 3, 1}}) {
		t.Errorf("%v, %v", links, err)
	}
	if got := Groups(7, links); !reflect.DeepEqual(got, [][]int{{0, 2, 3}, {1, 5}}) {
		t.Errorf("groups %v", got)
	}
	if got := Groups(3, nil); got != nil {
		t.Errorf("groups %v of no links", got)
	}
}

func TestLinksOfBadRows(t *testing.T) {
	bad := Matrix{2, 1, []float32{0, float32(math.NaN())}}
	good := Matrix{2, 1, []float32{0, 1}}
	for name, f := range map[string]func() ([]Link, error){
		"row 1, column 0": func() ([]Link, error) { return Links(context.Background(), bad, nil, 1, 0) },
		"of the data":     func() ([]Link, error) { return Links(context.Background(), good, each([]Matrix{bad}), 1, 0) },
	} {
		if got, err := f(); err == nil || got != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, %v, want %q", got, err, name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := Links(ctx, good, nil, 1, 0); !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("cancelled: %v, %v", got, err)
	}
	failing := func(yield func(Matrix, error) bool) { yield(Matrix{}, errors.New("no version")) }
	if got, err := Links(context.Background(), good, failing, 1, 0); err == nil || got != nil || err.Error() != "no version" {
		t.Errorf("a version that fails: %v, %v", got, err)
	}
	if got, err := Links(context.Background(), Matrix{1, 1, []float32{3}}, nil, 1, 0); got != nil || err != nil {
		t.Errorf("one row: %v, %v", got, err)
	}
}

func ExampleLinks() {
	X := Matrix{N: 5, D: 2, X: []float32{0, 0, 3, 4, 0, 0.5, 9, 9, 3, 4}}
	links, err := Links(context.Background(), X, nil, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(links)
	fmt.Println(Groups(X.N, links))
	// Output:
	// [{1 4 0} {0 2 0.5}]
	// [[0 2] [1 4]]
}
