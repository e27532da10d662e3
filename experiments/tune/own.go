package tune

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"deepgmm/dataset"
	"deepgmm/experiments/configs"
)

// validShare is the share of own images that candidates are judged on.
const validShare = 0.2

// longestName is how long the name of a set is at most, in bytes.
const longestName = 100

var otherLetters = regexp.MustCompile(`[^a-z0-9]+`)

// OwnData makes a data set of own images, for Options.Own: a fifth of every class, drawn at random, are the validation
// images. The error says what is wrong with them: candidates are architectures for images of 28×28 pixels in gray, and
// are judged by classes.
func OwnData(s *dataset.Set) (*dataset.Data, error) {
	in := configs.Input
	switch {
	case s.H != in.H || s.W != in.W || s.C != in.C:
		return nil, fmt.Errorf("tune: images of %d×%d×%d; candidates are for %v", s.H, s.W, s.C, in)
	case s.Labels == nil || s.Classes < 2:
		return nil, fmt.Errorf("tune: the images of %s have no classes, by which candidates are judged: keep them in one sub-folder for each of two classes at least", s.Name)
	}
	held, rest := s.HoldOut(validShare, 1)
	if len(rest) < minImages || len(held) < 1 {
		return nil, fmt.Errorf("tune: %d images of %s are too few: %d are enough for %d classes, a fifth of each to judge by", s.N, s.Name, enough(s.Classes), s.Classes)
	}
	name := otherLetters.ReplaceAllString(strings.ToLower(s.Name), "-")
	name = strings.Trim(name[:min(longestName, len(name))], "-") // names of files begin with it
	if name == "" || slices.Contains([]string{"mnist", "fashion-mnist", "glyphs"}, name) {
		name = strings.Trim("own-"+name, "-") // not that of a published set
	}
	return dataset.Join(name, mixed(s, rest), mixed(s, held)), nil
}

// enough is a number of images of which minImages are left to train on, however many each class has.
func enough(classes int) int {
	const roundedUp = 0.6 // of a class of two one is held out; of larger classes 0.4 more than their share at most
	return int(math.Ceil((minImages + roundedUp*float64(classes)) / (1 - validShare)))
}

// mixed are images in random order: rungs take the first ones, which of a folder are all of one class.
func mixed(s *dataset.Set, indices []int) *dataset.Set {
	order := slices.Collect(dataset.Shuffle(len(indices), len(indices), 1, 0))
	for i, j := range order {
		order[i] = indices[j]
	}
	return s.Subset(order)
}
