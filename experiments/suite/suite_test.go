package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// A name and an id stand for one model: two that differ, on the same data and with the same class left out, have two of
// each.
func TestNamesAndIDsStandForOneModel(t *testing.T) {
	for _, tier := range Tiers() {
		for _, data := range tier.Data {
			s := tier.On(data)
			known := map[string]string{}
			add := func(part string, models []Model) {
				for _, m := range models {
					text, err := json.Marshal(m.Model)
					if err != nil {
						t.Fatal(err)
					}
					for _, key := range []string{part + ", name " + m.Name, part + ", id " + m.ID} {
						if was, ok := known[key]; ok && was != string(text) {
							t.Errorf("%s, %s: %q stands for two models:\n%s\n%s", tier.Name, data, key, was, text)
						}
						known[key] = string(text)
					}
				}
			}
			add("all", s.Trained())
			add("all", s.Sampled())
			add("all", s.Grid(configs.Clustering))
			add("one left out", s.DetectorModels())
			add("one left out", s.Grid(configs.Outliers))
			add("one left out", tier.Ablation.Models())
			for _, p := range tier.Pieces.Rows {
				add("all", []Model{p.Model})
			}
			add("one left out", []Model{s.Chosen().Outliers})
		}
	}
}

// Whatever a search chose takes part, under its task, and stands for the deep models in the claims; outliers are read
// as it says.
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
			s := tier.On(c.Data)
			id := fmt.Sprintf("tuned-%s-%s", c.Task, c.Family)
			models := map[configs.Task][]Model{configs.Clustering: s.Compared(), configs.Outliers: s.DetectorModels(), configs.Drawing: s.Sampled()}[c.Task]
			if !Has(models, id) {
				t.Errorf("%s: %s is not among the models for %s", tier.Name, id, c.Task)
			}
			if want := c.Readout; c.Task == configs.Outliers && s.Score(id) != want {
				t.Errorf("%s: %s is read by %s, want %s", tier.Name, id, s.Score(id), want)
			}
			choice := s.Chosen()
			stands := map[configs.Task]string{configs.Clustering: choice.Clusters.ID, configs.Outliers: choice.Outliers.ID}[c.Task]
			if c.Family == configs.Deep && c.Task != configs.Drawing && stands != id {
				t.Errorf("%s: %s stands for deep models in %s of %s, want %s", tier.Name, stands, c.Task, c.Data, id)
			}
			if c.Family == configs.EM && s.PaperRival(c.Task).ID != id {
				t.Errorf("%s: the paper's rival in %s of %s is %s, want %s", tier.Name, c.Task, c.Data, s.PaperRival(c.Task).ID, id)
			}
		}
	}
	if c := smoke().On("glyphs").Chosen(); !strings.Contains(c.How, "in advance") || c.Clusters.ID != c.Outliers.ID {
		t.Errorf("generated images: %+v", c)
	}
}

// In the tier full no flat model is there twice, tuned and not; without a search those picked by hand stay.
func TestTunedModelsReplaceOthers(t *testing.T) {
	tier := full()
	for _, data := range append(tier.Data, "glyphs") {
		s := tier.On(data)
		for task, models := range map[configs.Task][]Model{configs.Clustering: s.Compared(), configs.Drawing: s.Sampled()} {
			count := map[configs.Family]int{}
			for _, m := range models {
				if m.IsFlat() {
					count[m.Family()]++
				}
			}
			for f, n := range count {
				if n != 1 {
					t.Errorf("%s, %s: %d models of the family %s", data, task, n, f)
				}
			}
			if count[configs.EM] == 0 || count[configs.SGD] == 0 {
				t.Errorf("%s, %s: no flat mixture in %v", data, task, IDs(models))
			}
			if paper := s.PaperRival(task).ID; !Has(models, paper) {
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
			s := tier.On(data)
			models := s.Grid(task)
			var sizes []int
			for _, m := range models {
				sizes = append(sizes, m.Components())
				if c, ok := s.Winner(task, configs.EM); ok && m.Kind == cell.EM && m.RegCovar != c.RegCovar {
					t.Errorf("%s, %s: %s has RegCovar %v, the winner %v", data, task, m.Name, m.RegCovar, c.RegCovar)
				}
				if c, ok := s.Winner(task, configs.SGD); ok && m.Kind == cell.SGD && (m.Train.Rate != c.Train.Rate || m.Init != c.Init) {
					t.Errorf("%s, %s: %s has other settings than the winner", data, task, m.Name)
				}
			}
			if want := append(slices.Clone(tier.Cost.EM), tier.Cost.SGD...); !slices.Equal(sizes, want) {
				t.Errorf("%s, %s: sizes %v, want %v", data, task, sizes, want)
			}
		}
	}
}

func TestTiers(t *testing.T) {
	for _, tier := range Tiers() {
		got, err := TierByName(tier.Name)
		if err != nil || got.Name != tier.Name {
			t.Errorf("%s: %v", tier.Name, err)
		}
		keys := map[string]bool{}
		for _, m := range tier.Models {
			if keys[m.Name] {
				t.Errorf("%s: two models are named %s", tier.Name, m.Name)
			}
			keys[m.Name] = true
			if m.Kind != cell.SGD {
				continue
			}
			a, err := arch.Parse(m.Arch, configs.Input)
			if err != nil {
				t.Errorf("%s: %v", tier.Name, err)
				continue
			}
			if top, want := a.Top(), tier.Models[0].K; top.K() != want || top.P() != 1 {
				t.Errorf("%s: %s has %d clusters at %d positions, the others %d", tier.Name, a, top.K(), top.P(), want)
			}
		}
	}
	if _, err := TierByName("slow"); err == nil || !strings.Contains(err.Error(), "smoke, quick, full") {
		t.Errorf("unknown tier: %v", err)
	}
}

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("2/3"); err != nil || s != (Shard{2, 3}) {
		t.Errorf("2/3: %v, %v", s, err)
	}
	if s, err := ParseShard(""); err != nil || !s.Whole() {
		t.Errorf("none: %v, %v", s, err)
	}
	for _, bad := range []string{"0/3", "4/3", "2", "2/", "a/b", "2/3/4", "-1/2", "1/3 ", "0/0", "1/-1", "1/99999999999999999999"} {
		if _, err := ParseShard(bad); err == nil || !strings.Contains(err.Error(), "as in 2/3") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if s, err := ParseShard("10000/10000"); err != nil || s != (Shard{MaxShards, MaxShards}) {
		t.Errorf("the most shards: %v, %v", s, err)
	}
	if _, err := ParseShard("1/99999999999"); err == nil || !strings.Contains(err.Error(), "at most 10000 shards") {
		t.Errorf("too many: %v", err)
	}
}

func TestEveryCellHasOneShard(t *testing.T) {
	for _, tier := range Tiers() {
		cells := tier.Cells(tier.Data)
		for _, n := range []int{1, 3, 8} {
			shares := tier.Assign(tier.Data, n)
			load := make([]float64, n)
			var largest float64
			for _, s := range cells {
				i := shares[s.Place()]
				if i < 1 || i > n {
					t.Fatalf("%s: %s is in shard %d of %d", tier.Name, s, i, n)
				}
				load[i-1] += s.Seconds()
				largest = max(largest, s.Seconds())
				trained := s.Place()
				trained.Sampled = false
				if at, ok := shares[trained]; s.Drawing != nil && ok && at != i {
					t.Errorf("%s: %s is not where its network is trained", tier.Name, s)
				}
			}
			if len(shares) != len(cells) {
				t.Errorf("%s: %d places for %d cells", tier.Name, len(shares), len(cells))
			}
			if tier.Name != "smoke" { // few cells there
				for i := range load {
					for j := range load {
						if load[i]-load[j] > 2*largest {
							t.Errorf("%s: shards have %.0f s and %.0f s, the dearest cell %.0f s", tier.Name, load[i], load[j], largest)
						}
					}
				}
			}
		}
	}
}

// The plan is the promise of the tiers: quick in 15 minutes, full in 150.
func TestTiersFitTheirTime(t *testing.T) {
	for name, limit := range map[string]float64{"quick": 15 * slower, "full": 150 * slower} {
		tier, err := TierByName(name)
		if err != nil {
			t.Fatal(err)
		}
		total := 0.
		for _, s := range tier.Cells(tier.Data) {
			total += s.Seconds()
		}
		if total > 60*limit || total < 20*limit {
			t.Errorf("tier %s: %.0f min expected, the limit is %.0f", name, total/60, limit)
		}
		for _, seeds := range [][]uint64{tier.Cost.Seeds, tier.Ablation.Seeds, tier.Pieces.Seeds} {
			for _, seed := range seeds {
				if !strings.Contains(fmt.Sprint(tier.Seeds), fmt.Sprint(seed)) {
					t.Errorf("tier %s: seed %d is not among its seeds", name, seed)
				}
			}
		}
	}
}

// slower is how many times as long cells take on the machine that they are estimated for as on two cores of 277 GFLOP/s
// each, for which the limits of the tiers are: F8/2 G49 F11 G49 4.4 times, EM 2.8 times.
const slower = 3.5

// The model that stands for the paper meets every class, as its rivals do.
func TestPaperModelMeetsEveryClass(t *testing.T) {
	tier := full()
	met := map[string]int{}
	for _, c := range tier.Cells(tier.Data) {
		if c.ID == tier.On(c.Data).PaperModel(configs.Outliers).ID && c.LeaveOut != cell.NoClass {
			met[c.Data]++
		}
	}
	for _, data := range tier.Data {
		if want := 10 * tier.LeaveOutSeeds; met[data] != want {
			t.Errorf("%s: %d cells with a class left out, want %d", data, met[data], want)
		}
	}
}

// Roles are chosen by the figures of the searches on validation images: the best of the deep families, the best of the
// flat ones, and the plain winner for the paper's model; without a search they are named in advance.
func TestRolesAreTheBestOnValidationImages(t *testing.T) {
	for _, tier := range []Tier{quick(), full()} {
		for _, data := range tier.Data {
			s := tier.On(data)
			for _, task := range []configs.Task{configs.Clustering, configs.Outliers} {
				r := s.Roles(task)
				value := func(f configs.Family) float64 { return allConfigs()[configs.Name(data, task, f)].Search.Value }
				best := map[bool]configs.Family{}
				for _, f := range configs.Families() {
					if b := best[f.IsDeep()]; b == "" || value(f) > value(b) {
						best[f.IsDeep()] = f
					}
				}
				for deep, m := range map[bool]Model{true: r.Deep, false: r.Flat} {
					if want := fmt.Sprintf("tuned-%s-%s", task, best[deep]); m.ID != want || m.IsDeep() != deep {
						t.Errorf("%s, %s, %s: %s, want %s", tier.Name, data, task, m.ID, want)
					}
				}
				if !r.Paper.IsPlain() || r.Rival.Kind != cell.EM {
					t.Errorf("%s, %s: paper's model %s, rival %s", data, task, r.Paper.ID, r.Rival.ID)
				}
				takesPart := s.Trained()
				if task == configs.Outliers {
					takesPart = s.DetectorModels()
				}
				if !Has(takesPart, r.Paper.ID) {
					t.Errorf("%s, %s: the paper's model %s takes no part", data, task, r.Paper.ID)
				}
			}
		}
	}
	r := smoke().On("glyphs").Roles(configs.Clustering)
	if r.Flat.ID != "F28 G16" || r.Deep.ID != "F7/3 G16 M F4 G16" || r.Paper.ID != "F8/4 G16 F6 G16" || !strings.Contains(r.How, "in advance") {
		t.Errorf("generated images: %+v", r)
	}
}
