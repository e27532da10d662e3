// Package regular reads files that somebody names and that may be anything: only regular files are read, so that a
// pipe or a device can neither block the program nor feed it without end.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"syscall"
)

// Open opens a regular file of at most limit bytes, or a link to one, for reading. It never waits for another
// process: what was opened is looked at, not what the path was a moment before. The error names the path and, for a
// folder, a pipe or a device, what it is.
func Open(path string, limit int64) (*os.File, error) {
	// Without O_NONBLOCK opening a pipe waits for its writer; regular files do not know the flag.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|noTerminal, 0)
	if errors.Is(err, syscall.ENXIO) {
		return nil, refuse(path, fs.ModeSocket)
	}
	if err != nil {
		return nil, err // an *fs.PathError names the path
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = refuse(path, info.Mode())
	case info.Size() > limit:
		err = tooLong(path, limit)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Read returns all of a regular file of at most limit bytes; a longer one is an error that names path and limit.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1)) // files in /proc are longer than they say
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, tooLong(path, limit)
	}
	return text, nil
}

func tooLong(path string, limit int64) error {
	return fmt.Errorf("%s: it is longer than the %d bytes that such a file may have; move it away or name another", path, limit)
}

// NoLimit is the limit of files whose readers bound what they take.
const NoLimit = math.MaxInt64

func refuse(path string, mode fs.FileMode) error {
	kind := "something else"
	switch {
	case mode.IsDir():
		kind = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	}
	return fmt.Errorf("%s: it is %s, not a regular file; copy what it holds into one and name that", path, kind)
}
