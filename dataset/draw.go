package dataset

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// streamDraw is the stream of random draws of images: every class has its own.
const streamDraw = 0x64726177 // "draw"

// Draw returns n images drawn at random without repetition, in their order: of each class its share (Webster's method
// of apportionment), at least one as far as n goes. They depend on the labels, n and seed only. It returns s if n ≥ N,
// and panics if n < 0.
func (s *Set) Draw(n int, seed uint64) *Set {
	if n < 0 {
		panic(fmt.Sprintf("dataset: Draw: %d images", n))
	}
	if n >= s.N {
		return s
	}
	labels := s.Labels
	if labels == nil {
		labels = make([]uint8, s.N)
	}
	return s.Subset(stratified(labels, n, seed))
}

// Split returns what Draw draws, and the rest. It panics unless 0 ≤ n ≤ N.
func (s *Set) Split(n int, seed uint64) (drawn, rest *Set) {
	if n < 0 || n > s.N {
		panic(fmt.Sprintf("dataset: Split: %d of %d images", n, s.N))
	}
	in, out := s.SplitIndices(n, seed)
	return s.Subset(in), s.Subset(out)
}

// SplitIndices are the indices of what Split returns, of images that need not be in memory. It panics as Split does.
func (s *Set) SplitIndices(n int, seed uint64) (drawn, rest []int) {
	labels := s.labels()
	if n < 0 || n > len(labels) {
		panic(fmt.Sprintf("dataset: SplitIndices: %d of %d images", n, len(labels)))
	}
	drawn = stratified(labels, n, seed)
	return drawn, others(len(labels), drawn)
}

// HoldOut returns the indices of a share of the images, drawn at random of every class: at least one image and never
// the last one, so that a class of a single image is left whole; and those of the rest. They depend on the labels,
// share and seed only. It panics unless share is in [0, 1].
func (s *Set) HoldOut(share float64, seed uint64) (held, rest []int) {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Sprintf("dataset: HoldOut: a share of %g", share))
	}
	labels := s.labels()
	var of [256][]int
	for i, c := range labels {
		of[c] = append(of[c], i)
	}
	for c, indices := range of {
		n := min(max(1, int(share*float64(len(indices))+0.5)), len(indices)-1)
		if share == 0 || n < 1 {
			continue
		}
		r := rand.New(rand.NewPCG(seed, streamDraw+uint64(c)<<32))
		for _, i := range r.Perm(len(indices))[:n] {
			held = append(held, indices[i])
		}
	}
	slices.Sort(held)
	return held, others(len(labels), held)
}

// labels are those of the images, or as if all were of one class; of a set without pixels, too.
func (s *Set) labels() []uint8 {
	if s.Labels == nil {
		return make([]uint8, max(s.N, len(s.Files)))
	}
	return s.Labels
}

// others are the numbers below n that are not among sorted ones.
func others(n int, sorted []int) []int {
	left := make([]int, 0, n-len(sorted))
	for i, j := 0, 0; i < n; i++ {
		if j < len(sorted) && sorted[j] == i {
			j++
		} else {
			left = append(left, i)
		}
	}
	return left
}

// stratified draws n < len(labels) indices, sorted.
func stratified(labels []uint8, n int, seed uint64) []int {
	var of [256][]int // indices by class
	for i, c := range labels {
		of[c] = append(of[c], i)
	}
	share := apportion(of, n)
	var drawn []int
	for c, indices := range of {
		r := rand.New(rand.NewPCG(seed, streamDraw+uint64(c)<<32))
		for _, i := range r.Perm(len(indices))[:share[c]] {
			drawn = append(drawn, indices[i])
		}
	}
	slices.Sort(drawn)
	return drawn
}

// apportion gives n seats, one at a time, to the class with the most images a seat, the next one counted half. Those
// without a seat come first, so that no class is left out while there are seats.
func apportion(of [256][]int, n int) (seats [256]int) {
	for range n {
		best, most := -1, 0.0
		for c, indices := range of {
			claim := float64(len(indices)) / (float64(seats[c]) + 0.5)
			switch {
			case seats[c] == len(indices):
				continue
			case seats[c] == 0:
				claim += 1e12
			}
			if claim > most {
				best, most = c, claim
			}
		}
		seats[best]++
	}
	return seats
}
