package experiments

import (
	"fmt"
	"strings"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
)

// A Tier is an experiment of a certain size.
type Tier struct {
	Name     string
	About    string   // one sentence for the tables
	Data     []string // data sets
	Images   int      // training images taken from the front of the training split; 0: all
	LeaveOut []int    // classes left out, one at a time
	Seeds    []uint64
	Models   []cell.Model
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
		Models: []cell.Model{kmeans(16, 20), em(16, 20), sgd("F28 G16", 25), sgd("F8/4 G16 F6 G16", 25), sgd("F7/3 G16 M F4 G16", 25)},
	}
}

// quick shows everything on real data within minutes.
func quick() Tier {
	return Tier{
		Name: "quick", About: "one seed, two classes left out",
		Data: []string{"mnist", "fashion-mnist"}, LeaveOut: []int{0, 4}, Seeds: []uint64{1},
		Models: rivals(15),
	}
}

// full is what claims are judged by.
func full() Tier {
	return Tier{
		Name: "full", About: "five seeds, every class left out once",
		Data: []string{"mnist", "fashion-mnist"}, LeaveOut: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Seeds: []uint64{1, 2, 3, 4, 5},
		Models: rivals(15),
	}
}

// topK is the number of clusters of every model in a comparison.
const topK = 49

// rivals are the models that are compared: all have topK clusters.
func rivals(epochs int) []cell.Model {
	models := []cell.Model{kmeans(topK, 0), em(topK, 0)}
	for _, arch := range []string{"F28 G49", "F8/2 G49 F11 G49", "F8/1 G49 M F11 G49", "F8/2 G49 M F6 G49", "F5/1 G49 M M F6 G49", "F5/1 G25 M F4/2 G25 F5 G49"} {
		models = append(models, sgd(arch, epochs))
	}
	return models
}

func kmeans(K, maxIter int) cell.Model {
	return cell.Model{Name: "k-means", Kind: cell.KMeans, K: K, MaxIter: maxIter}
}

// emName names the rival of the paper.
const emName = "flat GMM, EM"

// em has the better of the two floors under the variances that were tried on
// validation images, 1e-3 and 1e-2.
func em(K, maxIter int) cell.Model {
	return cell.Model{Name: emName, Kind: cell.EM, K: K, MaxIter: maxIter, RegCovar: 1e-2}
}

// sgd is a network; flat if its architecture has one layer. The bound of the precision
// roots is larger than the default √20: it was better on validation images, for deep and for flat.
func sgd(arch string, epochs int) cell.Model {
	name := arch
	if strings.Count(arch, "G") == 1 {
		name = "flat GMM, SGD"
	}
	return cell.Model{Name: name, Kind: cell.SGD, Arch: arch, Init: dcgmm.Init{MaxPrecRoot: 8}, Train: dcgmm.Config{Epochs: epochs}}
}

// specs are the cells of one data set, in the order of computation: what is cheap and compares first.
func (t Tier) specs(data string) []cell.Spec {
	var specs []cell.Spec
	for _, seed := range t.Seeds {
		for _, out := range append([]int{cell.NoClass}, t.LeaveOut...) {
			for _, m := range t.Models {
				specs = append(specs, cell.Spec{Data: data, Images: t.Images, LeaveOut: out, On: cell.Test, Seed: seed, Model: m})
			}
		}
	}
	return specs
}
