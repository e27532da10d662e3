package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"deepgmm/internal/atomicfile"
)

// env is Jupyter with the kernel of this checkout. All of it lives in home; nothing outside the checkout is touched.
type env struct {
	root, home string
	jupyter    string // the program
	ui         string // "lab" or "notebook"
	out        io.Writer
}

func (e *env) path(elem ...string) string { return filepath.Join(append([]string{e.home}, elem...)...) }

// setup makes what is missing: the kernel, gopls and Jupyter at the same time, since the last two take minutes. Without
// gopls, which may need the network once, the kernel works but for completion.
func (e *env) setup(ctx context.Context) error {
	for _, dir := range []string{"bin", "src", "config", "runtime", "ipython", "lab"} {
		if err := os.MkdirAll(e.path(dir), 0o777); err != nil {
			return err
		}
	}
	var steps sync.WaitGroup
	var errs [3]error
	var gopls error
	steps.Go(func() { errs[0] = e.kernel(ctx) })
	steps.Go(func() { errs[1] = e.findJupyter(ctx) })
	steps.Go(func() { gopls = e.buildGopls(ctx) })
	steps.Wait()
	errs[2] = e.settings()
	if gopls != nil && ctx.Err() == nil {
		fmt.Fprintf(e.out, "there will be no completion in cells until this is run again with a network: %v\n", gopls)
	}
	return cmp.Or(ctx.Err(), errors.Join(errs[:]...))
}

// firstSettings are files that the user may change from then on, in JupyterLab too. It would ask whether it may fetch news
// from the network, and drop completions that take longer than a second, as the first ones do while gopls reads packages.
var firstSettings = []struct {
	path []string
	text string
}{
	{[]string{"config", "labconfig", "page_config.json"}, `{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}` + "\n"},
	{[]string{"lab", "settings", "@jupyterlab", "completer-extension", "manager.jupyterlab-settings"}, `{"providerTimeout": 10000}` + "\n"},
}

// settings writes the files of firstSettings that are not there.
func (e *env) settings() error {
	for _, f := range firstSettings {
		path := e.path(f.path...)
		if _, err := os.Lstat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := writeIfChanged(path, []byte(f.text)); err != nil {
			return err
		}
	}
	return nil
}

// command is a program in the environment of Jupyter. It is interrupted, not killed, when ctx ends, with some time for
// its kernels to stop.
func (e *env) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), "PYTHONWARNINGS=ignore",
		"JUPYTER_DATA_DIR="+e.path("data"), "JUPYTER_CONFIG_DIR="+e.path("config"), "JUPYTER_RUNTIME_DIR="+e.path("runtime"), "IPYTHONDIR="+e.path("ipython"),
		"JUPYTERLAB_SETTINGS_DIR="+e.path("lab", "settings"), "JUPYTERLAB_WORKSPACES_DIR="+e.path("lab", "workspaces"))
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 20 * time.Second
	return c
}

// kernel builds the kernel and registers it for this checkout.
func (e *env) kernel(ctx context.Context) error {
	if err := e.buildKernel(ctx); err != nil {
		return err
	}
	spec, err := json.MarshalIndent(e.spec(), "", " ")
	if err != nil {
		return err
	}
	return writeIfChanged(e.path("data", "kernels", "gonb", "kernel.json"), append(spec, '\n'))
}

// spec describes the kernel to Jupyter, which fills in ${PATH}. It makes cells see this checkout: the kernel compiles
// them in a workspace together with it, without a network. An empty GOWORK is the default: the user's, such as off,
// would hide the workspace. Without tables for debuggers a cell is linked in half the time.
func (e *env) spec() map[string]any {
	return map[string]any{
		"display_name": "Go (gonb)", "language": "go", "interrupt_mode": "message",
		"argv": []string{e.path("bin", "gonb"), "--kernel", "{connection_file}", "--raw_error", "--go_work=" + e.root,
			"--gopls_warm=" + strings.Join(warm, ","), "--logtostderr=false", "--stderrthreshold=3"},
		"env": map[string]string{"PATH": e.path("bin") + string(os.PathListSeparator) + "${PATH}", "DCGMM_ROOT": e.root,
			"GOWORK": "", "GOFLAGS": "-ldflags=-w", "GOPLSCACHE": e.path("gopls")},
	}
}

// findJupyter takes the Jupyter that is installed, if it has all that is needed, or makes one.
func (e *env) findJupyter(ctx context.Context) error {
	if path, err := exec.LookPath("jupyter"); err == nil && e.works(ctx, path) {
		return nil
	}
	e.jupyter, e.ui = e.path("venv", "bin", "jupyter"), "lab"
	return e.venv(ctx)
}

// works reports whether a Jupyter can open and execute notebooks.
func (e *env) works(ctx context.Context, jupyter string) bool {
	if e.command(ctx, e.root, jupyter, "nbconvert", "--version").Run() != nil {
		return false
	}
	for _, ui := range []string{"lab", "notebook"} {
		if e.command(ctx, e.root, jupyter, ui, "--version").Run() == nil {
			e.jupyter, e.ui = jupyter, ui
			return true
		}
	}
	return false
}

// venv makes a virtual environment with the pinned requirements, unless there is one of them.
func (e *env) venv(ctx context.Context) error {
	requirements := filepath.Join(e.root, "notebooks", "requirements.txt")
	text, err := os.ReadFile(requirements)
	if err != nil {
		return err
	}
	dir, stamp := e.path("venv"), fmt.Sprintf("%x\n", sha256.Sum256(text))
	if have, err := os.ReadFile(filepath.Join(dir, "complete")); err == nil && string(have) == stamp {
		return nil
	}
	if err := claimVenv(dir); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "installing JupyterLab into %s (once, about a minute)\n", dir)
	err = e.fill(ctx, dir, requirements)
	if err == nil && !e.works(ctx, e.jupyter) {
		err = fmt.Errorf("%s was installed and does not work with %s", e.jupyter, requirements)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir)) // no half-made environment
	}
	return writeIfChanged(filepath.Join(dir, "complete"), []byte(stamp))
}

// venvMarker is in every virtual environment that this program began, complete or not.
const venvMarker = ".made-by-deepgmm-notebooks"

// claimVenv makes an empty folder with a marker in the place of an old environment of this program. Another folder
// stays and is an error.
func claimVenv(dir string) error {
	if info, err := os.Lstat(dir); err == nil {
		_, marked := os.Stat(filepath.Join(dir, venvMarker))
		_, complete := os.Stat(filepath.Join(dir, "complete"))
		if !info.IsDir() || marked != nil && complete != nil {
			return fmt.Errorf("%s was not made by this program: move it elsewhere, and Jupyter is installed there", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return writeIfChanged(filepath.Join(dir, venvMarker), nil)
}

func (e *env) fill(ctx context.Context, dir, requirements string) error {
	out, err := e.command(ctx, e.root, "python3", "-m", "venv", dir).CombinedOutput()
	if first, _, _ := strings.Cut(string(out), "\n"); err != nil {
		return cmp.Or(ctx.Err(), fmt.Errorf("there is no Jupyter, and python3 cannot make a virtual environment for it (%v: %s); "+
			"on Debian: apt-get install python3-venv python3-pip, or: apt-get install jupyter-notebook", err, first))
	}
	python := filepath.Join(dir, "bin", "python")
	out, err = e.command(ctx, e.root, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements).CombinedOutput()
	if err != nil {
		return cmp.Or(ctx.Err(), fmt.Errorf("pip could not install notebooks/requirements.txt: %w; is there a network?\n%s", err, out))
	}
	return nil
}

// lab opens Jupyter in the foreground.
func (e *env) lab(ctx context.Context, args []string) error {
	all := []string{e.ui, "notebooks/01_quickstart.ipynb"}
	if os.Geteuid() == 0 {
		all = append(all, "--allow-root")
	}
	c := e.command(ctx, e.root, e.jupyter, append(all, args...)...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // SIGINT would ask for confirmation
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, e.out, os.Stderr
	if err := c.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("jupyter %s: %w", e.ui, err)
	}
	return nil
}

// writeIfChanged leaves a file alone that has the text already.
func writeIfChanged(path string, text []byte) error {
	if have, err := os.ReadFile(path); err == nil && string(have) == string(text) {
		return nil
	}
	return atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}
