package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func only(t *testing.T, dir, name, text string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("folder holds %v (%v), want %s only", entries, err, name)
	}
	if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != text {
		t.Errorf("%s holds %q (%v), want %q", name, got, err, text)
	}
}

func TestWriteReplacesWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(dir, "f")
	for _, text := range []string{"one", "the second"} {
		if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		only(t, dir, "f", text)
	}
}

// Whatever stops the writing, the old file is there and nothing else.
func TestFailuresLoseNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	for want, fail := range map[string]error{
		"boom": boom,
		"the disk is full; free some space and run again": &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC},
		"the disk is full": syscall.EDQUOT,
		"no permission; make the folder writable or choose another": &os.PathError{Op: "open", Path: "x", Err: syscall.EACCES},
		"no permission; make the folder writable":                   syscall.EROFS,
	} {
		err := Write(path, func(w io.Writer) error {
			fmt.Fprint(w, "half of the n")
			return fail
		})
		if !errors.Is(err, fail) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want %q and the path", err, want)
		}
		only(t, dir, "f", "old")
	}
	if err := Write(filepath.Join(path, "sub"), func(io.Writer) error { return nil }); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file in the place of the folder: %v", err)
	}
	only(t, dir, "f", "old")
	if err := WriteNew(path, func(io.Writer) error { t.Error("wrote"); return nil }); !errors.Is(err, fs.ErrExist) {
		t.Errorf("WriteNew over a file: %v", err)
	}
	if err := Try(path, text("new")); err != nil {
		t.Error(err)
	}
	only(t, dir, "f", "old")
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// A file that comes up while another is being written is not replaced.
func TestWriteNewLooksAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	err := WriteNew(path, func(io.Writer) error { return os.WriteFile(path, []byte("theirs"), 0o666) })
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	only(t, dir, "f", "theirs")
	if err := WriteNew(filepath.Join(dir, "new", "g"), text("mine")); err != nil {
		t.Error(err)
	}
	only(t, filepath.Join(dir, "new"), "g", "mine")
}

// Only files are replaced: a rename would replace an empty folder's link or, for root, a device.
func TestOnlyFilesAreReplaced(t *testing.T) {
	dir := t.TempDir()
	for name, target := range map[string]string{"device": os.DevNull, "folder": dir} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := makePipe(filepath.Join(dir, "fifo")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"device": "not a regular file", "folder": "it is a folder", "fifo": "not a regular file", "": "it is a folder"} {
		path := filepath.Join(dir, name)
		for _, f := range []func() error{func() error { return Write(path, text("x")) }, func() error { return Check(path) }, func() error { return Try(path, text("x")) }} {
			if err := f(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%q: %v, want %q", name, err, want)
			}
		}
	}
}

// A path that goes through a folder that is not there, and back, is the path without: nothing fails after the writing.
func TestPathsThatGoBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := Write(dir+"/nowhere/../f", text("new")); err != nil {
		t.Error(err)
	}
	only(t, dir, "f", "new")
	if err := Check(path + "/"); err == nil || !strings.Contains(err.Error(), "name of a folder") {
		t.Errorf("a folder's name: %v", err)
	}
}

// What is private stays so when it is replaced.
func TestModesStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, mode := range []os.FileMode{0o600, 0o640} {
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, text("new")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v is %v now (%v)", mode, info.Mode().Perm(), err)
		}
	}
}

// Check sees what will go wrong, and leaves no folder and no file.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, good := range []string{path, filepath.Join(dir, "new"), filepath.Join(dir, "a", "b", "c")} {
		if err := Check(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{filepath.Join(path, "x"), filepath.Join(path, "a", "x"), "/proc/x"} {
		if err := Check(bad); err == nil || !strings.Contains(err.Error(), "write "+bad) || strings.Contains(err.Error(), temporaryEnd) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	only(t, dir, "f", "old")
}

// A real full disk, where the test may mount one.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmallDisk(dir); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { unmount(t, dir) })
	path := filepath.Join(dir, "f")
	if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, "old"); return err }); err != nil {
		t.Fatal(err)
	}
	err := Write(path, func(w io.Writer) error {
		for range 1000 {
			if _, err := w.Write(make([]byte, 1000)); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error %v", err)
	}
	only(t, dir, "f", "old")
}
