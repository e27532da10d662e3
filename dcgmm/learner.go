package dcgmm

import (
	"math"

	"deepgmm/internal/kernel"
)

// positionShards is the number of partial sums of a shared mixture over many
// positions. It is a constant, so that sums add up in the same order for any number of workers.
const positionShards = 8

// A learner holds what one layer needs beside its parameters to be trained:
// annealing, and the sums per winning component of one step (model.md §3, segment sums).
//
// A wide layer has many positions of few dimensions, and is split over the positions: everything is done for a
// position while its log-scores are in cache. Other layers have one position or a few, of
// thousands of dimensions, and are split over the dimensions: first parts of the log-scores, then
// the winners, then sums and update of the same dimensions, whose data is still in the cache of the same core.
type learner struct {
	gmm            *GMM
	layer, K, D, P int
	wide           bool
	ann            annealing
	rate           float64 // ε of the step under way: that of ann, cooled down
	grid           *Neighbourhood
	objective      []float64   // P
	tot            []float64   // sets×K: S, the mixed counts
	logs           [][]float64 // per dimension chunk: sets×K partial Σ log s; NaN until an update has found it
	bad            []bool      // per update task: a parameter became NaN or Inf
	used           []int64     // K: vectors won in the window under way
	wonBySet       []int64     // sets×K: the same of every set; nil without Config.Restart
	chunk          int         // dimensions per update task
	stats          statistics
	optimizer      *ascent   // nil: SGD
	counts, mixed  []float64 // scratch, K
	ones           []float32 // weights of a sum of parts or shards

	// Of a wide layer: sums kept apart, one for each set or for each group of positions.
	shards int
	ld     int       // row length of X and Q, D padded
	X, Q   []float32 // shards×(K+1)×ld: Σx and Σx² of each winner's vectors; row K takes the padding lanes
	wins   []int32   // shards×2×K: vectors won, those of even and of odd lanes

	// Of the others.
	parts int       // of the log-scores, a function of D
	part  []float32 // P×parts×K×n, likewise
	l     []float32 // P×K×n log-scores, with projections behind those of a position
	arg   []int32   // P×n winners
}

// fewPositions separates layers that are split over positions from the others.
const fewPositions = 8

// mostParts of log-scores are computed side by side in a layer of few positions.
const mostParts = 8

func newLearner(net *Network, layer, n int, c *Config) *learner {
	pl, g := net.layers[layer], net.layers[layer].gmm
	t := &learner{gmm: g, layer: layer, K: g.K, D: g.D, P: pl.P(), ld: kernel.Pad(g.D),
		ann: newAnnealing(c, g.K), grid: NewNeighbourhood(g.K)}
	t.wide = t.P >= fewPositions
	t.objective = make([]float64, t.P)
	t.tot, t.counts, t.mixed, t.used = make([]float64, g.Sets*t.K), make([]float64, t.K), make([]float64, t.K), make([]int64, t.K)
	t.chunk = g.chunk()
	t.optimizer = newAscent(g, c)
	if c.Restart > 0 {
		t.wonBySet = make([]int64, g.Sets*g.K)
	}
	chunks := t.chunks()
	t.logs, t.bad = make([][]float64, chunks), make([]bool, chunks*g.Sets)
	for i := range t.logs {
		t.logs[i] = make([]float64, g.Sets*t.K)
	}
	t.forgetLogs()
	if t.wide {
		t.shards = g.Sets
		if !pl.PerPosition {
			t.shards = positionShards
		}
		t.X, t.Q = make([]float32, t.shards*(t.K+1)*t.ld), make([]float32, t.shards*(t.K+1)*t.ld)
		t.wins = make([]int32, t.shards*2*t.K)
		t.ones = ones(t.shards / g.Sets)
		t.stats = g.family.newStatistics(t, n)
		return t
	}
	t.stats = g.family.newStatistics(t, n)
	t.parts = min(mostParts, chunks)
	t.part, t.ones = make([]float32, t.P*t.parts*g.family.rows()*n), ones(t.parts)
	t.l, t.arg = make([]float32, t.P*g.family.rows()*n), make([]int32, t.P*n)
	return t
}

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// forgetLogs is for parameters that did not come from an update.
func (t *learner) forgetLogs() {
	for _, logs := range t.logs {
		for i := range logs {
			logs[i] = math.NaN()
		}
	}
}

// idle reports whether an update leaves component at of all sets as it is: no vector counts for it, as for most of many
// components once annealing is over, so all of its sums are 0. Optimizers with averages move it all the same.
func (t *learner) idle(at int) bool { return t.tot[at] == 0 && t.optimizer == nil }

func (t *learner) chunks() int { return (t.D + t.chunk - 1) / t.chunk }

// span returns the dimensions of chunk i.
func (t *learner) span(i int) (d0, d1 int) { return i * t.chunk, min((i+1)*t.chunk, t.D) }

// partSpan returns the dimensions of part i of the log-scores: whole chunks.
func (t *learner) partSpan(i int) (d0, d1 int) {
	return i * t.chunks() / t.parts * t.chunk, min((i+1)*t.chunks()/t.parts*t.chunk, t.D)
}

// scratch is what one worker needs for a block of n lanes.
type scratch struct {
	l           []float32 // K×n, and what the family has behind it
	smooth, tmp []float32 // K×mixLanes
	best, sum   []float32 // n
	arg         []int32   // n: winners
	X, Q        []float32 // (K+1)×chunk: sums of one chunk
	mixX, mixQ  []float32 // K×chunk
	gm, gs      []float32 // chunk: gradients, of optimizers other than SGD
	family      []any     // by layer
	update      update
}

func newScratch(ls []*learner, n int) *scratch {
	var block, mixed, sums, widest, row int
	s := &scratch{}
	for _, t := range ls {
		chunk := kernel.Pad(min(t.chunk, t.D))
		block, mixed, sums, widest = max(block, t.gmm.family.rows()*n), max(mixed, t.K*chunk), max(sums, (t.K+1)*chunk), max(widest, t.K)
		if t.optimizer != nil {
			row = max(row, chunk)
		}
		s.family = append(s.family, t.stats.newScratch(n))
	}
	f := func(n int) []float32 { return make([]float32, n) }
	s.l, s.smooth, s.tmp, s.best, s.sum, s.arg = f(block), f(widest*mixLanes), f(widest*mixLanes), f(n), f(n), make([]int32, n)
	s.X, s.Q, s.mixX, s.mixQ, s.gm, s.gs = f(sums), f(sums), f(mixed), f(mixed), f(row), f(row)
	return s
}

// winners finds k* of every lane from log-scores l (K×n): the maximum of the
// smoothed scores Σ_j G_kj ℓ_j. It returns the sum of these maxima over the valid lanes
// and sends the other lanes to the spare component K. best is left as that of l itself.
func (t *learner) winners(s *scratch, arg []int32, l []float32, n, valid int) (objective float64) {
	if t.grid.identity {
		kernel.Best(s.best, arg, l, t.K, n)
		objective = sum(s.best[:valid])
	} else {
		for i := 0; i < n; i += mixLanes { // so that what is smoothed is still in the first-level cache
			ld := min(mixLanes, n-i)
			t.grid.apply(s.smooth, s.tmp, ld, l[i:], n, ld)
			kernel.Best(s.best[i:], arg[i:], s.smooth, t.K, ld)
		}
		objective = sum(s.best[:valid])
		kernel.Top(s.best, l, t.K, n)
	}
	for i := valid; i < n; i++ {
		arg[i] = int32(t.K)
	}
	return objective
}

// sum adds in four lanes: one would wait for its own result.
func sum(v []float32) float64 {
	var s [4]float64
	for ; len(v) >= 4; v = v[4:] {
		s[0] += float64(v[0])
		s[1] += float64(v[1])
		s[2] += float64(v[2])
		s[3] += float64(v[3])
	}
	for i, x := range v {
		s[i] += float64(x)
	}
	return s[0] + s[1] + (s[2] + s[3])
}

// accumulate adds the vectors of a position to the sums of their winners in a shard of a wide layer.
func (t *learner) accumulate(p *pass, shard, pos int, arg []int32) {
	at, end := shard*(t.K+1)*t.ld, (shard+1)*(t.K+1)*t.ld
	kernel.Accumulate(t.X[at:end], t.Q[at:end], t.ld, p.patch(t.layer, pos), p.table[t.layer], arg, p.n)
}

// count counts the winners of a shard: even and odd lanes apart, or neighbours of one component would wait for each
// other.
func (t *learner) count(shard int, arg []int32) {
	even, odd := t.wins[shard*2*t.K:][:t.K], t.wins[(shard*2+1)*t.K:][:t.K]
	for ; len(arg) >= 2; arg = arg[2:] {
		even[arg[0]]++
		odd[arg[1]]++
	}
	for _, k := range arg {
		even[k]++
	}
}
