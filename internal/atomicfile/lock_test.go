package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder of results belongs to one run at a time, which leaves no lock behind.
func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "results")
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), "another run is writing to "+dir) || !strings.Contains(err.Error(), "--results") {
		t.Errorf("a second run: %v", err)
	}
	unlock()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if unlock, err = Lock(dir); err != nil {
		t.Fatal(err)
	}
	unlock()
	file := filepath.Join(dir, "file")
	if err := errors.Join(os.WriteFile(file, nil, 0o666), os.Symlink(file, filepath.Join(dir, ".lock"))); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "lock " + dir, filepath.Join(file, "below"): "not a directory"} {
		if _, err := Lock(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "choose another folder with --results") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Many may share a folder; what is done alone is done when all have released it, and says its error.
func TestShareAndAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cells")
	boom := errors.New("boom")
	alone := func(want bool) {
		t.Helper()
		done, err := Alone(dir, func() error { return boom })
		if done != want || want != errors.Is(err, boom) {
			t.Errorf("alone: %t, %v", done, err)
		}
	}
	var releases []func()
	for range 2 {
		release, err := Share(dir)
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	for _, release := range releases {
		alone(false)
		release()
	}
	alone(true)
	alone(true) // its own lock is gone
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Share(file); err == nil {
		t.Error("a file is shared as a folder")
	}
	if done, err := Alone(file, func() error { return nil }); done || err == nil {
		t.Errorf("alone in a file: %t, %v", done, err)
	}
}
