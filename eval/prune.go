package eval

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"deepgmm/internal/kernel"
)

// An E-step need not score every component for every row. The log-score c − Σ_d (x_d·S + M)² falls with every
// dimension, so a component that is far below another's complete score after some of them stays there: its
// responsibility is below what the M-step counts. A third of the dimensions, chosen where components
// differ most, is scored for all components, in lanes of rows. Then every row completes the one that leads, and of the
// others those that it has not ruled out, each only until it falls behind as well.
const (
	pruneK, pruneD = 4, 128 // fewer components or dimensions are all scored
	sampleRows     = 64     // that say where components differ
	chunk          = kernel.Lanes
	firstShare     = 3 // of the chunks, one in so many is scored for all components
	denseShare     = 2 // a block of which more than one in so many components is not ruled out is scored as a whole
)

// pruner is what the blocks of one E-step share.
type pruner struct {
	D             int
	cols          []int          // where the first chunks begin in a row; the last one may have fewer columns
	rest          kernel.Table   // where the others begin, an even number
	first, second kernel.Weights // of the first chunks and of the others, in this order
	table, tail   kernel.Table   // of both in lanes
	reach         float64        // nats below the best score where a component ceases to matter: log(N·K/noise)
}

// newPruner makes one for blocks of n rows, or returns nil where scoring everything is as good.
func newPruner(X Matrix, w kernel.Weights, n int) *pruner {
	if w.K < pruneK || w.D < pruneD || X.N < sampleRows {
		return nil
	}
	order := chunkOrder(X, w)
	p := &pruner{D: X.D, reach: math.Log(float64(X.N) * float64(w.K) / noise)}
	split := len(order) / firstShare
	split += (len(order) - split) % 2 // chunks come in pairs in the kernel
	for _, c := range order[:split] {
		p.cols = append(p.cols, c*chunk)
	}
	if whole := len(order) * chunk; whole < X.D {
		p.cols = append(p.cols, whole)
	}
	var rest []int32
	for _, c := range order[split:] {
		rest = append(rest, int32(c*chunk))
	}
	p.rest = kernel.NewTable(rest)
	p.first, p.second = kernel.Weights{K: w.K, C: w.C}, kernel.Weights{K: w.K, C: make([]float32, w.K)}
	for k := range w.K {
		S, M := w.S[k*w.D:(k+1)*w.D], w.M[k*w.D:(k+1)*w.D]
		for _, c := range p.cols {
			end := min(c+chunk, w.D)
			p.first.S, p.first.M = append(p.first.S, S[c:end]...), append(p.first.M, M[c:end]...)
		}
		for _, c := range rest {
			p.second.S, p.second.M = append(p.second.S, S[c:c+chunk]...), append(p.second.M, M[c:c+chunk]...)
		}
	}
	p.first.D, p.second.D = len(p.first.S)/w.K, len(rest)*chunk
	p.table, p.tail = kernel.Contiguous(p.first.D, n), kernel.Contiguous(p.second.D, n)
	return p
}

// chunkOrder ranks the whole chunks of 16 dimensions by how much they lower the log-scores of some rows, the most
// first; what a chunk takes off more than suffices to rule a component out does not count.
func chunkOrder(X Matrix, w kernel.Weights) []int {
	const n = sampleRows
	x, rows := make([]float32, w.D*n), kernel.Contiguous(w.D, n)
	for j := range n {
		kernel.Transpose(x[j:], n, X.Row(j*(X.N/n)), w.D, 1, w.D)
	}
	enough := float32(-2 * math.Log(float64(X.N)*float64(w.K)/noise))
	w.C = make([]float32, w.K)
	lowers, part := make([]float32, w.D/chunk), make([]float32, w.K*n)
	order := make([]int, len(lowers))
	for c := range order {
		order[c] = c
		kernel.ScorePart(part, x, rows, w, n, c*chunk, (c+1)*chunk)
		for _, v := range part {
			lowers[c] -= max(v, enough)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lowers[b], lowers[a]) })
	return order
}

// survivor is a component that may matter for a row of a block.
type survivor struct {
	k, j  int32
	score float32
	r     float64 // responsibility, after weigh
}

// sparse is one worker's block of rows of which few components matter.
type sparse struct {
	*block
	rows  []float32 // n×D, of the data
	more  []float32 // K×n, the rest of the scores
	limit []float32 // n, the score below which a component does not matter
	mask  []uint16  // K×(n/16)
	found []survivor
	total []float64 // n, Σ exp(score − best)
	r     []float64 // responsibilities of one component, and where its rows begin
	off   []int32
}

func newSparse(b *block, D int) *sparse {
	return &sparse{
		block: b, rows: make([]float32, b.n*D), more: make([]float32, b.K*b.n), limit: make([]float32, b.n),
		mask: make([]uint16, b.K*b.n/kernel.Lanes), total: make([]float64, b.n),
	}
}

// load copies some rows of the data, n at most: all that follows finds them in a few pages of near memory.
func (b *sparse) load(rows []float32) { copy(b.rows, rows) }

// lead scores the first dimensions of a block's rows for all components and completes the leaders: best is their
// score. It returns how many components are not ruled out for a row, summed over the rows.
func (b *sparse) lead(rows int, p *pruner) (open int) {
	for at, c := range p.cols {
		kernel.Transpose(b.x[at*chunk*b.n:], b.n, b.rows[c:rows*p.D], p.D, rows, min(chunk, p.D-c))
	}
	kernel.Score(b.l, b.x, p.table, p.first, b.n)
	kernel.Best(b.best, b.arg, b.l, b.K, b.n)
	for j := range b.n {
		b.limit[j] = float32(math.Inf(1)) // no row there
		if j < rows {
			b.best[j] = b.complete(int(b.arg[j]), j, p, float32(math.Inf(-1)))
			b.limit[j] = float32(float64(b.best[j]) - p.reach)
		}
	}
	groups := b.n / kernel.Lanes
	for k := range b.K {
		kernel.Within(b.mask[k*groups:], b.limit, b.l[k*b.n:(k+1)*b.n], 0)
	}
	for _, m := range b.mask {
		open += bits.OnesCount16(m)
	}
	return open
}

// complete goes on with the score of component k for item j until it is complete or below limit.
func (b *sparse) complete(k, j int, p *pruner, limit float32) float32 {
	w := p.second.Rows(k, k+1)
	return kernel.ScoreRow(b.rows[j*p.D:(j+1)*p.D], p.rest, w.S, w.M, b.l[k*b.n+j], limit)
}

// follow completes the components that are not ruled out: found are those that matter, in the order of k.
func (b *sparse) follow(rows int, p *pruner) {
	b.found = b.found[:0]
	groups := b.n / kernel.Lanes
	for at, m := range b.mask {
		k := at / groups
		for ; m != 0; m &= m - 1 {
			j := at%groups*kernel.Lanes + bits.TrailingZeros16(m)
			if j >= rows {
				break
			}
			score := b.best[j]
			if k != int(b.arg[j]) {
				score = b.complete(k, j, p, b.limit[j])
			}
			if score >= b.limit[j] {
				b.found = append(b.found, survivor{k: int32(k), j: int32(j), score: score})
			}
		}
	}
}

// weigh turns the scores of what was found into responsibilities, and returns Σ log Σ_k exp ℓ_k over the rows.
func (b *sparse) weigh(rows int) (log float64) {
	for _, f := range b.found {
		b.best[f.j] = max(b.best[f.j], f.score)
	}
	clear(b.total)
	for i, f := range b.found {
		b.found[i].r = math.Exp(float64(f.score - b.best[f.j]))
		b.total[f.j] += b.found[i].r
	}
	for j, s := range b.total[:rows] {
		log += float64(b.best[j]) + math.Log(s)
	}
	for i, f := range b.found {
		b.found[i].r /= b.total[f.j]
	}
	return log
}

// expect finds the responsibilities of a block and returns Σ log Σ_k exp ℓ_k over its rows.
func (b *sparse) expect(rows int, w kernel.Weights, p *pruner) float64 {
	switch {
	case p == nil:
		b.score(Matrix{rows, w.D, b.rows[:rows*w.D]}, 0, rows, w)
	case b.lead(rows, p) <= rows*b.K/denseShare:
		b.follow(rows, p)
		return b.weigh(rows)
	default:
		b.finish(rows, p)
	}
	return b.all(rows)
}

// finish completes the scores of all components.
func (b *sparse) finish(rows int, p *pruner) {
	for at := range p.rest.Len() {
		kernel.Transpose(b.x[at*chunk*b.n:], b.n, b.rows[p.rest.At(at):rows*p.D], p.D, rows, chunk)
	}
	kernel.Score(b.more, b.x, p.tail, p.second, b.n)
	for i, v := range b.more {
		b.l[i] += v
	}
	kernel.Best(b.best, b.arg, b.l, b.K, b.n)
}

// all is follow and weigh in one for complete scores of all components.
func (b *sparse) all(rows int) (log float64) {
	b.softmax()
	for j := range rows {
		log += b.logSum(j)
	}
	b.found = b.found[:0]
	for k := range b.K {
		for j, r := range b.l[k*b.n:][:rows] {
			if r > 0 {
				b.found = append(b.found, survivor{k: int32(k), j: int32(j), r: float64(r)})
			}
		}
	}
	return log
}

// collect adds the rows of a block to the moments of the components that were found, where r ≥ least.
func (b *sparse) collect(m *moments, least float64) {
	for f := b.found; len(f) > 0; {
		k := f[0].k
		b.r, b.off = b.r[:0], b.off[:0]
		for ; len(f) > 0 && f[0].k == k; f = f[1:] {
			if f[0].r >= least {
				b.r, b.off = append(b.r, f[0].r), append(b.off, f[0].j*int32(m.D))
			}
		}
		m.addRows(int(k), b.r, b.rows, b.off)
	}
}
