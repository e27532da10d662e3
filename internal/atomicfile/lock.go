package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Lock creates a folder of results if need be and keeps other processes that call Lock out of it, until unlock is called
// or the process ends. It does not wait: a folder in use is an error.
func Lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("results: %w; choose another folder with --results", err)
	}
	l := flock.New(filepath.Join(dir, ".lock"))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("results: lock %s: %w; choose another folder with --results", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("another run is writing to %s: wait for it to end or choose another folder with --results", dir)
	}
	return func() { _ = l.Unlock() }, nil // the end of the process unlocks, too
}
