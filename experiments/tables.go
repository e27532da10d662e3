package experiments

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

// tables makes T1 (architectures, cost), T2 (clustering), T3 (outliers), T4 (what models draw), T5 (ablation) and C (claims) of one
// data set.
func (r *run) tables(s resultSet) []report.Table {
	var tables []report.Table
	makers := []func(resultSet, Tier) report.Table{architectures, clustering, outlierAUC, knownClasses, scoresByLayer}
	if len(r.tier.Generators) > 0 {
		makers = append(makers, samples, sharpening, trials, inpainting, conditional)
	}
	if len(r.tier.Cost.Seeds) > 0 {
		makers = append(makers, costs)
	}
	if len(r.tier.Ablation.Seeds) > 0 {
		makers = append(makers, ablations)
	}
	makers = append(makers, claims)
	for _, make := range makers {
		t := make(s, r.tier)
		t.Title += ", " + setTitle(s.Name)
		t.Notice = s.Notice
		t.Note = strings.TrimSpace(t.Note + " " + r.provenance(s))
		tables = append(tables, t)
	}
	return tables
}

// provenance says what every figure in a table rests on.
func (r *run) provenance(s resultSet) string {
	trained := 0
	for _, res := range s.Results {
		trained = max(trained, res.Images)
	}
	seeds := fmt.Sprintf("Seed %d.", r.tier.Seeds[0])
	if n := len(r.tier.Seeds); n > 1 {
		seeds = fmt.Sprintf("Means over %d seeds with 95 %% bootstrap intervals.", n)
	}
	return fmt.Sprintf("Tier %s (%s): %d training images, judged on the test images. %s", r.tier.Name, r.tier.About, trained, seeds)
}

// of returns the results of a model and a task over all seeds.
func (s resultSet) of(model string, leaveOut int) []*cell.Result {
	var found []*cell.Result
	for _, r := range s.Results {
		if r.Spec.Model.Name == model && r.Spec.LeaveOut == leaveOut {
			found = append(found, r)
		}
	}
	return found
}

// resamples of every bootstrap; the generator starts anew for each value, so that a table does not depend on its order.
const resamples = 10_000

func newBootstrapRand() *rand.Rand { return rand.New(rand.NewPCG(1, 0x626f6f74)) }

// mean is one value as it is, several as their mean with a bootstrap interval, missing if one is missing.
func mean(results []*cell.Result, value func(*cell.Result) (float64, bool)) report.Value {
	var values []float64
	for _, r := range results {
		v, ok := value(r)
		if !ok {
			return report.None()
		}
		values = append(values, v)
	}
	switch len(values) {
	case 0:
		return report.None()
	case 1:
		return report.Num(values[0])
	}
	i := eval.Bootstrap(values, resamples, newBootstrapRand())
	return report.NumCI(i.Mean, i.Low, i.High)
}

func architectures(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T1-architectures", Title: "T1. Architectures and their cost",
		Columns: []report.Column{{Name: "model"}, {Name: "shapes"}, {Name: "parameters"}, {Name: "scoring", Unit: "MFLOP/image", Decimals: 2},
			{Name: "epoch", Unit: "s", Decimals: 2}, {Name: "training", Unit: "s", Decimals: 1}, {Name: "peak memory", Unit: "MB"}, {Name: "used, lowest layer", Unit: "%"}, {Name: "used, top layer", Unit: "%"}},
		Note: "All classes. MFLOP: multiplications and additions of the log-scores, 4·P·K·D for each layer, twice that of two multiply-adds. An epoch of k-means and EM is one iteration, without seeding. Peak memory: of the whole process, data included. Used: share of components that win at least 1 % of their fair share of the training vectors."}
	for _, m := range t.trained(s.Name) {
		results := s.of(m.Name, cell.NoClass)
		first := results[0]
		table.Rows = append(table.Rows, []report.Value{
			report.Text(m.Name), report.Text(shapes(first)), report.Num(float64(first.Params)), report.Num(first.MFLOPs),
			mean(results, func(r *cell.Result) (float64, bool) { return r.Seconds / float64(r.Epochs), r.Epochs > 0 }),
			mean(results, func(r *cell.Result) (float64, bool) { return r.Seconds, true }),
			mean(results, func(r *cell.Result) (float64, bool) { return r.PeakMB, r.PeakMB > 0 }),
			mean(results, func(r *cell.Result) (float64, bool) { return 100 * r.Layers[0].Used, true }),
			mean(results, func(r *cell.Result) (float64, bool) { return 100 * r.Layers[len(r.Layers)-1].Used, true }),
		})
	}
	return table
}

// shapes is the way of an image through a model: positions × components of every layer.
func shapes(r *cell.Result) string {
	var words []string
	for _, l := range r.Layers {
		words = append(words, fmt.Sprintf("%d×%d×%d (D %d)", l.H, l.W, l.K, l.D))
	}
	return strings.Join(words, " → ")
}

func clustering(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T2-clustering", Title: "T2. Clustering of the test images",
		Columns: []report.Column{{Name: "model"}, {Name: "clusters"}, {Name: "purity", Decimals: 3, Better: 1}, {Name: "NMI", Decimals: 3, Better: 1},
			{Name: "ARI", Decimals: 3, Better: 1}, {Name: "accuracy", Decimals: 3, Better: 1}, {Name: "Davies–Bouldin", Decimals: 2, Better: -1},
			{Name: "Dunn", Decimals: 3, Better: 1}, {Name: "silhouette", Decimals: 3, Better: 1}},
		Note: fmt.Sprintf("All classes, cluster = winner of the top layer. Accuracy: best one-to-one matching of clusters to classes (Hungarian algorithm). The last three columns measure distances of pixels, on the first %d test images, lower Davies–Bouldin is better.", cell.ValidityImages)}
	for _, m := range t.compared(s.Name) {
		results := s.of(m.Name, cell.NoClass)
		row := []report.Value{report.Text(m.Name), report.Num(float64(results[0].Layers[len(results[0].Layers)-1].K))}
		for _, get := range []func(*cell.Clusters) *float64{
			func(c *cell.Clusters) *float64 { return &c.Purity }, func(c *cell.Clusters) *float64 { return &c.NMI },
			func(c *cell.Clusters) *float64 { return &c.ARI }, func(c *cell.Clusters) *float64 { return &c.Accuracy },
			func(c *cell.Clusters) *float64 { return c.DaviesBouldin }, func(c *cell.Clusters) *float64 { return c.Dunn },
			func(c *cell.Clusters) *float64 { return c.Silhouette },
		} {
			row = append(row, mean(results, func(r *cell.Result) (float64, bool) {
				if r.Clusters == nil || get(r.Clusters) == nil {
					return math.NaN(), false
				}
				return *get(r.Clusters), true
			}))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// perClass is a table with one column for each class left out and one for their mean.
func perClass(t Tier, table report.Table, quantity string, rows []string, value func(row string, seed uint64, class int) (float64, bool)) report.Table {
	table.Columns = append(table.Columns, report.Column{Name: "model"})
	for _, c := range t.LeaveOut {
		table.Columns = append(table.Columns, report.Column{Name: fmt.Sprintf("%s, class %d", quantity, c), Decimals: 3, Better: 1})
	}
	table.Columns = append(table.Columns, report.Column{Name: fmt.Sprintf("%s, mean of %d", quantity, len(t.LeaveOut)), Decimals: 3, Better: 1})
	for _, name := range rows {
		row := []report.Value{report.Text(name)}
		averages := make([]float64, len(t.Seeds))
		for _, c := range t.LeaveOut {
			values := make([]float64, len(t.Seeds))
			for i, seed := range t.Seeds {
				v, ok := value(name, seed, c)
				if !ok {
					v = math.NaN()
				}
				values[i] = v
				averages[i] += v / float64(len(t.LeaveOut))
			}
			row = append(row, overSeeds(values))
		}
		table.Rows = append(table.Rows, append(row, overSeeds(averages)))
	}
	return table
}

func overSeeds(values []float64) report.Value {
	if len(values) == 1 {
		return report.Num(values[0])
	}
	i := eval.Bootstrap(values, resamples, newBootstrapRand())
	return report.NumCI(i.Mean, i.Low, i.High)
}

func (s resultSet) find(model string, seed uint64, class int) *cell.Result {
	for _, r := range s.of(model, class) {
		if r.Spec.Seed == seed || r.Spec.Model.Kind == cell.Nearest { // which has no seed
			return r
		}
	}
	panic(fmt.Sprintf("experiments: no result of %s, seed %d, class %d", model, seed, class))
}

func names(models []cell.Model) []string {
	var names []string
	for _, m := range models {
		names = append(names, m.Name)
	}
	return names
}

func outlierAUC(s resultSet, t Tier) report.Table {
	detectors := names(t.detectors(s.Name))
	table := perClass(t, report.Table{ID: "T3-outliers", Title: "T3. Detection of the class left out of training",
		Note: "Exact area under the ROC curve (ties count half): all test images of the class left out against all others. Score: top is the log-likelihood of the top layer; of k-means, the negative squared distance to the nearest centre; of a reference without a model, to the nearest of the first 20,000 training images. Another score was chosen with the model, on validation images; docs/model.md, section 4, defines them."},
		"AUC", detectors, func(model string, seed uint64, class int) (float64, bool) { return t.auc(s.find(model, seed, class)) })
	table.Columns = slices.Insert(table.Columns, 1, report.Column{Name: "score"})
	for i, model := range detectors {
		table.Rows[i] = slices.Insert(table.Rows[i], 1, report.Text(t.readout(s.Name, model)))
	}
	return table
}

func knownClasses(s resultSet, t Tier) report.Table {
	clustering := slices.DeleteFunc(t.detectors(s.Name), isReference)
	return perClass(t, report.Table{ID: "T3b-known-classes", Title: "T3b. Purity of the clusters of the known classes",
		Note: "The models of T3, test images of the classes they were trained on."},
		"purity without", names(clustering), func(model string, seed uint64, class int) (float64, bool) {
			c := s.find(model, seed, class).Clusters
			if c == nil {
				return 0, false
			}
			return c.Purity, true
		})
}

// scoresByLayer is T3 for every score of every network of several layers.
func scoresByLayer(s resultSet, t Tier) report.Table {
	var rows []string
	parts := map[string][2]string{}
	for _, m := range t.detectors(s.Name) {
		first := s.of(m.Name, t.LeaveOut[0])[0]
		if len(first.Layers) < 2 {
			continue
		}
		for _, o := range first.Outliers {
			row := m.Name + ": " + o.Score
			rows = append(rows, row)
			parts[row] = [2]string{m.Name, o.Score}
		}
	}
	return perClass(t, report.Table{ID: "T3c-scores", Title: "T3c. Detection by the scores of single layers",
		Note: "As T3. The scores are defined in docs/model.md, section 4; none has seen an outlier. Combined: the sum over all layers, each standardised on the training images."},
		"AUC", rows, func(row string, seed uint64, class int) (float64, bool) {
			return s.find(parts[row][0], seed, class).OutlierAUC(parts[row][1])
		})
}
