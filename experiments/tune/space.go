package tune

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// setting is a row of the space: a hyper-parameter, whose it is, and the values it may take.
type setting struct {
	name     string
	families []configs.Family
	only     func(arch.Arch) bool // architectures that have it; nil: all
	values   []value
}

// value of a setting.
type value struct {
	text string
	set  func(*cell.Model)
}

var (
	networks = []configs.Family{configs.Deep, configs.SGD, configs.MFA}
	bySGD    = append([]configs.Family{configs.Plain}, networks...)
	deep     = []configs.Family{configs.Deep}
	layered  = []configs.Family{configs.Deep, configs.Plain}
)

// space is every hyper-parameter but the architecture of deep networks. To add one, add a row. The values surround the
// defaults, which are among them. The least MaxPrecRoot and the largest RegCovar leave nearly all variances at their
// bound: then a mixture clusters like k-means.
var space = []setting{
	{"factors", []configs.Family{configs.MFA}, nil, ints(func(m *cell.Model, l int) { m.Arch = fmt.Sprintf("F28 A%d:%d", topK, l) }, 1, 2, 4, 8, 12, 24)},
	{componentsRow, []configs.Family{configs.MFA}, nil, ints(setFlatK, manyTops...)},
	{"MaxPrecRoot", bySGD, nil, floats(func(m *cell.Model, v float64) { m.Init.MaxPrecRoot = v }, 2.5, 4.5, 8, 14, 25)},
	{epochsRow, bySGD, nil, ints(func(m *cell.Model, n int) { m.Train.Epochs = n }, 8, 12, 18, 40, configs.PaperEpochs)},
	{"Rate", bySGD, nil, floats(func(m *cell.Model, v float64) { m.Train.Rate = v }, 0.005, 0.011, 0.02, 0.04)},
	{"RatePrecRoot", bySGD, nil, floats(func(m *cell.Model, v float64) { m.Train.RatePrecRoot = v }, 0.05, 0.1, 0.25, 0.5)},
	{"RateLogits", bySGD, nil, floats(func(m *cell.Model, v float64) { m.Train.RateLogits = v }, 0.1, 0.2, 0.5)},
	{"Gamma", bySGD, nil, floats(func(m *cell.Model, v float64) { m.Train.Gamma = v }, 0.8, 0.9, 0.95)},
	{"Delta", bySGD, nil, floats(func(m *cell.Model, v float64) { m.Train.Delta = v }, 0.02, 0.05, 0.1)},
	{"Optimizer", networks, nil, []value{{"sgd", func(*cell.Model) {}}, {"adam, rate 0.002", adam(0.002)}, {"adam, rate 0.005", adam(0.005)},
		{"adam, rate 0.002, cooled", cooled(1)}, {"adam, rate 0.002, cooled, means faster", cooled(4)}, {"adam, rate 0.002, cooled, means much faster", cooled(8)}}},
	{"Wait", layered, nil, floats(setWait, 0, 0.1, 0.2)},
	{"RateFactors", networks, arch.Arch.Factors, floats(func(m *cell.Model, v float64) { m.Train.RateFactors = v }, 3, 10, 20, 30)},
	{"FactorWait", networks, arch.Arch.Factors, floats(func(m *cell.Model, v float64) { m.Train.FactorWait = v }, 0.3, 0.5, 0.7)},
	{"UpperPrecRoot", deep, arch.Arch.HandsUp, floats(func(m *cell.Model, v float64) { m.Init.UpperPrecRoot = v }, 1.25, 1.8, 2.5, 4)},
	{"Restart", networks, nil, floats(func(m *cell.Model, v float64) { m.Train.Restart = v }, 0, 0.1, 0.2)},
	{"NInit", []configs.Family{configs.KMeans}, nil, ints(setNInit, 1, 2, 4, 8)},
	{"principal components", []configs.Family{configs.PCA}, nil, ints(func(m *cell.Model, d int) { m.Dims = d }, 20, 30, 40, 50, 70, 100)},
	{"Floor", []configs.Family{configs.PCA}, nil, floats(func(m *cell.Model, v float64) { m.Floor = v }, 0.003, 0.01, 0.03, 0.1, 0.2)},
	{"NInit of EM", []configs.Family{configs.EM, configs.PCA}, nil, ints(setNInit, 1, 2)},
	{"RegCovar", []configs.Family{configs.EM}, nil, floats(func(m *cell.Model, v float64) { m.RegCovar = v },
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

// cooled is Adam whose rate falls to 0 in the last fifth of the steps. Means may move faster than the rest: codes that
// are handed up have the variance of a patch in few values, which have so far to go, and Adam's steps are of one length.
func cooled(rateMu float64) func(*cell.Model) {
	return func(m *cell.Model) {
		adam(0.002)(m)
		m.Train.CoolDown = 0.2
		if rateMu != 1 {
			m.Train.RateMu = rateMu
		}
	}
}

// setFlatK replaces the number of components that "factors" has set.
func setFlatK(m *cell.Model, k int) {
	l := configs.ArchOf(*m).Top().L
	m.Arch = fmt.Sprintf("F28 A%d:%d", k, l)
}

func setNInit(m *cell.Model, n int) { m.NInit = n }

// handedWait is when factors that are handed up join; layers above wait longer.
const handedWait = 0.1

// setWait lets every layer wait a share longer than the one below.
func setWait(m *cell.Model, share float64) {
	m.Train.Wait = nil
	a := configs.ArchOf(*m)
	if a.HandsUp() {
		m.Train.HandedWait, share = handedWait, max(share, 1.2*handedWait)
	}
	for i := range a.Layers {
		if share > 0 {
			m.Train.Wait = append(m.Train.Wait, share*float64(i))
		}
	}
}

func (s setting) applies(f configs.Family, m cell.Model) bool {
	return slices.Contains(s.families, f) && (s.only == nil || s.only(configs.ArchOf(m)))
}

// componentsRow is the row of space that a task cuts, epochsRow the one that a family cuts.
const (
	componentsRow = "components"
	epochsRow     = "Epochs"
)

// fewEpochs are how many values of epochsRow are for all families but plain, which has the others and the last of them.
const fewEpochs = 3

// topK is the number of clusters of every model, flatArch the flat mixture of as many.
const (
	topK     = 49
	flatArch = "F28 G49"
)

// candidate is a configuration that is tried.
type candidate struct {
	ID      int // within its family, in the order of drawing
	Parent  int // ID of the candidate that it was bred from; 0: none
	Model   cell.Model
	Chosen  []string // text of the value of every row of space, "" for those that are not its
	PerPass float64  // MFLOP of an image in a pass over the images
	Passes  float64  // over the images at the full budget
	params  int      // of networks
}

// draws is how many draws may fail, for each candidate that is wanted, before a space counts as exhausted.
const draws = 200

// familyRand is the randomness of a family, a stream of its own.
func familyRand(f configs.Family, seed uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(f))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// candidates draws n different models of a family for a task, fewer if there are not so many. The same seed gives the
// same ones, whatever data set they are for, and fewer are the first of more.
func candidates(task configs.Task, f configs.Family, n int, seed uint64) []candidate {
	r := familyRand(f, seed)
	seen := map[string]bool{}
	var all []candidate
	known := fixed(task, f)
	for tries := 0; len(all) < n && tries < draws*max(n, 10); tries++ {
		var c candidate
		if tries < len(known) {
			c = known[tries]
		} else {
			arch := ""
			if f.IsDeep() {
				arch = grammars[f].drawArch(r, componentsOf(task))
			}
			c = newCandidate(f, arch, func(i int) value { return pick(r, space[i].of(task, f)) })
		}
		if key := c.key(); !seen[key] && c.affordable(task, f) {
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

// of are the values that a task and a family leave.
func (s setting) of(task configs.Task, f configs.Family) []value {
	switch {
	case s.name == componentsRow && task == configs.Clustering:
		return s.values[:1] // topK
	case s.name == epochsRow && f == configs.Plain:
		return s.values[fewEpochs-1:]
	case s.name == epochsRow:
		return s.values[:fewEpochs]
	}
	return s.values
}

// componentsOf are the numbers of components on top for a task.
func componentsOf(task configs.Task) []int {
	if task == configs.Clustering {
		return manyTops[:1]
	}
	return manyTops
}

// value is the one with a text; ok is false if there is none.
func (s setting) value(text string) (v value, ok bool) {
	at := slices.IndexFunc(s.values, func(v value) bool { return v.text == text })
	if at < 0 {
		return v, false
	}
	return s.values[at], true
}

// newCandidate is a model with the values of all rows of space that apply to it, by their index. arch is that of a deep
// one.
func newCandidate(f configs.Family, arch string, of func(i int) value) candidate {
	c := emptyCandidate(f, arch)
	switch f {
	case configs.SGD:
		c.Model.Arch = flatArch
	case configs.EM, configs.PCA, configs.KMeans:
		c.Model.K = topK
	}
	c.Model.Train.FinalWeights = slices.Contains(networks, f)
	c.set(f, of)
	return c
}

func emptyCandidate(f configs.Family, arch string) candidate {
	return candidate{Model: cell.Model{Name: string(f), Kind: f.Kind(), Arch: arch}, Chosen: make([]string, len(space))}
}

// set gives a candidate its settings, and its cost.
func (c *candidate) set(f configs.Family, of func(i int) value) {
	for i, s := range space {
		if s.applies(f, c.Model) {
			v := of(i)
			v.set(&c.Model)
			c.Chosen[i] = v.text
		}
	}
	c.weigh(f)
}
