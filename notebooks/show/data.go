package show

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// notice is that of the data that this cell loaded; tables and figures repeat it.
var notice string

// Data returns the data set "mnist", "fashion-mnist" or "glyphs": from $DCGMM_DATA, a folder shared/data beside the
// checkout, data in it or the user's cache folder, or else downloaded. Where there is no network either, generated
// glyphs take its place, and everything that the cell shows says so; in the quick test of the notebooks few of them
// always do. The error names the file and the remedy.
func Data(name string) (data *dataset.Data, err error) {
	if Smoke() {
		data = dataset.Glyphs(1000, 200, 400, 1)
	} else {
		live := NewProgress("download")
		data, err = dataset.Load(Context(), name, dataset.Options{Dirs: dataFolders(), Download: true, Progress: lines{live}})
		live.Close("")
	}
	if errors.Is(err, dataset.ErrNotFound) && Context().Err() == nil {
		words := " was not found and could not be downloaded: GENERATED GLYPHS take its place."
		red := fmt.Sprintf(`<b class=%q style="color:#c80000">%s%s</b>`, noticeClass, strings.ToUpper(name), words)
		display("", bundle{plain: name + words, html: red})
		data, err = dataset.Glyphs(6000, 1000, 2000, 1), nil
	}
	if err == nil {
		notice = data.Notice
	}
	return data, err
}

// dataFolders are where data sets are looked for, before the user's cache folder.
func dataFolders() []string {
	return append(filepath.SplitList(os.Getenv("DCGMM_DATA")), filepath.Join(Root(), "..", "shared", "data"), filepath.Join(Root(), "data"))
}

// Images are the images of a set as the model takes them, without a copy.
func Images(set *dataset.Set) dcgmm.Images {
	return dcgmm.Images{Shape: dcgmm.Shape{H: set.H, W: set.W, C: set.C}, Pix: set.Pix}
}

// Classes are the labels of a set as the metrics of package eval take them.
func Classes(set *dataset.Set) []int {
	classes := make([]int, len(set.Labels))
	for i, c := range set.Labels {
		classes[i] = int(c)
	}
	return classes
}

// Matrix is the images of a set as rows of pixels in [0, 1], as package eval takes them.
func Matrix(set *dataset.Set) eval.Matrix {
	return eval.Matrix{N: set.N, D: set.H * set.W * set.C, X: Values(Images(set))}
}

// ReadPictures is dataset.ReadFolder with settings that a reader of the notebook may have changed: those out of range
// are errors.
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
	return set.Subset(spread(numbers(set.N), n))
}

// Shifted moves the images of a set by whole pixels to the right and downwards; what comes in is black.
func Shifted(set *dataset.Set, right, down int) *dataset.Set {
	moved := *set
	moved.Pix = make([]uint8, len(set.Pix))
	row := set.W * set.C
	for y := range set.N * set.H {
		from := y%set.H - down
		for x := range set.W {
			if at := x - right; from >= 0 && from < set.H && at >= 0 && at < set.W {
				copy(moved.Pix[y*row+x*set.C:][:set.C], set.Pix[(y-down)*row+at*set.C:])
			}
		}
	}
	return &moved
}

// ClustersOf says what cluster each image of a set is in, of an empty set nothing. The error is that of Evaluate, or
// says that the network has no clusters.
func ClustersOf(net *dcgmm.Network, set *dataset.Set) ([]int, error) {
	top := net.Arch().Top()
	if top.P() != 1 {
		return nil, fmt.Errorf("the top layer %s of %q has a map of %d×%d places, and clusters need one of 1×1: "+
			"let its F take all of the %d×%d map below", top.Name(), net.Arch(), top.Out.H, top.Out.W, top.In.H, top.In.W)
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
