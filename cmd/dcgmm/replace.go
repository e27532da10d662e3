package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"deepgmm/internal/atomicfile"
)

// forceFlag is the rule for all files that commands write: one that is there is only replaced with --force.
type forceFlag struct {
	force   bool
	claimed []string // by other outputs of the same command
}

func (r *forceFlag) add(f *pflag.FlagSet) {
	f.BoolVar(&r.force, "force", false, "replace files that are there already")
}

// checkFile checks, before any work is done, that a file can be written.
func (r *forceFlag) checkFile(flag, path string) error {
	if err := r.claim(flag, path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !r.force && err == nil {
		return errThere(flag, path)
	}
	return atomicfile.Check(path)
}

// claim refuses a path that two outputs of a command have.
func (r *forceFlag) claim(flag, path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("--%s %s: %w", flag, path, err)
	}
	if slices.Contains(r.claimed, absolute) {
		return fmt.Errorf("--%s %s: it is given twice", flag, path)
	}
	r.claimed = append(r.claimed, absolute)
	return nil
}

// checkFolder checks, before any work is done, that pictures can be written into a folder.
func (r *forceFlag) checkFolder(flag, path string) error {
	if err := r.claim(flag, path); err != nil {
		return err
	}
	switch entries, err := os.ReadDir(path); {
	case errors.Is(err, fs.ErrNotExist):
		return atomicfile.Check(filepath.Clean(path))
	case err != nil:
		return fmt.Errorf("--%s %s: %w; choose another folder", flag, path, err)
	case len(entries) > 0 && !r.force:
		return fmt.Errorf("--%s %s: the folder is not empty; choose another, or write into it with --force, which replaces files of the same names", flag, path)
	}
	return atomicfile.Check(filepath.Join(path, "001.png"))
}

// write writes a file that was checked. One that came up since then is not replaced either.
func (r *forceFlag) write(path string, write func(io.Writer) error) error {
	if r.force {
		return atomicfile.Write(path, write)
	}
	return atomicfile.WriteNew(path, write)
}

func errThere(flag, path string) error {
	return fmt.Errorf("--%s %s: it is there already; choose another name, or replace it with --force", flag, path)
}
