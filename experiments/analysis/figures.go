package analysis

import (
	"fmt"
	"math"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// Figure is one entry in the list of figures. SET in its words stands for the data set.
type Figure struct {
	ID      string // name of its files
	Title   string // in the figure
	Alt     string // what it shows, for readers who do not see it
	Caption string // how to read it
	part    func(suite.Tier) bool
	draw    func(*results.Set, frame) report.Written
}

// Figures are all figures, in the order of their numbers, from the results of the first seed.
func Figures() []Figure {
	return []Figure{
		{"F1-training", "F1. Training from random initial conditions, SET", "Training curves on SET: objective, annealing width and used components of every layer",
			"First seed, all classes; objective: annealed log-likelihood of a vector over its dimensions, in nats. A step in the width τ is a lowering of the annealing.", nil, training},
		{"F1b-paper", "F1b. Training of the paper's architectures, SET", "Training curves of the paper's architectures on SET: objective, annealing width and used components of every layer",
			"As F1.", hasPaper, paperTraining},
		{"F2-roc", "F2. Detection of the class left out, SET", "ROC curves of all models on SET, one panel for each class left out",
			"First seed. Positive: taken for known; a false one is an outlier. The further above the diagonal, the better.", nil, rocCurves},
		{"F3-alphabet", "F3. What components stand for, SET (higher layers projected down to the pixels)", "Components of flat models and of every layer of deep ones on SET",
			"Parts are magnified to the size of whole images; components of higher layers are projected down to the pixels. Look for parts of strokes or of garments in low layers, and whole ones on top.", nil, alphabets},
		{"F3b-clusters", "F3b. Clusters: the first test image of each, framed by its most frequent class, SET", "The first test image of each cluster of SET, under flat and deep models, with frames in the colours of the classes",
			"First seed. A black picture without a frame is a cluster that no test image is in. Trained by SGD, components that are near each other on the grid are alike, and so are their classes; k-means and EM have no such order.", nil, clusterPictures},
		{"F4-extremes", "F4. Most and least likely test images, class: log-likelihood, SET", "The test images of SET that are most and least likely under a flat and a deep model",
			"Below each image: its class and its log-likelihood in nats.", nil, extremes},
		{"F4b-histograms", "F4b. Scores of known classes and of the one left out, SET", "Histograms of the scores of known and of unknown classes of SET, under flat and deep models",
			"First seed; what lies beyond the axis counts in the first and the last bin. The less the two curves overlap, the better; a curve of the class left out that lies to the right of the others is one that the model takes for more likely than what it was trained on.", nil, histograms},
		{"F5-samples", "F5. Samples as drawn and sharpened, SET", "Samples of flat and deep models on SET, as drawn and sharpened",
			"Samples are not selected: the first of the first seed. Of the last two models the third picture shows samples at the highest temperature that was tried, near the means of their components: calmer and less varied.", hasSamples, samplePictures},
		{"F5b-sheet", "F5b. Real and drawn: which is nearest to the first? SET", "A hundred real images of SET, and a hundred drawn by the paper's rival, by a flat mixture of factor analysers, and by a deep model, as drawn and sharpened",
			"Not selected: the first of the first seed. The models are those whose samples are nearest to validation images.", hasSamples, besideReal},
		{"F5c-shares", "F5c. Shares of samples in the bins of NDB, SET", "Shares of training images and of samples in each bin of training images of SET, for flat and deep models",
			"First seed; the bins are clusters of training images, the largest first. A bin without samples is a kind of image that the model does not draw.", hasSamples, shares},
		{"F6-sharpening", "F6. Samples on their way uphill, SET", "Samples of the deep models on SET on their way uphill",
			"Each row is one sample after 0, 10, 30, 100 and 300 iterations; below the first row also the mean of the objective there (the log-score of the target layer, in nats). Look for the iteration from which on nothing more happens, and at long ways that end in a simpler picture than the one that was drawn.", hasSamples, strips},
		{"F7-inpainting", "F7. In-painting: original, masked, marginalised, zero-filled, SET", "Test images of SET with missing pixels, filled in by flat mixtures and a deep model",
			"In each row: a test image, what the model sees of it, what it makes of the rest when that is marginalised, and when it is taken for black. Look at the strokes that cross the border of the mask.", hasSamples, inpaintPictures},
		{"F8-classes", "F8. Images drawn for a class, SET", "Images drawn for each class of SET by flat and deep models",
			"A row for each class, in the order of the labels, sharpened. Look for pictures that show another class.", hasSamples, pictures(cell.PictureClasses)},
		{"F9-variants", "F9. Variants of test images, SET", "Variants of test images of SET from every layer of flat and deep models",
			"First column: the test images. From low layers the variants keep the image, from the top layer only its cluster.", hasSamples, pictures(cell.PictureVary)},
		{"F10-cost", "F10. What quality costs: flat mixtures of many sizes (lines), deep models (points), SET",
			"Error of clusters and of outlier detection on SET over parameters and training arithmetic, both axes logarithmic: lines of flat mixtures of many sizes, points of deep models",
			"Below and to the left is better. Means over seeds, with 95 % bootstrap intervals of the errors.", hasCost, costFigure},
		{"F13-annealing", "F13. From random components to ordered ones, SET", "Components of every layer of a deep model on SET at four moments of the training, from random ones to the end",
			"First seed. While the width τ is large, a component carries its neighbours on the grid along, and all look alike; as it falls they part. The file of this name that ends in .gif shows more moments, one after the other.", hasWatched, annealing},
	}
}

// forestWords are those of Forest, which is of all data sets.
var forestWords = Figure{ID: ForestID, Alt: "Advantages of deep mixtures over their rivals with intervals, one line for each claim, data set and rival",
	Caption: "In each panel, right of the dashed line the deep model is better; filled blue circles: yes, orange squares: no, gray rings: undecided. On the right: the value of the deep model / that of its rival, and the advantage with its interval or, after *but*, the metric that decides."}

// heroWords are those of Hero.
var heroWords = Figure{ID: HeroID, Title: "Real images, and images that mixtures have drawn",
	Alt: "Real images beside images drawn by a flat mixture, a flat mixture of factor analysers, and a deep mixture", Caption: "Not selected: the first of the first seed."}

// About returns the figure of an id in the words of a data set; ok is false if there is none.
func About(id, set string) (f Figure, ok bool) {
	for _, f := range append(Figures(), forestWords, heroWords) {
		if f.ID == id {
			r := strings.NewReplacer("SET", SetTitle(set))
			f.Title, f.Alt, f.Caption = r.Replace(f.Title), r.Replace(f.Alt), r.Replace(f.Caption)
			return f, true
		}
	}
	return Figure{}, false
}

// frame is what all figures have: an id, a title and a notice.
type frame struct{ id, title, notice string }

func (f frame) lines() *report.Lines {
	return &report.Lines{ID: f.id, Title: f.title, Notice: f.notice}
}

func (f frame) pictures() *report.Pictures {
	return &report.Pictures{ID: f.id, Title: f.title, Notice: f.notice}
}

// Drawings makes the figures of one data set, by their ids. A part of the suite that is empty has none.
func Drawings(s *results.Set) map[string]report.Written {
	made := map[string]report.Written{}
	for _, f := range Figures() {
		if f.part == nil || f.part(s.Tier) {
			about, _ := About(f.ID, s.Set)
			made[f.ID] = f.draw(s, frame{f.ID, about.Title, s.Notice})
		}
	}
	return made
}

// first is the cell of a model with all classes and the first seed.
func first(s *results.Set, m suite.Model) results.Cell { return s.Find(m.ID, s.Seeds[0], cell.NoClass) }

// training shows the objective, annealing and used components of every layer of the models trained by SGD, all on the same axes,
// but for the paper's architectures that no search tuned.
func training(s *results.Set, f frame) report.Written {
	return trainingOf(s, f, func(m suite.Model) bool { return !suite.Has(s.Paper.Models, m.ID) })
}

// paperTraining shows the others.
func paperTraining(s *results.Set, f frame) report.Written {
	return trainingOf(s, f, func(m suite.Model) bool { return suite.Has(s.Paper.Models, m.ID) })
}

func trainingOf(s *results.Set, f frame, shown func(suite.Model) bool) report.Written {
	figure := f.lines()
	figure.OneLegend, figure.Aligned = true, true
	for _, m := range suite.Where(s.Compared(), shown) {
		if m.Kind != cell.SGD {
			continue
		}
		c := first(s, m)
		panel := func(title, y string, value func(p cell.LayerPoint, l cell.Layer) float64) report.Panel {
			p := report.Panel{Title: title, X: "epoch", Y: y}
			for i, l := range c.Layers {
				line := report.Line{Name: fmt.Sprintf("layer %d", i+1)}
				for _, at := range c.Curve {
					line.X, line.Y = append(line.X, at.Epoch), append(line.Y, value(at.Layers[i], l))
				}
				p.Lines = append(p.Lines, line)
			}
			return p
		}
		tau := panel("", "annealing width τ", func(p cell.LayerPoint, _ cell.Layer) float64 { return p.Tau })
		tau.LogY = true
		used := panel("", "used components", func(p cell.LayerPoint, _ cell.Layer) float64 { return p.Used })
		used.Range = &report.Range{Min: 0, Max: 1.02}
		figure.Panels = append(figure.Panels, []report.Panel{
			panel(m.Name, "objective per dimension", func(p cell.LayerPoint, l cell.Layer) float64 { return p.Loss / float64(l.D) }), tau, used})
	}
	return figure
}

func rocCurves(s *results.Set, f frame) report.Written {
	var panels []report.Panel
	for _, class := range s.LeaveOut {
		p := report.Panel{Title: fmt.Sprintf("class %d left out", class), X: "false positives", Y: "true positives",
			Range: &report.Range{Min: 0, Max: 1}, Diagonal: true}
		for _, m := range s.DetectorModels() {
			o := s.Detection(s.Find(m.ID, s.Seeds[0], class))
			line := report.Line{Name: m.Name}
			for _, c := range simplified(o.ROC) {
				line.X, line.Y = append(line.X, c.FPR), append(line.Y, c.TPR)
			}
			p.Lines = append(p.Lines, line)
		}
		panels = append(panels, p)
	}
	figure := f.lines()
	figure.OneLegend, figure.Aligned = true, true
	figure.Panels = rows(panels, 5)
	return figure
}

// rows are panels in rows of n at most; blank ones fill the last of several.
func rows(panels []report.Panel, n int) (all [][]report.Panel) {
	for len(panels) > n && len(panels)%n != 0 {
		panels = append(panels, report.Panel{})
	}
	for len(panels) > 0 {
		k := min(n, len(panels))
		all, panels = append(all, panels[:k]), panels[k:]
	}
	return all
}

// simplified is a curve of fewer points, all of them from it, from whose chords no other point is farther than a line
// of the figure is wide (Ramer 1972; Douglas and Peucker 1973).
func simplified(curve []cell.ROC) []cell.ROC {
	const width = 0.002
	if len(curve) < 3 {
		return curve
	}
	a, b := curve[0], curve[len(curve)-1]
	dx, dy := b.FPR-a.FPR, b.TPR-a.TPR
	far, at := width*math.Hypot(dx, dy), 0
	for i, p := range curve {
		if d := math.Abs(dx*(p.TPR-a.TPR) - dy*(p.FPR-a.FPR)); d > far {
			far, at = d, i
		}
	}
	if at == 0 {
		return []cell.ROC{a, b}
	}
	return append(simplified(curve[:at+1]), simplified(curve[at:])[1:]...)
}

func alphabets(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	for _, m := range s.Shown() {
		for _, a := range first(s, m).Alphabet {
			figure.Sheets = append(figure.Sheets, sheet(a, m.Name))
		}
	}
	return figure
}

func extremes(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	for _, m := range s.Shown() {
		if m.Kind == cell.KMeans {
			continue // no likelihood
		}
		for _, e := range first(s, m).Extremes {
			figure.Sheets = append(figure.Sheets, sheet(e, m.Name))
		}
	}
	return figure
}

func sheet(s cell.Sheet, model string) report.Sheet {
	return report.Sheet{Caption: model + ": " + s.Caption, Cols: s.Cols, H: s.H, W: s.W, C: s.C, Pix: s.Pix, Captions: s.Captions}
}
