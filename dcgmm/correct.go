package dcgmm

import (
	"fmt"
	"math"
)

// A Correction takes out of a score what features of the image alone say of it, such as how rough it is: likelihoods
// prefer simple images, whatever a model was trained on [Serrà et al. 2020, arXiv 1909.11480]. It is a least-squares
// regression on inlying images, z_j being feature j less Mean_j over Deviation_j (model.md §4):
//
//	corrected = score − Level − Σ_j Weights_j·z_j
type Correction struct {
	Level           float64   // mean score of the inliers
	Mean, Deviation []float64 // of every feature of the inliers; a deviation is 1 where they are all equal
	Weights         []float64 // by feature
}

// correctionRidge is added to a correlation of 1, so that equal and constant features leave the regression solvable.
const correctionRidge = 1e-9

// FitCorrection fits the correction of scores of N inlying images; features are those of all images, one after the
// other. It panics without images or features, or if they are not N each.
func FitCorrection(features [][]float64, scores []float64) *Correction {
	n := len(features)
	if n == 0 || len(scores) == 0 {
		panic(fmt.Sprintf("dcgmm: FitCorrection: %d features of %d images", n, len(scores)))
	}
	c := &Correction{}
	c.Level, _ = meanAndDeviation(scores)
	corr, z := make([]float64, n*n), make([][]float64, n)
	for i, f := range features {
		if len(f) != len(scores) {
			panic(fmt.Sprintf("dcgmm: FitCorrection: feature %d of %d images, scores of %d", i+1, len(f), len(scores)))
		}
		mean, sd := meanAndScale(f)
		c.Mean, c.Deviation = append(c.Mean, mean), append(c.Deviation, sd)
		z[i] = standardised(f, mean, sd)
		for j := range i + 1 {
			corr[i*n+j] = meanProduct(z[i], z[j])
		}
		corr[i*n+i] += correctionRidge
		c.Weights = append(c.Weights, meanProduct(z[i], standardised(scores, c.Level, 1)))
	}
	cholesky(corr, n)
	solveUpper(corr, solveLower(corr, c.Weights))
	return c
}

// Apply corrects scores of N images by their features. It panics if there are not as many features as it was fitted
// to, or not N of each.
func (c *Correction) Apply(features [][]float64, scores []float64) []float64 {
	if len(features) != len(c.Weights) {
		panic(fmt.Sprintf("dcgmm: Correction.Apply: %d features, fitted to %d", len(features), len(c.Weights)))
	}
	out := standardised(scores, c.Level, 1)
	for j, f := range features {
		if len(f) != len(scores) {
			panic(fmt.Sprintf("dcgmm: Correction.Apply: feature %d of %d images, scores of %d", j+1, len(f), len(scores)))
		}
		for i, z := range standardised(f, c.Mean[j], c.Deviation[j]) {
			out[i] -= float64(c.Weights[j] * z)
		}
	}
	return out
}

// Roughness says of every image how far it is from a plain one: the square root of its gradient energy, the sum of the
// squared forward differences to the right and downwards over the H·W·C values, in pixels of [0, 1]. A difference that
// takes a missing pixel does not count. It panics for pixels or a mask that are no set of images, for the reason that
// Evaluate gives.
func Roughness(images Images) []float64 {
	if err := images.check(); err != nil {
		panic("dcgmm: Roughness: " + err.Error())
	}
	root, s := make([]float64, images.Len()), images.Shape
	for i := range root {
		pix, missing := images.Pix[i*s.Size():][:s.Size()], images.missingOf(i)
		sum := squaredSteps(pix, missing, s, 0, 1) + squaredSteps(pix, missing, s, 1, 0)
		root[i] = math.Sqrt(float64(sum)/float64(s.Size())) / 255
	}
	return root
}

// missingOf is the mask of an image, H×W, nil if nothing is missing.
func (im Images) missingOf(i int) []bool {
	switch size := im.Shape.H * im.Shape.W; len(im.Missing) {
	case 0, size:
		return im.Missing
	default:
		return im.Missing[i*size:][:size]
	}
}

// squaredSteps is Σ (x[h+dy, w+dx] − x[h, w])² over pixels that are there.
func squaredSteps(pix []uint8, missing []bool, s Shape, dy, dx int) (sum int) {
	for y := range s.H - dy {
		for x := range s.W - dx {
			at := y*s.W + x
			to := at + dy*s.W + dx
			if missing != nil && (missing[at] || missing[to]) {
				continue
			}
			for c := range s.C {
				d := int(pix[to*s.C+c]) - int(pix[at*s.C+c])
				sum += d * d
			}
		}
	}
	return sum
}
