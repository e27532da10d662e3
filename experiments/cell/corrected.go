package cell

import (
	"context"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// isCorrected reports whether a model's main score gets its complexity-corrected form beside it here: that of every
// flat rival. Networks have a scorer of their own, and a reference without a model gives each training image the best score.
func (s Spec) isCorrected() bool {
	return s.LeaveOut != NoClass && s.Model.Kind != SGD && s.Model.Kind != Nearest
}

// corrected is a flat model with the complexity-corrected score (model.md §4).
type corrected struct {
	fitted
	by *dcgmm.Correction
}

// correct fits the correction of a model's main score to its training images.
func correct(ctx context.Context, m fitted, train *dataset.Set, workers int) (fitted, error) {
	a, err := m.assess(ctx, train, workers)
	if err != nil {
		return nil, err
	}
	return corrected{m, dcgmm.FitCorrection(roughness(train), a.scores[0].values)}, nil
}

func (c corrected) assess(ctx context.Context, set *dataset.Set, workers int) (*assessment, error) {
	a, err := c.fitted.assess(ctx, set, workers)
	if err != nil {
		return nil, err
	}
	a.scores = append(a.scores, score{dcgmm.CorrectedScore, c.by.Apply(roughness(set), a.scores[0].values)})
	return a, nil
}

// roughness is what flat models are corrected by.
func roughness(set *dataset.Set) [][]float64 { return [][]float64{dcgmm.Roughness(images(set))} }
