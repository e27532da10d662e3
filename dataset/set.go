package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// Set is N images of H×W×C pixels, row-major, channels last, in [0,255]. Labels has N classes in [0,Classes), or is
// nil when there are none (Classes is then 0). Sets may share memory: Pix and Labels are to be read, not written.
type Set struct {
	Name       string
	N, H, W, C int
	Pix        []uint8
	Labels     []uint8
	Classes    int
	ClassNames []string // of the classes in order, if they have any (folders), else nil
	Dir        string   // of the folder that Files are in
	Files      []File   // what became each image, if they were read from pictures, else nil
	Generated  bool     // drawn by this program, not a published data set
}

// File is a picture that became an image.
type File struct {
	Path string // within the folder, or as it was given in a list
	H, W int    // of the picture as it is to be seen, in pixels
}

// Image returns the H×W×C pixels of image i, without a copy. It panics unless 0 ≤ i < N.
func (s *Set) Image(i int) []uint8 {
	if i < 0 || i >= s.N {
		panic(fmt.Sprintf("dataset: Image: index %d of %d images", i, s.N))
	}
	d := s.H * s.W * s.C
	return s.Pix[i*d : (i+1)*d : (i+1)*d]
}

// Head returns the first n images (all when n ≥ N), without a copy. It panics if n < 0.
func (s *Set) Head(n int) *Set {
	if n < 0 {
		panic(fmt.Sprintf("dataset: Head: %d images", n))
	}
	return s.slice(0, min(n, s.N))
}

// slice returns images [from,to), sharing memory; appending to it never reaches s.
func (s *Set) slice(from, to int) *Set {
	t := *s
	d := s.H * s.W * s.C
	t.N = to - from
	t.Pix = s.Pix[from*d : to*d : to*d]
	if s.Labels != nil {
		t.Labels = s.Labels[from:to:to]
	}
	if s.Files != nil {
		t.Files = s.Files[from:to:to]
	}
	return &t
}

// Subset returns a copy of the images with the given indices, in that order; an index may
// come more than once. Classes is kept. It panics on an index outside [0,N).
func (s *Set) Subset(indices []int) *Set {
	t := *s
	t.N = len(indices)
	t.Pix = make([]uint8, 0, len(indices)*s.H*s.W*s.C)
	if s.Labels != nil {
		t.Labels = make([]uint8, 0, len(indices))
	}
	if s.Files != nil {
		t.Files = make([]File, 0, len(indices))
	}
	for _, i := range indices {
		t.Pix = append(t.Pix, s.Image(i)...)
		if s.Labels != nil {
			t.Labels = append(t.Labels, s.Labels[i])
		}
		if s.Files != nil {
			t.Files = append(t.Files, s.Files[i])
		}
	}
	return &t
}

// Select returns a copy of the images i for which keep(i) holds, in order.
func (s *Set) Select(keep func(i int) bool) *Set {
	var indices []int
	for i := range s.N {
		if keep(i) {
			indices = append(indices, i)
		}
	}
	return s.Subset(indices)
}

// WithoutClass returns a copy without the images of class c; the other classes keep their
// numbers and Classes its value. It panics if s has no labels or c is not in [0,Classes).
func (s *Set) WithoutClass(c int) *Set {
	if s.Labels == nil || c < 0 || c >= s.Classes {
		panic(fmt.Sprintf("dataset: WithoutClass: class %d of %d", c, s.Classes))
	}
	return s.Select(func(i int) bool { return int(s.Labels[i]) != c })
}

// holds reports whether there are N×H×W×C pixel values, a product that need not be in the range of int.
func (s *Set) holds() bool {
	n := len(s.Pix)
	for _, size := range []int{s.H, s.W, s.C} {
		if n%size != 0 {
			return false
		}
		n /= size
	}
	return n == s.N
}

// check panics when the fields contradict each other: a Set made by hand.
func (s *Set) check(caller string) {
	switch {
	case s.N < 0 || s.H < 1 || s.W < 1 || s.C < 1:
		panic(fmt.Sprintf("dataset: %s: %d images of %d×%d×%d", caller, s.N, s.H, s.W, s.C))
	case !s.holds():
		panic(fmt.Sprintf("dataset: %s: %d pixel values for %d images of %d×%d×%d", caller, len(s.Pix), s.N, s.H, s.W, s.C))
	case s.Labels != nil && len(s.Labels) != s.N:
		panic(fmt.Sprintf("dataset: %s: %d labels for %d images", caller, len(s.Labels), s.N))
	case s.Files != nil && len(s.Files) != s.N:
		panic(fmt.Sprintf("dataset: %s: %d files for %d images", caller, len(s.Files), s.N))
	}
}

// hashSets is the hex SHA-256 over shapes, pixels and labels of the sets, in order.
func hashSets(sets ...*Set) string {
	h := sha256.New()
	for _, s := range sets {
		s.addTo(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Set) addTo(h hash.Hash) {
	fmt.Fprintf(h, "%d×%d×%d×%d, %d labels in %d classes\n", s.N, s.H, s.W, s.C, len(s.Labels), s.Classes)
	h.Write(s.Pix)
	h.Write(s.Labels)
}
