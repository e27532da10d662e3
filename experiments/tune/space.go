package tune

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// setting is a row of the space: a hyper-parameter, whose it is, and the values it may take.
type setting struct {
	name     string
	families []configs.Family
	factors  bool // only for architectures with factor analysers
	values   []value
}

// value of a setting.
type value struct {
	text string
	set  func(*cell.Model)
}

var (
	networks = []configs.Family{configs.Deep, configs.SGD, configs.MFA}
	deep     = []configs.Family{configs.Deep}
)

// space is every hyper-parameter but the architecture of deep networks. To add one, add a row. The values surround the
// defaults, which are among them. The least MaxPrecRoot and the largest RegCovar leave nearly all variances at their
// bound: then a mixture clusters like k-means.
var space = []setting{
	{"factors", []configs.Family{configs.MFA}, false, ints(func(m *cell.Model, l int) { m.Arch = fmt.Sprintf("F28 A%d:%d", topK, l) }, 1, 2, 4, 8)},
	{"MaxPrecRoot", networks, false, floats(func(m *cell.Model, v float64) { m.Init.MaxPrecRoot = v }, 2.5, 4.5, 8, 14, 25)},
	{"Epochs", networks, false, ints(func(m *cell.Model, n int) { m.Train.Epochs = n }, 8, 12, 18)},
	{"Rate", networks, false, floats(func(m *cell.Model, v float64) { m.Train.Rate = v }, 0.005, 0.011, 0.02, 0.04)},
	{"RatePrecRoot", networks, false, floats(func(m *cell.Model, v float64) { m.Train.RatePrecRoot = v }, 0.05, 0.1, 0.25, 0.5)},
	{"RateLogits", networks, false, floats(func(m *cell.Model, v float64) { m.Train.RateLogits = v }, 0.1, 0.2, 0.5)},
	{"Gamma", networks, false, floats(func(m *cell.Model, v float64) { m.Train.Gamma = v }, 0.8, 0.9, 0.95)},
	{"Delta", networks, false, floats(func(m *cell.Model, v float64) { m.Train.Delta = v }, 0.02, 0.05, 0.1)},
	{"Optimizer", networks, false, []value{{"sgd", func(*cell.Model) {}}, {"adam, rate 0.002", adam(0.002)}, {"adam, rate 0.005", adam(0.005)}}},
	{"Wait", deep, false, floats(setWait, 0, 0.1, 0.2)},
	{"RateFactors", networks, true, floats(func(m *cell.Model, v float64) { m.Train.RateFactors = v }, 3, 10, 30)},
	{"FactorWait", networks, true, floats(func(m *cell.Model, v float64) { m.Train.FactorWait = v }, 0.3, 0.5, 0.7)},
	{"NInit", []configs.Family{configs.KMeans}, false, ints(setNInit, 1, 2, 4, 8)},
	{"NInit of EM", []configs.Family{configs.EM}, false, ints(setNInit, 1, 2)},
	{"RegCovar", []configs.Family{configs.EM}, false, floats(func(m *cell.Model, v float64) { m.RegCovar = v },
		1e-4, 1e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 5e-2, 0.1, 0.2)},
}

func floats(set func(*cell.Model, float64), values ...float64) (all []value) {
	for _, v := range values {
		all = append(all, value{strconv.FormatFloat(v, 'g', -1, 64), func(m *cell.Model) { set(m, v) }})
	}
	return all
}

func ints(set func(*cell.Model, int), values ...int) (all []value) {
	for _, v := range values {
		all = append(all, value{strconv.Itoa(v), func(m *cell.Model) { set(m, v) }})
	}
	return all
}

// adam replaces the rates of plain SGD, which mean something else, by one rate and defaults.
func adam(rate float64) func(*cell.Model) {
	return func(m *cell.Model) {
		t := &m.Train
		t.Optimizer, t.Rate, t.RatePrecRoot, t.RateLogits, t.RateFactors = dcgmm.Adam, rate, 0, 0, 0
	}
}

func setNInit(m *cell.Model, n int) { m.NInit = n }

// setWait lets every layer wait a share longer than the one below.
func setWait(m *cell.Model, share float64) {
	m.Train.Wait = nil
	for i := range configs.ArchOf(*m).Layers {
		if share > 0 {
			m.Train.Wait = append(m.Train.Wait, share*float64(i))
		}
	}
}

func (s setting) applies(f configs.Family, m cell.Model) bool {
	return slices.Contains(s.families, f) && (!s.factors || configs.ArchOf(m).Factors())
}

// topK is the number of clusters of every model.
const topK = 49

// candidate is a configuration that is tried.
type candidate struct {
	ID      int // within its family, in the order of drawing
	Parent  int // ID of the candidate that it was bred from; 0: none
	Model   cell.Model
	Chosen  []string // text of the value of every row of space, "" for those that are not its
	PerPass float64  // MFLOP of an image in a pass over the images
	Passes  float64  // over the images at the full budget
}

// draws is how many draws may fail, for each candidate that is wanted, before a space counts as exhausted.
const draws = 200

// familyRand is the randomness of a family, a stream of its own.
func familyRand(f configs.Family, seed uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(f))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// candidates draws n different models of a family, fewer if there are not so many. The same seed gives the same ones,
// whatever data set and task they are for, and fewer are the first of more.
func candidates(f configs.Family, n int, seed uint64) []candidate {
	r := familyRand(f, seed)
	seen := map[string]bool{}
	var all []candidate
	known := fixedOf(f)
	for tries := 0; len(all) < n && tries < draws*max(n, 10); tries++ {
		var c candidate
		if tries < len(known) {
			c = known[tries].candidate(f)
		} else {
			c = drawCandidate(f, r)
		}
		if key := c.key(); !seen[key] && c.affordable() {
			seen[key] = true
			c.ID = len(all) + 1
			all = append(all, c)
		}
	}
	return all
}

// key tells models apart.
func (c *candidate) key() string {
	text, err := json.Marshal(c.Model)
	if err != nil {
		panic("tune: candidate: " + err.Error()) // NaN in the table
	}
	return string(text)
}

// fixed is a candidate that does not depend on luck: one that was found by hand, or one that had been used before there
// was a search, with the settings it had ("before" in the log): its epochs, MaxPrecRoot 8, else defaults.
type fixed struct {
	arch   string
	epochs int // 0: found by hand
}

// fixedOf returns those of a family. The architecture of flat ones found by hand is among their settings.
func fixedOf(f configs.Family) (all []fixed) {
	switch f {
	case configs.Deep:
		for _, arch := range usedBefore {
			all = append(all, fixed{arch, 8})
		}
		for _, arch := range byHand {
			all = append(all, fixed{arch, 0})
		}
	case configs.SGD:
		all = []fixed{{fmt.Sprintf("F28 G%d", topK), 15}}
	case configs.MFA:
		all = []fixed{{fmt.Sprintf("F28 A%d:4", topK), 15}, {"", 0}}
	}
	return all
}

func (n fixed) candidate(f configs.Family) candidate {
	if n.epochs == 0 {
		return newCandidate(f, n.arch, settingByHand)
	}
	c := candidate{Model: cell.Model{Name: string(f), Kind: f.Kind(), Arch: n.arch}, Chosen: make([]string, len(space))}
	c.Model.Train.Epochs, c.Model.Init.MaxPrecRoot = n.epochs, 8
	for i, s := range space {
		if s.applies(f, c.Model) {
			c.Chosen[i] = "before"
		}
	}
	c.weigh(f)
	return c
}

// settingByHand is the value of row i of space in handSettings.
func settingByHand(i int) value {
	v, ok := space[i].value(handSettings[space[i].name])
	if !ok {
		panic("tune: handSettings has no value of " + space[i].name)
	}
	return v
}

// value is the one with a text; ok is false if there is none.
func (s setting) value(text string) (v value, ok bool) {
	at := slices.IndexFunc(s.values, func(v value) bool { return v.text == text })
	if at < 0 {
		return v, false
	}
	return s.values[at], true
}

func drawCandidate(f configs.Family, r *rand.Rand) candidate {
	arch := ""
	if f == configs.Deep {
		arch = drawArch(r)
	}
	return newCandidate(f, arch, func(i int) value { return pick(r, space[i].values) })
}

// newCandidate is a model with the values of all rows of space that apply to it, by their index. arch is that of a deep
// one.
func newCandidate(f configs.Family, arch string, of func(i int) value) candidate {
	c := candidate{Model: cell.Model{Name: string(f), Kind: f.Kind(), Arch: arch}, Chosen: make([]string, len(space))}
	switch f {
	case configs.SGD:
		c.Model.Arch = fmt.Sprintf("F28 G%d", topK)
	case configs.EM, configs.KMeans:
		c.Model.K = topK
	}
	for i, s := range space {
		if s.applies(f, c.Model) {
			v := of(i)
			v.set(&c.Model)
			c.Chosen[i] = v.text
		}
	}
	c.weigh(f)
	return c
}
