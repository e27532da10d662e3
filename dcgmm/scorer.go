package dcgmm

import (
	"context"
	"fmt"
)

// A Scorer gives images all scores of model.md §4 by their names. It is fitted to inlying images alone and has seen no
// outlier. As part of a network (SetScorer) it is kept in its checkpoints.
type Scorer struct {
	net *Network
	scorerState
}

// scorerState is what is fitted. A network of one layer has no combinations.
type scorerState struct {
	Combined, Tails, Weakest, Weighted *Combination `json:",omitempty"`

	Pathway   []whitening // by map: pixels, the maps that enter the other layers, the top layer's log-scores
	Corrected map[string]*Correction

	Places []placeDensity `json:",omitempty"` // by layer with several positions; nil until FitPlaces has made them

	Calibration *Calibration `json:",omitempty"` // nil until Calibrate has made one
}

// Score is one score of N images, by its name in model.md §4. High means inlier.
type Score struct {
	Name   string
	Values []float64
}

// Names of scores that every network has. The others are in model.md §4.
const (
	TopScore       = "top"       // the log-likelihood by the top layer
	PathwayScore   = "pathway"   // how well an image and its reconstruction agree, layer by layer
	CorrectedScore = "corrected" // the top score, less what the image's roughness says of it

	// CalibratedScore is that of a calibrated scorer: the worst of the corrected scores, in units of their spread.
	CalibratedScore = "calibrated"

	// PlacesScore is that of a scorer with FitPlaces that was calibrated after it: the mean deviation of the corrected
	// scores, or that of the place scores less 1 unit if it is worse.
	PlacesScore = "calibrated places"

	correctedByFirst = "corrected by layer 1"
)

// correctedScore is a score less what features of the image alone say of it.
type correctedScore struct {
	name, of string
	by       func(ev *Evaluation, images Images) [][]float64
}

// known reports whether networks of so many layers have the score.
func (c *correctedScore) known(layers int) bool {
	return layers > 1 || c.name == CorrectedScore || c.of == PathwayScore
}

// corrections are all of them. Those of a score that a network does not have are left out. To add one, add a row.
var corrections = []correctedScore{
	{CorrectedScore, TopScore, byRoughness},
	{correctedByFirst, TopScore, byFirstLayer},
	{"corrected combined", "combined", byRoughness},
	{"corrected weakest", "weakest", byRoughness},
	{"corrected pathway", PathwayScore, byRoughness},
}

func byRoughness(_ *Evaluation, images Images) [][]float64 { return [][]float64{Roughness(images)} }

// byFirstLayer is what a deep model itself says of an image's complexity; nil of a network of one layer.
func byFirstLayer(ev *Evaluation, _ Images) [][]float64 {
	if len(ev.Layers) == 1 {
		return nil
	}
	return [][]float64{ev.Layers[0].LSE}
}

// correctionImages is how many images the corrections are fitted to, at most: two numbers each.
const correctionImages = 2000

// FitScorer fits a scorer to images of the classes that a network was trained on, and returns their evaluation, too.
// Of many images a part that is spread evenly is used for the pathway score and for corrections. workers is as of
// Evaluate; it does not change the result. The error is the context's, or says that the images do not fit the network, are too
// large for the kernels, or have scores that are not finite.
func FitScorer(ctx context.Context, n *Network, inliers Images, workers int) (*Scorer, *Evaluation, error) {
	return FitScorerFrom(ctx, n, inliers.Source(), workers)
}

// FitScorerFrom is FitScorer for images of a source. Where images are so large that those for the pathway score are
// above 64 MiB, fewer are used than of images in memory. The error may be the source's.
func FitScorerFrom(ctx context.Context, n *Network, inliers Source, workers int) (*Scorer, *Evaluation, error) {
	ev, err := n.EvaluateFrom(ctx, inliers, workers)
	if err != nil {
		return nil, nil, err
	}
	s := &Scorer{net: n}
	if len(ev.Layers) > 1 {
		s.combine(n.columnsOf(ev))
	}
	some, err := spreadOf(ctx, inliers, pathwaySample(pathwayMaps(n.arch)))
	if err != nil {
		return nil, nil, err
	}
	if s.Pathway, err = n.fitPathway(ctx, some, workers); err != nil {
		return nil, nil, err
	}
	return s, ev, s.fitCorrections(ctx, inliers, workers)
}

// fitCorrections fits what corrects scores by features of images.
func (s *Scorer) fitCorrections(ctx context.Context, inliers Source, workers int) error {
	var scores []Score
	features := make([][][]float64, len(corrections))
	err := eachSpread(ctx, inliers, correctionImages, func(im Images) error {
		part, ev, err := s.uncorrected(ctx, im, workers)
		if err != nil {
			return err
		}
		scores = joinScores(scores, part)
		for i, c := range corrections {
			for j, column := range c.by(ev, im) {
				if j == len(features[i]) {
					features[i] = append(features[i], nil)
				}
				features[i][j] = append(features[i][j], column...)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Corrected = map[string]*Correction{}
	for i, c := range corrections {
		if of := valuesOf(scores, c.of); of != nil && features[i] != nil {
			s.Corrected[c.name] = FitCorrection(features[i], of)
		}
	}
	return nil
}

// joinScores appends the values of more images.
func joinScores(all, part []Score) []Score {
	if all == nil {
		return part
	}
	for i := range all {
		all[i].Values = append(all[i].Values, part[i].Values...)
	}
	return all
}

// combine fits what combines layers.
func (s *scorerState) combine(c layerColumns) {
	s.Combined, s.Tails = FitCombination(Sum, c.means), FitCombination(Sum, c.tails)
	s.Weakest, s.Weighted = FitCombination(Weakest, c.means), FitCombination(Weighted, c.different())
}

// Score scores images; the first is TopScore, and the last of a calibrated scorer CalibratedScore, with places behind it
// PlacesScore. It returns their evaluation, too. The error is that of FitScorer.
func (s *Scorer) Score(ctx context.Context, images Images, workers int) ([]Score, *Evaluation, error) {
	scores, ev, err := s.fitted(ctx, images, workers)
	if err != nil || s.Calibration == nil {
		return scores, ev, err
	}
	worst := Score{CalibratedScore, s.Calibration.weakest(scores)}
	if s.Places != nil {
		scores = append(scores, worst, Score{PlacesScore, s.Calibration.placed(scores)})
	} else {
		scores = append(scores, worst)
	}
	if err := checkScores(scores); err != nil {
		return nil, nil, err
	}
	return scores, ev, nil
}

// fitted are all scores but that of the calibration.
func (s *Scorer) fitted(ctx context.Context, images Images, workers int) ([]Score, *Evaluation, error) {
	scores, ev, err := s.uncorrected(ctx, images, workers)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range corrections {
		if by := s.Corrected[c.name]; by != nil {
			scores = append(scores, Score{c.name, by.Apply(c.by(ev, images), valuesOf(scores, c.of))})
		}
	}
	if s.Places != nil {
		places, err := s.net.places(ctx, images, s.Places, workers)
		if err != nil {
			return nil, nil, err
		}
		scores = append(scores, places...)
	}
	if err := checkScores(scores); err != nil {
		return nil, nil, err
	}
	return scores, ev, nil
}

// checkScores says which of them is not finite.
func checkScores(scores []Score) error {
	for _, c := range scores {
		if !finite(c.Values) {
			return fmt.Errorf("the %s scores of images are not finite: the scorer's numbers are extreme; use another checkpoint or train again", c.Name)
		}
	}
	return nil
}

// made is the network that the scorer was fitted to. It panics for a zero value.
func (s *Scorer) made() *Network { return made(s.net, "Scorer", "FitScorer, FitScorerFrom or Load") }

// uncorrected are all scores but the corrected ones.
func (s *Scorer) uncorrected(ctx context.Context, images Images, workers int) ([]Score, *Evaluation, error) {
	ev, err := s.made().Evaluate(ctx, images, workers)
	if err != nil {
		return nil, nil, err
	}
	pathway, err := s.net.pathway(ctx, images, s.Pathway, workers)
	if err != nil {
		return nil, nil, err
	}
	return append(s.ofEvaluation(ev), Score{PathwayScore, pathway}), ev, nil
}

// valuesOf are those of a score by its name; nil if there is none.
func valuesOf(scores []Score, name string) []float64 {
	for _, s := range scores {
		if s.Name == name {
			return s.Values
		}
	}
	return nil
}

// ofEvaluation are the scores that an evaluation is enough for.
func (s *Scorer) ofEvaluation(ev *Evaluation) []Score {
	scores := []Score{{TopScore, ev.top().LSE}}
	if len(ev.Layers) == 1 {
		return scores
	}
	c := s.net.columnsOf(ev)
	for i, l := range ev.Layers {
		if i < len(ev.Layers)-1 {
			scores = append(scores, Score{fmt.Sprintf("layer %d", i+1), l.LSE})
		}
		if c.positions[i] > 1 {
			scores = append(scores, Score{fmt.Sprintf("layer %d min", i+1), l.Min}, Score{fmt.Sprintf("layer %d tail", i+1), l.Tail})
		}
	}
	return append(scores,
		Score{"sum", c.sum()},
		Score{"combined", s.Combined.Score(c.means)},
		Score{"combined tail", s.Tails.Score(c.tails)},
		Score{"weakest", s.Weakest.Score(c.means)},
		Score{"weighted", s.Weighted.Score(c.different())})
}

func (ev *Evaluation) top() *LayerScores { return &ev.Layers[len(ev.Layers)-1] }

// layerColumns are the scores of images by layer.
type layerColumns struct {
	means, tails [][]float64
	positions    []int // P of every layer
}

func (n *Network) columnsOf(ev *Evaluation) (c layerColumns) {
	for i, l := range ev.Layers {
		c.means, c.tails = append(c.means, l.LSE), append(c.tails, l.Tail)
		c.positions = append(c.positions, n.layers[i].P())
	}
	return c
}

// different are the means of every layer and behind them the tails of those of several positions: of one position the
// tail is the mean.
func (c layerColumns) different() [][]float64 {
	all := c.means[:len(c.means):len(c.means)]
	for i, t := range c.tails {
		if c.positions[i] > 1 {
			all = append(all, t)
		}
	}
	return all
}

// sum is Σ_i P_i·mean_i: the log-likelihoods of all vectors of all layers.
func (c layerColumns) sum() []float64 {
	sum := make([]float64, len(c.means[0]))
	for i, layer := range c.means {
		for j, v := range layer {
			sum[j] += float64(float64(c.positions[i]) * v)
		}
	}
	return sum
}
