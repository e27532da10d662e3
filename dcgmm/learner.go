package dcgmm

import "deepgmm/internal/kernel"

// positionShards is the number of partial sums of a shared mixture over many
// positions. It is a constant, so that sums add up in the same order for any number of workers.
const positionShards = 8

// A learner holds what one layer needs beside its parameters to be trained:
// annealing, and the sums per winning component of one step (model.md §3, segment sums).
type learner struct {
	layer, K, D, P int
	ld             int // row length of X and Q, D padded
	shards         int // sums kept apart: one per set, or per group of positions
	wide           bool
	ann            annealing
	grid           *Neighbourhood

	X, Q []float32   // shards×(K+1)×ld: Σx and Σx² of each winner's vectors; row K takes the padding lanes
	wins []int32     // shards×K: vectors won
	loss []float64   // P
	tot  []float64   // sets×K: S, the mixed counts
	logs [][]float64 // per dimension chunk: sets×K partial Σ log s
	bad  []bool      // per update task: a parameter became NaN or Inf
	used []int64     // K: vectors won in the window under way

	chunk  int       // dimensions per update task
	l      []float32 // P×K×n log-scores; only layers with few positions
	arg    []int32   // P×n winners; the same
	counts []float64 // scratch, K
}

// fewPositions separates layers that are split over positions from layers
// (usually one position, thousands of dimensions) that are split over components and dimensions.
const fewPositions = 8

func newLearner(net *Network, layer, n int, c *Config) *learner {
	pl, g := net.plans[layer], net.gmms[layer]
	t := &learner{layer: layer, K: g.K, D: g.D, P: pl.out.H * pl.out.W, ld: kernel.Pad(g.D), shards: g.Sets,
		ann: newAnnealing(c, g.K), grid: NewNeighbourhood(g.K)}
	t.wide = t.P >= fewPositions
	if t.wide && !pl.own {
		t.shards = positionShards
	}
	t.X, t.Q = make([]float32, t.shards*(t.K+1)*t.ld), make([]float32, t.shards*(t.K+1)*t.ld)
	t.wins, t.loss = make([]int32, t.shards*t.K), make([]float64, t.P)
	t.tot, t.counts, t.used = make([]float64, g.Sets*t.K), make([]float64, t.K), make([]int64, t.K)
	t.chunk = g.chunk()
	chunks := t.chunks()
	t.logs, t.bad = make([][]float64, chunks), make([]bool, chunks*g.Sets)
	for i := range t.logs {
		t.logs[i] = make([]float64, g.Sets*t.K)
	}
	if !t.wide {
		t.l, t.arg = make([]float32, t.P*t.K*n), make([]int32, t.P*n)
	}
	return t
}

func (t *learner) chunks() int { return (t.D + t.chunk - 1) / t.chunk }

// span returns the dimensions of chunk i, padded at the end.
func (t *learner) span(i int) (d0, d1 int) { return i * t.chunk, min((i+1)*t.chunk, t.ld) }

// scratch is what one worker needs for a block of n lanes.
type scratch struct {
	l, smooth, tmp  []float32 // K×n
	best, sum       []float32 // n
	arg, plain      []int32   // n: winners of the smoothed scores, and of the scores
	mixX, mixQ, mix []float32 // K×chunk
}

func newScratch(ls []*learner, n int) *scratch {
	var block, mixed int
	for _, t := range ls {
		block, mixed = max(block, t.K*n), max(mixed, t.K*min(t.chunk, t.ld))
	}
	f := func(n int) []float32 { return make([]float32, n) }
	return &scratch{f(block), f(block), f(block), f(n), f(n), make([]int32, n), make([]int32, n), f(mixed), f(mixed), f(mixed)}
}

// winners finds k* of every lane from log-scores l (K×n): the maximum of the
// smoothed scores Σ_j G_kj ℓ_j. It returns the sum of these maxima over the valid lanes
// and sends the other lanes to the spare component K. best is left as that of l itself.
func (t *learner) winners(s *scratch, arg []int32, l []float32, n, valid int) (loss float64) {
	from := l
	if !t.grid.identity {
		t.grid.apply(s.smooth, s.tmp, n, l, n, n)
		from = s.smooth
	}
	kernel.Best(s.best, arg, from, t.K, n)
	for i := range valid {
		loss += float64(s.best[i])
	}
	for i := valid; i < n; i++ {
		arg[i] = int32(t.K)
	}
	if !t.grid.identity {
		kernel.Best(s.best, s.plain, l, t.K, n)
	}
	return loss
}

// accumulate adds the vectors of a position to the sums of their winners, dimensions d0 ≤ d < d1.
func (t *learner) accumulate(p *pass, shard, pos int, arg []int32, d0, d1 int) {
	at := shard*(t.K+1)*t.ld + d0
	end := (shard + 1) * (t.K + 1) * t.ld
	kernel.Accumulate(t.X[at:end], t.Q[at:end], t.ld, p.patch(t.layer, pos), p.off[t.layer][d0:d1], arg, p.n)
}

func (t *learner) count(shard int, arg []int32) {
	wins := t.wins[shard*t.K:][:t.K]
	for _, k := range arg {
		wins[k]++
	}
}
