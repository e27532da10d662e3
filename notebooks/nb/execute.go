package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"deepgmm/dataset"
)

// notebooks are the paths of those named, or of all.
func (e *env) notebooks(names []string) ([]string, error) {
	if len(names) > 0 {
		return names, nil
	}
	all, err := filepath.Glob(filepath.Join(e.root, "notebooks", "*.ipynb"))
	if err == nil && len(all) == 0 {
		err = errors.New("there are no notebooks")
	}
	return all, err
}

// execute runs a copy of a notebook in a temporary folder and returns it with its outputs, cleaned and checked. cache
// is a folder that it must not name, extra are variables of the kernel.
func (e *env) execute(ctx context.Context, path, cache string, extra ...string) (*notebook, error) {
	dir, err := os.MkdirTemp("", "notebook")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "notebook.ipynb"), b, 0o666); err != nil {
		return nil, err
	}
	// Errors are allowed here: check finds them, with what the cells said.
	c := e.command(ctx, dir, e.jupyter, "nbconvert", "--to", "notebook", "--execute", "--allow-errors",
		"--ExecutePreprocessor.timeout=1800", "--output", "executed.ipynb", "notebook.ipynb")
	c.Env = append(c.Env, extra...)
	if out, err := c.CombinedOutput(); err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("nbconvert: %w\n%s", err, out))
	}
	nb, err := readNotebook(filepath.Join(dir, "executed.ipynb"))
	if err != nil {
		return nil, err
	}
	nb.clean()
	return nb, check(nb, e.secrets(cache)...)
}

// test executes notebooks from a clean state, with the smoke data and, where they are at hand, with the real ones,
// whose outputs must be the committed ones. As many run at a time as there are processors: most of the time a cell is
// linked.
func (e *env) test(ctx context.Context, names []string) error {
	paths, err := e.notebooks(names)
	if err != nil {
		return err
	}
	modes := []string{"real", "smoke"}
	if !e.dataAtHand(ctx) {
		modes = modes[1:]
		fmt.Fprintln(e.out, "MNIST and FashionMNIST are not at hand: the notebooks run with generated glyphs only, and committed outputs are not compared")
	}
	type job struct{ mode, path string }
	var jobs []job
	for _, mode := range modes {
		for _, path := range paths {
			if mode == "smoke" || wantsReal(path) {
				jobs = append(jobs, job{mode, path})
			}
		}
	}
	var running sync.WaitGroup
	errs, free := make([]error, len(jobs)), make(chan bool, runtime.NumCPU())
	for i, j := range jobs {
		mode, path := j.mode, j.path
		free <- true
		running.Go(func() {
			start := time.Now()
			err := e.testOne(ctx, path, mode)
			line := fmt.Sprintf("%s, %s data: %.0f s\n", filepath.Base(path), mode, time.Since(start).Seconds())
			if err != nil {
				errs[i] = fmt.Errorf("%s, %s data: %w", filepath.Base(path), mode, err)
			}
			fmt.Fprint(e.out, line)
			<-free
		})
	}
	running.Wait()
	return cmp.Or(ctx.Err(), errors.Join(errs...))
}

// wantsReal reports whether a notebook is to be tested with real data, too: all are, or those whose names begin with one
// of the words in DCGMM_NOTEBOOK_REAL, where time is short.
func wantsReal(path string) bool {
	chosen := strings.Fields(os.Getenv("DCGMM_NOTEBOOK_REAL"))
	return len(chosen) == 0 || slices.ContainsFunc(chosen, func(c string) bool { return strings.HasPrefix(filepath.Base(path), c) })
}

func (e *env) testOne(ctx context.Context, path, mode string) error {
	cache, err := os.MkdirTemp("", "notebook-cache")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	nb, err := e.execute(ctx, path, cache, "DCGMM_NOTEBOOK="+mode, "DCGMM_NOTEBOOK_CACHE="+cache)
	if err != nil || mode == "smoke" {
		return err
	}
	old, err := readNotebook(path)
	if err != nil {
		return err
	}
	old.clean()
	return compare(old, nb)
}

// committed checks a notebook as it is in the repository: clean, with its outputs.
func committed(path string) error {
	nb, err := readNotebook(path)
	if err != nil {
		return err
	}
	nb.clean()
	have, err1 := os.ReadFile(path)
	want, err2 := nb.bytes()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if string(have) != string(want) {
		return errors.New("it is not clean; go run ./notebooks/nb tidy cleans it")
	}
	return check(nb)
}

// update executes notebooks, with the cache of earlier runs, and writes them with their outputs if these are good,
// unless they were changed meanwhile.
func (e *env) update(ctx context.Context, names []string) error {
	paths, err := e.notebooks(names)
	if err != nil {
		return err
	}
	if !e.dataAtHand(ctx) {
		return errors.New("MNIST and FashionMNIST are not at hand, and generated glyphs would replace them in the outputs; set DCGMM_DATA to their folder")
	}
	for _, path := range paths {
		start := time.Now()
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		nb, err := e.execute(ctx, path, "", "DCGMM_NOTEBOOK=real")
		if err != nil {
			return fmt.Errorf("%s stays as it is: %w", path, err)
		}
		b, err := nb.bytes()
		if err != nil {
			return err
		}
		if err := replace(path, before, b); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s: %.0f s, %d kB\n", filepath.Base(path), time.Since(start).Seconds(), len(b)/1000)
	}
	return nil
}

// tidy cleans notebooks and moves lines that promise outputs into the metadata. It needs no kernel.
func (e *env) tidy(_ context.Context, names []string) error {
	paths, err := e.notebooks(names)
	if err != nil {
		return err
	}
	for _, path := range paths {
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		nb, err := readNotebook(path)
		if err != nil {
			return err
		}
		nb.clean()
		b, err := nb.bytes()
		if err != nil {
			return err
		}
		if err := replace(path, before, b); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a file that still is as it was before.
func replace(path string, before, now []byte) error {
	have, err := os.ReadFile(path)
	switch {
	case err != nil:
		return fmt.Errorf("%w; it was there before the notebook was executed, and is not written again", err)
	case !bytes.Equal(have, before):
		return fmt.Errorf("%s was changed while it was executed and stays as it is now; run this again", path)
	}
	return writeIfChanged(path, now)
}

// secrets are folders of this machine that outputs must not name.
func (e *env) secrets(cache string) []string {
	all := []string{e.root, filepath.Join(os.TempDir(), "notebook"), filepath.Join(os.TempDir(), "gonb_"), cache}
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		all = append(all, home+"/")
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(strings.Trim(s, "/")) == 0 })
}

// dataAtHand reports whether the published data sets are there without a download.
func (e *env) dataAtHand(ctx context.Context) bool {
	dirs := append(filepath.SplitList(os.Getenv("DCGMM_DATA")), filepath.Join(e.root, "..", "shared", "data"), filepath.Join(e.root, "data"))
	_, digits := dataset.Load(ctx, "mnist", dataset.Options{Dirs: dirs})
	_, fashion := dataset.Load(ctx, "fashion-mnist", dataset.Options{Dirs: dirs})
	return digits == nil && fashion == nil
}
