package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// Folder is a Source that reads pictures when they are asked for, for folders larger than memory. What was read is kept
// in memory as far as Cache goes; what is beyond is kept in a file, or read from its picture again.
type Folder struct {
	Set    *Set    // names, labels and files of the images, without their pixels: N and Pix are 0 and nil
	Report *Report // of what was left out

	c       *collection
	size    int   // of an image, in bytes
	room    int64 // for images in memory
	workers chan struct{}
	helpers sync.WaitGroup

	mu    sync.Mutex
	kept  map[int][]uint8 // images that stay
	ahead map[int]*coming // images that will be read soon
	used  int64           // bytes of both
	disk  *os.File        // nil: none
	named bool            // disk has a name, to be removed
	saved []bool          // images that are in disk
	full  error           // why no more images go to disk
}

// coming is an image that is being prefetched. pix and err may be looked at when done is closed.
type coming struct {
	done chan struct{}
	pix  []uint8
	err  error
}

// Caching says how much a Folder keeps of what it has read.
type Caching struct {
	Memory int64  // bytes of images in memory, a quarter of them for those that are prefetched, and as many for pictures that are unpacked; 0: 256 MiB
	Disk   string // folder for a temporary file of all other images, N·H·W·C bytes, removed by Close; empty: none
}

// OpenFolder looks at the folder as Read does, and leaves the pixels for later. Bad headers are a *BadFilesError, or with
// SkipBad such files are left out; a file with bad pixels is an error of the Read that comes to it, see Verify. A file
// must stay as it is while the Folder is used. Close ends it. The memory it takes is Memory, what unpacking takes,
// and some 300 bytes a file.
func OpenFolder(ctx context.Context, dir string, r Reading, k Caching) (*Folder, error) {
	c, err := r.collect(ctx, "OpenFolder", dir)
	if err != nil {
		return nil, named(err)
	}
	f := &Folder{c: c, Report: c.report, size: c.view.size(), room: k.Memory, kept: map[int][]uint8{}, ahead: map[int]*coming{}}
	if f.room == 0 {
		f.room = 256 << 20
	}
	c.memory = newGate(min(maxUnpacked, f.room))
	f.workers = make(chan struct{}, workersOf(r.Workers))
	if k.Disk != "" {
		if f.disk, err = os.CreateTemp(k.Disk, ".dcgmm-images-"); err != nil {
			return nil, fmt.Errorf("dataset: file of read images: %w; name a folder that can be written to", err)
		}
		f.named = os.Remove(f.disk.Name()) != nil // where an open file can be removed, a kill leaves nothing behind
	}
	f.describe()
	return f, nil
}

// describe takes over what is known of the pictures.
func (f *Folder) describe() {
	f.Set = f.c.describe()
	f.Set.N = 0 // it has no pixels
	f.saved = make([]bool, len(f.c.pictures))
}

// Close waits for what is being read, and removes the temporary file. The Folder is not to be used any more.
func (f *Folder) Close() error {
	f.helpers.Wait()
	if f.disk == nil {
		return nil
	}
	err := f.disk.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.disk.Name()))
	}
	if err != nil {
		return fmt.Errorf("dataset: file of read images: %w; remove it", err)
	}
	return nil
}

// Verify reads all pictures once, so that bad pixels are found before they are needed: a *BadFilesError that names all,
// or with SkipBad they are left out, and indices are counted anew. It is not to be called beside other methods.
func (f *Folder) Verify(ctx context.Context) error {
	f.helpers.Wait()
	before := len(f.c.pictures)
	err := f.c.all(ctx, "reading", func(i int) error {
		pix := make([]uint8, f.size)
		if err := f.fetch(pix, i); err != nil {
			return err
		}
		f.keep(i, pix)
		return nil
	})
	if err != nil {
		return named(err)
	}
	if len(f.c.pictures) < before { // images have other numbers now
		clear(f.kept)
		clear(f.ahead)
		f.used = 0
		f.describe()
	}
	return nil
}

// Len is the number of images.
func (f *Folder) Len() int { return len(f.c.pictures) }

// Shape is the number of rows, columns and channels of every image.
func (f *Folder) Shape() (h, w, c int) { return f.c.view.h, f.c.view.w, f.c.view.c }

// Read unpacks images, or takes those that were kept, see Source.
func (f *Folder) Read(ctx context.Context, dst []uint8, indices []int) error {
	checkRead(dst, indices, f.Len(), f.size)
	errs := make([]error, len(indices))
	called := inParallel(ctx, len(indices), cap(f.workers), func(at int) {
		errs[at] = f.one(dst[at*f.size:(at+1)*f.size], indices[at])
	})
	for at, err := range errs { // the first one, whoever came first
		if err != nil {
			b := badFile(f.c.pictures[indices[at]].path, err)
			return &BadFilesError{Dir: f.c.place(), Files: f.Len(), Bad: []BadFile{b}}
		}
	}
	if called < len(indices) {
		return fmt.Errorf("dataset: %s: interrupted: %w", f.c.place(), context.Cause(ctx))
	}
	return nil
}

// one puts image i into dst, from wherever it is.
func (f *Folder) one(dst []uint8, i int) error {
	f.mu.Lock()
	pix, soon := f.kept[i], f.ahead[i]
	f.mu.Unlock()
	switch {
	case pix != nil:
		copy(dst, pix)
		return nil
	case soon != nil:
		<-soon.done
		f.mu.Lock()
		if f.ahead[i] == soon { // others may have waited for it
			delete(f.ahead, i)
			f.used -= int64(f.size)
		}
		f.mu.Unlock()
		if soon.err != nil {
			return soon.err
		}
		copy(dst, soon.pix)
	default:
		if err := f.fetch(dst, i); err != nil {
			return err
		}
	}
	f.keep(i, dst)
	return nil
}

// fetch gets image i from the temporary file or from its picture.
func (f *Folder) fetch(dst []uint8, i int) error {
	f.mu.Lock()
	saved := f.saved[i]
	f.mu.Unlock()
	if !saved {
		return f.c.read(dst, i)
	}
	_, err := f.disk.ReadAt(dst, int64(i)*int64(f.size))
	return err
}

// keep keeps image i where there is room. What is in memory stays: of images that come once in every pass, no other
// choice keeps more.
func (f *Folder) keep(i int, pix []uint8) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept[i] != nil || f.saved[i] {
		return
	}
	if int64(len(f.kept)+1)*int64(f.size) <= f.room*3/4 {
		f.kept[i] = append([]uint8(nil), pix...)
		f.used += int64(f.size)
		return
	}
	if f.disk == nil || f.full != nil {
		return
	}
	if _, err := f.disk.WriteAt(pix, int64(i)*int64(f.size)); err != nil {
		f.full = err
		return
	}
	f.saved[i] = true
}

// DiskError says why images are no longer kept in the temporary file, such as a full disk: the pictures of the others
// are read again, which is slower. nil: all is well.
func (f *Folder) DiskError() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.full
}

// Prefetch begins to unpack pictures that are neither in memory nor in the temporary file, as many as there is room for.
// It does not wait. They take their room until they are read.
func (f *Folder) Prefetch(indices []int) {
	checkIndices("Prefetch", indices, f.Len())
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range indices {
		if f.kept[i] != nil || f.saved[i] || f.ahead[i] != nil || f.used+int64(f.size) > f.room {
			continue
		}
		soon := &coming{done: make(chan struct{}), pix: make([]uint8, f.size)}
		f.ahead[i] = soon
		f.used += int64(f.size)
		f.helpers.Go(func() {
			f.workers <- struct{}{}
			soon.err = f.fetch(soon.pix, i)
			<-f.workers
			close(soon.done)
		})
	}
}
