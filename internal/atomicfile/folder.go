package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFolder lets fill write files, and no folders, into a temporary folder beside path, which takes path's name if
// all succeeded. If there is a folder at path, it stays, and the files are moved into it one by one; unless replace
// is set it must be empty, or the error wraps fs.ErrExist. With replace, files of the same names are replaced, others
// stay. The error names path and the remedy.
func WriteFolder(path string, replace bool, fill func(dir string) error) (err error) {
	path = filepath.Clean(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return explain(path, err)
	}
	sweepOnce(filepath.Dir(path))
	t, err := newTemporary(path, makeFolder)
	if err != nil {
		return explain(path, err)
	}
	settled := false
	defer func() { // also after a panic of fill
		if !settled {
			if left := removeFlat(t.path); left != nil && err != nil {
				err = fmt.Errorf("%w; %s could not be removed: %v", err, t.path, left)
			}
		}
		t.unlock()
	}()
	if err = fill(t.path); err == nil {
		err = explain(path, settle(t.path, path, replace))
	}
	settled = err == nil
	return err
}

// settle gives a filled folder its name, or moves its files into the folder that has the name.
func settle(temp, path string, replace bool) error {
	there, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(temp, path)
	case err != nil:
		return err
	case len(there) > 0 && !replace:
		return fs.ErrExist
	}
	files, err := os.ReadDir(temp)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := replaceable(filepath.Join(path, f.Name())); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(temp, f.Name()), filepath.Join(path, f.Name())); err != nil {
			return err
		}
	}
	return os.Remove(temp)
}
