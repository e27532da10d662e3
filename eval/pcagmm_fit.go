package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// PCAGMMConfig says how to fit a PCAGMM.
type PCAGMMConfig struct {
	Dims     int        // principal components, at most as many as a row has values; 0: 50, or all values if they are fewer
	K        int        // number of components of the mixture, 1 ≤ K ≤ N
	Floor    float64    // least eigenvalue of a covariance, as a share of the mean variance of the axes; in [1e-6, 1], 0: 0.01
	Tol      float64    // stop when the mean log-likelihood changes by less, in nats; 0: 1e-3, < 0: never
	MaxIter  int        // M-steps of a start; 0: 100
	NInit    int        // starts, of which the best counts; 0: 1
	Workers  int        // goroutines; ≤ 0: GOMAXPROCS. The result does not depend on it
	Progress func(Step) // called after every k-means assignment and every E-step, if not nil
}

// Validate returns an error that names the first field out of range.
func (c PCAGMMConfig) Validate() error {
	switch {
	case c.K < 1:
		return fmt.Errorf("eval: PCAGMMConfig: K is %d, must be at least 1", c.K)
	case c.Dims < 0 || c.NInit < 0 || c.MaxIter < 0:
		return fmt.Errorf("eval: PCAGMMConfig: Dims %d, NInit %d and MaxIter %d must not be negative", c.Dims, c.NInit, c.MaxIter)
	case math.IsNaN(c.Tol):
		return fmt.Errorf("eval: PCAGMMConfig: Tol is NaN, must be a number")
	case c.Floor != 0 && !(c.Floor >= 1e-6 && c.Floor <= 1):
		return fmt.Errorf("eval: PCAGMMConfig: Floor is %v, must be 0 (for 0.01) or in [1e-6, 1]", c.Floor)
	}
	return nil
}

// PCAGMMFit is a fitted PCAGMM and how it was found.
//
// Under a floor below its eigenvalues the likelihood of a Gaussian is greatest at the covariance of the rows with all
// eigenvalues below the floor raised to it. So the M-step is an exact maximum, and no step lowers the likelihood.
type PCAGMMFit struct {
	PCAGMM
	LogLikelihood []float64 // within the space, mean of the rows in nats, after 0, 1, …, Iterations M-steps
	Iterations    int       // M-steps
	Converged     bool      // false: stopped by MaxIter
	Dead          int       // components that no row belongs to (Σr < 2⁻²⁴) in the last M-step
	Shortfall     float64   // by how much a step lowered the likelihood at most, nats; rounding leaves a little
}

const (
	defaultDims  = 50
	defaultFloor = 0.01
	leastNoise   = 0x1p-16 // as a share of the mean variance of the axes: what rows of lower rank get, beyond float32's noise
)

// FitPCAGMM fits the space to the rows of X by FitPCA, and in it a mixture by EM, from the labels of one k-means++ run
// per start; the start with the greatest final likelihood wins. Noise is the mean variance of the axes that are left
// out, which maximises the likelihood of whole rows. Responsibilities below 2⁻²⁴/N are not counted. A component that no
// row belongs to begins with the moments of all rows; one that dies later stays where it was, with next to no weight.
//
// Everything is learnt from X: to find outliers, it has to be without them.
//
// It returns an error for Dims > D, K > N, rows that are all alike, values that are not finite or too large or small
// for their squares, for a likelihood that is not finite, and wrapping ctx.Err() when ctx ends. Beside X it holds the
// rows in the space, what FitKMeans holds, and for every worker K·d² float64 values.
func FitPCAGMM(ctx context.Context, X Matrix, c PCAGMMConfig, rng *rand.Rand) (*PCAGMMFit, error) {
	c, err := c.forData(X)
	if err != nil {
		return nil, err
	}
	space, err := FitPCA(ctx, X, c.Dims, c.Workers)
	if err != nil {
		return nil, fmt.Errorf("eval: PCA mixture: %w", err)
	}
	if !(space.Variance[0] > 0) {
		return nil, fmt.Errorf("eval: PCA mixture: all %d rows are alike: there is nothing to fit", X.N)
	}
	e := newSpaceEM(space, space.Project(nil, X, c.Workers), c)
	var best *PCAGMMFit
	for init := range c.NInit {
		fit, err := e.start(ctx, init, rng)
		if err != nil {
			return nil, err
		}
		if best == nil || fit.last() > best.last() {
			best = fit
		}
	}
	return best, nil
}

// forData fills in defaults and checks the configuration against the data.
func (c PCAGMMConfig) forData(X Matrix) (PCAGMMConfig, error) {
	X.check("PCA mixture", -1)
	if err := c.Validate(); err != nil {
		return c, err
	}
	c.Dims, c.Floor = cmp.Or(c.Dims, min(defaultDims, X.D)), cmp.Or(c.Floor, defaultFloor)
	c.NInit, c.MaxIter, c.Tol = cmp.Or(c.NInit, 1), cmp.Or(c.MaxIter, 100), cmp.Or(c.Tol, 1e-3)
	if c.Dims > X.D {
		return c, fmt.Errorf("eval: PCA mixture: %d principal components of rows of %d values: lower Dims", c.Dims, X.D)
	}
	return c, X.checkFit("PCA mixture", "components", c.K)
}

// start runs k-means and EM once.
func (e *spaceEM) start(ctx context.Context, init int, rng *rand.Rand) (*PCAGMMFit, error) {
	progress := func(s Step) {
		if s.Init = init; e.c.Progress != nil {
			e.c.Progress(s)
		}
	}
	km, err := FitKMeans(ctx, e.Z, KMeansConfig{K: e.c.K, Workers: e.c.Workers, Progress: progress}, rng)
	if err != nil {
		return nil, fmt.Errorf("eval: PCA mixture: start %d: %w", init, err)
	}
	fit := &PCAGMMFit{PCAGMM: *e.first(km)}
	for {
		L, err := e.expect(ctx, &fit.PCAGMM)
		if err != nil {
			return nil, fmt.Errorf("eval: PCA mixture: iteration %d of %d: %w", fit.Iterations, e.c.MaxIter, err)
		}
		change := fit.record(L)
		progress(Step{Phase: "em", Iteration: fit.Iterations, Value: L})
		fit.Converged = change < e.c.Tol
		if fit.Converged || fit.Iterations == e.c.MaxIter {
			return fit, nil
		}
		fit.Dead = e.maximise(&fit.PCAGMM)
		fit.Iterations++
	}
}

// last is the mean log-likelihood of the final parameters.
func (f *PCAGMMFit) last() float64 { return f.LogLikelihood[len(f.LogLikelihood)-1] }

// record appends the likelihood L after a step, and returns by how much it changed.
func (f *PCAGMMFit) record(L float64) (change float64) {
	change = math.Inf(1)
	if len(f.LogLikelihood) > 0 {
		f.Shortfall = max(f.Shortfall, f.last()-L)
		change = math.Abs(L - f.last())
	}
	f.LogLikelihood = append(f.LogLikelihood, L)
	return change
}
