package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const gonb = "github.com/janpfeifer/gonb"

// gonbPatch is what GoNB lacks, against the version in go.mod; docs/notebooks.md says why.
//
//go:embed gonb.patch
var gonbPatch string

// buildKernel builds the patched kernel and goimports from the versions in go.mod.
func (e *env) buildKernel(ctx context.Context) error {
	source, err := e.patched(ctx)
	if err != nil {
		return err
	}
	mod, err1 := os.ReadFile(filepath.Join(e.root, "go.mod"))
	sum, err2 := os.ReadFile(filepath.Join(e.root, "go.sum"))
	mod = fmt.Appendf(mod, "\nreplace %s => %s\n", gonb, strconv.Quote(source))
	file := e.path("src", "kernel.mod")
	err = errors.Join(err1, err2, writeIfChanged(file, mod), writeIfChanged(e.path("src", "kernel.sum"), sum))
	if err != nil {
		return err
	}
	return e.build(ctx, e.root, "-modfile="+file, gonb, "golang.org/x/tools/cmd/goimports")
}

// buildGopls builds the program that completes and inspects code in cells.
func (e *env) buildGopls(ctx context.Context) error {
	if _, err := os.Stat(e.path("bin", "gopls")); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(e.out, "building gopls, for completion in cells (once, up to two minutes)")
	}
	if err := e.build(ctx, filepath.Join(e.root, "notebooks", "nb", "gopls"), "golang.org/x/tools/gopls"); err != nil {
		return err
	}
	if _, err := os.Stat(e.path("gopls")); err == nil {
		return nil
	}
	return e.warmGopls(ctx)
}

// warm are the packages that gopls loads when a kernel starts.
var warm = []string{"deepgmm/notebooks/show", "deepgmm/dcgmm"}

// warmGopls fills the cache of gopls with what the first completion in cells needs, which takes half a minute once. It
// asks about a program in a workspace like the kernel's.
func (e *env) warmGopls(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "notebook-gopls")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	work := fmt.Sprintf("go 1.26.0\n\nuse (\n\t.\n\t%s\n)\n", strconv.Quote(e.root))
	program := "package main\n\nimport _ \"" + strings.Join(warm, "\"\nimport _ \"") + "\"\n\nfunc main() {}\n"
	const mod = "module warm\n\ngo 1.26.0\n"
	for name, text := range map[string]string{"go.mod": mod, "go.work": work, "main.go": program} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	c := e.command(ctx, dir, e.path("bin", "gopls"), "definition", "main.go:3:12")
	c.Env = append(c.Env, "GOWORK=", "GOPLSCACHE="+e.path("gopls"))
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	return nil
}

// build compiles programs into the folder bin. A workspace of the user is none of theirs.
func (e *env) build(ctx context.Context, dir string, args ...string) error {
	args = append([]string{"build", "-trimpath", "-buildvcs=false", "-o", e.path("bin") + "/"}, args...)
	c := e.command(ctx, dir, "go", args...)
	c.Env = append(c.Env, "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build of the kernel: %w\n%s", err, out)
	}
	return nil
}

// patched is a folder with the source of GoNB, patched. Its name has the hash of what it was made from.
func (e *env) patched(ctx context.Context) (string, error) {
	c := e.command(ctx, e.root, "go", "mod", "download", gonb)
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	c = e.command(ctx, e.root, "go", "list", "-m", "-f", "{{.Version}}\n{{.Dir}}", gonb)
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", c, err, said(err))
	}
	version, from, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	hash := sha256.Sum256([]byte(version + gonbPatch))
	to := e.path("src", fmt.Sprintf("gonb-%x", hash[:4]))
	if err := copyPatched(to, os.DirFS(from), gonbPatch); err != nil {
		return "", fmt.Errorf("notebooks/nb/gonb.patch does not fit GoNB %s: %w", version, err)
	}
	return to, nil
}

func said(err error) []byte {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.Stderr
	}
	return nil
}

// compiled are the endings of the files that GoNB is built of.
var compiled = []string{".go", ".js", ".md", ".mod", ".svg", ".txt"}

// copyPatched writes what a module is built of into a folder, with its licence, changed as a patch says.
func copyPatched(to string, from fs.FS, diff string) error {
	patches, err := parsePatch(diff)
	if err != nil {
		return err
	}
	for _, p := range patches {
		if !p.isNew {
			if _, err := fs.Stat(from, p.path); err != nil {
				return fmt.Errorf("there is no %s to patch: %w", p.path, err)
			}
			continue
		}
		text, err := p.apply("")
		if err == nil {
			err = writeIfChanged(filepath.Join(to, filepath.FromSlash(p.path)), []byte(text))
		}
		if err != nil {
			return err
		}
	}
	return fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains(compiled, path.Ext(name)) && name != "LICENSE" {
			return err
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(patches, func(p *filePatch) bool { return p.path == name }); i >= 0 {
			text, err := patches[i].apply(string(b))
			if err != nil {
				return err
			}
			b = []byte(text)
		}
		return writeIfChanged(filepath.Join(to, filepath.FromSlash(name)), b)
	})
}
