package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"deepgmm/dcgmm/arch"
)

// placeDensity says how the places of a layer look in inlying images: by the component that explains a place, a
// Gaussian over the features of its receptive field (model.md §4). Typical values of simple statistics, given what the model
// sees, find what likelihoods alone cannot: what is too plain as well as what is too odd [after Morningstar et al.,
// “Density of states estimation for out-of-distribution detection”, AISTATS 2021].
type placeDensity struct {
	Layer      int // counted from 0
	Components int
	Features   int

	means []float32 // Components×Features
	roots []float32 // Components×Features(Features+1)/2: lower triangles W with WᵀW the inverse of the covariance
}

const (
	placeImages = 1000 // that densities are fitted to, at most, spread evenly
	placePart   = 64   // images whose features are in memory at a time
	placeKinds  = 4096 // components of all parameter sets with a Gaussian of their own, at most; else all have one
	placePrior  = 30.  // places that the covariance of all components counts as, beside a component's own
	meanPrior   = 5.   // the same for the mean
	placeRidge  = 1e-3 // of a variance, added to it
	leastSpread = 1e-6 // variance that a feature has at least
	placePlanes = 4    // channels with a mean of their own; of more, all have one
)

// placeKindsOf is how many Gaussians the density of a layer has.
func placeKindsOf(l arch.Layer) int {
	if n := l.Sets() * l.K(); n <= placeKinds {
		return n
	}
	return 1
}

// placeLayers are the layers with several places.
func placeLayers(a arch.Arch) (layers []int) {
	for i, l := range a.Layers {
		if l.P() > 1 {
			layers = append(layers, i)
		}
	}
	return layers
}

// placeScore is the name of the score of a layer, counted from 0.
func placeScore(layer int) string { return fmt.Sprintf("layer %d place", layer+1) }

// FitPlaces adds the scores "layer i place" of all layers with several positions, and so a better recommended score to
// a calibration that is made after it. The images are those of FitScorer; of many a part that is spread evenly is used.
// The calibration is removed. workers and the error are as of FitScorerFrom.
func (s *Scorer) FitPlaces(ctx context.Context, inliers Source, workers int) error {
	if err := s.made().checkSource(inliers); err != nil {
		return err
	}
	var fits []*placeMoments
	for _, i := range placeLayers(s.net.arch) {
		fits = append(fits, newPlaceMoments(i, placeKindsOf(s.net.arch.Layers[i]), placeFeatures(s.net.arch.Input)))
	}
	if len(fits) == 0 {
		return nil
	}
	err := eachSpread(ctx, inliers, placeImages, func(im Images) error {
		for first := 0; first < im.Len(); first += placePart {
			if err := s.net.addPlaces(ctx, im.part(first, min(placePart, im.Len()-first)), fits, workers); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var all []placeDensity
	for _, f := range fits {
		d := f.density()
		if !finite(d.means) || !finite(d.roots) {
			return errors.New("places of images: log-likelihoods are extreme; use another checkpoint or train again")
		}
		all = append(all, d)
	}
	s.Places, s.Calibration = all, nil
	return nil
}

// addPlaces adds the places of images to the moments of their layers, in the order of images and positions.
func (n *Network) addPlaces(ctx context.Context, images Images, fits []*placeMoments, workers int) error {
	N, D := images.Len(), placeFeatures(images.Shape)
	features, kinds := make([][]float64, len(fits)), make([][]int32, len(fits))
	for j, f := range fits {
		P := n.layers[f.layer].P()
		features[j], kinds[j] = make([]float64, N*P*D), make([]int32, N*P)
	}
	err := n.eachPlace(ctx, images, workers, func(j, image, pos, kind int, v []float64) {
		at := image*n.layers[fits[j].layer].P() + pos
		copy(features[j][at*D:], v)
		kinds[j][at] = int32(kind)
	})
	if err != nil {
		return err
	}
	for j, f := range fits {
		for at, kind := range kinds[j] {
			f.add(int(kind), features[j][at*D:][:D])
		}
	}
	return nil
}

// places scores images by the density of a layer: less the mean squared distance of the ⌈P/10⌉ oddest places.
func (n *Network) places(ctx context.Context, images Images, all []placeDensity, workers int) ([]Score, error) {
	N := images.Len()
	scores, odd := make([]Score, len(all)), make([][]float64, len(all)) // −distances, N×P
	for j, d := range all {
		scores[j] = Score{placeScore(d.Layer), make([]float64, N)}
		if err := checkResult("places of images", N, n.layers[d.Layer].P()); err != nil {
			return nil, err
		}
		odd[j] = make([]float64, N*n.layers[d.Layer].P())
	}
	err := n.eachPlace(ctx, images, workers, func(j, image, pos, kind int, v []float64) {
		if kind >= 0 {
			odd[j][image*n.layers[all[j].Layer].P()+pos] = -all[j].distance(kind, v)
		}
	})
	if err != nil {
		return nil, err
	}
	for j, s := range scores {
		P := len(odd[j]) / N
		for i := range s.Values {
			s.Values[i] = lowestMean(odd[j][i*P:][:P], (P+9)/10)
		}
	}
	return scores, nil
}

// eachPlace shows the features of all places of images and the Gaussian that they belong to, −1 if no pixel of their
// field is known; j counts the layers with several places. Calls for different images may be at the same time.
func (n *Network) eachPlace(ctx context.Context, images Images, workers int,
	see func(j, image, pos, kind int, v []float64)) error {
	if err := n.checkEvaluate(images); err != nil {
		return err
	}
	layers := placeLayers(n.arch)
	rows, cols, kinds := make([][]span, len(layers)), make([][]span, len(layers)), make([]int, len(layers))
	for j, l := range layers {
		rows[j], cols[j] = n.receptiveField(l)
		kinds[j] = placeKindsOf(n.arch.Layers[l])
	}
	return n.eachBlock(ctx, images, workers, func(b *block, first int) error {
		fields := make([]*fieldSums, b.valid)
		for i := range fields {
			fields[i] = newFieldSums(images, first+i)
		}
		v := make([]float64, placeFeatures(images.Shape))
		return b.forward(0, layers[len(layers)-1], func(layer, pos int, _, _ []float32) {
			j := slices.Index(layers, layer)
			if j < 0 {
				return
			}
			pl := n.layers[layer]
			for i, f := range fields {
				kind := -1
				if f.features(v[1:], rows[j][pos/pl.Out.W], cols[j][pos%pl.Out.W]) {
					v[0] = float64(b.best[i]) + math.Log(float64(b.sum[i]))
					kind = (pl.set(pos)*pl.K() + int(b.arg[i])) % kinds[j] // 0 where all have one
				}
				see(j, first+i, pos, kind, v)
			}
		})
	})
}

// distance is the squared Mahalanobis distance of features from a Gaussian.
func (d *placeDensity) distance(kind int, v []float64) (sum float64) {
	D := d.Features
	mean, root := d.means[kind*D:][:D], d.roots[kind*D*(D+1)/2:]
	for r := range D {
		y := 0.0
		for c := range r + 1 {
			y += float64(float64(root[c]) * (v[c] - float64(mean[c])))
		}
		root = root[r+1:]
		sum += float64(y * y)
	}
	return sum
}

// values are the arrays of a checkpoint.
func (d *placeDensity) values() [][]float32 { return [][]float32{d.means, d.roots} }

// size is how many values they have.
func (d *placeDensity) size() int64 {
	return int64(d.Components) * int64(d.Features+d.Features*(d.Features+1)/2)
}
