package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The line that make notebook-kernel prints works when it is pasted in another folder, for a checkout whose name has a
// space, a quote and letters beyond ASCII; a notebook that fails fails it, and its later cells do not run.
func TestKernelOfThePastedLine(t *testing.T) {
	e := kernelEnv(t)
	root := filepath.Join(t.TempDir(), "Jörg's Ordner 数")
	copyCheckout(t, e.root, root)
	there := &env{root: root, home: filepath.Join(root, ".cache", "jupyter"), out: new(bytes.Buffer)}
	t.Setenv("PATH", filepath.Dir(e.jupyter)+":"+os.Getenv("PATH")) // this Jupyter is the one that is installed
	if err := os.MkdirAll(there.path("gopls"), 0o777); err != nil { // a cache, so that it is not filled
		t.Fatal(err)
	}
	if err := there.setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := there.ready(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	line := there.pasted("00_template.ipynb")
	if said := fmt.Sprint(there.out); !strings.Contains(said, "\n  "+line+"\n") {
		t.Fatalf("it prints %s", said)
	}
	if said, err := paste(t, line); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, said)
	}
	nb, err := readNotebook(filepath.Join(root, ".cache", "executed", "00_template.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	nb.clean()
	if err := check(nb, root); err != nil {
		t.Error(err)
	}
	writeFile(t, filepath.Join(root, "notebooks", "fails.ipynb"), `{"cells": [
		{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": "%%\nfmt.Println(1)\npanic(\"on purpose\")"},
		{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": "!touch \"$DCGMM_ROOT/it-ran\""}],
		"metadata": {"kernelspec": {"display_name": "Go (gonb)", "language": "go", "name": "gonb"}}, "nbformat": 4, "nbformat_minor": 4}`)
	said, err := paste(t, there.pasted("fails.ipynb"))
	if err == nil || !strings.Contains(said, "cell [1] line 3: panic: on purpose") {
		t.Errorf("a notebook that fails: %v\n%s", err, said)
	}
	if _, err := os.Stat(filepath.Join(root, "it-ran")); err == nil {
		t.Error("a cell after it ran")
	}
}

// paste runs a line in a shell, in a folder that is not the checkout, with little but a path in its environment.
func paste(t *testing.T, line string) (said string, err error) {
	c := exec.CommandContext(t.Context(), "sh", "-c", line)
	c.Dir, c.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DCGMM_NOTEBOOK=smoke", "PYTHONWARNINGS=ignore"}
	out, err := c.CombinedOutput()
	return string(out), err
}

// copyCheckout copies what is in the repository.
func copyCheckout(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if d.IsDir() && (name == ".git" || name == ".cache" || name == "results" || name == "data") {
			return filepath.SkipDir
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o666)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
