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

// Data returns the data set "mnist", "fashion-mnist" or "glyphs": from $DCGMM_DATA, a folder shared/data beside the checkout,
// data in it or the user's cache folder, or else downloaded. Where there is no network either, generated glyphs take its
// place, and everything that the cell shows says so; in the quick test of the notebooks few of them always do.
// The error names the file and the remedy.
func Data(name string) (*dataset.Data, error) {
	if Smoke() {
		return announce(dataset.Glyphs(1000, 200, 400, 1)), nil
	}
	news := &download{}
	data, err := dataset.Load(Context(), name, dataset.Options{Dirs: dataFolders(), Download: true, Progress: news})
	news.close()
	if errors.Is(err, dataset.ErrNotFound) && Context().Err() == nil {
		display("", bundle{html: fmt.Sprintf(`<b class=%q style="color:#c80000">`, noticeClass) + strings.ToUpper(name) + " was not found and could not be downloaded: GENERATED GLYPHS take its place.</b>",
			plain: name + " was not found: GENERATED GLYPHS take its place"})
		return announce(dataset.Glyphs(6000, 1000, 2000, 1)), nil
	}
	if err != nil {
		return nil, err
	}
	return announce(data), nil
}

// dataFolders are where data sets are looked for, before the user's cache folder.
func dataFolders() []string {
	return append(filepath.SplitList(os.Getenv("DCGMM_DATA")), filepath.Join(Root(), "..", "shared", "data"), filepath.Join(Root(), "data"))
}

func announce(d *dataset.Data) *dataset.Data {
	notice = d.Notice
	return d
}

// download shows what dataset.Load says of a download.
type download struct{ bar *Progress }

func (d *download) Write(p []byte) (int, error) {
	if d.bar == nil {
		d.bar = NewProgress("download")
	}
	d.bar.Set(0, strings.TrimSpace(string(p)))
	return len(p), nil
}

func (d *download) close() {
	if d.bar != nil {
		d.bar.Close("")
	}
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
	m := eval.Matrix{N: set.N, D: set.H * set.W * set.C, X: make([]float32, len(set.Pix))}
	for i, v := range set.Pix {
		m.X[i] = float32(v) / 255
	}
	return m
}
