package main

import (
	"errors"
	"fmt"
	"io"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// recommendation is the score that eval recommends for outliers like the given ones.
type recommendation struct {
	Score string  `json:"score"`
	AUC   float64 `json:"auc"`
	// Best has the highest AUC. It is recommended in the place of that of the model if it is better beyond chance.
	Best    string  `json:"best"`
	BestAUC float64 `json:"best_auc"`
	P       float64 `json:"p"` // of so much a difference by chance, times the number of other scores
	Model   string  `json:"by_model"`
}

// beyondChance is the p-value below which another score than that of the model is recommended.
const beyondChance = 0.05

// recommend compares all scores with the one that the model recommends; known and unknown are the images that are
// inliers and outliers.
func recommend(scores []dcgmm.Score, byModel string, known, unknown []int) (*recommendation, error) {
	r := &recommendation{Model: byModel}
	var best, own eval.Ranked
	for _, s := range scores {
		of := eval.Ranked{Inliers: pick(s.Values, known), Outliers: pick(s.Values, unknown)}
		auc, err := eval.AUC(of.Inliers, of.Outliers)
		if err != nil {
			return nil, err
		}
		if r.Best == "" || auc > r.BestAUC {
			best, r.Best, r.BestAUC = of, s.Name, auc
		}
		if s.Name == byModel {
			own, r.Score, r.AUC = of, s.Name, auc
		}
	}
	_, p, err := eval.CompareAUC(best, own)
	if err != nil {
		return nil, err
	}
	r.P = min(1, p*float64(len(scores)-1)) // Bonferroni: the best of many is good by chance, too
	if r.P < beyondChance {
		r.Score, r.AUC = r.Best, r.BestAUC
	}
	return r, nil
}

// recommended is what recommend says of a calibrated model and its outliers; nil: there are none.
func (e *evalFlags) recommended(m *model, set *dataset.Set, outlier int, scores []dcgmm.Score) (*recommendation, error) {
	s := m.Network.Scorer()
	if outlier < 0 || s == nil || s.Calibration == nil {
		return nil, nil
	}
	known, unknown := divide(set, outlier)
	return recommend(scores, s.Calibration.Recommended, known, unknown)
}

// words say in a line what is recommended and why.
func (r *recommendation) words() string {
	switch {
	case r.Score == r.Best && r.Best == r.Model:
		return fmt.Sprintf("recommended: %q, as by the model; no score is better for these outliers", r.Score)
	case r.Score == r.Best:
		return fmt.Sprintf("recommended for these outliers: --score %q of dcgmm score; it is better than %q, which the model recommends, beyond chance (p = %.2g)",
			r.Score, r.Model, r.P)
	}
	return fmt.Sprintf("recommended: %q, as by the model; %q is the best of these outliers, but not beyond chance (p = %.2g)", r.Score, r.Best, r.P)
}

// checkRecommend checks, before any work is done, that the model can be written that --recommend asks for.
func (e *evalFlags) checkRecommend(m *model) error {
	if e.recommend == "" {
		return nil
	}
	if !e.outlier.given() {
		return errors.New("--recommend compares scores by known outliers: give their class with --outlier, too")
	}
	if s := m.Network.Scorer(); s == nil || s.Calibration == nil {
		return fmt.Errorf("--recommend: %s has no calibrated scores, it was not made by this version of dcgmm train: train it again", m.path)
	}
	return e.checkFile("recommend", e.recommend)
}

// writeRecommended writes the model with another recommended score.
func (e *evalFlags) writeRecommended(m *model, r *recommendation, log io.Writer) error {
	if e.recommend == "" {
		return nil
	}
	m.Network.Scorer().Calibration.Recommended = r.Score
	if err := e.within(e.recommend, m.Network.Save); err != nil {
		return err
	}
	return say(log, "%s: %s with the recommended score %q", e.recommend, m.path, r.Score)
}
