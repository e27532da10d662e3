package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Source is images by index, in memory or not: what does not fit into memory is trained on and scored from a Source. A
// *dataset.Folder is one, and Images.Source makes one of images in memory.
type Source interface {
	// Len is the number of images.
	Len() int
	// Shape is the number of rows, columns and channels of every image.
	Shape() (h, w, c int)
	// Read puts the images of the indices, in that order, into dst: len(indices)×H×W×C pixels. An index may come more
	// than once, and always gives the same pixels. It is called by one goroutine at a time.
	Read(ctx context.Context, dst []uint8, indices []int) error
}

// Prefetcher is a Source that can begin to read images before they are asked for.
type Prefetcher interface {
	// Prefetch says which images will be read soon. It returns at once.
	Prefetch(indices []int)
}

// SourceError says that images could not be read. A training that ends with it can go on.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return fmt.Sprintf("images: %v", e.Err) }

// Unwrap returns what the Source said.
func (e *SourceError) Unwrap() error { return e.Err }

// memory is images in memory as a Source.
type memory struct{ Images }

// Source returns the images as a Source. Trainings and scores of it are to the bit those of the images. Missing pixels
// are refused where it is used.
func (im Images) Source() Source { return memory{im} }

// Shape is that of the images.
func (m memory) Shape() (h, w, c int) { s := m.Images.Shape; return s.H, s.W, s.C }

// Read copies images. It panics for an index that is not of them and a dst of another length.
func (m memory) Read(_ context.Context, dst []uint8, indices []int) error {
	size, N := m.Images.Shape.Size(), m.Len()
	if len(dst) != len(indices)*size {
		panic(fmt.Sprintf("dcgmm: Read: %d values for %d images of %d", len(dst), len(indices), size))
	}
	for at, i := range indices {
		if i < 0 || i >= N {
			panic(fmt.Sprintf("dcgmm: Read: index %d of %d images", i, N))
		}
		copy(dst[at*size:(at+1)*size], m.Pix[i*size:(i+1)*size])
	}
	return nil
}

func shapeOf(s Source) Shape {
	h, w, c := s.Shape()
	return Shape{H: h, W: w, C: c}
}

// identified is a Source whose pixels were read once.
type identified struct {
	Source
	digest uint32 // CRC-32C of all pixels, in the order of the indices
}

// Identify reads all images of a source once, in their order, and returns a source that knows them again: NewTrainerFrom
// and ResumeFrom then need not read them for that. Of images in memory nothing is read. A source that keeps what it has
// read in a faster place has done so then, and one with bad images has said so. The error is the source's or the
// context's.
func Identify(ctx context.Context, s Source) (Source, error) {
	switch s.(type) {
	case memory, *identified:
		return s, nil
	}
	var crc uint32
	err := eachPart(ctx, s, func(im Images, _ int) error {
		crc = crc32.Update(crc, castagnoli, im.Pix)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &identified{s, crc}, nil
}

// partBytes is how much of a source is in memory at a time where all of it is passed through.
const partBytes = 4 << 20

// eachPart calls visit for consecutive images of a source, some at a time.
func eachPart(ctx context.Context, s Source, visit func(im Images, first int) error) error {
	if m, ok := s.(memory); ok {
		return visit(m.Images, 0)
	}
	return eachOf(ctx, s, s.Len(), visit)
}

// eachSpread calls visit for at most n images that are evenly spread, as Images.spread has them, some at a time.
func eachSpread(ctx context.Context, s Source, n int, visit func(im Images) error) error {
	if m, ok := s.(memory); ok {
		return visit(m.spread(n))
	}
	return eachOf(ctx, s, min(n, s.Len()), func(im Images, _ int) error { return visit(im) })
}

// gather reads at most n images that are evenly spread into memory.
func gather(ctx context.Context, s Source, n int) (Images, error) {
	some := Images{Shape: shapeOf(s)}
	err := eachSpread(ctx, s, n, func(im Images) error {
		some.Pix = append(some.Pix, im.Pix...)
		return nil
	})
	return some, err
}

// eachOf calls visit for n of a source's images, evenly spread, some at a time.
func eachOf(ctx context.Context, s Source, n int, visit func(im Images, first int) error) error {
	im := Images{Shape: shapeOf(s)}
	size, N := im.Shape.Size(), s.Len()
	most := min(n, max(16, min(1024, partBytes/max(1, size))))
	buffer, indices := make([]uint8, most*size), make([]int, most)
	for first := 0; first < n; first += most {
		count := min(most, n-first)
		for i := range count {
			indices[i] = (first + i) * N / n
		}
		im.Pix = buffer[:count*size]
		if err := read(ctx, s, im.Pix, indices[:count]); err != nil {
			return err
		}
		if err := visit(im, first); err != nil {
			return err
		}
	}
	return nil
}

// read reads, with errors that say whose they are.
func read(ctx context.Context, s Source, dst []uint8, indices []int) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := s.Read(ctx, dst, indices); err != nil {
		return sourceError(err)
	}
	return nil
}

// sourceError is an error as one of a source, which it may be already.
func sourceError(err error) error {
	var is *SourceError
	if errors.As(err, &is) {
		return err
	}
	return &SourceError{err}
}

// spreadBytes bounds the images that a scorer is fitted to by.
const spreadBytes = 64 << 20

// spreadOf is Images.spread of a source, of fewer images where they are large.
func spreadOf(ctx context.Context, s Source, n int) (Images, error) {
	if m, ok := s.(memory); ok {
		return m.spread(n), nil
	}
	im := Images{Shape: shapeOf(s)}
	N, size := s.Len(), im.Shape.Size()
	n = min(n, N, max(1, spreadBytes/max(1, size)))
	indices := make([]int, n)
	for j := range indices {
		indices[j] = j * N / n
	}
	im.Pix = make([]uint8, n*size)
	return im, read(ctx, s, im.Pix, indices)
}

// checkSource says why a network cannot have a source's images.
func (n *Network) checkSource(s Source) error {
	if m, ok := s.(memory); ok {
		return n.checkImages(m.Images)
	}
	switch N := s.Len(); {
	case shapeOf(s) != n.arch.Input:
		return n.checkImages(Images{Shape: shapeOf(s)})
	case N == 0:
		return fmt.Errorf("no images: the source is empty")
	case N > math.MaxInt32:
		return fmt.Errorf("%d images; a source may have 2³¹−1: cut it into several", N)
	}
	return nil
}

// EvaluateFrom is Evaluate for the images of a source, some at a time.
func (n *Network) EvaluateFrom(ctx context.Context, s Source, workers int) (*Evaluation, error) {
	if err := n.checkSource(s); err != nil {
		return nil, err
	}
	if m, ok := s.(memory); ok {
		return n.Evaluate(ctx, m.Images, workers)
	}
	all := &Evaluation{}
	all.reset(n, s.Len())
	return orNil(all, eachPart(ctx, s, func(im Images, first int) error {
		ev, err := n.Evaluate(ctx, im, workers)
		if err != nil {
			return err
		}
		all.put(ev, first)
		return nil
	}))
}

// put takes the scores of images from first on.
func (ev *Evaluation) put(part *Evaluation, first int) {
	for i := range ev.Layers {
		to, from := &ev.Layers[i], &part.Layers[i]
		copy(to.Max[first:], from.Max)
		copy(to.LSE[first:], from.LSE)
		copy(to.Min[first:], from.Min)
		copy(to.Tail[first:], from.Tail)
		for k, w := range from.Wins {
			to.Wins[k] += w
		}
	}
	copy(ev.Cluster[min(first, len(ev.Cluster)):], part.Cluster)
}
