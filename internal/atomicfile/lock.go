package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
)

// ErrLocked is the error of LockFile for a file that another process, or another part of this one, has locked.
var ErrLocked = errors.New("another run is writing it")

// Lock creates a folder of results if need be and keeps other processes that call Lock out of it, until unlock is
// called or the process ends. It does not wait: a folder in use is an error.
func Lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("results: %w; choose another folder with --results", err)
	}
	unlock, err = hold(filepath.Join(dir, ".lock"))
	if errors.Is(err, ErrLocked) {
		return nil, fmt.Errorf("another run is writing to %s: wait for it to end or choose another folder with --results", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("results: lock %s: %w; choose another folder with --results", dir, err)
	}
	return unlock, nil
}

// LockFile keeps others that call LockFile away from path, whose folder must be there, until unlock is called or the
// process ends. It does not wait: the error wraps ErrLocked if another has it. The lock is a file .NAME.lock beside
// path, which unlock removes; one that a killed process left behind is taken over. On a file system without locks
// nobody is kept away.
func LockFile(path string) (unlock func(), err error) {
	unlock, err = hold(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock"))
	switch {
	case err == nil:
		return unlock, nil
	case errors.Is(err, ErrLocked):
		return nil, fmt.Errorf("%s: %w: wait for it to end, or choose another name", path, err)
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return func() {}, nil
	}
	return nil, explain(path, err)
}

// hold locks a lock file and makes it if need be.
func hold(path string) (unlock func(), err error) {
	for {
		l := flock.New(path, flock.SetFlag(os.O_RDWR|os.O_CREATE|noFollow), flock.SetPermissions(0o666))
		ok, err := l.TryLock()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, ErrLocked
		}
		if inPlace(l) {
			return func() { release(l) }, nil
		}
		_ = l.Unlock() // it was removed by its last holder
	}
}

// release removes a lock file and unlocks it, in this order: another process must not lock a file that goes away.
func release(l *flock.Flock) {
	if info, err := l.Stat(); err == nil && info.Size() == 0 && info.Mode().Type() == fs.FileMode(0) { // ours is empty
		_ = os.Remove(l.Path())
	}
	_ = l.Unlock()
}
