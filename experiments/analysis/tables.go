package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// Ids of tables: the names of their files, and what claims and pages refer to.
const (
	ArchitecturesID = "T1-architectures"
	CostID          = "T1-cost"
	ClusteringID    = "T2-clustering"
	OutliersID      = "T3-outliers"
	SamplesID       = "T4-samples"
	ClaimsID        = "C-claims"
	VerdictsID      = "C-verdicts"

	knownClassesID = "T3b-known-classes"
	inpaintingID   = "T4d-inpainting"
	classesID      = "T4e-classes"
)

// tables are all tables in the order of a page; a part of the suite that is empty has none.
var tables = []struct {
	id, title string
	part      func(suite.Tier) bool // nil: always
	fill      func(*results.Set, *report.Table)
}{
	{ArchitecturesID, "T1. Architectures and their cost", nil, architectures},
	{ClusteringID, "T2. Clustering of the test images", nil, clustering},
	{OutliersID, "T3. Detection of the class left out of training", nil, outliers},
	{knownClassesID, "T3b. Purity of the clusters of the known classes", nil, knownClasses},
	{"T3c-scores", "T3c. Detection by every score", nil, scoresByLayer},
	{SamplesID, "T4. What the models draw, against test images", hasSamples, samples},
	{"T4b-sharpening", "T4b. Sharpening: what it does to the objective and to the pictures", hasSamples, sharpening},
	{"T4c-trials", "T4c. Settings of sampling, tried on validation images", hasSamples, trials},
	{inpaintingID, "T4d. In-painting: squared error of missing pixels", hasSamples, inpainting},
	{classesID, "T4e. A linear classifier on the top layer, and images drawn for a class", hasSamples, conditional},
	{CostID, "T1c. Flat mixtures of many sizes, and the deep models: what quality costs", hasCost, costs},
	{"T5-ablation", "T5. What the parts of a deep model do: ", hasAblation, ablations},
	{"T5b-drawing", "T5b. What the parts of drawing do", hasPieces, pieces},
	{VerdictsID, "C. Verdicts", nil, verdicts},
	{ClaimsID, "C0. Claims by the first scoring", nil, claims},
}

func hasSamples(t suite.Tier) bool  { return len(t.Generators) > 0 }
func hasPaper(t suite.Tier) bool    { return len(t.Paper.Seeds) > 0 }
func hasCost(t suite.Tier) bool     { return len(t.Cost.Seeds) > 0 }
func hasAblation(t suite.Tier) bool { return len(t.Ablation.Seeds) > 0 }
func hasPieces(t suite.Tier) bool   { return len(t.Pieces.Seeds) > 0 }

// Tables makes T1 (architectures, cost), T2 (clustering), T3 (outliers), T4 (samples), T5 (ablation) and C (verdicts) of
// one data set.
func Tables(s *results.Set) []report.Table {
	var made []report.Table
	for _, d := range tables {
		if d.part != nil && !d.part(s.Tier) {
			continue
		}
		t := report.Table{ID: d.id, Title: d.title, Notice: s.Notice}
		d.fill(s, &t)
		t.Title += ", " + SetTitle(s.Set)
		t.Note = strings.TrimSpace(t.Note + " " + provenance(s))
		made = append(made, t)
	}
	return made
}

// SetTitle is the name of a data set in titles.
func SetTitle(set string) string {
	switch set {
	case "mnist":
		return "MNIST"
	case "fashion-mnist":
		return "FashionMNIST"
	}
	return set
}

// provenance says what every number in a table rests on.
func provenance(s *results.Set) string {
	seeds := fmt.Sprintf("Seed %d.", s.Seeds[0])
	if n := len(s.Seeds); n > 1 {
		seeds = fmt.Sprintf("Means over %d seeds with 95 %% bootstrap intervals.", n)
	}
	if n := len(s.OutlierSeeds()); n < len(s.Seeds) {
		seeds += fmt.Sprintf(" Classes are left out with %d.", n)
	}
	if p := s.Paper; len(p.Seeds) > 0 && len(p.Seeds) < len(s.Seeds) {
		seeds += fmt.Sprintf(" The paper's architectures that no search tuned have %d.", len(p.Seeds))
	}
	return fmt.Sprintf("Tier %s (%s): %d training images, judged on the test images. %s", s.Name, s.About, s.TrainedOn(), seeds)
}

// resamples of every bootstrap; the generator starts anew for each value, so that a table does not depend on its order.
const resamples = 10_000

func newBootstrapRand() *rand.Rand { return rand.New(rand.NewPCG(1, 0x626f6f74)) }

// overSeeds is one value as it is, several as their mean with a bootstrap interval.
func overSeeds(values []float64) report.Value {
	if len(values) == 1 {
		return report.Num(values[0])
	}
	i := eval.Bootstrap(values, resamples, newBootstrapRand())
	return report.NumCI(i.Mean, i.Low, i.High)
}

// value is a metric of a row: of one seed with the interval that it has, of several overSeeds; missing if one is
// missing.
func value(cells []results.Cell, m results.Metric) report.Value {
	var values []float64
	var last eval.Interval
	for _, c := range cells {
		i, ok := m.Of(c)
		if !ok {
			return report.None()
		}
		last, values = i, append(values, i.Mean)
	}
	switch {
	case len(values) == 0:
		return report.None()
	case len(values) == 1 && last.N > 0:
		return report.NumCI(last.Mean, last.Low, last.High)
	}
	return overSeeds(values)
}

// number of a row, for those that do not differ between seeds.
func number(cells []results.Cell, m results.Metric) report.Value { return value(cells[:1], m) }

func values(cells []results.Cell, metrics ...results.Metric) []report.Value {
	var row []report.Value
	for _, m := range metrics {
		row = append(row, value(cells, m))
	}
	return row
}

func columns(first string, metrics ...results.Metric) []report.Column {
	head := []report.Column{{ID: first, Name: first}}
	for _, m := range metrics {
		head = append(head, m.Column)
	}
	return head
}

func architectures(s *results.Set, t *report.Table) {
	measured := []results.Metric{results.Epoch, results.Training, results.Memory, results.UsedLowest, results.UsedTop}
	t.Columns = slices.Insert(columns("model", append([]results.Metric{results.Parameters, results.Scoring}, measured...)...), 1, report.Column{ID: "shapes", Name: "shapes"})
	t.Note = "All classes. MFLOP: multiplications and additions of the log-scores, 4·P·K·D for each layer, twice that of two multiply-adds. An epoch of k-means and EM is one iteration, without seeding. Peak memory: of the whole process, data included. Used: share of components that win at least 1 % of their fair share of the training vectors."
	for _, m := range s.Trained() {
		all := s.Of(m.ID, cell.NoClass)
		t.Add(m.ID, append([]report.Value{report.Text(m.Name), report.Text(shapes(all[0])), number(all, results.Parameters), number(all, results.Scoring)}, values(all, measured...)...)...)
	}
}

// shapes is the way of an image through a model: positions × components of every layer.
func shapes(c results.Cell) string {
	var words []string
	for _, l := range c.Layers {
		words = append(words, fmt.Sprintf("%d×%d×%d (D %d)", l.H, l.W, l.K, l.D))
	}
	return strings.Join(words, " → ")
}

func clustering(s *results.Set, t *report.Table) {
	metrics := []results.Metric{results.Purity, results.NMI, results.ARI, results.Accuracy, results.DaviesBouldin, results.Dunn, results.Silhouette}
	t.Columns = slices.Insert(columns("model", metrics...), 1, results.ClusterSize.Column)
	t.Note = fmt.Sprintf("All classes, cluster = winner of the top layer. Accuracy: best one-to-one matching of clusters to classes (Hungarian algorithm). The last three columns measure distances of pixels, on the first %d test images, lower Davies–Bouldin is better.", cell.ValidityImages)
	for _, m := range s.Compared() {
		all := s.Of(m.ID, cell.NoClass)
		t.Add(m.ID, append([]report.Value{report.Text(m.Name), number(all, results.ClusterSize)}, values(all, metrics...)...)...)
	}
}

// MeanID is the id of the column of the mean over the classes left out.
const MeanID = "mean"

// classColumns are one column for each class left out and one for their mean.
func classColumns(s *results.Set, quantity string) []report.Column {
	head := []report.Column{{ID: "model", Name: "model"}}
	for _, c := range s.LeaveOut {
		head = append(head, report.Column{ID: fmt.Sprintf("class-%d", c), Name: fmt.Sprintf("%s, class %d", quantity, c), Decimals: 3, Better: 1})
	}
	return append(head, report.Column{ID: MeanID, Name: fmt.Sprintf("%s, mean of %d", quantity, len(s.LeaveOut)), Decimals: 3, Better: 1})
}

// byClass are the cells below classColumns.
func byClass(s *results.Set, model suite.Model, m results.Metric) []report.Value {
	var row []report.Value
	seeds := s.OutlierSeeds()
	averages := make([]float64, len(seeds))
	for _, class := range s.LeaveOut {
		values := make([]float64, len(seeds))
		for i, seed := range seeds {
			v, ok := m.Of(s.Find(model.ID, seed, class))
			if !ok {
				v.Mean = math.NaN()
			}
			values[i] = v.Mean
			averages[i] += v.Mean / float64(len(s.LeaveOut))
		}
		row = append(row, overSeeds(values))
	}
	return append(row, overSeeds(averages))
}

func outliers(s *results.Set, t *report.Table) {
	t.Columns = slices.Insert(classColumns(s, "AUC"), 1, report.Column{ID: "score", Name: "score"})
	t.Note = "Exact area under the ROC curve (ties count half): all test images of the class left out against all others. Score: top is the log-likelihood of the top layer; of k-means, the negative squared distance to the nearest centre; of a reference without a model, to the nearest of the first 20,000 training images. Another score was chosen with the model, on validation images; docs/model.md, section 4, defines them."
	for _, m := range s.DetectorModels() {
		t.Add(m.ID, append([]report.Value{report.Text(m.Name), report.Text(s.Score(m.ID))}, byClass(s, m, s.AUC())...)...)
	}
}

func knownClasses(s *results.Set, t *report.Table) {
	t.Columns, t.Note = classColumns(s, "purity without"), "The models of T3, test images of the classes they were trained on."
	for _, m := range s.DetectorModels() {
		if !m.IsReference() {
			t.Add(m.ID, append([]report.Value{report.Text(m.Name)}, byClass(s, m, results.Purity)...)...)
		}
	}
}

// scoresByLayer is T3 for every score of every network of several layers.
func scoresByLayer(s *results.Set, t *report.Table) {
	t.Columns = classColumns(s, "AUC")
	t.Note = "As T3. The scores are defined in docs/model.md, section 4; none has seen an outlier. Combined: the sum over all layers, each standardised on the training images."
	for _, m := range s.DetectorModels() {
		first := s.Of(m.ID, s.LeaveOut[0])[0]
		if len(first.Layers) < 2 {
			continue
		}
		for _, o := range first.Outliers {
			t.Add(m.ID+": "+o.Score, append([]report.Value{report.Text(m.Name + ": " + o.Score)}, byClass(s, m, results.ScoreAUC(o.Score))...)...)
		}
	}
}
