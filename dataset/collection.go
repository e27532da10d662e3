package dataset

import (
	"context"
	"deepgmm/internal/progress"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
)

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
		return nil, fmt.Errorf("%s: %d pictures of %d bytes are above %d in all; choose a smaller size or fewer pictures, or read them on demand (--memory of train and score)", c.place(), n, size, int64(maxPayload))
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
