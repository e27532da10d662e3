package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// messy makes a folder as users have them; there are links where the machine has some.
func messy(t *testing.T) (dir string, links bool) {
	dir = filepath.Join(t.TempDir(), "mine")
	good := pngOf(grey(4, 6, 100))
	for path, content := range map[string][]byte{
		"cat/a.png": good, "cat/2020/may/b.JPG": jpegOf(grey(4, 6, 50)), "cat/2021/c.png": good, "dog/d.png": good, "dog/z.png": good,
		"cat/Thumbs.db": nil, "cat/.DS_Store": nil, "desktop.ini": nil, "dog/.hidden/x.png": good, "dog/.e.png": good, "labels.csv": nil, "cat/x.heic": nil, "LICENSE": nil,
		"cat/__MACOSX/y.png": good, "docs/deep/readme.md": nil,
		"cat/empty.png": nil, "cat/text.png": []byte("text"), "dog/cut.png": good[:len(good)-15], "dog/large.png": declared(60000, 60000, 8, 0), "stray.png": good,
	} {
		write(t, filepath.Join(dir, filepath.FromSlash(path)), content)
	}
	if err := os.MkdirAll(filepath.Join(dir, "none", "nested"), 0o777); err != nil {
		t.Fatal(err)
	}
	for path, to := range map[string]string{"cat/dead.png": "nowhere", "dog/self.png": "self.png", "dog/up": "..", "cat/2020/same": "../2020", "dog/notes.txt": "nowhere"} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			return dir, false
		}
	}
	return dir, true
}

// Whatever is in a folder, all that is wrong comes in one error, and with SkipBad the rest is read and all is said.
func TestMessyFolder(t *testing.T) {
	dir, links := messy(t)
	at := func(path string) string { return filepath.Join(dir, filepath.FromSlash(path)) }
	want := map[string]string{at("cat/empty.png"): "empty", at("cat/text.png"): "not a picture", at("dog/cut.png"): "damaged or truncated",
		at("dog/large.png"): "too large", at("stray.png"): "in no class"}
	skipped := map[string]int{".db": 1, "hidden": 3, ".ini": 1, ".csv": 1, ".heic": 1, "without an ending": 1, "__MACOSX": 1, ".md": 1}
	var loops []string
	if links {
		want[at("cat/dead.png")], want[at("dog/self.png")] = "dead links", "dead links"
		skipped[".txt"] = 1
		loops = []string{filepath.FromSlash("cat/2020/same"), filepath.FromSlash("dog/up")}
	}
	s, report, err := Read(t.Context(), dir, Reading{H: 4, W: 6})
	var bad *BadFilesError
	if s != nil || report != nil || !errors.As(err, &bad) {
		t.Fatalf("%v, %v with the error %v", s, report, err)
	}
	checkBad(t, bad.Bad, want)
	for path := range want {
		wantError(t, err, path+": ")
	}
	wantError(t, err, "leave them out with --skip-bad", "--no-classes")
	if bad.Files != len(want)+5 || strings.Contains(err.Error(), "\n") {
		t.Errorf("%d files: %v", bad.Files, err)
	}

	s, report, err = Read(t.Context(), dir, Reading{H: 4, W: 6, SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	s.check("test")
	checkBad(t, report.Bad, want)
	if !reflect.DeepEqual(report.Skipped, skipped) {
		t.Errorf("skipped %v, want %v", report.Skipped, skipped)
	}
	if !slices.Equal(report.Empty, []string{"docs", "none"}) || !slices.Equal(report.Loops, loops) {
		t.Errorf("empty %v, loops %v", report.Empty, report.Loops)
	}
	if s.C != 1 || s.Dir != dir || !slices.Equal(s.ClassNames, []string{"cat", "dog"}) || !slices.Equal(s.Labels, []uint8{0, 0, 0, 1, 1}) {
		t.Errorf("%+v", s)
	}
	for i, path := range []string{"cat/2020/may/b.JPG", "cat/2021/c.png", "cat/a.png", "dog/d.png", "dog/z.png"} {
		if s.Files[i] != (File{filepath.FromSlash(path), 4, 6}) || s.FilePath(i) != at(path) {
			t.Errorf("image %d is of %+v, %s; want %s", i, s.Files[i], s.FilePath(i), path)
		}
	}
	notes := strings.Join(report.Notes(), "\n")
	for _, want := range []string{fmt.Sprintf("left out %d of %d pictures", len(want), len(want)+5), "1 in no class", "skipped other files: 3 hidden, 1 .csv", "2 sub-folders without pictures: docs, none"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
}

func checkBad(t *testing.T, bad []BadFile, want map[string]string) {
	t.Helper()
	have := map[string]string{}
	for _, b := range bad {
		have[b.Path] = b.Kind
		if b.Reason == "" || b.Remedy == "" || b.Err == nil {
			t.Errorf("%+v", b)
		}
	}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("bad are %v,\nwant %v", have, want)
	}
	if !slices.IsSortedFunc(bad, func(a, b BadFile) int { return strings.Compare(a.Path, b.Path) }) {
		t.Errorf("not in order: %v", bad)
	}
}

// Without classes a picture beside sub-folders is as good as the others.
func TestNoClasses(t *testing.T) {
	dir, _ := messy(t)
	s, report, err := Read(t.Context(), dir, Reading{H: 4, W: 6, SkipBad: true, NoClasses: true})
	if err != nil || s.N != 6 || s.Labels != nil || s.ClassNames != nil || s.Classes != 0 || s.Files[5].Path != "stray.png" || strings.Contains(Kinds(report.Bad), "no class") {
		t.Errorf("%+v, %v", s, err)
	}
}

// Damage that no header shows is found when pixels are unpacked: all of it, and nothing else is lost.
func TestBadPixelsAreAllNamed(t *testing.T) {
	dir := t.TempDir()
	good := pngOf(grey(20, 20, 5))
	for i, name := range []string{"a.png", "b.png", "c.png", "d.png", "e.png"} {
		write(t, filepath.Join(dir, name), pngOf(grey(20, 20, uint8(10*i))))
	}
	for _, name := range []string{"b.png", "d.png"} {
		write(t, filepath.Join(dir, name), flip(good, 45))
	}
	_, _, err := Read(t.Context(), dir, Reading{H: 2, W: 2})
	wantError(t, err, "2 of 5 pictures of "+dir, filepath.Join(dir, "b.png")+": pixels: ", filepath.Join(dir, "d.png")+": pixels: ")
	s, report, err := Read(t.Context(), dir, Reading{H: 2, W: 2, SkipBad: true})
	if err != nil || s.N != 3 || len(report.Bad) != 2 || report.Grey != 3 {
		t.Fatalf("%+v, %+v, %v", s, report, err)
	}
	for i, want := range []uint8{0, 20, 40} {
		if s.Image(i)[0] != want || s.Files[i].Path != string("ace"[i])+".png" {
			t.Errorf("image %d is %v of %v", i, s.Image(i), s.Files[i])
		}
	}
	write(t, filepath.Join(dir, "x", "a.png"), nil)
	_, _, err = Read(t.Context(), filepath.Join(dir, "x"), Reading{H: 2, W: 2, SkipBad: true})
	wantError(t, err, "none of 1 pictures can be read: 1 empty; give others")
}

// Truncated files are among those that are found before any pixels are unpacked.
func TestTruncationIsSeenBeforeUnpacking(t *testing.T) {
	webp, err := os.ReadFile("testdata/gopher.webp")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"png": pngOf(grey(60, 60, 5)), "jpg": jpegOf(grey(60, 60, 5)), "webp": webp} {
		path := filepath.Join(t.TempDir(), "a.png")
		for _, kept := range []int{len(file), len(file) - 1, len(file) * 2 / 3} {
			write(t, path, file[:kept])
			_, err := readPictureHeader(path, view{h: 2, w: 2, c: 1})
			if (err == nil) != (kept == len(file)) || kept == len(file)-1 && !errors.Is(err, errCut) {
				t.Errorf("%s, %d of %d bytes: %v", name, kept, len(file), err)
			}
		}
		if write(t, path, append(slices.Clone(file), make([]byte, 9000)...)); name != "webp" {
			if _, err := readPictureHeader(path, view{h: 2, w: 2, c: 1}); err != nil {
				t.Errorf("%s with something behind it: %v", name, err)
			}
		}
	}
}

// A folder and a file without permission are bad files. For the superuser all is readable, and must be read.
func TestWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"a/1.png", "b/2.png", "b/3.png"} {
		write(t, filepath.Join(dir, path), pngOf(grey(2, 2, 1)))
	}
	closed := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b", "2.png")}
	for _, path := range closed {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(closed[0], 0o777)
	f, err := os.Open(closed[1])
	mayAll := err == nil
	f.Close()
	s, report, err := Read(t.Context(), dir, Reading{H: 2, W: 2, SkipBad: true})
	if err != nil || mayAll && s.N != 3 || !mayAll && (s.N != 1 || Kinds(report.Bad) != "2 without permission") {
		t.Errorf("%+v, %+v, %v", s, report, err)
	}
	if _, _, err = Read(t.Context(), dir, Reading{H: 2, W: 2}); !mayAll && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v is not about permission", err)
	}
}

// The images do not depend on the number of workers.
func TestWorkersDoNotMatter(t *testing.T) {
	dir, _ := messy(t)
	var first string
	for _, workers := range []int{1, 2, 7, 300, 0} {
		for range 3 {
			s, report, err := Read(t.Context(), dir, Reading{H: 7, W: 5, C: 3, SkipBad: true, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			said := hashSets(s) + strings.Join(report.Notes(), "\n")
			if first == "" {
				first = said
			}
			if said != first {
				t.Errorf("%d workers: %s, one: %s", workers, said, first)
			}
		}
	}
}

// Interruption comes through while pictures are read, and no goroutine is left.
func TestReadingEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		write(t, filepath.Join(dir, name), pngOf(grey(2, 2, 1)))
	}
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancelCause(t.Context())
	boom := errors.New("boom")
	c, err := Reading{H: 2, W: 2, Workers: 1}.collect(ctx, "test", dir)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = c.all(ctx, "test", func(int) error {
		if seen++; seen == 2 {
			cancel(boom)
		}
		return nil
	})
	wantError(t, err, dir+": interrupted after 2 of 3 pictures")
	if !errors.Is(err, boom) || runtime.NumGoroutine() > before {
		t.Errorf("%v, %d goroutines before, %d now", err, before, runtime.NumGoroutine())
	}
}

// The gate lets in what fits, and one that never does alone.
func TestGate(t *testing.T) {
	g := newGate(10)
	var inside, most int
	inParallel(t.Context(), 200, 8, func(i int) {
		g.with(int64(4+i%9), func() {
			g.mu.Lock()
			inside++
			most = max(most, inside)
			if g.inside > 10 || i%9 >= 6 && inside != 1 {
				t.Errorf("%d of weight %d inside beside %d", inside, g.inside, 4+i%9)
			}
			g.mu.Unlock()
			runtime.Gosched()
			g.mu.Lock()
			inside--
			g.mu.Unlock()
		})
	})
	if most != 2 || g.inside != 0 {
		t.Errorf("at most %d were inside, %d are", most, g.inside)
	}
}

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
