package cell

import (
	"context"

	"deepgmm/dataset"
	"deepgmm/eval"
)

// nearestImages is how many training images are compared with. More cost time in proportion.
const nearestImages = 20_000

// fitNearest keeps the first training images. It is no model: what it says of outliers is what a data set gives away for nothing.
func fitNearest(r *Result, set *dataset.Set, run Options) fitted {
	X := matrix(set.Head(nearestImages))
	run.fittingEnds(r)
	r.Images = X.N
	r.Layers = []Layer{{Name: string(Nearest), H: 1, W: 1, D: X.D, K: X.N, Used: 1}} // each is the nearest to itself
	r.MFLOPs = 2 * float64(X.D) * float64(X.N) / 1e6
	return flatNearest{eval.KMeans{K: X.N, D: X.D, Centers: X.X}}
}

// flatNearest scores by the negative squared distance to the nearest training image. It has no clusters.
type flatNearest struct{ eval.KMeans }

func (m flatNearest) assess(_ context.Context, set *dataset.Set, workers int) (*assessment, error) {
	_, distance := m.Assign(matrix(set), workers)
	for i := range distance {
		distance[i] = -distance[i]
	}
	return &assessment{nil, []score{{MainScore, distance}}}, nil
}
