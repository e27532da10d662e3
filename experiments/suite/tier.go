package suite

import (
	"fmt"
	"slices"
	"strings"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// A Tier is an experiment of a certain size.
type Tier struct {
	Name          string
	About         string   // one sentence for the tables
	Data          []string // data sets
	Images        int      // training images taken from the front of the training split; 0: all
	LeaveOut      []int    // classes left out, one at a time
	LeaveOutSeeds int      // how many of the Seeds, the first ones, are for that; 0: all
	Seeds         []uint64
	Models        []Model // that cluster and detect outliers; Suite.Compared adds those chosen for a data set

	Detectors  []string // ids of the Models that detect outliers, beside the paper's rival and the deep one that stands for it; nil: all
	Neighbours []Model  // references that detect outliers without a model, such as the nearest training image

	Generators []Model // that are sampled, trained on all classes; some are among Models
	Sampling   cell.Drawing

	Tuned     map[configs.Task][]configs.Family // whose winners of a search join those that cluster, detect outliers or are sampled
	TunedOnly bool                              // flat models that no search chose give way to those of their family that one did

	Paper    Paper    // the paper's architectures, as its authors train them
	Cost     Cost     // of flat mixtures by their size
	Ablation Ablation // what parts of a deep model do
	Pieces   Pieces   // what parts of drawing do
}

// Tiers returns all tiers, from the smallest to the largest.
func Tiers() []Tier { return []Tier{smoke(), quick(), full()} }

// TierByName returns one of Tiers, or an error that lists their names.
func TierByName(name string) (Tier, error) {
	var names []string
	for _, t := range Tiers() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Tier{}, fmt.Errorf("%q is not a tier; choose one of %s", name, strings.Join(names, ", "))
}

// smoke shows in seconds that everything works. Its figures mean nothing.
func smoke() Tier {
	return Tier{
		Name: "smoke", About: "a test of the pipeline on few images, not a result",
		Data: []string{"glyphs"}, Images: 4000, LeaveOut: []int{0}, Seeds: []uint64{1},
		Models:     []Model{KMeans(16, 20), EM(16, 20), PCA(16, 20, 20), Network("F28 G16", 25), Network("F8/4 G16 F6 G16", 25), Network("F7/3 G16 M F4 G16", 25)},
		Generators: append(References(), EM(16, 20), PCA(16, 20, 20), Network("F28 A16:2", 25), Network("F4/4 I16 F7 G16", 25)),
		Sampling:   cell.Drawing{Samples: 300, Trials: 200, Temperatures: []float64{1, 4}, Iterations: []int{5, 20}, Redraw: rounds, Shown: 100, Inpaint: 60, PerClass: 10, Epochs: 3},
		Cost:       Cost{EM: []int{4, 16}, SGD: []int{4, 16}, MaxIter: 20, Epochs: 25, LeaveOut: 0, Seeds: []uint64{1}},
		Ablation: Ablation{Base: Network("F7/3 G16 M F4 G16", 25), LeaveOut: 0, Seeds: []uint64{1},
			Variants: []Model{Network("F8/4 G16 F6 G16", 25).As("ablation-stride", "stride instead of pooling")}},
		Pieces: pieces(2, 8, cell.Drawing{Samples: 200, Trials: 100, Temperatures: []float64{1}, Iterations: []int{5}}, []uint64{1}),
	}
}

// quick shows everything on real data within minutes.
func quick() Tier {
	return Tier{
		Name: "quick", About: "one seed, two classes left out",
		Data: []string{"mnist", "fashion-mnist"}, LeaveOut: []int{0, 4}, Seeds: []uint64{1},
		Models: rivals(15), Neighbours: []Model{Nearest()}, Generators: handPicked(deepGenerators, 15), Tuned: tuned, TunedOnly: true,
		Sampling: cell.Drawing{Samples: 2000, Trials: 1000, Temperatures: temperatures, Iterations: []int{20}, Shown: 100, Inpaint: 1000, PerClass: 100, Epochs: 3},
	}
}

// full is what claims are judged by. It must fit into 150 minutes on two fast cores: hence flat models are the tuned ones,
// only these and the tuned deep ones meet every class, that, the costs and the ablation rest on three seeds, the paper's
// architectures have one seed, paperEpochs and no outliers: their tuned winner stands for them, and deep models that draw
// are the tuned ones and the authors'.
func full() Tier {
	t := Tier{
		Name: "full", About: "five seeds, every class left out with three of them",
		Data: []string{"mnist", "fashion-mnist"}, LeaveOut: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Seeds: []uint64{1, 2, 3, 4, 5}, LeaveOutSeeds: 3,
		Models: rivals(15), Detectors: []string{}, Neighbours: []Model{Nearest()},
		Generators: handPicked(nil, 15), Tuned: tuned, TunedOnly: true,
		Sampling: cell.Drawing{Samples: 3000, Trials: 1500, Temperatures: temperatures, Iterations: []int{20}, Redraw: rounds, Shown: 100, Inpaint: 1000, PerClass: 100, Epochs: 3},
	}
	t.Paper = paper(t.Seeds[:1])
	t.Cost = Cost{EM: []int{25, 49, 100, 196, 400, 784}, SGD: []int{25, 49, 100, 196, 400, 784}, Epochs: 15, LeaveOut: 4, Seeds: t.Seeds[:3]}
	t.Ablation = ablation(8, t.Seeds[:3])
	t.Pieces = pieces(12, 49, cell.Drawing{Samples: 3000, Trials: 1500, Temperatures: []float64{1}, Iterations: []int{20}}, t.Seeds[:2])
	return t
}

// OutlierSeeds are those that classes are left out with. Classes differ more than seeds do, and so three are enough for ten.
func (t Tier) OutlierSeeds() []uint64 {
	if n := t.LeaveOutSeeds; n > 0 && n < len(t.Seeds) {
		return t.Seeds[:n]
	}
	return t.Seeds
}

// Watched is the model whose components are shown all along their training: the first deep one of the paper's, or of
// those that the tier was given; the zero value if there is none. It is trained with all classes and the first seed.
func (t Tier) Watched() Model {
	all := slices.Concat(t.Paper.Models, t.Models)
	if i := slices.IndexFunc(all, Model.IsDeep); i >= 0 {
		return all[i]
	}
	return Model{}
}

// temperatures of samples that are tried.
var temperatures = []float64{1, 1.5, 2, 4}

// tuned are the families whose winners take part in an experiment on real data: all that a task has.
var tuned = map[configs.Task][]configs.Family{
	configs.Clustering: configs.Families(),
	configs.Outliers:   configs.Families(),
	configs.Drawing:    {configs.EM, configs.PCA, configs.SGD, configs.MFA, configs.Plain, configs.Deep},
}

// Paper is the architectures of the paper's authors with the operations of the paper alone; they cluster. The zero value
// has none.
type Paper struct {
	Models []Model
	Seeds  []uint64
}

// paper are B to G (A is flat: the flat mixture by SGD).
func paper(seeds []uint64) Paper {
	p := Paper{Seeds: seeds}
	for _, a := range configs.PaperArchs() {
		m := authors()
		m.Arch, m.Train.Epochs = a.Arch, paperEpochs
		id := "paper-" + strings.ToLower(strings.ReplaceAll(a.Letter, ", ", "-"))
		if m.IsDeep() {
			p.Models = append(p.Models, m.As(id, fmt.Sprintf("%s, the paper's %s, %d epochs", a.Arch, a.Letter, paperEpochs)))
		}
	}
	return p
}

// paperEpochs are those of the paper's architectures. The annealing of every layer has ended before on MNIST: of B after
// 16 epochs and of C after 18. On FashionMNIST that of the top layers of B and C has not quite: at τ = 0.12 and 0.02 a
// neighbour weighs less than 10⁻¹⁵.
const paperEpochs = 20

// Cost is a grid of flat mixtures of many sizes, for C1. The zero value has none.
type Cost struct {
	EM, SGD  []int    // numbers of components
	MaxIter  int      // of EM; 0: until it converges
	Epochs   int      // of SGD
	LeaveOut int      // the class left out for the AUC
	Seeds    []uint64 // nil: no grid
}

// Ablation is a deep model and variants of it, each named by what is changed. The zero value has none.
type Ablation struct {
	Base     Model
	Variants []Model
	LeaveOut int // the class that is left out of every training: the outliers
	Seeds    []uint64
}

// Models are the base and its variants.
func (a Ablation) Models() []Model {
	if a.Base.ID == "" {
		return nil
	}
	return append([]Model{a.Base}, a.Variants...)
}

// ablation changes one thing at a time of a small deep model with pooling.
func ablation(epochs int, seeds []uint64) Ablation {
	const arch = "F8/2 G49 M F6 G49"
	variant := func(id, name, arch string, change func(*dcgmm.Config)) Model {
		m := Network(arch, epochs).As("ablation-"+id, name)
		change(&m.Train)
		return m
	}
	same := func(*dcgmm.Config) {}
	bound := variant("bound", "precision roots up to √20", arch, same)
	bound.Init.MaxPrecRoot = 0
	return Ablation{Base: Network(arch, epochs), LeaveOut: 4, Seeds: seeds, Variants: []Model{
		variant("stride", "stride instead of pooling", "F8/2 G49 F11 G49", same),
		variant("per-position", "parameters of its own for every position", "F8/2 I49 M F6 G49", same),
		variant("factors-below", "two factors below", "F8/2 A49:2 M F6 G49", same),
		variant("factors-on-top", "eight factors on top", "F8/2 G49 M F6 A49:8", same),
		variant("tempered", "tempered responsibilities (T8)", "F8/2 G49 T8 M F6 G49", same),
		variant("smoothed", "smoothed responsibilities (S1)", "F8/2 G49 S1 M F6 G49", same),
		variant("tempered-smoothed", "tempered and smoothed (T8 S1)", "F8/2 G49 T8 S1 M F6 G49", same),
		variant("annealing", "faster annealing (γ 0.8)", arch, func(c *dcgmm.Config) { c.Gamma = 0.8 }),
		variant("adam", "Adam", arch, func(c *dcgmm.Config) { c.Optimizer = dcgmm.Adam }),
		variant("restart", "restarts of unused components", arch, func(c *dcgmm.Config) { c.Restart = 0.1 }),
		bound,
	}}
}
