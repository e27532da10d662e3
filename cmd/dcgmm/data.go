package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"deepgmm/dcgmm"
	"deepgmm/experiments/dataset"
)

// dataFlags say where published data sets are.
type dataFlags struct {
	dirs    []string
	offline bool
}

func (d *dataFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&d.dirs, "data", filepath.SplitList(os.Getenv("DCGMM_DATA")), "`folder` with mnist/ and fashion-mnist/ (IDX files, plain or .gz); may be repeated; default: $DCGMM_DATA, then ./data, then the user's cache folder")
	f.BoolVar(&d.offline, "offline", false, "do not download what is not found")
}

func (d *dataFlags) options(log io.Writer) dataset.Options {
	return dataset.Options{Dirs: d.dirs, Download: !d.offline, Progress: log}
}

// imageFlags choose the images of a command: a published data set or the user's own.
type imageFlags struct {
	dataFlags
	set    string
	folder string
	size   string
	split  string
}

func (i *imageFlags) add(f *pflag.FlagSet, split string) {
	i.dataFlags.add(f)
	f.StringVar(&i.set, "set", "", "data set: mnist, fashion-mnist or glyphs (generated)")
	f.StringVar(&i.folder, "images", "", "`folder` of PNG or JPEG pictures, or of one sub-folder for each class, instead of --set")
	f.StringVar(&i.size, "size", "28x28", "height`x`width that the pictures of --images are scaled to, in gray; with C at the end (28x28C) in colour")
	f.StringVar(&i.split, "split", split, "part of --set: train, valid or test")
}

// load returns the images, and a notice for its reader.
func (i *imageFlags) load(ctx context.Context, log io.Writer) (*dataset.Set, error) {
	switch {
	case (i.set == "") == (i.folder == ""):
		return nil, fmt.Errorf("give either --set (mnist, fashion-mnist, glyphs) or --images (a folder of pictures)")
	case i.folder != "":
		h, w, c, err := parseSize(i.size)
		if err != nil {
			return nil, err
		}
		return dataset.ReadFolder(i.folder, h, w, c)
	}
	d, err := dataset.Load(ctx, i.set, i.options(log))
	if err != nil {
		return nil, err
	}
	if d.Notice != "" {
		fmt.Fprintf(log, "note: %s\n", d.Notice)
	}
	switch i.split {
	case "train":
		return d.Train, nil
	case "valid":
		return d.Valid, nil
	case "test":
		return d.Test, nil
	}
	return nil, fmt.Errorf("--split is %q; choose train, valid or test", i.split)
}

// parseSize reads "28x28" or "32x48C".
func parseSize(s string) (h, w, c int, err error) {
	size, colour := strings.CutSuffix(s, "C")
	first, second, ok := strings.Cut(size, "x")
	h, err1 := strconv.Atoi(first)
	w, err2 := strconv.Atoi(second)
	if !ok || err1 != nil || err2 != nil || h < 1 || w < 1 || h > 1024 || w > 1024 {
		return 0, 0, 0, fmt.Errorf("--size is %q; it must be heightxwidth such as 28x28, or 28x28C for colour, up to 1024", s)
	}
	c = 1
	if colour {
		c = 3
	}
	return h, w, c, nil
}

func images(s *dataset.Set) dcgmm.Images {
	return dcgmm.Images{Shape: dcgmm.Shape{H: s.H, W: s.W, C: s.C}, Pix: s.Pix}
}
