package analysis

import (
	"fmt"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// sampled are the cells of a row of samples.
func sampled(s *results.Set, key results.Key) []results.Cell { return s.Cells(key, cell.NoClass, true) }

// sharpenedName names a row of sharpened samples.
func sharpenedName(m suite.Model) string { return m.Name + ", sharpened" }

func samples(s *results.Set, t *report.Table) {
	t.Columns = columns("images", results.Generative...)
	for i := range t.Columns {
		t.Columns[i].Better = 0 // the training images would win
	}
	t.Note = fmt.Sprintf("%d images of each kind, drawn at the temperature that was best on validation images without sharpening (T4c). Fréchet distance: of Gaussians in the space of the 50 first principal components of the training images. NDB: share of 100 bins that hold another share than of training images (z-test, 5 %%), JS: divergence of these shares. Precision, recall, density and coverage: with the 5 nearest neighbours among test images. Gradient energy: over that of test images, 1 is right. MMD²: with Gaussian kernels in the same space. The first three rows are no models: training images are as good as samples can be, means and noise are bad in two ways. Intervals: 95 %%, from resampled images for one seed, else over seeds.", s.Sampling.Samples)
	add := func(key results.Key, name string) {
		t.Add(key.String(), append([]report.Value{report.Text(name)}, values(sampled(s, key), results.Generative...)...)...)
	}
	for _, m := range s.Sampled() {
		add(results.Key{Model: m.ID}, m.Name)
		if m.IsNetwork() {
			add(results.Key{Model: m.ID, Variant: results.Sharpened}, sharpenedName(m))
		}
	}
}

func sharpening(s *results.Set, t *report.Table) {
	t.Columns = append([]report.Column{{ID: "model", Name: "model"}, {ID: "temperature", Name: "temperature", Decimals: 1}, {ID: "target", Name: "target layer"}, {ID: "iterations", Name: "iterations"}},
		columns("", results.Sharpening...)[1:]...)
	t.Note = "The sharpened samples of T4. The temperature is the best without sharpening; target and iterations have the least Fréchet distance to validation images among those that were tried with it (T4c); changes are against the same samples without sharpening. A step that does not raise the objective, the mean log-score of the target's winners, is taken back and half of it is tried; an image whose steps have become too small to see is done."
	for _, m := range s.Samplers() {
		d := s.SamplesOf(m.ID)[0] // the setting is that of the first seed
		chosen := d.Trials[d.Chosen]
		row := []report.Value{report.Text(m.Name), temperature(chosen), report.Num(float64(chosen.Target)), report.Num(float64(chosen.Iterations))}
		t.Add(m.ID, append(row, values(sampled(s, results.Key{Model: m.ID}), results.Sharpening...)...)...)
	}
}

// trials is the log of the search for settings of sampling.
func trials(s *results.Set, t *report.Table) {
	t.Columns = []report.Column{{ID: "model", Name: "model"}, {ID: "seed", Name: "seed"}, {ID: "temperature", Name: "temperature", Decimals: 1}, {ID: "target", Name: "target layer"}, {ID: "iterations", Name: "iterations"},
		{ID: "frechet", Name: "Fréchet distance to validation images", Decimals: 2}, {ID: "chosen", Name: "chosen"}}
	t.Note = fmt.Sprintf("%d samples for each setting; the best one without sharpening and the best one with it, for each seed, are those of T4. The temperature divides deviations from the means of components. S = 1 everywhere.", s.Sampling.Trials)
	for _, m := range s.Samplers() {
		for i, d := range s.SamplesOf(m.ID) {
			for j, trial := range d.Trials {
				target, chosen := report.None(), report.None()
				if trial.Target > 0 {
					target = report.Num(float64(trial.Target))
				}
				switch j {
				case d.Plain:
					chosen = report.Text("as drawn")
				case d.Chosen:
					chosen = report.Text("sharpened")
				}
				t.Add(fmt.Sprintf("%s: seed %d, trial %d", m.ID, s.Seeds[i], j+1), report.Text(m.Name), report.Num(float64(s.Seeds[i])),
					temperature(trial), target, report.Num(float64(trial.Iterations)), report.Num(trial.Frechet), chosen)
			}
		}
	}
}

func inpainting(s *results.Set, t *report.Table) {
	var metrics []results.Metric
	for i, mask := range s.Masks() {
		marginal, zeroFilled := results.Inpainting(i, mask)
		metrics = append(metrics, marginal, zeroFilled)
	}
	t.Columns = columns("model", metrics...)
	t.Note = fmt.Sprintf("Mean over the first %d test images of the mean squared error over their missing pixels, values in [0, 1]. Marginalised: what is missing drops out of the likelihood of the first layer. Zero-filled: it is taken for black, as the authors do. The mean image looks at no pixel.", s.Sampling.Inpaint)
	add := func(id, name string) {
		t.Add(id, append([]report.Value{report.Text(name)}, values(sampled(s, results.Key{Model: id}), metrics...)...)...)
	}
	add(suite.TrainingMeans, "mean image") // of all training images
	for _, m := range s.Inpainters() {
		add(m.ID, m.Name)
	}
}

// classRows name the references of images of a class.
var classRows = map[cell.Kind]string{cell.TrainingImages: "validation images", cell.TrainingMeans: "mean of the class", cell.Noise: "noise"}

func conditional(s *results.Set, t *report.Table) {
	t.Columns = columns("model", results.ClassifierAccuracy, results.RecognisedRaw, results.RecognisedSharp)
	t.Note = fmt.Sprintf("Recognised: share of %d images drawn for every class that an independent classifier, the 5 nearest training images, takes for that class. The first three rows are no models: real images, the mean of a class, and noise.", s.Sampling.PerClass)
	for _, m := range s.Sampled() {
		all := sampled(s, results.Key{Model: m.ID})
		if m.IsNetwork() {
			t.Add(m.ID, append([]report.Value{report.Text(m.Name)}, values(all, results.ClassifierAccuracy, results.RecognisedRaw, results.RecognisedSharp)...)...)
		} else {
			t.Add(m.ID, report.Text(classRows[m.Kind]), report.None(), value(all, results.RecognisedRaw), report.None())
		}
	}
}

// temperature is that of a trial, with what else its drawing has.
func temperature(t cell.Trial) report.Value {
	text := fmt.Sprintf("%g", t.Temperature)
	if t.Lowest > 0 {
		text += ", lowest layer"
	}
	if n := len(t.Redraw); n > 0 {
		text += fmt.Sprintf(", %d rounds", n)
	}
	if t.Lowest == 0 && len(t.Redraw) == 0 {
		return report.Num(t.Temperature)
	}
	return report.Text(text)
}
