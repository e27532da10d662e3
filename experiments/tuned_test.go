package experiments

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// A name in tables stands for one model: two that differ, on the same data and with the same class left out, have two names.
func TestNamesStandForOneModel(t *testing.T) {
	for _, tier := range Tiers() {
		for _, data := range tier.Data {
			named := map[string]string{}
			add := func(part string, models []cell.Model) {
				for _, m := range models {
					text, err := json.Marshal(m)
					if err != nil {
						t.Fatal(err)
					}
					key := part + m.Name
					if was, ok := named[key]; ok && was != string(text) {
						t.Errorf("%s, %s: two models are called %q:\n%s\n%s", tier.Name, data, m.Name, was, text)
					}
					named[key] = string(text)
				}
			}
			add("all", tier.trained(data))
			add("all", tier.generators(data))
			add("all", tier.Cost.models(tier, data, configs.Clustering))
			add("one left out", tier.detectors(data))
			add("one left out", tier.Cost.models(tier, data, configs.Outliers))
			add("one left out", tier.Ablation.models())
			add("one left out", []cell.Model{chosen(tier, data).Outliers})
		}
	}
}

// Whatever a search chose takes part, under its task, and stands for the deep models in the claims; outliers are read as it says.
func TestWinnersTakePart(t *testing.T) {
	all, err := configs.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, tier := range []Tier{quick(), full()} {
		for _, c := range all {
			if c.Label != "" {
				continue
			}
			name := tunedName(c)
			models := map[configs.Task][]cell.Model{configs.Clustering: tier.compared(c.Data), configs.Outliers: tier.detectors(c.Data), configs.Drawing: tier.generators(c.Data)}[c.Task]
			if !hasModel(models, name) {
				t.Errorf("%s: %s is not among the models for %s", tier.Name, name, c.Task)
			}
			if want := c.Readout; c.Task == configs.Outliers && tier.readout(c.Data, name) != want {
				t.Errorf("%s: %s is read by %s, want %s", tier.Name, name, tier.readout(c.Data, name), want)
			}
			choice := chosen(tier, c.Data)
			stands := map[configs.Task]string{configs.Clustering: choice.Clusters.Name, configs.Outliers: choice.Outliers.Name}[c.Task]
			if c.Family == configs.Deep && c.Task != configs.Drawing && stands != name {
				t.Errorf("%s: %s stands for deep models in %s of %s, want %s", tier.Name, stands, c.Task, c.Data, name)
			}
			if c.Family == configs.EM && tier.paperRival(c.Data, c.Task) != name {
				t.Errorf("%s: the paper's rival in %s of %s is %s, want %s", tier.Name, c.Task, c.Data, tier.paperRival(c.Data, c.Task), name)
			}
		}
	}
	if c := chosen(smoke(), "glyphs"); !strings.Contains(c.How, "in advance") || c.Clusters.Name != c.Outliers.Name {
		t.Errorf("generated images: %+v", c)
	}
}

// In the tier full no flat model is there twice, tuned and not; without a search those picked by hand stay.
func TestTunedModelsReplaceOthers(t *testing.T) {
	tier := full()
	for _, data := range append(tier.Data, "glyphs") {
		for task, models := range map[configs.Task][]cell.Model{configs.Clustering: tier.compared(data), configs.Drawing: tier.generators(data)} {
			count := map[configs.Family]int{}
			for _, m := range models {
				if isRival(m) {
					count[familyOf(m)]++
				}
			}
			for f, n := range count {
				if n != 1 {
					t.Errorf("%s, %s: %d models of the family %s", data, task, n, f)
				}
			}
			if count[configs.EM] == 0 || count[configs.SGD] == 0 {
				t.Errorf("%s, %s: no flat mixture in %v", data, task, names(models))
			}
			if paper := tier.paperRival(data, task); !hasModel(models, paper) {
				t.Errorf("%s, %s: the paper's rival %s is not there", data, task, paper)
			}
		}
	}
}

// The grid of costs takes the settings of the winners, at every size.
func TestCostGridIsTuned(t *testing.T) {
	tier := full()
	for _, data := range tier.Data {
		for _, task := range []configs.Task{configs.Clustering, configs.Outliers} {
			models := tier.Cost.models(tier, data, task)
			var sizes []int
			for _, m := range models {
				sizes = append(sizes, components(m))
				if c, ok := tier.winner(data, task, configs.EM); ok && m.Kind == cell.EM && m.RegCovar != c.Model.RegCovar {
					t.Errorf("%s, %s: %s has RegCovar %v, the winner %v", data, task, m.Name, m.RegCovar, c.Model.RegCovar)
				}
				if c, ok := tier.winner(data, task, configs.SGD); ok && m.Kind == cell.SGD && (m.Train.Rate != c.Model.Train.Rate || m.Init != c.Model.Init) {
					t.Errorf("%s, %s: %s has other settings than the winner", data, task, m.Name)
				}
			}
			if want := append(slices.Clone(tier.Cost.EM), tier.Cost.SGD...); !slices.Equal(sizes, want) {
				t.Errorf("%s, %s: sizes %v, want %v", data, task, sizes, want)
			}
		}
	}
}
