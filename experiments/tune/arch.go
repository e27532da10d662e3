package tune

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"

	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/configs"
)

// level says what the words of a mixture layer may be. A word that stands more than once is more likely.
type level struct {
	patches, strides, components []int
	mixtures                     []string // before and behind the number of components
	suffixes                     []string // words after the mixture
	pools                        []string // words after these
}

// The levels of deep architectures below the top, which always folds the whole map and has topK components: then the
// winner on top is a cluster, and all families have as many.
var (
	bottom = level{patches: []int{3, 4, 5, 6, 7, 8, 10, 14}, strides: []int{1, 2, 3, 4, 5, 7}, components: []int{16, 25, 36, 49, 64, 100},
		mixtures: []string{"G%d", "G%d", "I%d", "A%d:2", "A%d:4"}, suffixes: suffixes, pools: []string{"", "M", "M M"}}
	middle = level{patches: []int{2, 3, 4, 5, 6}, strides: []int{1, 2, 3}, components: []int{16, 25, 36, 49, 64, 100},
		mixtures: []string{"G%d", "G%d", "I%d"}, suffixes: suffixes, pools: []string{"", "", "M"}}
	suffixes = []string{"", "", "", "T3", "T8", "T30", "S1", "T8 S1"}

	// coded hand factors up: few components, that say much of a patch.
	coded = level{patches: []int{3, 4, 5, 7}, strides: []int{2, 3, 4, 5, 7}, components: []int{1, 2, 4, 6, 8, 12},
		mixtures: []string{"A%d:4", "A%d:6", "A%d:8", "A%d:12"}, suffixes: []string{"U"}, pools: []string{""}}

	tops = []string{"G%d", "G%d", "A%d:2", "A%d:4", "A%d:8", "A%d:12", "A%d:24"} // as many factors as the flat mixtures may have

	// manyTops are numbers of components on top: clusters are compared at the first, what else models are for at a bound
	// on parameters (maxParams).
	manyTops = []int{topK, 75, 100, 150, 200}

	depths = []int{1, 1, 2} // layers below the top
)

// usedBefore are deep architectures that results had been made with before there was a search, some of them compared on
// test images. They compete like all others, with the settings they had.
var usedBefore = []string{"F8/2 G49 F11 G49", "F8/1 G49 M F11 G49", "F8/1 G25 M F11 G49", "F5/1 G49 M M F6 G49", "F5/1 G25 M F4/2 G25 F5 G49", "F8/2 G49 M F6 G49",
	"F3/1 G64 M F13 G49", "F4/3 I49 F9 A49:4", "F4/4 I49 F7 G49", "F4/2 I49 F5/4 I49 F3 G49"}

// handMade are architectures that were found by hand on validation images (docs/tuning.md), and their settings.
type handMade struct {
	archs    []string
	settings map[string]string
	clusters bool // they compete for clusters, too: networks have topK components on top
}

// byHand are those of deep networks. The pooled ones were the best of some forty by purity, with settings that an earlier
// search had found for flat mixtures of factor analysers. Those that hand factors up came nearest to validation images of
// FashionMNIST, with 20,000 images; the last ones with more factors, whose rate is higher since those of the first layer
// had not grown to their full length before the end, and the last one to those of MNIST; and a pooled one with these
// rates, which told outliers of MNIST best.
var byHand = []handMade{
	{[]string{"F4/1 A16:2 T8 M M F7 A49:12"}, longPooledSettings, true},
	{[]string{"F4/1 A16:2 T8 M M F7 A49:8", "F4/1 G16 T8 M M F7 A49:8", "F6/2 A25:4 T8 M F6 A49:8"}, handSettings, true},
	{[]string{"F4/4 A4:8 U F7 A100:8", "F4/4 A1:8 U F7 A150:12"}, codedSettings, false},
	{[]string{"F4/4 A1:8 U F7 A49:24"}, longSettings, false},
	{[]string{"F4/4 A1:15 U F7 A75:24", "F4/4 A1:12 U F7 A100:24"}, cooledSettings, false},
	{[]string{"F4/4 A1:12 U F7 A200:8"}, with(cooledSettings, "Optimizer", "adam, rate 0.002, cooled, means much faster", "RateFactors", "20"), false},
}

// flatByHand are the settings of flat mixtures of factor analysers that compete.
var flatByHand = []map[string]string{handSettings, manyFactors("49"), manyFactors("75"), with(manyFactors("75"), "Optimizer", "adam, rate 0.002, cooled", "RateFactors", "10")}

var handSettings = map[string]string{"factors": "8", "MaxPrecRoot": "14", "Epochs": "12", "components": "49", "Restart": "0", "Rate": "0.02", "RatePrecRoot": "0.05", "RateLogits": "0.5", "Gamma": "0.8", "Delta": "0.02",
	"Optimizer": "sgd", "Wait": "0", "RateFactors": "10", "FactorWait": "0.7"}

var codedSettings = map[string]string{"MaxPrecRoot": "25", "UpperPrecRoot": "1.8", "Epochs": "18", "Rate": "0.005", "RatePrecRoot": "0.1", "RateLogits": "0.2", "Gamma": "0.8",
	"Delta": "0.1", "Optimizer": "adam, rate 0.002", "Wait": "0.1", "RateFactors": "10", "FactorWait": "0.5", "Restart": "0.2"}

var longSettings = map[string]string{"MaxPrecRoot": "25", "UpperPrecRoot": "2.5", "Epochs": "12", "Rate": "0.005", "RatePrecRoot": "0.1", "RateLogits": "0.2", "Gamma": "0.8",
	"Delta": "0.05", "Optimizer": "adam, rate 0.005", "Wait": "0.1", "RateFactors": "3", "FactorWait": "0.5", "Restart": "0.1"}

// cooledSettings are longSettings with a rate that ends at 0, where codes are handed up.
var cooledSettings = with(longSettings, "Optimizer", "adam, rate 0.002, cooled, means faster", "RateFactors", "10")

// longPooledSettings are longSettings where values are responsibilities.
var longPooledSettings = with(longSettings, "MaxPrecRoot", "14")

// manyFactors are the settings of longSettings for flat mixtures with 24 factors.
func manyFactors(components string) map[string]string {
	return with(longSettings, "MaxPrecRoot", "2.5", "factors", "24", "components", components)
}

// with is a copy of settings with other values of some: pairs of a name and a value.
func with(settings map[string]string, pairs ...string) map[string]string {
	m := maps.Clone(settings)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// grammar is what the architectures of a family are drawn from.
type grammar struct {
	bottom, middle level
	codedShare     float64 // of designs whose first layer hands up factors
	tops           []string
}

// grammars are those of the families of several layers. The plain one has the words of the paper alone: F, G, I and M.
var grammars = map[configs.Family]grammar{
	configs.Deep:  {bottom, middle, codedShare, tops},
	configs.Plain: {bottom.plain(), middle.plain(), 0, []string{"G%d"}},
}

// plain is the level without words that are not the paper's.
func (l level) plain() level {
	l.mixtures, l.suffixes = []string{"G%d", "G%d", "I%d"}, []string{""}
	return l
}

// Bounds of the map below the top: of one position it would be no deep model, and of many a flat one of very many
// dimensions.
const (
	minTopSide = 2
	maxTopSide = 14
)

// codedShare is that of designs whose first layer hands up factors.
const codedShare = 0.4

// design is an architecture in parts.
type design struct {
	below []stage
	top   string // mixture
}

// stage is a layer below the top, and what stands between it and the next.
type stage struct {
	patch, stride         int
	mixture, suffix, pool string
}

// drawDesign draws one, which need not fit.
func (g grammar) drawDesign(r *rand.Rand, topKs []int) design {
	d := design{below: []stage{g.bottom.draw(r)}}
	if r.Float64() < g.codedShare {
		d.below[0] = coded.draw(r)
	}
	for len(d.below) < pick(r, depths) {
		d.below = append(d.below, g.middle.draw(r))
	}
	d.top = fmt.Sprintf(pick(r, g.tops), pick(r, topKs))
	return d
}

func (l level) draw(r *rand.Rand) stage {
	return stage{pick(r, l.patches), pick(r, l.strides), fmt.Sprintf(pick(r, l.mixtures), pick(r, l.components)), pick(r, l.suffixes), pick(r, l.pools)}
}

// arch is the design in words; ok is false if it does not fit images of configs.Input, leaves pixels out, or has a map
// below the top that is too small or too large.
func (d design) arch() (text string, ok bool) {
	for _, s := range d.below {
		text += fmt.Sprintf("F%d/%d %s %s %s ", s.patch, s.stride, s.mixture, s.suffix, s.pool)
	}
	below, err := arch.Parse(text+"G1", configs.Input) // any top shows the map below it
	if err != nil {
		return "", false
	}
	side := below.Top().In.H
	a, err := arch.Parse(fmt.Sprintf("%sF%d %s", text, side, d.top), configs.Input)
	return a.String(), err == nil && side >= minTopSide && side <= maxTopSide
}

// parseDesign is the inverse of design.arch.
func parseDesign(text string) (d design) {
	a, err := arch.Parse(text, configs.Input)
	if err != nil {
		panic("tune: parseDesign: " + err.Error()) // it was drawn, or stands in a table
	}
	for i, l := range a.Layers[:len(a.Layers)-1] {
		pools := strings.TrimSpace(strings.Repeat("M ", len(a.Layers[i+1].Pools)))
		d.below = append(d.below, stage{l.Fold.H, l.Fold.StrideH, l.Mixture, l.Output, pools})
	}
	d.top = a.Top().Mixture
	return d
}

// drawArch draws an architecture that fits.
func (g grammar) drawArch(r *rand.Rand, topKs []int) string {
	for {
		if arch, ok := g.drawDesign(r, topKs).arch(); ok {
			return arch
		}
	}
}

// mutateArch changes one thing of an architecture: a part of a stage, the mixture on top, or the depth.
func (g grammar) mutateArch(r *rand.Rand, arch string, topKs []int) string {
	for {
		d := parseDesign(arch)
		fresh := g.drawDesign(r, topKs)
		i := r.IntN(len(d.below))
		s := &d.below[i]
		from := fresh.below[0]
		if i > 0 {
			from = g.middle.draw(r)
		}
		switch r.IntN(7) {
		case 0:
			s.patch = from.patch
		case 1:
			s.stride = from.stride
		case 2:
			s.mixture = from.mixture
		case 3:
			s.suffix = from.suffix
		case 4:
			s.pool = from.pool
		case 5:
			d.top = fresh.top
		case 6:
			if d.below = d.below[:1]; len(parseDesign(arch).below) == 1 {
				d.below = append(d.below, g.middle.draw(r))
			}
		}
		if changed, ok := d.arch(); ok && changed != arch {
			return changed
		}
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
