package experiments

import (
	"fmt"

	"deepgmm/eval"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
)

// drawn returns what a model drew, by seed.
func (s resultSet) drawn(model string) []*cell.Drawn {
	var found []*cell.Drawn
	for _, r := range s.Drawings {
		if r.Spec.Model.Name == model {
			found = append(found, r.Drawn)
		}
	}
	return found
}

// interval is that of one seed, from resampled images, or of the means of several seeds.
func interval(drawn []*cell.Drawn, value func(*cell.Drawn) (eval.Interval, bool)) report.Value {
	var means []float64
	var last eval.Interval
	for _, d := range drawn {
		i, ok := value(d)
		if !ok {
			return report.None()
		}
		last = i
		means = append(means, i.Mean)
	}
	switch len(means) {
	case 0:
		return report.None()
	case 1:
		return report.NumCI(last.Mean, last.Low, last.High)
	}
	return overSeeds(means)
}

// plain is the mean over seeds of a number without an interval of its own.
func plain(drawn []*cell.Drawn, value func(*cell.Drawn) (float64, bool)) report.Value {
	var values []float64
	for _, d := range drawn {
		v, ok := value(d)
		if !ok {
			return report.None()
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return report.None()
	}
	return overSeeds(values)
}

// Rows of samples are named by model and, for models that can be sharpened, with this.
const sharpened = ", sharpened"

var generativeColumns = []struct {
	report.Column
	get func(*eval.Generative) eval.Interval
}{
	{report.Column{Name: "Fréchet distance", Decimals: 2, Better: -1}, func(g *eval.Generative) eval.Interval { return g.Frechet }},
	{report.Column{Name: "NDB", Decimals: 2, Better: -1}, func(g *eval.Generative) eval.Interval { return g.NDB }},
	{report.Column{Name: "JS", Decimals: 3, Better: -1}, func(g *eval.Generative) eval.Interval { return g.JS }},
	{report.Column{Name: "precision", Decimals: 3}, func(g *eval.Generative) eval.Interval { return g.Precision }},
	{report.Column{Name: "recall", Decimals: 3}, func(g *eval.Generative) eval.Interval { return g.Recall }},
	{report.Column{Name: "density", Decimals: 2}, func(g *eval.Generative) eval.Interval { return g.Density }},
	{report.Column{Name: "coverage", Decimals: 3}, func(g *eval.Generative) eval.Interval { return g.Coverage }},
	{report.Column{Name: "gradient energy", Decimals: 2}, func(g *eval.Generative) eval.Interval { return g.Energy }},
	{report.Column{Name: "MMD²", Decimals: 4}, func(g *eval.Generative) eval.Interval { return g.MMD }},
}

func samples(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T4-samples", Title: "T4. What the models draw, against test images", Columns: []report.Column{{Name: "images"}},
		Note: fmt.Sprintf("%d images of each kind, drawn at the temperature that was best on validation images (T4c), which need not be the same with sharpening. Fréchet distance: of Gaussians in the space of the 50 first principal components of the training images. NDB: share of 100 bins that hold another share than of training images (z-test, 5 %%), JS: divergence of these shares. Precision, recall, density and coverage: with the 5 nearest neighbours among test images. Gradient energy: over that of test images, 1 is right. MMD²: with Gaussian kernels in the same space. The first three rows are no models: training images are as good as samples can be, means and noise are bad in two ways. Intervals: 95 %%, from resampled images for one seed, else over seeds.", t.Drawing.Samples)}
	for _, c := range generativeColumns {
		c.Better = 0 // the training images would win
		table.Columns = append(table.Columns, c.Column)
	}
	row := func(name string, drawn []*cell.Drawn, of func(*cell.Drawn) *eval.Generative) {
		cells := []report.Value{report.Text(name)}
		for _, c := range generativeColumns {
			cells = append(cells, interval(drawn, func(d *cell.Drawn) (eval.Interval, bool) { return c.get(of(d)), true }))
		}
		table.Rows = append(table.Rows, cells)
	}
	for _, m := range t.generators(s.Name) {
		drawn := s.drawn(m.Name)
		row(m.Name, drawn, func(d *cell.Drawn) *eval.Generative { return d.Raw })
		if isNetwork(m) {
			row(m.Name+sharpened, drawn, func(d *cell.Drawn) *eval.Generative { return d.Sharp })
		}
	}
	return table
}

// chosenSharpening marks, in the table of trials, the best setting with sharpening.
const chosenSharpening = "sharpened"

func sharpening(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T4b-sharpening", Title: "T4b. Sharpening: what it does to the objective and to the pictures",
		Columns: []report.Column{{Name: "model"}, {Name: "temperature", Decimals: 1}, {Name: "target layer"}, {Name: "iterations"}, {Name: "steps tried, an image", Decimals: 1},
			{Name: "kept", Unit: "%", Decimals: 1}, {Name: "kept ones that raised the objective", Unit: "%", Decimals: 1}, {Name: "objective before", Decimals: 1}, {Name: "objective after", Decimals: 1},
			{Name: "gradient energy before", Decimals: 2}, {Name: "gradient energy after", Decimals: 2}, {Name: "Fréchet distance, change", Decimals: 2}, {Name: "NDB, change", Decimals: 2}},
		Note: "The sharpened samples of T4. Temperature, target and iterations have the least Fréchet distance to validation images among those that were tried (T4c); changes are against the best temperature without sharpening. A step that does not raise the objective, the mean log-score of the target's winners, is taken back and half of it is tried; an image whose steps have become too small to see is done."}
	for _, m := range t.networks(s.Name) {
		drawn := s.drawn(m.Name)
		first := drawn[0].Trials[drawn[0].Chosen] // of the first seed
		row := []report.Value{report.Text(m.Name), report.Num(first.Temperature), report.Num(float64(first.Target)), report.Num(float64(first.Iterations))}
		for _, get := range []func(d *cell.Drawn) float64{
			func(d *cell.Drawn) float64 { return float64(d.LineSearch.Steps) / float64(d.Raw.N) },
			func(d *cell.Drawn) float64 {
				return 100 * float64(d.LineSearch.Raised+d.LineSearch.Lowered) / float64(max(1, d.LineSearch.Steps))
			},
			func(d *cell.Drawn) float64 {
				return 100 * float64(d.LineSearch.Raised) / float64(max(1, d.LineSearch.Raised+d.LineSearch.Lowered))
			},
			func(d *cell.Drawn) float64 { return d.LineSearch.Before }, func(d *cell.Drawn) float64 { return d.LineSearch.After },
			func(d *cell.Drawn) float64 { return d.Raw.Energy.Mean }, func(d *cell.Drawn) float64 { return d.Sharp.Energy.Mean },
			func(d *cell.Drawn) float64 { return d.Sharp.Frechet.Mean - d.Raw.Frechet.Mean },
			func(d *cell.Drawn) float64 { return d.Sharp.NDB.Mean - d.Raw.NDB.Mean },
		} {
			row = append(row, plain(drawn, func(d *cell.Drawn) (float64, bool) { return get(d), true }))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// trials is the log of the search for settings of sampling.
func trials(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T4c-trials", Title: "T4c. Settings of sampling, tried on validation images",
		Columns: []report.Column{{Name: "model"}, {Name: "seed"}, {Name: "temperature", Decimals: 1}, {Name: "target layer"}, {Name: "iterations"}, {Name: "Fréchet distance to validation images", Decimals: 2}, {Name: "chosen"}},
		Note:    fmt.Sprintf("%d samples for each setting; the best one without sharpening and the best one with it, for each seed, are those of T4. The temperature divides deviations from the means of components. S = 1 everywhere.", t.Drawing.Trials)}
	for _, m := range t.networks(s.Name) {
		for i, d := range s.drawn(m.Name) {
			for j, trial := range d.Trials {
				row := []report.Value{report.Text(m.Name), report.Num(float64(t.Seeds[i])), report.Num(trial.Temperature), report.None(), report.Num(float64(trial.Iterations)), report.Num(trial.Frechet), report.None()}
				if trial.Target > 0 {
					row[3] = report.Num(float64(trial.Target))
				}
				switch j {
				case d.Plain:
					row[6] = report.Text("as drawn")
				case d.Chosen:
					row[6] = report.Text(chosenSharpening)
				}
				table.Rows = append(table.Rows, row)
			}
		}
	}
	return table
}

func inpainting(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T4d-inpainting", Title: "T4d. In-painting: squared error of missing pixels", Columns: []report.Column{{Name: "model"}},
		Note: fmt.Sprintf("Mean over the first %d test images of the mean squared error over their missing pixels, values in [0, 1]. Marginalised: what is missing drops out of the likelihood of the first layer. Zero-filled: it is taken for black, as the authors do. The mean image looks at no pixel.", t.Drawing.Inpaint)}
	var names []string
	for _, p := range s.drawn(string(cell.TrainingMeans))[0].Inpainted {
		names = append(names, p.Mask)
		table.Columns = append(table.Columns, report.Column{Name: p.Mask + ", marginalised", Decimals: 4, Better: -1}, report.Column{Name: p.Mask + ", zero-filled", Decimals: 4, Better: -1})
	}
	row := func(name string, drawn []*cell.Drawn) {
		cells := []report.Value{report.Text(name)}
		for i := range names {
			cells = append(cells, interval(drawn, func(d *cell.Drawn) (eval.Interval, bool) { return d.Inpainted[i].Marginal, true }),
				interval(drawn, func(d *cell.Drawn) (eval.Interval, bool) { return d.Inpainted[i].ZeroFill, true }))
		}
		table.Rows = append(table.Rows, cells)
	}
	row(meanImage, s.drawn(string(cell.TrainingMeans)))
	for _, m := range t.networks(s.Name) {
		row(m.Name, s.drawn(m.Name))
	}
	return table
}

// meanImage names the row of in-painting by the mean of all training images.
const meanImage = "mean image"

// classRows name the references of images of a class.
var classRows = map[cell.Kind]string{cell.TrainingImages: "validation images", cell.TrainingMeans: "mean of the class", cell.Noise: "noise"}

func conditional(s resultSet, t Tier) report.Table {
	table := report.Table{ID: "T4e-classes", Title: "T4e. A linear classifier on the top layer, and images drawn for a class",
		Columns: []report.Column{{Name: "model"}, {Name: "test accuracy", Decimals: 3, Better: 1}, {Name: "recognised, as drawn", Decimals: 3}, {Name: "recognised, sharpened", Decimals: 3, Better: 1}},
		Note:    fmt.Sprintf("Recognised: share of %d images drawn for every class that an independent classifier, the 5 nearest training images, takes for that class. The first three rows are no models: real images, the mean of a class, and noise.", t.Drawing.PerClass)}
	for _, m := range t.generators(s.Name) {
		drawn := s.drawn(m.Name)
		if !isNetwork(m) {
			table.Rows = append(table.Rows, []report.Value{report.Text(classRows[m.Kind]), report.None(),
				interval(drawn, func(d *cell.Drawn) (eval.Interval, bool) { return d.Classes.RecognisedRaw, true }), report.None()})
			continue
		}
		table.Rows = append(table.Rows, []report.Value{report.Text(m.Name),
			plain(drawn, func(d *cell.Drawn) (float64, bool) { return d.Classes.Accuracy, true }),
			interval(drawn, func(d *cell.Drawn) (eval.Interval, bool) { return d.Classes.RecognisedRaw, true }),
			interval(drawn, func(d *cell.Drawn) (eval.Interval, bool) { return d.Classes.RecognisedSharp, true })})
	}
	return table
}
