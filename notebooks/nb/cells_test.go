package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is a notebook's code as one program: its first argument is the number of the cell to run.
func program(nb *notebook) string {
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
	return "package main\n" + declarations.String() + bodies.String() + "func main() {\nswitch os.Args[1] {\n" + cases.String() + "}\n}\n"
}

// built compiles the program of a notebook, together with this checkout and without writing to it, as the kernel does.
func built(t *testing.T, root, source string) (binary string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	writeFile(t, file, source)
	run := func(name string, args ...string) {
		c := exec.Command(name, args...)
		c.Dir = root
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", c, err, out)
		}
	}
	run("go", "tool", "goimports", "-w", file)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "notebooks", "program", "main.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "overlay.json"), string(overlay))
	binary = filepath.Join(dir, "program")
	run("go", "build", "-trimpath", "-buildvcs=false", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./notebooks/program")
	return binary
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
		t.Fatal(err)
	}
}

// runCells runs all cells of a built notebook, one after the other, until one fails, and returns what was said.
func runCells(ctx context.Context, binary string, nb *notebook, env ...string) (out string, failed error) {
	var all strings.Builder
	for i, c := range nb.Cells {
		if c.Type != "code" || strings.TrimSpace(split(c.Source).body) == "" {
			continue
		}
		cmd := exec.CommandContext(ctx, binary, fmt.Sprint(i+1))
		cmd.Env, cmd.Dir = append(os.Environ(), env...), filepath.Dir(binary)
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
	paths, err := filepath.Glob(filepath.Join(rootOf(t), "notebooks", "*.ipynb"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d notebooks, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			nb, err := readNotebook(path)
			if err != nil {
				t.Fatal(err)
			}
			built(t, rootOf(t), program(nb))
		})
	}
}
