package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A notebook that was saved in JupyterLab while it was executed here is not replaced by the older one.
func TestChangedNotebookStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ipynb")
	writeFile(t, path, "edited meanwhile")
	if err := replace(path, []byte("old"), []byte("old, with outputs")); err == nil || !strings.Contains(err.Error(), "was changed while it was executed") {
		t.Errorf("error is %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "edited meanwhile" {
		t.Errorf("it is %q (%v)", got, err)
	}
	if err := replace(path, []byte("edited meanwhile"), []byte("new")); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new" {
		t.Errorf("it is %q (%v)", got, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := replace(path, []byte("new"), []byte("newer")); err == nil {
		t.Error("a removed one is written again")
	}
}

// Pictures that a writer dropped into a cell of words are kept by update.
func TestAttachmentsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ipynb")
	writeFile(t, path, `{"cells": [{"attachments": {"cat.png": {"image/png": "QUJD"}}, "cell_type": "markdown", "metadata": {}, "source": "![](attachment:cat.png)"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`)
	nb, err := readNotebook(path)
	if err != nil {
		t.Fatal(err)
	}
	nb.clean()
	if b, err := nb.bytes(); err != nil || !strings.Contains(string(b), "QUJD") {
		t.Errorf("%v: %s", err, b)
	}
}

// A folder in the place of the virtual environment that this program did not make stays; its own, whole or half-made,
// is replaced.
func TestForeignVenvStays(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		goes bool
	}{"the user's": {"pyvenv.cfg", false}, "half-made": {venvMarker, true}, "of an older program": {"complete", true}} {
		dir := filepath.Join(t.TempDir(), "venv")
		writeFile(t, filepath.Join(dir, c.file), "x")
		writeFile(t, filepath.Join(dir, "bin", "mine"), "x")
		err := claimVenv(dir)
		_, gone := os.Stat(filepath.Join(dir, "bin", "mine"))
		if c.goes != (err == nil) || c.goes != (gone != nil) {
			t.Errorf("%s: %v, %v", name, err, gone)
		}
		if _, err := os.Stat(filepath.Join(dir, venvMarker)); c.goes && err != nil {
			t.Errorf("%s: it is not marked: %v", name, err)
		}
	}
	target, dir := t.TempDir(), filepath.Join(t.TempDir(), "venv")
	writeFile(t, filepath.Join(target, "complete"), "x")
	if err := os.Symlink(target, dir); err != nil {
		t.Fatal(err)
	}
	if err := claimVenv(dir); err == nil {
		t.Error("a link is taken for its own")
	}
}

// What the user set in JupyterLab is there after the next setup.
func TestSettingsOfJupyterStay(t *testing.T) {
	e := &env{home: t.TempDir(), out: io.Discard}
	for _, f := range firstSettings {
		for _, want := range []string{f.text, "the user's"} {
			if err := e.settings(); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(e.path(f.path...)); err != nil || string(got) != want {
				t.Errorf("%q (%v), want %q", got, err, want)
			}
			writeFile(t, e.path(f.path...), "the user's")
		}
	}
}

// The committed notebooks are as this program writes them.
func TestCommittedNotebooksAreClean(t *testing.T) {
	e := &env{root: rootOf(t)}
	paths, err := e.notebooks(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := committed(path); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
