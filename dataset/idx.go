package dataset

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/internal/regular"
)

// ReadIDX reads images (N×H×W, magic 0x00000803, or N×H×W×C, magic 0x00000804, an
// extension for colour) and their N labels (magic 0x00000801), each plain or in gzip.
// labels may be nil: the Set has none then. Classes is the largest label plus one.
//
// An error names the stream and the header field. Refused are: other element types, a dimension of zero, more than 2
// GiB, fewer or more bytes than declared, damaged gzip, and counts of images and labels that differ.
func ReadIDX(images, labels io.Reader) (*Set, error) {
	s, err := readSet(images, labels, maxPayload)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w; write the IDX data again", err)
	}
	return s, nil
}

// FromIDX is ReadIDX for a user's own two files, whose checksums nobody knows.
// labelsPath may be empty. Name is the file name of the images, without .gz.
func FromIDX(imagesPath, labelsPath string) (*Set, error) {
	const remedy = "; write the file again, or name another"
	a, err := readFile(imagesPath, imageKind, maxPayload)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w"+remedy, err)
	}
	var l *array
	if labelsPath != "" {
		if l, err = readFile(labelsPath, labelKind, maxPayload); err != nil {
			return nil, fmt.Errorf("dataset: %w"+remedy, err)
		}
	}
	s, err := join(a, l)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s and %s: %w; name two files that belong together", imagesPath, labelsPath, err)
	}
	s.Name = strings.TrimSuffix(filepath.Base(imagesPath), ".gz")
	return s, nil
}

func readSet(images, labels io.Reader, limit int64) (*Set, error) {
	a, err := readArray(images, imageKind, limit)
	if err != nil {
		return nil, fmt.Errorf("images: %w", err)
	}
	if labels == nil {
		return join(a, nil)
	}
	l, err := readArray(labels, labelKind, limit)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	return join(a, l)
}

// readFile reads one IDX file; its errors start with the path.
func readFile(path string, k *kind, limit int64) (*array, error) {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return nil, err // it names the path
	}
	a, err := readArray(f, k, limit)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// join makes a Set of images and, unless l is nil, labels. It takes over their memory.
func join(a, l *array) (*Set, error) {
	s := &Set{N: a.dims[0], H: a.dims[1], W: a.dims[2], C: 1, Pix: a.data}
	if len(a.dims) == 4 {
		s.C = a.dims[3]
	}
	if l == nil {
		return s, nil
	}
	if l.dims[0] != s.N {
		return nil, fmt.Errorf("count: %d images but %d labels", s.N, l.dims[0])
	}
	s.Labels = l.data
	s.Classes = int(slices.Max(l.data)) + 1
	return s, nil
}
