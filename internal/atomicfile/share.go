package atomicfile

import (
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Share creates a folder if need be and keeps Alone away from it until release is called or the process ends. Any
// number of processes may share a folder.
func Share(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(dir, ".lock"))
	if err := l.RLock(); err != nil { // it waits for an Alone, which is short
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil
}

// Alone calls do, which must not take long, if nobody shares the folder now, and reports whether it did.
func Alone(dir string, do func() error) (done bool, err error) {
	l := flock.New(filepath.Join(dir, ".lock"))
	if done, err = l.TryLock(); err != nil || !done {
		return false, err
	}
	defer func() { _ = l.Unlock() }()
	return true, do()
}
