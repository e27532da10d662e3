package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// numberedFolder has n pictures of 4×6 pixels in three classes; all pixels of picture i are i.
func numberedFolder(t *testing.T, n int) string {
	dir := t.TempDir()
	for i := range n {
		write(t, filepath.Join(dir, fmt.Sprintf("%c/%03d.png", 'a'+i*3/n, i)), pngOf(grey(4, 6, uint8(i))))
	}
	return dir
}

// A folder on demand gives the pixels that Read gives, whatever is kept where, in whatever order and by however many
// goroutines it is read; and it keeps no more than it may.
func TestFolderOnDemand(t *testing.T) {
	dir := numberedFolder(t, 60)
	how := Reading{H: 3, W: 5, C: 3}
	want, _, err := Read(t.Context(), dir, how)
	if err != nil {
		t.Fatal(err)
	}
	const size = 45
	for name, k := range map[string]Caching{"all": {}, "nothing": {Memory: 1}, "some": {Memory: 20 * size}, "disk": {Memory: 20 * size, Disk: t.TempDir()}, "disk only": {Memory: 1, Disk: t.TempDir()}} {
		for _, workers := range []int{1, 5} {
			how.Workers = workers
			f, err := OpenFolder(t.Context(), dir, how, k)
			if err != nil {
				t.Fatal(err)
			}
			if h, w, c := f.Shape(); f.Len() != 60 || h != 3 || w != 5 || c != 3 || !slices.Equal(f.Set.Labels, want.Labels) || !slices.Equal(f.Set.Files, want.Files) || f.Set.ClassNames[2] != "c" {
				t.Fatalf("%d of %d×%d×%d, %+v", f.Len(), h, w, c, f.Set)
			}
			var group sync.WaitGroup
			for reader := range 4 {
				group.Go(func() {
					r := rand.New(rand.NewPCG(1, uint64(reader)))
					for range 20 {
						indices := make([]int, 1+r.IntN(12))
						for i := range indices {
							indices[i] = r.IntN(60)
						}
						if reader < 2 {
							f.Prefetch(indices)
						}
						dst := make([]uint8, len(indices)*size)
						if err := f.Read(t.Context(), dst, indices); err != nil {
							t.Error(err)
						}
						if !bytes.Equal(dst, want.Subset(indices).Pix) {
							t.Errorf("%s, %d workers: other pixels of %v", name, workers, indices)
						}
					}
				})
			}
			group.Wait()
			f.helpers.Wait()
			limit := int64(20 * size)
			if k.Memory > 0 && k.Memory < limit {
				limit = k.Memory
			}
			if k.Memory > 0 && (f.used > limit || int64(len(f.kept))*size > limit*3/4) {
				t.Errorf("%s: %d bytes are used, %d images kept", name, f.used, len(f.kept))
			}
			if held := int64(len(f.kept)+len(f.ahead)) * size; f.used != held {
				t.Errorf("%s: %d bytes are counted, %d are held", name, f.used, held)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if k.Disk != "" {
				wantOnly(t, k.Disk)
			}
		}
	}
}

// What was read once comes from memory or from the temporary file: pictures are gone, images are not.
func TestFolderKeepsWhatItRead(t *testing.T) {
	dir := numberedFolder(t, 12)
	all := make([]int, 12)
	for i := range all {
		all[i] = i
	}
	f, err := OpenFolder(t.Context(), dir, Reading{H: 4, W: 6}, Caching{Memory: 4 * 24, Disk: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first, second := make([]uint8, 12*24), make([]uint8, 12*24)
	if err := f.Read(t.Context(), first, all); err != nil {
		t.Fatal(err)
	}
	if len(f.kept) != 3 {
		t.Errorf("%d images are in memory, want 3 of 4", len(f.kept))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := f.Read(t.Context(), second, all); err != nil || !bytes.Equal(first, second) {
		t.Errorf("%v, %v", err, second)
	}
	less, err := OpenFolder(t.Context(), numberedFolder(t, 4), Reading{H: 4, W: 6}, Caching{Memory: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer less.Close()
	if err := os.Remove(less.Set.FilePath(2)); err != nil {
		t.Fatal(err)
	}
	less.Prefetch([]int{2, 1})
	err = less.Read(t.Context(), make([]uint8, 3*24), []int{0, 2, 1})
	wantError(t, err, "002.png: no such file")
}

func TestFolderVerify(t *testing.T) {
	dir := numberedFolder(t, 9)
	bad := filepath.Join(dir, "b", "004.png")
	write(t, bad, flip(pngOf(grey(20, 20, 5)), 45))
	f, err := OpenFolder(t.Context(), dir, Reading{H: 4, W: 6}, Caching{Disk: t.TempDir(), Memory: 2 * 24})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = f.Read(t.Context(), make([]uint8, 24), []int{4})
	wantError(t, err, bad+": pixels: ")
	wantError(t, f.Verify(t.Context()), bad+": pixels: ")
	skipping, err := OpenFolder(t.Context(), dir, Reading{H: 4, W: 6, SkipBad: true}, Caching{Disk: t.TempDir(), Memory: 2 * 24})
	if err != nil {
		t.Fatal(err)
	}
	defer skipping.Close()
	if err := skipping.Verify(t.Context()); err != nil || skipping.Len() != 8 || len(skipping.Report.Bad) != 1 || len(skipping.Set.Labels) != 8 {
		t.Fatalf("%v, %d images, %+v", err, skipping.Len(), skipping.Report)
	}
	dst := make([]uint8, 3*24)
	if err := skipping.Read(t.Context(), dst, []int{3, 4, 7}); err != nil || dst[0] != 3 || dst[24] != 5 || dst[48] != 8 {
		t.Errorf("%v, %v", err, dst)
	}
	wantError(t, skipping.Verify(cancelled(t)), "interrupted after 0 of 8 pictures")
}

// A set is a source, too; both refuse what cannot be asked for, and end with the context.
func TestSources(t *testing.T) {
	s := counted(5, 3)
	f, err := OpenFolder(t.Context(), numberedFolder(t, 5), Reading{H: 2, W: 3, C: 3}, Caching{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, source := range map[string]Source{"set": s, "folder": f} {
		if h, w, c := source.Shape(); source.Len() != 5 || h != 2 || w != 3 || c != 3 {
			t.Errorf("%s: %d of %d×%d×%d", name, source.Len(), h, w, c)
		}
		source.Prefetch([]int{4})
		dst := make([]uint8, 3*18)
		if err := source.Read(t.Context(), dst, []int{4, 0, 4}); err != nil || dst[0] != 4 || dst[18] != 0 || dst[53] != 4 {
			t.Errorf("%s: %v, %v", name, dst, err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		boom := errors.New("boom")
		cancel(boom)
		if err := source.Read(ctx, dst[:18], []int{1}); !errors.Is(err, boom) {
			t.Errorf("%s: %v", name, err)
		}
		for want, do := range map[string]func() error{
			"dataset: Read: index 5 of 5 images":          func() error { return source.Read(t.Context(), dst[:18], []int{5}) },
			"dataset: Read: index -1 of 5 images":         func() error { return source.Read(t.Context(), dst[:18], []int{-1}) },
			"dataset: Read: 17 values for 1 images of 18": func() error { return source.Read(t.Context(), dst[:17], []int{1}) },
		} {
			func() {
				defer func() {
					if got := recover(); got != want {
						t.Errorf("%s: panic %v, want %q", name, got, want)
					}
				}()
				t.Error(do())
			}()
		}
	}
	_, err = OpenFolder(t.Context(), numberedFolder(t, 2), Reading{H: 2, W: 3}, Caching{Disk: filepath.Join(t.TempDir(), "none")})
	wantError(t, err, "file of read images", "name a folder that can be written to")
}

// An order has every index once; it depends on seed, pass and window, and no image comes before its window does. The
// words of the first ones are kept: an order that changes breaks trainings that go on.
func TestShuffle(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		for _, window := range []int{1, 3, 100, 1000} {
			order := slices.Collect(Shuffle(n, window, 5, 2))
			for at, i := range order {
				if i >= at+window {
					t.Errorf("window %d: image %d comes at place %d", window, i, at)
				}
			}
			sorted := slices.Sorted(slices.Values(order))
			for i := range n {
				if len(sorted) != n || sorted[i] != i {
					t.Fatalf("%d images in a window of %d: %v", n, window, order)
				}
			}
			if window == 1 && !slices.Equal(order, sorted) {
				t.Errorf("a window of one changes the order: %v", order)
			}
		}
	}
	if got := fmt.Sprint(slices.Collect(Shuffle(10, 4, 1, 0)), slices.Collect(Shuffle(10, 10, 1, 0))); got != "[0 4 5 2 3 1 8 7 9 6] [9 0 8 6 1 3 4 2 5 7]" {
		t.Error(got)
	}
	one, another, next := slices.Collect(Shuffle(50, 50, 1, 0)), slices.Collect(Shuffle(50, 50, 2, 0)), slices.Collect(Shuffle(50, 50, 1, 1))
	if slices.Equal(one, another) || slices.Equal(one, next) || !slices.Equal(one, slices.Collect(Shuffle(50, 50, 1, 0))) {
		t.Error(one, another, next)
	}
	count := [3][3]int{}
	for pass := range 3000 { // all places have the same chance: 1000, standard deviation 26
		for at, i := range slices.Collect(Shuffle(3, 3, 9, pass)) {
			count[at][i]++
		}
	}
	for at := range count {
		for i, n := range count[at] {
			if n < 870 || n > 1130 {
				t.Errorf("image %d is %d times of 3000 at place %d", i, n, at)
			}
		}
	}
	for i := range Shuffle(5, 2, 1, 0) { // may be left early
		if i >= 0 {
			break
		}
	}
}

// Of each class its share, at least one; the draw depends on the seed only.
func TestDraw(t *testing.T) {
	s := &Set{N: 1000, H: 1, W: 1, C: 1, Pix: make([]uint8, 1000), Labels: make([]uint8, 1000), Classes: 4, Files: make([]File, 1000)}
	for i := range s.N {
		s.Pix[i], s.Files[i].H = uint8(i), i
		switch {
		case i >= 995:
			s.Labels[i] = 3 // 5 of them
		case i >= 900:
			s.Labels[i] = 2 // 95
		case i >= 600:
			s.Labels[i] = 1 // 300
		}
	}
	shares := func(d *Set) (count [4]int) {
		for _, c := range d.Labels {
			count[c]++
		}
		return count
	}
	for n, want := range map[int][4]int{0: {}, 1: {1}, 2: {1, 1}, 4: {1, 1, 1, 1}, 10: {5, 3, 1, 1}, 100: {60, 30, 9, 1}, 200: {120, 60, 19, 1}, 999: {599, 300, 95, 5}} {
		d := s.Draw(n, 1)
		if d.check("test"); d.N != n || shares(d) != want {
			t.Errorf("%d images: %v, want %v", n, shares(d), want)
		}
		for i := range d.N {
			if d.Files[i].H%256 != int(d.Pix[i]) || i > 0 && d.Files[i].H <= d.Files[i-1].H {
				t.Fatalf("%d images: image %d is of %v after %v", n, i, d.Files[i], d.Files[max(0, i-1)])
			}
		}
	}
	if !slices.Equal(s.Draw(50, 1).Files, s.Draw(50, 1).Files) || slices.Equal(s.Draw(50, 1).Files, s.Draw(50, 2).Files) {
		t.Error("the draw is not that of its seed")
	}
	if s.Draw(1000, 1) != s || s.Draw(2000, 1) != s {
		t.Error("all are not all")
	}
	s.Labels = nil
	late := 0
	for _, f := range s.Draw(100, 3).Files {
		if f.H >= 500 {
			late++
		}
	}
	if late < 30 || late > 70 { // 50, standard deviation 5
		t.Errorf("%d of 100 are of the second half", late)
	}
}

// Only what was drawn is unpacked: the others may have bad pixels.
func TestLimitDrawsBeforeReading(t *testing.T) {
	dir := numberedFolder(t, 30)
	all, _, err := Read(t.Context(), dir, Reading{H: 1, W: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := Read(t.Context(), dir, Reading{H: 1, W: 1, Limit: 6, Seed: 4})
	if err != nil || hashSets(s) != hashSets(all.Draw(6, 4)) || !slices.Equal(s.Labels, []uint8{0, 0, 1, 1, 2, 2}) {
		t.Fatalf("%+v, %v", s, err)
	}
	for i := range all.N {
		if !slices.Contains(s.Files, all.Files[i]) {
			write(t, all.FilePath(i), flip(pngOf(grey(20, 20, 5)), 45))
		}
	}
	again, _, err := Read(t.Context(), dir, Reading{H: 1, W: 1, Limit: 6, Seed: 4})
	if err != nil || hashSets(again) != hashSets(s) {
		t.Errorf("%+v, %v", again, err)
	}
}

// Classes are those of their names, not of their numbers.
func TestWithClasses(t *testing.T) {
	s := &Set{Name: "mine", N: 3, H: 1, W: 1, C: 1, Pix: []uint8{7, 8, 9}, Labels: []uint8{0, 1, 1}, Classes: 3, ClassNames: []string{"cat", "dog", "emu"}}
	got, missing, err := s.WithClasses([]string{"ant", "dog", "cat"})
	if err != nil || !slices.Equal(got.Labels, []uint8{2, 1, 1}) || got.Classes != 3 || !slices.Equal(got.ClassNames, []string{"ant", "dog", "cat"}) || !slices.Equal(missing, []string{"ant"}) {
		t.Errorf("%+v, missing %v, %v", got, missing, err)
	}
	if !slices.Equal(s.Labels, []uint8{0, 1, 1}) || &got.Pix[0] != &s.Pix[0] {
		t.Error("the set changed, or pixels were copied")
	}
	_, _, err = s.WithClasses([]string{"dog", "cow"})
	var unknown *ClassError
	if !errors.As(err, &unknown) || !slices.Equal(unknown.Unknown, []string{"cat"}) {
		t.Errorf("%v", err)
	}
	wantError(t, err, "dataset: mine has the unknown class cat; the classes are dog, cow: rename its sub-folders, or move them away")
	s.ClassNames = nil
	_, _, err = s.WithClasses([]string{"dog", "cow"})
	wantError(t, err, "dataset: the images of mine have no names of classes; the classes are dog, cow")
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "twice") {
			t.Error(p)
		}
	}()
	s.WithClasses([]string{"a", "a"})
}

// Chosen images are those of their source, by their own numbers.
func TestChoose(t *testing.T) {
	s := &Set{Name: "s", N: 5, H: 1, W: 2, C: 1, Pix: []uint8{0, 1, 10, 11, 20, 21, 30, 31, 40, 41}}
	some := Choose(s, []int{4, 0, 2})
	got := make([]uint8, 6)
	if err := some.Read(context.Background(), got, []int{2, 0, 1}); err != nil || !bytes.Equal(got, []uint8{20, 21, 40, 41, 0, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	some.Prefetch([]int{1})
	if h, w, c := some.Shape(); some.Len() != 3 || h != 1 || w != 2 || c != 1 {
		t.Errorf("%d images of %d×%d×%d", some.Len(), h, w, c)
	}
	defer func() {
		if recover() == nil {
			t.Error("an index that is not there is chosen")
		}
	}()
	Choose(s, []int{5})
}

// A temporary file that cannot be written to is no bad picture: images are read again.
func TestFullDiskOfFolders(t *testing.T) {
	dir := numberedFolder(t, 12)
	f, err := OpenFolder(context.Background(), dir, Reading{H: 4, W: 4, C: 1, SkipBad: true}, Caching{Memory: 40, Disk: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.DiskError(); err != nil {
		t.Fatal(err)
	}
	whole, err := ReadFolder(dir, 4, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.disk.Close(); err != nil { // as good as full
		t.Fatal(err)
	}
	if err := f.Verify(context.Background()); err != nil || f.Len() != 12 || f.DiskError() == nil {
		t.Errorf("%v, %d images, disk: %v", err, f.Len(), f.DiskError())
	}
	got := make([]uint8, len(whole.Pix))
	indices := make([]int, 12)
	for i := range indices {
		indices[i] = i
	}
	if err := f.Read(context.Background(), got, indices); err != nil || !bytes.Equal(got, whole.Pix) {
		t.Errorf("other pixels, %v", err)
	}
}
