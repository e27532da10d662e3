package tune

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
)

// ofSizes are black images of classes of so many.
func ofSizes(sizes ...int) *dataset.Set {
	s := &dataset.Set{Name: "many", H: 28, W: 28, C: 1, Classes: len(sizes)}
	for class, n := range sizes {
		for range n {
			s.Labels = append(s.Labels, uint8(class))
		}
	}
	s.N = len(s.Labels)
	s.Pix = make([]uint8, s.N*28*28)
	return s
}

// The number that the error asks for is more than there are, and enough, whatever classes it is made of.
func TestEnoughOwnImages(t *testing.T) {
	refusals := 0
	for _, sizes := range [][]int{{10, 10}, {84, 83, 83}, {125, 125}, {124, 125}, {83, 83, 85}, {2, 2, 248}, {3, 3, 3, 244}, {8, 8, 8, 8, 219}} {
		s := ofSizes(sizes...)
		_, err := OwnData(s)
		if held, rest := s.HoldOut(validShare, 1); (err == nil) != (len(rest) >= minImages) {
			t.Errorf("%v, %d of them held out: %v", sizes, len(held), err)
		}
		if err == nil {
			continue
		}
		refusals++
		var given, wanted, classes int
		if _, err := fmt.Sscanf(err.Error(), "tune: %d images of many are too few: %d are enough for %d classes", &given, &wanted, &classes); err != nil || given != s.N || wanted <= given || classes != len(sizes) {
			t.Errorf("%v: %v", sizes, err)
		}
	}
	if refusals < 4 {
		t.Errorf("%d refusals", refusals)
	}
	for classes := 2; classes <= 30; classes++ {
		for _, size := range []int{2, 3, 8} { // what is rounded up most
			sizes := slices.Repeat([]int{size}, classes)
			sizes[0] = enough(classes) - size*(classes-1)
			if _, err := OwnData(ofSizes(sizes...)); err != nil {
				t.Errorf("%v: %v", sizes, err)
			}
		}
	}
}

// The names of the files of a search have room for that of the set.
func TestOwnNames(t *testing.T) {
	for name, want := range map[string]string{"Own pictures": "own-pictures", "猫": "own", "mnist": "own-mnist", strings.Repeat("ab-", 80): strings.Repeat("ab-", 33) + "a"} {
		s := ofSizes(200, 200)
		s.Name = name
		if d, err := OwnData(s); err != nil || d.Name != want {
			t.Errorf("%s: %v (%v), want %s", name, d, err, want)
		}
	}
}
