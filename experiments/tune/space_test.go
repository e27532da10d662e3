package tune

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// Every architecture that is drawn fits, ends in one position of as many components as its task allows and has two mixtures at least.
func TestEveryDrawnArchitectureFits(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 7))
	seen := map[string]bool{}
	for i := range 400 {
		topKs := [][]int{manyTops, {topK}}[i%2]
		text := grammars[configs.Deep].drawArch(r, topKs)
		a, err := arch.Parse(text, configs.Input)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if top := a.Top(); top.P() != 1 || !slices.Contains(topKs, top.K()) || len(a.Layers) < 2 || len(a.Layers) > 3 {
			t.Errorf("%q: %d positions, K %d, %d layers", text, top.P(), top.K(), len(a.Layers))
		}
		seen[text] = true
	}
	for _, word := range []string{" M ", " I", " A", "/7 ", " T8 ", " S1 ", " U "} { // pooling, parameters for each position, factors, large strides, tempering, smoothing
		if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(arch string) bool { return strings.Contains(arch, word) }) {
			t.Errorf("no architecture with %q among %d", word, len(seen))
		}
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	for _, f := range configs.Families() {
		all := candidates(configs.Drawing, f, 30, 1)
		if again := candidates(configs.Drawing, f, 30, 1); !reflect.DeepEqual(models(all), models(again)) {
			t.Errorf("%s: the same seed gives others", f)
		}
		if few := candidates(configs.Drawing, f, 3, 1); !reflect.DeepEqual(models(few), models(all[:3])) {
			t.Errorf("%s: fewer candidates are not the first of more", f)
		}
		want := map[configs.Family]int{configs.EM: 20, configs.KMeans: 4}[f]
		if want == 0 {
			want = 30
			if other := candidates(configs.Drawing, f, 30, 2); reflect.DeepEqual(models(all), models(other)) {
				t.Errorf("%s: another seed gives the same", f)
			}
		}
		if len(all) != want {
			t.Errorf("%s: %d candidates, want %d", f, len(all), want)
		}
		seen := map[string]bool{}
		for i, c := range all {
			if c.ID != i+1 || seen[models(all)[i]] {
				t.Errorf("%s: candidate %d has ID %d, or came before", f, i+1, c.ID)
			}
			seen[models(all)[i]] = true
			if c.PerPass <= 0 || c.PerPass*c.Passes > bound(configs.Drawing, f) {
				t.Errorf("%s costs %g MFLOP an image", c.describe(), c.PerPass*c.Passes)
			}
			cfg := configs.Config{Data: "mnist", Task: configs.Clustering, Family: f, Model: c.Model}
			if err := cfg.Validate(); err != nil {
				t.Errorf("%s: %v", c.describe(), err)
			}
		}
	}
}

func models(all []candidate) []string {
	var texts []string
	for _, c := range all {
		text, err := json.Marshal(c.Model)
		if err != nil {
			panic(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// A network that is too expensive, or does not fit, is no candidate; the same with fewer epochs is.
func TestCostCap(t *testing.T) {
	t.Parallel()
	c := candidate{}
	c.Model.Arch, c.Model.Train.Epochs = "F8/1 G49 M F11 G49", 15
	if c.weigh(configs.Deep); c.affordable(configs.Drawing, configs.Deep) {
		t.Errorf("%g MFLOP × %g passes is affordable", c.PerPass, c.Passes)
	}
	c.Model.Train.Epochs = 4
	if c.weigh(configs.Deep); !c.affordable(configs.Drawing, configs.Deep) || c.PerPass != 4*(441*49*64+49*11*11*49)/1e6 {
		t.Errorf("%g MFLOP × %g passes is not affordable, or not its cost", c.PerPass, c.Passes)
	}
	c.Model.Arch = "F29 G49"
	if c.weigh(configs.Deep); c.affordable(configs.Drawing, configs.Deep) {
		t.Error("an architecture that does not fit is affordable")
	}
}

// Settings reach the model, and only those that apply.
func TestSettings(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, s := range space {
		if names[s.name] {
			t.Errorf("two rows %q: the log has a column for each", s.name)
		}
		names[s.name] = true
		if len(s.values) < 2 {
			t.Errorf("%s: nothing to choose", s.name)
		}
		for _, v := range s.values[1:] {
			a, b := candidate{}, candidate{}
			a.Model.Arch, b.Model.Arch = "F8/4 G9 F6 A49:3", "F8/4 G9 F6 A49:3"
			s.values[0].set(&a.Model)
			v.set(&b.Model)
			if reflect.DeepEqual(a.Model, b.Model) {
				t.Errorf("%s: %s and %s are the same", s.name, s.values[0].text, v.text)
			}
		}
	}
	for _, c := range candidates(configs.Drawing, configs.Deep, 40, 3) {
		for i, s := range space {
			if s.only != nil && s.only(configs.ArchOf(c.Model)) != (c.Chosen[i] != "") {
				t.Errorf("%s: %s", s.name, c.describe())
			}
		}
	}
}

// What was found by hand competes, and can be bred from: all its values are in the table.
func TestCandidatesByHand(t *testing.T) {
	t.Parallel()
	all := candidates(configs.Drawing, configs.Deep, 20, 1)
	for _, h := range byHand {
		for _, arch := range h.archs {
			at := slices.IndexFunc(all, func(c candidate) bool { return c.Model.Arch == arch })
			if at < 0 {
				t.Fatalf("%s is no candidate", arch)
			}
			m := all[at].Model
			if pooled := m.Init.MaxPrecRoot == 14 && m.Train.Epochs == 12 && m.Init.UpperPrecRoot == 0; h.clusters && !pooled {
				t.Errorf("%+v", m)
			}
			if coded := m.Train.Optimizer == dcgmm.Adam && m.Init.UpperPrecRoot > 0 && m.Train.HandedWait > 0; !h.clusters && !coded {
				t.Errorf("%+v", m)
			}
		}
	}
	flat := candidates(configs.Drawing, configs.MFA, 3, 1)
	if a, b, c := flat[0].Model, flat[1].Model, flat[2].Model; a.Arch != "F28 A49:8" || a.Train.RateLogits != 0.5 || b.Arch != "F28 A49:24" || c.Arch != "F28 A75:24" || c.Init.MaxPrecRoot != 2.5 {
		t.Errorf("%+v", flat)
	}
	for _, c := range candidates(configs.Clustering, configs.MFA, 20, 1) {
		if k := configs.ArchOf(c.Model).Top().K(); k != topK {
			t.Errorf("%s: %d components for clusters", c.Model.Arch, k)
		}
	}
}

// The family plain has the paper's words and training alone, epochs up to the authors', and their architectures among
// its first candidates; it is read by the top layer, whatever else detects better.
func TestPlainCandidates(t *testing.T) {
	t.Parallel()
	all := candidates(configs.Clustering, configs.Plain, 60, 1)
	all = append(all, breed(configs.Clustering, configs.Plain, 20, all[:10], all, rand.New(rand.NewPCG(1, 2)))...)
	seen := map[string]bool{}
	longest := 0
	for _, c := range all {
		if !configs.IsPlain(c.Model) || strings.ContainsAny(c.Model.Arch, "ATSU") {
			t.Errorf("%s is not plain", c.describe())
		}
		seen[c.Model.Arch] = true
		longest = max(longest, c.Model.Train.Epochs)
	}
	for _, p := range configs.PaperArchs() {
		if deep := configs.ArchOf(all[0].Model).Deep(); p.Letter != "A" && !seen[p.Arch] || !deep {
			t.Errorf("%s, %s is no candidate", p.Letter, p.Arch)
		}
	}
	if b := all[0]; b.Model.Arch != "F8/2 G49 F11 G49" || b.Model.Train.Epochs != 40 || longest != configs.PaperEpochs {
		t.Errorf("first %s, longest %d epochs", b.describe(), longest)
	}
	results := []*cell.Result{{Outliers: []cell.Outlier{{Score: cell.MainScore, AUC: 0.6}, {Score: "sum", AUC: 0.9}}}}
	for f, want := range map[configs.Family]string{configs.Plain: cell.MainScore, configs.Deep: "sum"} {
		tried := trial{}
		if tried.measure(configs.Outliers, f, results); tried.Readout != want {
			t.Errorf("%s is read by %s, want %s", f, tried.Readout, want)
		}
	}
}
