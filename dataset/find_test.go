package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLoadOrder: each place is found, and one before hides those after.
func TestLoadOrder(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	first, second := t.TempDir(), t.TempDir()
	opt := Options{Dirs: []string{"", first, second}, CacheDir: cache}
	for _, where := range []string{
		filepath.Join(cache, "small"), "data", filepath.Join("data", "small"),
		second, filepath.Join(second, "small"), first, filepath.Join(first, "small"),
	} {
		s.put(t, where)
		d, err := load(t.Context(), []source{s.source}, "small", opt)
		s.want(t, d, err, where)
	}
}

func TestLoadDefaultCache(t *testing.T) {
	s := newSmall("small", 1)
	at(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // on Linux
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(base, os.TempDir()) {
		t.Logf("the cache folder is %s here and stays as it is", base)
		return
	}
	where := filepath.Join(base, "deepgmm", "small")
	s.put(t, where)
	d, err := load(t.Context(), []source{s.source}, "small", Options{})
	s.want(t, d, err, where)
}

// TestLoadOwner: a folder with the files of another set, under the same names, is passed over.
func TestLoadOwner(t *testing.T) {
	s, other := newSmall("small", 1), newSmall("other", 2)
	cache := at(t)
	dir := t.TempDir()
	other.put(t, dir)
	opt := Options{Dirs: []string{dir}, CacheDir: cache}
	both := []source{s.source, other.source}
	_, err := load(t.Context(), both, "small", opt)
	wantError(t, err, dir+" (holds other)", "DIR/small")
	d, err := load(t.Context(), both, "other", opt)
	other.want(t, d, err, dir)
	s.put(t, filepath.Join(cache, "small"))
	d, err = load(t.Context(), both, "small", opt)
	s.want(t, d, err, filepath.Join(cache, "small"))
}

func TestLoadNotFound(t *testing.T) {
	s := newSmall("small", 1)
	s.mirrors = []string{"https://one.test/", "https://two.test/"}
	cache := at(t)
	empty, part := t.TempDir(), t.TempDir()
	write(t, filepath.Join(part, s.files[0].name), s.content[0])
	nowhere := filepath.Join(empty, "nowhere")
	_, err := load(t.Context(), []source{s.source}, "small", Options{Dirs: []string{empty, part, nowhere}, CacheDir: cache})
	wantError(t, err, "dataset: small: not found: ",
		empty+" (neither small/ nor the four files)",
		part+" (lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte)",
		nowhere+" (no such folder)", "data (no such folder)", filepath.Join(cache, "small")+" (0 of 4 files)",
		"nothing was downloaded; put the four files train-images-idx3-ubyte.gz … t10k-labels-idx1-ubyte.gz",
		"(published at https://one.test/ and https://two.test/)", "into DIR/small and give --data DIR, or let them be downloaded")
}

func TestLoadNoCacheFolder(t *testing.T) {
	s := newSmall("small", 1)
	at(t)
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "home", "LocalAppData"} {
		t.Setenv(name, "")
	}
	_, err := load(t.Context(), []source{s.source}, "small", Options{Download: true})
	wantError(t, err, "no cache folder: ", "nothing was downloaded", "give --data DIR")
}

func TestLoadUnknown(t *testing.T) {
	_, err := Load(t.Context(), "cifar", Options{})
	wantError(t, err, `dataset: "cifar" is not a data set; choose mnist, fashion-mnist or glyphs`)
}

func TestLoadCanceled(t *testing.T) {
	at(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"glyphs", "mnist"} {
		if _, err := Load(ctx, name, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoadDamaged puts one bad file into an explicit folder.
func TestLoadDamaged(t *testing.T) {
	long := newSmall("small", 1).content[trainImages]
	const labels = "t10k-labels-idx1-ubyte.gz"
	replace := "; replace the file, or "
	tests := []struct {
		name, file string
		content    []byte // nil: removed
		want       []string
	}{
		{"empty", "train-images-idx3-ubyte", []byte{}, []string{"magic", "truncated", replace}},
		{"truncated", "train-images-idx3-ubyte", long[:50], []string{"data", "after 34 of the declared 72 bytes", replace}},
		{"too long", "train-images-idx3-ubyte", append(long[:len(long):len(long)], 0), []string{"data", "after the declared 72", replace}},
		{"one bit", "train-images-idx3-ubyte", flip(long, 40), []string{"checksum: SHA-256 of the content is ", "…, not ", replace}},
		{"other size", "train-images-idx3-ubyte", idx(0x803, []uint32{13, 2, 3}), []string{"count", "declares 78 bytes, the limit is 72", replace}},
		{"not IDX", labels, []byte("<html>"), []string{"magic", "0x3c68746d", replace}},
		{"wrong kind", labels, goodImages, []string{"magic", "swapped", replace}},
		{"gzip cut", labels, zipped(goodLabels)[:22], []string{"truncated", replace}},
		{"other labels", labels, zipped(idx(0x801, []uint32{5}, 0, 1, 2, 0, 2)), []string{"checksum", replace}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSmall("small", 1)
			cache := at(t)
			s.put(t, filepath.Join(cache, "small")) // is not to be used instead
			for _, sub := range []string{"small", ""} {
				dir := t.TempDir()
				s.put(t, filepath.Join(dir, sub))
				path := filepath.Join(dir, sub, test.file)
				write(t, path, test.content)
				_, err := load(t.Context(), []source{s.source}, "small", Options{Dirs: []string{dir}, CacheDir: cache})
				wantError(t, err, append(test.want, "dataset: small: "+path+": ")...)
			}
		})
	}
}

// TestLoadIncomplete: three of the four files in DIR/NAME are an oversight.
func TestLoadIncomplete(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	for _, dir := range []string{t.TempDir(), "data"} {
		folder := filepath.Join(dir, "small")
		s.put(t, folder)
		remove(t, filepath.Join(folder, "t10k-images-idx3-ubyte"))
		_, err := load(t.Context(), []source{s.source}, "small", Options{Dirs: []string{dir}, CacheDir: cache})
		wantError(t, err, folder+": lacks t10k-images-idx3-ubyte; add what is missing, or give another folder with --data")
	}
}

// TestLoadNotAFolder: paths that run through a regular file, as root is refused nothing else.
func TestLoadNotAFolder(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	blocked := filepath.Join(t.TempDir(), "file")
	write(t, blocked, nil)
	_, err := load(t.Context(), []source{s.source}, "small", Options{Dirs: []string{blocked}, CacheDir: cache})
	wantError(t, err, blocked, "not a directory", "a folder is needed there, give another one")
	for _, download := range []bool{false, true} {
		_, err = load(t.Context(), []source{s.source}, "small", Options{CacheDir: filepath.Join(blocked, "cache"), Download: download})
		wantError(t, err, filepath.Join(blocked, "cache"), "not a directory", "a folder is needed there, give another one")
	}
	write(t, "data", nil) // may be anything: passed over
	_, err = load(t.Context(), []source{s.source}, "small", Options{CacheDir: cache})
	wantError(t, err, "data (not a folder)", "not found")
}

// TestExplain: root is refused nothing, so the error of a missing permission is made here.
func TestExplain(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "/x/y", Err: fs.ErrPermission}
	wantError(t, explain(denied, "replace it"), "open /x/y: permission denied; allow reading it, or give another folder with --data")
	wantError(t, explain(errFull, "replace it"), "no space left; replace it")
	if err := explain(nil, "replace it"); err != nil {
		t.Error(err)
	}
}

// TestLoadContents: files whose checksums are right, but which do not fit together.
func TestLoadContents(t *testing.T) {
	cache := at(t)
	counts, label, few := newSmall("counts", 1), newSmall("label", 1), newSmall("few", 1)
	counts.define(testLabels, counts.files[testLabels].name, idx(0x801, []uint32{4}, 0, 1, 2, 0))
	label.define(testLabels, label.files[testLabels].name, idx(0x801, []uint32{5}, 0, 1, 2, 3, 0))
	few.valid = 12
	for s, want := range map[*small]string{
		counts: "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte: count: 5 images but 4 labels",
		label:  "t10k-labels-idx1-ubyte: label: 3 is not below 3",
		few:    "count: 12 training images, too few to keep 12 for validation",
	} {
		dir := t.TempDir()
		s.put(t, dir)
		_, err := load(t.Context(), []source{s.source}, s.name, Options{Dirs: []string{dir}, CacheDir: cache})
		wantError(t, err, "dataset: "+s.name+" in "+dir+": ", want, "; fetch the files again")
	}
}

// TestSweep: what a killed download left goes, one that is under way and other files stay.
func TestSweep(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	folder := filepath.Join(cache, "small")
	s.put(t, folder)
	const dead, alive, other = ".t10k-images-idx3-ubyte.gz123", ".t10k-images-idx3-ubyte.gz456", ".other"
	for _, name := range []string{dead, alive, other} {
		write(t, filepath.Join(folder, name), []byte("half"))
	}
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{dead, other, s.files[0].name} {
		if err := os.Chtimes(filepath.Join(folder, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	d, err := load(t.Context(), []source{s.source}, "small", Options{CacheDir: cache})
	s.want(t, d, err, folder)
	wantOnly(t, folder, alive, other, s.files[0].name, s.files[1].name+".gz", s.files[2].name, s.files[3].name+".gz")
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
