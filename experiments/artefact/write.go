package artefact

import (
	"deepgmm/experiments/report"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Put writes a table or figure of a data set, "" for all of them, to a folder and enters its hashes.
func (m *Manifest) Put(dir, set, id string, made report.Written) error {
	if err := made.Write(filepath.Join(dir, set)); err != nil {
		return err
	}
	for _, form := range made.Forms() {
		if err := m.Enter(dir, path.Join(set, id+form)); err != nil {
			return err
		}
	}
	return nil
}

// Enter adds a file that was just written, by its path below the folder with slashes.
func (m *Manifest) Enter(dir, name string) error {
	hash, err := HashFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	m.Files[name] = hash
	return nil
}

// RemoveOld removes what the last run wrote into a folder and this one did not; out is told what stays.
func (m *Manifest) RemoveOld(dir string, out io.Writer) error {
	last, err := ReadManifest(dir)
	if err != nil {
		return nil // none, or one that says nothing
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(last.Files)) {
		if _, ok := m.Files[name]; ok {
			continue
		}
		switch own, err := isOwn(root, name, last.Files[name]); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("results: %w", err)
		case !own:
			fmt.Fprintf(out, "%s: no longer made, but not as an earlier run wrote it: left alone\n", filepath.Join(dir, name))
		default:
			if err := root.Remove(name); err != nil {
				return fmt.Errorf("results: %w", err)
			}
		}
	}
	return nil
}

// isOwn reports whether a file of a manifest is what the program wrote: regular, inside of the folder, reached through
// no symbolic link, and with the hash that the manifest has of it.
func isOwn(root *os.Root, name, hash string) (bool, error) {
	if !fs.ValidPath(name) {
		return false, nil
	}
	for i, c := range name + "/" {
		if c != '/' {
			continue
		}
		info, err := root.Lstat(name[:i])
		if err != nil {
			return false, err
		}
		if mode := info.Mode(); i < len(name) && !mode.IsDir() || i == len(name) && !mode.IsRegular() {
			return false, nil
		}
	}
	f, err := root.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	got, err := hashOf(f)
	return got == hash, err
}
