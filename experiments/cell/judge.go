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

// A fitted model says what it makes of images it has not seen.
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

// judge fills in everything that is measured on unseen images.
func (r *Result) judge(ctx context.Context, m fitted, set *dataset.Set, workers int) error {
	a, err := m.assess(ctx, set, workers)
	if err != nil {
		return err
	}
	missing := r.Spec.leftOut()
	known := func(i int) bool { return !slices.Contains(missing, int(set.Labels[i])) }
	for _, s := range a.scores {
		if i := slices.IndexFunc(s.values, func(v float64) bool { return math.IsNaN(v) }); i >= 0 {
			return fmt.Errorf("the %s score of image %d is not a number", s.name, i)
		}
	}
	if a.cluster != nil {
		if r.Clusters, err = clusters(ctx, a.cluster, set, known, r.Spec.LeaveOut == NoClass, workers); err != nil {
			return err
		}
	}
	if r.Spec.LeaveOut != NoClass {
		if r.Outliers, err = outliers(a.scores, known); err != nil {
			return err
		}
	}
	if r.isDensity() {
		r.LogLik = meanOf(a.scores[0].values, known)
	}
	r.Extremes = extremes(a.scores[0], set)
	return nil
}

// isDensity tells whether the main score is the log-likelihood of whole images.
func (r *Result) isDensity() bool {
	k := r.Spec.Model.Kind
	return k == EM || k == SGD && len(r.Layers) == 1 && r.Layers[0].H*r.Layers[0].W == 1
}

// meanOf is the mean of those values that are counted; nil if none is.
func meanOf(values []float64, counted func(int) bool) *float64 {
	var sum, n float64
	for i, v := range values {
		if counted(i) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return nil
	}
	mean := sum / n
	return &mean
}

func clusters(ctx context.Context, cluster []int, set *dataset.Set, known func(int) bool, geometry bool, workers int) (*Clusters, error) {
	var classes, ids []int
	for i, k := range cluster {
		if known(i) {
			classes, ids = append(classes, int(set.Labels[i])), append(ids, k)
		}
	}
	t := eval.NewContingency(classes, ids)
	c := &Clusters{Purity: t.Purity(), NMI: t.NMI(), ARI: t.ARI(), Accuracy: t.Accuracy()}
	if !geometry {
		return c, nil
	}
	head := set.Head(ValidityImages)
	v, err := eval.ClusterValidity(ctx, matrix(head), cluster[:head.N], workers)
	if errors.Is(err, eval.ErrClusterCount) {
		return c, nil // all images in one cluster: a bad model, but a result
	}
	if err != nil {
		return nil, err
	}
	c.DaviesBouldin, c.Dunn, c.Silhouette = &v.DaviesBouldin, &v.Dunn, &v.Silhouette
	return c, nil
}

func outliers(scores []score, known func(int) bool) ([]Outlier, error) {
	var found []Outlier
	for _, s := range scores {
		var in, out []float64
		for i, v := range s.values {
			if known(i) {
				in = append(in, v)
			} else {
				out = append(out, v)
			}
		}
		auc, err := eval.AUC(in, out)
		if err != nil {
			return nil, err
		}
		points, err := eval.ROC(in, out, true)
		if err != nil {
			return nil, err
		}
		step := otherStep
		if s.name == MainScore {
			step = mainStep
		}
		found = append(found, Outlier{s.name, auc, thin(points, step)})
	}
	return found, nil
}

// Steps of ROC curves that are kept: what a drawing can show, and enough of what is seldom drawn.
const (
	mainStep  = 1. / 400
	otherStep = 1. / 100
)

// thin keeps the points of a curve that are at least a step apart.
func thin(points []eval.ROCPoint, step float64) []ROC {
	var kept []ROC
	for i, p := range points {
		if n := len(kept); n == 0 || i == len(points)-1 || p.FPR-kept[n-1].FPR >= step || p.TPR-kept[n-1].TPR >= step {
			kept = append(kept, ROC{p.FPR, p.TPR})
		}
	}
	return kept
}

const extremeImages = 20

// extremes are contact sheets of the most and the least likely images.
func extremes(s score, set *dataset.Set) []Sheet {
	order := make([]int, set.N)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.values[b], s.values[a]) })
	n := min(extremeImages, set.N)
	least := slices.Clone(order[set.N-n:])
	slices.Reverse(least)
	return []Sheet{contact("most likely", order[:n], s, set), contact("least likely", least, s, set)}
}

func contact(caption string, indices []int, s score, set *dataset.Set) Sheet {
	sheet := Sheet{Caption: caption, Cols: 10, H: set.H, W: set.W, C: set.C}
	for _, i := range indices {
		sheet.Pix = append(sheet.Pix, set.Image(i)...)
		sheet.Captions = append(sheet.Captions, fmt.Sprintf("%d: %.0f", set.Labels[i], s.values[i]))
	}
	return sheet
}

// matrix is the images as rows of pixels in [0, 1].
func matrix(set *dataset.Set) eval.Matrix {
	m := eval.Matrix{N: set.N, D: set.H * set.W * set.C, X: make([]float32, len(set.Pix))}
	for i, v := range set.Pix {
		m.X[i] = float32(v) / 255
	}
	return m
}

func images(set *dataset.Set) dcgmm.Images {
	return dcgmm.Images{Shape: dcgmm.Shape{H: set.H, W: set.W, C: set.C}, Pix: set.Pix}
}
