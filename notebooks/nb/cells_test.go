package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// source is a notebook's code as a package, whose function Run runs the cell of a number.
func source(nb *notebook) string {
	var declarations, bodies, cases strings.Builder
	for i, c := range nb.Cells {
		if c.Type != "code" {
			continue
		}
		p := split(c.Source)
		declarations.WriteString(p.declarations)
		if strings.TrimSpace(p.body) != "" {
			fmt.Fprintf(&bodies, "func cell%d() {\n%s}\n", i+1, p.body)
			fmt.Fprintf(&cases, "case \"%d\": cell%[1]d()\n", i+1)
		}
	}
	return "package cells\n" + declarations.String() + bodies.String() + "func Run(cell string) {\nswitch cell {\n" + cases.String() + "}\n}\n"
}

// programs is where the test binary's programs are: cells, whose first argument is the name of a notebook or of a
// variant of ownNotebook and whose second argument is the number of a cell, and dcgmm.
var programs string

// TestMain compiles them once.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "notebook-programs")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		programs = dir
		return m.Run()
	}())
}

// built compiles the code of all notebooks and variants, together with this checkout and without writing to it, as the
// kernel does.
var built = sync.OnceValue(func() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	sources, err := variants(root)
	if err != nil {
		return err
	}
	overlay, goimports := map[string]string{}, []string{"tool", "goimports", "-w"}
	add := func(folder, text string) {
		file := filepath.Join(programs, folder, "cells.go")
		overlay[filepath.Join(root, "notebooks", "cells", folder, "cells.go")] = file
		err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte(text), 0o666))
		goimports = append(goimports, file)
	}
	var imports, cases strings.Builder
	for i, name := range slices.Sorted(maps.Keys(sources)) {
		add(name, sources[name])
		fmt.Fprintf(&imports, "import p%d \"deepgmm/notebooks/cells/%s\"\n", i, name)
		fmt.Fprintf(&cases, "case %q: p%d.Run(os.Args[2])\n", name, i)
	}
	add("", "package main\n"+imports.String()+"func main() {\nswitch os.Args[1] {\n"+cases.String()+"}\n}\n")
	list, failed := json.Marshal(map[string]any{"Replace": overlay})
	replaced := filepath.Join(programs, "overlay.json")
	if err := errors.Join(err, failed, os.WriteFile(replaced, list, 0o666)); err != nil {
		return err
	}
	for _, args := range [][]string{goimports, {"build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-overlay", replaced, "-o", filepath.Join(programs, "bin") + "/", "./notebooks/cells", "./cmd/dcgmm"}} {
		c := exec.Command("go", args...)
		c.Dir = root
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", c, err, out)
		}
	}
	return nil
})

// ownNotebook is the one about the user's own pictures.
const ownNotebook = "06_your_own_images"

// variants are the sources of all notebooks, and of ownNotebook with other settings.
func variants(root string) (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(paths) < 6 {
		return nil, fmt.Errorf("%d notebooks, %w", len(paths), err)
	}
	sources := map[string]string{}
	for _, path := range paths {
		nb, err := readNotebook(path)
		if err != nil {
			return nil, err
		}
		sources[strings.TrimSuffix(filepath.Base(path), ".ipynb")] = source(nb)
	}
	for name, size := range ownImages {
		if sources[name], err = withSettings(sources[ownNotebook], size); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
		t.Fatal(err)
	}
}

// runCells runs all cells of the notebook about the user's own pictures, with the settings of a variant, one after the
// other, until one fails, and returns what was said.
func runCells(t *testing.T, variant string, env ...string) (out string, failed error) {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	nb, err := readNotebook(filepath.Join(rootOf(t), "notebooks", ownNotebook+".ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for i, c := range nb.Cells {
		if c.Type != "code" || strings.TrimSpace(split(c.Source).body) == "" {
			continue
		}
		cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "bin", "cells"), variant, fmt.Sprint(i+1))
		cmd.Env, cmd.Dir = append(os.Environ(), env...), t.TempDir()
		said, err := cmd.CombinedOutput()
		all.Write(said)
		if err != nil {
			return all.String(), fmt.Errorf("cell %d: %w\n%s", i+1, err, said)
		}
	}
	return all.String(), nil
}

// The code of every notebook compiles with the packages as they are.
func TestNotebooksCompile(t *testing.T) {
	if err := built(); err != nil {
		t.Fatal(err)
	}
}
