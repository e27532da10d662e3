package cell

import (
	"errors"
	"fmt"
	"slices"
)

// Result is what was measured of one cell. Fields that do not apply are zero or nil. "Unseen" are the images of
// Spec.On.
type Result struct {
	Spec Spec

	Layers  []Layer // of the model, from the images up; one for flat models
	Params  int     // trained numbers
	MFLOPs  float64 // multiplications and additions to score one image, 10⁶
	Images  int     // it was trained on
	Epochs  int     // passes over them; k-means and EM: iterations
	Seconds float64 // of fitting, wall clock
	CPU     float64 // seconds of all threads, fitting
	PeakMB  float64 // largest resident size of the process while fitting, 0 if unknown
	Notes   []string

	LogLik   *float64  // mean log-likelihood of unseen images of known classes, nats; nil if the model is no mixture of whole images
	Clusters *Clusters // of unseen images of known classes; nil if the model gives no single cluster
	Outliers []Outlier // one for each score; nil without a class left out
	Curve    []Point   // of the training, models trained by SGD
	Alphabet []Sheet   // the model's components as pictures, one sheet a layer
	Moments  []Moment  `json:",omitempty"` // the same all along the training, of a Spec with Moments
	Extremes []Sheet   // most and least likely unseen images, with their scores as captions
	Members  *Members  `json:",omitempty"` // of the clusters of all classes; nil if there are too many to be shown

	Drawn *Drawn `json:",omitempty"` // of a Spec with Drawing

	Blanked string `json:",omitempty"` // hex SHA-256 of the bytes of all pictures, if they are black; see Blank

	network string // hex SHA-256 of the trained network's file in the store; "": none is there
}

// Layer is one mixture layer.
type Layer struct {
	Name   string
	H, W   int     // positions
	D, K   int     // dimension, components
	Params int     // trained numbers
	Used   float64 // share of components that win at least 1 % of their fair share of the training vectors
}

// Clusters are metrics of a clustering.
type Clusters struct {
	Purity, NMI, ARI, Accuracy      float64
	DaviesBouldin, Dunn, Silhouette *float64 // on the first ValidityImages unseen images; nil if not computed
}

// Members shows what is in each cluster.
type Members struct {
	Sheet          // the first unseen image of each, black if it has none
	Images   []int // unseen images in each
	Majority []int // images of its most frequent class
	Class    []int // that class, the first of equals; -1: no image
}

// Outlier is how well one score separates the known classes from the one left out.
type Outlier struct {
	Score     string // "top", "combined", "layer 1", … of model.md §4; see MainScore
	AUC       float64
	ROC       []ROC      `json:",omitempty"` // finer for MainScore than for others
	Histogram *Histogram `json:",omitempty"` // cells of before version 4 have none
}

// Histogram counts scores in bins of equal width from Low to High; scores beyond count in the first and the last.
type Histogram struct {
	Low, High float64
	In, Out   []int // images of known classes, and of the one left out
}

// ROC is one point of a curve.
type ROC struct{ FPR, TPR float64 }

// MainScore is the score a model is compared by: the log-likelihood of the top layer, of a flat mixture its own, for
// k-means the negative squared distance to the nearest centre, or training image.
const MainScore = "top"

// Point is the state of a training, averaged over the steps since the point before.
type Point struct {
	Epoch  float64
	Layers []LayerPoint
}

// LayerPoint is the state of one layer; all zero while it waits.
type LayerPoint struct {
	Loss      float64 // annealed log-likelihood of a vector, nats
	Tau       float64 // annealing width
	Used      float64 // share of components in use
	Restarted int     `json:"Revived,omitempty"` // components that were restarted since the point before
}

// OutlierAUC returns the AUC of a score, ok false if there is none.
func (r *Result) OutlierAUC(score string) (auc float64, ok bool) {
	for _, o := range r.Outliers {
		if o.Score == score {
			return o.AUC, true
		}
	}
	return 0, false
}

// validate says what a result lacks that tables and figures rely on.
func (r *Result) validate() error {
	if r.Images < 0 || r.Epochs < 0 || r.Params < 0 || r.Seconds < 0 || r.CPU < 0 || r.PeakMB < 0 {
		return errors.New("a number is negative")
	}
	for _, s := range slices.Concat(r.Alphabet, r.Extremes) {
		if err := s.validate(); err != nil {
			return err
		}
	}
	if err := r.Members.validate(); err != nil {
		return err
	}
	if r.Spec.Drawing != nil {
		return r.validateDrawn()
	}
	if err := r.validateMoments(); err != nil {
		return err
	}
	for _, l := range r.Layers {
		if l.K < 1 || l.D < 1 {
			return fmt.Errorf("layer %q has %d components of %d dimensions", l.Name, l.K, l.D)
		}
	}
	for _, p := range r.Curve {
		if len(p.Layers) != len(r.Layers) {
			return fmt.Errorf("its curve has %d layers, not %d", len(p.Layers), len(r.Layers))
		}
	}
	nearest := r.Spec.Model.Kind == Nearest
	switch {
	case len(r.Layers) == 0, len(r.Extremes) == 0, len(r.Alphabet) == 0 && !nearest:
		return errors.New("it has no layers or no pictures")
	case !nearest && (r.Spec.LeaveOut == NoClass) != (len(r.Outliers) == 0):
		return errors.New("outliers do not fit the class left out")
	}
	return nil
}

// validateDrawn is validate for generated images.
func (r *Result) validateDrawn() error {
	d, reference := r.Drawn, r.Spec.Model.Kind.generates()
	if d == nil || d.Raw == nil {
		return errors.New("it has no samples")
	}
	for _, s := range d.Pictures {
		if err := s.validate(); err != nil {
			return err
		}
	}
	if !reference && (min(d.Plain, d.Chosen) < 0 || max(d.Plain, d.Chosen) >= len(d.Trials) || d.Sharp == nil || d.LineSearch == nil) {
		return errors.New("it has no sharpened samples")
	}
	if reference || !r.Spec.Drawing.SamplesOnly {
		inpaints := !reference && r.Spec.Model.Inpaints() || r.Spec.Model.Kind == TrainingMeans
		if d.Classes == nil || inpaints && len(d.Inpainted) != len(masks) {
			return errors.New("it has no classes or nothing in-painted")
		}
	}
	if reference {
		return nil
	}
	for _, m := range r.Spec.drawn() {
		for _, name := range m.pictures {
			if _, ok := d.Pictures[name]; !ok {
				return fmt.Errorf("it has no picture %q", name)
			}
		}
	}
	for _, p := range d.Inpainted {
		if err := p.Picture.validate(); err != nil {
			return err
		}
	}
	return nil
}
