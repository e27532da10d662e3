package cell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// A fitted model says what it makes of images that it has not seen.
type fitted interface {
	assess(ctx context.Context, set *dataset.Set, workers int) (*assessment, error)
}

// assessment of N images.
type assessment struct {
	cluster []int   // nil: no single cluster for an image
	scores  []score // high means likely; the first is MainScore
}

type score struct {
	name   string
	values []float64 // N
}

// unseen is what a fitted model makes of the images that it is measured on.
type unseen struct {
	*assessment
	set     *dataset.Set
	known   []bool // images of classes that were there in training
	workers int
}

// measurements fill in the parts of a Result that say what a model makes of unseen images. To add one, add a row.
var measurements = []func(*Result, context.Context, *unseen) error{
	(*Result).measureClusters, (*Result).measureOutliers, (*Result).measureLikelihood, (*Result).showExtremes, (*Result).showMembers,
}

// measure fills in everything that is measured on unseen images.
func (r *Result) measure(ctx context.Context, m fitted, set *dataset.Set, workers int) error {
	a, err := m.assess(ctx, set, workers)
	if err != nil {
		return err
	}
	for _, s := range a.scores {
		if i := slices.IndexFunc(s.values, math.IsNaN); i >= 0 {
			return fmt.Errorf("the %s score of image %d is not a number", s.name, i)
		}
	}
	u := &unseen{assessment: a, set: set, workers: workers}
	for _, label := range set.Labels {
		u.known = append(u.known, !slices.Contains(r.Spec.leftOut(), int(label)))
	}
	for _, m := range measurements {
		if err := m(r, ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// ValidityImages is the size of the subset for metrics that compare all pairs of images.
const ValidityImages = 5000

func (r *Result) measureClusters(ctx context.Context, u *unseen) error {
	if u.cluster == nil {
		return nil
	}
	var classes, ids []int
	for i, k := range u.cluster {
		if u.known[i] {
			classes, ids = append(classes, int(u.set.Labels[i])), append(ids, k)
		}
	}
	t := eval.NewContingency(classes, ids)
	r.Clusters = &Clusters{Purity: t.Purity(), NMI: t.NMI(), ARI: t.ARI(), Accuracy: t.Accuracy()}
	if r.Spec.LeaveOut != NoClass {
		return nil
	}
	head := u.set.Head(ValidityImages)
	v, err := eval.ClusterValidity(ctx, matrix(head), u.cluster[:head.N], u.workers)
	if errors.Is(err, eval.ErrClusterCount) {
		return nil // all images in one cluster: a bad model, but a result
	}
	if err == nil {
		r.Clusters.DaviesBouldin, r.Clusters.Dunn, r.Clusters.Silhouette = &v.DaviesBouldin, &v.Dunn, &v.Silhouette
	}
	return err
}

// measureLikelihood takes the mean of the score that is the log-likelihood of whole images, if there is one.
func (r *Result) measureLikelihood(_ context.Context, u *unseen) error {
	switch k := r.Spec.Model.Kind; {
	case k == EM, k == SGD && len(r.Layers) == 1 && r.Layers[0].H*r.Layers[0].W == 1:
		r.LogLik = u.meanOfKnown(u.scores[0].values)
	case k == PCA:
		r.LogLik = u.meanOfKnown(u.scores[1].values) // the main one is that of the projection alone
	}
	return nil
}

// meanOfKnown is the mean of the values of images of known classes; nil if there is none.
func (u *unseen) meanOfKnown(values []float64) *float64 {
	var sum, n float64
	for i, v := range values {
		if u.known[i] {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return nil
	}
	mean := sum / n
	return &mean
}

const extremeImages = 20

// showExtremes makes contact sheets of the most and the least likely images.
func (r *Result) showExtremes(_ context.Context, u *unseen) error {
	s := u.scores[0].values
	order := make([]int, u.set.N)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s[b], s[a]) })
	n := min(extremeImages, u.set.N)
	least := slices.Clone(order[u.set.N-n:])
	slices.Reverse(least)
	r.Extremes = []Sheet{u.contact("most likely", order[:n]), u.contact("least likely", least)}
	return nil
}

func (u *unseen) contact(caption string, indices []int) Sheet {
	sheet := Sheet{Caption: caption, Cols: 10, H: u.set.H, W: u.set.W, C: u.set.C}
	for _, i := range indices {
		sheet.Pix = append(sheet.Pix, u.set.Image(i)...)
		sheet.Captions = append(sheet.Captions, fmt.Sprintf("%d: %.0f", u.set.Labels[i], u.scores[0].values[i]))
	}
	return sheet
}

// matrix is the images as rows of pixels in [0, 1].
func matrix(set *dataset.Set) eval.Matrix {
	return eval.Matrix{N: set.N, D: set.H * set.W * set.C, X: appendUnit(make([]float32, 0, len(set.Pix)), set.Pix)}
}

// appendUnit turns bytes into values in [0, 1].
func appendUnit(dst []float32, pix []byte) []float32 {
	for _, v := range pix {
		dst = append(dst, float32(v)/255)
	}
	return dst
}

func images(set *dataset.Set) dcgmm.Images {
	return dcgmm.Images{Shape: dcgmm.Shape{H: set.H, W: set.W, C: set.C}, Pix: set.Pix}
}
