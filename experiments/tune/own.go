package tune

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"deepgmm/dataset"
	"deepgmm/experiments/configs"
)

// validShare is the share of own images that candidates are judged on.
const validShare = 0.2

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
		return nil, fmt.Errorf("tune: %d images of %s are too few: give %d at least", s.N, s.Name, int(minImages/(1-validShare)))
	}
	name := strings.Trim(otherLetters.ReplaceAllString(strings.ToLower(s.Name), "-"), "-")
	if name == "" || slices.Contains([]string{"mnist", "fashion-mnist", "glyphs"}, name) {
		name = strings.Trim("own-"+name, "-") // not that of a published set
	}
	return dataset.Join(name, mixed(s, rest), mixed(s, held)), nil
}

// mixed are images in random order: rungs take the first ones, which of a folder are all of one class.
func mixed(s *dataset.Set, indices []int) *dataset.Set {
	order := slices.Collect(dataset.Shuffle(len(indices), len(indices), 1, 0))
	for i, j := range order {
		order[i] = indices[j]
	}
	return s.Subset(order)
}
