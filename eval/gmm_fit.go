package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// GMMConfig says how to fit a GMM by EM. Its defaults are scikit-learn's; for pixels a larger RegCovar (1e-3 to 1e-2)
// guards against components that shrink onto pixels that never change.
type GMMConfig struct {
	K        int        // number of components, 1 ≤ K ≤ N
	RegCovar float64    // ε > 0, added to every variance; 0: 1e-6
	Tol      float64    // stop when the mean log-likelihood changes by less, in nats; 0: 1e-3, < 0: never
	MaxIter  int        // M-steps of a start; 0: 100
	NInit    int        // starts, of which the best counts; 0: 1
	Workers  int        // goroutines; ≤ 0: GOMAXPROCS. The result does not depend on it
	Progress func(Step) // called after every k-means assignment and every E-step, if not nil
}

// Validate returns an error that names the first field out of range.
func (c GMMConfig) Validate() error {
	switch {
	case c.K < 1:
		return fmt.Errorf("eval: GMMConfig: K is %d, must be at least 1", c.K)
	case c.NInit < 0 || c.MaxIter < 0:
		return fmt.Errorf("eval: GMMConfig: NInit %d and MaxIter %d must not be negative", c.NInit, c.MaxIter)
	case math.IsNaN(c.Tol):
		return fmt.Errorf("eval: GMMConfig: Tol is NaN, must be a number")
	case c.RegCovar != 0 && !(c.RegCovar >= 1e-12 && c.RegCovar < math.Inf(1)):
		return fmt.Errorf("eval: GMMConfig: RegCovar is %v, must be 0 (for 1e-6) or at least 1e-12", c.RegCovar)
	}
	return nil
}

// GMMFit is a fitted GMM and how it was found.
//
// EM with a floor ε under the variances need not raise the likelihood L in every step, but it must raise L − P, where
// P = ½ Σ_k π_k Σ_d ε/σ_kd² is taken with the new π on both sides: the M-step is the exact maximum of the lower bound
// minus P, and the E-step makes the lower bound equal to L. So L may fall by no more than P falls. Shortfall is by
// how much a step missed this, at most.
type GMMFit struct {
	GMM
	LogLikelihood []float64 // mean of the rows in nats, after 0, 1, …, Iterations M-steps
	Iterations    int       // M-steps
	Converged     bool      // false: stopped by MaxIter
	Dead          int       // components that no row belongs to (Σr < 2⁻²⁴) in the last M-step
	Shortfall     float64   // nats; rounding leaves a little
	Monotone      bool      // Shortfall ≤ 2⁻²⁰·(D + |L|), what float32 scores explain
}

// FitGMM fits a mixture to the rows of X by EM, from the labels of one k-means++ run per start; the start with the
// greatest final likelihood wins. The E-step leaves out responsibilities that together are below 2⁻²⁴/N (see pruner).
// Dead components stay where they were, see GMMFit.Dead. It returns an error for values that are not finite or too
// large or small for their squares, for K > N, for a likelihood that is not finite, and wrapping ctx.Err() when ctx
// ends.
func FitGMM(ctx context.Context, X Matrix, c GMMConfig, rng *rand.Rand) (*GMMFit, error) {
	c, err := c.forData(X)
	if err != nil {
		return nil, err
	}
	e := newEM(X, c)
	var best *GMMFit
	for init := range c.NInit {
		var progress func(Step)
		if c.Progress != nil {
			progress = func(s Step) { s.Init = init; c.Progress(s) }
		}
		start, err := FitKMeans(ctx, X, KMeansConfig{K: c.K, Workers: c.Workers, Progress: progress}, rng)
		if err != nil {
			return nil, fmt.Errorf("eval: GMM: start %d: %w", init, err)
		}
		fit, err := e.run(ctx, GMMFromLabels(X, start.Labels, c.K, c.RegCovar), init)
		if err != nil {
			return nil, err
		}
		if best == nil || fit.last() > best.last() {
			best = fit
		}
	}
	return best, nil
}

// FitGMMFrom runs EM from the given parameters, which it leaves as they are.
// NInit does not matter. Errors are FitGMM's.
func FitGMMFrom(ctx context.Context, X Matrix, start *GMM, c GMMConfig) (*GMMFit, error) {
	c, err := c.forData(X)
	if err != nil {
		return nil, err
	}
	start.check("FitGMMFrom")
	X.check("FitGMMFrom", start.D)
	if start.K != c.K {
		panic(fmt.Sprintf("eval: FitGMMFrom: start has %d components, want %d", start.K, c.K))
	}
	g := &GMM{start.K, start.D, slices.Clone(start.Weights), slices.Clone(start.Means), slices.Clone(start.Variances)}
	return newEM(X, c).run(ctx, g, 0)
}

// forData fills in defaults and checks the configuration against the data.
func (c GMMConfig) forData(X Matrix) (GMMConfig, error) {
	X.check("GMM", -1)
	if err := c.Validate(); err != nil {
		return c, err
	}
	c.NInit, c.MaxIter = cmp.Or(c.NInit, 1), cmp.Or(c.MaxIter, 100)
	c.Tol, c.RegCovar = cmp.Or(c.Tol, 1e-3), cmp.Or(c.RegCovar, 1e-6)
	return c, X.checkFit("GMM", "components", c.K)
}
