package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
)

// Metrics of samples, against test images.
var (
	Frechet   = compared("frechet", "Fréchet distance", 2, -1, func(g *eval.Generative) eval.Interval { return g.Frechet })
	NDB       = compared("ndb", "NDB", 2, -1, func(g *eval.Generative) eval.Interval { return g.NDB })
	JS        = compared("js", "JS", 3, -1, func(g *eval.Generative) eval.Interval { return g.JS })
	Precision = compared("precision", "precision", 3, 1, func(g *eval.Generative) eval.Interval { return g.Precision })
	Recall    = compared("recall", "recall", 3, 1, func(g *eval.Generative) eval.Interval { return g.Recall })
	Density   = compared("density", "density", 2, 1, func(g *eval.Generative) eval.Interval { return g.Density })
	Coverage  = compared("coverage", "coverage", 3, 1, func(g *eval.Generative) eval.Interval { return g.Coverage })
	Energy    = compared("energy", "gradient energy", 2, 0, func(g *eval.Generative) eval.Interval { return g.Energy }) // 1 is right
	MMD       = compared("mmd", "MMD²", 4, -1, func(g *eval.Generative) eval.Interval { return g.MMD })

	// EnergyError is how far the gradient energy is from that of real images, |log|.
	EnergyError = compared("energy-error", "distance of gradient energy from that of real images, |log|", 3, -1, func(g *eval.Generative) eval.Interval {
		return eval.Interval{N: g.Energy.N, Mean: math.Abs(math.Log(g.Energy.Mean))}
	})
)

// Generative are the metrics of the table of samples.
var Generative = []Metric{Frechet, NDB, JS, Precision, Recall, Density, Coverage, Energy, MMD}

func compared(id, name string, decimals, better int, of func(*eval.Generative) eval.Interval) Metric {
	return Metric{Column: report.Column{ID: id, Name: name, Decimals: decimals, Better: better}, Sampled: true, Of: func(c Cell) (eval.Interval, bool) {
		if c.Variant == Sharpened {
			return of(c.Drawn.Sharp), true
		}
		return of(c.Drawn.Raw), true
	}}
}

// Sharpening are metrics of what sharpening does to samples.
var Sharpening = []Metric{
	changed("steps", "steps tried, an image", "", 1, func(d *cell.Drawn) float64 { return float64(d.LineSearch.Steps) / float64(d.Raw.N) }),
	changed("kept", "kept", "%", 1, func(d *cell.Drawn) float64 {
		return share(d.LineSearch.Raised+d.LineSearch.Lowered, d.LineSearch.Steps)
	}),
	changed("raised", "kept ones that raised the objective", "%", 1, func(d *cell.Drawn) float64 {
		return share(d.LineSearch.Raised, d.LineSearch.Raised+d.LineSearch.Lowered)
	}),
	changed("objective-before", "objective before", "", 1, func(d *cell.Drawn) float64 { return d.LineSearch.Before }),
	changed("objective-after", "objective after", "", 1, func(d *cell.Drawn) float64 { return d.LineSearch.After }),
	changed("energy-before", "gradient energy before", "", 2, func(d *cell.Drawn) float64 { return d.Raw.Energy.Mean }),
	changed("energy-after", "gradient energy after", "", 2, func(d *cell.Drawn) float64 { return d.Sharp.Energy.Mean }),
	changed("frechet-change", "Fréchet distance, change", "", 2, func(d *cell.Drawn) float64 { return d.Sharp.Frechet.Mean - d.Raw.Frechet.Mean }),
	changed("ndb-change", "NDB, change", "", 2, func(d *cell.Drawn) float64 { return d.Sharp.NDB.Mean - d.Raw.NDB.Mean }),
}

// share of a part, in per cent; 0 of nothing.
func share(part, whole int) float64 { return 100 * float64(part) / float64(max(1, whole)) }

func changed(id, name, unit string, decimals int, of func(*cell.Drawn) float64) Metric {
	return sampled(report.Column{ID: id, Name: name, Unit: unit, Decimals: decimals}, func(d *cell.Drawn) eval.Interval { return eval.Interval{Mean: of(d)} })
}

func sampled(c report.Column, of func(*cell.Drawn) eval.Interval) Metric {
	return Metric{Column: c, Sampled: true, Of: func(c Cell) (eval.Interval, bool) { return of(c.Drawn), true }}
}

// Metrics of the classifier on the top layer and of images sampled for a class; references have RecognisedRaw alone.
var (
	ClassifierAccuracy = sampled(report.Column{ID: "accuracy", Name: "test accuracy", Decimals: 3, Better: 1}, func(d *cell.Drawn) eval.Interval { return eval.Interval{Mean: d.Classes.Accuracy} })
	RecognisedRaw      = sampled(report.Column{ID: "recognised", Name: "recognised, as drawn", Decimals: 3}, func(d *cell.Drawn) eval.Interval { return d.Classes.RecognisedRaw })
	RecognisedSharp    = sampled(report.Column{ID: "recognised-sharpened", Name: "recognised, sharpened", Decimals: 3, Better: 1}, func(d *cell.Drawn) eval.Interval { return d.Classes.RecognisedSharp })
)

// Masks are the ways in which pixels of test images are hidden.
func (s *Set) Masks() []string {
	var masks []string
	for _, p := range s.SamplesOf(suite.TrainingMeans)[0].Inpainted {
		masks = append(masks, p.Mask)
	}
	return masks
}

// Inpainting are the errors of pixels that mask i of Masks hides: marginalised, and taken for black.
func Inpainting(i int, mask string) (marginal, zeroFilled Metric) {
	of := func(id, name string, of func(cell.Inpainted) eval.Interval) Metric {
		return sampled(report.Column{ID: fmt.Sprintf("mask-%d-%s", i+1, id), Name: mask + ", " + name, Decimals: 4, Better: -1}, func(d *cell.Drawn) eval.Interval { return of(d.Inpainted[i]) })
	}
	return of("marginal", "marginalised", func(p cell.Inpainted) eval.Interval { return p.Marginal }), of("zero", "zero-filled", func(p cell.Inpainted) eval.Interval { return p.ZeroFill })
}

// BestSampler is the deep model whose sharpened samples are the nearest to the validation images; the test images have
// no say in it.
func (s *Set) BestSampler() (best suite.Model, ok bool) {
	models := s.byDistance(func(m suite.Model) float64 { return s.validDistance(Key{m.ID, Sharpened}) })
	if len(models) == 0 {
		return suite.Model{}, false
	}
	return models[0], true
}

// NearestSamplers are the deep models that are sampled, the nearest to the validation images first, as drawn or
// sharpened.
func (s *Set) NearestSamplers() []suite.Model {
	return s.byDistance(func(m suite.Model) float64 {
		return min(s.validDistance(Key{m.ID, Raw}), s.validDistance(Key{m.ID, Sharpened}))
	})
}

// byDistance are the deep models that are sampled, the least distance first.
func (s *Set) byDistance(of func(suite.Model) float64) []suite.Model {
	models := suite.Where(s.Samplers(), suite.Model.IsDeep)
	slices.SortStableFunc(models, func(a, b suite.Model) int { return cmp.Compare(of(a), of(b)) })
	return models
}

// Nearest is the row of samples, as drawn or sharpened, that is the nearest to the validation images of those of some
// models; ok is false without models.
func (s *Set) Nearest(models []suite.Model) (m suite.Model, v Variant, ok bool) {
	least := math.Inf(1)
	for _, of := range models {
		for _, variant := range []Variant{Raw, Sharpened} {
			if d := s.validDistance(Key{of.ID, variant}); d < least {
				m, v, ok, least = of, variant, true, d
			}
		}
	}
	return m, v, ok
}

// validDistance is the Fréchet distance of samples to validation images, summed over seeds; infinite without samples.
func (s *Set) validDistance(key Key) (sum float64) {
	all := s.SamplesOf(key.Model)
	if len(all) == 0 {
		return math.Inf(1)
	}
	for _, d := range all {
		at := d.Plain
		if key.Variant == Sharpened {
			at = d.Chosen
		}
		sum += d.Trials[at].Frechet
	}
	return sum
}
