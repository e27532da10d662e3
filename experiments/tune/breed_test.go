package tune

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/configs"
)

func TestDesignsAreReadBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		arch := grammars[configs.Deep].drawArch(r, manyTops)
		if again, ok := parseDesign(arch).arch(); !ok || again != arch {
			t.Errorf("%q became %q, %t", arch, again, ok)
		}
	}
	for _, arch := range usedBefore {
		if again, ok := parseDesign(arch).arch(); !ok || strings.ReplaceAll(again, "/1 ", " ") != strings.ReplaceAll(arch, "/1 ", " ") {
			t.Errorf("%q became %q, %t", arch, again, ok)
		}
	}
}

// A changed architecture fits, and differs in one word, in those that follow from it, or in a whole layer.
func TestMutationsFit(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	deeper, changed := 0, map[string]bool{}
	const from = "F4/2 G25 T8 M F7 G49"
	for range 300 {
		m := grammars[configs.Deep].mutateArch(r, from, manyTops)
		a, err := arch.Parse(m, configs.Input)
		if err != nil {
			t.Fatalf("%q: %v", m, err)
		}
		if top := a.Top(); m == from || !slices.Contains(manyTops, top.K()) || top.P() != 1 {
			t.Errorf("%q", m)
		}
		if len(a.Layers) == 3 {
			deeper++
			if !strings.HasPrefix(m, "F4/2 G25 T8 M ") {
				t.Errorf("%q: a layer was put on, and the one below it changed", m)
			}
		}
		changed[m] = true
	}
	if deeper == 0 || len(changed) < 30 {
		t.Errorf("%d different ones, %d with a layer more", len(changed), deeper)
	}
	if m := grammars[configs.Deep].mutateArch(r, "F4/4 G25 F2/1 G16 F6 G49", manyTops); m == "" {
		t.Error("no mutation of three layers")
	}
}

func TestChildrenTakeAfterTheirParents(t *testing.T) {
	t.Parallel()
	for _, f := range []configs.Family{configs.Deep, configs.SGD, configs.MFA} {
		known := candidates(configs.Drawing, f, 24, 1)
		from := known[20:24] // drawn, not named: all values are in the table
		children := breed(configs.Drawing, f, 30, from, known, rand.New(rand.NewPCG(1, 1)))
		if again := breed(configs.Drawing, f, 30, from, known, rand.New(rand.NewPCG(1, 1))); !reflect.DeepEqual(models(children), models(again)) {
			t.Errorf("%s: the same randomness breeds others", f)
		}
		if len(children) != 30 {
			t.Fatalf("%s: %d children", f, len(children))
		}
		seen := map[string]bool{}
		for _, c := range known {
			seen[c.key()] = true
		}
		inherited, all := 0, 0
		for i, c := range children {
			if c.ID != 25+i || c.Parent < 21 || c.Parent > 24 || !c.affordable(configs.Drawing, f) || seen[c.key()] {
				t.Errorf("%s: %+v", f, c)
			}
			seen[c.key()] = true
			if err := (configs.Config{Data: "mnist", Task: configs.Clustering, Family: f, Model: c.Model}).Validate(); err != nil {
				t.Errorf("%s: %v", c.describe(), err)
			}
			for s, text := range c.Chosen {
				if text != "" {
					all++
					if slices.ContainsFunc(from, func(p candidate) bool { return p.Chosen[s] == text }) {
						inherited++
					}
				}
			}
		}
		if share := float64(inherited) / float64(all); share < 0.8 {
			t.Errorf("%s: %.2f of the settings are those of a parent", f, share)
		}
	}
	if c := breed(configs.Drawing, configs.SGD, 5, nil, nil, rand.New(rand.NewPCG(1, 1))); len(c) != 0 {
		t.Errorf("children without parents: %v", c)
	}
}

// Half of the candidates of a search are bred from the best of those before them; the space of k-means has nothing to
// breed.
func TestSearchBreeds(t *testing.T) {
	t.Parallel()
	o, _ := tiny(t)
	o.Candidates, o.Budget = minBred, 0.01
	do(t, o)
	log := read(t, o, "glyphs-clustering.csv")
	ids := map[string]int{}
	for _, r := range rows(t, o, "glyphs-clustering.csv") {
		if r["family"] == "kmeans" && r["parent"] != "" {
			t.Errorf("%v", r)
		}
		if r["family"] != "sgd" || r["rung"] != "1" {
			continue
		}
		ids[r["candidate"]]++
		if id, _ := strconv.Atoi(r["candidate"]); (id > 10) != (r["parent"] != "") {
			t.Errorf("candidate %d has the parent %q", id, r["parent"])
		}
		if rank, _ := strconv.Atoi(r["rank"]); (rank <= (minBred+eta-1)/eta) != (r["kept"] == "yes") {
			t.Errorf("rank %d, kept: %s", rank, r["kept"])
		}
	}
	if len(ids) != minBred {
		t.Errorf("%d candidates", len(ids))
	}
	if e := manifest(t, o, "glyphs-clustering-manifest.json").Searches[configs.SGD]; e.Candidates != minBred || !slices.Equal(e.Generated, []int{10, 5, 5}) {
		t.Errorf("%+v", e)
	}
	other, _ := tiny(t)
	other.Candidates, other.Budget, other.Parallel = o.Candidates, o.Budget, 1
	do(t, other)
	if read(t, other, "glyphs-clustering.csv") != log {
		t.Error("the log depends on the number of trainings at once")
	}
}

// Deep models of one architecture do not crowd out the others; flat ones have no other.
func TestVariety(t *testing.T) {
	t.Parallel()
	var ranked []*trial
	for i := range 20 {
		c := candidate{ID: i + 1}
		if c.Model.Arch = "F28 G49"; i >= 15 {
			c.Model.Arch = "F4/4 G9 F7 G49"
		}
		ranked = append(ranked, &trial{Candidate: c})
	}
	ids := func(s *search) (all []int) {
		for _, c := range s.best(ranked, 16) {
			all = append(all, c.ID)
		}
		return all
	}
	if got := ids(&search{family: configs.Deep}); !slices.Equal(got, []int{1, 2, 16, 17}) {
		t.Errorf("deep: %v", got)
	}
	if got := ids(&search{family: configs.SGD}); len(got) != 16 || got[15] != 16 {
		t.Errorf("flat: %v", got)
	}
}
