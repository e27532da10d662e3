package cell

import (
	"errors"
	"io/fs"
	"os"
	"regexp"

	"deepgmm/internal/atomicfile"
)

// leftover matches the names of temporary files in a Store, with a dot before and digits behind; suspended those of
// kept trainings.
var (
	leftover  = regexp.MustCompile(`^\.[0-9a-f]{64}\.(json|dcgmm|partial)[0-9]+$`)
	suspended = regexp.MustCompile(`^([0-9a-f]{64})\.partial$`)
)

// Sweep removes what killed runs left in the folder: temporary files, and suspended trainings of cells that are
// finished. It touches nothing else and follows no symbolic link. While another process computes a cell, it does
// nothing.
func (s *Store) Sweep() error {
	root, err := os.OpenRoot(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return inStore(err)
	}
	defer root.Close()
	_, err = atomicfile.Alone(s.Dir, func() error { return sweep(root) })
	return inStore(err)
}

func sweep(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		old := leftover.MatchString(e.Name())
		if m := suspended.FindStringSubmatch(e.Name()); m != nil {
			_, err := root.Lstat(m[1] + ".json")
			old = err == nil
		}
		if !old || !e.Type().IsRegular() {
			continue
		}
		if err := root.Remove(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// share keeps Sweep away until release is called. Where the folder cannot be locked, neither can Sweep lock it.
func (s *Store) share() (release func()) {
	release, err := atomicfile.Share(s.Dir)
	if err != nil {
		return func() {}
	}
	return release
}
