// Command nb sets up, opens, tests and updates the notebooks.
//
//	go run ./notebooks/nb setup              the kernel and Jupyter, in .cache/jupyter
//	go run ./notebooks/nb lab [ARG…]         the same, then JupyterLab with these arguments
//	go run ./notebooks/nb test [NOTEBOOK…]   execute notebooks from a clean state and check them
//	go run ./notebooks/nb update [NOTEBOOK…] execute notebooks and write their outputs, cleaned
//	go run ./notebooks/nb tidy [NOTEBOOK…]   clean notebooks as they are; needs no kernel
//
// # The story
//
// setup.go finds or makes Jupyter and registers the Go kernel of this checkout; build.go builds it from the pinned GoNB
// and gonb.patch, which patch.go applies, and gopls from the module in its folder. execute.go runs a notebook headless
// in a temporary folder. ipynb.go reads, cleans and writes notebooks; check.go says what is wrong with an executed one:
// errors, failed commands, cells that do not show what they promise, as promise.go reads it; story.go what makes one
// hard to read; harmless.go what could remove or overwrite files
// of others, in the parts that parts.go takes cells into; compare.go says whether outputs are the committed ones.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "notebooks:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: nb setup | lab [ARGUMENT…] | test [NOTEBOOK…] | update [NOTEBOOK…] | tidy [NOTEBOOK…]")

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	e := &env{root: root, home: filepath.Join(root, ".cache", "jupyter"), out: out}
	verbs := map[string]func(context.Context, []string) error{"setup": e.ready, "lab": e.lab, "test": e.test, "update": e.update}
	if args[0] == "tidy" {
		return e.tidy(ctx, args[1:])
	}
	verb := verbs[args[0]]
	if verb == nil {
		return errUsage
	}
	if err := e.setup(ctx); err != nil {
		return err
	}
	return verb(ctx, args[1:])
}

// ready says how to go on without make: a line for a terminal, and what an editor needs.
func (e *env) ready(context.Context, []string) error {
	_, err := fmt.Fprintf(e.out, "kernel and Jupyter are ready; a notebook is executed by this line:\n  %s\n"+
		"an editor finds the kernel with %s in its environment\n", e.pasted("00_template.ipynb"), e.jupyterPath())
	return err
}

// pasted is a command for a POSIX shell, in any folder, that executes a notebook and writes it with its outputs into
// the cache.
func (e *env) pasted(notebook string) string {
	return fmt.Sprintf("%s %s nbconvert --to notebook --execute --output-dir %s %s", e.jupyterPath(), quote(e.jupyter),
		quote(filepath.Join(e.root, ".cache", "executed")), quote(filepath.Join(e.root, "notebooks", notebook)))
}

func (e *env) jupyterPath() string { return "JUPYTER_PATH=" + quote(e.path("data")) }

var plain = regexp.MustCompile(`^[\w./+-]+$`)

// quote makes one word of a shell out of a path.
func quote(path string) string {
	if plain.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// findRoot is the folder with go.mod, at or above the working one.
func findRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	root, file := filepath.Split(strings.TrimSpace(string(out)))
	if err != nil || file != "go.mod" {
		return "", errors.Join(errors.New("no go.mod at or above the working folder; run this in the checkout"), err)
	}
	return filepath.Clean(root), nil
}
