package show

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
)

// put writes a file and its folders.
func put(t *testing.T, content string, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

// one fills a folder with one file.
func one(name, content string) func(*Folder) error {
	return func(f *Folder) error { return f.File(name, []byte(content)) }
}

func TestFillReplacesWhatItMade(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", filepath.Join(t.TempDir(), "new"))
	for _, name := range []string{"a/b.txt", "c.txt"} {
		dir, err := Fill("deep/demo", one(name, name))
		if err != nil {
			t.Fatal(err)
		}
		holds(t, filepath.Join(dir, name), name)
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 2 { // the marker and the new file
			t.Errorf("there are %v (%v)", entries, err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(Cache(), ".filling", "deep", "demo")); err != nil || len(left) != 0 {
		t.Errorf("left are %v (%v)", left, err)
	}
}

// Whatever is in the place of the folder or in it, what Fill did not make is there afterwards.
func TestFillKeepsWhatItDidNotMake(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, dir, other string) (kept string){
		"a folder of the user's":        func(t *testing.T, dir, _ string) string { return put(t, "mine", dir, "cat.png") },
		"a file":                        func(t *testing.T, dir, _ string) string { return put(t, "mine", dir) },
		"a picture among the demo's":    func(t *testing.T, dir, _ string) string { fillNow(t); return put(t, "mine", dir, "known", "cat.png") },
		"a folder among the demo's":     func(t *testing.T, dir, _ string) string { fillNow(t); return put(t, "mine", dir, "cats", "cat.png") },
		"a picture of the demo changed": func(t *testing.T, dir, _ string) string { fillNow(t); return put(t, "mine", dir, "known", "a.png") },
		"a forged marker": func(t *testing.T, dir, _ string) string {
			put(t, `{"cat.png": "folder", "../../mine.png": "folder"}`, dir, marker)
			return put(t, "mine", dir, "cat.png")
		},
		"a link to a folder of the user's": func(t *testing.T, dir, other string) string {
			fillNow(t)
			kept := put(t, "mine", other, "known", "a.png")
			put(t, `{"known": "folder", "known/a.png": "whatever"}`, other, marker)
			link(t, dir, other)
			return kept
		},
		"a link within": func(t *testing.T, dir, other string) string {
			fillNow(t)
			kept := put(t, "mine", other, "a.png")
			link(t, filepath.Join(dir, "known"), other)
			return kept
		},
		"a folder above that is a link": func(t *testing.T, dir, other string) string {
			kept := put(t, "mine", other, "demo", "a.png")
			link(t, filepath.Dir(dir), other)
			return kept
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DCGMM_NOTEBOOK_CACHE", filepath.Join(t.TempDir(), "cache"))
			kept := prepare(t, filepath.Join(Cache(), "deep", "demo"), t.TempDir())
			_, err := Fill("deep/demo", one("known/a.png", "new"))
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, want one line", err)
			}
			holds(t, kept, "mine")
		})
	}
}

func fillNow(t *testing.T) {
	t.Helper()
	if _, err := Fill("deep/demo", one("known/a.png", "demo")); err != nil {
		t.Fatal(err)
	}
}

// link puts a link in the place of what is there.
func link(t *testing.T, path, target string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.RemoveAll(path), os.Symlink(target, path)); err != nil {
		t.Fatal(err)
	}
}

// A folder of links to the user's pictures is replaced; the pictures stay.
func TestFillRemovesLinksNotTargets(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	mine := put(t, "mine", t.TempDir(), "cat.png")
	dir, err := Fill("demo", func(f *Folder) error { return f.Shell(`ln -s "$MINE" known`, "MINE="+filepath.Dir(mine)) })
	if err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(dir, "known", "cat.png"), "mine")
	if dir, err = Fill("demo", one("a.png", "demo")); err != nil {
		t.Fatal(err)
	}
	holds(t, mine, "mine")
	if _, err := os.Lstat(filepath.Join(dir, "known")); err == nil {
		t.Error("the link is still there")
	}
}

func TestFailedFillChangesNothing(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	fillNow(t)
	boom := errors.New("boom")
	for name, fill := range map[string]func(*Folder) error{
		"an error":       func(f *Folder) error { return errors.Join(f.File("x", nil), boom) },
		"a failed shell": func(f *Folder) error { return f.Shell("echo half > x; echo broken >&2; exit 3; echo on") },
		"a way out":      one("../x", "out"),
		"a full path":    one(filepath.Join(t.TempDir(), "x"), "out"),
		"twice":          func(f *Folder) error { return errors.Join(one("x", "1")(f), one("x", "2")(f)) },
		"a cell's end":   func(f *Folder) error { Check(errors.Join(f.File("x", nil), boom)); return nil },
	} {
		func() {
			defer func() { _ = recover() }()
			if _, err := Fill("deep/demo", fill); err == nil {
				t.Errorf("%s: no error", name)
			}
		}()
		holds(t, filepath.Join(Cache(), "deep", "demo", "known", "a.png"), "demo")
		if left, err := filepath.Glob(filepath.Join(Cache(), ".filling", "deep", "demo", "*")); err != nil || len(left) > 1 || len(left) == 1 && filepath.Base(left[0]) != ".lock" {
			t.Errorf("%s: left are %v (%v)", name, left, err)
		}
	}
}

func TestFillSweepsWhatAKilledOneLeft(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	put(t, "half", Cache(), ".filling", "deep", "demo", "new", "x.png")
	fillNow(t)
	if _, err := os.Stat(filepath.Join(Cache(), "deep", "demo", "x.png")); err == nil {
		t.Error("the half is there")
	}
}

func TestOneFillAtATime(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	_, err := Fill("demo", func(f *Folder) error {
		_, err := Fill("demo", one("b", "b"))
		if err == nil || !strings.Contains(err.Error(), "wait for it") {
			t.Errorf("the second one: %v", err)
		}
		return f.File("a", []byte("a"))
	})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(Cache(), "demo", "a"), "a")
}

// A folder that the environment names and that has other files is not taken for a cache: models would replace files of
// the same name.
func TestForeignCacheIsRefused(t *testing.T) {
	home := t.TempDir()
	kept := put(t, "mine", home, "quickstart.dcgmm")
	t.Setenv("DCGMM_NOTEBOOK_CACHE", home)
	func() {
		defer func() {
			if f, ok := recover().(failure); !ok || !strings.Contains(f.err.Error(), "new or an empty folder") {
				t.Errorf("ended with %v", f.err)
			}
		}()
		put(t, "model", Cache(), "quickstart.dcgmm")
	}()
	holds(t, kept, "mine")
	t.Setenv("DCGMM_NOTEBOOK_CACHE", filepath.Join(home, "sub"))
	put(t, "model", Cache(), "quickstart.dcgmm")
	holds(t, filepath.Join(Cache(), "quickstart.dcgmm"), "model") // again, with files in it
}

func TestTrainKeepsModelsOfOthers(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	set := dataset.Glyphs(50, 1, 1, 1).Train
	job := training.Job{Arch: "F8/4 G9", Images: Images(set), Init: dcgmm.Init{Seed: 1}, Config: dcgmm.Config{Epochs: 1}, Out: put(t, "mine", t.TempDir(), "x.dcgmm")}
	if _, err := Train(job); err == nil || !strings.Contains(err.Error(), "was not trained here") {
		t.Errorf("error is %v", err)
	}
	holds(t, job.Out, "mine")
	job.Out = filepath.Join(t.TempDir(), "y.dcgmm")
	for range 2 {
		if _, err := Train(job); err != nil {
			t.Errorf("its own: %v", err)
		}
	}
}

func TestShellSaysWhatFailed(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	if err := Shell(`test "$A" = "b c"`, "A=b c"); err != nil {
		t.Error(err)
	}
	if err := Shell("echo worse >&2; false; echo on >&2"); err == nil || !strings.HasPrefix(err.Error(), "worse\nexit status 1") {
		t.Errorf("error is %v", err)
	}
}

func TestNamesStayWithinTheCache(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	for _, name := range []string{"", ".", "..", "../x", "/x", "a/../.."} {
		for what, f := range map[string]func(){
			"Fill":      func() { _, _ = Fill(name, one("a", "b")) },
			"Reproduce": func() { _, _ = Reproduce("no such tier", name, 0) },
		} {
			func() {
				defer func() {
					if r := recover(); r == nil && !(what == "Reproduce" && (name == "" || name == ".")) {
						t.Errorf("%s of %q went on", what, name)
					}
				}()
				f()
			}()
		}
	}
}
