package dataset

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
)

const (
	glyphSide    = 28
	glyphClasses = 10
)

// Glyphs draws a data set of 28×28×1 images of the digits 0 to 9, white on black, in ten balanced classes: image i of
// a split shows the digit i mod 10. Each is a digit of one of the Go fonts, with its own stroke width, slant,
// rotation, size, place, elastic distortion, softness and grain. The three splits never share an image.
//
// The pixels depend on seed, split and index only, and all arithmetic is on integers: the
// bits are the same on every platform and for any number of cores, and a larger set starts
// with the images of a smaller one. It panics if a size is negative.
func Glyphs(trainN, validN, testN int, seed uint64) *Data {
	d := &Data{Name: "glyphs", Notice: "generated glyphs, not MNIST", Where: "generated"}
	d.Train = glyphSet(trainN, 0, seed)
	d.Valid = glyphSet(validN, 1, seed)
	d.Test = glyphSet(testN, 2, seed)
	d.Hash = hashSets(d.Train, d.Valid, d.Test)
	return d
}

func glyphSet(n int, split, seed uint64) *Set {
	if n < 0 {
		panic(fmt.Sprintf("dataset: Glyphs: %d images", n))
	}
	s := &Set{Name: "glyphs", N: n, H: glyphSide, W: glyphSide, C: 1, Classes: glyphClasses, Generated: true}
	s.Pix = make([]uint8, n*glyphSide*glyphSide)
	s.Labels = make([]uint8, n)
	all := fields()
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				digit := i % glyphClasses
				s.Labels[i] = uint8(digit)
				// One stream per image: no order of drawing matters.
				r := dice{rand.NewPCG(seed, split<<32|uint64(i))}
				f := &all[r.between(0, len(all)-1)][digit]
				newPen(r, f).draw(s.Image(i), f)
			}
		})
	}
	wg.Wait()
	return s
}

// dice draws integers that are the same on 32 and 64-bit machines.
type dice struct{ src *rand.PCG }

// between returns an integer in [low,high].
func (d dice) between(low, high int) int {
	return low + int((d.src.Uint64()>>32)*uint64(high-low+1)>>32)
}

// around returns an integer in [-most,most], small ones more often (a triangle).
func (d dice) around(most int) int {
	return (d.between(-most, most) + d.between(-most, most)) / 2
}
