package eval

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// GenerativeConfig says how generated images are evaluated.
type GenerativeConfig struct {
	H, W, C   int        // shape of an image, channels innermost; C 0: 1
	Dims      int        // dimensions of the PCA space of Fréchet distance and MMD; 0: 50, or D if that is less
	K         int        // neighbours of precision, recall, density and coverage; 0: 5
	MMDRows   int        // images of each kind that the MMD looks at, at most; 0: 2000
	Resamples int        // bootstrap samples of every interval; 0: 400
	Bins      BinsConfig // for NDB; its Workers and Progress do not matter
	Workers   int        // goroutines; ≤ 0: GOMAXPROCS. No result depends on it
	Progress  func(Step) // called after every k-means assignment of the fit, if not nil
}

// Validate returns an error that names the first field out of range.
func (c GenerativeConfig) Validate() error {
	switch {
	case c.H < 1 || c.W < 1 || c.C < 0:
		return fmt.Errorf("eval: GenerativeConfig: images of %d×%d×%d values: H and W must be at least 1, C not negative", c.H, c.W, c.C)
	case c.Dims < 0 || c.K < 0 || c.MMDRows < 0 || c.Resamples < 0 || c.MMDRows == 1:
		return fmt.Errorf("eval: GenerativeConfig: Dims %d, K %d, MMDRows %d and Resamples %d must not be negative, nor MMDRows 1", c.Dims, c.K, c.MMDRows, c.Resamples)
	}
	return c.Bins.Validate()
}

func (c GenerativeConfig) withDefaults() GenerativeConfig {
	c.C = cmp.Or(c.C, 1)
	c.Dims, c.K = cmp.Or(c.Dims, min(50, c.H*c.W*c.C)), cmp.Or(c.K, 5)
	c.MMDRows, c.Resamples = cmp.Or(c.MMDRows, 2000), cmp.Or(c.Resamples, 400)
	c.Bins.Workers, c.Bins.Progress = c.Workers, c.Progress
	return c
}

// GenerativeEvaluator knows two sets of real images, and compares others with them.
// What depends on the real images alone is computed once.
type GenerativeEvaluator struct {
	c        GenerativeConfig
	Space    *PCA      // of the training images
	Bins     *Bins     // of the training images
	Gaussian *Gaussian // of the test images in Space
	Manifold *Manifold // of the test images, in pixels
	MMD      *MMD      // of test images in Space
	energy   []float64 // of the test images
}

// Generative is a row of the table of generators. The intervals are 95 %, by resampling images; they tell how much a
// figure would vary for other images from the same generator, and nothing of other seeds of its training.
type Generative struct {
	N         int      // images evaluated
	Frechet   Interval // squared Fréchet distance to the test images in Space, ≥ 0, low is good
	NDB       Interval // share of bins that differ from training images, in [0, 1], low is good
	JS        Interval // Jensen–Shannon divergence of bin shares, in nats, low is good
	Precision Interval // in [0, 1], high is good
	Recall    Interval // in [0, 1], high is good
	Density   Interval // ≥ 0, near 1 for test images' like
	Coverage  Interval // in [0, 1], high is good
	Energy    Interval // gradient energy over that of the test images, 1 is good
	MMD       Interval // unbiased MMD² to the test images in Space, near 0 is good
	MMDPValue float64  // in (0, 1]: small = not the distribution of the test images
	Bins      []int    `json:",omitempty"` // images in each of the bins of NDB
}

// FitGenerative prepares the comparison with real images: the space and the bins are of the training images train,
// the rest of the test images test. It returns an error for a configuration out of range, for values that are not
// finite, for too few images, for flat ones, and wrapping ctx.Err() when ctx ends. It panics unless both have H·W·C
// columns.
func FitGenerative(ctx context.Context, train, test Matrix, c GenerativeConfig, rng *rand.Rand) (*GenerativeEvaluator, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	train.checkImages("FitGenerative", c.H, c.W, c.C)
	test.checkImages("FitGenerative", c.H, c.W, c.C)
	if c.Dims > train.D {
		return nil, fmt.Errorf("eval: GenerativeConfig: Dims is %d, images have %d values: lower Dims", c.Dims, train.D)
	}
	j := &GenerativeEvaluator{c: c}
	var err error
	if j.Space, err = FitPCA(ctx, train, c.Dims, c.Workers); err != nil {
		return nil, fmt.Errorf("eval: generative: training images: %w", err)
	}
	if j.Bins, err = FitBins(ctx, train, c.Bins, rng); err != nil {
		return nil, fmt.Errorf("eval: generative: training images: %w", err)
	}
	if j.Manifold, err = FitManifold(ctx, test, c.K, c.Workers); err != nil {
		return nil, fmt.Errorf("eval: generative: test images: %w", err)
	}
	projected := j.Space.Project(nil, test, c.Workers)
	if j.Gaussian, err = FitGaussian(ctx, projected, c.Workers); err != nil {
		return nil, fmt.Errorf("eval: generative: test images: %w", err)
	}
	if j.MMD, err = FitMMD(projected, c.MMDRows, rng); err != nil {
		return nil, fmt.Errorf("eval: generative: test images: %w", err)
	}
	j.energy = GradientEnergy(nil, test, c.H, c.W, c.C, c.Workers)
	if slices.Max(j.energy) == 0 {
		return nil, fmt.Errorf("eval: generative: test images: every one is flat, so there is no gradient to compare with: take images that show something")
	}
	return j, nil
}

// Evaluate compares generated images, more than K, with the real ones. Training images, noise and means of images can
// be evaluated in the same way, for the ends of every scale: training images get what a perfect generator would (NDB
// and JS aside, which compare with these very images: there test images do). Figures of different N do not compare:
// more images have less bias and more power.
//
// The same images and state of rng give the same result. It returns an error for values that are not finite, for too
// few images, and wrapping ctx.Err(). It panics unless fake has H·W·C columns.
func (j *GenerativeEvaluator) Evaluate(ctx context.Context, fake Matrix, rng *rand.Rand) (Generative, error) {
	c := j.c
	fake.check("Evaluate", c.H*c.W*c.C)
	fail := func(err error) (Generative, error) { return Generative{}, fmt.Errorf("eval: generative: %w", err) }
	m, err := j.Manifold.Evaluate(ctx, fake, c.Resamples, rng, c.Workers)
	if err != nil {
		return fail(err)
	}
	bins, err := j.Bins.NDB(fake, c.Resamples, rng, c.Workers)
	if err != nil {
		return fail(err)
	}
	projected := j.Space.Project(nil, fake, c.Workers)
	frechet, err := j.Gaussian.FrechetTo(ctx, projected, c.Resamples, rng, c.Workers)
	if err != nil {
		return fail(err)
	}
	mmd, err := j.MMD.Test(ctx, projected, c.Resamples, rng, c.Workers)
	if err != nil {
		return fail(err)
	}
	energy := GradientEnergy(nil, fake, c.H, c.W, c.C, c.Workers)
	return Generative{
		N: fake.N, Frechet: frechet, NDB: bins.NDB, JS: bins.JS,
		Precision: m.Precision, Recall: m.Recall, Density: m.Density, Coverage: m.Coverage,
		Energy: EnergyRatio(energy, j.energy, c.Resamples, rng), MMD: mmd.MMD2, MMDPValue: mmd.P, Bins: bins.Own,
	}, nil
}
