package eval

import (
	"context"
	"fmt"
	"math"

	"deepgmm/internal/kernel"
)

// em holds what the starts of one fit share.
type em struct {
	X     Matrix
	c     GMMConfig
	skip  float64 // responsibilities below are not counted
	total *moments
	bufs  []*emBuffer
}

type emBuffer struct {
	*sparse
	sums *moments
}

func newEM(X Matrix, c GMMConfig) *em {
	return &em{
		X: X, c: c, skip: noise / float64(X.N), total: newMoments(c.K, X.D),
		bufs: buffers(c.Workers, X.N, shardRows, func() *emBuffer {
			return &emBuffer{newSparse(newBlock(c.K, X), X.D), newMoments(c.K, X.D)}
		}),
	}
}

// run iterates EM from g, in place.
func (e *em) run(ctx context.Context, g *GMM, init int) (*GMMFit, error) {
	fit := &GMMFit{GMM: *g}
	var allowed float64 // how far the likelihood may fall in this step
	for {
		L, err := e.expect(ctx, g)
		if err != nil {
			return nil, fmt.Errorf("eval: EM: iteration %d of %d: %w", fit.Iterations, e.c.MaxIter, err)
		}
		change := fit.record(L, allowed)
		if e.c.Progress != nil {
			e.c.Progress(Step{Phase: "em", Init: init, Iteration: fit.Iterations, Value: L})
		}
		fit.Converged = change < e.c.Tol
		if fit.Converged || fit.Iterations == e.c.MaxIter {
			fit.Monotone = fit.Shortfall <= (float64(g.D)+math.Abs(L))/(1<<20)
			return fit, nil
		}
		allowed = e.penalty(g)
		fit.Dead = e.total.maximise(g, e.X.N, e.c.RegCovar)
		allowed -= e.penalty(g)
		fit.Iterations++
	}
}

// last is the mean log-likelihood of the final parameters.
func (f *GMMFit) last() float64 { return f.LogLikelihood[len(f.LogLikelihood)-1] }

// record appends the likelihood L after a step that may lower it by allowed
// (a negative value: must raise it), and returns by how much it changed.
func (f *GMMFit) record(L, allowed float64) (change float64) {
	change = math.Inf(1)
	if len(f.LogLikelihood) > 0 {
		rise := L - f.last()
		f.Shortfall = math.Max(f.Shortfall, -rise-allowed)
		change = math.Abs(rise)
	}
	f.LogLikelihood = append(f.LogLikelihood, L)
	return change
}

// penalty is P of GMMFit's comment, with π from the last E-step, in nats.
func (e *em) penalty(g *GMM) float64 {
	var p float64
	for k, n := range e.total.n {
		var inv float64
		for _, v := range g.Variances[k*g.D : (k+1)*g.D] {
			inv += 1 / float64(v)
		}
		p += float64(n * inv)
	}
	return 0.5 * e.c.RegCovar * p / float64(e.X.N)
}

// expect is the E-step: it collects the moments of all rows under g's
// responsibilities and returns the mean log-likelihood.
func (e *em) expect(ctx context.Context, g *GMM) (float64, error) {
	w := g.forms()
	return e.pass(ctx, w, newPruner(e.X, w, e.bufs[0].n))
}

// pass is expect for the forms w; p nil: all scores are complete.
func (e *em) pass(ctx context.Context, w kernel.Weights, p *pruner) (float64, error) {
	e.total.clear()
	err := inOrder(ctx, e.X.N, shardRows, e.bufs, func(i0, i1 int, b *emBuffer) {
		b.sums.clear()
		inBlocks(i0, i1, func(i0, i1 int) {
			b.load(e.X.X[i0*e.X.D : i1*e.X.D])
			b.sums.log += b.expect(i1-i0, w, p)
			b.collect(b.sums, e.skip)
		})
	}, func(b *emBuffer) { e.total.merge(b.sums) })
	L := e.total.log / float64(e.X.N)
	if err == nil && (math.IsNaN(L) || math.IsInf(L, 0)) {
		err = fmt.Errorf("the mean log-likelihood is %v: scale the data to [0, 1] or raise RegCovar (%v)", L, e.c.RegCovar)
	}
	return L, err
}
