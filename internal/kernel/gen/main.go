// Command gen writes the SIMD versions of package kernel:
//
//	go run ./internal/kernel/gen -out internal/kernel/kernel_amd64.s -stubs internal/kernel/kernel_amd64.go -pkg kernel
//
// and, beside the stubs, tables of the kernels that come in tiles, tables_amd64.go.
package main

import (
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("!purego")

	// Register budget of a score tile: nv·kt sums, nv inputs, S and M of one
	// component, and one or more temporaries.
	for i, most := range []int{8, 8, 8, 6} {
		tiles(avx512, i+1, most, scoreTile)
	}
	tiles(avx2, 2, 5, scoreTile)
	for nv := 1; nv <= 4; nv++ {
		tiles(avx512, nv, 7, mixTile)
		bestLanes(avx512, nv)
		topLanes(avx512, nv)
	}
	bestLanes(avx2, 2)
	topLanes(avx2, 2)
	avx512.oneAndTwo(softmaxLanes)
	softmaxLanes(avx2, 1)
	tiles(avx2, 2, 4, mixTile)
	prefetchRow()
	for _, s := range []isa{avx512, avx2} {
		for size := 2; size <= 10; size++ {
			circulantRows(s, size)
		}
		maxRow(s)
		transposeTile(s)
		accumulateTile(s)
		ascendBlocks(s)
		sumRow(s, "add", "adds", VADDPD)
		sumRow(s, "subtract", "takes off", VSUBPD)
		rowKernels(s)
		pixelTile(s)
		peakLoop(s)
		factorKernels(s)
		slopeKernels(s)
		adam(s)
		gradient(s)
		factorGradient(s)
	}
	Generate()
	if err := writeTables("score", "linear", "mix", "circulant", "distances"); err != nil {
		log.Fatal(err)
	}
}

// tiles emits the tiles of nv vectors of items and up to most rows.
func tiles(s isa, nv, most int, kernel func(s isa, nv, kt int)) {
	for kt := 1; kt <= most; kt++ {
		kernel(s, nv, kt)
	}
}

// oneAndTwo emits a kernel for one vector of items and for two.
func (s isa) oneAndTwo(kernel func(s isa, nv int)) {
	kernel(s, 1)
	kernel(s, 2)
}
