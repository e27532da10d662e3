package dcgmm

import (
	"math"

	"deepgmm/internal/kernel"
)

// diagonalStatistics needs no sums but those that every family gets.
type diagonalStatistics struct {
	*gaussian
	t *learner
}

func (g *gaussian) newStatistics(t *learner, _ int) statistics { return &diagonalStatistics{g, t} }

func (*diagonalStatistics) prepare()                      {}
func (*diagonalStatistics) add(*pass, *scratch, int, int) {}
func (*diagonalStatistics) tasks() int                    { return 0 }
func (*diagonalStatistics) collect(*pass, *scratch, int)  {}
func (*diagonalStatistics) mix()                          {}
func (*diagonalStatistics) derived() int                  { return 0 }
func (*diagonalStatistics) derive(int)                    {}
func (*diagonalStatistics) newScratch(int) any            { return nil }

// ascend raises means and precision roots, and refreshes what depends on them.
func (g *diagonalStatistics) ascend(_ *pass, s *scratch, u *update) (finite bool) {
	t, f := g.t, &g.form[u.set]
	finite = true
	for k := range g.K {
		if t.idle(u.set*g.K+k) && !math.IsNaN(t.logs[u.chunk][u.set*g.K+k]) {
			continue
		}
		row := k*g.D + u.d0
		at := u.set*g.K*g.D + row
		c := component{g.Mu[at : at+u.d1-u.d0], g.PrecRoot[at:], u.X[k*u.ld:], u.Q[k*u.ld:], f.S[row:], f.M[row:]}
		step := kernel.Step{S: float32(t.tot[u.set*g.K+k]), Mu: float32(u.rate * u.cfg.RateMu), Root: float32(u.rate * u.cfg.RatePrecRoot), Min: minPrecRoot, Max: g.maxPrecRoot}
		var sumLog float64
		var ok bool
		if t.optimizer != nil {
			sumLog, ok = t.optimizer.ascend(c, s.gm, s.gs, at, float32(u.M), step)
		} else {
			sumLog, ok = kernel.Ascend(c.mu, c.root, c.X, c.Q, c.S, c.M, step)
		}
		t.logs[u.chunk][u.set*g.K+k] = sumLog
		finite = finite && ok
	}
	return finite
}
