package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/floats"
)

// seedCenters draws K rows of X by greedy k-means++: each next centre is, of 2+⌊log K⌋ rows drawn in proportion to
// the squared distance from the centres so far, the one that leaves the least sum of squared distances.
func seedCenters(ctx context.Context, X Matrix, c KMeansConfig, rng *rand.Rand) ([]float32, error) {
	s := newSeeder(X, 2+int(math.Log(float64(c.K))), c.Workers)
	centers := make([]float32, 0, c.K*X.D)
	candidates := []int{rng.IntN(X.N)}
	for k := range c.K {
		if k > 0 {
			candidates = s.draw(rng)
		}
		best, err := s.add(ctx, candidates)
		if err != nil {
			return nil, err
		}
		centers = append(centers, X.Row(best)...)
	}
	return centers, nil
}

// seeder keeps every row's squared distance to the nearest centre so far.
type seeder struct {
	X       Matrix
	closest []float32   // N
	trial   [][]float32 // candidates × N: closest, were the candidate a centre
	cum     []float64   // N: running sum of closest
	bufs    []*seedBuffer
}

type seedBuffer struct {
	*block
	potential []float64 // per candidate, of one shard
}

func newSeeder(X Matrix, candidates, workers int) *seeder {
	s := &seeder{X: X, closest: make([]float32, X.N), cum: make([]float64, X.N), trial: make([][]float32, candidates)}
	for i := range s.closest {
		s.closest[i] = float32(math.Inf(1))
	}
	for j := range s.trial {
		s.trial[j] = make([]float32, X.N)
	}
	s.bufs = buffers(workers, X.N, shardRows, func() *seedBuffer {
		return &seedBuffer{newBlock(candidates, X), make([]float64, candidates)}
	})
	return s
}

// add makes the best of the candidate rows a centre and returns its index.
func (s *seeder) add(ctx context.Context, candidates []int) (int, error) {
	J := len(candidates)
	rows := make([]float32, 0, J*s.X.D)
	for _, i := range candidates {
		rows = append(rows, s.X.Row(i)...)
	}
	w := squaredDistances(rows, J, s.X.D)
	total := make([]float64, J)
	err := inOrder(ctx, s.X.N, shardRows, s.bufs, func(i0, i1 int, b *seedBuffer) {
		clear(b.potential)
		b.K = J
		inBlocks(i0, i1, func(i0, i1 int) {
			b.score(s.X, i0, i1, w)
			s.try(b, i0, i1)
		})
	}, func(b *seedBuffer) { floats.Add(total, b.potential[:J]) })
	best := floats.MinIdx(total)
	s.closest, s.trial[best] = s.trial[best], s.closest
	return candidates[best], err
}

// try fills the trial distances of the rows i0 ≤ i < i1 from the block's scores.
func (s *seeder) try(b *seedBuffer, i0, i1 int) {
	for j := range b.K {
		out, old := s.trial[j][i0:i1], s.closest[i0:i1]
		for i, l := range b.l[j*b.n:][:i1-i0] {
			out[i] = min(old[i], -l)
			b.potential[j] += float64(out[i])
		}
	}
}

// draw picks the next candidates in proportion to closest; uniformly once every row coincides with a centre.
func (s *seeder) draw(rng *rand.Rand) []int {
	var sum float64
	for i, d := range s.closest {
		sum += float64(d)
		s.cum[i] = sum
	}
	out := make([]int, len(s.trial))
	for j := range out {
		if sum == 0 {
			out[j] = rng.IntN(s.X.N)
			continue
		}
		u := rng.Float64() * sum
		out[j] = min(sort.Search(s.X.N, func(i int) bool { return s.cum[i] > u }), s.X.N-1)
	}
	return out
}
