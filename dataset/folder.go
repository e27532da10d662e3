package dataset

import (
	"context"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"deepgmm/internal/progress"
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

// collection is pictures that are to be read, and how.
type collection struct {
	Reading
	name, dir string
	pictures  []picture
	classes   []string
	report    *Report
	view      view
	memory    *gate
}

// collect finds the pictures below dir and looks at their headers.
func (r Reading) collect(ctx context.Context, caller, dir string) (*collection, error) {
	checkReading(caller, r)
	full, err := filepath.Abs(dir) // "." has no name
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give a full path", dir, err)
	}
	c := &collection{Reading: r, name: filepath.Base(full), dir: dir}
	if c.pictures, c.classes, c.report, err = listFolder(ctx, dir, r.NoClasses); err != nil {
		return nil, err
	}
	return c, c.examine(ctx)
}

// examine looks at all headers, and leaves pictures that can be read, in the view that they are read in.
func (c *collection) examine(ctx context.Context) error {
	c.report.Files = len(c.pictures) + len(c.report.Bad)
	c.memory = newGate(maxUnpacked)
	c.view = view{h: c.H, w: c.W, c: c.C, fit: c.Fit, background: c.Background}
	err := c.all(ctx, "looking at", func(i int) (err error) {
		c.pictures[i].header, err = readPictureHeader(c.pictures[i].path, c.view)
		return err
	})
	if err != nil {
		return err
	}
	if c.report.chosen = c.C == 0; c.report.chosen {
		c.view.c = 1
		if c.report.Colour > 0 {
			c.view.c = 3
		}
	}
	c.report.view = c.view
	c.draw()
	c.count()
	return nil
}

// count says in the report what pictures there are.
func (c *collection) count() {
	r := c.report
	r.Colour, r.Grey, r.Reshaped, r.Turned = 0, 0, 0, 0
	for _, p := range c.pictures {
		if p.isColour() {
			r.Colour++
		} else {
			r.Grey++
		}
		if h, w := p.seen(); h*c.W != w*c.H {
			r.Reshaped++
		}
		if p.orientation != upright {
			r.Turned++
		}
	}
}

// all does something with every picture, in parallel. Those with which it fails are bad: an error, or left out.
func (c *collection) all(ctx context.Context, what string, do func(i int) error) error {
	n := len(c.pictures)
	var bar *progress.Bar
	if c.Progress != nil {
		bar = progress.New(c.Progress, fmt.Sprintf("%s %d pictures of %s", what, n, c.name), float64(n))
	}
	defer bar.Close()
	errs := make([]error, n)
	var done atomic.Int64
	if called := inParallel(ctx, n, c.Workers, func(i int) {
		errs[i] = do(i)
		bar.Set(float64(done.Add(1)), "")
	}); called < n {
		return fmt.Errorf("%s: interrupted after %d of %d pictures: %w", c.place(), called, n, context.Cause(ctx))
	}
	return c.drop(errs)
}

// place is what to call the collection in messages.
func (c *collection) place() string {
	if c.dir != "" {
		return c.dir
	}
	return c.name
}

// drop keeps the pictures without an error.
func (c *collection) drop(errs []error) error {
	good := make([]picture, 0, len(c.pictures))
	for i, err := range errs {
		if err != nil {
			c.report.Bad = append(c.report.Bad, badFile(c.pictures[i].path, err))
			continue
		}
		good = append(good, c.pictures[i])
	}
	bad := c.report.Bad
	slices.SortStableFunc(bad, func(a, b BadFile) int { return strings.Compare(a.Path, b.Path) })
	switch {
	case len(bad) > 0 && !c.SkipBad:
		return &BadFilesError{Dir: c.place(), Files: c.report.Files, Bad: bad}
	case len(good) == 0:
		return fmt.Errorf("%s: none of %d pictures can be read: %s; give others", c.place(), c.report.Files, Kinds(bad))
	}
	c.pictures = good
	c.count()
	return nil
}

// draw keeps Limit pictures, of each class its share.
func (c *collection) draw() {
	if c.Limit == 0 || c.Limit >= len(c.pictures) {
		return
	}
	labels := make([]uint8, len(c.pictures))
	for i, p := range c.pictures {
		labels[i] = p.class
	}
	chosen := make([]picture, 0, c.Limit)
	for _, i := range stratified(labels, c.Limit, c.Seed) {
		chosen = append(chosen, c.pictures[i])
	}
	c.pictures = chosen
}

// describe is the set without its pixels.
func (c *collection) describe() *Set {
	n := len(c.pictures)
	s := &Set{Name: c.name, N: n, H: c.view.h, W: c.view.w, C: c.view.c, Dir: c.dir, Files: make([]File, n)}
	if c.classes != nil {
		s.Classes, s.ClassNames, s.Labels = len(c.classes), c.classes, make([]uint8, n)
	}
	for i, p := range c.pictures {
		h, w := p.seen()
		s.Files[i] = File{Path: p.rel, H: h, W: w}
		if c.classes != nil {
			s.Labels[i] = p.class
		}
	}
	return s
}

// readAll unpacks all pictures into memory.
func (c *collection) readAll(ctx context.Context) (*Set, error) {
	n, size := len(c.pictures), c.view.size()
	if int64(n) > maxPayload/int64(size) {
		return nil, fmt.Errorf("%s: %d pictures of %d bytes are above %d in all; choose a smaller size or fewer pictures", c.place(), n, size, int64(maxPayload))
	}
	pix := make([]uint8, n*size)
	bad := make([]bool, n)
	err := c.all(ctx, "reading", func(i int) error {
		err := c.read(pix[i*size:(i+1)*size], i)
		bad[i] = err != nil
		return err
	})
	if err != nil {
		return nil, err
	}
	kept := 0
	for i := range n {
		if !bad[i] {
			copy(pix[kept*size:], pix[i*size:(i+1)*size])
			kept++
		}
	}
	s := c.describe()
	s.Pix = pix[:kept*size]
	return s, nil
}

// read unpacks picture i.
func (c *collection) read(dst []uint8, i int) (err error) {
	p := &c.pictures[i]
	c.memory.with(p.weight(c.view), func() { err = readPicture(dst, p.path, c.view) })
	return err
}
