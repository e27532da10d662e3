package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// memoryFlag bounds the memory of a command, whose images then need not fit into it.
type memoryFlag struct{ memory string }

func (m *memoryFlag) add(f *pflag.FlagSet, more string) {
	f.StringVar(&m.memory, "memory", "", "`size` of memory, such as 400MB or 2GB, for a folder of --images that is larger: "+
		"pictures are read while the command works"+more)
}

const leastMemory = 64 << 20

// bytes is the bound; 0: none.
func (m *memoryFlag) bytes() (int64, error) {
	if m.memory == "" {
		return 0, nil
	}
	number, unit := m.memory, 1.0
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"GB", 1e9}, {"MB", 1e6}} {
		if rest, ok := strings.CutSuffix(m.memory, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if b := v * unit; err == nil && b >= leastMemory && b <= math.MaxInt64/2 {
		return int64(b), nil
	}
	return 0, fmt.Errorf("--memory is %q; it must be a size of at least 64MiB, such as 400MB or 2GB", m.memory)
}

// large is a folder whose images need not fit into memory.
type large struct {
	*dataset.Folder
	bytes, before int64 // bounds: of now, and of before
}

// Close gives back memory and temporary file.
func (l *large) Close() error {
	debug.SetMemoryLimit(l.before)
	return l.Folder.Close()
}

// openLarge looks at all pictures of --images once: bad ones are told as those of a folder in memory. Three eighths of
// the memory are for images, as much for what is done with them, and the rest for the program; those without room go into a temporary file in the folder disk,
// or with an empty name are read again.
func (i *imageFlags) openLarge(ctx context.Context, log io.Writer, shape dcgmm.Shape, bytes int64, disk string) (*large, error) {
	switch {
	case i.set != "" || i.folder == "" || i.folder == "-" || isFile(i.folder):
		return nil, errors.New("--memory is for a folder of --images; omit it")
	case i.splitGiven != nil && i.splitGiven():
		return nil, errSplit
	case i.labels != "":
		return nil, errors.New("--labels is for a file of --images; omit it")
	}
	how, err := i.complete(dataset.Reading{H: shape.H, W: shape.W, C: shape.C, Limit: i.limit, Seed: i.limitSeed, Progress: log})
	if err != nil {
		return nil, err
	}
	if disk != "" {
		if err := os.MkdirAll(disk, 0o777); err != nil {
			return nil, fmt.Errorf("temporary file of images: %w; choose another folder for --out", err)
		}
	}
	f, err := dataset.OpenFolder(ctx, i.folder, how, dataset.Caching{Memory: bytes / 8 * 3, Disk: disk})
	if err != nil {
		return nil, listBad(log, err)
	}
	l := &large{f, bytes, debug.SetMemoryLimit(bytes / 4 * 3)}
	if disk == "" && !i.skipBad { // every picture is read once, and a bad one is said then
		tell(log, f.Report)
		return l, nil
	}
	if err := f.Verify(ctx); err != nil {
		return nil, errors.Join(listBad(log, err), l.Close())
	}
	tell(log, f.Report)
	if disk == "" {
		return l, nil
	}
	return l, l.say(log, disk)
}

// say says where the images are.
func (l *large) say(log io.Writer, disk string) error {
	if err := l.DiskError(); err != nil {
		return say(log, "note: the temporary file of images in %s is not complete: %v; pictures without a place are read again in every pass, which is slower", disk, err)
	}
	h, w, c := l.Shape()
	size := int64(h * w * c)
	inMemory := min(int64(l.Len()), l.bytes/8*3*3/4/size)
	rest := int64(l.Len()) - inMemory
	if rest == 0 {
		return nil
	}
	return say(log, "note: of %d images %d are in memory, %d in a temporary file of %.2g GB in %s, which is gone at the end",
		l.Len(), inMemory, rest, float64(int64(l.Len())*size)/1e9, filepath.Clean(disk))
}

// images reads some of them into memory.
func (l *large) images(ctx context.Context, indices []int) (dcgmm.Images, error) {
	h, w, c := l.Shape()
	im := dcgmm.Images{Shape: dcgmm.Shape{H: h, W: w, C: c}, Pix: make([]uint8, len(indices)*h*w*c)}
	return im, l.Read(ctx, im.Pix, indices)
}

// described is the set without pixels, with its number of images.
func (l *large) described() *dataset.Set {
	s := *l.Set
	s.N = l.Len()
	return &s
}

// seen are the images of a command that looks at each once: all in memory, or those of a large folder.
type seen struct {
	*dataset.Set
	large *large // nil: all are in memory
}

// loadPictures is loadFor, for a folder that may be larger than a bound on memory; 0: none. They are to be closed.
func (i *imageFlags) loadPictures(ctx context.Context, log io.Writer, m *model, bytes int64) (*seen, error) {
	if bytes == 0 {
		set, err := i.loadFor(ctx, log, m)
		return &seen{Set: set}, err
	}
	if err := i.checkInput(m); err != nil {
		return nil, err
	}
	l, err := i.openLarge(ctx, log, m.Network.Input(), bytes, "")
	if err != nil {
		return nil, err
	}
	return &seen{l.described(), l}, nil
}

// part is images [first, first+count).
func (p *seen) part(ctx context.Context, first, count int) (dcgmm.Images, error) {
	if p.large == nil {
		return part(p.Set, nil, first, count), nil
	}
	indices := make([]int, count)
	for i := range indices {
		indices[i] = first + i
	}
	return p.large.images(ctx, indices)
}

// source is all of them.
func (p *seen) source() dcgmm.Source {
	if p.large == nil {
		return images(p.Set).Source()
	}
	return p.large
}

// close gives back what a large folder takes.
func (p *seen) close(log io.Writer) {
	if p.large == nil {
		return
	}
	if err := p.large.Close(); err != nil {
		_ = say(log, "warning: %v", err) // the results are there
	}
}
