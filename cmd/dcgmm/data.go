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

	"deepgmm/dataset"
	"deepgmm/dcgmm"
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
	split  string
}

func (i *imageFlags) add(f *pflag.FlagSet, split string) {
	i.dataFlags.add(f)
	f.StringVar(&i.set, "set", "", "data set: mnist, fashion-mnist or glyphs (generated)")
	f.StringVar(&i.folder, "images", "", "`folder` of PNG or JPEG pictures, or of one sub-folder for each class, instead of --set")
	f.StringVar(&i.split, "split", split, "part of --set: train, valid or test")
}

// load returns the images, those of a folder scaled to a shape, and a notice for its reader.
func (i *imageFlags) load(ctx context.Context, log io.Writer, shape dcgmm.Shape) (*dataset.Set, error) {
	switch {
	case (i.set == "") == (i.folder == ""):
		return nil, fmt.Errorf("give either --set (mnist, fashion-mnist, glyphs) or --images (a folder of pictures)")
	case i.folder != "":
		return dataset.ReadFolderContext(ctx, i.folder, shape.H, shape.W, shape.C)
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

// loadFor returns images of the shape that a network was made for.
func (i *imageFlags) loadFor(ctx context.Context, log io.Writer, m *model) (*dataset.Set, error) {
	in := m.Network.Input()
	if i.folder != "" && (in.C != 1 && in.C != 3 || max(in.H, in.W) > maxSide) {
		return nil, fmt.Errorf("%s is for images of %v; pictures are read in gray or three colours, up to %d pixels a side: use the library, or another checkpoint", m.path, in, maxSide)
	}
	s, err := i.load(ctx, log, in)
	if err != nil {
		return nil, err
	}
	if got := images(s).Shape; got != in {
		return nil, fmt.Errorf("the images of %s are %v, %s is for %v: choose another checkpoint, or --images, which are scaled", s.Name, got, m.path, in)
	}
	return s, nil
}

// maxSide bounds the sides of images that are read from pictures.
const maxSide = 1024

// parseSize reads "28x28" or "32x48C".
func parseSize(s string) (dcgmm.Shape, error) {
	size, colour := strings.CutSuffix(s, "C")
	first, second, ok := strings.Cut(size, "x")
	h, err1 := strconv.Atoi(first)
	w, err2 := strconv.Atoi(second)
	if !ok || err1 != nil || err2 != nil || h < 1 || w < 1 || max(h, w) > maxSide {
		return dcgmm.Shape{}, fmt.Errorf("--size is %q; it must be heightxwidth such as 28x28, or 28x28C for colour, up to %d", s, maxSide)
	}
	c := 1
	if colour {
		c = 3
	}
	return dcgmm.Shape{H: h, W: w, C: c}, nil
}

func images(s *dataset.Set) dcgmm.Images {
	return dcgmm.Images{Shape: dcgmm.Shape{H: s.H, W: s.W, C: s.C}, Pix: s.Pix}
}

// checkClass refuses a class that the images do not have.
func checkClass(flag string, class int, s *dataset.Set) error {
	switch {
	case s.Labels == nil:
		return fmt.Errorf("--%s is %d; the images of %s have no classes: keep them in one sub-folder for each class", flag, class, s.Name)
	case class >= s.Classes:
		return fmt.Errorf("--%s is %d; the images of %s have the classes 0 to %d", flag, class, s.Name, s.Classes-1)
	}
	return nil
}
