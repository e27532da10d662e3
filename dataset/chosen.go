package dataset

import "context"

// chosen are some images of a source.
type chosen struct {
	from    Source
	indices []int
}

// Choose returns the images of a source that have the given indices, in that order. It panics for an index that the
// source does not have.
func Choose(from Source, indices []int) Source {
	checkIndices("Choose", indices, from.Len())
	return &chosen{from, indices}
}

// Len is the number of images.
func (c *chosen) Len() int { return len(c.indices) }

// Shape is that of the source's images.
func (c *chosen) Shape() (h, w, ch int) { return c.from.Shape() }

// Read reads them from the source.
func (c *chosen) Read(ctx context.Context, dst []uint8, indices []int) error {
	return c.from.Read(ctx, dst, c.of("Read", indices))
}

// Prefetch tells the source.
func (c *chosen) Prefetch(indices []int) { c.from.Prefetch(c.of("Prefetch", indices)) }

func (c *chosen) of(caller string, indices []int) []int {
	checkIndices(caller, indices, len(c.indices))
	all := make([]int, len(indices))
	for at, i := range indices {
		all[at] = c.indices[i]
	}
	return all
}
