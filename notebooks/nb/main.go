// Command nb sets up, opens, tests and updates the notebooks.
//
//	go run ./notebooks/nb setup              the kernel and Jupyter, in .cache/jupyter
//	go run ./notebooks/nb lab [ARG…]         the same, then JupyterLab with these arguments
//	go run ./notebooks/nb test [NOTEBOOK…]   execute notebooks from a clean state and check them
//	go run ./notebooks/nb update [NOTEBOOK…] execute notebooks and write their outputs, cleaned
//
// # The story
//
// setup.go finds or makes Jupyter and builds the Go kernel of this checkout; execute.go runs a notebook headless in a
// temporary folder. ipynb.go reads, cleans and writes notebooks; check.go says what is wrong with an executed one:
// errors, failed commands, cells that do not show what they promise; harmless.go what could remove or overwrite files of
// others, in the parts that parts.go takes cells into; compare.go says whether outputs are the committed ones.
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

var errUsage = errors.New("usage: nb setup | lab [ARGUMENT…] | test [NOTEBOOK…] | update [NOTEBOOK…]")

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
	verb := verbs[args[0]]
	if verb == nil {
		return errUsage
	}
	if err := e.setup(ctx); err != nil {
		return err
	}
	return verb(ctx, args[1:])
}

func (e *env) ready(context.Context, []string) error {
	_, err := fmt.Fprintf(e.out, "kernel and Jupyter are ready: %s\n", e.jupyter)
	return err
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
