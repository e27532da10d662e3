package show

import (
	"fmt"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// ArchFor is an architecture of two mixtures, of k1 and k2 components, for pictures of side×side pixels: patches of a quarter of the side, a
// twelfth apart, both at least 1, and a little larger where pixels would be left over; then all of the map at once. So the last map is 1×1 for every side, and its
// components are clusters. It panics if side is below 1.
func ArchFor(side, k1, k2 int) string {
	if side < 1 {
		panic(fmt.Sprintf("show: ArchFor: pictures of %d×%d pixels", side, side))
	}
	patch, stride := max(1, side/4), max(1, side/12)
	patch += (side - patch) % stride
	return fmt.Sprintf("F%d/%d G%d F%d G%d", patch, stride, k1, (side-patch)/stride+1, k2)
}

// ReadPictures is dataset.ReadFolder with settings that a reader of the notebook may have changed: those out of range are errors.
func ReadPictures(dir string, side, channels int) (*dataset.Set, error) {
	if err := CheckSize(side, channels); err != nil {
		return nil, err
	}
	return dataset.ReadFolder(dir, side, side, channels)
}

// CheckSize says what to change of a size that ReadPictures does not take.
func CheckSize(side, channels int) error {
	switch {
	case side < 1 || side > 1024:
		return fmt.Errorf("side is %d pixels; choose one from 1 to 1024", side)
	case channels != 1 && channels != 3:
		return fmt.Errorf("channels is %d; choose 1 for gray or 3 for colour", channels)
	}
	return nil
}

// Some are n images, evenly spread over a set, or all of a smaller one.
func Some(set *dataset.Set, n int) *dataset.Set {
	all := make([]int, set.N)
	for i := range all {
		all[i] = i
	}
	return set.Subset(spread(all, n))
}

// ClustersOf says what cluster each image of a set is in, of an empty set nothing. The error is that of Evaluate, or says that the network has
// no clusters.
func ClustersOf(net *dcgmm.Network, set *dataset.Set) ([]int, error) {
	top := net.Arch().Top()
	if top.P() != 1 {
		return nil, fmt.Errorf("the top layer %s of %q has a map of %d×%d places, and clusters need one of 1×1: let its F take all of the %d×%d map below",
			top.Name(), net.Arch(), top.Out.H, top.Out.W, top.In.H, top.In.W)
	}
	if set.N == 0 {
		return nil, nil
	}
	ev, err := net.Evaluate(Context(), Images(set), 0)
	if err != nil {
		return nil, err
	}
	return ev.Cluster, nil
}
