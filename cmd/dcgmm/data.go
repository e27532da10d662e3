package main

import (
	"context"
	"errors"
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
	f.StringArrayVar(&d.dirs, "data", filepath.SplitList(os.Getenv("DCGMM_DATA")), "`folder` with mnist/ and fashion-mnist/ "+
		"(IDX files, plain or .gz); may be repeated; default: $DCGMM_DATA, then ./data, then the user's cache folder")
	f.BoolVar(&d.offline, "offline", false, "do not download what is not found")
}

func (d *dataFlags) options(log io.Writer) dataset.Options {
	return dataset.Options{Dirs: d.dirs, Download: !d.offline, Progress: log}
}

// imageFlags choose the images of a command: a published data set or the user's own.
type imageFlags struct {
	dataFlags
	readFlags
	set, folder, split string
	splitGiven         func() bool // on the command line; nil without such a flag
	limit              int
	limitSeed          uint64
}

func (i *imageFlags) add(f *pflag.FlagSet, split string) {
	i.dataFlags.add(f)
	f.StringVar(&i.set, "set", "", "data set: mnist, fashion-mnist or glyphs (generated)")
	f.StringVar(&i.folder, "images", "", "`folder` of pictures (PNG, JPEG, GIF, BMP, TIFF, WebP), instead of --set: all of it, however deep; if it has "+
		"sub-folders, these are classes. Or a file of images, IDX or NPY; or - for a list of paths on standard input, without classes")
	i.readFlags.add(f)
	f.StringVar(&i.split, "split", split, "part of --set: train, valid or test")
	i.splitGiven = func() bool { return f.Changed("split") }
}

var errSplit = errors.New("--split is a part of --set; omit it beside --images")

// addLimited is add with a flag for the number of images.
func (i *imageFlags) addLimited(f *pflag.FlagSet, split string, limit int) {
	i.add(f, split)
	f.IntVar(&i.limit, "limit", limit, "take so many images, drawn at random, of each class its share; 0: all")
	f.Uint64Var(&i.limitSeed, "limit-seed", 1, "of the draw of --limit")
}

// load returns the images, the user's own scaled to a shape, and prints notices for their reader. A shape of no
// channels is gray, or colour if any picture has it.
func (i *imageFlags) load(ctx context.Context, log io.Writer, shape dcgmm.Shape) (*dataset.Set, error) {
	switch {
	case (i.set == "") == (i.folder == ""):
		return nil, fmt.Errorf("give either --set (mnist, fashion-mnist, glyphs) or --images (a folder of pictures)")
	case i.folder != "" && i.splitGiven != nil && i.splitGiven():
		return nil, errSplit
	case i.folder != "":
		r := dataset.Reading{H: shape.H, W: shape.W, C: shape.C, Limit: i.limit, Seed: i.limitSeed, Progress: log}
		return i.read(ctx, log, i.folder, r)
	}
	if err := i.readFlags.unused(); err != nil {
		return nil, err
	}
	s, err := i.published(ctx, log)
	if err == nil && i.limit > 0 {
		s = s.Draw(i.limit, i.limitSeed)
	}
	return s, err
}

// published returns the part of the data set.
func (i *imageFlags) published(ctx context.Context, log io.Writer) (*dataset.Set, error) {
	d, err := dataset.Load(ctx, i.set, i.options(log))
	if err != nil {
		return nil, err
	}
	if d.Notice != "" {
		fmt.Fprintf(log, "note: %s\n", d.Notice)
	}
	s, ok := map[string]*dataset.Set{"train": d.Train, "valid": d.Valid, "test": d.Test}[i.split]
	if !ok {
		return nil, fmt.Errorf("--split is %q; choose train, valid or test", i.split)
	}
	return s, nil
}

// loadFor returns images of the shape that a network was made for.
func (i *imageFlags) loadFor(ctx context.Context, log io.Writer, m *model) (*dataset.Set, error) {
	if err := i.checkInput(m); err != nil {
		return nil, err
	}
	in := m.Network.Input()
	s, err := i.load(ctx, log, in)
	if err != nil {
		return nil, err
	}
	if got := images(s).Shape; got != in {
		return nil, fmt.Errorf("the images of %s are %v, %s is for %v: choose another checkpoint, or --images, which are scaled",
			s.Name, got, m.path, in)
	}
	return s, nil
}

// checkInput says why pictures cannot be read for a model.
func (i *imageFlags) checkInput(m *model) error {
	in := m.Network.Input()
	if i.folder != "" && !isFile(i.folder) && (in.C != 1 && in.C != 3 || max(in.H, in.W) > maxSide) {
		return fmt.Errorf("%s is for images of %v; pictures are read in gray or three colours, up to %d pixels a side: "+
			"use the library, or another checkpoint", m.path, in, maxSide)
	}
	return nil
}

// maxSide bounds the sides of images that are read from pictures.
const maxSide = 1024

// parseSize reads "28x28", whose number of channels is 0 for that of the pictures, "32x48C" or "32x48G".
func parseSize(s string) (dcgmm.Shape, error) {
	size, colour := strings.CutSuffix(s, "C")
	size, gray := strings.CutSuffix(size, "G")
	first, second, ok := strings.Cut(size, "x")
	h, err1 := strconv.Atoi(first)
	w, err2 := strconv.Atoi(second)
	if !ok || err1 != nil || err2 != nil || h < 1 || w < 1 || max(h, w) > maxSide || colour && gray {
		return dcgmm.Shape{}, fmt.Errorf("--size is %q; it must be heightxwidth such as 28x28, or 28x28C for colour, 28x28G for gray, up to %d", s, maxSide)
	}
	shape := dcgmm.Shape{H: h, W: w}
	switch {
	case colour:
		shape.C = 3
	case gray:
		shape.C = 1
	}
	return shape, nil
}

func images(s *dataset.Set) dcgmm.Images {
	return dcgmm.Images{Shape: dcgmm.Shape{H: s.H, W: s.W, C: s.C}, Pix: s.Pix}
}

// part is images [first, first+count) of a set, with their mask if there is one.
func part(s *dataset.Set, missing []bool, first, count int) dcgmm.Images {
	im := images(s)
	size, pixels := im.Shape.Size(), im.Shape.H*im.Shape.W
	im.Pix = im.Pix[first*size:][:count*size]
	im.Missing = missing
	if len(missing) > pixels {
		im.Missing = missing[first*pixels:][:count*pixels]
	}
	return im
}

// maskFlag says which pixels are missing.
type maskFlag struct{ mask string }

func (k *maskFlag) add(f *pflag.FlagSet) {
	f.StringVar(&k.mask, "mask", "", "missing pixels: right, left, top, bottom (halves), hole, random:0.5, or a `picture.png` "+
		"of the images' size (white = missing; black or transparent = known)")
}

// missing is nil without a mask.
func (k *maskFlag) missing(s *dataset.Set, seed uint64) ([]bool, error) {
	if k.mask == "" {
		return nil, nil
	}
	return dataset.MakeMask(k.mask, s.N, s.H, s.W, seed)
}
