package dcgmm

import (
	"fmt"
	"math"
)

// Images is a set of images in memory: N×H×W×C uint8, row-major, channels last. A pixel
// value v is seen by the model as v/255.
type Images struct {
	Shape Shape
	Pix   []uint8
	// Missing says where pixels are not known: H×W for all images alike, or N×H×W; nil: nowhere. What is in Pix there
	// does not count: all mixtures marginalise what is not known, the first one exactly (model.md §8). Models are trained
	// on whole images only.
	Missing []bool
}

// Len returns N, the number of whole images among the pixels; 0 for a shape that has none.
func (im Images) Len() int {
	if im.Shape.H < 1 || im.Shape.W < 1 || im.Shape.C < 1 {
		return 0
	}
	return len(im.Pix) / product(im.Shape.H, im.Shape.W, im.Shape.C)
}

// check says why pixels and mask are no set of images.
func (im Images) check() error {
	N := im.Len()
	if size := product(im.Shape.H, im.Shape.W, im.Shape.C); N*size != len(im.Pix) {
		return fmt.Errorf("%d bytes of pixels are no whole number of %v images, %d bytes each: cut off or fill up the last one, or correct the shape", len(im.Pix), im.Shape, size)
	}
	if N == 0 {
		return fmt.Errorf("no images: the set is empty")
	}
	if N > math.MaxInt32 {
		return fmt.Errorf("%d images; at most 2³¹−1 are one set: cut it into several", N)
	}
	pixels := im.Shape.H * im.Shape.W
	if m := len(im.Missing); im.Missing != nil && m != pixels && m != pixels*N {
		return fmt.Errorf("the mask has %d pixels; it must have %d×%d for all images, or as many for each of %d", m, im.Shape.H, im.Shape.W, N)
	}
	return nil
}

func (n *Network) checkImages(im Images) error {
	if im.Shape != n.arch.Input {
		return fmt.Errorf("the images are %v, the network %q was made for %v: scale the images or make a network for their size", im.Shape, n.arch, n.arch.Input)
	}
	if err := im.check(); err != nil {
		return err
	}
	if im.Missing != nil && len(n.layers[0].Pools) > 0 {
		return fmt.Errorf("the network %q pools pixels before its first mixture: images with missing pixels have no exact likelihood there", n.arch)
	}
	return nil
}
