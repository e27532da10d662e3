package dataset

import (
	"context"
	"fmt"
	"image/color"
	"io"
	"strings"
)

// maxFolderSide is the largest height and width that pictures are scaled to.
const maxFolderSide = 1024

// maxUnpacked bounds the memory of pictures that are unpacked and scaled at a time, in bytes.
const maxUnpacked = 1 << 30

// Reading says how pictures are read.
type Reading struct {
	H, W, C    int         // of all images: C is 1 for gray, 3 for colour, or 0: colour if any picture has it
	Fit        Fit         // of pictures with other proportions
	Background color.Color // behind what is transparent or padded; nil: black
	NoClasses  bool        // sub-folders are no classes
	SkipBad    bool        // leave out what cannot be read, instead of an error
	Limit      int         // draw so many at random, of each class its share; 0: all
	Seed       uint64      // of the draw
	Workers    int         // goroutines; 0: all processors. Images do not depend on it
	Progress   io.Writer   // nil: silent
}

// ReadFolder is Read for a folder that is stretched to h×w pixels of c channels, 1 or 3, and without bad files.
func ReadFolder(dir string, h, w, c int) (*Set, error) {
	return ReadFolderContext(context.Background(), dir, h, w, c)
}

// ReadFolderContext is ReadFolder for folders so large that one may lose patience: it ends soon after ctx, with an
// error that wraps the cause.
func ReadFolderContext(ctx context.Context, dir string, h, w, c int) (*Set, error) {
	checkScale("ReadFolder", h, w, c)
	s, _, err := Read(ctx, dir, Reading{H: h, W: w, C: c})
	return s, err
}

// Read reads the PNG, JPEG, GIF (first frame), BMP, TIFF and WebP files of dir and of all folders in it, scaled to h×w
// pixels of c channels: 1 is grey (ITU-R 601 luma), 3 is red, green, blue. The folders right in dir are classes,
// ClassNames has their names in the order of their bytes ("10" before "2"); if there are none, the Set has no labels.
// Pictures are in the order of names, folder by folder. Files says what became image i. Name is that of dir.
//
// A picture of h×w pixels is taken as it is; others are scaled by Catmull-Rom interpolation in floating point, so
// that on another kind of CPU a value may differ by one. What is transparent shows the background. Of 16 bits a value,
// the upper 8 are taken. Orientation tags of JPEG and TIFF files are obeyed. What is in a file decides how it is read,
// not its ending, but other endings than those of pictures are passed over, as are names that start with a dot; links
// are followed, but not back to a folder above. The report counts all that.
//
// Bad files are those that have the ending of a picture and are none, are damaged, empty or unreadable, links to
// nothing, pipes and devices, pictures above 16,384 pixels a side or 64 Mi pixels in all (known before they are
// unpacked) or so narrow that to widen them takes much more memory than they do, and pictures beside the folders of
// classes. They are a *BadFilesError that names all of them, or with SkipBad they are left out and the report has
// them. Headers are looked at first; only if all are good are pixels unpacked.
//
// Other errors: a folder without a picture, more than 256 classes, and more than 2 GiB in all. It panics unless H and
// W are in [1,1024] and C is 0, 1 or 3.
func Read(ctx context.Context, dir string, r Reading) (*Set, *Report, error) {
	c, err := r.collect(ctx, "Read", dir)
	if err != nil {
		return nil, nil, named(err)
	}
	s, err := c.readAll(ctx)
	if err != nil {
		return nil, nil, named(err)
	}
	return s, c.report, nil
}

// ReadFiles is Read for a list of paths, in its order, which becomes Name. There are no classes, and every path that is
// no picture is a bad file.
func ReadFiles(ctx context.Context, name string, paths []string, r Reading) (*Set, *Report, error) {
	checkReading("ReadFiles", r)
	if len(paths) == 0 {
		return nil, nil, fmt.Errorf("dataset: %s: no paths; name a picture on each line", name)
	}
	c := &collection{Reading: r, name: name, report: newReport(name)}
	for _, path := range paths {
		c.pictures = append(c.pictures, picture{rel: path, path: path})
	}
	err := c.examine(ctx)
	if err != nil {
		return nil, nil, named(err)
	}
	s, err := c.readAll(ctx)
	if err != nil {
		return nil, nil, named(err)
	}
	return s, c.report, nil
}

// named says where an error comes from, once.
func named(err error) error {
	if strings.HasPrefix(err.Error(), "dataset: ") {
		return err
	}
	return fmt.Errorf("dataset: %w", err)
}

// checkReading panics unless pictures can be read so.
func checkReading(caller string, r Reading) {
	checkScale(caller, r.H, r.W, max(1, r.C))
	if _, err := ParseFit(string(r.Fit)); r.Fit != "" && err != nil || r.Limit < 0 {
		panic(fmt.Sprintf("dataset: %s: fit %q, limit %d", caller, r.Fit, r.Limit))
	}
}
