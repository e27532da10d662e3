package tune

import (
	"fmt"
	"math/rand/v2"
	"strings"

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
		mixtures: []string{"G%d", "G%d", "I%d", "A%d:2"}, suffixes: suffixes, pools: []string{"", "M", "M M"}}
	middle = level{patches: []int{2, 3, 4, 5, 6}, strides: []int{1, 2, 3}, components: []int{16, 25, 36, 49, 64, 100},
		mixtures: []string{"G%d", "G%d", "I%d"}, suffixes: suffixes, pools: []string{"", "", "M"}}
	suffixes = []string{"", "", "", "T3", "T8", "T30", "S1", "T8 S1"}

	tops = []string{"G%d", "G%d", "A%d:2", "A%d:4"}

	middles = []int{0, 0, 1} // layers between the two
)

// usedBefore are deep architectures that results had been made with before there was a search, some of them compared on test images. They compete like
// all others, with the settings they had.
var usedBefore = []string{"F8/2 G49 F11 G49", "F8/1 G49 M F11 G49", "F8/1 G25 M F11 G49", "F5/1 G49 M M F6 G49", "F5/1 G25 M F4/2 G25 F5 G49", "F8/2 G49 M F6 G49",
	"F3/1 G64 M F13 G49", "F4/3 I49 F9 A49:4", "F4/4 I49 F7 G49", "F4/2 I49 F5/4 I49 F3 G49"}

// Bounds of the map below the top: of one position it would be no deep model, and of many a flat one of very many dimensions.
const (
	minTopSide = 2
	maxTopSide = 14
)

// drawArch draws an architecture for images of configs.Input.
func drawArch(r *rand.Rand) string {
	for {
		var words []string
		side := bottom.draw(r, configs.Input.H, &words)
		for range pick(r, middles) {
			side = middle.draw(r, side, &words)
		}
		if side >= minTopSide && side <= maxTopSide {
			return strings.Join(append(words, fmt.Sprintf("F%d", side), fmt.Sprintf(pick(r, tops), topK)), " ")
		}
	}
}

// draw appends the words of a level to those of the layers below, and returns the side of the map that they leave of a side; 0 if they do not fit.
func (l level) draw(r *rand.Rand, side int, words *[]string) int {
	patch, stride := pick(r, l.patches), pick(r, l.strides)
	fold := fmt.Sprintf("F%d/%d", patch, stride)
	mixture := fmt.Sprintf(pick(r, l.mixtures), pick(r, l.components))
	suffix, pool := pick(r, l.suffixes), pick(r, l.pools)
	*words = append(*words, strings.Fields(strings.Join([]string{fold, mixture, suffix, pool}, " "))...)
	if patch > side || stride > patch || (side-patch)%stride != 0 { // patches cover the whole map
		return 0
	}
	side = (side-patch)/stride + 1
	for range strings.Fields(pool) {
		side = (side + 1) / 2 // 2×2 max-pooling, model.md §2
	}
	return side
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
