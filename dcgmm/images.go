package dcgmm

import "fmt"

// Images is a set of images in memory: N×H×W×C uint8, row-major, channels last. A pixel
// value v is seen by the model as v/255.
type Images struct {
	Shape Shape
	Pix   []uint8
	// Missing says where pixels are not known: H×W for all images alike, or N×H×W; nil: nowhere. What is in Pix there does not count: the
	// first mixture marginalises it exactly (model.md §8). Models are trained on whole images only.
	Missing []bool
}

// Len returns N. It panics if the pixels are not a whole number of images.
func (im Images) Len() int {
	size := im.Shape.Size()
	if size < 1 || len(im.Pix)%size != 0 {
		panic(fmt.Sprintf("dcgmm: Images: %d bytes are no whole number of %v images", len(im.Pix), im.Shape))
	}
	return len(im.Pix) / size
}

func (n *Network) checkImages(im Images) error {
	if im.Shape != n.in {
		return fmt.Errorf("the images are %v, the network %q was made for %v: scale the images or make a network for their size", im.Shape, n.arch, n.in)
	}
	if im.Len() == 0 {
		return fmt.Errorf("no images: the set is empty")
	}
	return n.checkMissing(im)
}
