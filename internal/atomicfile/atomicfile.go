// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// Write creates path's folder, lets write fill a temporary file beside path and renames
// it to path only when everything, including the sync to disk, succeeded. On any
// error path is as it was and the temporary file is gone. The error names path and,
// for a full disk or a missing permission, the remedy.
func Write(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return explain(path, err)
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o666))
	if err != nil {
		return explain(path, err)
	}
	defer f.Cleanup() // after a successful rename it does nothing
	if err := write(f); err != nil {
		return explain(path, err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return explain(path, err)
	}
	return nil
}

func explain(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("write %s: the disk is full; free some space and run again, nothing was lost: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("write %s: no permission; make the folder writable or choose another: %w", path, err)
	}
	return fmt.Errorf("write %s: %w", path, err)
}
