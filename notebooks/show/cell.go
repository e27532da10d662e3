package show

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"deepgmm/internal/atomicfile"
)

// failure is how Must and Check end a cell; Done knows it. Without Done the program prints it as it prints errors.
type failure struct{ err error }

func (f failure) Error() string { return explain(f.err) }

func (f failure) Unwrap() error { return f.err }

// Must returns v, or ends the cell with the error. The cell should have deferred Done, or a stack is printed, too.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check ends the cell if there is an error, as Must does.
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
	switch r := r.(type) {
	case nil:
	case failure:
		fmt.Fprintln(os.Stderr, explain(r.err)+place())
		os.Exit(1)
	default:
		panic(r)
	}
}

// place is where in a cell the panic began that Done has recovered from, as the position in the cell's program, which
// the kernel takes for a line of the cell; empty outside of a notebook.
func place() string {
	pc := make([]uintptr, 100)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	for more := gonbui.IsNotebook; more; {
		var f runtime.Frame
		if f, more = frames.Next(); strings.HasPrefix(f.Function, "main.") {
			return fmt.Sprintf("\n\tat %s:%d", f.File, f.Line)
		}
	}
	return ""
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
var Context = sync.OnceValue(func() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // for the life of the program
	return ctx
})

// Smoke reports whether this is the quick test of the notebooks, on few generated images.
func Smoke() bool { return os.Getenv("DCGMM_NOTEBOOK") == "smoke" }

// Setting returns real, or small in the quick test of the notebooks.
func Setting[T any](real, small T) T {
	if Smoke() {
		return small
	}
	return real
}

// Root is the folder of the checkout that the notebooks belong to: $DCGMM_ROOT, which the kernel sets, or else the
// nearest folder at or above the working one that has a go.mod. It panics if there is none.
func Root() string {
	if root := os.Getenv("DCGMM_ROOT"); root != "" {
		return root
	}
	out, err := exec.Command("go", "env", "GOMOD").Output()
	root, file := filepath.Split(strings.TrimSpace(string(out)))
	if err != nil || file != "go.mod" {
		panic("show: Root: no go.mod at or above the working folder; set DCGMM_ROOT to the folder of the checkout")
	}
	return filepath.Clean(root)
}

// Cache is the folder where cells keep what took long, and the only one where a notebook writes files:
// $DCGMM_NOTEBOOK_CACHE, or .cache/notebooks in the checkout. It is made if need be. Removing it loses nothing but
// time. A folder of the environment with files that are not of a cache ends the cell, as Check does.
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

// Shell runs a script as in a terminal, and prints its standard output without the folders of this machine. vars such
// as "NAME=value" are added to its environment. It runs in Cache and is for commands that only read; Folder.Shell is
// for those that write. The script ends with the first command that fails; the error has what it said.
func Shell(script string, vars ...string) error { return shell(Cache(), script, vars) }

func shell(dir, script string, vars []string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	c := exec.CommandContext(Context(), "sh", "-ec", script)
	var out, said bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, append(os.Environ(), vars...), &out, &said
	asGroup(c)
	c.WaitDelay = 4 * time.Second // the kernel kills the cell after five
	err := c.Run()
	fmt.Print(withoutFolders(out.String()))
	if interrupted := Context().Err(); interrupted != nil || err == nil {
		return interrupted
	}
	return fmt.Errorf("%s\n%w", strings.TrimSpace(withoutFolders(said.String())), err)
}

// Expected shows an error that a cell makes on purpose, without the folders of this machine. If there is none, the cell
// fails.
func Expected(err error) {
	if err == nil {
		Check(errors.New("this should have been an error"))
	}
	Note("> %s", withoutFolders(err.Error()))
}

// withoutFolders takes Cache and Root out of the paths in a text.
func withoutFolders(s string) string {
	const slash = string(filepath.Separator)
	return strings.NewReplacer(Cache()+slash, "", Root()+slash, "").Replace(s)
}
