package dataset

import (
	"fmt"
	"iter"
	"math/rand/v2"
)

// streamShuffle is the stream of orders: every pass has its own.
const streamShuffle = 0x73687566 // "shuf"

// Shuffle returns the order of n images in a pass, numbered from 0: every index once. The next one is drawn at random
// from a window that holds the first so many indices that are left; so index i comes no earlier than at place
// i−window+1, and what is read lies together in the source. A window of n or more gives every order the same
// probability. A smaller one mixes images only that are near each other: of a folder with classes it must be larger
// than the classes. The order depends on n, window, seed and pass only. It panics if n < 0, window < 1 or pass < 0.
func Shuffle(n, window int, seed uint64, pass int) iter.Seq[int] {
	if n < 0 || window < 1 || pass < 0 {
		panic(fmt.Sprintf("dataset: Shuffle: %d images in a window of %d, pass %d", n, window, pass))
	}
	return func(yield func(int) bool) {
		r := rand.New(rand.NewPCG(seed, streamShuffle+uint64(pass)<<32))
		held := make([]int, 0, min(n, window))
		for i := range n {
			if len(held) < window {
				held = append(held, i)
				continue
			}
			at := r.IntN(len(held))
			if !yield(held[at]) {
				return
			}
			held[at] = i
		}
		for len(held) > 0 {
			at, last := r.IntN(len(held)), len(held)-1
			if !yield(held[at]) {
				return
			}
			held[at], held = held[last], held[:last]
		}
	}
}
