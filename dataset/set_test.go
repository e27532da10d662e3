package dataset

import (
	"slices"
	"strings"
	"testing"
)

// counted is n images of 2×3×c pixels; every pixel of image i is i, its label is i mod 3.
func counted(n, c int) *Set {
	s := &Set{Name: "counted", N: n, H: 2, W: 3, C: c, Classes: 3}
	for i := range n {
		s.Pix = append(s.Pix, slices.Repeat([]uint8{uint8(i)}, 6*c)...)
		s.Labels = append(s.Labels, uint8(i%3))
	}
	return s
}

// which reads the numbers of the images back, and checks the fields against each other.
func which(t *testing.T, s *Set) []int {
	t.Helper()
	s.check("test")
	numbers := make([]int, s.N)
	for i := range numbers {
		p := s.Image(i)
		if len(p) != s.H*s.W*s.C || slices.Max(p) != slices.Min(p) {
			t.Fatalf("image %d is %v: not one of those put in", i, p)
		}
		numbers[i] = int(p[0])
		if s.Labels != nil && s.Labels[i] != p[0]%3 {
			t.Errorf("image %d: label %d does not belong to image %d", i, s.Labels[i], p[0])
		}
	}
	return numbers
}

func TestSetParts(t *testing.T) {
	s := counted(7, 2)
	plain := *s
	plain.Labels, plain.Classes = nil, 0
	tests := []struct {
		name string
		have *Set
		want []int
	}{
		{"Head", s.Head(4), []int{0, 1, 2, 3}},
		{"Head of none", s.Head(0), []int{}},
		{"Head of more than there are", s.Head(8), []int{0, 1, 2, 3, 4, 5, 6}},
		{"Head without labels", plain.Head(2), []int{0, 1}},
		{"Subset in another order, twice", s.Subset([]int{5, 0, 5}), []int{5, 0, 5}},
		{"Subset of none", s.Subset(nil), []int{}},
		{"Subset without labels", plain.Subset([]int{6, 1}), []int{6, 1}},
		{"Select", s.Select(func(i int) bool { return i%2 == 1 }), []int{1, 3, 5}},
		{"WithoutClass", s.WithoutClass(1), []int{0, 2, 3, 5, 6}},
		{"WithoutClass of a part", s.Head(5).WithoutClass(0), []int{1, 2, 4}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := which(t, test.have); !slices.Equal(have, test.want) {
				t.Errorf("images %v, want %v", have, test.want)
			}
			labelled := !strings.Contains(test.name, "without labels")
			if (test.have.Labels != nil) != labelled || labelled && test.have.Classes != 3 {
				t.Errorf("labels %v in %d classes", test.have.Labels, test.have.Classes)
			}
		})
	}
}

// TestSetMemory: Head shares, Subset copies, and appending to a part never reaches the whole.
func TestSetMemory(t *testing.T) {
	s := counted(3, 1)
	part, copied := s.Head(1), s.Subset([]int{0})
	if &part.Pix[0] != &s.Pix[0] || &copied.Pix[0] == &s.Pix[0] || &copied.Labels[0] == &s.Labels[0] {
		t.Error("Head has to share memory, Subset has to copy")
	}
	_ = append(part.Pix, 99)
	_ = append(part.Labels, 99)
	_ = append(s.Image(0), 99)
	if s.Pix[6] != 1 || s.Labels[1] != 1 {
		t.Error("appending to a part overwrote the next image")
	}
}

func TestHashSets(t *testing.T) {
	base := hashSets(counted(4, 1), counted(2, 1))
	if base != hashSets(counted(4, 1), counted(2, 1)) {
		t.Fatal("the hash of equal sets differs")
	}
	pixel, label, shape := counted(4, 1), counted(4, 1), counted(4, 1)
	pixel.Pix[7]++
	label.Labels[2]++
	shape.H, shape.W = shape.W, shape.H
	for i, other := range []string{
		hashSets(pixel, counted(2, 1)), hashSets(label, counted(2, 1)), hashSets(shape, counted(2, 1)),
		hashSets(counted(2, 1), counted(4, 1)), hashSets(counted(6, 1)),
	} {
		if other == base {
			t.Errorf("change %d does not change the hash", i)
		}
	}
}

// panics runs f and returns what it panics with, as text.
func panics(t *testing.T, f func()) (message string) {
	t.Helper()
	defer func() {
		r := recover()
		if r == nil {
			t.Error("no panic")
			return
		}
		message, _ = r.(string)
	}()
	f()
	return ""
}

func TestCallersBugs(t *testing.T) {
	s := counted(2, 1)
	short, plain := counted(2, 1), counted(2, 1)
	short.Pix = short.Pix[1:]
	plain.Labels, plain.Classes = nil, 0
	mislabelled := counted(2, 1)
	mislabelled.Labels = mislabelled.Labels[1:]
	var out strings.Builder
	tests := []struct {
		want string
		f    func()
	}{
		{"dataset: Image: index 2 of 2 images", func() { s.Image(2) }},
		{"dataset: Image: index -1 of 2 images", func() { s.Image(-1) }},
		{"dataset: Head: -1 images", func() { s.Head(-1) }},
		{"dataset: Image: index 9 of 2 images", func() { s.Subset([]int{9}) }},
		{"dataset: WithoutClass: class 3 of 3", func() { s.WithoutClass(3) }},
		{"dataset: WithoutClass: class 0 of 0", func() { plain.WithoutClass(0) }},
		{"dataset: WriteIDX: 11 pixel values for 2 images of 2×3×1", func() { _ = WriteIDX(&out, nil, short) }},
		{"dataset: WriteIDX: 1 labels for 2 images", func() { _ = WriteIDX(&out, nil, mislabelled) }},
		{"dataset: WriteIDX: 0 images of 0×0×0", func() { _ = WriteIDX(&out, nil, &Set{}) }},
		{"dataset: WriteIDX: no images", func() { _ = WriteIDX(&out, nil, s.Head(0)) }},
		{"dataset: WriteIDX: the set has no labels", func() { _ = WriteIDX(&out, &out, plain) }},
		{"dataset: Glyphs: -1 images", func() { Glyphs(0, -1, 0, 1) }},
		{"dataset: ReadFolder: 0×28 pixels of 1 channels", func() { _, _ = ReadFolder(".", 0, 28, 1) }},
		{"dataset: ReadFolder: 28×1025 pixels of 3 channels", func() { _, _ = ReadFolder(".", 28, 1025, 3) }},
		{"dataset: ReadFolder: 28×28 pixels of 2 channels", func() { _, _ = ReadFolder(".", 28, 28, 2) }},
		{"dataset: WriteIDX: 0 pixel values for 4611686018427387904 images of 4×1×1", func() { _ = WriteIDX(&out, nil, &Set{N: 1 << 62, H: 4, W: 1, C: 1}) }},
		{"dataset: MakeMask: -1 images of 5×5 pixels", func() { _, _ = MakeMask("random:0.5", -1, 5, 5, 1) }},
		{"dataset: MakeMask: 1 images of -5×5 pixels", func() { _, _ = MakeMask("hole", 1, -5, 5, 1) }},
		{"dataset: MakeMask: 1 images of 5×0 pixels", func() { _, _ = MakeMask("none.png", 1, 5, 0, 1) }},
		{"dataset: Choose: index 2 of 2 images", func() { Choose(s, []int{2}) }},
		{"dataset: Read: index 1 of 1 images", func() { _ = Choose(s, []int{1}).Read(t.Context(), make([]uint8, 6), []int{1}) }},
		{"dataset: Prefetch: index -1 of 1 images", func() { Choose(s, []int{1}).Prefetch([]int{-1}) }},
	}
	for _, test := range tests {
		if have := panics(t, test.f); have != test.want {
			t.Errorf("panic %q, want %q", have, test.want)
		}
	}
}

// Split gives every image to one of two sets, as Draw draws.
func TestSplitIsDrawAndTheRest(t *testing.T) {
	s := &Set{Name: "numbers", N: 50, H: 1, W: 1, C: 1, Classes: 2}
	for i := range s.N {
		s.Pix, s.Labels = append(s.Pix, uint8(i)), append(s.Labels, uint8(i/40))
	}
	for _, n := range []int{0, 1, 10, 50} {
		drawn, rest := s.Split(n, 3)
		if want := s.Draw(n, 3); !slices.Equal(drawn.Pix, want.Pix) || drawn.N != n || rest.N != 50-n {
			t.Errorf("%d: drew %v, want %v, and %d are left", n, drawn.Pix, want.Pix, rest.N)
		}
		all := slices.Concat(drawn.Pix, rest.Pix)
		if slices.Sort(all); !slices.Equal(all, s.Pix) || !slices.IsSorted(rest.Pix) {
			t.Errorf("%d: the two have %v", n, all)
		}
		for i, v := range rest.Pix {
			if rest.Labels[i] != v/40 {
				t.Errorf("%d: image %d has the label %d", n, v, rest.Labels[i])
			}
		}
	}
	if drawn, _ := s.Split(10, 3); drawn.Labels[7] != 0 || drawn.Labels[8] != 1 {
		t.Errorf("not stratified: %v", drawn.Labels)
	}
}

// Of every class a share is held out, at least one image and never all; the rest is what is left.
func TestHoldOut(t *testing.T) {
	labels := []uint8{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2}
	s := &Set{Name: "s", N: len(labels), H: 1, W: 1, C: 1, Pix: make([]uint8, len(labels)), Labels: labels, Classes: 3}
	for share, want := range map[float64][3]int{0: {}, 0.05: {1, 0, 1}, 0.2: {2, 0, 1}, 0.5: {5, 0, 2}, 1: {9, 0, 3}} {
		held, rest := s.HoldOut(share, 7)
		var got [3]int
		for _, i := range held {
			got[labels[i]]++
		}
		all := append(slices.Clone(held), rest...)
		slices.Sort(all)
		if got != want || len(all) != s.N || len(slices.Compact(all)) != s.N || !slices.IsSorted(held) || !slices.IsSorted(rest) {
			t.Errorf("%g: held %v, rest %v, want %v", share, held, rest, want)
		}
	}
	s.Labels = nil
	if held, _ := s.HoldOut(0.2, 7); len(held) != 3 {
		t.Errorf("without labels: %v", held)
	}
}
