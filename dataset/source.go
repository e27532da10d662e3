package dataset

import (
	"context"
	"fmt"
)

// Source is images by index, in memory or not. Its methods may be called by several goroutines at a time.
type Source interface {
	// Len is the number of images.
	Len() int
	// Shape is the number of rows, columns and channels of every image.
	Shape() (h, w, c int)
	// Read puts the images of the indices, in that order, into dst: len(indices)×H×W×C pixels. An index may come more
	// than once. The same index always gives the same pixels. An error is of the world, or the cause of ctx's end. It
	// panics for an index outside of [0,Len) and a dst of another length.
	Read(ctx context.Context, dst []uint8, indices []int) error
	// Prefetch says which images will be read soon; it returns at once, and may do nothing. It may panic for an index
	// outside of [0,Len).
	Prefetch(indices []int)
}

var (
	_ Source = (*Set)(nil)
	_ Source = (*Folder)(nil)
)

// Len is the number of images, N.
func (s *Set) Len() int { return s.N }

// Shape is H, W and C.
func (s *Set) Shape() (h, w, c int) { return s.H, s.W, s.C }

// Read copies images, see Source.
func (s *Set) Read(ctx context.Context, dst []uint8, indices []int) error {
	d := s.H * s.W * s.C
	checkRead(dst, indices, s.N, d)
	if ctx.Err() != nil {
		return fmt.Errorf("dataset: %s: interrupted: %w", s.Name, context.Cause(ctx))
	}
	for at, i := range indices {
		copy(dst[at*d:(at+1)*d], s.Image(i))
	}
	return nil
}

// Prefetch does nothing: the images are in memory.
func (s *Set) Prefetch([]int) {}

// checkRead panics for arguments of Read that cannot be.
func checkRead(dst []uint8, indices []int, n, size int) {
	if len(dst) != len(indices)*size {
		panic(fmt.Sprintf("dataset: Read: %d values for %d images of %d", len(dst), len(indices), size))
	}
	checkIndices("Read", indices, n)
}

// checkIndices panics for an index outside of [0,n).
func checkIndices(caller string, indices []int, n int) {
	for _, i := range indices {
		if i < 0 || i >= n {
			panic(fmt.Sprintf("dataset: %s: index %d of %d images", caller, i, n))
		}
	}
}
