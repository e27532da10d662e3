package tune

import (
	"cmp"
	"math"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Rung is what every candidate on it gets.
type Rung struct {
	Candidates int           // at most, that are on it
	Images     int           // of the training split; 0: all
	Epochs     float64       // share of a candidate's own epochs, in (0, 1]; the classical models always run to their end
	Valid      int           // validation images; 0: all
	Halves     int           `json:",omitempty"` // ways to cut the classes in two; each half is left out once
	Pairs      bool          `json:",omitempty"` // classes are left out two at a time, each once
	Seeds      int           // at least 1
	Drawing    *cell.Drawing `json:",omitempty"`
	Passes     int           `json:",omitempty"` // factor of the epochs, where there are fewer images than a rung wants; 0: 1
}

// eta is the inverse of the share of candidates that goes on to the next rung, finalists the least number that does.
const (
	eta       = 7
	finalists = 2
)

// ladders are the rungs of a task; Candidates is filled in by ladder. All epochs of a candidate count from the first
// rung on, and its images are not too few: else a rung ranks models by how fast they begin (docs/tuning.md). Drawing has
// the same images, epochs and seeds as clustering but for its first rung, and so shares the trainings of candidates that
// climb both.
// Which model is the best for outliers depends on the class that is left out more than on anything else; hence every
// rung meets all classes: half of them at a time below, two at a time above, where experiments leave out one. It also
// depends on how long a model learns, so that all but the first have all images, and five trainings of one seed must do.
var ladders = map[configs.Task][]Rung{
	configs.Clustering: {
		{Images: 8000, Epochs: 1, Valid: 4000, Seeds: 1},
		{Images: 20000, Epochs: 1, Seeds: 1},
		{Epochs: 1, Seeds: 1},
		{Epochs: 1, Seeds: 3},
	},
	configs.Outliers: {
		{Images: 32000, Epochs: 1, Valid: 4000, Seeds: 1, Halves: 1},
		{Epochs: 1, Valid: 4000, Seeds: 1, Halves: 1},
		{Epochs: 1, Seeds: 1, Pairs: true},
	},
	configs.Drawing: {
		{Images: 20000, Epochs: 1, Seeds: 1, Drawing: drawing(1000, 20)}, // fewer images favour few factors
		{Epochs: 1, Seeds: 1, Drawing: drawing(2000, 5, 20)},
		{Epochs: 1, Seeds: 3, Drawing: drawing(2000, 5, 20)},
	},
}

// drawing measures n samples with the noise as modelled and with a quarter of it, and of each setting of sharpening.
// The error of their covariances adds to a Fréchet distance, as 1/n: of 500 samples of FashionMNIST it is larger than
// the distance of a good model. The experiments try more temperatures, for every model.
func drawing(n int, iterations ...int) *cell.Drawing {
	return &cell.Drawing{Samples: n, Trials: n, Temperatures: []float64{1, 4}, Iterations: iterations, SamplesOnly: true}
}

// trained is how many images a cell is trained on, about.
func (r Rung) trained() int {
	if r.Halves > 0 {
		return r.Images / 2
	}
	return r.Images
}

// minImages are left of training or validation images at any budget.
const minImages = 200

// ladder is that of a task for n candidates. budget scales the numbers of images; the last rung of the tasks that train
// on all images does so at any budget of 1 or more. As many candidates of the family plain as the paper has
// architectures climb to the last rung but one, and so have all images: the annealing of their published settings takes
// thousands of steps, and before it has ended a rung says nothing of what they become.
func ladder(t configs.Task, f configs.Family, n int, budget float64, train, valid int) []Rung {
	rungs := slices.Clone(ladders[t])
	for i := range rungs {
		r := &rungs[i]
		r.Candidates = n
		least := finalists
		if f == configs.Plain && i < len(rungs)-2 {
			least = len(configs.PaperArchs())
		}
		n = min(n, max(least, (n+eta-1)/eta))
		r.Images, r.Valid = scaled(r.Images, budget, train), scaled(r.Valid, budget, valid)
	}
	return rungs
}

// publishedImages are the training images of the published sets, by which the numbers of epochs in the space are meant.
const publishedImages = 50000

// stretch gives rungs with too few images as many steps as they were meant to have.
func stretch(t configs.Task, rungs []Rung, budget float64) {
	for i := range rungs {
		wanted := cmp.Or(ladders[t][i].Images, publishedImages)
		if more := int(math.Round(budget * float64(wanted) / float64(rungs[i].Images))); more > 1 {
			rungs[i].Passes = more
		}
	}
}

// scaled is a number of images at a budget, at most all of them.
func scaled(images int, budget float64, all int) int {
	if images == 0 {
		images = all
	}
	return min(all, max(minImages, int(math.Round(budget*float64(images)))))
}

// next is the first rung from i on that drops somebody of n candidates, or the last: what would drop nobody need not be
// climbed.
func next(rungs []Rung, i, n int) int {
	for i < len(rungs)-1 && rungs[i+1].Candidates >= n {
		i++
	}
	return i
}
