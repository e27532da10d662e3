package dcgmm

import (
	"fmt"
	"math"

	"deepgmm/dcgmm/arch"
)

// What Propose aims at: the architecture F8/2 G49 M F6 G49 for many images of 28×28 pixels.
const (
	proposedSide  = 28.
	proposedPatch = 8.
	proposedMap   = 10. // positions of the first layer along a side
	flatSide      = 12  // below it there is not enough room for two layers
	fairShare     = 40  // images for each component of the top layer
	mostProposed  = 7   // components along a side of a torus
)

// Propose returns an architecture for a number of images of a shape: patches that grow with the root of the image's
// sides, pooling, and a top layer of one position, so that every image has a cluster, with a component for every 40
// images and 49 at most. Images of less than 12×12 pixels get a flat mixture. It is a start where nothing is known; a
// search (package tune) finds better ones. It panics unless all numbers are positive, and for a shape that New refuses.
func Propose(in Shape, images int) string {
	if in.H < 1 || in.W < 1 || in.C < 1 || images < 1 {
		panic(fmt.Sprintf("dcgmm: Propose: %d images of %v", images, in))
	}
	if _, err := arch.Parse("F1 G1", in); err != nil { // which fits every shape that anything fits
		panic("dcgmm: Propose: " + err.Error())
	}
	side := min(mostProposed, max(2, int(math.Sqrt(float64(images)/fairShare))))
	top := fmt.Sprintf("G%d", side*side)
	if max(in.H, in.W) < flatSide {
		return fmt.Sprintf("%s %s", foldWord(in.H, in.W, 1, 1), top)
	}
	ph, sh, h := proposedFold(in.H)
	pw, sw, w := proposedFold(in.W)
	bottom := "G49"
	if images < 500 {
		bottom = "G25"
	}
	kh, kw := min(2, h), min(2, w)
	pool := "M"
	if kh != kw {
		pool = fmt.Sprintf("M%dx%d", kh, kw)
	}
	return fmt.Sprintf("%s %s %s %s %s", foldWord(ph, pw, sh, sw), bottom, pool, foldWord((h+kh-1)/kh, (w+kw-1)/kw, 1, 1), top)
}

// proposedFold is the patch and stride that fit a side best, without a pixel left over, and how many positions it has.
func proposedFold(side int) (patch, stride, positions int) {
	want := min(float64(side), proposedPatch*math.Sqrt(float64(side)/proposedSide))
	least := math.Inf(1)
	for p := 1; p <= side; p++ {
		off := math.Abs(float64(p)-want) / want
		if off >= least { // the positions make it no better
			continue
		}
		for s := 1; s <= p; s++ {
			if (side-p)%s != 0 {
				continue
			}
			n := (side-p)/s + 1
			cost := off + math.Abs(float64(n)-proposedMap)/proposedMap
			if cost < least {
				least, patch, stride, positions = cost, p, s, n
			}
		}
	}
	return patch, stride, positions
}

func foldWord(ph, pw, sh, sw int) string {
	word := fmt.Sprintf("F%d", ph)
	if pw != ph {
		word += fmt.Sprintf("x%d", pw)
	}
	if sh != 1 || sw != 1 {
		word += fmt.Sprintf("/%d", sh)
		if sw != sh {
			word += fmt.Sprintf("x%d", sw)
		}
	}
	return word
}
