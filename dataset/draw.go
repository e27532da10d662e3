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
	labels := s.Labels
	if labels == nil {
		labels = make([]uint8, s.N)
	}
	indices := stratified(labels, n, seed)
	left := make([]int, 0, s.N-n)
	for i, j := 0, 0; i < s.N; i++ {
		if j < n && indices[j] == i {
			j++
		} else {
			left = append(left, i)
		}
	}
	return s.Subset(indices), s.Subset(left)
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
