package analysis

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
	"deepgmm/internal/regular"
	"deepgmm/internal/strict"
)

// Summary is what the tables of one data set say in a few numbers. Models are ids.
type Summary struct {
	Clusters Comparison      // by purity
	Outliers Comparison      // by the AUC, mean over the classes left out
	Blind    *Blind          `json:",omitempty"`
	Samples  *SampleSummary  `json:",omitempty"`
	Inpaint  *InpaintSummary `json:",omitempty"`
	Classes  *Standing       `json:",omitempty"` // the deep model whose sharpened images of a class are recognised most often, and their share
}

// Standing is a model and its value.
type Standing struct {
	Model string
	Value float64
}

// Comparison is the best deep model, the best flat one, factor analysers included, and the paper's rival.
type Comparison struct {
	Deep, Flat, Rival Standing
	Above, Deeps      int // deep models above every flat one, and all
}

// Blind is the deep model that was tuned for outliers, if its clusters are no clusters of the classes it knows: not
// half as pure as those of the paper's rival.
type Blind struct {
	Purity, Rival float64
	Score         string // that detects
}

// SampleSummary is what sharpening does to deep models.
type SampleSummary struct {
	Best, Rival string   // the deep model that is the nearest to the validation images, and the paper's rival
	AsDrawn     bool     // Best is, not sharpened
	Flat        []string // models of the short table
	Deeps       int
	Closer      int // of Deeps: whose Fréchet distance falls
	Fewer       int // whose NDB falls
	Natural     int // whose gradient energy is then between 0.8 and 1.2 of that of real images
}

// InpaintSummary compares marginalising with taking missing pixels for black, and with the mean image.
type InpaintSummary struct {
	Below, Pairs int // pairs of model and mask in which marginalising has a lower error than both, and all
	Masks        []MaskSummary
}

// MaskSummary is the model with the least error under a mask, if it is below that of the mean image, else no model.
type MaskSummary struct {
	Mask      string
	Least     Standing
	MeanImage float64
}

// SummaryFile is the name of a data set's summary.
const SummaryFile = "summary.json"

// ReadSummary reads the summary in the folder of a data set. The error names the file and the remedy.
func ReadSummary(dir string) (s Summary, err error) {
	path := filepath.Join(dir, SummaryFile)
	text, err := regular.Read(path, 1<<20)
	if err != nil {
		return s, fmt.Errorf("summary: %w", err)
	}
	if err := strict.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("summary: %s is damaged: %w; run the tier again", path, err)
	}
	return s, nil
}

// Summarise answers the questions of Summary from results and their Tables. The error names the number that is missing.
func Summarise(s *results.Set, tables []report.Table) (Summary, error) {
	if !hasSamples(s.Tier) {
		return summarise(s.Suite, results.Key{}, nil, tables)
	}
	m, v, _ := s.Nearest(suite.Where(s.Samplers(), suite.Model.IsDeep))
	return summarise(s.Suite, results.Key{Model: m.ID, Variant: v}, s.Masks(), tables)
}

func summarise(s suite.Suite, best results.Key, masks []string, tables []report.Table) (Summary, error) {
	l := lookup{tables: tables}
	sum := Summary{
		Clusters: l.compare(ClusteringID, results.Purity.ID, s.Compared(), s.PaperRival(configs.Clustering)),
		Outliers: l.compare(OutliersID, MeanID, s.DetectorModels(), s.PaperRival(configs.Outliers)),
	}
	if deep, ok := s.Winner(configs.Outliers, configs.Deep); ok {
		b := Blind{l.number(knownClassesID, deep.ID, MeanID), l.number(knownClassesID, s.PaperRival(configs.Outliers).ID, MeanID), s.Score(deep.ID)}
		if b.isBlind() {
			sum.Blind = &b
		}
	}
	if best.Model != "" {
		sum.Samples, sum.Inpaint, sum.Classes = l.samples(s, best), l.inpainting(s, masks), l.classes(s)
	}
	return sum, l.err
}

func (b Blind) isBlind() bool { return b.Purity < b.Rival/2 }

// lookup finds numbers in tables, and keeps the first error.
type lookup struct {
	tables []report.Table
	err    error
}

func (l *lookup) number(table, row, column string) float64 {
	if i := slices.IndexFunc(l.tables, func(t report.Table) bool { return t.ID == table }); i >= 0 {
		v, _ := l.tables[i].Lookup(row, column)
		if x, ok := v.Float(); ok {
			return x
		}
	}
	if l.err == nil {
		l.err = fmt.Errorf("summary: table %s has no number in row %q, column %q", table, row, column)
	}
	return math.NaN()
}

func (l *lookup) compare(table, column string, models []suite.Model, rival suite.Model) Comparison {
	c := Comparison{Rival: Standing{rival.ID, l.number(table, rival.ID, column)}}
	for _, m := range suite.Where(models, suite.Model.IsFlat) {
		c.Flat.raise(m.ID, l.number(table, m.ID, column))
	}
	for _, m := range suite.Where(models, suite.Model.IsDeep) {
		v := l.number(table, m.ID, column)
		c.Deeps++
		if v > c.Flat.Value {
			c.Above++
		}
		c.Deep.raise(m.ID, v)
	}
	return c
}

// raise keeps the larger value, and the first one.
func (s *Standing) raise(model string, value float64) {
	if s.Model == "" || value > s.Value {
		*s = Standing{model, value}
	}
}

func (l *lookup) samples(s suite.Suite, best results.Key) *SampleSummary {
	sum := &SampleSummary{Best: best.Model, AsDrawn: best.Variant == results.Raw, Rival: s.PaperRival(configs.Drawing).ID, Flat: suite.IDs(s.HeadlineSamplers())}
	for _, m := range suite.Where(s.Samplers(), suite.Model.IsDeep) {
		sharp := results.Key{Model: m.ID, Variant: results.Sharpened}.String()
		sum.Deeps++
		if l.number(SamplesID, sharp, results.Frechet.ID) < l.number(SamplesID, m.ID, results.Frechet.ID) {
			sum.Closer++
		}
		if l.number(SamplesID, sharp, results.NDB.ID) < l.number(SamplesID, m.ID, results.NDB.ID) {
			sum.Fewer++
		}
		if energy := l.number(SamplesID, sharp, results.Energy.ID); energy >= 0.8 && energy <= 1.2 {
			sum.Natural++
		}
	}
	return sum
}

func (l *lookup) inpainting(s suite.Suite, masks []string) *InpaintSummary {
	sum := &InpaintSummary{}
	for i, mask := range masks {
		marginal, zero := results.Inpainting(i, mask)
		mean := l.number(inpaintingID, suite.TrainingMeans, marginal.ID)
		least := Standing{Value: mean}
		for _, m := range s.Inpainters() {
			filled, zeroFilled := l.number(inpaintingID, m.ID, marginal.ID), l.number(inpaintingID, m.ID, zero.ID)
			sum.Pairs++
			if filled < zeroFilled && filled < mean {
				sum.Below++
			}
			if filled < least.Value {
				least = Standing{m.ID, filled}
			}
		}
		sum.Masks = append(sum.Masks, MaskSummary{mask, least, mean})
	}
	return sum
}

func (l *lookup) classes(s suite.Suite) *Standing {
	most := &Standing{}
	for _, m := range suite.Where(s.Samplers(), suite.Model.IsDeep) {
		most.raise(m.ID, l.number(classesID, m.ID, results.RecognisedSharp.ID))
	}
	return most
}
