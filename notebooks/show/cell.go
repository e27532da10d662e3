package show

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui"

	"deepgmm/internal/atomicfile"
)

// failure is how Must and Check end a cell; Done knows it.
type failure struct{ err error }

// Must returns v, or ends the cell with the error. The cell must have deferred Done.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check ends the cell if there is an error. The cell must have deferred Done.
func Check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// Done ends a cell: it waits until everything that was shown has arrived. An error of Must or Check is printed, and the
// cell fails; other panics go on. Every cell that uses this package begins with
//
//	defer show.Done()
func Done() {
	r := recover()
	gonbui.Sync()
	if r == nil {
		return
	}
	f, ok := r.(failure)
	if !ok {
		panic(r)
	}
	fmt.Fprintln(os.Stderr, explain(f.err))
	os.Exit(1)
}

// explain says what a reader of the notebook does next.
func explain(err error) string {
	if errors.Is(err, context.Canceled) {
		return fmt.Sprintf("interrupted: %v\nRun the cell again to go on.", err)
	}
	return "error: " + err.Error()
}

// Context ends when the kernel is interrupted (the stop button), so that long work can stop cleanly within the five
// seconds before the kernel kills it. It is the same for all of the cell.
func Context() context.Context { return interrupted() }

var interrupted = sync.OnceValue(func() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // for the life of the program
	return ctx
})

// Smoke tells whether this is the quick test of the notebooks, on few generated images.
func Smoke() bool { return os.Getenv("DCGMM_NOTEBOOK") == "smoke" }

// Setting returns real, or small in the quick test of the notebooks.
func Setting[T any](real, small T) T {
	if Smoke() {
		return small
	}
	return real
}

// Root is the folder of the checkout that the notebooks belong to: $DCGMM_ROOT, which the kernel sets, or else the
// nearest folder above the working one that has a go.mod. It panics if there is none.
func Root() string {
	if root := os.Getenv("DCGMM_ROOT"); root != "" {
		return root
	}
	dir, err := os.Getwd()
	if err != nil {
		panic("show: Root: " + err.Error())
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			panic("show: Root: no go.mod above " + dir + "; set DCGMM_ROOT to the folder of the checkout")
		}
	}
}

// Cache is the folder where cells keep what took long, and the only one where a notebook writes files: $DCGMM_NOTEBOOK_CACHE, or
// .cache/notebooks in the checkout. It is made if need be. Removing it loses nothing but time. A folder of the environment with
// files that are not of a cache ends the cell, as Check does.
func Cache() string {
	if dir := os.Getenv("DCGMM_NOTEBOOK_CACHE"); dir != "" {
		Check(claim(dir))
		return dir
	}
	return filepath.Join(Root(), ".cache", "notebooks")
}

// claim marks an empty or missing folder as a cache and refuses one that may be somebody else's.
func claim(dir string) error {
	path := filepath.Join(dir, marker)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("DCGMM_NOTEBOOK_CACHE: %w; give a folder of its own", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("DCGMM_NOTEBOOK_CACHE: %s has files that are not of a notebook, such as %s; give a new or an empty folder", dir, entries[0].Name())
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "Notebooks of deepgmm write and replace files in this folder. Keep nothing else here.\n")
		return err
	})
}
