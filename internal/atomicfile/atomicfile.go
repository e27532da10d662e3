// Package atomicfile writes files and folders whole or not at all, and keeps two programs from writing the same.
//
// What is being written is in a temporary file or folder beside the target, which the writer keeps locked
// (temporary.go). One that is not locked was left behind by a killed program: the first writing into a folder removes
// those that are there.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Write creates path's folder, lets write fill a temporary file beside path and renames
// it to path only when everything, including the sync to disk, succeeded. On any
// error path is as it was and the temporary file is gone. The error names path and,
// for a full disk or a missing permission, the remedy. A folder or a device is never replaced.
func Write(path string, write func(io.Writer) error) error {
	return explain(path, put(path, write, replace))
}

// WriteNew is Write for a path that must not be there yet, before and after the writing; else the error wraps
// fs.ErrExist.
func WriteNew(path string, write func(io.Writer) error) error {
	if err := missing(path); err != nil {
		return explain(path, err)
	}
	return explain(path, put(path, write, func(temp, path string) error {
		if err := missing(path); err != nil {
			return err
		}
		return os.Rename(temp, path)
	}))
}

// replace gives a temporary file the mode of the file that it takes the place of: what is private stays so.
func replace(temp, path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		if err := os.Chmod(temp, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return os.Rename(temp, path)
}

// Try writes as Write does, and throws away what was written: whether Write would succeed now.
func Try(path string, write func(io.Writer) error) error {
	return explain(path, put(path, write, func(temp, _ string) error { return os.Remove(temp) }))
}

// Check reports whether a file could be written to path: whether its folder, or the nearest folder above that is there,
// takes a new file, and path is not a folder or a device. It leaves nothing behind. A file at path is no error.
func Check(path string) error {
	if err := replaceable(path); err != nil {
		return explain(path, err)
	}
	path = filepath.Clean(path)
	dir := filepath.Dir(path)
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	t, err := newTemporary(filepath.Join(dir, filepath.Base(path)), makeFile)
	if err != nil {
		return explain(path, err)
	}
	defer t.unlock()
	return explain(path, errors.Join(t.file.Close(), os.Remove(t.path)))
}

// put fills a temporary file, and lets keep decide what becomes of it. From here on a path has no "..": the temporary
// is beside the target whatever links and missing folders there are on the way.
func put(path string, write func(io.Writer) error, keep func(temp, path string) error) error {
	if err := replaceable(path); err != nil {
		return err
	}
	path = filepath.Clean(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	sweepOnce(filepath.Dir(path))
	t, err := newTemporary(path, makeFile)
	if err != nil {
		return err
	}
	kept := false
	defer func() { // also after a panic of write
		if !kept {
			_ = t.file.Close() // it may be closed
			_ = os.Remove(t.path)
		}
		t.unlock()
	}()
	if err = write(t.file); err == nil {
		err = t.file.Sync() // else a crash of the machine might leave an empty file under path's name
	}
	if closed := t.file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = keep(t.path, path)
	}
	kept = err == nil
	return err
}

// replaceable refuses what a rename would replace although it is no file: a device, as root, or an empty folder.
// Of a symbolic link to a file the link is replaced, never the file.
func replaceable(path string) error {
	if path == "" {
		return errors.New("the name is empty; give the name of a file")
	}
	if path == "-" {
		return errors.New("standard output takes no file; give the name of one")
	}
	if os.IsPathSeparator(path[len(path)-1]) {
		return errors.New("it is the name of a folder; give the name of a file")
	}
	path = filepath.Clean(path)
	info, err := os.Lstat(path)
	if err == nil && info.Mode().Type() == fs.ModeSymlink {
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder; give the name of a file, or move the folder away")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file; give another name, or move it away")
	}
	return nil
}

// missing is an error unless there is nothing at path, not even a link to nothing.
func missing(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func explain(path string, err error) error {
	var of *fs.PathError
	if errors.As(err, &of) && isTemporary.MatchString(filepath.Base(of.Path)) {
		err = of.Err // the temporary's name helps nobody
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("write %s: it is there already; choose another name, or move it away: %w", path, err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("write %s: one of its folders is a file; choose another name: %w", path, err)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return fmt.Errorf("write %s: the name is too long; choose a shorter one: %w", path, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("write %s: the disk is full; free some space and run again: %w", path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("write %s: no permission; make the folder writable or choose another: %w", path, err)
	}
	return fmt.Errorf("write %s: %w", path, err)
}
